/* event_words.h - inside replay/: an input event in words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     event_words.c   the table of sources, and the short ones
 *     event_input.c   keyboards, mice, tablets
 *     event_net.c     packets
 */
#ifndef REPLAY_EVENT_WORDS_H
#define REPLAY_EVENT_WORDS_H

#include "emu/buf.h"
#include "emu/input.h"

/* What the event is, by the name of its source: `receives "ls\r"`, `the date is 2026-11-20 10:30:00
 * UTC`. Its bytes may be anything; those of sources that are not known are shown in hex. */
void event_words(const char *source, const struct door_event *ev, struct buf *out);
void event_hex(const struct door_event *ev, u32 most, struct buf *out);
/* The bytes as printable text, escaped as in C, without quotes. */
void event_text(const u8 *data, u32 len, u32 most, struct buf *out);

/* Rows of the table. */
void event_words_keyboard(const struct door_event *ev, struct buf *out);
void event_words_mouse(const struct door_event *ev, struct buf *out);
void event_words_tablet(const struct door_event *ev, struct buf *out);
void event_words_frame(const struct door_event *ev, struct buf *out); /* Ethernet's */
void event_words_ill_formed(const struct door_event *ev, struct buf *out);

#endif
