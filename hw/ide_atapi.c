/* ide_atapi.c - a CD drive's packets */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: ATA/ATAPI-6 (T13/1410D), 9.8 (PACKET protocol); MMC-3 (T10/1363-D), chapter 6
 * (commands), 6.6 (GET EVENT STATUS NOTIFICATION), 6.27 (READ TOC), 6.40 (START STOP UNIT); SPC-2,
 * 7.23 (sense data).
 */
#include <stdio.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/medium.h"
#include "hw/ide.h"

enum { PACKET_BYTES = 12, FEATURE_DMA = 1 };
enum { SENSE_NONE = 0, SENSE_NOT_READY = 2, SENSE_ILLEGAL = 5, SENSE_ATTENTION = 6 };
enum {
    ASC_OPCODE = 0x20,
    ASC_RANGE = 0x21,
    ASC_FIELD = 0x24,
    ASC_MEDIUM_CHANGED = 0x28,
    ASC_NO_MEDIUM = 0x3a,
    ASC_REMOVAL_PREVENTED = 0x53,
};
enum { START = 1, LOAD_EJECT = 2 };
enum { EVENT_NONE, EVENT_EJECT_REQUEST, EVENT_NEW_MEDIA, EVENT_MEDIA_REMOVAL };
enum { MEDIA_TRAY_OPEN = 1, MEDIA_PRESENT = 2 };
enum {
    CD_TEST_UNIT_READY = 0x00,
    CD_REQUEST_SENSE = 0x03,
    CD_INQUIRY = 0x12,
    CD_MODE_SENSE_6 = 0x1a,
    CD_START_STOP = 0x1b,
    CD_PREVENT_REMOVAL = 0x1e,
    CD_READ_CAPACITY = 0x25,
    CD_READ_10 = 0x28,
    CD_SEEK = 0x2b,
    CD_READ_TOC = 0x43,
    CD_GET_CONFIGURATION = 0x46,
    CD_GET_EVENT = 0x4a,
    CD_READ_DISC_INFO = 0x51,
    CD_MODE_SENSE_10 = 0x5a,
    CD_READ_12 = 0xa8,
    CD_SET_SPEED = 0xbb,
    CD_MECHANISM_STATUS = 0xbd,
    CD_READ_CD = 0xbe,
};
enum { PROFILE_CD = 0x08, PROFILE_DVD = 0x10 };
#define CD_MOST (900 * MiB) /* a larger medium is a DVD */

static u16 be16(const u8 *p)
{
    return p[0] << 8 | p[1];
}

static u32 be32(const u8 *p)
{
    return (u32)be16(p) << 16 | be16(p + 2);
}

static void put16(u8 *p, u16 v)
{
    p[0] = v >> 8;
    p[1] = v;
}

static void put32(u8 *p, u32 v)
{
    put16(p, v >> 16);
    put16(p + 2, v);
}

static u32 cd_sectors(const struct ide_drive *d)
{
    return (u32)(disk_size(d->disk) / CD_SECTOR);
}

/* ---- the tray ---- */

static bool has_medium(const struct ide_drive *d)
{
    return !d->tray_open && disk_size(d->disk);
}

static void move_tray(struct ide_drive *d, bool open)
{
    if (d->tray_open == open)
        return;
    d->tray_open = open;
    d->attention = has_medium(d);
    if (disk_size(d->disk))
        d->media_event = open ? EVENT_MEDIA_REMOVAL : EVENT_NEW_MEDIA;
}

/* Somebody outside has put one in, or taken it and left the tray open. */
static void changed(void *opaque, bool inserted)
{
    struct ide_drive *d = opaque;
    d->tray_open = !inserted;
    d->attention = inserted;
    d->media_event = inserted ? EVENT_NEW_MEDIA : EVENT_MEDIA_REMOVAL;
}

static void asked(void *opaque)
{
    struct ide_drive *d = opaque;
    d->media_event = EVENT_EJECT_REQUEST;
}

static bool is_locked(void *opaque)
{
    const struct ide_drive *d = opaque;
    return d->locked && !d->tray_open;
}

void ide_atapi_plug(struct ide_drive *d)
{
    const struct medium_drive drive = {changed, asked, is_locked, d};
    struct medium *md = medium_of(d->disk);
    if (md)
        medium_set_drive(md, &drive);
}

void ide_atapi_identify(struct ide_channel *c, struct ide_drive *d)
{
    char serial[21];
    u16 w[256] = {0};

    snprintf(serial, sizeof(serial), "HS%05u", d->number + 1);
    w[0] = 0x8580; /* ATAPI, CD-ROM, removable, 12-byte packets, DRQ within 3 ms */
    ide_put_string(w, 10, 10, serial);
    ide_put_string(w, 23, 4, "1.0");
    ide_put_string(w, 27, 20, "HINDSIGHT CD-ROM");
    w[48] = 1;
    w[49] = 0x0b00;
    w[53] = 7;
    w[63] = 7 | (d->transfer_mode >> 3 == 4 ? 0x100 << (d->transfer_mode & 7) : 0);
    w[64] = 3;
    w[65] = w[66] = w[67] = w[68] = 120;
    w[80] = 0x7e;
    w[82] = 0x4210; /* NOP, DEVICE RESET, PACKET */
    w[83] = w[84] = w[87] = 0x4000;
    w[85] = 0x4210;
    w[88] = 0x3f | (d->transfer_mode >> 3 == 8 ? 0x100 << (d->transfer_mode & 7) : 0);
    memcpy(c->buffer, w, sizeof(w));
    ide_offer(c, sizeof(w));
}

/* ---- the protocol ---- */

void ide_atapi_packet(struct ide_channel *c, struct ide_drive *d)
{
    ide_wait(c, IDE_PACKET, NEVER);
    c->position = 0;
    c->length = PACKET_BYTES;
    d->count[0] = IDE_REASON_CD;
    d->status = IDE_DRDY | IDE_DSC | IDE_DRQ;
}

void ide_atapi_announce(struct ide_drive *d, u32 n)
{
    d->count[0] = IDE_REASON_IO;
    d->mid[0] = n;
    d->high[0] = n >> 8;
}

void ide_atapi_finish(struct ide_channel *c, struct ide_drive *d)
{
    if (c->left) { /* more of a reply than the guest takes at once */
        u32 n = (u32)MIN(c->left, (u64)c->block), from = c->length;
        c->left -= n;
        memmove(c->buffer, c->buffer + from, MIN(n, IDE_BUFFER - from));
        ide_offer(c, n);
        return;
    }
    d->sense_key = d->asc = d->ascq = 0;
    d->count[0] = IDE_REASON_IO | IDE_REASON_CD;
    ide_done(c);
}

void ide_atapi_fail(struct ide_channel *c, struct ide_drive *d, u8 key, u8 asc)
{
    d->sense_key = key;
    d->asc = asc;
    d->ascq = 0;
    d->count[0] = IDE_REASON_IO | IDE_REASON_CD;
    ide_fail(c, key << 4 | IDE_ABRT);
}

/* What the guest takes at once: an even number of bytes. */
static u32 byte_limit(const struct ide_drive *d)
{
    u32 n = d->high[0] << 8 | d->mid[0];
    return n < 2 ? 0xfffe : n & ~1u;
}

/* The first n bytes of the buffer, as many as the guest has asked for. */
static void reply(struct ide_channel *c, struct ide_drive *d, u32 n, u32 asked)
{
    n = MIN(n, asked);
    c->from_disk = false;
    if (!n) {
        c->left = 0;
        ide_atapi_finish(c, d);
        return;
    }
    if (d->features & FEATURE_DMA) {
        c->left = n;
        c->offset = 0;
        ide_start_dma(c);
        return;
    }
    c->block = byte_limit(d);
    u32 now = MIN(n, c->block);
    c->left = n - now;
    ide_offer(c, now);
}

static void read_sectors(struct ide_channel *c, struct ide_drive *d, u32 lba, u32 n)
{
    if (lba > cd_sectors(d) || n > cd_sectors(d) - lba) {
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_RANGE);
        return;
    }
    c->offset = (u64)lba * CD_SECTOR;
    c->left = (u64)n * CD_SECTOR;
    c->from_disk = true;
    u32 limit = byte_limit(d);
    c->block = limit < CD_SECTOR ? limit : MIN(limit / CD_SECTOR * CD_SECTOR, IDE_BUFFER);
    if (!n) {
        ide_atapi_finish(c, d);
    } else if (d->features & FEATURE_DMA) {
        ide_start_dma(c);
    } else {
        ide_start_reading(c);
    }
}

/* ---- the commands ---- */

static void request_sense(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    u8 *b = c->buffer;
    memset(b, 0, 18);
    b[0] = 0x70;
    b[2] = d->attention ? SENSE_ATTENTION : d->sense_key;
    b[7] = 10;
    b[12] = d->attention ? ASC_MEDIUM_CHANGED : d->asc;
    b[13] = d->ascq;
    d->attention = false;
    d->sense_key = d->asc = d->ascq = 0;
    reply(c, d, 18, p[4]);
}

static void inquiry(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    u8 *b = c->buffer;
    memset(b, 0, 36);
    b[0] = 5;    /* CD-ROM */
    b[1] = 0x80; /* removable */
    b[3] = 0x21;
    b[4] = 31;
    memcpy(b + 8, "HNDSIGHTCD-ROM          1.0 ", 28);
    reply(c, d, 36, be16(p + 3));
}

static void read_capacity(struct ide_channel *c, struct ide_drive *d)
{
    put32(c->buffer, cd_sectors(d) - 1);
    put32(c->buffer + 4, CD_SECTOR);
    reply(c, d, 8, 8);
}

static void put_position(u8 *p, u32 lba, bool msf)
{
    u32 frame = lba + 150;
    if (msf)
        put32(p, frame / 4500 << 16 | frame / 75 % 60 << 8 | frame % 75);
    else
        put32(p, lba);
}

/* One track of data, and the lead-out. */
static void read_toc(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    bool msf = p[1] & 2;
    u8 format = p[2] & 15 ? p[2] & 15 : p[9] >> 6, *b = c->buffer;
    u32 n = 4;

    memset(b, 0, 32);
    b[2] = b[3] = 1;
    if (format > 1 || (format == 0 && p[6] > 1 && p[6] != 0xaa)) {
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_FIELD);
        return;
    }
    if (format == 1 || p[6] <= 1) {
        b[n + 1] = 0x14;
        b[n + 2] = 1;
        put_position(b + n + 4, 0, msf);
        n += 8;
    }
    if (format == 0) {
        b[n + 1] = 0x14;
        b[n + 2] = 0xaa;
        put_position(b + n + 4, cd_sectors(d), msf);
        n += 8;
    }
    put16(b, n - 2);
    reply(c, d, n, be16(p + 7));
}

static void get_configuration(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    static const u8 features[] = {
        0, 0, 3, 8, 0, PROFILE_DVD, 0, 0, 0, PROFILE_CD, 0, 0, /* profile list */
        0, 1, 3, 4, 0, 0, 0, 2,                                /* core: ATAPI */
        0, 3, 3, 4, 0x29, 0, 0, 0,                             /* removable medium, tray */
    };
    bool dvd = disk_size(d->disk) > CD_MOST, none = !has_medium(d);
    u16 first = be16(p + 2);
    u8 *b = c->buffer;
    u32 n = 8;

    memset(b, 0, 8);
    for (size_t at = 0; at < sizeof(features); at += 4 + features[at + 3]) {
        u32 len = 4 + features[at + 3];
        u16 number = be16(features + at);
        if (number < first || ((p[1] & 3) == 2 && number != first))
            continue;
        memcpy(b + n, features + at, len);
        if (!number && !none)
            b[n + (dvd ? 6 : 10)] = 1; /* current */
        n += len;
    }
    put32(b, n - 4);
    b[7] = none ? 0 : dvd ? PROFILE_DVD : PROFILE_CD;
    reply(c, d, n, be16(p + 7));
}

static void get_event(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    u8 *b = c->buffer;
    if (!(p[1] & 1)) { /* only polling is possible */
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_FIELD);
        return;
    }
    memset(b, 0, 8);
    b[3] = 0x10; /* there are media events */
    if (p[4] & 0x10) {
        put16(b, 6);
        b[2] = 4;
        b[4] = d->media_event;
        b[5] = (d->tray_open ? MEDIA_TRAY_OPEN : 0) | (has_medium(d) ? MEDIA_PRESENT : 0);
        d->media_event = EVENT_NONE;
        reply(c, d, 8, be16(p + 7));
    } else {
        put16(b, 2);
        b[2] = 0x80;
        reply(c, d, 4, be16(p + 7));
    }
}

static void read_disc_info(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    u8 *b = c->buffer;
    memset(b, 0, 34);
    put16(b, 32);
    b[2] = 0x0e; /* complete and closed */
    b[3] = b[4] = b[5] = b[6] = 1;
    b[7] = 0x20;
    reply(c, d, 34, be16(p + 7));
}

/* Pages 0x01 (error recovery) and 0x2a (capabilities), behind a header of 4 or 8 bytes. */
static void mode_sense(struct ide_channel *c, struct ide_drive *d, const u8 *p, bool ten)
{
    u8 page = p[2] & 0x3f, *b = c->buffer;
    u32 n = ten ? 8 : 4;

    memset(b, 0, 64);
    if (page != 0x01 && page != 0x2a && page != 0x3f) {
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_FIELD);
        return;
    }
    if (page != 0x2a) {
        b[n] = 0x01;
        b[n + 1] = 6;
        b[n + 3] = 5; /* retries */
        n += 8;
    }
    if (page != 0x01) {
        b[n] = 0x2a;
        b[n + 1] = 20;
        b[n + 2] = 0x3b;              /* reads CD-R, CD-RW, DVD-ROM */
        b[n + 4] = 0x70;              /* mode 2, multisession */
        b[n + 6] = 0x29 | d->locked << 1; /* tray, eject, lock */
        put16(b + n + 8, 706);        /* fourfold speed, in KB/s */
        put16(b + n + 12, 512);
        put16(b + n + 14, 706);
        n += 22;
    }
    if (ten) {
        put16(b, n - 2);
        b[2] = 1;
    } else {
        b[0] = n - 1;
        b[1] = 1;
    }
    reply(c, d, n, ten ? be16(p + 7) : p[4]);
}

static void mechanism_status(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    memset(c->buffer, 0, 8);
    c->buffer[1] = d->tray_open ? 0x10 : 0;
    c->buffer[5] = 1;
    reply(c, d, 8, be16(p + 8));
}

/* Only user data of mode 1 sectors, or nothing. */
static void read_cd(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    u32 n = p[6] << 16 | be16(p + 7);
    if ((p[9] & 0xf8) == 0x10)
        read_sectors(c, d, be32(p + 2), n);
    else if (!(p[9] & 0xf8))
        read_sectors(c, d, be32(p + 2), 0);
    else
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_FIELD);
}

/* While there is something to say of the medium, only these are carried out. */
static bool works_before_attention(u8 op)
{
    return op == CD_INQUIRY || op == CD_REQUEST_SENSE || op == CD_GET_EVENT ||
           op == CD_GET_CONFIGURATION;
}

static bool needs_medium(u8 op)
{
    switch (op) {
    case CD_TEST_UNIT_READY: case CD_SEEK: case CD_READ_CAPACITY: case CD_READ_10: case CD_READ_12:
    case CD_READ_CD: case CD_READ_TOC: case CD_READ_DISC_INFO:
        return true;
    default: return false;
    }
}

/* The tray is moved if the guest does not keep it shut itself. */
static void start_stop(struct ide_channel *c, struct ide_drive *d, const u8 *p)
{
    bool open = !(p[4] & START);
    if ((p[4] & LOAD_EJECT) && open && d->locked) {
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_REMOVAL_PREVENTED);
        return;
    }
    if (p[4] & LOAD_EJECT)
        move_tray(d, open);
    ide_atapi_finish(c, d);
}

void ide_atapi_execute(struct ide_channel *c, struct ide_drive *d)
{
    u8 p[PACKET_BYTES];
    memcpy(p, c->buffer, sizeof(p));
    LOG(LOG_TRACE, "packet %02x", p[0]);
    c->left = 0;
    c->write = false;
    c->length = c->position = 0;
    if (d->attention && !works_before_attention(p[0])) {
        d->attention = false;
        ide_atapi_fail(c, d, SENSE_ATTENTION, ASC_MEDIUM_CHANGED);
        return;
    }
    if (needs_medium(p[0]) && !has_medium(d)) {
        ide_atapi_fail(c, d, SENSE_NOT_READY, ASC_NO_MEDIUM);
        return;
    }
    switch (p[0]) {
    case CD_TEST_UNIT_READY: case CD_SEEK: case CD_SET_SPEED: ide_atapi_finish(c, d); break;
    case CD_START_STOP: start_stop(c, d, p); break;
    case CD_PREVENT_REMOVAL:
        d->locked = p[4] & 1;
        ide_atapi_finish(c, d);
        break;
    case CD_REQUEST_SENSE: request_sense(c, d, p); break;
    case CD_INQUIRY: inquiry(c, d, p); break;
    case CD_READ_CAPACITY: read_capacity(c, d); break;
    case CD_READ_10: read_sectors(c, d, be32(p + 2), be16(p + 7)); break;
    case CD_READ_12: read_sectors(c, d, be32(p + 2), be32(p + 6)); break;
    case CD_READ_CD: read_cd(c, d, p); break;
    case CD_READ_TOC: read_toc(c, d, p); break;
    case CD_GET_CONFIGURATION: get_configuration(c, d, p); break;
    case CD_GET_EVENT: get_event(c, d, p); break;
    case CD_READ_DISC_INFO: read_disc_info(c, d, p); break;
    case CD_MODE_SENSE_6: mode_sense(c, d, p, false); break;
    case CD_MODE_SENSE_10: mode_sense(c, d, p, true); break;
    case CD_MECHANISM_STATUS: mechanism_status(c, d, p); break;
    default:
        LOG(LOG_DEBUG, "packet command %02x is not known", p[0]);
        ide_atapi_fail(c, d, SENSE_ILLEGAL, ASC_OPCODE);
    }
}
