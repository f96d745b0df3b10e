/* virtio.h - virtio devices: queues, and the transports that drivers see */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Virtual I/O Device (VIRTIO) version 1.1, OASIS: 2.6 (split virtqueues), 4.1 (PCI), 4.2
 * (MMIO), and the legacy interface of the first two. Rings are in guest memory and hostile: a chain
 * that makes no sense sets DEVICE_NEEDS_RESET, and the device does nothing more until it is reset.
 *
 *     virtio.c       status, features, queues: what a device calls
 *     virtio_pci.c   the transport: capabilities, common registers, legacy ports
 *     virtio_mmio.c  another: a window of registers
 *     virtio_blk.c   a disk
 *     virtio_rng.c   random bytes
 *     virtio_net.c   a network card
 *     virtio_input.c a keyboard, a mouse, a tablet
 *
 * A device keeps nothing of a chain but the number of its first descriptor: it walks the chain when
 * it carries the request out. So a request in flight is two numbers of state.
 */
#ifndef HW_VIRTIO_H
#define HW_VIRTIO_H

#include "emu/machine.h"
#include "hw/msix.h"
#include "hw/pci.h"

#define VIRTIO_MAX_QUEUES 4
#define VIRTIO_QUEUE_SIZE 128
#define VIRTIO_MAX_SEGMENTS 256
#define VIRTIO_NO_VECTOR 0xffff /* 4.1.5.1.2 */

enum { /* 2.1: device status */
       VIRTIO_DRIVER_OK = 4,
       VIRTIO_FEATURES_OK = 8,
       VIRTIO_NEEDS_RESET = 64,
};
/* 6: features of all devices, by bit number. */
#define VIRTIO_F_ANY_LAYOUT 27
#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX 29
#define VIRTIO_F_VERSION_1 32

#define VIRTIO_QUEUE_STATE(F, A, S, T)                                                             \
    F(T, u16, size)                                                                                \
    F(T, bool, enabled)                                                                            \
    F(T, u64, desc)                                                                                \
    F(T, u64, avail)                                                                               \
    F(T, u64, used)                                                                                \
    F(T, u16, next_avail)                                                                          \
    F(T, u16, next_used)                                                                           \
    F(T, u16, signalled)   /* next_used at the last interrupt, or where there might have been one */ \
    F(T, u16, vector)      /* of MSI-X */

struct virtio_queue {
    STATE_MEMBERS(VIRTIO_QUEUE_STATE)
};

#define VIRTIO_STATE(F, A, S, T)                                                                   \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    F(T, u64, features)    /* that the driver has accepted */                                      \
    F(T, u32, feature_select)                                                                      \
    F(T, u32, driver_feature_select)                                                               \
    F(T, u8, status)                                                                               \
    F(T, u8, isr)                                                                                  \
    F(T, u8, generation)                                                                           \
    F(T, u16, queue_select)                                                                        \
    S(T, struct virtio_queue, virtio_queue_state, queue, VIRTIO_MAX_QUEUES)                        \
    F(T, u16, config_vector)                                                                       \
    S(T, struct msix, msix_state, msix, 1)

struct virtio;
struct virtio_type {
    u16 id;               /* 5: device ID */
    u16 class;            /* PCI's */
    unsigned n_queues, config_bytes;
    u64 (*features)(void *opaque);
    u8 (*read_config)(void *opaque, unsigned offset);
    void (*write_config)(void *opaque, unsigned offset, u8 value); /* NULL: nothing to write */
    void (*notify)(void *opaque, unsigned queue); /* there are new buffers, perhaps */
    void (*ready)(void *opaque); /* the driver has set DRIVER_OK; NULL: it does not matter */
    void (*reset)(void *opaque); /* by the driver: requests in flight are forgotten */
};

struct virtio_transport {
    void (*interrupt)(struct virtio *v);  /* v->isr has changed */
    /* Sends the message of that vector; false: the driver wants none. NULL: there are no
     * messages. */
    bool (*message)(struct virtio *v, u16 vector);
    void (*reset)(struct virtio *v);      /* the machine's */
    void (*after_load)(struct virtio *v);
};

/* A device embeds it and lists its state as S(T, struct virtio, virtio_state, virtio, 1). */
struct virtio {
    STATE_MEMBERS(VIRTIO_STATE) /* behind registers `pci` and `msix` are all zeros */
    const struct virtio_type *type;
    const struct virtio_transport *transport;
    struct machine *machine;
    void *opaque;
    struct irq irq; /* of a window of registers */
};

/* Where a device is put: in a slot of the bus, or (pci is NULL) behind registers of its own. */
struct virtio_place {
    struct pci_bus *pci;
    u8 devfn;
    u64 mmio;
    struct irq irq;
};

static inline struct virtio_place virtio_in_slot(struct pci_bus *pci, u8 devfn)
{
    return (struct virtio_place){.pci = pci, .devfn = devfn};
}

extern const struct state_desc virtio_state;

/* Puts the device, whose `struct device` is attached, in its place. */
void virtio_attach(struct virtio *v, const struct virtio_type *type, struct machine *m,
                   const struct virtio_place *at, void *opaque);
void virtio_device_reset(struct virtio *v); /* from the device's reset and after_load */
void virtio_after_load(struct virtio *v);
void virtio_update_interrupt(struct virtio *v);

/* virtio_mmio.c: n slots with nothing in them, which devices may cover. */
enum { VIRTIO_MMIO_BYTES = 0x200 };
void virtio_mmio_slots(struct machine *m, u64 base, unsigned n);

/* ---- for devices ---- */

static inline bool virtio_has(const struct virtio *v, unsigned feature)
{
    return v->features >> feature & 1;
}

struct virtio_segment {
    u64 addr;
    u32 len;
};

struct virtio_chain {
    struct virtio_segment out[VIRTIO_MAX_SEGMENTS], in[VIRTIO_MAX_SEGMENTS]; /* driver's view: it
                                                     wrote `out`, and waits for `in` */
    unsigned n_out, n_in;
    u64 out_bytes, in_bytes;
};

/* Takes the next available chain; false when there is none. */
bool virtio_pop(struct virtio *v, unsigned queue, u16 *head);
/* Is there one? Changes nothing. */
bool virtio_has_buffers(struct virtio *v, unsigned queue);
/* The driver is to notify when it adds to an empty queue. virtio_pop() sees to that when it finds
 * none. */
void virtio_want_notify(struct virtio *v, unsigned queue);
/* Walks the chain; false: it was ill-formed, and the device needs a reset. */
bool virtio_walk(struct virtio *v, unsigned queue, u16 head, struct virtio_chain *c);
/* Returns it to the driver, with `written` bytes in its buffers. */
void virtio_push(struct virtio *v, unsigned queue, u16 head, u32 written);
/* After one or more: interrupts the driver if it wants to know. */
void virtio_signal(struct virtio *v, unsigned queue);
void virtio_config_changed(struct virtio *v);

/* Bytes from or to the segments, from `offset` of all of them on; how many there were. */
size_t virtio_read_out(struct virtio *v, const struct virtio_chain *c, u64 offset, void *data,
                       size_t n);
size_t virtio_write_in(struct virtio *v, const struct virtio_chain *c, u64 offset,
                       const void *data, size_t n);
void virtio_broken(struct virtio *v, const char *why);

/* For the transports. */
void virtio_pci_attach(struct virtio *v, const struct virtio_place *at);
void virtio_mmio_attach(struct virtio *v, const struct virtio_place *at);
void virtio_reset(struct virtio *v);
void virtio_set_status(struct virtio *v, u8 status);
void virtio_notify(struct virtio *v, unsigned queue);
u64 virtio_offered(const struct virtio *v);
void virtio_accept_features(struct virtio *v, unsigned half, u32 value);
struct virtio_queue *virtio_selected_queue(struct virtio *v); /* NULL: there is no such one */
void virtio_set_queue_size(struct virtio_queue *q, u32 size);
void virtio_set_half(u64 *word, bool high, u32 value);
/* Device configuration, a byte at a time; behind its end there are zeros. */
u64 virtio_read_config(struct virtio *v, u64 offset, unsigned size);
void virtio_write_config(struct virtio *v, u64 offset, u64 value, unsigned size);

/* virtio_rng.c: of a machine with a source of random bytes */
struct device *virtio_rng_new(struct machine *m, struct virtio_place at);

/* virtio_blk.c */
struct disk;
struct device *virtio_blk_new(struct machine *m, struct virtio_place at, struct disk *disk);

/* virtio_net.c */
struct device *virtio_net_new(struct machine *m, struct virtio_place at, const char *netdev,
                              const u8 *mac);

/* virtio_input.c */
struct device *virtio_keyboard_new(struct machine *m, struct virtio_place at);
struct device *virtio_mouse_new(struct machine *m, struct virtio_place at);
struct device *virtio_tablet_new(struct machine *m, struct virtio_place at);

#endif
