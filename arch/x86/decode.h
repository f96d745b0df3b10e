/* decode.h - from guest bytes to a decoded instruction */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_DECODE_H
#define ARCH_X86_DECODE_H

#include "arch/x86/translate.h"

#define X86_MAX_LEN 15 /* bytes of an instruction; longer ones are #GP (SDM vol. 2, 2.3.11) */

/* Where the bytes come from. next() returns n (1 to 8) of them, or clears *ok. */
struct x86_fetch {
    u64 (*next)(void *opaque, unsigned n, bool *ok);
    void *opaque;
};

enum x86_decoded {
    X86_DECODED,
    X86_DECODE_CUT,      /* the bytes could not be had */
    X86_DECODE_TOO_LONG, /* #GP */
    X86_DECODE_INVALID,  /* #UD: no row matches, or LOCK is not allowed */
};

/* Decodes the instruction at pc under the mode bits. in->len counts the bytes taken, whatever the
 * result. Does not look at row->feature or at the availability flags: these need the CPU. */
enum x86_decoded x86_decode(const struct x86_decoder *d, u32 mode, u64 pc,
                            const struct x86_fetch *f, struct x86_insn *in);

#endif
