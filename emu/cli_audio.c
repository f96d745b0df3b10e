/* cli_audio.c - -audiodev: where the sound cards' cables go */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/host/audio_wav.h"
#include "emu/items.h"
#include "emu/log.h"

/* One -audiodev. Strings are owned; NULL: not given. */
struct audiodev {
    char *id, *out, *in;
    u32 rate; /* of the file played to; 0: that of the first sound */
    bool used;
};

struct cli_audio {
    struct audiodev dev[CLI_MAX_AUDIODEVS];
    unsigned n;
    struct audio_wav_writer *writer[MACHINE_MAX_AUDIOS];
    struct audio_wav_reader *reader[MACHINE_MAX_AUDIOS];
};

/* ---- the options ---- */

static void keep(char **p, const char *text)
{
    free(*p);
    *p = xstrdup(text);
}

/* What QEMU has for its own mixing, and nothing depends on here. */
static bool is_tuning(const struct item *it)
{
    static const char *const keys[] = {
        "timer-period",      "in.voices",         "out.voices",       "in.channels",
        "out.channels",      "in.format",         "out.format",       "in.mixing-engine",
        "out.mixing-engine", "in.fixed-settings", "in.buffer-length", "out.fixed-settings",
        "in.frequency",      "out.buffer-length"};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (item_is(it, keys[i]))
            return true;
    return false;
}

static bool parse_rate(const char *text, u32 *rate)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    *rate = v;
    return end > text && !*end && v >= AUDIO_MIN_RATE && v <= AUDIO_MAX_RATE;
}

static bool parse_item(struct audiodev *d, const struct item *it, const char *text, bool *wav)
{
    if (item_is(it, "driver") || !it->has_key) {
        *wav = !strcmp(it->value, "wav");
        return *wav || !strcmp(it->value, "none") ||
               error_report("-audiodev %.200s: the drivers here are wav and none", text);
    }
    if (item_is(it, "id"))
        keep(&d->id, it->value);
    else if (*wav && item_is(it, "path"))
        keep(&d->out, it->value);
    else if (*wav && item_is(it, "in.path"))
        keep(&d->in, it->value);
    else if (item_is(it, "out.frequency"))
        return parse_rate(it->value, &d->rate) ||
               error_report("-audiodev %.200s: out.frequency is a number from %d to %d", text,
                            AUDIO_MIN_RATE, AUDIO_MAX_RATE);
    else if (!is_tuning(it))
        return item_unknown("audiodev", it);
    return true;
}

static void free_audiodev(struct audiodev *d)
{
    free(d->id);
    free(d->out);
    free(d->in);
    *d = (struct audiodev){0};
}

static bool parse_audiodev(const char *text, struct audiodev *d)
{
    struct item it;
    bool wav = false;
    *d = (struct audiodev){0};
    for (const char *p = text; item_next(&p, &it);)
        if (!parse_item(d, &it, text, &wav))
            return false;
    if (!d->id)
        return error_report("-audiodev %.200s: id=ID is missing: the name that a sound card's "
                            "audiodev= calls it by",
                            text);
    if (wav && !d->out && !d->in)
        keep(&d->out, "qemu.wav"); /* as QEMU */
    return true;
}

bool cli_audiodev_option(struct cli *c, const char *option, const char *arg)
{
    struct audiodev d;
    if (!strcmp(arg, "help")) {
        puts("none\nwav");
        return c->done = true;
    }
    bool ok = parse_audiodev(arg, &d);
    free_audiodev(&d);
    if (ok && c->n_audiodev == CLI_MAX_AUDIODEVS)
        return error_report("-%s %.200s: there are %d of them at most", option, arg,
                            CLI_MAX_AUDIODEVS);
    if (ok)
        c->audiodev[c->n_audiodev++] = xstrdup(arg);
    return ok;
}

bool cli_soundhw_option(struct cli *c, const char *option, const char *arg)
{
    if (!strcmp(arg, "help")) {
        puts("ac97");
        return c->done = true;
    }
    if (strcmp(arg, "ac97"))
        return error_report("-%s %.200s: the sound card of this board is ac97", option, arg);
    return config_add_device(&c->config, "AC97") ||
           error_report("-%s %s: there are too many devices", option, arg);
}

/* ---- the cables ---- */

static void play(void *opaque, u32 rate, const i16 *frames, u32 n)
{
    audio_wav_write(opaque, rate, frames, n);
}

static void capture(void *opaque, u32 rate, i16 *frames, u32 n)
{
    audio_wav_read(opaque, rate, frames, n);
}

/* A card that names none takes the first. */
static struct audiodev *find(struct cli_audio *s, const char *id)
{
    for (unsigned i = 0; i < s->n; i++)
        if (!strcmp(s->dev[i].id, id))
            return &s->dev[i];
    return s->n && !strcmp(id, AUDIO_DEFAULT_ID) ? &s->dev[0] : NULL;
}

static bool connect_card(struct cli_audio *s, struct audio *a, unsigned i, bool replay)
{
    struct audiodev *d = find(s, audio_id(a));
    if (!d && !replay && strcmp(audio_id(a), AUDIO_DEFAULT_ID))
        return error_report("-device AC97,audiodev=%s: there is no -audiodev with this id",
                            audio_id(a));
    if (!d)
        return true;
    if (d->used && d->out)
        return error_report("-audiodev id=%s: it is used by two sound cards", d->id);
    d->used = true;
    if (d->out && !(s->writer[i] = audio_wav_create(d->out, d->rate)))
        return false;
    if (s->writer[i])
        audio_set_sink(a, play, s->writer[i]);
    /* What was captured is in the recording. */
    if (d->in && !replay && !(s->reader[i] = audio_wav_open(d->in)))
        return false;
    if (s->reader[i])
        audio_set_source(a, capture, s->reader[i]);
    return true;
}

struct cli_audio *cli_audio_open(const struct cli *c, struct machine *m)
{
    struct cli_audio *s = xcalloc(1, sizeof(*s));
    bool ok = true;
    for (unsigned i = 0; i < c->n_audiodev && ok; i++)
        ok = parse_audiodev(c->audiodev[i], &s->dev[s->n++]);
    for (u32 i = 0; i < m->n_audios && ok; i++)
        ok = connect_card(s, m->audio[i], i, c->mode == MODE_REPLAY);
    if (ok)
        return s;
    cli_audio_close(s);
    return NULL;
}

void cli_audio_close(struct cli_audio *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < MACHINE_MAX_AUDIOS; i++) {
        audio_wav_close(s->writer[i]);
        audio_wav_delete(s->reader[i]);
    }
    for (unsigned i = 0; i < s->n; i++)
        free_audiodev(&s->dev[i]);
    free(s);
}
