/* ac97.c - an AC'97 sound card: the bus masters of the ICH's audio controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Intel 82801AA (ICH) data sheet (290655), chapter 13: configuration, native audio mixer
 * (NAMBAR) and native audio bus mastering registers (NABMBAR).
 *
 * Each of three streams walks a ring of 32 descriptors at the codec's rate. Samples are moved in
 * lumps, at the latest when a buffer ends: a stream remembers when it was started and how many
 * frames it has moved since, so how far it should be follows from the clock. A driver that looks at
 * a position sees the lump moved up to then.
 */
#include "hw/ac97.h"

#include "emu/check.h"

enum { BAR_MIXER = 0, BAR_MASTER = 1, MIXER_PORTS = 1024, MASTER_PORTS = 256 };
enum { DESCRIPTORS = 32, DESCRIPTOR_BYTES = 8, LUMP = AUDIO_MAX_FRAMES };
enum { /* of a stream, 16 ports each */
       R_BDBAR = 0x0,
       R_CIV = 0x4,
       R_LVI = 0x5,
       R_SR = 0x6,
       R_PICB = 0x8,
       R_PIV = 0xa,
       R_CR = 0xb,
};
enum { R_GLOB_CNT = 0x2c, R_GLOB_STA = 0x30, R_CAS = 0x34 };
enum { SR_HALTED = 1, SR_AT_LAST = 2, SR_LAST = 4, SR_COMPLETION = 8, SR_FIFO = 16 };
enum { SR_CLEARABLE = SR_LAST | SR_COMPLETION | SR_FIFO };
enum { CR_RUN = 1, CR_RESET = 2, CR_LAST_IRQ = 4, CR_FIFO_IRQ = 8, CR_COMPLETION_IRQ = 16 };
enum { CR_IRQS = CR_LAST_IRQ | CR_FIFO_IRQ | CR_COMPLETION_IRQ };
enum { D_INTERRUPT = 0x8000 };
enum { CNT_NO_COLD_RESET = 2, CNT_WARM_RESET = 4, STA_CODEC_READY = 0x100 };

#define STREAM_STATE(F, A, S, T)                                                                   \
    F(T, u32, bdbar)                                                                               \
    F(T, u8, civ)                                                                                  \
    F(T, u8, lvi)                                                                                  \
    F(T, u8, piv)                                                                                  \
    F(T, u8, sr)                                                                                   \
    F(T, u8, cr)                                                                                   \
    F(T, u16, picb)  /* samples left in the current buffer */                                      \
    F(T, u16, flags) /* its descriptor's */                                                        \
    F(T, u32, addr)  /* of the next sample */                                                      \
    F(T, u64, since) /* ns: when it began to run at this rate, */                                  \
    F(T, u64, moved) /* and how many frames were moved since */

struct stream {
    STATE_MEMBERS(STREAM_STATE)
};
STATE_DESC(stream_state, "stream", struct stream, STREAM_STATE);

#define AC97_STATE(F, A, S, T)                                                                     \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    S(T, struct ac97_codec, ac97_codec_state, codec, 1)                                            \
    S(T, struct stream, stream_state, stream, AC97_STREAMS)                                        \
    F(T, u32, glob_cnt)                                                                            \
    F(T, u8, cas)

struct ac97 {
    struct device dev;
    STATE_MEMBERS(AC97_STATE)
    struct audio *audio;
};
STATE_DESC(ac97_state, "ac97", struct ac97, AC97_STATE);

/* ---- interrupts ---- */

static bool wants_interrupt(const struct stream *v)
{
    return ((v->sr & SR_LAST) && (v->cr & CR_LAST_IRQ)) ||
           ((v->sr & SR_COMPLETION) && (v->cr & CR_COMPLETION_IRQ));
}

static u32 status(const struct ac97 *s)
{
    static const u32 bit[AC97_STREAMS] = {1 << 5, 1 << 6, 1 << 7};
    u32 sta = STA_CODEC_READY;
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        sta |= wants_interrupt(&s->stream[i]) ? bit[i] : 0;
    return sta;
}

static void update_interrupt(struct ac97 *s)
{
    pci_set_intx(s->pci, status(s) & ~(u32)STA_CODEC_READY);
}

/* ---- descriptors ---- */

static void fetch(struct ac97 *s, struct stream *v)
{
    struct {
        u32 addr;
        u16 samples, flags;
    } d = {0};
    u64 at = (v->bdbar & ~7u) + (u64)v->civ * DESCRIPTOR_BYTES;
    bus_read_bytes(s->dev.machine->mem, at, &d, sizeof(d));
    v->addr = d.addr & ~1u;
    v->picb = d.samples;
    v->flags = d.flags;
}

/* The current buffer is done with: false when it was the last. */
static bool finish_buffer(struct stream *v)
{
    if (v->flags & D_INTERRUPT)
        v->sr |= SR_COMPLETION;
    if (v->civ != v->lvi)
        return true;
    v->sr |= SR_LAST | SR_AT_LAST | SR_HALTED;
    return false;
}

/* To the next buffer with samples in it. */
static void next_buffer(struct ac97 *s, struct stream *v)
{
    for (unsigned i = 0; i < DESCRIPTORS; i++) {
        v->civ = v->piv;
        v->piv = (v->piv + 1) % DESCRIPTORS;
        fetch(s, v);
        if (v->picb || !finish_buffer(v))
            return;
    }
    v->sr |= SR_HALTED; /* a ring without any samples, and the last one outside it */
}

/* ---- samples ---- */

static enum ac97_stream index_of(const struct ac97 *s, const struct stream *v)
{
    return v - s->stream;
}

static u32 rate_of(const struct ac97 *s, const struct stream *v)
{
    return ac97_codec_rate(&s->codec[0], index_of(s, v));
}

/* The microphone's stream is mono: 13.2.2. */
static unsigned channels(const struct ac97 *s, const struct stream *v)
{
    return index_of(s, v) == AC97_MIC_IN ? 1 : 2;
}

static void play(struct ac97 *s, struct stream *v, u32 n, u32 bytes)
{
    i16 frames[LUMP * AUDIO_CHANNELS] = {0};
    bus_read_bytes(s->dev.machine->mem, v->addr, frames, bytes);
    ac97_codec_scale(s->codec, AC97_PCM_OUT, frames, n);
    audio_play(s->audio, rate_of(s, v), frames, n);
}

static void capture(struct ac97 *s, struct stream *v, u32 n, u32 bytes)
{
    i16 frames[LUMP * AUDIO_CHANNELS];
    audio_capture(s->audio, rate_of(s, v), frames, n);
    ac97_codec_scale(s->codec, index_of(s, v), frames, n);
    if (channels(s, v) == 1)
        for (u32 i = 0; i < n; i++)
            frames[i] = frames[2 * i];
    bus_write_bytes(s->dev.machine->mem, v->addr, frames, bytes, false);
}

static u32 frames_left(const struct ac97 *s, const struct stream *v)
{
    unsigned per_frame = channels(s, v);
    return (v->picb + per_frame - 1) / per_frame;
}

/* At most n frames, and not beyond the buffer; how many it was. */
static u32 move(struct ac97 *s, struct stream *v, u64 n)
{
    u32 frames = MIN(MIN(n, (u64)LUMP), (u64)frames_left(s, v));
    u32 samples = MIN((u32)v->picb, frames * channels(s, v));
    if (index_of(s, v) == AC97_PCM_OUT)
        play(s, v, frames, samples * 2);
    else
        capture(s, v, frames, samples * 2);
    v->addr += samples * 2;
    v->picb -= samples;
    if (!v->picb && finish_buffer(v))
        next_buffer(s, v);
    return frames;
}

static bool is_running(const struct ac97 *s, const struct stream *v)
{
    return (v->cr & CR_RUN) && !(v->sr & SR_HALTED) && v->picb &&
           (s->pci->config[PCI_COMMAND] & PCI_COMMAND_MASTER);
}

static void restart_clock(struct ac97 *s, struct stream *v)
{
    v->since = machine_now_ns(s->dev.machine);
    v->moved = 0;
}

/* Moves what is due. It cannot be much but in a hostile state, since a stream ticks when a lump
 * is. */
static void settle(struct ac97 *s, struct stream *v)
{
    u64 now = machine_now_ns(s->dev.machine), due;
    if (!is_running(s, v))
        return;
    due = now >= v->since ? clock_ticks(now - v->since, rate_of(s, v)) - v->moved : NEVER;
    if (due > 2 * LUMP) {
        restart_clock(s, v);
        due = LUMP;
    } else {
        v->moved += due;
    }
    while (due && is_running(s, v))
        due -= move(s, v, due);
}

static void schedule(struct ac97 *s)
{
    u64 first = NEVER;
    for (unsigned i = 0; i < AC97_STREAMS; i++) {
        struct stream *v = &s->stream[i];
        if (!is_running(s, v))
            continue;
        u64 n = v->moved + MIN(frames_left(s, v), (u32)LUMP);
        first = MIN(first, v->since + clock_ns_of_tick(n, rate_of(s, v)));
    }
    device_set_deadline(&s->dev, first);
}

static void settle_all(struct ac97 *s)
{
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        settle(s, &s->stream[i]);
}

/* After any access that may have changed something. */
static void update(struct ac97 *s)
{
    update_interrupt(s);
    schedule(s);
}

static void tick(struct device *d)
{
    struct ac97 *s = (struct ac97 *)d;
    settle_all(s);
    update(s);
}

/* ---- bus mastering registers ---- */

static void reset_stream(struct stream *v)
{
    u8 irqs = v->cr & CR_IRQS; /* 13.2.8: all but the interrupt enables */
    *v = (struct stream){.sr = SR_HALTED, .cr = irqs};
}

/* Runs on in the buffer where it was stopped, or with the next one. */
static void run(struct ac97 *s, struct stream *v)
{
    if (v->sr & SR_AT_LAST)
        return; /* until there is another last one */
    v->sr &= ~SR_HALTED;
    if (!v->picb)
        next_buffer(s, v);
    restart_clock(s, v);
}

static void write_cr(struct ac97 *s, struct stream *v, u8 value)
{
    bool was = v->cr & CR_RUN;
    if (value & CR_RESET) {
        reset_stream(v);
        return;
    }
    v->cr = value & (CR_RUN | CR_IRQS);
    if (!(value & CR_RUN))
        v->sr |= SR_HALTED;
    else if (!was)
        run(s, v);
}

static void write_lvi(struct ac97 *s, struct stream *v, u8 value)
{
    v->lvi = value % DESCRIPTORS;
    if (!(v->sr & SR_AT_LAST))
        return;
    v->sr &= ~SR_AT_LAST;
    if (v->cr & CR_RUN)
        run(s, v);
}

static void write_stream(struct ac97 *s, struct stream *v, unsigned reg, u8 value)
{
    switch (reg) {
    case R_BDBAR:
    case R_BDBAR + 1:
    case R_BDBAR + 2:
    case R_BDBAR + 3: {
        unsigned shift = 8 * reg;
        v->bdbar = (v->bdbar & ~(255u << shift)) | (u32)value << shift;
        break;
    }
    case R_LVI: write_lvi(s, v, value); break;
    case R_SR: v->sr &= ~(value & SR_CLEARABLE); break;
    case R_CR: write_cr(s, v, value); break;
    default: break;
    }
}

static u8 read_stream(const struct stream *v, unsigned reg)
{
    switch (reg) {
    case R_BDBAR:
    case R_BDBAR + 1:
    case R_BDBAR + 2:
    case R_BDBAR + 3: return (v->bdbar & ~7u) >> (8 * reg);
    case R_CIV: return v->civ;
    case R_LVI: return v->lvi;
    case R_SR: return v->sr;
    case R_PICB: return v->picb;
    case R_PICB + 1: return v->picb >> 8;
    case R_PIV: return v->piv;
    case R_CR: return v->cr;
    default: return 0;
    }
}

/* Bit 1 at 0 is a cold reset; the warm reset takes no time, and its bit reads as 0. */
static void write_glob_cnt(struct ac97 *s, unsigned byte, u8 value)
{
    u32 was = s->glob_cnt;
    s->glob_cnt = (was & ~(255u << 8 * byte)) | (u32)value << 8 * byte;
    s->glob_cnt &= 0x0030003f & ~(u32)CNT_WARM_RESET;
    if ((was & CNT_NO_COLD_RESET) && !(s->glob_cnt & CNT_NO_COLD_RESET)) {
        ac97_codec_reset(s->codec);
        for (unsigned i = 0; i < AC97_STREAMS; i++)
            reset_stream(&s->stream[i]);
    }
}

/* 13.2.11: who reads a 0 may use the codec; the access gives it back. */
static u8 take_semaphore(struct ac97 *s)
{
    u8 was = s->cas;
    s->cas = 1;
    return was;
}

static u8 read_master_byte(struct ac97 *s, unsigned at)
{
    if (at < AC97_STREAMS * 16)
        if (at % 16 < R_CR + 1)
            return read_stream(&s->stream[at / 16], at % 16);
    if (at >= R_GLOB_CNT && at < R_GLOB_CNT + 4)
        return s->glob_cnt >> 8 * (at - R_GLOB_CNT);
    if (at >= R_GLOB_STA && at < R_GLOB_STA + 4)
        return status(s) >> 8 * (at - R_GLOB_STA);
    return at == R_CAS ? take_semaphore(s) : 0;
}

static void write_master_byte(struct ac97 *s, unsigned at, u8 value)
{
    if (at < AC97_STREAMS * 16 && at % 16 < R_CR + 1)
        write_stream(s, &s->stream[at / 16], at % 16, value);
    else if (at >= R_GLOB_CNT && at < R_GLOB_CNT + 4)
        write_glob_cnt(s, at - R_GLOB_CNT, value);
}

static u64 read_master(void *opaque, u64 offset, unsigned size)
{
    struct ac97 *s = opaque;
    u64 v = 0;
    settle_all(s);
    for (unsigned i = 0; i < size; i++)
        v |= (u64)read_master_byte(s, offset + i) << (8 * i);
    update(s);
    return v;
}

static void write_master(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct ac97 *s = opaque;
    settle_all(s);
    for (unsigned i = 0; i < size; i++)
        write_master_byte(s, offset + i, value >> (8 * i));
    update(s);
}

/* ---- mixer registers ---- */

static u64 read_mixer(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    struct ac97 *s = opaque;
    s->cas = 0;
    return ac97_codec_read(s->codec, offset);
}

/* A new rate counts from now on. */
static void write_mixer(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    struct ac97 *s = opaque;
    u32 rate[AC97_STREAMS];
    s->cas = 0;
    settle_all(s);
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        rate[i] = ac97_codec_rate(s->codec, i);
    ac97_codec_write(s->codec, offset, value);
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        if (rate[i] != ac97_codec_rate(s->codec, i))
            restart_clock(s, &s->stream[i]);
    update(s);
}

static const struct mmio_ops mixer_ops = {read_mixer, write_mixer, 2, 2};
static const struct mmio_ops master_ops = {read_master, write_master, 1, 4};

/* ---- the device ---- */

/* Bus mastering may have been switched on or off. */
static void written(void *opaque, unsigned offset, unsigned size)
{
    struct ac97 *s = opaque;
    if (offset > PCI_COMMAND || offset + size <= PCI_COMMAND)
        return;
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        restart_clock(s, &s->stream[i]);
    update(s);
}

static void reset(struct device *d)
{
    struct ac97 *s = (struct ac97 *)d;
    pci_reset(s->pci);
    ac97_codec_reset(s->codec);
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        s->stream[i] = (struct stream){.sr = SR_HALTED};
    s->glob_cnt = 0;
    s->cas = 0;
}

static void after_load(struct device *d)
{
    struct ac97 *s = (struct ac97 *)d;
    for (unsigned i = 0; i < AC97_STREAMS; i++) {
        s->stream[i].civ %= DESCRIPTORS;
        s->stream[i].lvi %= DESCRIPTORS;
        s->stream[i].piv %= DESCRIPTORS;
    }
    pci_update_maps(s->pci);
}

static void info(struct device *d, struct buf *out)
{
    static const char *const names[AC97_STREAMS] = {"PCM in", "PCM out", "microphone"};
    struct ac97 *s = (struct ac97 *)d;
    for (unsigned i = 0; i < AC97_STREAMS; i++)
        buf_printf(out, "%s: %s, %u Hz, buffer %u, %u samples left\n", names[i],
                   is_running(s, &s->stream[i]) ? "runs" : "stands",
                   ac97_codec_rate(s->codec, i), s->stream[i].civ, s->stream[i].picb);
}

static const struct device_type ac97_type = {
    .name = "ac97",
    .state = &ac97_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
    .info = info,
};

struct device *ac97_new(struct machine *m, struct pci_bus *bus, u8 devfn, struct audio *audio)
{
    struct ac97 *s = xcalloc(1, sizeof(*s));
    s->audio = audio;
    device_attach(m, &s->dev, &ac97_type);
    pci_attach(bus, s->pci, devfn, 0x8086, 0x2415, 0x0401, 1);
    pci_put16(s->pci->config, PCI_STATUS, 0x0280);
    pci_put16(s->pci->config, PCI_SUBSYSTEM, 0x1af4); /* as QEMU's */
    pci_put16(s->pci->config, PCI_SUBSYSTEM + 2, 0x1100);
    s->pci->config[PCI_INT_PIN] = 1;
    s->pci->written = written;
    s->pci->opaque = s;
    pci_add_bar(s->pci, BAR_MIXER, true, MIXER_PORTS, "ac97-mixer", &mixer_ops, s);
    pci_add_bar(s->pci, BAR_MASTER, true, MASTER_PORTS, "ac97-master", &master_ops, s);
    return &s->dev;
}
