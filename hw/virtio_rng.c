/* virtio_rng.c - random bytes behind a virtio queue */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: VIRTIO 1.1, 5.4. */
#include "emu/check.h"
#include "emu/random.h"
#include "hw/virtio.h"

enum { ID_ENTROPY = 4, CLASS_OTHER = 0x00ff, LATENCY_NS = 20000 };

#define VIRTIO_RNG_STATE(F, A, S, T) S(T, struct virtio, virtio_state, virtio, 1)

struct virtio_rng {
    struct device dev;
    STATE_MEMBERS(VIRTIO_RNG_STATE)
    struct random *random;
    struct virtio_chain chain; /* scratch */
};
STATE_DESC(virtio_rng_state, "virtio-rng", struct virtio_rng, VIRTIO_RNG_STATE);

/* 5.4.6: some of the buffer is enough. */
static void carry_out(struct virtio_rng *s, u16 head)
{
    u8 bytes[RANDOM_MAX_BYTES];
    if (!virtio_walk(s->virtio, 0, head, &s->chain))
        return;
    u32 n = MIN(s->chain.in_bytes, (u64)sizeof(bytes));
    if (n) {
        random_draw(s->random, bytes, n);
        virtio_write_in(s->virtio, &s->chain, 0, bytes, n);
    }
    virtio_push(s->virtio, 0, head, n);
}

static void tick(struct device *d)
{
    struct virtio_rng *s = (struct virtio_rng *)d;
    u16 head;
    device_set_deadline(d, NEVER);
    /* A ring that the device writes into itself would never be empty. */
    for (unsigned i = 0; i < VIRTIO_QUEUE_SIZE && virtio_pop(s->virtio, 0, &head); i++)
        carry_out(s, head);
    virtio_signal(s->virtio, 0);
}

static void notify(void *opaque, unsigned queue)
{
    (void)queue;
    struct virtio_rng *s = opaque;
    if (s->dev.deadline == NEVER)
        device_set_deadline(&s->dev, machine_now_ns(s->dev.machine) + LATENCY_NS);
}

static u64 features(void *opaque)
{
    (void)opaque;
    return 0;
}

static u8 read_config(void *opaque, unsigned offset)
{
    (void)opaque, (void)offset;
    return 0;
}

static void driver_reset(void *opaque)
{
    device_set_deadline(&((struct virtio_rng *)opaque)->dev, NEVER);
}

static const struct virtio_type rng_type = {
    .id = ID_ENTROPY,
    .class = CLASS_OTHER,
    .n_queues = 1,
    .config_bytes = 4, /* there are none, but drivers refuse an empty structure */
    .features = features,
    .read_config = read_config,
    .notify = notify,
    .reset = driver_reset,
};

static void reset(struct device *d)
{
    virtio_device_reset(((struct virtio_rng *)d)->virtio);
}

static void after_load(struct device *d)
{
    virtio_after_load(((struct virtio_rng *)d)->virtio);
}

static const struct device_type virtio_rng_type = {
    .name = "virtio-rng",
    .state = &virtio_rng_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *virtio_rng_new(struct machine *m, struct virtio_place at)
{
    struct virtio_rng *s = xcalloc(1, sizeof(*s));
    CHECK(m->random);
    s->random = m->random;
    device_attach(m, &s->dev, &virtio_rng_type);
    virtio_attach(s->virtio, &rng_type, m, &at, s);
    return &s->dev;
}
