/* image_qcow2.c - qcow2 images: header, backing file, open, create */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/qcow2.h"
#include "emu/log.h"

enum { V2_HEADER = 72, V3_HEADER = 104, MAX_HEADER = 4096, MAX_BACKING_NAME = 1023 };
enum { MAX_DEPTH = 16, MAX_L1 = 4 << 20 };
enum { EXTENSION_END = 0, EXTENSION_BACKING_FORMAT = 0xe2792aca };
enum { /* incompatible features */
       FEATURE_DIRTY = 1,
       FEATURE_CORRUPT = 2,
       FEATURE_DATA_FILE = 4,
       FEATURE_COMPRESSION = 8,
       FEATURE_EXTENDED_L2 = 16,
};

struct header { /* host byte order */
    u32 version, backing_size, cluster_bits, crypt, l1_size, refcount_clusters, snapshots;
    u64 backing_offset, size, l1_offset, refcount_offset, features;
    u32 refcount_order, length;
};

static u32 get32(const u8 *p)
{
    u32 v;
    memcpy(&v, p, 4);
    return be32toh(v);
}

static u64 get64(const u8 *p)
{
    u64 v;
    memcpy(&v, p, 8);
    return be64toh(v);
}

bool image_qcow2_matches(const struct image_file *f)
{
    u8 magic[4];
    return f->size >= V2_HEADER && image_file_read(f, 0, magic, 4) && get32(magic) == QCOW2_MAGIC;
}

static bool bad(const char *option, const struct image_file *f, const char *what)
{
    return error_report("%s %s: this qcow2 image cannot be used: %s", option, f->path, what);
}

static bool parse_header(const u8 *p, struct header *h)
{
    *h = (struct header){
        .version = get32(p + 4), .backing_offset = get64(p + 8), .backing_size = get32(p + 16),
        .cluster_bits = get32(p + 20), .size = get64(p + 24), .crypt = get32(p + 32),
        .l1_size = get32(p + 36), .l1_offset = get64(p + 40), .refcount_offset = get64(p + 48),
        .refcount_clusters = get32(p + 56), .snapshots = get32(p + 60), .refcount_order = 4,
        .length = V2_HEADER};
    if (h->version >= 3) {
        h->features = get64(p + 72);
        h->refcount_order = get32(p + 96);
        h->length = get32(p + 100);
    }
    return get32(p) == QCOW2_MAGIC;
}

static const char *feature_problem(const struct header *h)
{
    if (h->features & FEATURE_CORRUPT)
        return "it is marked as corrupt; qemu-img check -r all may repair it";
    if (h->features & FEATURE_DATA_FILE)
        return "its data is in an external file";
    if (h->features & FEATURE_COMPRESSION)
        return "its compression is not zlib";
    if (h->features & FEATURE_EXTENDED_L2)
        return "it has extended L2 entries";
    return h->features & ~(u64)FEATURE_DIRTY ? "it has features that are not known here" : NULL;
}

/* NULL when all is well. */
static const char *header_problem(const struct header *h, const struct image_file *f)
{
    if (h->version != 2 && h->version != 3)
        return "its version is neither 2 nor 3";
    if (h->crypt)
        return "it is encrypted";
    if (h->cluster_bits < 9 || h->cluster_bits > 21)
        return "its cluster size is not 512 bytes to 2 MiB";
    if (feature_problem(h))
        return feature_problem(h);
    if (h->version == 3 && (h->length < V3_HEADER || h->length % 8 || h->length > MAX_HEADER))
        return "its header has an impossible length";
    if (h->refcount_order > 6)
        return "its reference counts have an impossible width";
    if (!h->size || h->size > DISK_MAX_SIZE)
        return "its size is not 1 byte to 2 TiB";
    u64 cluster = (u64)1 << h->cluster_bits, span = cluster * (cluster / 8);
    if (h->l1_size < (h->size + span - 1) / span || h->l1_size > MAX_L1)
        return "its L1 table has an impossible size";
    if (h->l1_offset % cluster || h->l1_offset > f->size ||
        h->l1_size * UINT64_C(8) > f->size - h->l1_offset)
        return "its L1 table is not within the file";
    if (h->refcount_offset % cluster || h->refcount_offset > f->size)
        return "its reference count table is not within the file";
    return NULL;
}

/* ---- the backing file ---- */

/* The format that an extension names, into out; "" if none does. False when they are ill-formed. */
static bool backing_format(const u8 *p, const struct header *h, size_t n, char out[16])
{
    out[0] = 0;
    for (size_t at = h->length; at + 8 <= n;) {
        u32 type = get32(p + at), len = get32(p + at + 4);
        if (type == EXTENSION_END)
            return true;
        at += 8;
        if (len > n - at)
            return false;
        if (type == EXTENSION_BACKING_FORMAT) {
            if (len >= 16)
                return false;
            memcpy(out, p + at, len);
            out[len] = 0;
        }
        at += (len + 7) & ~(size_t)7;
    }
    return true;
}

/* A relative name is relative to the image's folder. */
static char *beside(const char *image, const char *name)
{
    const char *slash = strrchr(image, '/');
    if (name[0] == '/' || !slash)
        return xstrdup(name);
    return xasprintf("%.*s/%s", (int)(slash - image), image, name);
}

static bool open_backing(struct qcow2 *q, const char *option, const struct header *h,
                         unsigned depth)
{
    u8 head[MAX_HEADER];
    char format[16], name[MAX_BACKING_NAME + 1];
    size_t n = MIN(q->cluster_size, (u64)MAX_HEADER);

    if (!h->backing_offset)
        return true;
    if (depth >= MAX_DEPTH)
        return bad(option, &q->file, "its chain of backing files is too long");
    if (!h->backing_size || h->backing_size > MAX_BACKING_NAME ||
        h->backing_offset > q->file.size || h->backing_size > q->file.size - h->backing_offset)
        return bad(option, &q->file, "the name of its backing file is not within the file");
    n = MIN(n, (size_t)h->backing_offset);
    if (!image_file_read(&q->file, 0, head, n) ||
        !image_file_read(&q->file, h->backing_offset, name, h->backing_size))
        return false;
    name[h->backing_size] = 0;
    if (!backing_format(head, h, n, format))
        return bad(option, &q->file, "its header extensions are damaged");
    if (!strncmp(name, "json:", 5))
        return bad(option, &q->file, "its backing file is not a file of this host");
    char *path = beside(q->file.path, strncmp(name, "file:", 5) ? name : name + 5);
    q->backing = image_open_backing(option, path, format, depth + 1);
    free(path);
    return q->backing != NULL;
}

/* ---- opening ---- */

static void close_qcow2(struct disk_image *i)
{
    struct qcow2 *q = (struct qcow2 *)i;
    if (q->file.writable && q->file.fd >= 0)
        qcow2_flush(i);
    disk_image_close(q->backing);
    image_file_close(&q->file);
    for (unsigned k = 0; k < q->n_cache; k++)
        free(q->cache[k].entry);
    free(q->cache);
    free(q->l1);
    free(q->refcount_table);
    free(q->cluster);
    free(q->packed);
    free(i->path);
    free(q);
}

static const struct disk_image_type qcow2_type = {
    .name = "qcow2",
    .read = qcow2_read,
    .write = qcow2_write,
    .flush = qcow2_flush,
    .prefetch = qcow2_prefetch,
    .extent = qcow2_extent,
    .close = close_qcow2,
};

static bool load_l1(struct qcow2 *q)
{
    if (!image_file_read(&q->file, q->l1_offset, q->l1, q->l1_size * 8))
        return false;
    for (u64 i = 0; i < q->l1_size; i++)
        q->l1[i] = be64toh(q->l1[i]);
    return true;
}

static void set_up(struct qcow2 *q, const struct header *h)
{
    q->version = h->version;
    q->cluster_bits = h->cluster_bits;
    q->cluster_size = (u64)1 << h->cluster_bits;
    q->l2_entries = q->cluster_size / 8;
    q->l1_size = h->l1_size;
    q->l1_offset = h->l1_offset;
    q->l1 = xcalloc(MAX(q->l1_size, (u64)1), 8);
    q->n_cache = MAX((unsigned)(4 * MiB / q->cluster_size), QCOW2_CACHED);
    q->cache = xcalloc(q->n_cache, sizeof(*q->cache));
    q->cluster = xmalloc(q->cluster_size);
    q->packed = xmalloc(2 * q->cluster_size);
    q->refcount_table_offset = h->refcount_offset;
    q->refcount_table_size = (u64)h->refcount_clusters * q->cluster_size / 8;
    q->image.size = (h->size + DISK_SECTOR - 1) / DISK_SECTOR * DISK_SECTOR;
}

/* What cannot be written here can still be read, and lie under an overlay. */
static const char *writing_problem(const struct header *h)
{
    if (h->features & FEATURE_DIRTY)
        return "its reference counts are not up to date; qemu-img check -r all repairs them";
    if (h->snapshots)
        return "it has snapshots inside, so it cannot be written here; use snapshot=on";
    if (h->refcount_order != 4)
        return "its reference counts do not have 16 bits, so it cannot be written here; use "
               "snapshot=on";
    return NULL;
}

static bool open_all(struct qcow2 *q, const char *option, unsigned depth)
{
    u8 head[V3_HEADER] = {0};
    struct header h;
    const char *problem = NULL;

    if (!image_file_read(&q->file, 0, head, MIN(q->file.size, (u64)V3_HEADER)))
        return false;
    if (!parse_header(head, &h))
        return bad(option, &q->file, "it does not begin as one");
    problem = header_problem(&h, &q->file);
    if (!problem && q->file.writable)
        problem = writing_problem(&h);
    if (problem)
        return bad(option, &q->file, problem);
    set_up(q, &h);
    return load_l1(q) && open_backing(q, option, &h, depth) &&
           (!q->file.writable || qcow2_prepare_writing(q, option));
}

struct disk_image *image_qcow2_new(const char *option, struct image_file *f, unsigned depth)
{
    struct qcow2 *q = xcalloc(1, sizeof(*q));
    q->file = *f;
    q->image = (struct disk_image){
        .type = &qcow2_type, .path = xstrdup(f->path), .writable = f->writable};
    if (open_all(q, option, depth))
        return &q->image;
    q->file.writable = false; /* nothing is to be written any more */
    close_qcow2(&q->image);
    return NULL;
}

/* ---- creating ---- */

static void put32(u8 *p, u32 v)
{
    v = htobe32(v);
    memcpy(p, &v, 4);
}

static void put64(u8 *p, u64 v)
{
    v = htobe64(v);
    memcpy(p, &v, 8);
}

/* An empty image: header, reference count table, its first block, and the L1 table. */
static bool write_empty(struct image_file *f, u64 size)
{
    enum { CLUSTER_BITS = 16, TABLE = 1, BLOCK = 2, L1 = 3 };
    const u64 cluster = (u64)1 << CLUSTER_BITS, span = cluster * (cluster / 8);
    u64 l1_size = (size + span - 1) / span, l1_clusters = (l1_size * 8 + cluster - 1) / cluster;
    u8 *p = xcalloc(L1 + l1_clusters, cluster);

    put32(p, QCOW2_MAGIC);
    put32(p + 4, 3);
    put32(p + 20, CLUSTER_BITS);
    put64(p + 24, size);
    put32(p + 36, (u32)l1_size);
    put64(p + 40, L1 * cluster);
    put64(p + 48, TABLE * cluster);
    put32(p + 56, 1);
    put32(p + 96, 4);
    put32(p + 100, V3_HEADER);
    put64(p + TABLE * cluster, BLOCK * cluster);
    for (u64 i = 0; i < L1 + l1_clusters; i++)
        p[BLOCK * cluster + 2 * i + 1] = 1;
    bool ok = image_file_write(f, 0, p, (L1 + l1_clusters) * cluster);
    free(p);
    return ok;
}

struct disk_image *image_create(const char *option, const char *path, u64 size)
{
    struct image_file f = {.path = xstrdup(path), .writable = true};
    f.fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (f.fd < 0) {
        error_report("%s %s: cannot create the image: %s", option, path, strerror(errno));
        image_file_close(&f);
        return NULL;
    }
    if (!write_empty(&f, size)) {
        image_file_close(&f);
        return NULL;
    }
    return image_qcow2_new(option, &f, 0);
}
