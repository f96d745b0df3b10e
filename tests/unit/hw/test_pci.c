/* test_pci.c - configuration space, base addresses and interrupt routing, by PCI 2.1 and the
 * chipset's data sheets */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/i440fx.h"
#include "hw/isa.h"
#include "hw/pci.h"
#include "hw/piix3.h"

static struct board *b;
static struct ram *ram, *rom;
static struct probe pic[16];
static struct probe sci;

static void set_pic(void *opaque, int line, bool level)
{
    (void)opaque;
    struct irq i = probe_irq(&pic[line]);
    irq_set(i, level);
}

/* A function with one memory and one I/O window, that remembers what was written there. */
#define CARD_STATE(F, A, S, T)                                                                     \
    S(T, struct pci_function, pci_function_state, pci, 1) F(T, u32, written)
struct card {
    struct device dev;
    STATE_MEMBERS(CARD_STATE)
};
STATE_DESC(card_state, "card", struct card, CARD_STATE);

static void card_reset(struct device *d)
{
    pci_reset(((struct card *)d)->pci);
}

static const struct device_type card_type = {
    .name = "card", .state = &card_state, .reset = card_reset};

static u64 card_read(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)size;
    return 0x1000 + offset;
}

static void card_write(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    ((struct card *)opaque)->written = value;
}

static const struct mmio_ops card_ops = {card_read, card_write, 4, 4};
static struct card *card;

static void set_up(void)
{
    b = board_new();
    for (unsigned i = 0; i < 16; i++)
        pic[i] = (struct probe){0};
    sci = (struct probe){0};
    ram = machine_add_ram(b->m, "ram", 2 * MiB);
    rom = machine_add_ram(b->m, "rom", 128 * KiB);
    bus_map_ram(b->m->mem, "ram", 0, 0xa0000, ram, 0, false);
    bus_map_ram(b->m->mem, "ram", MiB, MiB, ram, MiB, false);
    bus_map_ram(b->m->mem, "rom", 0xe0000, 0x20000, rom, 0, true);
    struct pci_bus *bus = pci_bus_new(b->m);
    i440fx_new(b->m, bus, ram);
    struct isa *isa = isa_new(b->m, (struct irq){set_pic, NULL, 0}, (struct irq){0});
    piix3_new(b->m, bus, isa);
    piix4_pm_new(b->m, bus, probe_irq(&sci));
    card = xcalloc(1, sizeof(*card));
    device_attach(b->m, &card->dev, &card_type);
    pci_attach(bus, card->pci, PCI_DEVFN(5, 0), 0x1234, 0x5678, 0x0200, 1);
    card->pci->config[PCI_INT_PIN] = 1;
    pci_add_bar(card->pci, 0, false, 0x1000, "card", &card_ops, card);
    pci_add_bar(card->pci, 1, true, 0x40, "card", &card_ops, card);
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pci, .init = set_up, .fini = tear_down);

static void address(unsigned devfn, unsigned offset)
{
    board_out32(b, 0xcf8, 0x80000000u | devfn << 8 | (offset & 0xfc));
}

static u32 get(unsigned devfn, unsigned offset)
{
    address(devfn, offset);
    return board_in32(b, 0xcfc);
}

static void put(unsigned devfn, unsigned offset, u32 value)
{
    address(devfn, offset);
    board_out32(b, 0xcfc, value);
}

static void put8(unsigned devfn, unsigned offset, u8 value)
{
    address(devfn, offset);
    board_out(b, 0xcfc + (offset & 3), value);
}

enum { CARD = PCI_DEVFN(5, 0) };

Test(pci, mechanism_1)
{
    cr_assert_eq(get(0, 0), 0x12378086);
    cr_assert_eq(get(PIIX3_DEVFN, 0), 0x70008086);
    cr_assert_eq(get(PIIX4_PM_DEVFN, 0), 0x71138086);
    cr_assert_eq(get(PIIX3_DEVFN, 0x0c) >> 16 & 0xff, 0x80, "multi-function");
    cr_assert_eq(get(PCI_DEVFN(7, 0), 0), 0xffffffff);
    board_out32(b, 0xcf8, 0x80010000); /* bus 1 */
    cr_assert_eq(board_in32(b, 0xcfc), 0xffffffff);
    board_out32(b, 0xcf8, 0); /* not enabled */
    cr_assert_eq(board_in32(b, 0xcfc), 0xffffffff);
    address(0, 0);
    cr_assert_eq(board_in(b, 0xcfe), 0x37);
    board_out(b, 0xcf8, 0xff); /* a byte is no address */
    cr_assert_eq(board_in32(b, 0xcf8), 0x80000000);
}

Test(pci, identity_is_read_only)
{
    put(CARD, 0, 0xffffffff);
    cr_assert_eq(get(CARD, 0), 0x56781234);
    put(CARD, 8, 0xffffffff);
    cr_assert_eq(get(CARD, 8), 0x02000001);
    put(CARD, 0x3c, 0xffffffff);
    cr_assert_eq(get(CARD, 0x3c), 0x000001ff, "only the line is writable");
}

Test(pci, base_addresses_are_sized_and_mapped)
{
    put(CARD, 0x10, 0xffffffff);
    put(CARD, 0x14, 0xffffffff);
    put(CARD, 0x18, 0xffffffff);
    cr_assert_eq(get(CARD, 0x10), 0xfffff000);
    cr_assert_eq(get(CARD, 0x14), 0xffffffc1);
    cr_assert_eq(get(CARD, 0x18), 0);
    put(CARD, 0x10, 0xd0000000);
    put(CARD, 0x14, 0xc001);
    cr_assert_eq(board_read(b, 0xd0000010), 0xffffffff, "not decoded yet");
    put(CARD, 4, 3);
    cr_assert_eq(board_read(b, 0xd0000010), 0x1010);
    cr_assert_eq(board_in32(b, 0xc020), 0x1020);
    board_write(b, 0xd0000000, 77);
    cr_assert_eq(card->written, 77);
    put(CARD, 0x10, 0xd1000000);
    cr_assert_eq(board_read(b, 0xd0000010), 0xffffffff);
    cr_assert_eq(board_read(b, 0xd1000010), 0x1010);
    put(CARD, 4, 1);
    cr_assert_eq(board_read(b, 0xd1000010), 0xffffffff);
}

Test(pci, interrupts_are_routed)
{
    /* Slot 5, INTA: (5 - 1 + 0) mod 4 = PIRQA. */
    put8(PIIX3_DEVFN, 0x60, 10);
    pci_set_intx(card->pci, true);
    cr_assert(pic[10].level);
    put8(PIIX3_DEVFN, 0x60, 11);
    cr_assert_not(pic[10].level);
    cr_assert(pic[11].level);
    put8(PIIX3_DEVFN, 0x60, 0x80);
    cr_assert_not(pic[11].level);
    put8(PIIX3_DEVFN, 0x60, 11);
    pci_set_intx(card->pci, false);
    cr_assert_not(pic[11].level);
}

Test(pci, reset_port)
{
    address(0, 0);
    board_out(b, 0xcf9, 0x02);
    cr_assert_eq(b->m->request, REQUEST_NONE);
    board_out(b, 0xcf9, 0x06);
    cr_assert_eq(b->m->request, REQUEST_RESET);
    cr_assert_eq(board_in32(b, 0xcf8), 0x80000000, "the address is untouched");
}

/* ---- host bridge ---- */

static void set_rom(void)
{
    u32 mark = 0x11111111;
    bus_write_bytes(b->m->mem, 0xf0000, &mark, 4, true);
}

Test(pci, pam_segments)
{
    set_rom();
    cr_assert_eq(board_read(b, 0xf0000), 0x11111111);
    cr_assert_eq(board_read(b, 0xc0000), 0xffffffff);
    put8(0, 0x5a, 0x33);
    board_write(b, 0xc0000, 0x22222222);
    cr_assert_eq(board_read(b, 0xc0000), 0x22222222);
    put8(0, 0x5a, 0x31); /* the first segment read-only */
    board_write(b, 0xc0000, 0x33333333);
    cr_assert_eq(board_read(b, 0xc0000), 0x22222222);
    put8(0, 0x5a, 0x30);
    cr_assert_eq(board_read(b, 0xc0000), 0xffffffff);
    board_write(b, 0xc4000, 0x44444444);
    cr_assert_eq(board_read(b, 0xc4000), 0x44444444, "the second segment is its own");
}

Test(pci, pam_shadows_by_copying_in_place)
{
    set_rom();
    put8(0, 0x59, 0x20); /* 0xf0000: write RAM, read ROM */
    cr_assert_eq(board_read(b, 0xf0000), 0x11111111);
    board_write(b, 0xf0000, board_read(b, 0xf0000) + 1);
    cr_assert_eq(board_read(b, 0xf0000), 0x11111111);
    put8(0, 0x59, 0x10);
    cr_assert_eq(board_read(b, 0xf0000), 0x11111112);
    board_reset(b);
    cr_assert_eq(board_read(b, 0xf0000), 0x11111111);
}

Test(pci, smram_opens_and_locks)
{
    cr_assert_eq(board_read(b, 0xa0000), 0xffffffff);
    put8(0, 0x72, 0x48);
    board_write(b, 0xa0000, 5);
    cr_assert_eq(board_read(b, 0xa0000), 5);
    put8(0, 0x72, 0x18);
    cr_assert_eq(board_read(b, 0xa0000), 0xffffffff);
    put8(0, 0x72, 0x48);
    cr_assert_eq(board_read(b, 0xa0000), 0xffffffff, "locked");
}

/* ---- power management ---- */

static void enable_pm(void)
{
    put(PIIX4_PM_DEVFN, 0x40, 0x601);
    put8(PIIX4_PM_DEVFN, 0x80, 1);
}

Test(pci, pm_timer)
{
    cr_assert_eq(board_in32(b, 0x608), 0xffffffff);
    enable_pm();
    board_run_to(b, 1000000000);
    cr_assert_eq(board_in32(b, 0x608), 3579545);
    board_run_to(b, UINT64_C(10000000000));
    cr_assert_eq(board_in32(b, 0x608), 35795450 & 0xffffff, "24 bits");
}

Test(pci, power_button_and_sci)
{
    enable_pm();
    cr_assert_eq(bus_read(b->m->io, 0x604, 2), 1, "SCI_EN from the start");
    bus_write(b->m->io, 0x604, 0, 2);
    bus_write(b->m->io, 0x602, 0x100, 2);
    b->m->power_button(b->m->power_opaque);
    cr_assert_not(sci.level, "SCI_EN is clear");
    bus_write(b->m->io, 0x604, 1, 2);
    cr_assert(sci.level);
    cr_assert_eq(bus_read(b->m->io, 0x600, 2), 0x100);
    bus_write(b->m->io, 0x600, 0x100, 2);
    cr_assert_not(sci.level);
    cr_assert_eq(bus_read(b->m->io, 0x600, 2), 0);
}

Test(pci, timer_overflow_sci)
{
    enable_pm();
    bus_write(b->m->io, 0x604, 1, 2);
    bus_write(b->m->io, 0x602, 1, 2);
    u64 half = clock_ns_of_tick(UINT64_C(1) << 23, PM_TIMER_HZ);
    board_run_to(b, half - 1);
    cr_assert_not(sci.level);
    board_run_to(b, half);
    cr_assert(sci.level);
    bus_write(b->m->io, 0x600, 1, 2);
    cr_assert_not(sci.level);
    board_run_to(b, 2 * half);
    cr_assert(sci.level);
}

Test(pci, soft_off)
{
    enable_pm();
    bus_write(b->m->io, 0x604, 1, 2);
    bus_write(b->m->io, 0x604, 1 | 5 << 10 | 1 << 13, 2);
    cr_assert_eq(b->m->request, REQUEST_NONE, "a sleep type there is not");
    bus_write(b->m->io, 0x604, 1 | 1 << 13, 2);
    cr_assert_eq(b->m->request, REQUEST_POWEROFF);
    cr_assert_eq(bus_read(b->m->io, 0x604, 2), 1, "SLP_EN reads as zero");
}
