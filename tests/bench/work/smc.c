/* smc.c - code that rewrites itself */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "work.h"

/* mov eax, IMM; imul eax, eax, 3; add eax, 1; ret: with another IMM each time. */
uint64_t work_smc(unsigned n)
{
    static const unsigned char code[] = {0xb8, 0, 0, 0, 0, 0x6b, 0xc0, 3, 0x83, 0xc0, 1, 0xc3};
    unsigned char *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    memcpy(p, code, sizeof(code));
    uint32_t (*f)(void);
    memcpy(&f, &p, sizeof(f));
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++) {
        memcpy(p + 1, &i, 4);
        KEEP(p);
        sum += f();
    }
    return sum;
}
