/* rng.c - random numbers that make processors work */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

u64 rng_u64(struct rng *r) /* splitmix64 */
{
    u64 z = r->s += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)(rng_u64(r) % n);
}

u64 rng_value(struct rng *r)
{
    static const u64 edges[] = {0,
                                1,
                                2,
                                0x7f,
                                0x80,
                                0xff,
                                0x100,
                                0x7fff,
                                0x8000,
                                0xffff,
                                0x7fffffff,
                                0x80000000,
                                0xffffffff,
                                0x7fffffffffffffff,
                                0x8000000000000000,
                                ~(u64)0};
    switch (rng_below(r, 4)) {
    case 0:
        return edges[rng_below(r, ARRAY_SIZE(edges))];
    case 1:
        return rng_u64(r) & 0xff;
    case 2:
        return rng_u64(r) >> rng_below(r, 64);
    default:
        return rng_u64(r);
    }
}

u64 rng_fraction(struct rng *r, unsigned bits)
{
    u64 mask = ((u64)1 << bits) - 1;
    switch (rng_below(r, 6)) {
    case 0:
        return 0;
    case 1:
        return mask;
    case 2:
        return (u64)1 << rng_below(r, bits);
    case 3:
        return mask << rng_below(r, bits) & mask;
    default:
        return rng_u64(r) & mask;
    }
}

u64 rng_exponent(struct rng *r, u64 max)
{
    switch (rng_below(r, 10)) {
    case 0:
        return 0;
    case 1:
        return max;
    case 2:
        return 1 + rng_below(r, 3);
    case 3:
        return max - 1 - rng_below(r, 3);
    case 4:
        return rng_u64(r) & max;
    case 5:
        return max / 2 + rng_below(r, 70);
    default:
        return max / 2 - 3 + rng_below(r, 7);
    }
}

static u64 single(struct rng *r)
{
    return (u64)rng_below(r, 2) << 31 | rng_exponent(r, 255) << 23 | rng_fraction(r, 23);
}

u64 rng_half(struct rng *r)
{
    switch (rng_below(r, 6)) {
    case 0:
    case 1:
        return single(r) | single(r) << 32;
    case 2:
    case 3:
        return (u64)rng_below(r, 2) << 63 | rng_exponent(r, 2047) << 52 | rng_fraction(r, 52);
    case 4:
        return rng_value(r);
    default:
        return rng_u64(r);
    }
}
