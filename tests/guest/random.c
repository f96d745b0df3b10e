/* random.c - prints what RDRAND and RDSEED give; built with the host's compiler */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdio.h>

#define DRAW(insn, type)                                                                           \
    do {                                                                                           \
        type v = 0;                                                                                \
        uint8_t carry;                                                                             \
        __asm__ volatile(insn " %0; setc %1" : "=r"(v), "=qm"(carry) : : "cc");                    \
        printf("%s %zu: %llx %d\n", insn, sizeof(v), (unsigned long long)v, carry);                \
    } while (0)

int main(void)
{
    DRAW("rdrand", uint64_t);
    DRAW("rdrand", uint64_t);
    DRAW("rdrand", uint32_t);
    DRAW("rdrand", uint16_t);
    DRAW("rdseed", uint64_t);
    DRAW("rdseed", uint32_t);
    DRAW("rdseed", uint16_t);
    return 0;
}
