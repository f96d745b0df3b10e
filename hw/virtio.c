/* virtio.c - virtio devices: status, features, queues */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/virtio.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2, DESC_INDIRECT = 4 }; /* 2.6.5 */
enum { AVAIL_NO_INTERRUPT = 1, ISR_QUEUE = 1, ISR_CONFIG = 2 };

static const struct state_field queue_fields[] = {
    VIRTIO_QUEUE_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct virtio_queue)};
static const struct state_desc virtio_queue_state = {"queue", queue_fields,
                                                     ARRAY_SIZE(queue_fields)};
static const struct state_field virtio_fields[] = {
    VIRTIO_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct virtio)};
const struct state_desc virtio_state = {"virtio", virtio_fields, ARRAY_SIZE(virtio_fields)};

struct descriptor {
    u64 addr;
    u32 len;
    u16 flags, next;
};

/* ---- status ---- */

void virtio_broken(struct virtio *v, const char *why)
{
    if (v->status & VIRTIO_NEEDS_RESET)
        return;
    LOG(LOG_DEBUG, "device %u: %s", v->type->id, why);
    v->status |= VIRTIO_NEEDS_RESET;
    if (v->status & VIRTIO_DRIVER_OK)
        virtio_config_changed(v);
}

void virtio_reset(struct virtio *v)
{
    v->features = 0;
    v->feature_select = v->driver_feature_select = 0;
    v->status = v->isr = 0;
    v->queue_select = 0;
    memset(v->queue, 0, sizeof(v->queue));
    v->config_vector = VIRTIO_NO_VECTOR;
    for (unsigned i = 0; i < v->type->n_queues; i++) {
        v->queue[i].size = VIRTIO_QUEUE_SIZE;
        v->queue[i].vector = VIRTIO_NO_VECTOR;
    }
    v->type->reset(v->opaque);
    virtio_update_interrupt(v);
}

u64 virtio_offered(const struct virtio *v)
{
    return v->type->features(v->opaque) | (u64)1 << VIRTIO_F_ANY_LAYOUT |
           (u64)1 << VIRTIO_F_INDIRECT_DESC | (u64)1 << VIRTIO_F_EVENT_IDX |
           (u64)1 << VIRTIO_F_VERSION_1;
}

/* 3.1.1: FEATURES_OK stays only if the features can be had together. */
void virtio_set_status(struct virtio *v, u8 status)
{
    if (!status) {
        virtio_reset(v);
        return;
    }
    if (v->features & ~virtio_offered(v))
        status &= ~VIRTIO_FEATURES_OK;
    bool ready = (status & VIRTIO_DRIVER_OK) && !(v->status & VIRTIO_DRIVER_OK);
    v->status = status | (v->status & VIRTIO_NEEDS_RESET);
    if (ready && v->type->ready)
        v->type->ready(v->opaque);
}

void virtio_notify(struct virtio *v, unsigned queue)
{
    if (queue < v->type->n_queues && v->queue[queue].enabled && (v->status & VIRTIO_DRIVER_OK) &&
        !(v->status & VIRTIO_NEEDS_RESET))
        v->type->notify(v->opaque, queue);
}

/* ---- for the transports ---- */

void virtio_attach(struct virtio *v, const struct virtio_type *type, struct machine *m,
                   const struct virtio_place *at, void *opaque)
{
    CHECK(type->n_queues <= VIRTIO_MAX_QUEUES);
    v->type = type;
    v->machine = m;
    v->opaque = opaque;
    if (at->pci)
        virtio_pci_attach(v, at);
    else
        virtio_mmio_attach(v, at);
}

void virtio_device_reset(struct virtio *v)
{
    v->transport->reset(v);
    v->generation = 0;
    virtio_reset(v);
}

void virtio_after_load(struct virtio *v)
{
    for (unsigned i = 0; i < v->type->n_queues; i++) {
        struct virtio_queue *q = &v->queue[i];
        if (!q->size || q->size > VIRTIO_QUEUE_SIZE || (q->size & (q->size - 1)))
            q->size = VIRTIO_QUEUE_SIZE;
    }
    v->transport->after_load(v);
}

void virtio_update_interrupt(struct virtio *v)
{
    v->transport->interrupt(v);
}

struct virtio_queue *virtio_selected_queue(struct virtio *v)
{
    return v->queue_select < v->type->n_queues ? &v->queue[v->queue_select] : NULL;
}

void virtio_set_half(u64 *word, bool high, u32 value)
{
    *word = high ? (*word & UINT32_MAX) | (u64)value << 32 : (*word & ~(u64)UINT32_MAX) | value;
}

void virtio_set_queue_size(struct virtio_queue *q, u32 size)
{
    if (size && size <= VIRTIO_QUEUE_SIZE && !(size & (size - 1)))
        q->size = size;
}

void virtio_accept_features(struct virtio *v, unsigned half, u32 value)
{
    if (half < 2 && !(v->status & VIRTIO_FEATURES_OK))
        virtio_set_half(&v->features, half, value);
}

u64 virtio_read_config(struct virtio *v, u64 offset, unsigned size)
{
    u64 value = 0;
    for (unsigned i = 0; i < size; i++)
        if (offset + i < v->type->config_bytes)
            value |= (u64)v->type->read_config(v->opaque, offset + i) << (8 * i);
    return value;
}

void virtio_write_config(struct virtio *v, u64 offset, u64 value, unsigned size)
{
    for (unsigned i = 0; v->type->write_config && i < size; i++)
        if (offset + i < v->type->config_bytes)
            v->type->write_config(v->opaque, offset + i, value >> (8 * i));
}

/* ---- rings (little-endian, as the legacy ones are on this host's guests) ---- */

static u16 get16(struct virtio *v, u64 addr)
{
    u16 value = 0;
    bus_read_bytes(v->machine->mem, addr, &value, sizeof(value));
    return value;
}

static void put16(struct virtio *v, u64 addr, u16 value)
{
    bus_write_bytes(v->machine->mem, addr, &value, sizeof(value), false);
}

static u64 used_event(const struct virtio_queue *q)
{
    return q->avail + 4 + 2 * q->size;
}

static u64 avail_event(const struct virtio_queue *q)
{
    return q->used + 4 + 8 * q->size;
}

bool virtio_pop(struct virtio *v, unsigned queue, u16 *head)
{
    struct virtio_queue *q = &v->queue[queue];
    u16 idx = get16(v, q->avail + 2), waiting = idx - q->next_avail;

    if (!q->enabled || (v->status & VIRTIO_NEEDS_RESET))
        return false;
    if (waiting > q->size) {
        virtio_broken(v, "more buffers are available than a queue can have");
        return false;
    }
    if (!waiting) {
        if (virtio_has(v, VIRTIO_F_EVENT_IDX))
            put16(v, avail_event(q), q->next_avail);
        return false;
    }
    *head = get16(v, q->avail + 4 + 2 * (q->next_avail % q->size));
    q->next_avail++;
    return true;
}

bool virtio_has_buffers(struct virtio *v, unsigned queue)
{
    const struct virtio_queue *q = &v->queue[queue];
    return q->enabled && get16(v, q->avail + 2) != q->next_avail;
}

void virtio_want_notify(struct virtio *v, unsigned queue)
{
    const struct virtio_queue *q = &v->queue[queue];
    if (virtio_has(v, VIRTIO_F_EVENT_IDX))
        put16(v, avail_event(q), q->next_avail);
}

static bool add_segment(struct virtio_chain *c, const struct descriptor *d)
{
    bool in = d->flags & DESC_WRITE;
    unsigned *n = in ? &c->n_in : &c->n_out;
    if (*n == VIRTIO_MAX_SEGMENTS || (!in && c->n_in)) /* what is read comes first: 2.6.4.2 */
        return false;
    (in ? c->in : c->out)[(*n)++] = (struct virtio_segment){d->addr, d->len};
    *(in ? &c->in_bytes : &c->out_bytes) += d->len;
    return true;
}

/* A list of descriptors in a table of n, from `index` on. Only a direct one may lead to an indirect
 * table, which ends it. */
static bool walk_table(struct virtio *v, u64 table, u32 n, u32 index, bool indirect,
                       struct virtio_chain *c)
{
    for (u32 steps = 0; steps < n; steps++) {
        struct descriptor d;
        if (index >= n || !bus_read_bytes(v->machine->mem, table + 16 * (u64)index, &d, sizeof(d)))
            return false;
        if (d.flags & DESC_INDIRECT)
            return !indirect && !(d.flags & DESC_NEXT) && d.len && d.len % 16 == 0 &&
                   virtio_has(v, VIRTIO_F_INDIRECT_DESC) &&
                   walk_table(v, d.addr, d.len / 16, 0, true, c);
        if (!add_segment(c, &d))
            return false;
        if (!(d.flags & DESC_NEXT))
            return true;
        index = d.next;
    }
    return false; /* a loop */
}

bool virtio_walk(struct virtio *v, unsigned queue, u16 head, struct virtio_chain *c)
{
    const struct virtio_queue *q = &v->queue[queue];
    c->n_in = c->n_out = 0;
    c->in_bytes = c->out_bytes = 0;
    if (walk_table(v, q->desc, q->size, head, false, c))
        return true;
    virtio_broken(v, "an ill-formed chain of descriptors");
    return false;
}

void virtio_push(struct virtio *v, unsigned queue, u16 head, u32 written)
{
    struct virtio_queue *q = &v->queue[queue];
    u32 element[2] = {head, written};
    bus_write_bytes(v->machine->mem, q->used + 4 + 8 * (q->next_used % q->size), element,
                    sizeof(element), false);
    q->next_used++;
    put16(v, q->used + 2, q->next_used);
}

/* 2.6.7, 2.6.8: does the driver want to be told that the index has come from `was` to here? */
static bool is_wanted(struct virtio *v, const struct virtio_queue *q)
{
    if (!virtio_has(v, VIRTIO_F_EVENT_IDX))
        return !(get16(v, q->avail) & AVAIL_NO_INTERRUPT);
    u16 event = get16(v, used_event(q));
    return (u16)(q->next_used - event - 1) < (u16)(q->next_used - q->signalled);
}

static void interrupt(struct virtio *v, u16 vector, u8 isr)
{
    if (v->transport->message && v->transport->message(v, vector))
        return;
    v->isr |= isr;
    virtio_update_interrupt(v);
}

void virtio_signal(struct virtio *v, unsigned queue)
{
    struct virtio_queue *q = &v->queue[queue];
    if (q->signalled == q->next_used)
        return;
    if (is_wanted(v, q))
        interrupt(v, q->vector, ISR_QUEUE);
    q->signalled = q->next_used;
}

void virtio_config_changed(struct virtio *v)
{
    v->generation++;
    interrupt(v, v->config_vector, ISR_CONFIG);
}

/* ---- data ---- */

/* The piece of a segment list at `offset`: false at its end. */
static bool piece(const struct virtio_segment *s, unsigned n, u64 offset, size_t want, u64 *addr,
                  size_t *len)
{
    for (unsigned i = 0; i < n; offset -= s[i++].len) {
        if (offset >= s[i].len)
            continue;
        *addr = s[i].addr + offset;
        *len = MIN(want, (size_t)(s[i].len - offset));
        return true;
    }
    return false;
}

size_t virtio_read_out(struct virtio *v, const struct virtio_chain *c, u64 offset, void *data,
                       size_t n)
{
    size_t done = 0, k;
    u64 addr;
    for (; done < n && piece(c->out, c->n_out, offset + done, n - done, &addr, &k); done += k)
        bus_read_bytes(v->machine->mem, addr, (u8 *)data + done, k);
    return done;
}

size_t virtio_write_in(struct virtio *v, const struct virtio_chain *c, u64 offset,
                       const void *data, size_t n)
{
    size_t done = 0, k;
    u64 addr;
    for (; done < n && piece(c->in, c->n_in, offset + done, n - done, &addr, &k); done += k)
        bus_write_bytes(v->machine->mem, addr, (const u8 *)data + done, k, false);
    return done;
}
