/* disk.c - a disk: what the guest wrote, over an image that is never changed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/disk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

/* An SSD's times: a request's own, and those of its bytes (4 GB/s). */
enum { LATENCY_NS = 20000, BYTES_PER_NS = 4 };
enum { BOUNCE_BYTES = 256 * 1024, DIGEST_BLOCK = 64 * 1024 };

#define DISK_STATE(F, A, S, T)                                                                     \
    F(T, u64, bytes_read)                                                                          \
    F(T, u64, bytes_written)                                                                       \
    F(T, u64, flushes)

struct disk {
    struct device dev;
    STATE_MEMBERS(DISK_STATE)
    char *id;
    struct disk_image *image; /* NULL: there is no medium in it */
    struct ram *overlay; /* NULL: write through. First the pages, then a bit for each that counts */
    u64 map_offset;      /* of the bits */
    bool readonly;
    u8 *bounce;
};
STATE_DESC(disk_state, "disk", struct disk, DISK_STATE);

/* ---- images ---- */

static bool all_zeros(const u8 *p, size_t n)
{
    return !p[0] && !memcmp(p, p + 1, n - 1);
}

bool disk_image_digest(struct disk_image *i, u64 *digest)
{
    u8 *block = xmalloc(DIGEST_BLOCK);
    u64 sum = 0, next = 0;
    bool ok = true;

    for (u64 at = 0; ok && at < i->size; at = next) {
        bool zeros;
        u64 n = i->type->extent(i, at, &zeros);
        u64 block_end = (at / DIGEST_BLOCK + 1) * DIGEST_BLOCK;
        /* Whole blocks of zeros are jumped over; any other is read whole. */
        if (zeros && at % DIGEST_BLOCK == 0 && (n >= DIGEST_BLOCK || at + n >= i->size)) {
            next = at + n >= i->size ? i->size : (at + n) / DIGEST_BLOCK * DIGEST_BLOCK;
            continue;
        }
        next = MIN(block_end, i->size);
        size_t len = next - at;
        ok = i->type->read(i, at, block, len);
        if (ok && !all_zeros(block, len))
            sum += digest_bytes(block, len, at);
    }
    free(block);
    *digest = digest_bytes(&sum, sizeof(sum), i->size);
    return ok;
}

void disk_image_close(struct disk_image *i)
{
    if (i)
        i->type->close(i);
}

/* ---- the overlay ---- */

static bool page_written(const struct disk *d, u64 page)
{
    return d->overlay->host[d->map_offset + page / 8] >> (page % 8) & 1;
}

static u8 *page_data(const struct disk *d, u64 page)
{
    return d->overlay->host + (page << PAGE_BITS);
}

static void set_written(struct disk *d, u64 page)
{
    u64 at = d->map_offset + page / 8;
    ram_prepare_write(d->overlay, at >> PAGE_BITS);
    d->overlay->host[at] |= 1u << (page % 8);
}

/* A page that is written only in part keeps the image's bytes around that. */
static bool prepare_page(struct disk *d, u64 page, bool whole)
{
    if (page_written(d, page)) {
        ram_prepare_write(d->overlay, page);
        return true;
    }
    u64 at = page << PAGE_BITS;
    u8 old[PAGE_SIZE];
    memset(old, 0, sizeof(old));
    if (!whole && !d->image->type->read(d->image, at, old, MIN(PAGE_SIZE, d->image->size - at)))
        return false;
    ram_prepare_write(d->overlay, page);
    if (!whole)
        memcpy(page_data(d, page), old, PAGE_SIZE);
    set_written(d, page);
    return true;
}

/* A page that nobody wrote yet holds zeros already, and none of the host's memory: it need only
 * count. */
static void clear_page(struct disk *d, u64 page)
{
    if (!page_written(d, page)) {
        set_written(d, page);
        return;
    }
    ram_prepare_write(d->overlay, page);
    memset(page_data(d, page), 0, PAGE_SIZE);
}

/* data NULL: zeros. */
static bool overlay_write(struct disk *d, u64 offset, const u8 *data, u64 n)
{
    while (n) {
        u64 page = offset >> PAGE_BITS, in_page = PAGE_OFFSET(offset);
        size_t k = MIN(n, PAGE_SIZE - in_page);
        bool whole = k == PAGE_SIZE;
        if (whole && !data)
            clear_page(d, page);
        else if (!prepare_page(d, page, whole))
            return false;
        else if (data)
            memcpy(page_data(d, page) + in_page, data, k);
        else
            memset(page_data(d, page) + in_page, 0, k);
        data += data ? k : 0;
        offset += k;
        n -= k;
    }
    return true;
}

/* How many bytes from offset on, at most n, are in pages that are all written or all not. */
static u64 run_length(const struct disk *d, u64 offset, u64 n, bool *written)
{
    u64 page = offset >> PAGE_BITS, last = (offset + n - 1) >> PAGE_BITS;
    *written = d->overlay && page_written(d, page);
    if (!d->overlay)
        return n;
    while (page < last && page_written(d, page + 1) == *written)
        page++;
    return MIN(n, ((page + 1) << PAGE_BITS) - offset);
}

/* ---- requests ---- */

static bool in_range(const struct disk *d, u64 offset, u64 n)
{
    u64 size = disk_size(d);
    return offset <= size && n <= size - offset;
}

bool disk_read(struct disk *d, u64 offset, void *out, size_t n)
{
    if (!in_range(d, offset, n))
        return false;
    d->bytes_read += n;
    for (u8 *p = out; n;) {
        bool written;
        u64 k = run_length(d, offset, n, &written);
        if (written)
            memcpy(p, d->overlay->host + offset, k);
        else if (!d->image->type->read(d->image, offset, p, k))
            return false;
        p += k;
        offset += k;
        n -= k;
    }
    return true;
}

static bool write_any(struct disk *d, u64 offset, const u8 *data, u64 n)
{
    if (d->readonly || !in_range(d, offset, n))
        return false;
    d->bytes_written += n;
    if (d->overlay)
        return overlay_write(d, offset, data, n);
    if (data)
        return d->image->type->write(d->image, offset, data, n);
    memset(d->bounce, 0, MIN(n, (u64)BOUNCE_BYTES));
    for (u64 k; n; n -= k, offset += k) {
        k = MIN(n, (u64)BOUNCE_BYTES);
        if (!d->image->type->write(d->image, offset, d->bounce, k))
            return false;
    }
    return true;
}

bool disk_write(struct disk *d, u64 offset, const void *data, size_t n)
{
    return write_any(d, offset, data, n);
}

bool disk_write_zeros(struct disk *d, u64 offset, u64 n)
{
    return write_any(d, offset, NULL, n);
}

bool disk_flush(struct disk *d)
{
    d->flushes++;
    return d->overlay || d->readonly || d->image->type->flush(d->image);
}

void disk_prefetch(struct disk *d, u64 offset, u64 n)
{
    bool written;
    /* One without an image has no range. */
    if (!n || !in_range(d, offset, n) || !d->image->type->prefetch)
        return;
    if (run_length(d, offset, n, &written) < n || !written)
        d->image->type->prefetch(d->image, offset, n);
}

u64 disk_latency(u64 n)
{
    return LATENCY_NS + n / BYTES_PER_NS;
}

bool disk_read_to_memory(struct disk *d, u64 offset, u64 addr, size_t n)
{
    for (size_t k; n; n -= k, offset += k, addr += k) {
        k = MIN(n, (size_t)BOUNCE_BYTES);
        if (!disk_read(d, offset, d->bounce, k))
            return false;
        bus_write_bytes(d->dev.machine->mem, addr, d->bounce, k, false);
    }
    return true;
}

bool disk_write_from_memory(struct disk *d, u64 offset, u64 addr, size_t n)
{
    for (size_t k; n; n -= k, offset += k, addr += k) {
        k = MIN(n, (size_t)BOUNCE_BYTES);
        bus_read_bytes(d->dev.machine->mem, addr, d->bounce, k);
        if (!disk_write(d, offset, d->bounce, k))
            return false;
    }
    return true;
}

/* ---- the disk ---- */

void disk_set_image(struct disk *d, struct disk_image *image)
{
    CHECK(d->readonly && !d->overlay);
    d->image = image;
}

u64 disk_size(const struct disk *d)
{
    return d->image ? d->image->size : 0;
}

const struct disk_image *disk_image_of(const struct disk *d)
{
    return d->image;
}

bool disk_is_readonly(const struct disk *d)
{
    return d->readonly;
}

const char *disk_id(const struct disk *d)
{
    return d->id;
}

u64 disk_extent(struct disk *d, u64 offset, enum disk_extent *kind)
{
    bool written, zeros;
    u64 n = run_length(d, offset, d->image->size - offset, &written);
    *kind = DISK_WRITTEN;
    if (written)
        return n;
    u64 k = d->image->type->extent(d->image, offset, &zeros);
    *kind = zeros ? DISK_IMAGE_ZEROS : DISK_IMAGE_DATA;
    return MIN(n, k);
}

bool disk_commit(struct disk *d)
{
    enum disk_extent kind;
    u64 n;

    if (!d->overlay || d->readonly)
        return true;
    CHECK(d->image->writable);
    for (u64 at = 0; at < d->image->size; at += n) {
        n = disk_extent(d, at, &kind);
        if (kind == DISK_WRITTEN && !d->image->type->write(d->image, at, d->overlay->host + at, n))
            return false;
    }
    return d->image->type->flush(d->image);
}

static void info(struct device *dev, struct buf *out)
{
    struct disk *d = (struct disk *)dev;
    u64 written = 0, n;
    for (u64 at = 0; d->overlay && at < d->image->size; at += n) {
        bool is;
        n = run_length(d, at, d->image->size - at, &is);
        written += is ? n : 0;
    }
    if (!d->image) {
        buf_printf(out, "%s: there is no medium in it\n", d->id);
        return;
    }
    buf_printf(out, "%s: %s, %" PRIu64 " MiB, %s%s\n", d->id, d->image->path,
               d->image->size / MiB, d->image->type->name,
               d->readonly ? ", read-only" : d->overlay ? "" : ", written through");
    if (d->overlay)
        buf_printf(out, "written by the guest, over the image: %" PRIu64 " KiB\n", written / KiB);
}

static void fini(struct device *dev)
{
    struct disk *d = (struct disk *)dev;
    free(d->id);
    free(d->bounce);
}

static const struct device_type disk_type = {
    .name = "disk",
    .state = &disk_state,
    .info = info,
    .fini = fini,
};

struct disk *disk_of_machine(struct machine *m, unsigned n)
{
    for (u32 i = 0; i < m->n_devices; i++)
        if (m->device[i]->type == &disk_type && !n--)
            return (struct disk *)m->device[i];
    return NULL;
}

struct disk *disk_find(struct machine *m, const char *id)
{
    struct disk *d;
    for (unsigned i = 0; (d = disk_of_machine(m, i)); i++)
        if (!strcmp(d->id, id))
            return d;
    return NULL;
}

struct disk *disk_new(struct machine *m, const char *id, struct disk_image *image, bool readonly,
                      bool write_through)
{
    CHECK(image->size && image->size % DISK_SECTOR == 0 && image->size <= DISK_MAX_SIZE);
    CHECK(!write_through || image->writable);
    struct disk *d = xcalloc(1, sizeof(*d));
    d->id = xstrdup(id);
    d->image = image;
    d->readonly = readonly;
    d->bounce = xmalloc(BOUNCE_BYTES);
    device_attach(m, &d->dev, &disk_type);
    if (write_through || readonly)
        return d;
    u64 pages = (image->size + PAGE_SIZE - 1) >> PAGE_BITS;
    d->map_offset = pages << PAGE_BITS;
    d->overlay = machine_add_ram(m, d->dev.name, d->map_offset + (pages + 7) / 8);
    return d;
}
