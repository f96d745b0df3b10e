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

/* The board: also TIMER_HZ, and ROUNDS_PER_AUDIT. */
#ifdef __arm__
#include "guest_arm.h"
#else
#include "guest_pc.h"
#endif

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

static void print(const char *s)
{
    for (; *s; s++)
        put_char(*s);
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
    interrupts_off();
    bad_node = n;
    print("panic: ");
    print(why);
    print(": node ");
    print_number(n - nodes);
    print(" at tick ");
    print_number(ticks);
    print("\r\n");
    give_up();
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
    timer_done();
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
    interrupts_off();
    for (struct node *n = samples; n; n = n->next)
        if (n->owner != TIMER)
            panic("a sample does not belong to the timer", n);
    interrupts_on();
}

static void main_loop(void)
{
    uint32_t seed = 1;
    for (uint32_t round = 0;; round++) {
        struct node **slot = &kept[round % KEPT];
        if (*slot) {
            interrupts_off();
            pool_give(*slot);
            interrupts_on();
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

__attribute__((used)) void guest_main(void)
{
    serial_init();
    print("guest: " GUEST_NAME ", pool of ");
    print_number(NODES);
    print(" nodes, timer at ");
    print_number(TIMER_HZ);
    print(" Hz\r\n");
    for (int i = NODES - 1; i >= 0; i--)
        pool_give(&nodes[i]);
    interrupts_init();
    interrupts_on();
    main_loop();
}
