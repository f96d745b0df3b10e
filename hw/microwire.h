/* microwire.h - a serial EEPROM of 64 words: where network cards keep their address */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_MICROWIRE_H
#define HW_MICROWIRE_H

#include "emu/state.h"
#include "emu/types.h"

#define MICROWIRE_WORDS 64

#define MICROWIRE_STATE(F, A, S, T)                                                                \
    A(T, u16, word, MICROWIRE_WORDS)                                                               \
    F(T, bool, writable)  /* EWEN was given */                                                     \
    F(T, bool, select)                                                                             \
    F(T, bool, clock)                                                                              \
    F(T, bool, out)                                                                                \
    F(T, u8, phase)       /* enum phase of microwire.c */                                          \
    F(T, u8, count)       /* bits of it that have passed */                                        \
    F(T, u8, command)     /* two bits of operation, six of address */                              \
    F(T, u16, shift)

struct microwire {
    STATE_MEMBERS(MICROWIRE_STATE)
};

extern const struct state_desc microwire_state;

/* The levels of its three inputs; what happens, happens when the clock rises. */
void microwire_set(struct microwire *m, bool select, bool clock, bool in);
static inline bool microwire_out(const struct microwire *m)
{
    return m->out;
}

#endif
