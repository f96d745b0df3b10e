/* pl111.c - Arm's PrimeCell colour LCD controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: PrimeCell Color LCD Controller (PL111) TRM (DDI 0293). The picture is made from the
 * memory when somebody asks. A TFT panel is at it. A frame's events, when the next base address is
 * taken and the vertical compare, come together at the end of a frame. The hardware cursor's
 * registers remember, and it is not shown.
 */
#include "hw/pl111.h"

#include "emu/check.h"

enum { TIMING0 = 0x000, TIMING3 = 0x00c, UPBASE = 0x010, LPBASE = 0x014, CONTROL = 0x018, IMSC = 0x01c, RIS = 0x020,
       MIS = 0x024, ICR = 0x028, UPCURR = 0x02c, LPCURR = 0x030, PALETTE = 0x200, PALETTE_END = 0x400, CURSOR = 0x800,
       CURSOR_END = 0xc30, PERIPH_ID = 0xfe0 };
enum { C_ON = 1, C_BGR = 1 << 8, C_BIG_ENDIAN = 1 << 9, C_BIG_PIXELS = 1 << 10, C_POWER = 1 << 11, C_BITS = 0x13fff };
enum { I_NEXT_BASE = 4, I_VERTICAL = 8, I_BITS = 0x1e };
enum bpp { BPP_1, BPP_2, BPP_4, BPP_8, BPP_1555, BPP_24, BPP_565, BPP_444 };
enum { CURSOR_WORDS = (CURSOR_END - CURSOR) / 4, WIDTH_MAX = 1024, HEIGHT_MAX = 1024 };

#define PL111_STATE(F, A, S, T)                                                                    \
    A(T, u32, timing, 4)                                                                           \
    F(T, u32, upbase)                                                                              \
    F(T, u32, lpbase)                                                                              \
    F(T, u32, control)                                                                             \
    F(T, u32, mask)                                                                                \
    F(T, u32, events)                                                                              \
    F(T, u64, frame_end)    /* ns: of the frame that is being shown; NEVER while it is off */      \
    A(T, u32, palette, 128) /* two colours each */                                                 \
    A(T, u32, cursor, CURSOR_WORDS)

struct pl111 {
    struct device dev;
    STATE_MEMBERS(PL111_STATE)
    u64 hz;
    struct irq irq;
};
STATE_DESC(pl111_state, "pl111", struct pl111, PL111_STATE);

bool pl111_is_on(const struct pl111 *s)
{
    return (s->control & C_ON) && (s->control & C_POWER);
}

/* ---- the picture ---- */

static u32 width(const struct pl111 *s)
{
    return ((s->timing[0] >> 2 & 0x3f) + 1) * 16;
}

static u32 height(const struct pl111 *s)
{
    return (s->timing[1] & 0x3ff) + 1;
}

static unsigned bits_per_pixel(const struct pl111 *s)
{
    static const u8 bits[8] = {1, 2, 4, 8, 16, 32, 16, 16};
    return bits[s->control >> 1 & 7];
}

/* From a value with red in its lowest bits, of so many each. */
static u32 colour(u32 v, unsigned red, unsigned green, unsigned blue)
{
    u32 r = v & ((1u << red) - 1), g = v >> red & ((1u << green) - 1), b = v >> (red + green) & ((1u << blue) - 1);
    r = r * 255 / ((1u << red) - 1);
    g = g * 255 / ((1u << green) - 1);
    b = b * 255 / ((1u << blue) - 1);
    return r << 16 | g << 8 | b;
}

static u32 swap_red_blue(u32 rgb)
{
    return (rgb & 0xff) << 16 | (rgb & 0xff00) | rgb >> 16;
}

static u32 pixel(const struct pl111 *s, u32 v)
{
    switch (s->control >> 1 & 7) {
    case BPP_1555: v = colour(v, 5, 5, 5); break;
    case BPP_24: v = colour(v, 8, 8, 8); break;
    case BPP_565: v = colour(v, 5, 6, 5); break;
    case BPP_444: v = colour(v, 4, 4, 4); break;
    default: v = colour(s->palette[v / 2] >> (v & 1 ? 16 : 0), 5, 5, 5); break;
    }
    return s->control & C_BGR ? swap_red_blue(v) : v;
}

/* 2.3.2: pixel x of a line, in words as they are in memory. */
static u32 value_at(const struct pl111 *s, const u8 *line, u32 x, unsigned bits)
{
    u32 at = x * bits / 32 * 4, within = x * bits % 32;
    u32 word = line[at] | line[at + 1] << 8 | line[at + 2] << 16 | (u32)line[at + 3] << 24;
    if (bits < 8 && (s->control & C_BIG_PIXELS))
        within = (within & ~7u) | (8 - bits - (within & 7));
    if (bits < 32 && (s->control & C_BIG_ENDIAN))
        within ^= bits == 16 ? 16 : 24;
    return bits == 32 ? word : word >> within & ((1u << bits) - 1);
}

void pl111_render(const struct pl111 *s, struct screen *out)
{
    u8 line[WIDTH_MAX * 4];
    unsigned bits = bits_per_pixel(s);
    u32 w = width(s), h = height(s), bytes = w * bits / 8;
    bool ever_set = s->timing[0] || s->timing[1];
    screen_resize(out, ever_set ? w : 640, ever_set ? h : 480);
    for (u32 y = 0; pl111_is_on(s) && y < h; y++) {
        bus_read_bytes(s->dev.machine->mem, s->upbase + (u64)y * bytes, line, bytes);
        for (u32 x = 0; x < w; x++)
            out->pixels[(size_t)y * w + x] = pixel(s, value_at(s, line, x, bits));
    }
}

/* ---- frames ---- */

/* 3.2.1 to 3.2.3: with porches and synchronisation; the clock is divided but for when TIMING2's bit
 * 26 says not. */
static u64 frame_ns(const struct pl111 *s)
{
    const u32 *t = s->timing;
    u64 columns = width(s) + (t[0] >> 8 & 0xff) + (t[0] >> 16 & 0xff) + (t[0] >> 24) + 3;
    u64 lines = height(s) + (t[1] >> 10 & 0x3f) + 1 + (t[1] >> 16 & 0xff) + (t[1] >> 24);
    u64 divisor = t[2] & 1u << 26 ? 1 : ((t[2] >> 27 & 31) << 5 | (t[2] & 31)) + 2;
    return clock_ns_of_tick(columns * lines * divisor, s->hz);
}

static void update(struct pl111 *s)
{
    u64 now = machine_now_ns(s->dev.machine), period = frame_ns(s);
    if (now >= s->frame_end) {
        s->events |= I_NEXT_BASE | I_VERTICAL;
        s->frame_end += ((now - s->frame_end) / period + 1) * period;
    }
    irq_set(s->irq, s->events & s->mask);
    bool waits = s->mask & ~s->events & (I_NEXT_BASE | I_VERTICAL);
    device_set_deadline(&s->dev, waits ? s->frame_end : NEVER);
}

static void write_control(struct pl111 *s, u32 v)
{
    s->control = v & C_BITS;
    if (!(s->control & C_ON))
        s->frame_end = NEVER;
    else if (s->frame_end == NEVER)
        s->frame_end = machine_now_ns(s->dev.machine) + frame_ns(s);
}

/* ---- registers ---- */

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    static const u8 id[] = {0x11, 0x11, 0x24, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct pl111 *s = opaque;
    (void)size;
    update(s);
    switch (offset) {
    case TIMING0 ... TIMING3: return s->timing[offset / 4];
    case UPBASE: case UPCURR: return s->upbase;
    case LPBASE: case LPCURR: return s->lpbase;
    case CONTROL: return s->control;
    case IMSC: return s->mask;
    case RIS: return s->events;
    case MIS: return s->events & s->mask;
    case PALETTE ... PALETTE_END - 1: return s->palette[(offset - PALETTE) / 4];
    case CURSOR ... CURSOR_END - 1: return s->cursor[(offset - CURSOR) / 4];
    default: return offset >= PERIPH_ID && offset < 0x1000 ? id[(offset - PERIPH_ID) / 4] : 0;
    }
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pl111 *s = opaque;
    u32 v = (u32)value;
    (void)size;
    update(s);
    switch (offset) {
    case TIMING0 ... TIMING3: s->timing[offset / 4] = v; break;
    case UPBASE: s->upbase = v & ~7u; break;
    case LPBASE: s->lpbase = v & ~7u; break;
    case CONTROL: write_control(s, v); break;
    case IMSC: s->mask = v & I_BITS; break;
    case ICR: s->events &= ~v; break;
    case PALETTE ... PALETTE_END - 1: s->palette[(offset - PALETTE) / 4] = v; break;
    case CURSOR ... CURSOR_END - 1: s->cursor[(offset - CURSOR) / 4] = v; break;
    }
    update(s);
}

static const struct mmio_ops ops = {read_register, write_register, 4, 4};

/* ---- the device ---- */

static void tick(struct device *d)
{
    update((struct pl111 *)d);
}

static void reset(struct device *d)
{
    struct pl111 *s = (struct pl111 *)d;
    for (unsigned i = 0; i < ARRAY_SIZE(s->timing); i++)
        s->timing[i] = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(s->palette); i++)
        s->palette[i] = 0;
    for (unsigned i = 0; i < CURSOR_WORDS; i++)
        s->cursor[i] = 0;
    s->upbase = s->lpbase = s->control = s->mask = s->events = 0;
    s->frame_end = NEVER;
    update(s);
}

static const struct device_type pl111_type = {
    .name = "pl111",
    .state = &pl111_state,
    .reset = reset,
    .tick = tick,
};

struct pl111 *pl111_new(struct machine *m, u64 base, u64 hz, struct irq irq)
{
    struct pl111 *s = xcalloc(1, sizeof(*s));
    s->hz = hz;
    s->irq = irq;
    bus_map_mmio(m->mem, "pl111", base, 0x1000, &ops, s);
    device_attach(m, &s->dev, &pl111_type);
    return s;
}
