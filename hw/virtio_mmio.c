/* virtio_mmio.c - virtio over a window of registers, as boards without PCI have it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: VIRTIO 1.1, 4.2. The interface is version 2; a slot without a device has the ID 0
 * (4.2.2.2). */
#include "emu/check.h"
#include "hw/virtio.h"

enum { MAGIC = 0x74726976, VERSION = 2, VENDOR = 0x53444e48, CONFIG = 0x100 };

enum { /* 4.2.2, table 4.1 */
       R_MAGIC = 0x000, R_VERSION = 0x004, R_DEVICE_ID = 0x008, R_VENDOR_ID = 0x00c, R_FEATURES = 0x010,
       R_FEATURE_SELECT = 0x014, R_DRIVER_FEATURES = 0x020, R_DRIVER_FEATURE_SELECT = 0x024,
       R_QUEUE_SELECT = 0x030, R_QUEUE_SIZE_MAX = 0x034, R_QUEUE_SIZE = 0x038, R_QUEUE_READY = 0x044,
       R_QUEUE_NOTIFY = 0x050, R_ISR = 0x060, R_ISR_ACK = 0x064, R_STATUS = 0x070, R_QUEUE_DESC = 0x080,
       R_QUEUE_AVAIL = 0x090, R_QUEUE_USED = 0x0a0, R_SHM_LENGTH = 0x0b0, R_SHM_BASE = 0x0b8,
       R_GENERATION = 0x0fc };

static u32 read_register(struct virtio *v, u64 offset)
{
    const struct virtio_queue *q = virtio_selected_queue(v);
    switch (offset) {
    case R_MAGIC: return MAGIC;
    case R_VERSION: return VERSION;
    case R_DEVICE_ID: return v->type->id;
    case R_VENDOR_ID: return VENDOR;
    case R_FEATURES:
        return v->feature_select < 2 ? (u32)(virtio_offered(v) >> (32 * v->feature_select)) : 0;
    case R_QUEUE_SIZE_MAX: return q ? VIRTIO_QUEUE_SIZE : 0;
    case R_QUEUE_READY: return q && q->enabled;
    case R_ISR: return v->isr;
    case R_STATUS: return v->status;
    case R_SHM_LENGTH: case R_SHM_LENGTH + 4: case R_SHM_BASE: case R_SHM_BASE + 4: return UINT32_MAX;
    case R_GENERATION: return v->generation;
    default: return 0;
    }
}

static u64 read_slot(void *opaque, u64 offset, unsigned size)
{
    struct virtio *v = opaque;
    if (offset >= CONFIG)
        return virtio_read_config(v, offset - CONFIG, size);
    return read_register(v, offset & ~(u64)3) >> (8 * (offset & 3));
}

/* 4.2.2.2: not while the queue is in use. */
static void write_queue(struct virtio *v, u64 offset, u32 value)
{
    struct virtio_queue *q = virtio_selected_queue(v);
    if (!q)
        return;
    if (offset == R_QUEUE_READY) {
        q->enabled = value & 1;
        return;
    }
    if (q->enabled)
        return;
    bool high = offset & 4;
    switch (offset & ~(u64)4) {
    case R_QUEUE_SIZE: virtio_set_queue_size(q, value); break;
    case R_QUEUE_DESC: virtio_set_half(&q->desc, high, value); break;
    case R_QUEUE_AVAIL: virtio_set_half(&q->avail, high, value); break;
    case R_QUEUE_USED: virtio_set_half(&q->used, high, value); break;
    }
}

static void write_register(struct virtio *v, u64 offset, u32 value)
{
    switch (offset) {
    case R_FEATURE_SELECT: v->feature_select = value; break;
    case R_DRIVER_FEATURE_SELECT: v->driver_feature_select = value; break;
    case R_DRIVER_FEATURES: virtio_accept_features(v, v->driver_feature_select, value); break;
    case R_QUEUE_SELECT: v->queue_select = MIN(value, (u32)UINT16_MAX); break;
    case R_QUEUE_NOTIFY: virtio_notify(v, value); break;
    case R_ISR_ACK:
        v->isr &= ~value;
        virtio_update_interrupt(v);
        break;
    case R_STATUS: virtio_set_status(v, value); break;
    default: write_queue(v, offset, value);
    }
}

static void write_slot(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct virtio *v = opaque;
    if (offset >= CONFIG)
        virtio_write_config(v, offset - CONFIG, value, size);
    else if (size == 4 && !(offset & 3))
        write_register(v, offset, value);
}

static const struct mmio_ops slot_ops = {read_slot, write_slot, 1, 4};

/* ---- slots without a device ---- */

static u64 read_empty(void *opaque, u64 offset, unsigned size)
{
    (void)opaque, (void)size;
    switch (offset % VIRTIO_MMIO_BYTES) {
    case R_MAGIC: return MAGIC;
    case R_VERSION: return VERSION;
    case R_VENDOR_ID: return VENDOR;
    default: return 0;
    }
}

static void write_empty(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)opaque, (void)offset, (void)value, (void)size;
}

static const struct mmio_ops empty_ops = {read_empty, write_empty, 4, 4};

void virtio_mmio_slots(struct machine *m, u64 base, unsigned n)
{
    bus_map_mmio(m->mem, "virtio-mmio-empty", base, (u64)n * VIRTIO_MMIO_BYTES, &empty_ops, NULL);
}

/* ---- the transport ---- */

static void set_interrupt(struct virtio *v)
{
    irq_set(v->irq, v->isr != 0);
}

static void nothing(struct virtio *v)
{
    (void)v;
}

static const struct virtio_transport transport = {set_interrupt, NULL, nothing, nothing};

void virtio_mmio_attach(struct virtio *v, const struct virtio_place *at)
{
    v->transport = &transport;
    v->irq = at->irq;
    bus_map_mmio(v->machine->mem, "virtio-mmio", at->mmio, VIRTIO_MMIO_BYTES, &slot_ops, v);
}
