/* config_drives.c - the drives of a machine's configuration */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/config_drives.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/disk.h"

/* size,digest,id,image,interface,index,cdrom,readonly | snapshot,format,path */
enum { COUNTED_FIELDS = 8, FIELDS = 11 };

void config_drive_fini(struct config_drive *d)
{
    free(d->id);
    free(d->image);
    free(d->format);
    free(d->path);
    disk_image_close(d->opened);
    *d = (struct config_drive){0};
}

bool config_drive_id_ok(const char *id)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t n = strlen(id);
    return n && n <= CONFIG_MAX_ID && strspn(id, letters) == n;
}

void config_drive_save(const struct config_drive *d, struct buf *out)
{
    if (!d->id)
        return;
    buf_printf(out, "%" PRIu64 ",%016" PRIx64 ",%s,%s,%d,%u,%d,%d,%d,%s,", d->size, d->digest,
               d->id, d->image, (int)d->interface, d->index, d->cdrom, d->readonly, d->snapshot,
               d->format);
    for (const char *s = d->path; *s; s++) {
        if (*s == '\n' || *s == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, *s == '\n' ? 'n' : *s);
    }
}

/* The fields' starts, and one more for the end; false if there are too few. The last has all that
 * is left. */
static bool split(const char *text, size_t n, const char *field[FIELDS + 1])
{
    const char *end = text + n;
    for (unsigned i = 0; i < FIELDS; i++) {
        field[i] = text;
        const char *comma = i + 1 < FIELDS ? memchr(text, ',', end - text) : end;
        if (!comma)
            return false;
        text = comma + 1;
    }
    field[FIELDS] = text;
    return true;
}

static char *copy(const char *const *field, unsigned i)
{
    return strndup(field[i], field[i + 1] - field[i] - 1);
}

static bool number(const char *const *field, unsigned i, int base, u64 most, u64 *v)
{
    char *text = copy(field, i), *end;
    errno = 0;
    *v = strtoull(text, &end, base);
    bool ok = *text && text[0] != '-' && text[0] != '+' && text[0] != ' ' && !*end && !errno &&
              *v <= most;
    free(text);
    return ok;
}

/* Undoes the escapes, in place; false when ill-formed. */
static bool unescape(char *s)
{
    char *o = s;
    for (; *s; s++) {
        bool escape = *s == '\\';
        if (escape && *++s != 'n' && *s != '\\')
            return false;
        *o++ = escape && *s == 'n' ? '\n' : *s;
    }
    *o = 0;
    return true;
}

bool config_drive_load(struct config_drive *d, const char *text, size_t n)
{
    const char *field[FIELDS + 1];
    u64 v[FIELDS] = {0};

    config_drive_fini(d);
    if (!n)
        return true;
    if (memchr(text, 0, n) || !split(text, n, field) ||
        !number(field, 0, 10, DISK_MAX_SIZE, &v[0]) ||
        !number(field, 1, 16, UINT64_MAX, &v[1]) || !number(field, 4, 10, DRIVE_SD, &v[4]) ||
        !number(field, 5, 10, UINT8_MAX, &v[5]))
        return false;
    for (unsigned i = 6; i <= 8; i++)
        if (!number(field, i, 10, 1, &v[i]))
            return false;
    *d = (struct config_drive){
        .size = v[0], .digest = v[1], .interface = v[4], .index = v[5], .cdrom = v[6],
        .readonly = v[7], .snapshot = v[8], .id = copy(field, 2), .image = copy(field, 3),
        .format = copy(field, 9), .path = copy(field, 10)};
    return config_drive_id_ok(d->id) && (!*d->image || config_drive_id_ok(d->image)) &&
           strlen(d->format) < 16 && unescape(d->path);
}

void config_drive_print(const char *text, size_t n, struct buf *out)
{
    const char *f[FIELDS + 1];
    if (!split(text, n, f)) {
        buf_printf(out, "none");
        return;
    }
    buf_printf(out, "%.*s: %.*s (%.*s bytes, digest %.*s)%s", (int)MIN(f[3] - f[2] - 1, 64), f[2],
               (int)MIN(f[11] - f[10] - 1, 200), f[10], (int)MIN(f[1] - f[0] - 1, 32), f[0],
               (int)MIN(f[2] - f[1] - 1, 32), f[1], f[7][0] == '1' ? ", read-only" : "");
}

void config_drive_print_option(const struct config_drive *d, struct buf *out)
{
    static const char *const interfaces[] = {"none", "ide", "virtio", "pflash", "sd"};
    if (!d->id)
        return;
    if (*d->image) {
        buf_printf(out, " -drive driver=blkreplay,if=none,image=%s,id=%s", d->image, d->id);
        return;
    }
    buf_printf(out, " -drive 'file=%s,if=%s,id=%s", d->path, interfaces[d->interface], d->id);
    if (d->interface != DRIVE_NONE)
        buf_printf(out, ",index=%u", d->index);
    buf_printf(out, "%s%s%s%s%s'", d->cdrom ? ",media=cdrom" : "", *d->format ? ",format=" : "",
               d->format, d->snapshot ? ",snapshot=on" : "", d->readonly ? ",readonly=on" : "");
}

size_t config_drive_counted(const char *text, size_t n)
{
    const char *field[FIELDS + 1];
    return split(text, n, field) ? (size_t)(field[COUNTED_FIELDS] - text) : n;
}
