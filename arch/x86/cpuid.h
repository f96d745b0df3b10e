/* cpuid.h - processor models */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_CPUID_H
#define ARCH_X86_CPUID_H

#include "arch/x86/features.h"
#include "emu/buf.h"
#include "emu/types.h"

/* Feature words, named as in features.h. */
enum x86_word { WORD_1D, WORD_1C, WORD_7B, WORD_7C, WORD_7D, WORD_81D, WORD_81C, WORD_D1A, X86_WORDS };

struct x86_model {
    const char *name, *description;
    const char *vendor; /* 12 characters */
    const char *brand;  /* up to 47 */
    u8 family, model, stepping;
    bool only64;        /* needs a system with long mode */
    u32 words[X86_WORDS];
};

u32 x86_signature(const struct x86_model *m); /* CPUID 1 EAX, and EDX at reset */
bool x86_model_has(const struct x86_model *m, unsigned feature);
/* -cpu text to a model of its own (to be freed). NULL (reported) when it is not known. */
struct x86_model *x86_model_parse(const char *text, bool system64);

/* CPUID as the instruction: registers in, registers out. */
struct x86_cpu;
void x86_cpuid(struct x86_cpu *x);

#endif
