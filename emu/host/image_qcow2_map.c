/* image_qcow2_map.c - which cluster of a qcow2 image is where, and reading */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "emu/check.h"
#include "emu/host/qcow2.h"
#include "emu/log.h"

bool qcow2_damaged(struct qcow2 *q, const char *what)
{
    if (!q->complained)
        error_report("%s: the qcow2 image is damaged: %s", q->file.path, what);
    q->complained = true;
    return false;
}

/* ---- L2 tables ---- */

u64 *qcow2_load_table(struct qcow2 *q, u64 l1_index)
{
    struct qcow2_table *t = &q->cache[l1_index % q->n_cache];
    u64 at = q->l1[l1_index] & QCOW2_OFFSET_MASK;

    if (t->entry && t->l1_index == l1_index)
        return t->entry;
    if (at % q->cluster_size || at > q->file.size || q->cluster_size > q->file.size - at) {
        qcow2_damaged(q, "an L2 table is not within the file");
        return NULL;
    }
    u64 *entry = t->entry ? t->entry : xmalloc(q->cluster_size);
    t->entry = NULL;
    if (!image_file_read(&q->file, at, entry, q->cluster_size)) {
        free(entry);
        return NULL;
    }
    for (u64 i = 0; i < q->l2_entries; i++)
        entry[i] = be64toh(entry[i]);
    t->entry = entry;
    t->l1_index = l1_index;
    return entry;
}

static bool map_entry(struct qcow2 *q, u64 entry, struct qcow2_mapping *m)
{
    *m = (struct qcow2_mapping){.kind = QCOW2_BACKING, .entry = entry};
    if (entry & QCOW2_COMPRESSED) {
        m->kind = QCOW2_PACKED;
        return true;
    }
    m->host = entry & QCOW2_OFFSET_MASK;
    if (m->host % q->cluster_size)
        return qcow2_damaged(q, "a cluster's offset is not a multiple of the cluster size");
    if (entry & QCOW2_ZERO && q->version >= 3)
        m->kind = QCOW2_ZEROS;
    else if (m->host)
        m->kind = QCOW2_DATA;
    return true;
}

bool qcow2_map(struct qcow2 *q, u64 offset, struct qcow2_mapping *m)
{
    u64 cluster = offset >> q->cluster_bits;
    u64 l1_index = cluster / q->l2_entries;

    CHECK(l1_index < q->l1_size);
    if (!(q->l1[l1_index] & QCOW2_OFFSET_MASK)) {
        *m = (struct qcow2_mapping){.kind = QCOW2_BACKING};
        return true;
    }
    const u64 *table = qcow2_load_table(q, l1_index);
    return table && map_entry(q, table[cluster % q->l2_entries], m);
}

/* ---- reading ---- */

/* The offset takes the lower bits; the rest is a number of sectors more than the first. */
void qcow2_packed_range(const struct qcow2 *q, u64 entry, u64 *at, u64 *n)
{
    unsigned bits = 62 - (q->cluster_bits - 8);
    u64 sectors = (entry & (QCOW2_COMPRESSED - 1)) >> bits;
    *at = entry & (((u64)1 << bits) - 1);
    *n = (sectors + 1) * 512 - *at % 512;
}

/* Into q->cluster. */
static bool unpack(struct qcow2 *q, u64 entry)
{
    u64 at, n;
    if (q->unpacked_at == entry)
        return true;
    q->unpacked_at = 0;
    qcow2_packed_range(q, entry, &at, &n);
    if (at >= q->file.size || n > 2 * q->cluster_size)
        return qcow2_damaged(q, "a compressed cluster is not within the file");
    n = MIN(n, q->file.size - at);
    if (!image_file_read(&q->file, at, q->packed, n))
        return false;
    z_stream z = {.next_in = q->packed, .avail_in = n, .next_out = q->cluster,
                  .avail_out = q->cluster_size};
    if (inflateInit2(&z, -12) != Z_OK)
        return qcow2_damaged(q, "zlib failed");
    int result = inflate(&z, Z_FINISH);
    bool whole =
        !z.avail_out && (result == Z_STREAM_END || result == Z_BUF_ERROR || result == Z_OK);
    inflateEnd(&z);
    if (!whole)
        return qcow2_damaged(q, "a compressed cluster cannot be unpacked");
    q->unpacked_at = entry;
    return true;
}

static bool read_backing(struct qcow2 *q, u64 offset, u8 *out, size_t n)
{
    u64 size = q->backing ? q->backing->size : 0;
    size_t k = offset < size ? MIN(n, size - offset) : 0;
    memset(out + k, 0, n - k);
    return !k || q->backing->type->read(q->backing, offset, out, k);
}

/* n bytes that lie within one cluster, or in several that follow each other in the file. */
static bool read_mapped(struct qcow2 *q, const struct qcow2_mapping *m, u64 offset, u8 *out,
                        size_t n)
{
    u64 in_cluster = offset & (q->cluster_size - 1);
    switch (m->kind) {
    case QCOW2_BACKING: return read_backing(q, offset, out, n);
    case QCOW2_DATA: return image_file_read(&q->file, m->host + in_cluster, out, n);
    case QCOW2_PACKED:
        if (!unpack(q, m->entry))
            return false;
        memcpy(out, q->cluster + in_cluster, n);
        return true;
    default: memset(out, 0, n); return true;
    }
}

static bool follows(const struct qcow2_mapping *first, const struct qcow2_mapping *m, u64 distance)
{
    return m->kind == first->kind && m->kind != QCOW2_PACKED &&
           (m->kind != QCOW2_DATA || m->host == first->host + distance);
}

/* How many bytes from offset on, at most n, are mapped as m says; 0 when damaged. */
static u64 mapped_run(struct qcow2 *q, u64 offset, u64 n, struct qcow2_mapping *m)
{
    u64 start = offset & ~(q->cluster_size - 1), end = start + q->cluster_size;
    struct qcow2_mapping next;

    if (!qcow2_map(q, offset, m))
        return 0;
    while (end < offset + n && qcow2_map(q, end, &next) && follows(m, &next, end - start))
        end += q->cluster_size;
    return MIN(n, end - offset);
}

bool qcow2_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    struct qcow2 *q = (struct qcow2 *)i;
    struct qcow2_mapping m;

    for (u8 *p = out; n;) {
        u64 k = mapped_run(q, offset, n, &m);
        if (!k || !read_mapped(q, &m, offset, p, k))
            return false;
        p += k;
        offset += k;
        n -= k;
    }
    return true;
}

void qcow2_prefetch(struct disk_image *i, u64 offset, u64 n)
{
    struct qcow2 *q = (struct qcow2 *)i;
    struct qcow2_mapping m;

    for (u64 k; n && (k = mapped_run(q, offset, n, &m)); offset += k, n -= k) {
        if (m.kind == QCOW2_DATA)
            image_file_prefetch(&q->file, m.host + (offset & (q->cluster_size - 1)), k);
        else if (m.kind == QCOW2_BACKING && q->backing && offset < q->backing->size &&
                 q->backing->type->prefetch)
            q->backing->type->prefetch(q->backing, offset, MIN(k, q->backing->size - offset));
    }
}

/* One L2 table's worth at most, so that it takes bounded time. */
u64 qcow2_extent(struct disk_image *i, u64 offset, bool *zeros)
{
    struct qcow2 *q = (struct qcow2 *)i;
    struct qcow2_mapping m;
    u64 span = q->cluster_size * q->l2_entries;
    u64 most = MIN(i->size - offset, span - offset % span);
    u64 n = mapped_run(q, offset, most, &m);

    *zeros = false;
    if (!n)
        return MIN(most, q->cluster_size - offset % q->cluster_size);
    if (m.kind == QCOW2_BACKING && q->backing && offset < q->backing->size) {
        u64 k = q->backing->type->extent(q->backing, offset, zeros);
        return MIN(n, k);
    }
    *zeros = m.kind == QCOW2_ZEROS || m.kind == QCOW2_BACKING;
    return n;
}
