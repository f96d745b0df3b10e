/* jit_dump.c - compiled code shown beside what it was made from, and named to profilers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/disas.h"
#include "emu/log.h"

struct note {
    const u8 *at;
    const struct block *b;
    u32 i;            /* op number */
    const char *what; /* or NULL */
};

struct jit_dump {
    const struct dump *what;
    const struct arch *arch;
    i64 delta;
    struct disas *host;
    struct note *note; /* since the last piece that was complete */
    u32 n_notes, cap_notes;
    FILE *perf;
};

/* What the tool perf looks for: lines of address, size and name. In /tmp anybody may have put
 * something of that name, a link too: the file is a new one, or none. */
static FILE *open_perf_map(void)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f)
        error_report("-perfmap: cannot write %s: %s", path, strerror(errno));
    return f;
}

struct jit_dump *jit_dump_new(const struct dump *what, const struct arch *a, i64 delta)
{
    if (!what || (!what->perfmap && !(what->what & DUMP_OUT_ASM)))
        return NULL;
    struct jit_dump *d = xcalloc(1, sizeof(*d));
    d->what = what;
    d->arch = a;
    d->delta = delta;
    d->host = disas_new(64);
    if (what->perfmap)
        d->perf = open_perf_map();
    return d;
}

void jit_dump_delete(struct jit_dump *d)
{
    if (!d)
        return;
    if (d->perf)
        fclose(d->perf);
    disas_delete(d->host);
    free(d->note);
    free(d);
}

void jit_dump_note(struct jit_dump *d, const u8 *at, const struct block *b, u32 i, const char *what)
{
    if (LIKELY(!d) || !(d->what->what & DUMP_OUT_ASM))
        return;
    if (d->n_notes == d->cap_notes) {
        d->cap_notes = MAX(d->cap_notes * 2, 256u);
        d->note = xrealloc(d->note, d->cap_notes * sizeof(*d->note));
    }
    d->note[d->n_notes++] = (struct note){at, b, i, what};
}

void jit_dump_name(struct jit_dump *d, const char *name, const u8 *from, const u8 *to)
{
    if (!d || !d->perf || from == to)
        return;
    fprintf(d->perf, "%" PRIxPTR " %zx %s\n", (uintptr_t)from + (uintptr_t)d->delta,
            (size_t)(to - from), name);
    fflush(d->perf); /* a killed program's profile is to have names too */
}

/* ---- the text ---- */

static int by_address(const void *a, const void *b)
{
    const struct note *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->b == y->b && x->i != y->i ? (x->i < y->i ? -1 : 1) : 0;
}

static void put_guest_insn(struct jit_dump *d, const struct block *b, u32 insn, struct buf *out)
{
    struct disas *guest = disas_new(d->arch->code_bits ? d->arch->code_bits(b->mode) : 0);
    u32 off = 0;

    for (u32 i = 0; i < insn; i++)
        off += b->insns[i].len;
    buf_printf(out, "  -- ");
    disas_one(guest, b->insns[insn].pc, b->bytes + off, b->insns[insn].len, out);
    disas_delete(guest);
}

static void put_note(struct jit_dump *d, const struct note *n, const struct note *before, struct buf *out)
{
    const struct ir_op *o = &n->b->ops[n->i];

    if (n->what) {
        buf_printf(out, "  %s of op %u:\n", n->what, n->i);
        return;
    }
    if (!before || before->what || before->b != n->b || n->b->ops[before->i].insn != o->insn)
        put_guest_insn(d, n->b, o->insn, out);
    struct ir_op shown = *o;
    if (o->op == IR_EXIT)
        shown.imm = ((const struct block_link *)(uintptr_t)o->imm)->pc;
    ir_dump_op(&shown, n->i, n->i + o->aux, out);
}

static void put_host_code(struct jit_dump *d, const u8 *from, const u8 *to, struct buf *out)
{
    while (from < to) {
        buf_printf(out, "                ");
        from += disas_one(d->host, (uintptr_t)from + (uintptr_t)d->delta, from, (size_t)(to - from), out);
    }
}

static void put_code(struct jit_dump *d, const u8 *from, const u8 *to, struct buf *out)
{
    const struct note *before = NULL;

    qsort(d->note, d->n_notes, sizeof(*d->note), by_address);
    for (u32 i = 0; i < d->n_notes; i++) {
        const struct note *n = &d->note[i];
        if (n->at < from || n->at > to)
            continue;
        put_host_code(d, from, n->at, out);
        put_note(d, n, before, out);
        from = n->at;
        before = n;
    }
    put_host_code(d, from, to, out);
}

static void forget_notes(struct jit_dump *d, const u8 *from, const u8 *to)
{
    u32 kept = 0;
    for (u32 i = 0; i < d->n_notes; i++)
        if (d->note[i].at < from || d->note[i].at > to)
            d->note[kept++] = d->note[i];
    d->n_notes = kept;
}

void jit_dump_code(struct jit_dump *d, const struct block *b, const char *title, const u8 *from, const u8 *to)
{
    char name[64];

    if (!d || from == to)
        return;
    snprintf(name, sizeof(name), "guest-%#" PRIx64 "-%s", b->lpc, title);
    for (char *blank = strchr(name, ' '); blank; blank = strchr(blank, ' '))
        *blank = '-';
    jit_dump_name(d, name, from, to);
    if (dump_wants(d->what, DUMP_OUT_ASM, b->lpc)) {
        struct buf text = {0};
        buf_printf(&text, "OUT: %s of block at %#" PRIx64 ", %zu bytes\n", title, b->lpc, (size_t)(to - from));
        put_code(d, from, to, &text);
        buf_printf(&text, "\n");
        log_text(text.data, text.len);
        buf_fini(&text);
    }
    forget_notes(d, from, to);
}
