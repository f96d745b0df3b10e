/* msix.c - MSI-X: interrupts as messages, from a table of a PCI function */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: PCI Local Bus Specification 3.0, 6.8.2. */
#include "hw/msix.h"

#include <string.h>

#include "emu/check.h"

enum { CAP_MSIX = 0x11, CONTROL = 2, TABLE_AT = 4, PENDING_AT = 8 };
enum { CONTROL_ENABLE = 1 << 15, CONTROL_MASK_ALL = 1 << 14 };
enum { BAR_BYTES = 4096, PENDING_OFFSET = 2048, ENTRY_BYTES = 16 };
enum { ADDRESS, ADDRESS_HIGH, DATA, VECTOR_CONTROL, WORDS, MASKED = 1 };

static const struct state_field fields[] = {
    MSIX_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct msix)};
const struct state_desc msix_state = {"msix", fields, ARRAY_SIZE(fields)};

static u16 control(const struct msix *x)
{
    return pci_get16(x->pci, x->capability + CONTROL);
}

bool msix_is_on(const struct msix *x)
{
    return x->pci && (control(x) & CONTROL_ENABLE);
}

static bool is_masked(const struct msix *x, unsigned vector)
{
    return (control(x) & CONTROL_MASK_ALL) ||
           (x->table[vector * WORDS + VECTOR_CONTROL] & MASKED);
}

static void send_pending(struct msix *x)
{
    for (unsigned i = 0; i < x->n && msix_is_on(x); i++) {
        const u32 *entry = x->table + i * WORDS;
        if (!(x->pending >> i & 1) || is_masked(x, i))
            continue;
        x->pending &= ~(1u << i);
        pci_send_msi(x->pci, entry[ADDRESS] | (u64)entry[ADDRESS_HIGH] << 32, entry[DATA]);
    }
}

void msix_fire(struct msix *x, unsigned vector)
{
    if (!msix_is_on(x) || vector >= x->n)
        return;
    x->pending |= 1u << vector;
    send_pending(x);
}

void msix_written(struct msix *x)
{
    send_pending(x);
}

static u64 read_mem(void *opaque, u64 offset, unsigned size)
{
    const struct msix *x = opaque;
    (void)size;
    if (offset < x->n * (u64)ENTRY_BYTES)
        return x->table[offset / 4];
    return offset == PENDING_OFFSET ? x->pending : 0;
}

static void write_mem(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct msix *x = opaque;
    (void)size;
    if (offset >= x->n * (u64)ENTRY_BYTES)
        return;
    unsigned word = offset / 4 % WORDS;
    x->table[offset / 4] = word == ADDRESS          ? value & ~3u
                           : word == VECTOR_CONTROL ? value & MASKED
                                                    : value;
    send_pending(x);
}

static const struct mmio_ops ops = {read_mem, write_mem, 4, 4};

void msix_reset(struct msix *x)
{
    if (!x->pci)
        return;
    memset(x->table, 0, sizeof(x->table));
    for (unsigned i = 0; i < x->n; i++)
        x->table[i * WORDS + VECTOR_CONTROL] = MASKED;
    x->pending = 0;
    pci_put16(x->pci->config, x->capability + CONTROL, x->n - 1);
}

void msix_attach(struct msix *x, struct pci_function *f, unsigned n, unsigned bar, u8 capability,
                 u8 next)
{
    CHECK(n && n <= MSIX_MAX_VECTORS);
    x->pci = f;
    x->n = n;
    x->capability = capability;
    u8 *p = f->config + capability;
    p[0] = CAP_MSIX;
    p[1] = next;
    pci_put32(p, TABLE_AT, bar);
    pci_put32(p, PENDING_AT, PENDING_OFFSET | bar);
    pci_put16(f->writable, capability + CONTROL, CONTROL_ENABLE | CONTROL_MASK_ALL);
    pci_add_bar(f, bar, false, BAR_BYTES, "msix", &ops, x);
    msix_reset(x);
}
