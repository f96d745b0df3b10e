/* jit_pins.h - which words of the CPU struct are in host registers from op to op */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * There is one set that holds between blocks. A region may have its own: then its words are
 * exchanged where it is entered and left, and it has its own ways to C code.
 */
#ifndef EMU_JIT_PINS_H
#define EMU_JIT_PINS_H

#include "emu/jit_asm.h"

#define JIT_PINS 8
#define JIT_COMMON_PINS 7 /* between blocks */
#define JIT_WORDS 4096 /* words from here on are never pinned */

struct jit_pins {
    u16 word[JIT_PINS];
    u8 reg[JIT_PINS];
    bool written[JIT_PINS]; /* by the region */
    unsigned n;
    bool budget_in_memory;  /* its register has a word */
    u8 of[JIT_WORDS];       /* host register of a word, or HR_NONE */
    /* The ways to C code, as written; NULL while not made. */
    u8 *call, *leaf, *read[4], *store[4], *vec_read, *vec_write;
};

extern const u8 jit_pin_regs[JIT_PINS];

void jit_pins_init(struct jit_pins *p);
void jit_pins_clear(struct jit_pins *p);
void jit_pins_add(struct jit_pins *p, u16 word, u8 reg);
/* Code that makes what is in registers and memory as `to` has it, from what `from` had. */
void jit_pins_exchange(struct asm_buf *a, const struct jit_pins *from, const struct jit_pins *to);

#endif
