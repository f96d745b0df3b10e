/* virtio_blk.c - a disk behind a virtio queue */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: VIRTIO 1.1, 5.2. A request is taken when the driver notifies, and carried out at its own
 * time after that; requests in flight do not wait for each other.
 */
#include <stdio.h>
#include <string.h>

#include "emu/check.h"
#include "emu/disk.h"
#include "emu/log.h"
#include "hw/virtio.h"

enum { ID_BLOCK = 2, CLASS_SCSI_STORAGE = 0x0100 };
enum { F_SEG_MAX = 2, F_GEOMETRY = 4, F_READ_ONLY = 5, F_BLOCK_SIZE = 6, F_FLUSH = 9,
       F_DISCARD = 13, F_WRITE_ZEROES = 14 };
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPPORTED = 2 };
enum { CONFIG_BYTES = 60, HEADER_BYTES = 16, ID_BYTES = 20, SEG_MAX = VIRTIO_QUEUE_SIZE - 2 };
enum { FLUSH_NS = 50000, HEADS = 16, TRACK = 63 };
/* Of one DISCARD or WRITE ZEROES: ranges, and sectors in each. */
enum { MOST_RANGES = 16, MOST_SECTORS = 64 * 1024 * 1024 / DISK_SECTOR, UNMAP = 1 };

#define VIRTIO_BLK_STATE(F, A, S, T)                                                               \
    S(T, struct virtio, virtio_state, virtio, 1)                                                   \
    F(T, u32, n_flight)                    /* requests in flight, by when they are due */          \
    A(T, u64, due, VIRTIO_QUEUE_SIZE)                                                              \
    A(T, u16, head, VIRTIO_QUEUE_SIZE)

struct virtio_blk {
    struct device dev;
    STATE_MEMBERS(VIRTIO_BLK_STATE)
    struct disk *disk;
    struct virtio_chain chain; /* scratch */
};
STATE_DESC(virtio_blk_state, "virtio-blk", struct virtio_blk, VIRTIO_BLK_STATE);

struct header {
    u32 type, reserved;
    u64 sector;
};

struct range { /* 5.2.6 */
    u64 sector;
    u32 sectors, flags;
};

/* ---- requests ---- */

static bool is_write(const struct header *h)
{
    return h->type == T_OUT;
}

/* What of the chain is data: all but the header and the status byte. */
static u64 data_bytes(const struct virtio_chain *c, const struct header *h)
{
    if (is_write(h))
        return c->out_bytes - HEADER_BYTES;
    return c->in_bytes - 1;
}

static bool parse(struct virtio_blk *s, u16 head, struct header *h)
{
    struct virtio_chain *c = &s->chain;
    if (!virtio_walk(s->virtio, 0, head, c))
        return false;
    if (c->in_bytes < 1 || virtio_read_out(s->virtio, c, 0, h, HEADER_BYTES) < HEADER_BYTES) {
        virtio_broken(s->virtio, "a request without header or status");
        return false;
    }
    return true;
}

/* Each segment's part, from or to the disk, behind the header. */
static bool move(struct virtio_blk *s, const struct header *h)
{
    const struct virtio_chain *c = &s->chain;
    bool write = is_write(h);
    const struct virtio_segment *seg = write ? c->out : c->in;
    u64 left = data_bytes(c, h), skip = write ? HEADER_BYTES : 0, at = h->sector * DISK_SECTOR;

    if (h->sector >= DISK_MAX_SIZE / DISK_SECTOR || left % DISK_SECTOR)
        return false;
    for (; left; seg++) {
        u64 here = MIN((u64)seg->len, skip);
        u64 n = MIN(seg->len - here, left);
        skip -= here;
        bool ok = write ? disk_write_from_memory(s->disk, at, seg->addr + here, n)
                        : disk_read_to_memory(s->disk, at, seg->addr + here, n);
        if (!ok)
            return false;
        at += n;
        left -= n;
    }
    return true;
}

/* 5.2.6.1: the ranges are behind the header. What was discarded stays as it is: a driver may read
 * anything there, and so it reads the same wherever the disk is. */
static u8 clear(struct virtio_blk *s, const struct header *h)
{
    u64 bytes = s->chain.out_bytes - HEADER_BYTES;
    u32 allowed = h->type == T_WRITE_ZEROES ? UNMAP : 0;
    struct range r;

    if (!bytes || bytes % sizeof(r) || bytes / sizeof(r) > MOST_RANGES)
        return S_IOERR;
    for (u64 at = 0; at < bytes; at += sizeof(r)) {
        virtio_read_out(s->virtio, &s->chain, HEADER_BYTES + at, &r, sizeof(r));
        if (r.flags & ~allowed)
            return S_UNSUPPORTED;
        u64 size = disk_size(s->disk) / DISK_SECTOR;
        if (r.sectors > MOST_SECTORS || r.sector > size || r.sectors > size - r.sector ||
            disk_is_readonly(s->disk))
            return S_IOERR;
        if (h->type == T_WRITE_ZEROES &&
            !disk_write_zeros(s->disk, r.sector * DISK_SECTOR, (u64)r.sectors * DISK_SECTOR))
            return S_IOERR;
    }
    return S_OK;
}

static u32 get_id(struct virtio_blk *s)
{
    char id[ID_BYTES + 1] = {0};
    snprintf(id, sizeof(id), "%s", disk_id(s->disk));
    return virtio_write_in(s->virtio, &s->chain, 0, id, MIN(s->chain.in_bytes - 1, (u64)ID_BYTES));
}

static void carry_out(struct virtio_blk *s, u16 head)
{
    struct header h;
    u8 status = S_OK;
    u64 written = 0;

    if (!parse(s, head, &h))
        return;
    switch (h.type) {
    case T_IN:
        status = move(s, &h) ? S_OK : S_IOERR;
        written = data_bytes(&s->chain, &h);
        break;
    case T_OUT: status = move(s, &h) ? S_OK : S_IOERR; break;
    case T_FLUSH: status = disk_flush(s->disk) ? S_OK : S_IOERR; break;
    case T_GET_ID: written = get_id(s); break;
    case T_DISCARD: case T_WRITE_ZEROES: status = clear(s, &h); break;
    default: status = S_UNSUPPORTED; break;
    }
    virtio_write_in(s->virtio, &s->chain, s->chain.in_bytes - 1, &status, 1);
    virtio_push(s->virtio, 0, head, (u32)MIN(written + 1, (u64)UINT32_MAX));
}

/* ---- in flight ---- */

static u64 latency(struct virtio_blk *s, const struct header *h)
{
    u64 n = data_bytes(&s->chain, h);
    if (h->type == T_FLUSH)
        return FLUSH_NS;
    if (h->type == T_IN && h->sector < DISK_MAX_SIZE / DISK_SECTOR)
        disk_prefetch(s->disk, h->sector * DISK_SECTOR, n);
    return disk_latency(h->type == T_IN || h->type == T_OUT ? n : 0);
}

static void schedule(struct virtio_blk *s)
{
    device_set_deadline(&s->dev, s->n_flight ? s->due[0] : NEVER);
}

/* Behind all that are due no later. */
static void take_off(struct virtio_blk *s, u16 head, u64 due)
{
    u32 i = s->n_flight++;
    for (; i && s->due[i - 1] > due; i--) {
        s->due[i] = s->due[i - 1];
        s->head[i] = s->head[i - 1];
    }
    s->due[i] = due;
    s->head[i] = head;
}

static void notify(void *opaque, unsigned queue)
{
    struct virtio_blk *s = opaque;
    u64 now = machine_now_ns(s->dev.machine);
    struct header h;
    u16 head;

    while (s->n_flight < VIRTIO_QUEUE_SIZE && virtio_pop(s->virtio, queue, &head))
        if (parse(s, head, &h))
            take_off(s, head, now + latency(s, &h));
    schedule(s);
}

static void tick(struct device *d)
{
    struct virtio_blk *s = (struct virtio_blk *)d;
    u64 now = machine_now_ns(d->machine);
    u32 n = 0;

    while (n < s->n_flight && s->due[n] <= now)
        carry_out(s, s->head[n++]);
    s->n_flight -= n;
    memmove(s->due, s->due + n, s->n_flight * sizeof(s->due[0]));
    memmove(s->head, s->head + n, s->n_flight * sizeof(s->head[0]));
    schedule(s);
    virtio_signal(s->virtio, 0);
}

/* ---- the device ---- */

static u64 features(void *opaque)
{
    struct virtio_blk *s = opaque;
    return 1 << F_SEG_MAX | 1 << F_GEOMETRY | 1 << F_BLOCK_SIZE | 1 << F_FLUSH |
           (disk_is_readonly(s->disk) ? 1 << F_READ_ONLY : 1 << F_DISCARD | 1 << F_WRITE_ZEROES);
}

static u8 read_config(void *opaque, unsigned offset)
{
    struct virtio_blk *s = opaque;
    u64 sectors = disk_size(s->disk) / DISK_SECTOR, cylinders = sectors / (HEADS * TRACK);
    struct {
        u64 capacity;
        u32 size_max, seg_max;
        u16 cylinders;
        u8 heads, sectors;
        u32 block_size;
        u32 topology[3]; /* and other features that are not offered */
        u32 max_discard_sectors, max_discard_seg, discard_sector_alignment;
        u32 max_write_zeroes_sectors, max_write_zeroes_seg;
        u8 write_zeroes_may_unmap, unused[3];
    } config = {.capacity = sectors, .seg_max = SEG_MAX, .cylinders = 1, .heads = HEADS,
                .sectors = TRACK, .block_size = DISK_SECTOR, .max_discard_sectors = MOST_SECTORS,
                .max_discard_seg = MOST_RANGES, .discard_sector_alignment = PAGE_SIZE / DISK_SECTOR,
                .max_write_zeroes_sectors = MOST_SECTORS, .max_write_zeroes_seg = MOST_RANGES,
                .write_zeroes_may_unmap = 1};
    _Static_assert(sizeof(config) >= CONFIG_BYTES, "5.2.4");
    if (cylinders > 1) /* a BIOS that finds no cylinder would read nothing */
        config.cylinders = MIN(cylinders, (u64)16383);
    return ((u8 *)&config)[offset];
}

static void driver_reset(void *opaque)
{
    struct virtio_blk *s = opaque;
    s->n_flight = 0;
    memset(s->due, 0, sizeof(s->due));
    memset(s->head, 0, sizeof(s->head));
    schedule(s);
}

static const struct virtio_type block_type = {
    .id = ID_BLOCK,
    .class = CLASS_SCSI_STORAGE,
    .n_queues = 1,
    .config_bytes = CONFIG_BYTES,
    .features = features,
    .read_config = read_config,
    .notify = notify,
    .reset = driver_reset,
};

static void reset(struct device *d)
{
    virtio_device_reset(((struct virtio_blk *)d)->virtio);
}

/* The state may be hostile. */
static void after_load(struct device *d)
{
    struct virtio_blk *s = (struct virtio_blk *)d;
    s->n_flight = MIN(s->n_flight, (u32)VIRTIO_QUEUE_SIZE);
    virtio_after_load(s->virtio);
}

static const struct device_type virtio_blk_type = {
    .name = "virtio-blk",
    .state = &virtio_blk_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *virtio_blk_new(struct machine *m, struct virtio_place at, struct disk *disk)
{
    struct virtio_blk *s = xcalloc(1, sizeof(*s));
    s->disk = disk;
    s->dev.prompt = true;
    device_attach(m, &s->dev, &virtio_blk_type);
    virtio_attach(s->virtio, &block_type, m, &at, s);
    return &s->dev;
}
