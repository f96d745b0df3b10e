/* audio_wav.c - WAV files for what a guest plays and captures */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Multimedia Programming Interface and Data Specifications 1.0, "Waveform Audio File
 * Format". */
#include "emu/host/audio_wav.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/audio.h"
#include "emu/buf.h"
#include "emu/check.h"
#include "emu/log.h"

enum { HEADER_BYTES = 44, MAX_CHANNELS = 32 };
enum { FORMAT_PCM = 1, FORMAT_FLOAT = 3, FORMAT_EXTENSIBLE = 0xfffe };
#define MAX_DATA (UINT32_MAX - HEADER_BYTES) /* sizes in the header have 32 bits */
#define MAX_INPUT ((u64)1 << 30)

/* Between two rates: where in the input the next frame of the output is, in 2^-32 frames behind
 * `before`, and the two frames that it lies between. */
struct resampler {
    u64 phase;
    i16 before[AUDIO_CHANNELS], after[AUDIO_CHANNELS];
};

#define ONE ((u64)1 << 32)

static i16 between(i16 a, i16 b, u64 phase)
{
    return a + (((i64)b - a) * (i64)(phase >> 8) >> 24);
}

static void shift_in(struct resampler *s, const i16 *frame)
{
    memcpy(s->before, s->after, sizeof(s->before));
    memcpy(s->after, frame, sizeof(s->after));
}

/* ---- writing ---- */

struct audio_wav_writer {
    char *path;
    int fd; /* -1 after an error */
    u32 rate;
    u64 bytes;
    struct resampler resampler;
};

static bool write_all(int fd, const void *data, size_t n, u64 offset)
{
    for (const u8 *p = data; n;) {
        ssize_t k = pwrite(fd, p, n, offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        p += k;
        n -= k;
        offset += k;
    }
    return true;
}

static bool write_header(struct audio_wav_writer *w)
{
    struct buf b = {0};
    u32 rate = w->rate ? w->rate : 44100;
    buf_put(&b, "RIFF", 4);
    buf_put_u32(&b, w->bytes + HEADER_BYTES - 8);
    buf_put(&b, "WAVEfmt ", 8);
    buf_put_u32(&b, 16);
    buf_put_u16(&b, FORMAT_PCM);
    buf_put_u16(&b, AUDIO_CHANNELS);
    buf_put_u32(&b, rate);
    buf_put_u32(&b, rate * AUDIO_FRAME_BYTES);
    buf_put_u16(&b, AUDIO_FRAME_BYTES);
    buf_put_u16(&b, 16);
    buf_put(&b, "data", 4);
    buf_put_u32(&b, w->bytes);
    CHECK(b.len == HEADER_BYTES);
    bool ok = write_all(w->fd, b.data, b.len, 0);
    buf_fini(&b);
    return ok;
}

static void writing_failed(struct audio_wav_writer *w, const char *why)
{
    error_report("-audiodev wav,path=%s: cannot write the file: %s; the rest is lost", w->path,
                 why);
    close(w->fd);
    w->fd = -1;
}

struct audio_wav_writer *audio_wav_create(const char *path, u32 rate)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_report("-audiodev wav,path=%s: cannot make the file: %s", path, strerror(errno));
        return NULL;
    }
    struct audio_wav_writer *w = xcalloc(1, sizeof(*w));
    w->path = xstrdup(path);
    w->fd = fd;
    w->rate = rate;
    w->resampler.phase = ONE;
    if (!write_header(w))
        writing_failed(w, strerror(errno));
    return w;
}

static void append(struct audio_wav_writer *w, const struct buf *b)
{
    if (w->bytes + b->len > MAX_DATA) {
        writing_failed(w, "it has reached 4 GiB");
        return;
    }
    bool ok = write_all(w->fd, b->data, b->len, HEADER_BYTES + w->bytes);
    w->bytes += ok ? b->len : 0;
    if (!ok || !write_header(w))
        writing_failed(w, strerror(errno));
}

static void convert(struct audio_wav_writer *w, u32 rate, const i16 *frames, u32 n, struct buf *out)
{
    struct resampler *s = &w->resampler;
    u64 step = ((u64)rate << 32) / w->rate;
    for (u32 i = 0; i < n; i++) {
        shift_in(s, frames + i * AUDIO_CHANNELS);
        for (s->phase -= ONE; s->phase < ONE; s->phase += step)
            for (unsigned c = 0; c < AUDIO_CHANNELS; c++)
                buf_put_u16(out, between(s->before[c], s->after[c], s->phase));
    }
}

void audio_wav_write(struct audio_wav_writer *w, u32 rate, const i16 *frames, u32 n)
{
    struct buf b = {0};
    if (w->fd < 0)
        return;
    if (!w->rate)
        w->rate = rate;
    if (rate == w->rate)
        buf_put(&b, frames, (size_t)n * AUDIO_FRAME_BYTES);
    else
        convert(w, rate, frames, n, &b);
    append(w, &b);
    buf_fini(&b);
}

void audio_wav_close(struct audio_wav_writer *w)
{
    if (!w)
        return;
    if (w->fd >= 0)
        close(w->fd);
    free(w->path);
    free(w);
}

/* ---- reading ---- */

struct audio_wav_reader {
    u8 *file; /* the whole of it */
    const u8 *data;
    u64 n_frames, at; /* `at`: the next one to shift in */
    u32 rate;
    unsigned channels, sample_bytes;
    bool is_float;
    struct resampler resampler;
};

static u8 *read_file(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a fifo would wait for a writer */
    if (fd < 0 || fstat(fd, &st)) {
        error_report("-audiodev wav,in.path=%s: cannot open the file: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode) || (u64)st.st_size > MAX_INPUT) {
        error_report("-audiodev wav,in.path=%s: this is not a regular file of at most 1 GiB",
                     path);
    } else {
        u8 *p = xmalloc(st.st_size + 1);
        ssize_t n = read(fd, p, st.st_size);
        close(fd);
        *size = MAX(n, 0);
        return p;
    }
    if (fd >= 0)
        close(fd);
    return NULL;
}

/* Of WAVEFORMATEXTENSIBLE, what a GUID of the usual kind says. */
static u16 sub_format(struct reader chunk)
{
    static const u8 rest[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
    reader_bytes(&chunk, 24);
    u16 format = reader_u16(&chunk);
    const u8 *p = reader_bytes(&chunk, sizeof(rest));
    return p && !memcmp(p, rest, sizeof(rest)) ? format : 0;
}

static bool read_format(struct audio_wav_reader *r, struct reader chunk)
{
    struct reader all = chunk;
    u16 format = reader_u16(&chunk);
    r->channels = reader_u16(&chunk);
    r->rate = reader_u32(&chunk);
    reader_u32(&chunk);
    u16 frame = reader_u16(&chunk), bits = reader_u16(&chunk);
    r->sample_bytes = bits / 8;
    if (format == FORMAT_EXTENSIBLE)
        format = sub_format(all);
    r->is_float = format == FORMAT_FLOAT && bits == 32;
    return !chunk.bad && (format == FORMAT_PCM || r->is_float) && bits % 8 == 0 &&
           bits >= 8 && bits <= 32 && r->channels >= 1 && r->channels <= MAX_CHANNELS &&
           frame == r->channels * r->sample_bytes && r->rate >= AUDIO_MIN_RATE &&
           r->rate <= AUDIO_MAX_RATE;
}

/* A file whose writer was killed may say less or more than there is: what is there counts. */
static bool parse(struct audio_wav_reader *r, size_t size)
{
    struct reader in = reader_of(r->file, size);
    const u8 *riff = reader_bytes(&in, 12);
    bool has_format = false;

    if (!riff || memcmp(riff, "RIFF", 4) || memcmp(riff + 8, "WAVE", 4))
        return false;
    while (reader_left(&in) >= 8) {
        const u8 *name = reader_bytes(&in, 4);
        u32 len = reader_u32(&in);
        size_t n = MIN((size_t)len, reader_left(&in));
        const u8 *content = reader_bytes(&in, n);
        if (!memcmp(name, "fmt ", 4)) {
            if (!(has_format = read_format(r, reader_of(content, n))))
                return false;
        } else if (!memcmp(name, "data", 4) && has_format) {
            r->data = content;
            r->n_frames = n / (r->channels * r->sample_bytes);
            return true;
        }
        if ((n & 1) && reader_left(&in))
            reader_u8(&in);
    }
    return false;
}

struct audio_wav_reader *audio_wav_open(const char *path)
{
    size_t size;
    u8 *file = read_file(path, &size);
    if (!file)
        return NULL;
    struct audio_wav_reader *r = xcalloc(1, sizeof(*r));
    r->file = file;
    r->resampler.phase = ONE;
    if (parse(r, size))
        return r;
    error_report("-audiodev wav,in.path=%s: this is not a WAV file of PCM samples with 8, 16, 24 "
                 "or 32 bits, or of 32-bit floating point",
                 path);
    audio_wav_delete(r);
    return NULL;
}

/* -1 to 1; what is no number is silence. */
static i16 float_sample(const u8 *p)
{
    float v;
    memcpy(&v, p, sizeof(v));
    return v >= 1 ? INT16_MAX : v <= -1 ? INT16_MIN : v == v ? (i16)(v * 32768) : 0;
}

/* The upper 16 bits of a sample; those of 8 bits are unsigned. */
static i16 sample(const struct audio_wav_reader *r, const u8 *p)
{
    if (r->is_float)
        return float_sample(p);
    if (r->sample_bytes == 1)
        return (i16)((*p - 128) * 256);
    p += r->sample_bytes - 2;
    return (i16)(p[0] | p[1] << 8);
}

static void next_frame(struct audio_wav_reader *r)
{
    i16 frame[AUDIO_CHANNELS] = {0};
    if (r->at < r->n_frames) {
        const u8 *p = r->data + r->at * r->channels * r->sample_bytes;
        frame[0] = sample(r, p);
        frame[1] = r->channels > 1 ? sample(r, p + r->sample_bytes) : frame[0];
        r->at++;
    }
    shift_in(&r->resampler, frame);
}

void audio_wav_read(struct audio_wav_reader *r, u32 rate, i16 *frames, u32 n)
{
    struct resampler *s = &r->resampler;
    u64 step = ((u64)r->rate << 32) / rate;
    for (u32 i = 0; i < n; i++, s->phase += step) {
        for (; s->phase >= ONE; s->phase -= ONE)
            next_frame(r);
        if (rate == r->rate) { /* no need to look one frame ahead */
            memcpy(frames + i * AUDIO_CHANNELS, s->after, AUDIO_FRAME_BYTES);
            continue;
        }
        for (unsigned c = 0; c < AUDIO_CHANNELS; c++)
            frames[i * AUDIO_CHANNELS + c] = between(s->before[c], s->after[c], s->phase);
    }
}

void audio_wav_delete(struct audio_wav_reader *r)
{
    if (!r)
        return;
    free(r->file);
    free(r);
}
