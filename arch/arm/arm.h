/* arm.h - the Arm processor as the rest of the program makes it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ARCH_ARM_ARM_H
#define ARCH_ARM_ARM_H

#include "emu/cpu.h"

/* A CPU by its -cpu text: MODEL[,feature=on|off]. Reports and returns NULL when it is not known. */
struct cpu *arm_cpu_new(const char *model);
/* Models, for -cpu help. */
void arm_cpu_list(struct buf *out);

#endif
