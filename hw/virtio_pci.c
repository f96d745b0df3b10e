/* virtio_pci.c - virtio over PCI: capabilities, common registers, legacy ports */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: VIRTIO 1.1, 4.1. A transitional device, if its kind is old enough: then BAR 0 has the
 * legacy interface (4.1.4.8). BAR 4 has the structures that the capabilities name, BAR 1 the table
 * of MSI-X, where the bus takes messages to an interrupt controller. There is no access by
 * configuration space (4.1.4.7).
 */
#include <string.h>

#include "emu/check.h"
#include "hw/virtio.h"

enum { BAR_LEGACY = 0, BAR_MSIX = 1, BAR_MODERN = 4, LEGACY_BYTES = 128, MODERN_BYTES = 0x4000 };
enum { AT_COMMON = 0x0000, AT_ISR = 0x1000, AT_CONFIG = 0x2000, AT_NOTIFY = 0x3000 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_CONFIG = 4, CAP_VENDOR = 9 };
enum { LEGACY_CONFIG = 20, LEGACY_VECTORS = 4, NOTIFY_STEP = 4, FIRST_MODERN = 0x1040 };
enum { CAP_POINTER = 0x34, CAP_MSIX_AT = 0x84, STATUS_CAPABILITIES = 0x10 };

enum common { /* 4.1.4.3: offsets */
    FEATURE_SELECT = 0x00,
    FEATURES = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURES = 0x0c,
    MSIX_CONFIG = 0x10,
    N_QUEUES = 0x12,
    STATUS = 0x14,
    GENERATION = 0x15,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_VECTOR = 0x1a,
    QUEUE_ENABLE = 0x1c,
    QUEUE_NOTIFY_OFF = 0x1e,
    QUEUE_DESC = 0x20,
    QUEUE_AVAIL = 0x28,
    QUEUE_USED = 0x30,
};

enum legacy { /* 4.1.4.8 */
    L_FEATURES = 0,
    L_DRIVER_FEATURES = 4,
    L_QUEUE_PFN = 8,
    L_QUEUE_SIZE = 12,
    L_QUEUE_SELECT = 14,
    L_NOTIFY = 16,
    L_STATUS = 18,
    L_ISR = 19,
    L_CONFIG_VECTOR = 20, /* these two are there while MSI-X is on */
    L_QUEUE_VECTOR = 22,
};

static void set_interrupt(struct virtio *v)
{
    pci_set_intx(v->pci, v->isr != 0 && !msix_is_on(v->msix));
}

static bool send_message(struct virtio *v, u16 vector)
{
    if (!msix_is_on(v->msix))
        return false;
    msix_fire(v->msix, vector);
    return true;
}

/* 4.1.4.3.2: one that there is not is read back as none. */
static u16 vector_of(const struct virtio *v, u32 value)
{
    return value < v->msix->n ? value : VIRTIO_NO_VECTOR;
}

static u8 take_isr(struct virtio *v)
{
    u8 isr = v->isr;
    v->isr = 0;
    set_interrupt(v);
    return isr;
}

/* ---- the common structure ---- */

static u64 read_queue(struct virtio *v, unsigned offset)
{
    const struct virtio_queue *q = virtio_selected_queue(v);
    if (!q)
        return 0;
    switch (offset) {
    case QUEUE_SIZE: return q->size;
    case QUEUE_VECTOR: return q->vector;
    case QUEUE_ENABLE: return q->enabled;
    case QUEUE_NOTIFY_OFF: return v->queue_select;
    case QUEUE_DESC: return (u32)q->desc;
    case QUEUE_DESC + 4: return q->desc >> 32;
    case QUEUE_AVAIL: return (u32)q->avail;
    case QUEUE_AVAIL + 4: return q->avail >> 32;
    case QUEUE_USED: return (u32)q->used;
    case QUEUE_USED + 4: return q->used >> 32;
    default: return 0;
    }
}

static u64 read_common(struct virtio *v, unsigned offset)
{
    switch (offset) {
    case FEATURE_SELECT: return v->feature_select;
    case FEATURES:
        return v->feature_select < 2 ? (u32)(virtio_offered(v) >> (32 * v->feature_select)) : 0;
    case DRIVER_FEATURE_SELECT: return v->driver_feature_select;
    case DRIVER_FEATURES:
        return v->driver_feature_select < 2 ? (u32)(v->features >> (32 * v->driver_feature_select))
                                            : 0;
    case MSIX_CONFIG: return v->config_vector;
    case N_QUEUES: return v->type->n_queues;
    case STATUS: return v->status;
    case GENERATION: return v->generation;
    case QUEUE_SELECT: return v->queue_select;
    default: return read_queue(v, offset);
    }
}

static void write_queue(struct virtio *v, unsigned offset, u32 value)
{
    struct virtio_queue *q = virtio_selected_queue(v);
    if (q && offset == QUEUE_VECTOR)
        q->vector = vector_of(v, value & 0xffff);
    if (!q || q->enabled)
        return;
    switch (offset) {
    case QUEUE_SIZE: virtio_set_queue_size(q, value); break;
    case QUEUE_ENABLE: q->enabled = value == 1; break;
    case QUEUE_DESC: case QUEUE_DESC + 4: virtio_set_half(&q->desc, offset & 4, value); break;
    case QUEUE_AVAIL: case QUEUE_AVAIL + 4: virtio_set_half(&q->avail, offset & 4, value); break;
    case QUEUE_USED: case QUEUE_USED + 4: virtio_set_half(&q->used, offset & 4, value); break;
    default: break;
    }
}

static void write_common(struct virtio *v, unsigned offset, u32 value)
{
    switch (offset) {
    case FEATURE_SELECT: v->feature_select = value; break;
    case DRIVER_FEATURE_SELECT: v->driver_feature_select = value; break;
    case DRIVER_FEATURES: virtio_accept_features(v, v->driver_feature_select, value); break;
    case MSIX_CONFIG: v->config_vector = vector_of(v, value & 0xffff); break;
    case STATUS: virtio_set_status(v, value); break;
    case QUEUE_SELECT: v->queue_select = value; break;
    default: write_queue(v, offset, value);
    }
}

static u64 read_modern(void *opaque, u64 offset, unsigned size)
{
    struct virtio *v = opaque;
    unsigned in = offset & 0xfff;
    switch (offset & ~(u64)0xfff) {
    case AT_COMMON: return read_common(v, in);
    case AT_ISR: return in ? 0 : take_isr(v);
    case AT_CONFIG: return virtio_read_config(v, in, size);
    default: return 0;
    }
}

static void write_modern(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct virtio *v = opaque;
    unsigned in = offset & 0xfff;
    switch (offset & ~(u64)0xfff) {
    case AT_COMMON: write_common(v, in, value); break;
    case AT_CONFIG: virtio_write_config(v, in, value, size); break;
    case AT_NOTIFY: virtio_notify(v, in / NOTIFY_STEP); break;
    default: break;
    }
}

static const struct mmio_ops modern_ops = {read_modern, write_modern, 1, 4};

/* ---- the legacy ports ---- */

static unsigned legacy_config(const struct virtio *v)
{
    return LEGACY_CONFIG + (msix_is_on(v->msix) ? LEGACY_VECTORS : 0);
}

static u64 read_legacy(void *opaque, u64 offset, unsigned size)
{
    struct virtio *v = opaque;
    const struct virtio_queue *q = virtio_selected_queue(v);
    if (offset >= legacy_config(v))
        return virtio_read_config(v, offset - legacy_config(v), size);
    switch (offset) {
    case L_FEATURES: return (u32)virtio_offered(v);
    case L_DRIVER_FEATURES: return (u32)v->features;
    case L_QUEUE_PFN: return q ? q->desc >> PAGE_BITS : 0;
    case L_QUEUE_SIZE: return q ? q->size : 0;
    case L_QUEUE_SELECT: return v->queue_select;
    case L_STATUS: return v->status;
    case L_ISR: return take_isr(v);
    case L_CONFIG_VECTOR: return v->config_vector;
    case L_QUEUE_VECTOR: return q ? q->vector : VIRTIO_NO_VECTOR;
    default: return 0;
    }
}

/* 2.6.2: all three parts follow each other, the used ring on a page of its own. */
static void place_legacy_queue(struct virtio_queue *q, u32 page)
{
    *q = (struct virtio_queue){.size = q->size, .enabled = page != 0, .vector = q->vector};
    q->desc = (u64)page << PAGE_BITS;
    q->avail = q->desc + 16 * q->size;
    q->used = (q->avail + 6 + 2 * q->size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

static void write_legacy(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct virtio *v = opaque;
    struct virtio_queue *q = virtio_selected_queue(v);
    if (offset >= legacy_config(v)) {
        virtio_write_config(v, offset - legacy_config(v), value, size);
        return;
    }
    switch (offset) {
    case L_DRIVER_FEATURES: v->features = (u32)value & virtio_offered(v); break;
    case L_QUEUE_PFN:
        if (q)
            place_legacy_queue(q, value);
        break;
    case L_QUEUE_SELECT: v->queue_select = value; break;
    case L_NOTIFY: virtio_notify(v, value & 0xffff); break;
    case L_STATUS: virtio_set_status(v, value); break;
    case L_CONFIG_VECTOR: v->config_vector = vector_of(v, value & 0xffff); break;
    case L_QUEUE_VECTOR:
        if (q)
            q->vector = vector_of(v, value & 0xffff);
        break;
    default: break;
    }
}

static const struct mmio_ops legacy_ops = {read_legacy, write_legacy, 1, 4};

/* ---- on the bus ---- */

static void add_capability(struct virtio *v, u8 at, u8 next, u8 type, u32 offset, u32 length)
{
    u8 *p = v->pci->config + at;
    p[0] = CAP_VENDOR;
    p[1] = next;
    p[2] = type == CAP_NOTIFY ? 20 : 16;
    p[3] = type;
    p[4] = BAR_MODERN;
    pci_put32(p, 8, offset);
    pci_put32(p, 12, length);
    if (type == CAP_NOTIFY)
        pci_put32(p, 16, NOTIFY_STEP);
}

static void reset(struct virtio *v)
{
    pci_reset(v->pci);
    msix_reset(v->msix);
    pci_put16(v->pci->config, PCI_STATUS, STATUS_CAPABILITIES);
}

static void after_load(struct virtio *v)
{
    pci_update_maps(v->pci);
}

static void config_written(void *opaque, unsigned offset, unsigned size)
{
    struct virtio *v = opaque;
    (void)offset, (void)size;
    msix_written(v->msix);
    set_interrupt(v);
}

static const struct virtio_transport transport = {set_interrupt, send_message, reset, after_load};

void virtio_pci_attach(struct virtio *v, const struct virtio_place *at)
{
    const struct virtio_type *type = v->type;
    v->transport = &transport;
    /* 4.1.2.1: transitional IDs, of the devices that there were before 1.0; the subsystem's is the
     * device's. */
    static const u16 transitional[] = {0, 0x1000, 0x1001, 0x1003, 0x1005, 0x1002};
    bool legacy = type->id < ARRAY_SIZE(transitional);
    CHECK(type->config_bytes <=
          (legacy ? LEGACY_BYTES - LEGACY_CONFIG - LEGACY_VECTORS : PAGE_SIZE));
    u16 id = legacy ? transitional[type->id] : FIRST_MODERN + type->id;
    pci_attach(at->pci, v->pci, at->devfn, 0x1af4, id, type->class, legacy ? 0 : 1);
    pci_put32(v->pci->config, PCI_SUBSYSTEM, (u32)type->id << 16 | 0x1af4);
    v->pci->config[PCI_INT_PIN] = 1;
    v->pci->config[CAP_POINTER] = 0x40;
    add_capability(v, 0x40, 0x50, CAP_COMMON, AT_COMMON, 0x38);
    add_capability(v, 0x50, 0x60, CAP_ISR, AT_ISR, 1);
    add_capability(v, 0x60, 0x70, CAP_CONFIG, AT_CONFIG, type->config_bytes);
    bool messages = pci_has_msi(at->pci);
    add_capability(v, 0x70, messages ? CAP_MSIX_AT : 0, CAP_NOTIFY, AT_NOTIFY,
                   NOTIFY_STEP * VIRTIO_MAX_QUEUES);
    if (messages) { /* a vector for each queue, and one for the configuration */
        msix_attach(v->msix, v->pci, type->n_queues + 1, BAR_MSIX, CAP_MSIX_AT, 0);
        v->pci->written = config_written;
        v->pci->opaque = v;
    }
    if (legacy)
        pci_add_bar(v->pci, BAR_LEGACY, true, LEGACY_BYTES, "virtio-legacy", &legacy_ops, v);
    pci_add_bar(v->pci, BAR_MODERN, false, MODERN_BYTES, "virtio", &modern_ops, v);
}
