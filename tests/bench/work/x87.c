/* x87.c - long double in the x87's registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "work.h"

uint64_t work_x87(unsigned n)
{
    long double x = 1, y = 0.5L;
    for (unsigned i = 0; i < n; i++) {
        x = x * 1.0000001L + 0.5L;
        if (x > 100)
            x -= 99;
        y = y * 0.999L + x / 3;
    }
    double sum = (double)(x + y);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof(bits));
    return bits;
}
