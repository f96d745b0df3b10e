/* model.c - the processor models, and -cpu's text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "arch/x86/cpuid.h"
#include "arch/x86/x86.h"
#include "emu/check.h"
#include "emu/log.h"

#define X(name, word, bit, text) BIT_##name = 1u << (bit),
enum feature_bit { X86_FEATURES(X) };
#undef X

struct feature {
    const char *name;
    u8 word;
    u32 bit;
};

static const struct feature features[X86_N_FEATURES] = {
#define X(name, word, bit, text) [X86_FEATURE_##name] = {text, WORD_##word, 1u << (bit)},
    X86_FEATURES(X)
#undef X
};

#define I486_1D (BIT_FPU | BIT_VME | BIT_DE | BIT_PSE | BIT_APIC)
#define PENTIUM_1D (I486_1D | BIT_TSC | BIT_MSR | BIT_MCE | BIT_CX8 | BIT_MMX)
#define BASE_1D                                                                                    \
    (PENTIUM_1D | BIT_PAE | BIT_SEP | BIT_MTRR | BIT_PGE | BIT_MCA | BIT_CMOV | BIT_PAT |          \
     BIT_PSE36 | BIT_CLFLUSH | BIT_FXSR | BIT_SSE | BIT_SSE2)
#define MAX_1C                                                                                     \
    (BIT_SSE3 | BIT_SSSE3 | BIT_CX16 | BIT_SSE41 | BIT_SSE42 | BIT_X2APIC | BIT_MOVBE |            \
     BIT_POPCNT | BIT_XSAVE | BIT_PCLMUL | BIT_RDRAND | BIT_HYPERVISOR)
#define MAX_7B (BIT_FSGSBASE | BIT_SMEP | BIT_ERMS | BIT_INVPCID | BIT_RDSEED | BIT_SMAP)
#define MAX_7C (BIT_UMIP | BIT_RDPID)

/*
 * Family 6, model 28 is an in-order processor: kernels know that it does not speculate, which is the truth
 * here, and leave their mitigations off.
 */
static const struct x86_model models[] = {
    {"qemu64", "64-bit baseline: x86-64 with SSE3 and CX16", "GenuineIntel", "Hindsight Virtual CPU (qemu64)", 6, 28, 10,
     true,
     {[WORD_1D] = BASE_1D, [WORD_1C] = BIT_SSE3 | BIT_CX16 | BIT_HYPERVISOR,
      [WORD_81D] = BIT_SYSCALL | BIT_NX | BIT_LM, [WORD_81C] = BIT_LAHF_LM}},
    {"qemu32", "32-bit baseline: i686 with PAE and SSE3", "GenuineIntel", "Hindsight Virtual CPU (qemu32)", 6, 28, 10,
     false,
     {[WORD_1D] = BASE_1D, [WORD_1C] = BIT_SSE3 | BIT_HYPERVISOR}},
    {"max", "everything that is implemented", "GenuineIntel", "Hindsight Virtual CPU (max)", 6, 28, 10, false,
     {[WORD_1D] = BASE_1D, [WORD_1C] = MAX_1C | BIT_PCID, [WORD_7B] = MAX_7B, [WORD_7C] = MAX_7C,
      [WORD_81D] = BIT_SYSCALL | BIT_NX | BIT_PDPE1GB | BIT_RDTSCP | BIT_LM, [WORD_81C] = BIT_LAHF_LM}},
    {"pentium", "a Pentium with MMX", "GenuineIntel", "", 5, 4, 3, false, {[WORD_1D] = PENTIUM_1D}},
    {"486", "an i486 with CPUID and a local APIC", "GenuineIntel", "", 4, 8, 0, false, {[WORD_1D] = I486_1D}},
};

/* What can be switched on with +feature: nothing that is not implemented. */
static const u32 implemented[X86_WORDS] = {
    [WORD_1D] = BASE_1D, [WORD_1C] = MAX_1C | BIT_PCID, [WORD_7B] = MAX_7B, [WORD_7C] = MAX_7C,
    [WORD_81D] = BIT_SYSCALL | BIT_NX | BIT_PDPE1GB | BIT_RDTSCP | BIT_LM, [WORD_81C] = BIT_LAHF_LM,
};

bool x86_model_has(const struct x86_model *m, unsigned feature)
{
    return m->words[features[feature].word] & features[feature].bit;
}

u32 x86_signature(const struct x86_model *m)
{
    u32 family = m->family < 15 ? m->family : 15, ext_family = m->family - family;
    return ext_family << 20 | (u32)(m->model >> 4) << 16 | family << 8 | (u32)(m->model & 15) << 4 | m->stepping;
}

static const struct feature *find_feature(const char *name, size_t n)
{
    for (unsigned i = 1; i < X86_N_FEATURES; i++)
        if (strlen(features[i].name) == n && !strncmp(features[i].name, name, n))
            return &features[i];
    return NULL;
}

/* One of "+name", "-name", "name", "name=on", "name=off". */
static bool apply(struct x86_model *m, const char *word, size_t n, bool system64)
{
    bool on = true;
    const char *name = word;
    size_t len = n;
    if (n && (*word == '+' || *word == '-')) {
        on = *word == '+';
        name++;
        len--;
    } else if (memchr(word, '=', n)) {
        len = (size_t)((const char *)memchr(word, '=', n) - word);
        const char *value = word + len + 1;
        size_t value_len = n - len - 1;
        on = value_len == 2 && !strncmp(value, "on", 2);
        if (!on && !(value_len == 3 && !strncmp(value, "off", 3)))
            return error_report("-cpu: '%.*s' must be on or off", (int)n, word);
    }
    const struct feature *f = find_feature(name, len);
    if (!f)
        return error_report("-cpu: there is no feature '%.*s'; -cpu help lists them", (int)len, name);
    if (on && (!(implemented[f->word] & f->bit) || (!system64 && f == &features[X86_FEATURE_LM])))
        return error_report("-cpu: the feature '%s' is not available on this system", f->name);
    m->words[f->word] = on ? m->words[f->word] | f->bit : m->words[f->word] & ~f->bit;
    return true;
}

static const struct x86_model *find_model(const char *name, size_t n)
{
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
        if (strlen(models[i].name) == n && !strncmp(models[i].name, name, n))
            return &models[i];
    return NULL;
}

struct x86_model *x86_model_parse(const char *text, bool system64)
{
    size_t n = strcspn(text, ",");
    const struct x86_model *found = find_model(text, n);
    if (!found || (found->only64 && !system64)) {
        error_report("-cpu: there is no model '%.*s' on this system; -cpu help lists them", (int)n, text);
        return NULL;
    }
    struct x86_model *m = xmalloc(sizeof(*m));
    *m = *found;
    if (!system64) {
        m->words[WORD_81D] &= ~(u32)(BIT_LM | BIT_SYSCALL);
        m->words[WORD_81C] = 0;
    }
    while (text[n]) {
        text += n + 1;
        n = strcspn(text, ",");
        if (!apply(m, text, n, system64)) {
            free(m);
            return NULL;
        }
    }
    return m;
}

void x86_cpu_list(struct buf *out)
{
    buf_printf(out, "Models:\n");
    for (unsigned i = 0; i < ARRAY_SIZE(models); i++)
        buf_printf(out, "  %-10s %s\n", models[i].name, models[i].description);
    buf_printf(out, "Features:");
    for (unsigned i = 1; i < X86_N_FEATURES; i++)
        if (implemented[features[i].word] & features[i].bit)
            buf_printf(out, " %s", features[i].name);
    buf_printf(out, "\n");
}
