/* ac97_codec.c - the mixer of an AC'97 sound card */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Audio Codec '97 revision 2.1, chapter 5 and appendix A (variable rate audio); the
 * identity is that of a SigmaTel STAC9700. Everything is integers, as captured samples are guest
 * state.
 */
#include "emu/check.h"
#include "hw/ac97.h"

enum {
    R_RESET = 0x00,
    R_MASTER = 0x02,
    R_PCM_OUT = 0x18,
    R_RECORD_GAIN = 0x1c,
    R_RECORD_GAIN_MIC = 0x1e,
    R_POWER = 0x26,
    R_EXTENDED = 0x2a,
    R_DAC_RATE = 0x2c,
    R_ADC_RATE = 0x32,
    R_MIC_RATE = 0x34,
};
enum { MUTE = 0x8000, VRA = 1, VRM = 8, FULL_RATE = 48000, LOWEST_RATE = 4000 };
enum { PR_ADC = 0x0100, PR_DAC = 0x0200, PR_MIXER = 0x0400, PR_ALL = 0x0800 };

/* What each register is after a reset, and which bits can be written. The others read as zeros. */
static const struct {
    u8 offset;
    u16 reset, writable;
} registers[] = {
    {R_MASTER, 0x8000, 0xbf3f},
    {0x06, 0x8000, 0x803f},          /* master mono */
    {0x0a, 0x0000, 0x801e},          /* PC beep */
    {0x0c, 0x8008, 0x801f},          /* phone */
    {0x0e, 0x8008, 0x805f},          /* microphone */
    {0x10, 0x8808, 0x9f1f},          /* line in */
    {0x12, 0x8808, 0x9f1f},          /* CD */
    {0x14, 0x8808, 0x9f1f},          /* video */
    {0x16, 0x8808, 0x9f1f},          /* aux */
    {R_PCM_OUT, 0x8808, 0x9f1f},
    {0x1a, 0x0000, 0x0707},          /* record select */
    {R_RECORD_GAIN, 0x8000, 0x8f0f},
    {R_RECORD_GAIN_MIC, 0x8000, 0x800f},
    {0x20, 0x0000, 0x8380},          /* general purpose */
    {R_POWER, 0x000f, 0xff00},
    {0x28, VRA | VRM | 0x0800, 0},   /* extended audio ID: revision 2.2 */
    {R_EXTENDED, 0x0000, VRA | VRM},
    {R_DAC_RATE, FULL_RATE, 0xffff},
    {R_ADC_RATE, FULL_RATE, 0xffff},
    {R_MIC_RATE, FULL_RATE, 0xffff},
    {0x7c, 0x8384, 0},               /* vendor ID */
    {0x7e, 0x7600, 0},
};

static const struct state_field codec_fields[] = {
    AC97_CODEC_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct ac97_codec)};
const struct state_desc ac97_codec_state = {"codec", codec_fields, ARRAY_SIZE(codec_fields)};

static u16 get(const struct ac97_codec *c, unsigned offset)
{
    return c->reg[offset / 2];
}

static void put(struct ac97_codec *c, unsigned offset, u16 value)
{
    c->reg[offset / 2] = value;
}

void ac97_codec_reset(struct ac97_codec *c)
{
    *c = (struct ac97_codec){0};
    for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
        put(c, registers[i].offset, registers[i].reset);
}

/* 5.7.6: the low bits say what is ready. */
static u16 power_state(u16 control)
{
    bool off = control & PR_ALL;
    return (control & 0xff00) | (off || (control & PR_ADC) ? 0 : 1) |
           (off || (control & PR_DAC) ? 0 : 2) | (off || (control & PR_MIXER) ? 0 : 4) |
           (off ? 0 : 8);
}

u16 ac97_codec_read(const struct ac97_codec *c, unsigned offset)
{
    return offset < 0x80 ? get(c, offset & ~1u) : 0;
}

/* 5.7.2.1: a level that needs a sixth bit is the lowest one of a codec that has five. */
static u16 five_bits(u16 value)
{
    if (value & 0x2000)
        value |= 0x1f00;
    if (value & 0x20)
        value |= 0x1f;
    return value & 0x9f1f;
}

/* A.2.2: rates can be set while their bit is on, and are 48000 without. */
static void write_extended(struct ac97_codec *c, u16 value)
{
    put(c, R_EXTENDED, value);
    if (!(value & VRA)) {
        put(c, R_DAC_RATE, FULL_RATE);
        put(c, R_ADC_RATE, FULL_RATE);
    }
    if (!(value & VRM))
        put(c, R_MIC_RATE, FULL_RATE);
}

static void write_rate(struct ac97_codec *c, unsigned offset, u16 value)
{
    u16 enable = offset == R_MIC_RATE ? VRM : VRA;
    if (get(c, R_EXTENDED) & enable)
        put(c, offset, MIN(MAX(value, (u16)LOWEST_RATE), (u16)FULL_RATE));
}

static void write_register(struct ac97_codec *c, unsigned offset, u16 value)
{
    switch (offset) {
    case R_MASTER:
    case 0x06: put(c, offset, five_bits(value)); break;
    case R_POWER: put(c, offset, power_state(value)); break;
    case R_EXTENDED: write_extended(c, value); break;
    case R_DAC_RATE:
    case R_ADC_RATE:
    case R_MIC_RATE: write_rate(c, offset, value); break;
    default: put(c, offset, value); break;
    }
}

void ac97_codec_write(struct ac97_codec *c, unsigned offset, u16 value)
{
    offset &= ~1u;
    if (offset == R_RESET)
        ac97_codec_reset(c);
    for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
        if (registers[i].offset == offset && registers[i].writable)
            write_register(c, offset, value & registers[i].writable);
}

/* The state may be hostile. */
u32 ac97_codec_rate(const struct ac97_codec *c, enum ac97_stream stream)
{
    static const u8 offset[AC97_STREAMS] = {R_ADC_RATE, R_DAC_RATE, R_MIC_RATE};
    return MIN(MAX(get(c, offset[stream]), (u16)LOWEST_RATE), (u16)FULL_RATE);
}

/* ---- volume ---- */

/* 10^(1.5 dB * steps), times 65536. */
static u32 factor(int steps)
{
    u64 f = UINT64_C(65536) << 16;
    for (; steps > 0; steps--)
        f = f * 77890 >> 16; /* 10^(+1.5/20) * 65536 */
    for (; steps < 0; steps++)
        f = f * 55142 >> 16;
    return f >> 16;
}

static i16 scaled(i16 sample, u32 f)
{
    i64 v = ((i64)sample * f) >> 16;
    return MIN(MAX(v, (i64)INT16_MIN), (i64)INT16_MAX);
}

static void scale(i16 *frames, u32 n, u32 left, u32 right)
{
    if (left == 65536 && right == 65536)
        return;
    for (u32 i = 0; i < n; i++) {
        frames[2 * i] = scaled(frames[2 * i], left);
        frames[2 * i + 1] = scaled(frames[2 * i + 1], right);
    }
}

void ac97_codec_scale(const struct ac97_codec *c, enum ac97_stream stream, i16 *frames, u32 n)
{
    if (stream == AC97_PCM_OUT) { /* 8 is 0 dB at the PCM input, 0 is at the output */
        u16 pcm = get(c, R_PCM_OUT), master = get(c, R_MASTER);
        bool mute = (pcm | master) & MUTE;
        scale(frames, n, mute ? 0 : factor(8 - (pcm >> 8 & 31) - (master >> 8 & 31)),
              mute ? 0 : factor(8 - (pcm & 31) - (master & 31)));
    } else if (stream == AC97_PCM_IN) {
        u16 gain = get(c, R_RECORD_GAIN);
        bool mute = gain & MUTE;
        scale(frames, n, mute ? 0 : factor(gain >> 8 & 15), mute ? 0 : factor(gain & 15));
    } else {
        u16 gain = get(c, R_RECORD_GAIN_MIC);
        u32 f = gain & MUTE ? 0 : factor(gain & 15);
        scale(frames, n, f, f);
    }
}
