/* form.h - a decoder's row, seen from the other side: how to write such an instruction */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_FUZZ_FORM_H
#define TESTS_FUZZ_FORM_H

#include "fuzz.h"

enum form_class { FORM_INTEGER, FORM_MMX, FORM_SSE, FORM_X87, FORM_SYSTEM, FORM_CLASSES };

enum form_regs {
    REGS_NONE,
    REGS_GPR,
    REGS_XMM,
    REGS_MMX,
    REGS_OTHER /* segment, control, debug: 0 to 5 */
};

struct form {
    const struct x86_row *row;
    u8 class;
    u8 prefix; /* 66, F2, F3 or 0 */
    u8 opcode[3], n_opcode;
    u8 n_plus;           /* opcodes in a row, by a register or a condition: 8, else 0 */
    bool modrm, fixed;   /* fixed: modrm is `second` */
    u8 second, n_second; /* and the n_second ones from there on */
    i8 digit;            /* /0 to /7, or -1 */
    bool mem_only, reg_only;
    u8 reg, rm; /* enum form_regs */
    bool reg_is_byte, rm_is_byte, reg_is_dest, rm_is_dest;
    char size;    /* 'v', 'y', 'b' for none of these, 'd' 'w' fixed */
    char imm[2];  /* 'b' 'w' 'z' 'v', 0 */
    u8 mem_bytes; /* 0: as the size */
    bool align;
    bool def64;
    bool host; /* gen_host_runs() */
    u32 undefined;
};

/* One of the rows that can be written by their operands alone (no branches, strings, far pointers);
 * host: of those that host cases take. */
const struct form *form_choose(struct rng *r, enum form_class class, enum fuzz_mode mode,
                               bool host);

#endif
