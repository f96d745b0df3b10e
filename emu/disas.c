/* disas.c - x86 instructions as text, by the library Capstone */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/disas.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdlib.h>

#include "emu/check.h"

#define BYTES_SHOWN 10 /* so that texts are in one column for nearly all */

struct disas {
    csh handle;
    cs_insn *insn; /* NULL: the library cannot */
};

struct disas *disas_new(unsigned bits)
{
    const cs_mode mode = bits == 16 ? CS_MODE_16 : bits == 32 ? CS_MODE_32 : CS_MODE_64;
    struct disas *d = xcalloc(1, sizeof(*d));

    if ((bits == 16 || bits == 32 || bits == 64) && cs_open(CS_ARCH_X86, mode, &d->handle) == CS_ERR_OK)
        d->insn = cs_malloc(d->handle);
    return d;
}

void disas_delete(struct disas *d)
{
    if (d->insn)
        cs_free(d->insn, 1);
    if (d->handle)
        cs_close(&d->handle);
    free(d);
}

unsigned disas_one(struct disas *d, u64 pc, const u8 *bytes, size_t n, struct buf *out)
{
    const u8 *p = bytes;
    size_t left = n;
    u64 at = pc;
    bool known = d->insn && cs_disasm_iter(d->handle, &p, &left, &at, d->insn);
    unsigned len = known ? d->insn->size : 1;

    CHECK(n && len <= n);
    buf_printf(out, "%#018" PRIx64 "  ", pc);
    for (unsigned i = 0; i < MAX(len, (unsigned)BYTES_SHOWN); i++)
        buf_printf(out, i < len ? "%02x" : "  ", bytes[MIN(i, len - 1)]);
    if (known)
        buf_printf(out, "  %s %s\n", d->insn->mnemonic, d->insn->op_str);
    else
        buf_printf(out, "  ?\n");
    return len;
}
