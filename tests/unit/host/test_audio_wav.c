/* test_audio_wav.c - WAV files written and read */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/buf.h"
#include "emu/host/audio_wav.h"

static char path[] = "/tmp/hindsight-wav-XXXXXX";

static void set_up(void)
{
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

static void tear_down(void)
{
    unlink(path);
}

TestSuite(audio_wav, .init = set_up, .fini = tear_down);

static void put_file(const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    cr_assert(f && fwrite(data, 1, n, f) == n && !fclose(f));
}

static struct buf get_file(void)
{
    struct buf b = {0};
    FILE *f = fopen(path, "rb");
    b.len = fread(buf_grow(&b, 1 << 20), 1, 1 << 20, f);
    fclose(f);
    return b;
}

static u32 word(const struct buf *b, size_t at)
{
    u32 v;
    memcpy(&v, b->data + at, 4);
    return v;
}

static struct buf wav(u16 channels, u16 bits, u32 rate, const void *data, u32 n)
{
    struct buf b = {0};
    buf_put(&b, "RIFF", 4);
    buf_put_u32(&b, 36 + n);
    buf_put(&b, "WAVELIST\x03\0\0\0abc\0fmt ", 20); /* a chunk of odd length before it */
    buf_put_u32(&b, 16);
    buf_put_u16(&b, 1);
    buf_put_u16(&b, channels);
    buf_put_u32(&b, rate);
    buf_put_u32(&b, rate * channels * bits / 8);
    buf_put_u16(&b, channels * bits / 8);
    buf_put_u16(&b, bits);
    buf_put(&b, "data", 4);
    buf_put_u32(&b, n);
    buf_put(&b, data, n);
    return b;
}

Test(audio_wav, the_header_is_right_at_any_time)
{
    i16 frames[] = {1, -1, 2, -2, 3, -3};
    struct audio_wav_writer *w = audio_wav_create(path, 0);
    struct buf b = get_file();
    cr_assert_eq(b.len, 44);
    cr_assert_eq(word(&b, 40), 0);
    buf_fini(&b);
    audio_wav_write(w, 22050, frames, 3);
    b = get_file(); /* while it is open */
    cr_assert_eq(b.len, 56);
    cr_assert_eq(word(&b, 4), 48);
    cr_assert_eq(word(&b, 24), 22050, "the rate of the first sound");
    cr_assert_eq(word(&b, 40), 12);
    cr_assert(!memcmp(b.data + 44, frames, 12));
    buf_fini(&b);
    audio_wav_close(w);
}

Test(audio_wav, another_rate_is_converted)
{
    i16 frames[2000];
    for (int i = 0; i < 1000; i++)
        frames[2 * i] = frames[2 * i + 1] = 8 * i;
    struct audio_wav_writer *w = audio_wav_create(path, 48000);
    audio_wav_write(w, 24000, frames, 500);
    audio_wav_write(w, 24000, frames + 1000, 500);
    audio_wav_close(w);
    struct buf b = get_file();
    cr_assert_eq(word(&b, 24), 48000);
    cr_assert_eq(b.len, 44 + 2000 * 4);
    const i16 *got = (const i16 *)(b.data + 44);
    for (int i = 2; i < 2000; i++)
        cr_assert_eq(got[2 * i], 4 * (i - 2), "frame %d: %d", i, got[2 * i]);
    buf_fini(&b);
}

Test(audio_wav, reads_what_is_there_and_then_silence)
{
    i16 data[] = {5, 6, 7, 8}, got[8];
    struct buf b = wav(2, 16, 8000, data, sizeof(data));
    put_file(b.data, b.len);
    struct audio_wav_reader *r = audio_wav_open(path);
    cr_assert(r);
    audio_wav_read(r, 8000, got, 1);
    audio_wav_read(r, 8000, got + 2, 3);
    i16 wanted[] = {5, 6, 7, 8, 0, 0, 0, 0};
    cr_assert(!memcmp(got, wanted, sizeof(got)));
    audio_wav_delete(r);
    buf_fini(&b);
}

Test(audio_wav, other_widths)
{
    u8 eight[] = {0, 128, 255};
    i16 got[6];
    struct buf b = wav(1, 8, 8000, eight, 3);
    put_file(b.data, b.len);
    struct audio_wav_reader *r = audio_wav_open(path);
    audio_wav_read(r, 8000, got, 3);
    i16 wanted[] = {-32768, -32768, 0, 0, 32512, 32512};
    cr_assert(!memcmp(got, wanted, sizeof(got)));
    audio_wav_delete(r);
    buf_fini(&b);

    u8 wide[] = {9, 0x34, 0x12, 9, 0xff, 0xff, 1, 2, 3};
    b = wav(3, 24, 8000, wide, 9);
    put_file(b.data, b.len);
    r = audio_wav_open(path);
    audio_wav_read(r, 8000, got, 1);
    cr_assert(got[0] == 0x1234 && got[1] == -1);
    audio_wav_delete(r);
    buf_fini(&b);
}

/* WAVEFORMATEXTENSIBLE: what the samples are is in a GUID. */
Test(audio_wav, extensible)
{
    static const u8 rest[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71};
    static const float data[] = {0.5f, -0.25f, 2, -1, __builtin_nanf(""), 0};
    static const i16 wanted[] = {16384, -8192, 32767, -32768, 0, 0};
    i16 got[6];

    for (u16 format = 1; format <= 6; format++) {
        struct buf b = {0};
        buf_put(&b, "RIFF\0\0\0\0WAVEfmt ", 16);
        buf_put_u32(&b, 40);
        buf_put_u16(&b, 0xfffe);
        buf_put_u16(&b, 2);
        buf_put_u32(&b, 8000);
        buf_put_u32(&b, 64000);
        buf_put_u16(&b, 8);
        buf_put_u16(&b, 32);
        buf_put(&b, "\x16\0\x20\0\3\0\0\0", 8);
        buf_put_u16(&b, format);
        buf_put(&b, rest, sizeof(rest));
        buf_put(&b, "data", 4);
        buf_put_u32(&b, sizeof(data));
        buf_put(&b, data, sizeof(data));
        put_file(b.data, b.len);
        struct audio_wav_reader *r = audio_wav_open(path);
        cr_assert_eq(r != NULL, format == 1 || format == 3, "format %u", format);
        if (format == 3) {
            audio_wav_read(r, 8000, got, 3);
            cr_assert(!memcmp(got, wanted, sizeof(got)));
        }
        audio_wav_delete(r);
        buf_fini(&b);
    }
}

Test(audio_wav, reads_at_another_rate)
{
    i16 data[200], got[200];
    for (int i = 0; i < 100; i++)
        data[2 * i] = data[2 * i + 1] = 100 * i;
    struct buf b = wav(2, 16, 16000, data, sizeof(data));
    put_file(b.data, b.len);
    struct audio_wav_reader *r = audio_wav_open(path);
    audio_wav_read(r, 32000, got, 100);
    for (int i = 2; i < 100; i++)
        cr_assert_eq(got[2 * i], 50 * (i - 2), "frame %d: %d", i, got[2 * i]);
    audio_wav_delete(r);
    buf_fini(&b);
}

/* Cut off anywhere, or with any byte changed, it is refused or read within its bounds. */
Test(audio_wav, ill_formed)
{
    i16 data[] = {5, 6, 7, 8}, got[16];
    struct buf b = wav(2, 16, 8000, data, sizeof(data));
    cr_assert_null(audio_wav_open("/nonexistent/file"));
    for (size_t n = 0; n < b.len; n++) {
        put_file(b.data, n);
        struct audio_wav_reader *r = audio_wav_open(path);
        if (r)
            audio_wav_read(r, 8000, got, 8);
        cr_assert(!r == (n < b.len - sizeof(data)), "%zu bytes", n);
        audio_wav_delete(r);
    }
    for (size_t i = 0; i < b.len; i++) {
        u8 was = b.data[i];
        b.data[i] ^= 0xa5;
        put_file(b.data, b.len);
        struct audio_wav_reader *r = audio_wav_open(path);
        if (r)
            audio_wav_read(r, 8000, got, 8);
        audio_wav_delete(r);
        b.data[i] = was;
    }
    buf_fini(&b);
}
