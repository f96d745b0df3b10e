/* accel.h - which engine runs guest code, and how: the text of -accel */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     jit|tcg|interp[,tb-size=MIB][,warm=N][,heat=N][,max-insns=N][,off=PASS+PASS...]
 *
 * None of it shows in the guest or in a recording.
 */
#ifndef EMU_ACCEL_H
#define EMU_ACCEL_H

#include "emu/types.h"

struct accel {
    bool jit;           /* compile, where the host allows */
    u64 code_bytes;     /* tb-size: bound of the memory for translations, bytes */
    unsigned warm;      /* a block is compiled when it is executed for this time; 0: the default */
    unsigned heat;      /* and again, as a region, when it was executed so often since; 0: the default */
    unsigned max_insns; /* block length limit; 0: the longest */
    u32 passes_off;     /* see passes.h */
};

#define ACCEL_DEFAULT_MIB 256
#define ACCEL_MIN_MIB 16    /* less holds too few regions of the largest blocks */
#define ACCEL_MAX_MIB 2048 /* what one block of code can reach by 32-bit displacements */

/* False, reported in the name of `option` (such as "-accel"), when the text is ill-formed. */
bool accel_parse(const char *option, const char *text, struct accel *out);

#endif
