/* random.c - random bytes for the guest */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "emu/check.h"
#include "emu/machine.h"

#define RANDOM_STATE(F, A, S, T) F(T, u64, drawn) /* words, ever: a reset does not begin anew */

struct random {
    struct device dev;
    STATE_MEMBERS(RANDOM_STATE)
    int source;
};
STATE_DESC(random_state, "random", struct random, RANDOM_STATE);

static void answer(void *opaque, u8 *data, u32 len)
{
    (void)opaque;
    for (u32 at = 0; at < len;) {
        ssize_t n = getrandom(data + at, len - at, 0);
        CHECK(n >= 0 || errno == EINTR);
        at += MAX(n, 0);
    }
}

/* Word number `index` of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
 * generators", 2014). */
static u64 word(u64 seed, u64 index)
{
    u64 z = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void random_draw(struct random *r, void *out, u32 n)
{
    const struct machine_config *cfg = r->dev.machine->config;
    CHECK(n && n <= RANDOM_MAX_BYTES);
    if (!cfg->has_seed) {
        door_ask(r->dev.machine->door, r->source, out, n);
        return;
    }
    for (u32 at = 0; at < n; at += 8) {
        u64 v = word(cfg->seed, r->drawn++);
        memcpy((u8 *)out + at, &v, MIN(n - at, 8));
    }
}

static const struct device_type random_type = {
    .name = "random",
    .state = &random_state,
};

struct random *random_new(struct machine *m)
{
    struct random *r = xcalloc(1, sizeof(*r));
    r->source = door_add_source(m->door, "random", NULL, answer, r);
    device_attach(m, &r->dev, &random_type);
    return m->random = r;
}
