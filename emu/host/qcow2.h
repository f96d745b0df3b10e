/* qcow2.h - inside emu/host/: what the parts of the qcow2 reader and writer share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: "Qcow2 Image File Format", QEMU's docs/interop/qcow2.txt. Numbers in the file are
 * big-endian. The file is hostile: each offset that is read from it is checked before it is used.
 *
 *     image_qcow2.c         header, backing file, open, create
 *     image_qcow2_map.c     which cluster is where, and reading
 *     image_qcow2_write.c   reference counts, allocation, and writing
 */
#ifndef EMU_HOST_QCOW2_H
#define EMU_HOST_QCOW2_H

#include "emu/host/image_file.h"

#define QCOW2_MAGIC UINT32_C(0x514649fb)
#define QCOW2_OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define QCOW2_COPIED (UINT64_C(1) << 63)     /* nobody else has the cluster */
#define QCOW2_COMPRESSED (UINT64_C(1) << 62)
#define QCOW2_ZERO UINT64_C(1)
#define QCOW2_CACHED 16 /* L2 tables kept in memory, at least; each has one place */

struct qcow2_table { /* an L2 table in memory, in host byte order */
    u64 l1_index;
    u64 *entry; /* NULL: the place is free */
};

struct qcow2 {
    struct disk_image image;
    struct image_file file;
    struct disk_image *backing; /* NULL: zeros */
    unsigned version, cluster_bits;
    u64 cluster_size, l2_entries;
    u64 *l1;        /* host byte order */
    u64 l1_size, l1_offset;
    struct qcow2_table *cache;
    unsigned n_cache;
    u8 *cluster, *packed; /* scratch: a cluster; a compressed one */
    u64 unpacked_at;      /* which compressed entry `cluster` holds, or 0 */
    bool complained;
    /* Writing. */
    u64 *refcount_table;
    u64 refcount_table_size, refcount_table_offset;
    u64 end; /* of what is allocated in the file, a multiple of the cluster size */
};

enum qcow2_kind { QCOW2_BACKING, QCOW2_ZEROS, QCOW2_DATA, QCOW2_PACKED };
struct qcow2_mapping {
    enum qcow2_kind kind;
    u64 entry; /* as in the L2 table */
    u64 host;  /* DATA: of the cluster */
};

/* Reported once for an image: after that only false. */
bool qcow2_damaged(struct qcow2 *q, const char *what);
/* The table of an L1 entry that is not empty; NULL when damaged. Valid until the next call. */
u64 *qcow2_load_table(struct qcow2 *q, u64 l1_index);
bool qcow2_map(struct qcow2 *q, u64 offset, struct qcow2_mapping *m);
bool qcow2_read(struct disk_image *i, u64 offset, void *out, size_t n);
u64 qcow2_extent(struct disk_image *i, u64 offset, bool *zeros);
void qcow2_prefetch(struct disk_image *i, u64 offset, u64 n);
/* The bytes of a compressed entry in the file. */
void qcow2_packed_range(const struct qcow2 *q, u64 entry, u64 *at, u64 *n);

/* Loads what writing needs. False (reported) when the image cannot be written here. */
bool qcow2_prepare_writing(struct qcow2 *q, const char *option);
bool qcow2_write(struct disk_image *i, u64 offset, const void *data, size_t n);
bool qcow2_flush(struct disk_image *i);

#endif
