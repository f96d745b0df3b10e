/* case.h - a case of random Arm code, as our engines and the program under qemu-arm both know it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file of cases is mapped at CASE_BASE, executable: so the code's addresses are the same everywhere. Its end is an
 * undefined instruction. Loads and stores are around CASE_WINDOW, whose bytes are made from the case's number.
 */
#ifndef FUZZ_ARM_CASE_H
#define FUZZ_ARM_CASE_H

#include <stdint.h>

#define CASE_BASE 0x20000000u
#define CASE_WINDOW_PAGE 0x10000000u
#define CASE_WINDOW_BYTES 0x10000u
#define CASE_WINDOW (CASE_WINDOW_PAGE + CASE_WINDOW_BYTES / 2) /* its middle; these bytes are compared: */
#define CASE_COMPARED 1024
#define CASE_CODE_BYTES 256
#define CASE_BATCH 2048
#define CASE_PADDING 8 /* cases behind a batch that are only there to be read, by loads relative to the pc */

struct case_state {
    uint32_t r[16]; /* r[15] is the pc */
    uint32_t cpsr, fpscr;
    uint64_t d[32];
    uint32_t signal, unused; /* out: why it ended */
};

struct arm_case {
    struct case_state in;
    uint32_t number, code_bytes;
    uint8_t code[CASE_CODE_BYTES + 16];
};

struct case_result {
    struct case_state out;
    uint8_t window[CASE_COMPARED];
};

static inline void case_fill_window(uint32_t number, uint8_t *middle)
{
    uint32_t v = number * 2654435761u + 1;
    for (unsigned i = 0; i < CASE_COMPARED; i++) {
        v = v * 1664525u + 1013904223u;
        middle[(int)i - CASE_COMPARED / 2] = (uint8_t)(v >> 24);
    }
}

#endif
