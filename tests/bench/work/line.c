/* line.c - one line of source that executes about 600 instructions, for a debugger to step over */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "work.h"

static volatile uint32_t total, done;

static void __attribute__((noinline)) long_line(void)
{
    // clang-format off
    done++;
    for (uint32_t i = 0; i < 66; i++) total = total * 31 + i; /* the long line */
    done++; /* the line after it */
    // clang-format on
}

uint64_t work_line(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        long_line();
    return total ^ done;
}
