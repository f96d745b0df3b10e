/* ac97.h - an AC'97 sound card: the controller of the ICH and its codec */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_AC97_H
#define HW_AC97_H

#include "emu/audio.h"
#include "hw/pci.h"

/* audio is the cable to the host. */
struct device *ac97_new(struct machine *m, struct pci_bus *bus, u8 devfn, struct audio *audio);

/* ---- ac97_codec.c: the mixer, which drivers see through the controller ---- */

#define AC97_CODEC_STATE(F, A, S, T) A(T, u16, reg, 64) /* by offset / 2 */

struct ac97_codec {
    STATE_MEMBERS(AC97_CODEC_STATE)
};
extern const struct state_desc ac97_codec_state;

enum ac97_stream { AC97_PCM_IN, AC97_PCM_OUT, AC97_MIC_IN, AC97_STREAMS };

void ac97_codec_reset(struct ac97_codec *c);
u16 ac97_codec_read(const struct ac97_codec *c, unsigned offset);
void ac97_codec_write(struct ac97_codec *c, unsigned offset, u16 value);
u32 ac97_codec_rate(const struct ac97_codec *c, enum ac97_stream stream); /* frames a second */
/* Volume and mute of a stream, on n frames. */
void ac97_codec_scale(const struct ac97_codec *c, enum ac97_stream stream, i16 *frames, u32 n);

#endif
