/* image_qcow2_write.c - writing to a qcow2 image: reference counts and allocation */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clusters are allocated at the end of the file. Something that points to a cluster is written
 * after the cluster and its reference count, so that an image whose writer was killed has clusters
 * that nobody uses, but none that is used twice.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/host/qcow2.h"
#include "emu/log.h"

enum { AUTOCLEAR_FEATURES = 88, REFCOUNT_TABLE_OFFSET = 48 };

/* Counts that one block holds. */
static u64 block_counts(const struct qcow2 *q)
{
    return q->cluster_size / 2;
}

bool qcow2_prepare_writing(struct qcow2 *q, const char *option)
{
    static const u64 none = 0;
    u64 bytes = q->refcount_table_size * 8;

    if (bytes > 32 * MiB || bytes > q->file.size ||
        q->refcount_table_offset > q->file.size - bytes)
        return error_report("%s %s: this qcow2 image cannot be used: its reference count table is "
                            "not within the file",
                            option, q->file.path);
    q->refcount_table = xcalloc(MAX(q->refcount_table_size, (u64)1), 8);
    if (!image_file_read(&q->file, q->refcount_table_offset, q->refcount_table, bytes))
        return false;
    for (u64 i = 0; i < q->refcount_table_size; i++)
        q->refcount_table[i] = be64toh(q->refcount_table[i]);
    q->end = (q->file.size + q->cluster_size - 1) & ~(q->cluster_size - 1);
    /* Features that a writer who does not know them must switch off. */
    return q->version < 3 || image_file_write(&q->file, AUTOCLEAR_FEATURES, &none, 8);
}

static bool write_be64(struct qcow2 *q, u64 at, u64 value)
{
    value = htobe64(value);
    return image_file_write(&q->file, at, &value, 8);
}

static bool write_zeros(struct qcow2 *q, u64 at, u64 n)
{
    u8 *zeros = xcalloc(1, q->cluster_size);
    bool ok = true;
    for (; ok && n; at += q->cluster_size, n -= q->cluster_size)
        ok = image_file_write(&q->file, at, zeros, q->cluster_size);
    free(zeros);
    return ok;
}

/* ---- reference counts ---- */

/* Where the count of a cluster is; 0 when there is no block for it. */
static u64 count_at(const struct qcow2 *q, u64 cluster)
{
    u64 index = cluster / block_counts(q);
    u64 block = index < q->refcount_table_size ? q->refcount_table[index] & QCOW2_OFFSET_MASK : 0;
    return block ? block + cluster % block_counts(q) * 2 : 0;
}

static bool put_count(struct qcow2 *q, u64 at, u16 count)
{
    count = htobe16(count);
    return image_file_write(&q->file, at, &count, 2);
}

/* A larger table, at the end of the file. Its own clusters and the old ones are counted by the
 * caller's next calls; blocks for them are made on the way. */
static bool grow_table(struct qcow2 *q, u64 wanted);

/* Makes the block that holds a cluster's count. A new block is at the end of the file, so that it
 * may be the first that is counted in itself. */
static bool need_block(struct qcow2 *q, u64 cluster)
{
    u64 index = cluster / block_counts(q);
    if (index >= q->refcount_table_size && !grow_table(q, index + 1))
        return false;
    if (q->refcount_table[index] & QCOW2_OFFSET_MASK)
        return true;
    u64 block = q->end, own = block >> q->cluster_bits;
    q->end += q->cluster_size;
    if (!write_zeros(q, block, q->cluster_size))
        return false;
    if (own / block_counts(q) == index) {
        if (!put_count(q, block + own % block_counts(q) * 2, 1))
            return false;
    } else if (!need_block(q, own) || !put_count(q, count_at(q, own), 1)) {
        return false;
    }
    q->refcount_table[index] = block;
    return write_be64(q, q->refcount_table_offset + index * 8, block);
}

static bool set_count(struct qcow2 *q, u64 cluster, u16 count)
{
    return need_block(q, cluster) && put_count(q, count_at(q, cluster), count);
}

static bool grow_table(struct qcow2 *q, u64 wanted)
{
    u64 old_at = q->refcount_table_offset, old_size = q->refcount_table_size;
    u64 bytes = MAX(wanted, old_size + old_size / 2) * 8;
    u64 clusters = (bytes + q->cluster_size - 1) >> q->cluster_bits;
    u64 at = q->end, size = clusters * q->l2_entries;
    struct {
        u64 offset;
        u32 clusters;
    } __attribute__((packed)) where = {htobe64(at), htobe32(clusters)};

    u64 *table = xcalloc(size, 8);
    memcpy(table, q->refcount_table, old_size * 8);
    q->end += clusters << q->cluster_bits;
    free(q->refcount_table);
    q->refcount_table = table;
    q->refcount_table_size = size;
    q->refcount_table_offset = at;
    if (!write_zeros(q, at, clusters << q->cluster_bits))
        return false;
    for (u64 i = 0; i < old_size; i++)
        if (table[i] && !write_be64(q, at + i * 8, table[i]))
            return false;
    for (u64 i = 0; i < clusters; i++)
        if (!set_count(q, (at >> q->cluster_bits) + i, 1))
            return false;
    if (!image_file_write(&q->file, REFCOUNT_TABLE_OFFSET, &where, sizeof(where)))
        return false;
    for (u64 i = 0; i < old_size * 8; i += q->cluster_size)
        if (!set_count(q, (old_at + i) >> q->cluster_bits, 0))
            return false;
    return true;
}

/* One user less of the clusters in a range of the file. */
static bool release(struct qcow2 *q, u64 at, u64 n)
{
    for (u64 c = at >> q->cluster_bits; c <= (at + n - 1) >> q->cluster_bits; c++) {
        u64 where = count_at(q, c);
        u16 count;
        if (!where)
            continue;
        if (!image_file_read(&q->file, where, &count, 2))
            return false;
        count = be16toh(count);
        if (count && !put_count(q, where, count - 1))
            return false;
    }
    return true;
}

/* A new cluster, counted; 0: the host failed. Its content is what the caller writes. */
static u64 allocate(struct qcow2 *q)
{
    if (!need_block(q, q->end >> q->cluster_bits))
        return 0;
    /* need_block() may have moved the end into the next block's range. */
    u64 at = q->end;
    q->end += q->cluster_size;
    return set_count(q, at >> q->cluster_bits, 1) ? at : 0;
}

/* ---- writing ---- */

/* The L2 table for a cluster, made if there is none; NULL when it cannot be. */
static u64 *table_for(struct qcow2 *q, u64 l1_index)
{
    if (!(q->l1[l1_index] & QCOW2_OFFSET_MASK)) {
        u64 at = allocate(q);
        if (!at || !write_zeros(q, at, q->cluster_size))
            return NULL;
        q->l1[l1_index] = at | QCOW2_COPIED;
        if (!write_be64(q, q->l1_offset + l1_index * 8, q->l1[l1_index]))
            return NULL;
    }
    return qcow2_load_table(q, l1_index);
}

static bool set_entry(struct qcow2 *q, u64 cluster, u64 entry)
{
    u64 l1_index = cluster / q->l2_entries, index = cluster % q->l2_entries;
    u64 *table = table_for(q, l1_index);
    if (!table)
        return false;
    table[index] = entry;
    return write_be64(q, (q->l1[l1_index] & QCOW2_OFFSET_MASK) + index * 8, entry);
}

/* Part of a cluster that is not there yet, or is shared: a new one with the old content around. */
static bool write_new(struct qcow2 *q, const struct qcow2_mapping *old, u64 offset, const u8 *data,
                      size_t n)
{
    u64 start = offset & ~(q->cluster_size - 1), room = MIN(q->cluster_size, q->image.size - start);
    u8 *content = xcalloc(1, q->cluster_size);
    bool ok = n == q->cluster_size || qcow2_read(&q->image, start, content, room);
    u64 at = ok ? allocate(q) : 0;

    memcpy(content + (offset - start), data, n);
    ok = at && image_file_write(&q->file, at, content, q->cluster_size) &&
         set_entry(q, offset >> q->cluster_bits, at | QCOW2_COPIED);
    free(content);
    if (!ok || !old->entry)
        return ok;
    u64 was = old->host, len = q->cluster_size;
    if (old->kind == QCOW2_PACKED)
        qcow2_packed_range(q, old->entry, &was, &len);
    return !was || release(q, was, len);
}

static bool write_cluster(struct qcow2 *q, u64 offset, const u8 *data, size_t n)
{
    struct qcow2_mapping m;
    if (!qcow2_map(q, offset, &m))
        return false;
    if (m.kind == QCOW2_DATA && (m.entry & QCOW2_COPIED))
        return image_file_write(&q->file, m.host + (offset & (q->cluster_size - 1)), data, n);
    return write_new(q, &m, offset, data, n);
}

bool qcow2_write(struct disk_image *i, u64 offset, const void *data, size_t n)
{
    struct qcow2 *q = (struct qcow2 *)i;
    q->unpacked_at = 0;
    for (const u8 *p = data; n;) {
        size_t k = MIN(n, q->cluster_size - (offset & (q->cluster_size - 1)));
        if (!write_cluster(q, offset, p, k))
            return false;
        p += k;
        offset += k;
        n -= k;
    }
    return true;
}

bool qcow2_flush(struct disk_image *i)
{
    return image_file_flush(&((struct qcow2 *)i)->file);
}
