/* test_pci_ecam.c - configuration space as memory: what is there, where base addresses count, where pins go */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"
#include "hw/pci_ecam.h"

#define CONFIG UINT64_C(0x3f000000)
#define MEMORY UINT64_C(0x10000000)
#define PORTS UINT64_C(0x3eff0000)
enum { SLOT = 5, MEMORY_BYTES = 0x100000 };

static struct board *b;
static struct pci_bus *bus;
static struct pci_function card;
static struct probe pin[PCI_ECAM_PINS];

static u64 read_card(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)size;
    return 0x1000 + offset;
}

static const struct mmio_ops card_ops = {read_card, NULL, 4, 4};

static void set_up(void)
{
    static const struct pci_ecam_windows windows = {CONFIG, 16 * MiB, MEMORY, MEMORY_BYTES, PORTS};
    struct irq irq[PCI_ECAM_PINS];
    b = board_new();
    for (unsigned i = 0; i < PCI_ECAM_PINS; i++) {
        pin[i] = (struct probe){0};
        irq[i] = probe_irq(&pin[i]);
    }
    bus = pci_ecam_new(b->m, &windows, irq);
    card = (struct pci_function){0};
    pci_attach(bus, &card, PCI_DEVFN(SLOT, 0), 0x1234, 0x5678, 0x0200, 1);
    pci_add_bar(&card, 0, false, 0x1000, "card", &card_ops, NULL);
    pci_add_bar(&card, 1, true, 0x20, "card-ports", &card_ops, NULL);
    card.config[PCI_INT_PIN] = 1;
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(pci_ecam, .init = set_up, .fini = tear_down);

static u64 config(unsigned slot, unsigned offset)
{
    return CONFIG + (slot << 15) + offset;
}

Test(pci_ecam, functions_are_where_their_numbers_say)
{
    cr_assert_eq(board_read(b, config(0, 0)), 0x00081b36, "the bridge");
    cr_assert_eq(board_read(b, config(SLOT, 0)), 0x56781234);
    cr_assert_eq(bus_read(b->m->mem, config(SLOT, 2), 2), 0x5678);
    cr_assert_eq(bus_read(b->m->mem, config(SLOT, 11), 1), 0x02);
    cr_assert_eq(board_read(b, config(SLOT + 1, 0)), 0xffffffff);
    cr_assert_eq(board_read(b, config(SLOT, 0) + 0x1000), 0xffffffff, "no second function");
    cr_assert_eq(board_read(b, config(SLOT, 0x100)), 0xffffffff, "no extended space");
    cr_assert_eq(board_read(b, config(SLOT, 0) + MiB), 0xffffffff, "no second bus");
    board_write(b, config(SLOT, 0) + MiB + 4, 7);
    cr_assert_eq(board_read(b, config(SLOT, 4)) & 7, 0);
}

Test(pci_ecam, memory_is_seen_in_the_window_only)
{
    board_write(b, config(SLOT, 4), 3);
    board_write(b, config(SLOT, 0x10), MEMORY + 0x3000);
    cr_assert_eq(board_read(b, MEMORY + 0x3010), 0x1010);
    board_write(b, config(SLOT, 0x10), MEMORY + MEMORY_BYTES - 0x1000);
    cr_assert_eq(board_read(b, MEMORY + MEMORY_BYTES - 0x1000), 0x1000);
    static const u32 outside[] = {MEMORY - 0x1000, MEMORY + MEMORY_BYTES, CONFIG, 0x1000, 0xffff0000};
    for (unsigned i = 0; i < ARRAY_SIZE(outside); i++) {
        u32 was = board_read(b, outside[i]);
        board_write(b, config(SLOT, 0x10), outside[i]);
        cr_assert_eq(board_read(b, outside[i]), was, "%#x is not the bus's", outside[i]);
    }
}

Test(pci_ecam, ports_have_a_window)
{
    board_write(b, config(SLOT, 4), 1);
    board_write(b, config(SLOT, 0x14), 0x1400);
    cr_assert_eq(board_read(b, PORTS + 0x1404), 0x1004);
    cr_assert_eq(board_read(b, PORTS + 0x1424), 0xffffffff);
}

Test(pci_ecam, pins_are_swizzled)
{
    pci_set_intx(&card, true); /* slot 5, pin A */
    cr_assert(pin[1].level && !pin[0].level && !pin[2].level && !pin[3].level);
    pci_set_intx(&card, false);
    cr_assert_not(pin[1].level);
    card.config[PCI_INT_PIN] = 4;
    pci_set_intx(&card, true);
    cr_assert(pin[0].level);
}
