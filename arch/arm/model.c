/* model.c - the processors there are */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Cortex-A7 MPCore TRM (DDI 0464), Cortex-A9 TRM (DDI 0388), Cortex-A15 MPCore TRM (DDI 0438),
 * chapters "System Control" and "Floating-point unit".
 */
#include "arch/arm/model.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

#define HAS(f) (1u << ARM_##f)
#define V7_MP (HAS(VFP3) | HAS(HALF) | HAS(SECURITY) | HAS(MP))
#define V7_VE (V7_MP | HAS(DIV) | HAS(VFP4) | HAS(LPAE) | HAS(VIRT) | HAS(TIMER) | HAS(DEBUG))

static const struct arm_model models[] = {
    {"cortex-a7", "Cortex-A7 MPCore r0p5", V7_VE,
     {.midr = 0x410fc075, .counters = 4, .ctr = 0x84448003, .mpidr = 0x80000000, .fpsid = 0x41023075, .mvfr0 = 0x10110222,
      .mvfr1 = 0x11111111, .sctlr_reset = 0x00c50078, .pfr0 = 0x00001131, .pfr1 = 0x00011011,
      .dfr0 = 0x02010555, .mmfr = {0x10101105, 0x40000000, 0x01240000, 0x02102211},
      .isar = {0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142}, .clidr = 0x0a200023,
      .ccsidr = {0x701fe00a, 0x201fe00a, 0x711fe07a}, .didr = 0x3515f005,
      .devid = {0x01110f13, 1}}},
    {"cortex-a9", "Cortex-A9 r0p1", V7_MP,
     {.midr = 0x410fc090, .counters = 6, .ctr = 0x80038003, .mpidr = 0x80000000, .fpsid = 0x41033090, .mvfr0 = 0x11110222,
      .mvfr1 = 0x01111111, .sctlr_reset = 0x00c50078, .pfr0 = 0x00001031, .pfr1 = 0x00000011,
      .mmfr = {0x00100103, 0x20000000, 0x01230000, 0x00002111},
      .isar = {0x00101111, 0x13112111, 0x21232041, 0x11112131, 0x00111142}, .clidr = 0x09200003,
      .ccsidr = {0xe00fe019, 0x200fe019, 0}, .didr = 0x35141000}},
    {"cortex-a15", "Cortex-A15 MPCore r2p1", V7_VE,
     {.midr = 0x412fc0f1, .counters = 6, .ctr = 0x8444c004, .mpidr = 0x80000000, .fpsid = 0x410430f0, .mvfr0 = 0x10110222,
      .mvfr1 = 0x11111111, .sctlr_reset = 0x00c50078, .pfr0 = 0x00001131, .pfr1 = 0x00011011,
      .dfr0 = 0x02010555, .mmfr = {0x10201105, 0x20000000, 0x01240000, 0x02102211},
      .isar = {0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142}, .clidr = 0x0a200023,
      .ccsidr = {0x701fe00a, 0x201fe00a, 0x711fe07a}, .didr = 0x3515f021,
      .devid = {0x01110f13, 0}}},
};

/* "max" is the one that has most. */
static const struct arm_model *find(const char *name, size_t n)
{
    if (n == 3 && !strncmp(name, "max", 3))
        return &models[ARRAY_SIZE(models) - 1];
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
        if (strlen(models[i].name) == n && !strncmp(models[i].name, name, n))
            return &models[i];
    return NULL;
}

struct arm_model *arm_model_parse(const char *text)
{
    size_t n = strcspn(text, ",");
    const struct arm_model *found = find(text, n);
    if (!found || text[n]) {
        error_report("-cpu %.100s: there is no such processor on this system; -cpu help lists them", text);
        return NULL;
    }
    struct arm_model *m = xmalloc(sizeof(*m));
    *m = *found;
    return m;
}

void arm_cpu_list(struct buf *out)
{
    buf_printf(out, "Models:\n");
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
        buf_printf(out, "  %-12s %s\n", models[i].name, models[i].description);
    buf_printf(out, "  %-12s %s\n", "max", "everything that is implemented");
}
