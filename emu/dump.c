/* dump.c - what of translated blocks is shown, and the showing */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/disas.h"
#include "emu/ir.h"
#include "emu/log.h"
#include "emu/tlb.h"

static bool number(const char **p, u64 *v)
{
    char *end;
    errno = 0;
    *v = strtoull(*p, &end, 0);
    bool ok = **p >= '0' && **p <= '9' && !errno;
    *p = end;
    return ok;
}

static bool one_range(const char **p, u64 *first, u64 *last)
{
    u64 a, b;
    if (!number(p, &a))
        return false;
    char how = **p;
    if (how != '+' && how != '-' && strncmp(*p, "..", 2))
        return false;
    *p += how == '.' ? 2 : 1;
    if (!number(p, &b))
        return false;
    *first = how == '-' ? a - b + 1 : a;
    *last = how == '-' ? a : how == '+' ? a + b - 1 : b;
    return *first <= *last;
}

bool dump_add_ranges(struct dump *d, const char *text)
{
    for (const char *p = text;; p++) {
        u64 first, last;
        if (d->n_ranges == DUMP_MAX_RANGES || !one_range(&p, &first, &last))
            return false;
        d->range[d->n_ranges].first = first;
        d->range[d->n_ranges++].last = last;
        if (*p != ',')
            return !*p;
    }
}

bool dump_wants(const struct dump *d, u32 what, u64 lpc)
{
    if (!d || !(d->what & what))
        return false;
    for (unsigned i = 0; i < d->n_ranges; i++)
        if (lpc >= d->range[i].first && lpc <= d->range[i].last)
            return true;
    return !d->n_ranges;
}

static void show(struct buf *text)
{
    log_text(text->data, text->len);
    buf_fini(text);
}

/* As a debugger reads memory: nothing is to be raised or marked here. */
static void dump_guest(struct cpu *c, const struct ir_block *b, u64 lpc, struct buf *out)
{
    struct disas *d = disas_new(c->arch->code_bits ? c->arch->code_bits(c->mode) : 0);

    for (u32 i = 0; i < b->n_insns; i++) {
        u8 bytes[16];
        size_t n = mem_debug_read(c, lpc, bytes, MIN(b->insns[i].len, sizeof(bytes)));
        if (n)
            disas_one(d, b->insns[i].pc, bytes, n, out);
        lpc += b->insns[i].len;
    }
    disas_delete(d);
}

void dump_translated(const struct dump *d, struct cpu *c, const struct ir_block *b, u64 lpc)
{
    struct buf text = {0};

    if (dump_wants(d, DUMP_IN_ASM, lpc)) {
        buf_printf(&text, "IN: block at %#" PRIx64 ", icount %" PRIu64 "\n", lpc, diag_icount());
        dump_guest(c, b, lpc, &text);
        buf_printf(&text, "\n");
    }
    if (dump_wants(d, DUMP_OP, lpc)) {
        buf_printf(&text, "OP: block at %#" PRIx64 "\n", lpc);
        ir_dump(b, &text);
        buf_printf(&text, "\n");
    }
    if (text.len)
        show(&text);
}

void dump_optimised(const struct dump *d, const struct ir_block *b, u64 lpc)
{
    struct buf text = {0};

    if (!dump_wants(d, DUMP_OP_OPT, lpc))
        return;
    buf_printf(&text, "OP after optimization: block at %#" PRIx64 "\n", lpc);
    ir_dump(b, &text);
    buf_printf(&text, "\n");
    show(&text);
}
