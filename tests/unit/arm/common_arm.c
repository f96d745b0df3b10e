/* common_arm.c - a bare Arm machine for tests of the system architecture */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_arm.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/config.h"
#include "emu/engine.h"

struct bare *bare_new(const char *model, const char *accel, unsigned insns)
{
    struct bare *s = xcalloc(1, sizeof(*s));
    struct engine_config ec = {.max_insns = insns, .code_bytes = 4 * MiB, .accel = accel};
    config_init(&s->config);
    s->config.no_reboot = true;
    s->m = machine_new(&s->config);
    struct cpu *c = arm_cpu_new(model);
    CHECK(c);
    machine_set_cpu(s->m, c);
    s->a = arm_of(c);
    s->ram = machine_add_ram(s->m, "ram", 8 * MiB);
    bus_map_ram(s->m->mem, "ram", 0, 8 * MiB, s->ram, 0, false);
    machine_start(s->m);
    engine_delete(s->m->engine);
    s->m->engine = engine_new(s->m, &ec);
    for (u32 at = 0; at < AT_DATA; at += 4)
        bare_set(s, at, A32_LOOP, 4);
    s->a->vbar = AT_VECTORS;
    bare_at(s, ARM_SVC, AT_CODE);
    return s;
}

void bare_delete(struct bare *s)
{
    machine_delete(s->m);
    config_fini(&s->config);
    free(s);
}

void bare_set(struct bare *s, u64 pa, u64 value, unsigned size)
{
    CHECK(bus_write_bytes(s->m->mem, pa, &value, size, false));
}

u64 bare_get(struct bare *s, u64 pa, unsigned size)
{
    u64 v = 0;
    CHECK(bus_read_bytes(s->m->mem, pa, &v, size));
    return v;
}

void bare_put(struct bare *s, u64 pa, const u32 *words, size_t n)
{
    CHECK(bus_write_bytes(s->m->mem, pa, words, 4 * n, false));
}

void bare_put16(struct bare *s, u64 pa, const u16 *halfwords, size_t n)
{
    CHECK(bus_write_bytes(s->m->mem, pa, halfwords, 2 * n, false));
}

void bare_at(struct bare *s, unsigned mode, u32 pc)
{
    arm_set_cpsr(s->a, mode | PSR_A | PSR_I | PSR_F);
    s->a->base.pc = pc;
    s->a->base.halted = false;
    s->a->base.attention = true;
    arm_set_root(s->a);
}

void bare_steps(struct bare *s, u64 steps)
{
    machine_run(s->m, s->m->clock.icount + steps);
}

void bare_run(struct bare *s, u64 steps, const u32 *words, size_t n)
{
    bare_put(s, AT_CODE, words, n);
    bare_set(s, AT_CODE + 4 * n, A32_LOOP, 4);
    s->a->base.pc = AT_CODE;
    bare_steps(s, steps);
}

void bare_run16(struct bare *s, u64 steps, const u16 *halfwords, size_t n)
{
    bare_put16(s, AT_CODE, halfwords, n);
    bare_set(s, AT_CODE + 2 * n, 0xe7fe, 2);
    arm_set_cpsr(s->a, arm_get_cpsr(s->a) | PSR_T);
    s->a->base.pc = AT_CODE;
    bare_steps(s, steps);
}

u64 bare_sysreg(struct bare *s, const char *name)
{
    for (unsigned i = 0; i < arm_n_sysregs; i++) {
        u64 v = 0;
        if (!strcmp(arm_sysregs[i].name, name)) {
            CHECK(arm_sysreg_peek(s->a, &arm_sysregs[i], &v));
            return v;
        }
    }
    cr_assert_fail("no register %s", name);
    return 0;
}

void bare_on_all(const char *model, void (*test)(struct bare *s))
{
    static const struct { const char *accel; unsigned insns; } ways[] = {{"interp", 64}, {"interp", 1}, {"jit", 64}, {"jit", 1}};
    for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
        struct bare *s = bare_new(model, ways[i].accel, ways[i].insns);
        test(s);
        bare_delete(s);
    }
}
