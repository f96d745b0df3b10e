/* hostile.h - what the harnesses that feed devices and formats with hostile bytes share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each fuzz_NAME.c is one program with libFuzzer's entry point. Built with clang and -DLIBFUZZER=ON
 * it is a libFuzzer program; otherwise driver.c calls it with a fixed number of made-up inputs, so
 * that it is a test as any other.
 */
#ifndef TESTS_HOSTILE_H
#define TESTS_HOSTILE_H

#include "emu/config.h"
#include "emu/disk.h"
#include "emu/machine.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t n);
/* A sound input to begin with, for the driver; returns its size, at most `most`. */
size_t hostile_seed(u8 *data, size_t most);

/* ---- board.c ---- */

#define HOSTILE_RAM (64 * KiB)

struct hostile_board {
    struct machine_config config;
    struct machine *m;
    struct disk_image image;
    u8 *content;
    struct disk *disk;
    void (*extra)(struct hostile_board *b, struct reader *in); /* a harness's own step, or NULL */
};

/* Memory, a disk, and a processor that runs nothing. */
void hostile_board_init(struct hostile_board *b, bool readonly);
void hostile_board_fini(struct hostile_board *b);
void hostile_board_reset(struct hostile_board *b);
/* Lets time pass and what is due happen. */
void hostile_board_run(struct hostile_board *b, u64 ns);

/* Loads the state as it was saved, with some bytes changed. */
void hostile_board_tamper(struct hostile_board *b, struct reader *in);

/* The input as a script: accesses to ports (where `ports` says) and to memory, time, saved states
 * that were tampered with, and what the harness adds. */
struct hostile_ports {
    u16 base, size;
};
void hostile_board_play(struct hostile_board *b, const struct hostile_ports *ports,
                        unsigned n_ports, const u8 *data, size_t n);

#endif
