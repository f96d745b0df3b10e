/* common_guest.h - a guest to record: loops, stores, is interrupted, sends, asks, receives */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_REPLAY_COMMON_GUEST_H
#define TESTS_REPLAY_COMMON_GUEST_H

#include "emu/check.h"
#include "replay/timeline.h"
#include "tests/unit/emu/common_small.h"

enum guest_kind { GUEST_LOOP, GUEST_IDLER, GUEST_ENDER, GUEST_PLAIN, GUEST_DEAF };

void guest_new(struct small *g, enum guest_kind kind); /* small_delete() it */
const struct timeline_options *test_options(void);     /* short distances */
/* Records that many steps, typing a little every tenth of them. */
void record_to(const char *path, enum guest_kind kind, u64 steps, const struct timeline_options *o,
               bool typing);

char *temp_path(const char *name);
void read_file(const char *path, struct buf *out);
void write_file(const char *path, const void *data, size_t n);
u32 random_below(u64 *seed, u32 n);
void silence(void); /* error sentences are expected */

#endif
