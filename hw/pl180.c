/* pl180.c - Arm's PrimeCell multimedia card interface */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: PrimeCell Multimedia Card Interface (PL180) TRM (DDI 0172). Commands take no time. Blocks
 * take the card's time, and the bytes in between none: the card's clock stands while the FIFO has
 * no room, or no data, so that there is neither overrun nor underrun. A card that has nothing to
 * say lets the data timer run out.
 */
#include "hw/pl180.h"

#include "emu/check.h"
#include "hw/sd_card.h"

enum { POWER = 0x00, CLOCK = 0x04, ARGUMENT = 0x08, COMMAND = 0x0c, RESP_CMD = 0x10, RESPONSE0 = 0x14, RESPONSE3 = 0x20,
       DATA_TIMER = 0x24, DATA_LENGTH = 0x28, DATA_CTRL = 0x2c, DATA_CNT = 0x30, STATUS = 0x34, CLEAR = 0x38,
       MASK0 = 0x3c, MASK1 = 0x40, SELECT = 0x44, FIFO_CNT = 0x48, FIFO = 0x80, FIFO_END = 0xc0, PERIPH_ID = 0xfe0 };
enum { CMD_RESPONSE = 1 << 6, CMD_LONG = 1 << 7, CMD_ENABLE = 1 << 10, CMD_BITS = 0x7ff };
enum { DC_ENABLE = 1, DC_FROM_CARD = 2, DC_BITS = 0xff };
enum { CLOCK_ENABLE = 1 << 8, CLOCK_BYPASS = 1 << 10 };
enum { /* 3.3.12 */
       S_CMD_TIMEOUT = 1 << 2,
       S_DATA_TIMEOUT = 1 << 3,
       S_CMD_RESP_END = 1 << 6,
       S_CMD_SENT = 1 << 7,
       S_DATA_END = 1 << 8,
       S_BLOCK_END = 1 << 10,
       S_STATIC = 0x7ff,
       S_TX_ACTIVE = 1 << 12,
       S_RX_ACTIVE = 1 << 13,
       S_TX_HALF_EMPTY = 1 << 14,
       S_RX_HALF_FULL = 1 << 15,
       S_TX_FULL = 1 << 16,
       S_RX_FULL = 1 << 17,
       S_TX_EMPTY = 1 << 18,
       S_RX_EMPTY = 1 << 19,
       S_TX_AVAILABLE = 1 << 20,
       S_RX_AVAILABLE = 1 << 21,
       S_BITS = 0x3fffff,
};
enum { WORDS = 16, MCLK_HZ = 24000000 };

#define PL180_STATE(F, A, S, T)                                                                    \
    F(T, u32, power)                                                                               \
    F(T, u32, clock)                                                                               \
    F(T, u32, argument)                                                                            \
    F(T, u32, command)                                                                             \
    F(T, u32, resp_cmd)                                                                            \
    A(T, u32, response, 4)                                                                         \
    F(T, u32, data_timer)                                                                          \
    F(T, u32, data_length)                                                                         \
    F(T, u32, data_ctrl)                                                                           \
    F(T, u32, data_cnt)    /* bytes that have to pass between the FIFO and the card */             \
    F(T, u32, block_left)  /* of these, in this block */                                           \
    F(T, u32, status)      /* the flags that stay until they are cleared */                        \
    A(T, u32, mask, 2)                                                                             \
    A(T, u32, fifo, WORDS)                                                                         \
    F(T, u8, head)                                                                                 \
    F(T, u8, count)                                                                                \
    F(T, u64, timeout)     /* when the data timer runs out; NEVER */                               \
    S(T, struct sd_card, sd_card_state, card, 1)

struct pl180 {
    struct device dev;
    STATE_MEMBERS(PL180_STATE)
    struct irq irq[2];
};
STATE_DESC(pl180_state, "pl180", struct pl180, PL180_STATE);

static u64 now(struct pl180 *s)
{
    return machine_now_ns(s->dev.machine);
}

static bool is_active(const struct pl180 *s)
{
    return s->data_ctrl & DC_ENABLE;
}

static bool is_reading(const struct pl180 *s)
{
    return s->data_ctrl & DC_FROM_CARD;
}

/* The flags that say how things are, for the direction that is in use. 2.2.5: it receives until the
 * FIFO was read. */
static u32 status(const struct pl180 *s)
{
    u32 v = s->status;
    if (!is_active(s) && !s->count)
        return v | S_TX_EMPTY | S_RX_EMPTY;
    if (is_reading(s))
        return v | S_RX_ACTIVE | (s->count ? S_RX_AVAILABLE : S_RX_EMPTY) |
               (s->count >= WORDS / 2 ? S_RX_HALF_FULL : 0) | (s->count == WORDS ? S_RX_FULL : 0);
    return v | (is_active(s) ? S_TX_ACTIVE : 0) | (s->count ? S_TX_AVAILABLE : S_TX_EMPTY) |
           (s->count <= WORDS / 2 ? S_TX_HALF_EMPTY : 0) | (s->count == WORDS ? S_TX_FULL : 0);
}

/* ---- data ---- */

static u32 block_size(const struct pl180 *s)
{
    return 1u << MIN(s->data_ctrl >> 4 & 15, 11u);
}

/* DataLength is counted in blocks and what is left. */
static void count_byte(struct pl180 *s)
{
    s->data_cnt--;
    s->block_left -= s->block_left != 0;
    if (!s->block_left || !s->data_cnt) {
        s->status |= S_BLOCK_END;
        s->block_left = block_size(s);
    }
}

static bool read_word(struct pl180 *s)
{
    u32 v = 0;
    if (s->count == WORDS || !s->data_cnt || !sd_card_has_data(s->card))
        return false;
    for (unsigned i = 0; i < 4 && s->data_cnt && sd_card_has_data(s->card); i++) {
        v |= (u32)sd_card_read(s->card, now(s)) << 8 * i;
        count_byte(s);
    }
    s->fifo[(s->head + s->count++) % WORDS] = v;
    return true;
}

static bool write_word(struct pl180 *s)
{
    if (!s->count || !s->data_cnt || !sd_card_wants_data(s->card))
        return false;
    u32 v = s->fifo[s->head];
    for (unsigned i = 0; i < 4 && s->data_cnt && sd_card_wants_data(s->card); i++) {
        sd_card_write(s->card, v >> 8 * i, now(s));
        count_byte(s);
    }
    s->head = (s->head + 1) % WORDS;
    s->count--;
    return true;
}

static void start_timer(struct pl180 *s)
{
    u64 hz = s->clock & CLOCK_BYPASS ? MCLK_HZ : MCLK_HZ / (2 * ((s->clock & 0xff) + 1));
    s->timeout = now(s) + clock_ns_of_tick(s->data_timer, hz) + 1;
}

/* 2.2.5: reading ends with the last byte, writing when the card has programmed. */
static void end_if_done(struct pl180 *s)
{
    if (s->data_cnt || (!is_reading(s) && sd_card_is_busy(s->card)))
        return;
    s->status |= S_DATA_END;
    s->data_ctrl &= ~(u32)DC_ENABLE;
    s->timeout = NEVER;
}

static void move_on(struct pl180 *s)
{
    bool moved = false;
    if (is_active(s) && (s->clock & CLOCK_ENABLE)) {
        while (is_reading(s) ? read_word(s) : write_word(s))
            moved = true;
        if (moved)
            start_timer(s);
        end_if_done(s);
    }
    for (unsigned i = 0; i < 2; i++)
        irq_set(s->irq[i], status(s) & s->mask[i]);
    device_set_deadline(&s->dev, MIN(sd_card_due(s->card), s->timeout));
}

/* The host keeps it waiting, or the card works: only a card that has nothing to do with it is late.
 */
static bool is_late(const struct pl180 *s)
{
    return is_active(s) && s->timeout <= machine_now_ns(s->dev.machine) &&
           sd_card_due(s->card) == NEVER &&
           (is_reading(s) ? s->count < WORDS && !sd_card_has_data(s->card)
                          : !sd_card_wants_data(s->card));
}

static void tick(struct device *d)
{
    struct pl180 *s = (struct pl180 *)d;
    if (sd_card_due(s->card) <= now(s))
        sd_card_tick(s->card, now(s));
    if (is_late(s)) {
        s->status |= S_DATA_TIMEOUT;
        s->data_ctrl &= ~(u32)DC_ENABLE;
    }
    if (s->timeout <= now(s))
        s->timeout = NEVER;
    move_on(s);
}

static void write_data_ctrl(struct pl180 *s, u32 v)
{
    bool was = is_active(s);
    s->data_ctrl = v & DC_BITS;
    if (was && is_active(s))
        return;
    s->timeout = NEVER;
    s->head = s->count = 0;
    if (!is_active(s))
        return;
    s->data_cnt = s->data_length;
    s->block_left = block_size(s);
    start_timer(s);
}

/* ---- commands ---- */

static u32 big_endian(const u8 *p)
{
    return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* 2.2.4: the response is of the kind that the driver says; its index is not there in a long one. */
static void take_response(struct pl180 *s, const u8 *bytes, unsigned n)
{
    bool is_long = s->command & CMD_LONG;
    if (!n || is_long != (n == 16)) {
        s->status |= S_CMD_TIMEOUT;
        return;
    }
    for (unsigned i = 0; i < n / 4; i++)
        s->response[i] = big_endian(bytes + 4 * i);
    if (is_long)
        s->response[3] &= ~1u;
    s->resp_cmd = is_long ? 0x3f : s->command & 0x3f;
    s->status |= S_CMD_RESP_END;
}

static void write_command(struct pl180 *s, u32 v)
{
    u8 bytes[16] = {0};
    s->command = v & CMD_BITS & ~(u32)CMD_ENABLE;
    if (!(v & CMD_ENABLE) || !(s->clock & CLOCK_ENABLE))
        return;
    unsigned n = sd_card_command(s->card, v & 0x3f, s->argument, now(s), bytes);
    if (v & CMD_RESPONSE)
        take_response(s, bytes, n);
    else
        s->status |= S_CMD_SENT;
    if (is_active(s))
        start_timer(s);
}

/* ---- registers ---- */

static u32 pop(struct pl180 *s)
{
    if (!s->count || !is_reading(s))
        return 0;
    u32 v = s->fifo[s->head];
    s->head = (s->head + 1) % WORDS;
    s->count--;
    move_on(s);
    return v;
}

static void push(struct pl180 *s, u32 v)
{
    if (s->count < WORDS && is_active(s) && !is_reading(s))
        s->fifo[(s->head + s->count++) % WORDS] = v;
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x80, 0x11, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct pl180 *s = opaque;
    (void)size;
    switch (offset) {
    case POWER: return s->power;
    case CLOCK: return s->clock;
    case ARGUMENT: return s->argument;
    case COMMAND: return s->command;
    case RESP_CMD: return s->resp_cmd;
    case RESPONSE0 ... RESPONSE3: return s->response[(offset - RESPONSE0) / 4];
    case DATA_TIMER: return s->data_timer;
    case DATA_LENGTH: return s->data_length;
    case DATA_CTRL: return s->data_ctrl;
    case DATA_CNT: return s->data_cnt;
    case STATUS: return status(s);
    case MASK0: case MASK1: return s->mask[(offset - MASK0) / 4];
    case FIFO_CNT: return (s->data_cnt + 3) / 4;
    case FIFO ... FIFO_END - 1: return pop(s);
    default: return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
    }
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pl180 *s = opaque;
    u32 v = (u32)value;
    (void)size;
    switch (offset) {
    case POWER: s->power = v & 0xff; break;
    case CLOCK: s->clock = v & 0xfff; break;
    case ARGUMENT: s->argument = v; break;
    case COMMAND: write_command(s, v); break;
    case DATA_TIMER: s->data_timer = v; break;
    case DATA_LENGTH: s->data_length = v & 0xffff; break;
    case DATA_CTRL: write_data_ctrl(s, v); break;
    case CLEAR: s->status &= ~(v & S_STATIC); break;
    case MASK0: case MASK1: s->mask[(offset - MASK0) / 4] = v & S_BITS; break;
    case FIFO ... FIFO_END - 1: push(s, v); break;
    }
    move_on(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

/* ---- the device ---- */

static void reset(struct device *d)
{
    struct pl180 *s = (struct pl180 *)d;
    s->power = s->clock = s->argument = s->command = s->resp_cmd = 0;
    for (unsigned i = 0; i < 4; i++)
        s->response[i] = 0;
    s->data_timer = s->data_length = s->data_ctrl = s->data_cnt = s->block_left = 0;
    s->status = s->mask[0] = s->mask[1] = 0;
    s->head = s->count = 0;
    s->timeout = NEVER;
    sd_card_reset(s->card);
    move_on(s);
}

static void after_load(struct device *d)
{
    struct pl180 *s = (struct pl180 *)d;
    s->head %= WORDS;
    s->count = MIN(s->count, WORDS);
    sd_card_after_load(s->card);
}

static const struct device_type pl180_type = {
    .name = "pl180",
    .state = &pl180_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *pl180_new(struct machine *m, u64 base, struct disk *disk, struct irq irq0,
                         struct irq irq1)
{
    struct pl180 *s = xcalloc(1, sizeof(*s));
    s->irq[0] = irq0;
    s->irq[1] = irq1;
    s->card->disk = disk;
    s->dev.prompt = true;
    bus_map_mmio(m->mem, "pl180", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &pl180_type);
    return &s->dev;
}
