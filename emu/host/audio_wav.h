/* audio_wav.h - WAV files: what a guest plays goes to one, what it captures comes from one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_AUDIO_WAV_H
#define EMU_HOST_AUDIO_WAV_H

#include "emu/types.h"

/* A file of 16-bit stereo samples that begins empty. rate 0: that of the first sound that is
 * written; what comes at another rate is converted. NULL (reported). */
struct audio_wav_writer;
struct audio_wav_writer *audio_wav_create(const char *path, u32 rate);
/* Its header is right after each call: nothing is lost by a program that is killed. An error is
 * reported once, and ends the writing. */
void audio_wav_write(struct audio_wav_writer *w, u32 rate, const i16 *frames, u32 n);
void audio_wav_close(struct audio_wav_writer *w); /* w may be NULL */

/* PCM of 8, 16, 24 or 32 bits, of one or more channels (the first two count). NULL (reported). */
struct audio_wav_reader;
struct audio_wav_reader *audio_wav_open(const char *path);
/* The next n frames at this rate; silence after the end. At the file's own rate the samples are
 * the file's. */
void audio_wav_read(struct audio_wav_reader *r, u32 rate, i16 *frames, u32 n);
void audio_wav_delete(struct audio_wav_reader *r); /* r may be NULL */

#endif
