/* disas.h - x86 instructions as text, the guest's and the host's */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_DISAS_H
#define EMU_DISAS_H

#include "emu/buf.h"
#include "emu/types.h"

struct disas;

struct disas *disas_new(unsigned bits); /* 16, 32 or 64; anything else: bytes are all that is shown */
void disas_delete(struct disas *d);
/* Appends the address, the bytes and the text of the instruction at pc, and a newline; n bytes are there,
 * of which so many are used as it returns, at least 1 (n may not be 0). */
unsigned disas_one(struct disas *d, u64 pc, const u8 *bytes, size_t n, struct buf *out);

#endif
