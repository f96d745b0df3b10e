/* guest.c - a small kernel with a real heisenbug, for the tutorial and the tests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two parties share a pool of nodes. The main loop takes a node for each piece of work and keeps
 * the last KEPT of them; the timer interrupt takes one for each sample and keeps the last SAMPLES
 * of them. Every node has one owner. Now and then an audit walks the samples, and every one must
 * belong to the timer.
 *
 * After some seconds the audit fails. Nothing in what it finds says who did it, or when. (Read no
 * further in the source if you want to find it with the debugger: docs/tutorial.md.)
 */
#include <stdbool.h>
#include <stdint.h>

#define NODES 4096
#define KEPT 2048
#define SAMPLES 64
#define WORDS 160        /* of work per node */
#define ROUNDS_PER_AUDIT 256

#define COM1 0x3f8
#define DEBUG_EXIT 0xf4
#define TIMER_HZ 1000
#define PIT_HZ 1193182
#define TIMER_VECTOR 32

enum owner { FREE, MAIN_LOOP, TIMER };

struct node {
    struct node *next;
    enum owner owner;
    uint32_t value;
};

static struct node nodes[NODES];
static struct node *pool;      /* the free nodes */
static struct node *kept[KEPT]; /* the main loop's, in turn */
static struct node *samples;   /* the timer's, newest first */
static unsigned n_samples;
static uint32_t work_area[WORDS];

volatile uint32_t ticks;
struct node *bad_node;

extern void timer_entry(void);

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static void print(const char *s)
{
    for (; *s; s++) {
        while (!(inb(COM1 + 5) & 0x20))
            ;
        outb(COM1, *s);
    }
}

static void print_number(uint32_t n)
{
    char digits[11], *p = digits + 10;
    *p = 0;
    do {
        *--p = '0' + n % 10;
        n /= 10;
    } while (n);
    print(p);
}

__attribute__((noinline)) static void panic(const char *why, struct node *n)
{
    __asm__ volatile("cli");
    bad_node = n;
    print("panic: ");
    print(why);
    print(": node ");
    print_number(n - nodes);
    print(" at tick ");
    print_number(ticks);
    print("\r\n");
    outb(DEBUG_EXIT, 1);
    for (;;)
        __asm__ volatile("hlt");
}

/* The pool: a stack of free nodes. */
__attribute__((noinline)) static struct node *pool_take(void)
{
    struct node *n = pool;
    pool = n->next;
    return n;
}

__attribute__((noinline)) static void pool_give(struct node *n)
{
    n->owner = FREE;
    n->next = pool;
    pool = n;
}

/* The timer interrupt: one sample a tick; the oldest goes back to the pool. */
__attribute__((used)) void timer_interrupt(void)
{
    struct node *n = pool_take();
    n->owner = TIMER;
    n->value = ticks;
    n->next = samples;
    samples = n;
    if (++n_samples > SAMPLES) {
        struct node **last = &samples;
        while ((*last)->next)
            last = &(*last)->next;
        struct node *oldest = *last;
        *last = 0;
        n_samples--;
        pool_give(oldest);
    }
    ticks++;
    outb(0x20, 0x20);
}

/* The main loop's work: nothing to do with the bug but that it takes time. */
static uint32_t work(uint32_t seed)
{
    uint32_t h = seed, n = WORDS - seed % 32;
    for (unsigned i = 0; i < n; i++) {
        work_area[i] ^= h;
        h = h * 1664525 + 1013904223 + (work_area[i] >> 7);
        h ^= h >> 15;
    }
    return h;
}

static void audit(void)
{
    __asm__ volatile("cli");
    for (struct node *n = samples; n; n = n->next)
        if (n->owner != TIMER)
            panic("a sample does not belong to the timer", n);
    __asm__ volatile("sti");
}

static void main_loop(void)
{
    uint32_t seed = 1;
    for (uint32_t round = 0;; round++) {
        struct node **slot = &kept[round % KEPT];
        if (*slot) {
            __asm__ volatile("cli");
            pool_give(*slot);
            __asm__ volatile("sti");
        }
        struct node *n = pool_take();
        n->owner = MAIN_LOOP;
        n->next = 0;
        n->value = seed = work(seed);
        *slot = n;
        if (round % ROUNDS_PER_AUDIT == 0)
            audit();
    }
}

/* Interrupts: one IDT entry, the PIC pair moved to vectors 32 to 47 (8259A data sheet, ICW1 to
 * ICW4), and the PIT's channel 0 as a rate generator (8254 data sheet, mode 2). */
static struct {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
#ifdef __x86_64__
    uint32_t offset_high, zero;
#endif
} idt[256];

static struct {
    uint16_t pad[3], limit;
    uintptr_t base;
} __attribute__((packed, aligned(16))) idt_pointer;

static void interrupts_init(void)
{
    uintptr_t entry = (uintptr_t)timer_entry;
    idt[TIMER_VECTOR].offset_low = entry;
    idt[TIMER_VECTOR].selector = 8;
    idt[TIMER_VECTOR].type = 0x8e;
    idt[TIMER_VECTOR].offset_mid = entry >> 16;
#ifdef __x86_64__
    idt[TIMER_VECTOR].offset_high = entry >> 32;
#endif
    idt_pointer.limit = sizeof(idt) - 1;
    idt_pointer.base = (uintptr_t)idt;
    __asm__ volatile("lidt %0" : : "m"(idt_pointer.limit));

    static const uint8_t icw[4] = {0x11, TIMER_VECTOR, 4, 1}, icw_slave[4] = {0x11, 40, 2, 1};
    outb(0x20, icw[0]);
    outb(0xa0, icw_slave[0]);
    for (int i = 1; i < 4; i++) {
        outb(0x21, icw[i]);
        outb(0xa1, icw_slave[i]);
    }
    outb(0x21, 0xfe);
    outb(0xa1, 0xff);

    outb(0x43, 0x34);
    outb(0x40, (PIT_HZ / TIMER_HZ) & 0xff);
    outb(0x40, (PIT_HZ / TIMER_HZ) >> 8);
}

__attribute__((used)) void guest_main(void)
{
    outb(COM1 + 3, 0x03); /* 8 bits, no parity */
    print("guest: " GUEST_NAME ", pool of ");
    print_number(NODES);
    print(" nodes, timer at ");
    print_number(TIMER_HZ);
    print(" Hz\r\n");
    for (int i = NODES - 1; i >= 0; i--)
        pool_give(&nodes[i]);
    interrupts_init();
    __asm__ volatile("sti");
    main_loop();
}
