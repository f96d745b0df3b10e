/* audio.h - the cable between a sound card and the host: 16-bit stereo samples */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A card plays and captures at virtual times of its own. What it plays goes to a sink, if there is
 * one, and never influences the guest. What it captures are answers to questions through the door
 * (source "audio:ID"; the bytes are frames as below), so a replay needs nothing to capture from.
 *
 * A frame is two little-endian i16: left, right.
 */
#ifndef EMU_AUDIO_H
#define EMU_AUDIO_H

#include "emu/types.h"

#define AUDIO_CHANNELS 2
#define AUDIO_DEFAULT_ID "default" /* of a card that was not told a name */
#define AUDIO_FRAME_BYTES 4
#define AUDIO_MAX_FRAMES 1024 /* in one call */
#define AUDIO_MIN_RATE 1000   /* frames a second */
#define AUDIO_MAX_RATE 192000

struct machine;
struct audio;

/* Adds the source to the machine's door; id is copied. Owned by the machine. */
struct audio *audio_new(struct machine *m, const char *id);
void audio_delete(struct audio *a); /* by the machine */
const char *audio_id(const struct audio *a);

/* ---- the card: n frames, 1 to AUDIO_MAX_FRAMES ---- */

void audio_play(struct audio *a, u32 rate, const i16 *frames, u32 n);
void audio_capture(struct audio *a, u32 rate, i16 *frames, u32 n);

/* ---- the host side ---- */

/* sink() gets what the guest plays. */
void audio_set_sink(struct audio *a,
                    void (*sink)(void *opaque, u32 rate, const i16 *frames, u32 n), void *opaque);
/* source() fills in what a live guest captures; without one it is silence. */
void audio_set_source(struct audio *a, void (*source)(void *opaque, u32 rate, i16 *frames, u32 n),
                      void *opaque);
/* While muted the sink gets nothing. The timeline mutes re-execution. */
void audio_set_muted(struct audio *a, bool muted);

#endif
