/* ide_ata.c - a disk's commands */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: ATA/ATAPI-6 (T13/1410D), chapter 8. */
#include <stdio.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/ide.h"

enum { LBA28_MAX = 0x0fffffff };
enum {
    CMD_DEVICE_RESET = 0x08,
    CMD_READ = 0x20,
    CMD_READ_EXT = 0x24,
    CMD_READ_DMA_EXT = 0x25,
    CMD_NATIVE_MAX_EXT = 0x27,
    CMD_READ_MULTIPLE_EXT = 0x29,
    CMD_WRITE = 0x30,
    CMD_WRITE_EXT = 0x34,
    CMD_WRITE_DMA_EXT = 0x35,
    CMD_WRITE_MULTIPLE_EXT = 0x39,
    CMD_WRITE_DMA_FUA_EXT = 0x3d,
    CMD_VERIFY = 0x40,
    CMD_VERIFY_EXT = 0x42,
    CMD_SEEK = 0x70,
    CMD_DIAGNOSTIC = 0x90,
    CMD_PARAMETERS = 0x91,
    CMD_PACKET = 0xa0,
    CMD_IDENTIFY_PACKET = 0xa1,
    CMD_READ_MULTIPLE = 0xc4,
    CMD_WRITE_MULTIPLE = 0xc5,
    CMD_SET_MULTIPLE = 0xc6,
    CMD_READ_DMA = 0xc8,
    CMD_WRITE_DMA = 0xca,
    CMD_STANDBY_NOW = 0xe0,
    CMD_IDLE_NOW = 0xe1,
    CMD_STANDBY = 0xe2,
    CMD_IDLE = 0xe3,
    CMD_CHECK_POWER = 0xe5,
    CMD_SLEEP = 0xe6,
    CMD_FLUSH = 0xe7,
    CMD_FLUSH_EXT = 0xea,
    CMD_IDENTIFY = 0xec,
    CMD_SET_FEATURES = 0xef,
    CMD_NATIVE_MAX = 0xf8,
};

static u64 sectors_of(const struct ide_drive *d)
{
    return disk_size(d->disk) / DISK_SECTOR;
}

/* The geometry that drives of any size have: 16 heads, 63 sectors. A BIOS that finds no cylinder
 * would read nothing. */
static u32 cylinders(const struct ide_drive *d)
{
    u64 n = sectors_of(d) / (16 * 63);
    return (u32)(n < 1 ? 1 : MIN(n, (u64)16383));
}

/* ---- addresses ---- */

static u64 address(const struct ide_channel *c, const struct ide_drive *d)
{
    if (c->wide)
        return (u64)d->high[1] << 40 | (u64)d->mid[1] << 32 | (u64)d->low[1] << 24 |
               (u64)d->high[0] << 16 | d->mid[0] << 8 | d->low[0];
    if (d->device & IDE_LBA)
        return (u32)(d->device & 15) << 24 | d->high[0] << 16 | d->mid[0] << 8 | d->low[0];
    u64 cylinder = d->high[0] << 8 | d->mid[0];
    return (cylinder * d->heads + (d->device & 15)) * d->sectors + d->low[0] - 1;
}

static u32 sector_count(const struct ide_channel *c, const struct ide_drive *d)
{
    u32 n = c->wide ? d->count[1] << 8 | d->count[0] : d->count[0];
    return n ? n : c->wide ? 65536 : 256;
}

static void put_address(struct ide_channel *c, struct ide_drive *d, u64 lba)
{
    if (c->wide || (d->device & IDE_LBA)) {
        d->low[0] = lba;
        d->mid[0] = lba >> 8;
        d->high[0] = lba >> 16;
        if (c->wide) {
            d->low[1] = lba >> 24;
            d->mid[1] = lba >> 32;
            d->high[1] = lba >> 40;
        } else {
            d->device = (d->device & 0xf0) | (lba >> 24 & 15);
        }
        return;
    }
    u64 track = lba / d->sectors, cylinder = track / d->heads;
    d->low[0] = lba % d->sectors + 1;
    d->device = (d->device & 0xf0) | (track % d->heads & 15);
    d->mid[0] = cylinder;
    d->high[0] = cylinder >> 8;
}

/* The last sector that was moved, and how many were not. */
void ide_ata_store_address(struct ide_channel *c, struct ide_drive *d)
{
    if (d->cd || c->offset < DISK_SECTOR)
        return;
    put_address(c, d, c->offset / DISK_SECTOR - 1);
    u32 left = (u32)(c->left / DISK_SECTOR);
    d->count[0] = left;
    if (c->wide)
        d->count[1] = left >> 8;
}

/* Where the command is to read or write; false (and the command has failed) when it is not on the
 * disk. */
static bool set_range(struct ide_channel *c, struct ide_drive *d)
{
    u64 lba = address(c, d), n = sector_count(c, d);
    if (lba >= sectors_of(d) || n > sectors_of(d) - lba) {
        ide_fail(c, IDE_IDNF);
        return false;
    }
    c->offset = lba * DISK_SECTOR;
    c->left = n * DISK_SECTOR;
    return true;
}

/* ---- IDENTIFY ---- */

void ide_put_string(u16 *words, unsigned first, unsigned n, const char *text)
{
    for (unsigned i = 0; i < 2 * n; i++) {
        u8 ch = *text ? *text++ : ' ';
        u16 *w = &words[first + i / 2];
        *w = i & 1 ? *w | ch : ch << 8;
    }
}

static void put_capacity(u16 *w, const struct ide_drive *d)
{
    u64 n = sectors_of(d);
    u32 chs = cylinders(d) * 16 * 63, lba28 = (u32)MIN(n, (u64)LBA28_MAX);
    w[1] = cylinders(d);
    w[3] = 16;
    w[6] = 63;
    w[54] = cylinders(d);
    w[55] = 16;
    w[56] = 63;
    w[57] = chs;
    w[58] = chs >> 16;
    w[60] = lba28;
    w[61] = lba28 >> 16;
    for (unsigned i = 0; i < 4; i++)
        w[100 + i] = n >> (16 * i);
}

static u16 mode_bits(const struct ide_drive *d, unsigned kind, u16 supported)
{
    bool selected = d->transfer_mode >> 3 == kind >> 3;
    return supported | (selected ? 0x100u << (d->transfer_mode & 7) : 0);
}

static void identify(struct ide_channel *c, struct ide_drive *d)
{
    char serial[21];
    u16 w[256] = {0};

    snprintf(serial, sizeof(serial), "HS%05u", d->number + 1);
    w[0] = 0x0040; /* fixed */
    put_capacity(w, d);
    ide_put_string(w, 10, 10, serial);
    ide_put_string(w, 23, 4, "1.0");
    ide_put_string(w, 27, 20, "HINDSIGHT HARDDISK");
    w[47] = 0x8000 | IDE_MAX_MULTIPLE;
    w[48] = 1;
    w[49] = 0x0b00; /* LBA, DMA, IORDY */
    w[50] = 0x4000;
    w[51] = w[52] = 0x0200;
    w[53] = 7;
    w[59] = d->multiple ? 0x100 | d->multiple : 0;
    w[63] = mode_bits(d, 0x20, 7); /* multiword DMA 0 to 2 */
    w[64] = 3;      /* PIO 3 and 4 */
    w[65] = w[66] = w[67] = w[68] = 120;
    w[80] = 0x7e;   /* ATA-1 to ATA-6 */
    w[82] = 0x4020; /* NOP, write cache */
    w[83] = 0x7400; /* FLUSH CACHE (EXT), 48-bit addresses */
    w[84] = 0x4000;
    w[85] = 0x4000 | (d->cache_off ? 0 : 0x20);
    w[86] = 0x3400;
    w[87] = 0x4000;
    w[88] = mode_bits(d, 0x40, 0x3f); /* Ultra DMA 0 to 5 */
    w[93] = 0x6001 | (c->selected ? 0x0a00 : 0); /* 80 wires */
    memcpy(c->buffer, w, sizeof(w));
    ide_offer(c, sizeof(w));
}

/* ---- commands ---- */

static void transfer(struct ide_channel *c, struct ide_drive *d, bool write, u32 sectors)
{
    if (d->cd || !sectors) {
        ide_fail(c, IDE_ABRT);
        return;
    }
    c->block = sectors * DISK_SECTOR;
    if (write && disk_is_readonly(d->disk))
        ide_fail(c, IDE_ABRT);
    else if (set_range(c, d))
        (write ? ide_start_writing : ide_start_reading)(c);
}

static void transfer_dma(struct ide_channel *c, struct ide_drive *d, bool write)
{
    c->write = write;
    if (d->cd || (write && disk_is_readonly(d->disk)))
        ide_fail(c, IDE_ABRT);
    else if (set_range(c, d))
        ide_start_dma(c);
}

static void set_features(struct ide_channel *c, struct ide_drive *d)
{
    switch (d->features) {
    case 0x02: d->cache_off = false; break;
    case 0x82: d->cache_off = true; break;
    case 0x03: d->transfer_mode = d->count[0]; break;
    case 0x05: case 0x42: case 0x55: case 0x66: case 0x85: case 0xaa: case 0xc2: case 0xcc: break;
    default: ide_fail(c, IDE_ABRT); return;
    }
    ide_done(c);
}

static void set_multiple(struct ide_channel *c, struct ide_drive *d)
{
    u8 n = d->count[0];
    if (d->cd || n > IDE_MAX_MULTIPLE || (n & (n - 1))) {
        ide_fail(c, IDE_ABRT);
        return;
    }
    d->multiple = n;
    ide_done(c);
}

static void set_parameters(struct ide_channel *c, struct ide_drive *d)
{
    if (d->cd || !d->count[0]) {
        ide_fail(c, IDE_ABRT);
        return;
    }
    d->sectors = d->count[0];
    d->heads = (d->device & 15) + 1;
    ide_done(c);
}

static void native_max(struct ide_channel *c, struct ide_drive *d)
{
    u64 last = sectors_of(d) - 1;
    if (d->cd) {
        ide_fail(c, IDE_ABRT);
        return;
    }
    d->device |= IDE_LBA;
    put_address(c, d, c->wide ? last : MIN(last, (u64)LBA28_MAX));
    ide_done(c);
}

static void verify(struct ide_channel *c, struct ide_drive *d)
{
    if (d->cd)
        ide_fail(c, IDE_ABRT);
    else if (set_range(c, d))
        ide_done(c);
}

static void diagnose(struct ide_channel *c)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];
        ide_signature(d);
        d->error = 1;
        d->status = d->cd ? 0 : IDE_DRDY | IDE_DSC;
    }
    c->selected = 0;
    ide_set_irq(c, true);
}

/* IDENTIFY DEVICE, READ SECTORS: a CD refuses them, and says by its signature what it is. */
static void refuse_as_cd(struct ide_channel *c, struct ide_drive *d)
{
    ide_signature(d);
    ide_fail(c, IDE_ABRT);
}

static void flush(struct ide_channel *c, struct ide_drive *d)
{
    if (d->cd)
        ide_fail(c, IDE_ABRT);
    else
        ide_start_flush(c);
}

static void device_reset(struct ide_channel *c, struct ide_drive *d)
{
    if (!d->cd) {
        ide_fail(c, IDE_ABRT);
        return;
    }
    ide_signature(d);
    d->error = 1;
    d->status = 0;
}

static bool is_wide(u8 command)
{
    static const u8 wide[] = {CMD_READ_EXT,  CMD_READ_DMA_EXT,  CMD_READ_MULTIPLE_EXT,
                              CMD_WRITE_EXT, CMD_WRITE_DMA_EXT, CMD_WRITE_MULTIPLE_EXT,
                              CMD_VERIFY_EXT, CMD_NATIVE_MAX_EXT, CMD_WRITE_DMA_FUA_EXT};
    return memchr(wide, command, sizeof(wide)) != NULL;
}

/* Those that move data. */
static bool data_command(struct ide_channel *c, struct ide_drive *d, u8 command)
{
    switch (command) {
    case CMD_READ: case CMD_READ + 1: case CMD_READ_EXT:
        if (d->cd)
            refuse_as_cd(c, d);
        else
            transfer(c, d, false, 1);
        return true;
    case CMD_READ_MULTIPLE: case CMD_READ_MULTIPLE_EXT:
        transfer(c, d, false, d->multiple);
        return true;
    case CMD_WRITE: case CMD_WRITE + 1: case CMD_WRITE_EXT:
        transfer(c, d, true, 1);
        return true;
    case CMD_WRITE_MULTIPLE: case CMD_WRITE_MULTIPLE_EXT:
        transfer(c, d, true, d->multiple);
        return true;
    case CMD_READ_DMA: case CMD_READ_DMA + 1: case CMD_READ_DMA_EXT:
        transfer_dma(c, d, false);
        return true;
    case CMD_WRITE_DMA: case CMD_WRITE_DMA + 1: case CMD_WRITE_DMA_EXT: case CMD_WRITE_DMA_FUA_EXT:
        transfer_dma(c, d, true);
        return true;
    default: return false;
    }
}

void ide_ata_command(struct ide_channel *c, struct ide_drive *d, u8 command)
{
    c->wide = is_wide(command);
    if (data_command(c, d, command))
        return;
    switch (command) {
    case CMD_DEVICE_RESET: device_reset(c, d); break;
    case CMD_DIAGNOSTIC: diagnose(c); break;
    case CMD_IDENTIFY: (d->cd ? refuse_as_cd : identify)(c, d); break;
    case CMD_IDENTIFY_PACKET:
        if (d->cd)
            ide_atapi_identify(c, d);
        else
            ide_fail(c, IDE_ABRT);
        break;
    case CMD_PACKET:
        if (d->cd)
            ide_atapi_packet(c, d);
        else
            ide_fail(c, IDE_ABRT);
        break;
    case CMD_SET_FEATURES: set_features(c, d); break;
    case CMD_SET_MULTIPLE: set_multiple(c, d); break;
    case CMD_PARAMETERS: set_parameters(c, d); break;
    case CMD_NATIVE_MAX: case CMD_NATIVE_MAX_EXT: native_max(c, d); break;
    case CMD_VERIFY: case CMD_VERIFY + 1: case CMD_VERIFY_EXT: verify(c, d); break;
    case CMD_FLUSH: case CMD_FLUSH_EXT: flush(c, d); break;
    case CMD_CHECK_POWER:
        d->count[0] = 0xff; /* active or idle */
        ide_done(c);
        break;
    case CMD_SEEK:
    case CMD_STANDBY_NOW: case CMD_IDLE_NOW: case CMD_STANDBY: case CMD_IDLE: case CMD_SLEEP:
        ide_done(c);
        break;
    default:
        if ((command & 0xf0) == 0x10) { /* RECALIBRATE */
            ide_done(c);
            break;
        }
        LOG(LOG_DEBUG, "command %02x is not known", command);
        ide_fail(c, IDE_ABRT);
    }
}
