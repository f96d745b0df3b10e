/* x86.h - the x86 processor as the rest of the program makes it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_X86_X86_H
#define ARCH_X86_X86_H

#include "emu/cpu.h"

/* A CPU by its -cpu text: MODEL[,+feature][,-feature][,feature=on|off]. Reports and returns NULL
 * when it is not known. system64: of hindsight-system-x86_64 (long mode possible). */
struct cpu *x86_cpu_new(const char *model, bool system64);
/* Models and features, for -cpu help. */
void x86_cpu_list(struct buf *out);

#endif
