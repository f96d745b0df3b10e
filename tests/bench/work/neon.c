/* neon.c - Advanced SIMD: a filter in single precision, pictures laid over each other */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arm_neon.h>

#include "work.h"

#define SAMPLES 4096
#define TAPS 32

static void filter(float *to, const float *from, const float *taps)
{
    for (unsigned i = 0; i < SAMPLES; i += 8) {
        float32x4_t a = vdupq_n_f32(0), b = a;
        for (unsigned k = 0; k < TAPS; k++) {
            float32x4_t t = vld1q_dup_f32(taps + k);
            a = vmlaq_f32(a, vld1q_f32(from + i + k), t);
            b = vmlaq_f32(b, vld1q_f32(from + i + k + 4), t);
        }
        vst1q_f32(to + i, vminq_f32(vmaxq_f32(a, vdupq_n_f32(-1)), vdupq_n_f32(1)));
        vst1q_f32(to + i + 4, vminq_f32(vmaxq_f32(b, vdupq_n_f32(-1)), vdupq_n_f32(1)));
    }
}

uint64_t work_fir(unsigned n)
{
    static float x[SAMPLES + TAPS], y[SAMPLES], taps[TAPS];
    uint32_t seed = 2463534242;
    for (unsigned i = 0; i < SAMPLES + TAPS; i++)
        x[i] = (float)(int32_t)work_random(&seed) / 2147483648.0f;
    for (unsigned k = 0; k < TAPS; k++)
        taps[k] = (float)(k < TAPS / 2 ? k + 1 : TAPS - k) / (TAPS * TAPS / 4);
    for (unsigned round = 0; round < n; round++) {
        filter(y, x, taps);
        x[round % SAMPLES] = -y[round * 7 % SAMPLES];
        KEEP(x);
    }
    uint64_t sum = 0;
    for (unsigned i = 0; i < SAMPLES; i++)
        sum = sum * 31 + (uint64_t)(int64_t)(y[i] * 1e6f);
    return sum;
}

#define PIXELS 16384

/* to = over * alpha + to * (255 - alpha), as 8-bit fractions, rounded. */
static void blend(uint8_t *to, const uint8_t *over, const uint8_t *alpha)
{
    for (unsigned i = 0; i < PIXELS; i += 16) {
        uint8x16_t t = vld1q_u8(to + i), o = vld1q_u8(over + i), a = vld1q_u8(alpha + i), b = vmvnq_u8(a);
        uint16x8_t low = vmull_u8(vget_low_u8(o), vget_low_u8(a));
        uint16x8_t high = vmull_u8(vget_high_u8(o), vget_high_u8(a));
        low = vmlal_u8(low, vget_low_u8(t), vget_low_u8(b));
        high = vmlal_u8(high, vget_high_u8(t), vget_high_u8(b));
        low = vrsraq_n_u16(low, low, 8);
        high = vrsraq_n_u16(high, high, 8);
        vst1q_u8(to + i, vcombine_u8(vrshrn_n_u16(low, 8), vrshrn_n_u16(high, 8)));
    }
}

/* How far two pictures are apart: the sum of absolute differences, as video encoders search with. */
static uint32_t distance(const uint8_t *p, const uint8_t *q)
{
    uint32x4_t sum = vdupq_n_u32(0);
    for (unsigned i = 0; i < PIXELS; i += 16)
        sum = vpadalq_u16(sum, vpaddlq_u8(vabdq_u8(vld1q_u8(p + i), vld1q_u8(q + i))));
    uint64x2_t pair = vpaddlq_u32(sum);
    return (uint32_t)(vgetq_lane_u64(pair, 0) + vgetq_lane_u64(pair, 1));
}

uint64_t work_blend(unsigned n)
{
    static uint8_t to[PIXELS], over[PIXELS], alpha[PIXELS];
    uint32_t seed = 88172645;
    uint64_t sum = 0;
    for (unsigned i = 0; i < PIXELS; i++) {
        uint32_t r = work_random(&seed);
        to[i] = (uint8_t)r;
        over[i] = (uint8_t)(r >> 8);
        alpha[i] = (uint8_t)(r >> 16);
    }
    for (unsigned round = 0; round < n; round++) {
        blend(to, over, alpha);
        sum = sum * 31 + distance(to, over);
        over[round % PIXELS] = (uint8_t)~over[round % PIXELS];
        alpha[round * 5 % PIXELS] ^= 0x55;
        KEEP(over);
    }
    return sum;
}
