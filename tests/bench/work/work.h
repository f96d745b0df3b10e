/* work.h - the guest's work loops: each does a fixed amount of work and prints what proves it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WORK_H
#define WORK_H

#include <stdint.h>

/* n: how often, in the loop's own unit. The number returned depends on all of the work. */
typedef uint64_t work_fn(unsigned n);

work_fn work_core, work_qsort, work_threaded;   /* int.c, code.c */
work_fn work_matmul, work_nbody, work_mandel;   /* float.c */
work_fn work_x87, work_smc, work_codegen;       /* x87.c, smc.c, codegen.c: on a PC */
work_fn work_fir, work_blend;                   /* neon.c: on Arm */
work_fn work_memcpy_4k, work_memcpy_64k, work_memcpy_1m;              /* mem.c */
work_fn work_memset_4k, work_memset_64k, work_memset_1m;
work_fn work_getppid, work_pipe, work_fork, work_fault; /* kernel.c */
work_fn work_line;                                      /* line.c */

/* The compiler may not know what becomes of the memory at p. */
#define KEEP(p) __asm__ volatile("" : : "r"(p) : "memory")

static inline uint32_t work_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

#endif
