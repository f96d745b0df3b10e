/* audio.c - the cable between a sound card and the host */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/audio.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/machine.h"

struct audio {
    char *id, *source_name;
    struct machine *machine;
    int door_source;
    u32 rate; /* of the question that is being asked */
    void (*sink)(void *opaque, u32 rate, const i16 *frames, u32 n);
    void *sink_opaque;
    void (*source)(void *opaque, u32 rate, i16 *frames, u32 n);
    void *source_opaque;
    bool muted;
};

static void answer(void *opaque, u8 *data, u32 len)
{
    struct audio *a = opaque;
    i16 frames[AUDIO_MAX_FRAMES * AUDIO_CHANNELS] = {0};
    CHECK(len <= sizeof(frames));
    if (a->source)
        a->source(a->source_opaque, a->rate, frames, len / AUDIO_FRAME_BYTES);
    memcpy(data, frames, len);
}

struct audio *audio_new(struct machine *m, const char *id)
{
    CHECK(m->n_audios < MACHINE_MAX_AUDIOS);
    struct audio *a = xcalloc(1, sizeof(*a));
    a->id = xstrdup(id);
    a->source_name = xasprintf("audio:%s", id);
    a->machine = m;
    a->door_source = door_add_source(m->door, a->source_name, NULL, answer, a);
    m->audio[m->n_audios++] = a;
    return a;
}

void audio_delete(struct audio *a)
{
    free(a->id);
    free(a->source_name);
    free(a);
}

const char *audio_id(const struct audio *a)
{
    return a->id;
}

static bool sound_call(u32 rate, u32 n)
{
    return rate >= AUDIO_MIN_RATE && rate <= AUDIO_MAX_RATE && n && n <= AUDIO_MAX_FRAMES;
}

void audio_play(struct audio *a, u32 rate, const i16 *frames, u32 n)
{
    CHECK(sound_call(rate, n));
    if (a->sink && !a->muted)
        a->sink(a->sink_opaque, rate, frames, n);
}

void audio_capture(struct audio *a, u32 rate, i16 *frames, u32 n)
{
    CHECK(sound_call(rate, n));
    a->rate = rate;
    door_ask(a->machine->door, a->door_source, frames, n * AUDIO_FRAME_BYTES);
}

void audio_set_sink(struct audio *a,
                    void (*sink)(void *opaque, u32 rate, const i16 *frames, u32 n), void *opaque)
{
    a->sink = sink;
    a->sink_opaque = opaque;
}

void audio_set_source(struct audio *a, void (*source)(void *opaque, u32 rate, i16 *frames, u32 n),
                      void *opaque)
{
    a->source = source;
    a->source_opaque = opaque;
}

void audio_set_muted(struct audio *a, bool muted)
{
    a->muted = muted;
}
