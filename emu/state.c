/* state.c - walk a state description to save, load, compare and print */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "emu/check.h"

static u64 get_int(const void *p, u32 size)
{
    u64 v = 0;
    memcpy(&v, p, size); /* little-endian hosts only, as CMakeLists.txt checks */
    return v;
}

void state_save(const struct state_desc *d, const void *obj, struct buf *out)
{
    for (u32 i = 0; i < d->n_fields; i++) {
        const struct state_field *f = &d->fields[i];
        const u8 *p = (const u8 *)obj + f->offset;
        if (!f->sub) {
            buf_put(out, p, (size_t)f->size * f->count);
            continue;
        }
        for (u32 k = 0; k < f->count; k++)
            state_save(f->sub, p + (size_t)k * f->size, out);
    }
}

void state_load(const struct state_desc *d, void *obj, struct reader *in)
{
    for (u32 i = 0; i < d->n_fields; i++) {
        const struct state_field *f = &d->fields[i];
        u8 *p = (u8 *)obj + f->offset;
        if (!f->sub) {
            reader_get(in, p, (size_t)f->size * f->count);
            for (u32 k = 0; f->is_bool && k < f->count; k++)
                p[k] = p[k] != 0;
            continue;
        }
        for (u32 k = 0; k < f->count; k++)
            state_load(f->sub, p + (size_t)k * f->size, in);
    }
}

size_t state_size(const struct state_desc *d)
{
    size_t n = 0;
    for (u32 i = 0; i < d->n_fields; i++) {
        const struct state_field *f = &d->fields[i];
        n += (f->sub ? state_size(f->sub) : f->size) * f->count;
    }
    return n;
}

static unsigned diff_field(const struct state_field *f, u32 k, const char *prefix, struct reader *a,
                           struct reader *b, struct buf *out, unsigned most)
{
    char name[256], index[16] = "";
    if (f->count > 1)
        snprintf(index, sizeof(index), "[%u]", k);
    snprintf(name, sizeof(name), "%s.%s%s", prefix, f->name, index);
    if (f->sub)
        return state_diff(f->sub, name, a, b, out, most);

    u64 x = 0, y = 0;
    reader_get(a, &x, f->size);
    reader_get(b, &y, f->size);
    if (x == y)
        return 0;
    if (most)
        buf_printf(out, "%s: %#" PRIx64 ", %#" PRIx64 "\n", name, x, y);
    return 1;
}

unsigned state_diff(const struct state_desc *d, const char *prefix, struct reader *a,
                    struct reader *b, struct buf *out, unsigned most)
{
    unsigned found = 0;
    for (u32 i = 0; i < d->n_fields; i++)
        for (u32 k = 0; k < d->fields[i].count; k++)
            found +=
                diff_field(&d->fields[i], k, prefix, a, b, out, found < most ? most - found : 0);
    return found;
}

static void print_prefixed(const struct state_desc *d, const char *prefix, const void *obj,
                           struct buf *out)
{
    for (u32 i = 0; i < d->n_fields; i++) {
        const struct state_field *f = &d->fields[i];
        const u8 *p = (const u8 *)obj + f->offset;
        if (!f->sub && f->count > 1) {
            buf_printf(out, "%s%s =", prefix, f->name);
            for (u32 k = 0; k < f->count && k < 32; k++)
                buf_printf(out, " %" PRIx64, get_int(p + (size_t)k * f->size, f->size));
            buf_printf(out, f->count > 32 ? " ... (%u)\n" : "\n", f->count);
            continue;
        }
        for (u32 k = 0; k < f->count; k++, p += f->size) {
            char name[128];
            if (!f->sub) {
                buf_printf(out, "%s%s = %#" PRIx64 "\n", prefix, f->name, get_int(p, f->size));
                continue;
            }
            snprintf(name, sizeof(name), f->count > 1 ? "%s%s[%u]." : "%s%s.", prefix, f->name, k);
            print_prefixed(f->sub, name, p, out);
        }
    }
}

void state_print(const struct state_desc *d, const void *obj, struct buf *out)
{
    print_prefixed(d, "", obj, out);
}

u64 digest_bytes(const void *data, size_t n, u64 seed)
{
    return XXH3_64bits_withSeed(data, n, seed);
}
