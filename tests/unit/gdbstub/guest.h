/* guest.h - a small machine with a guest whose every step the tests know */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_UNIT_GDBSTUB_GUEST_H
#define TESTS_UNIT_GDBSTUB_GUEST_H

#include "gdbstub/gdbstub.h"
#include "gdbstub/monitor.h"

/* Where the guest keeps things. It counts COUNTER to GUEST_ROUNDS, calls f() each round, which
 * copies it to COPY, and a timer interrupt every TIMER_STEPS steps adds to TICKS; then it exits
 * with code 5. */
enum { GUEST_CODE = 0x7c00, COUNTER = 0x5000, COPY = 0x5004, TICKS = 0x5008, GUEST_ROUNDS = 400,
       TIMER_STEPS = 150 };

/* Linear addresses in the guest. */
extern const u8 guest_start[], guest_end[], guest_pm[], guest_loop[], guest_incremented[], guest_f[],
    guest_store[], guest_ret[], guest_handler[];
#define GUEST_AT(label) ((u64)(GUEST_CODE + ((label) - guest_start)))

struct guest {
    struct machine_config config;
    struct machine *machine;
    struct timeline *timeline;
    struct session *session;
};

/* history: a live timeline that can be gone back in. */
void guest_init(struct guest *g);
void guest_fini(struct guest *g);
/* Makes the move that is wanted, if any. */
void guest_move(struct guest *g);
u64 guest_icount(struct guest *g);
u64 guest_pc(struct guest *g);
u32 guest_word(struct guest *g, u64 addr);

#endif
