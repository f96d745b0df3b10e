/* msix.h - MSI-X: interrupts as messages, from a table of a PCI function */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_MSIX_H
#define HW_MSIX_H

#include "hw/pci.h"

#define MSIX_MAX_VECTORS 8
#define MSIX_CAPABILITY_BYTES 12

#define MSIX_STATE(F, A, S, T)                                                                     \
    A(T, u32, table, MSIX_MAX_VECTORS * 4) /* address, its upper half, data, control */            \
    F(T, u32, pending)

/* A device embeds it and lists its state as S(T, struct msix, msix_state, msix, 1). */
struct msix {
    STATE_MEMBERS(MSIX_STATE)
    struct pci_function *pci; /* NULL: the function has none */
    unsigned n;
    u8 capability;
};

extern const struct state_desc msix_state;

/* Gives an attached function n vectors: a capability at that offset, before the one at next (0: it
 * is the last), and the table in a BAR of its own. */
void msix_attach(struct msix *x, struct pci_function *f, unsigned n, unsigned bar, u8 capability,
                 u8 next);
void msix_reset(struct msix *x);
bool msix_is_on(const struct msix *x);
/* Sends it, or keeps it pending while it is masked. A vector that there is not sends nothing. */
void msix_fire(struct msix *x, unsigned vector);
/* After a write to configuration space: what was masked may go. */
void msix_written(struct msix *x);

#endif
