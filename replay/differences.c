/* differences.c - two states of one machine, compared in words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "replay/differences.h"

#include <inttypes.h>

struct pages {
    struct buf *out;
    u64 n;
    unsigned most;
};

static void page(void *opaque, const struct ram *r, u32 number, const u8 *a, const u8 *b)
{
    struct pages *p = opaque;
    u64 at = 0, n = 0;

    for (u64 i = PAGE_SIZE; i-- > 0;) {
        if (a[i] == b[i])
            continue;
        at = i;
        n++;
    }
    if (p->n++ < p->most)
        buf_printf(p->out,
                   "  %s at %#" PRIx64 ": %02x, %02x (%" PRIu64 " bytes differ in this page)\n",
                   r->name, number * PAGE_SIZE + at, a[at], b[at], n);
}

u64 differences_print(struct machine *m, const struct snapshot *a, const struct snapshot *b,
                      unsigned most, struct buf *out)
{
    struct buf fields = {0};
    unsigned n = machine_diff(m, snapshot_state(a), snapshot_state(b), &fields, most);
    struct reader r = reader_of(fields.data, fields.len);

    for (bool start = true; reader_left(&r);) {
        u8 c = reader_u8(&r);
        if (start)
            buf_printf(out, "  ");
        buf_put_u8(out, c);
        start = c == '\n';
    }
    if (n > most)
        buf_printf(out, "  and %u more fields\n", n - most);
    struct pages p = {out, 0, most};
    snapshot_each_difference(a, b, page, &p);
    if (p.n > most)
        buf_printf(out, "  and %" PRIu64 " more pages\n", p.n - most);
    buf_fini(&fields);
    return n + p.n;
}
