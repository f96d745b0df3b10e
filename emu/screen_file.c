/* screen_file.c - a picture as a file: PNG or PPM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: PNG specification (W3C), 5 (chunks), 7.2 (scan lines), 9 (filters: none is used), 11.2.
 */
#include "emu/screen_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "emu/check.h"

static void put_be32(struct buf *out, u32 v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_put_u8(out, v >> shift);
}

static void put_pixel(u8 *to, u32 pixel)
{
    to[0] = pixel >> 16;
    to[1] = pixel >> 8;
    to[2] = pixel;
}

static void put_chunk(struct buf *out, const char type[5], const void *data, u32 n)
{
    put_be32(out, n);
    size_t at = out->len;
    buf_put(out, type, 4);
    buf_put(out, data, n);
    put_be32(out, crc32(0, out->data + at, n + 4));
}

/* Each line is a filter's number, 0 for none, and its pixels. */
static void put_lines(const struct screen *s, struct buf *out)
{
    struct buf raw = {0};
    for (u32 y = 0; y < s->height; y++) {
        buf_put_u8(&raw, 0);
        u8 *to = buf_grow(&raw, 3 * (size_t)s->width);
        for (u32 x = 0; x < s->width; x++)
            put_pixel(to + 3 * x, s->pixels[(size_t)y * s->width + x]);
    }
    uLongf n = compressBound(raw.len);
    u8 *packed = xmalloc(n);
    CHECK(compress2(packed, &n, raw.data, raw.len, 6) == Z_OK);
    put_chunk(out, "IDAT", packed, n);
    free(packed);
    buf_fini(&raw);
}

static void encode_png(const struct screen *s, struct buf *out)
{
    enum { BITS = 8, RGB = 2 };
    struct buf header = {0};
    buf_put(out, "\x89PNG\r\n\x1a\n", 8);
    put_be32(&header, s->width);
    put_be32(&header, s->height);
    buf_put(&header, (u8[]){BITS, RGB, 0, 0, 0}, 5);
    put_chunk(out, "IHDR", header.data, header.len);
    put_lines(s, out);
    put_chunk(out, "IEND", "", 0);
    buf_fini(&header);
}

static void encode_ppm(const struct screen *s, struct buf *out)
{
    buf_printf(out, "P6\n%u %u\n255\n", s->width, s->height);
    u8 *to = buf_grow(out, 3 * (size_t)s->width * s->height);
    for (size_t i = 0; i < (size_t)s->width * s->height; i++)
        put_pixel(to + 3 * i, s->pixels[i]);
}

void screen_encode(const struct screen *s, enum screen_format format, struct buf *out)
{
    (format == SCREEN_PNG ? encode_png : encode_ppm)(s, out);
}

enum screen_format screen_format_of(const char *path)
{
    size_t n = strlen(path);
    return n > 4 && !strcmp(path + n - 4, ".png") ? SCREEN_PNG : SCREEN_PPM;
}

static bool write_file(const char *path, const struct buf *data, struct buf *why)
{
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(data->data, 1, data->len, f) == data->len;
    int error = errno;
    if (f && fclose(f) && ok) {
        ok = false;
        error = errno;
    }
    if (!ok)
        buf_printf(why, "%s: cannot write the picture: %s", path, strerror(error));
    return ok;
}

bool screen_save(const struct screen_source *source, const char *path, enum screen_format format,
                 struct buf *why)
{
    struct screen s = {0};
    struct buf data = {0};
    source->render(source->opaque, &s);
    screen_encode(&s, format, &data);
    bool ok = write_file(path, &data, why);
    buf_fini(&data);
    screen_fini(&s);
    return ok;
}
