/* sd_card_registers.c - what an SD card says of itself: CID, CSD, SCR, SD status, functions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: SD Specifications, Part 1, Physical Layer Simplified Specification, version 2.00: 5.2
 * (CID), 5.3 (CSD), 5.6 (SCR), 4.10.2 (SD status), 4.3.10 (switch function). Up to 2 GiB it is a
 * card of standard capacity, which is addressed by bytes, else one of high capacity, addressed by
 * blocks.
 */
#include <inttypes.h>
#include <string.h>

#include "emu/log.h"
#include "hw/sd_card.h"

enum { CLASSES = 0x535 }; /* basic, block read and write, erase, application, switch */
enum { BLOCK_BITS = 9, MULTIPLIER_BITS_MAX = 9, C_SIZE_MAX = 4096, HIGH_UNIT_BITS = 19 };
#define STANDARD_MAX (2 * GiB)

static void put(u8 *out, unsigned bytes, unsigned high, unsigned low, u32 value)
{
    for (unsigned bit = low; bit <= high; bit++)
        if (value >> (bit - low) & 1)
            out[bytes - 1 - bit / 8] |= 1u << bit % 8;
}

/* 4.5: x^7 + x^3 + 1 over the bytes before, then the end bit. */
static void put_crc(u8 out[16])
{
    u8 crc = 0;
    for (unsigned i = 0; i < 15 * 8; i++) {
        bool carry = (crc >> 6 & 1) != (out[i / 8] >> (7 - i % 8) & 1);
        crc = (crc << 1 & 0x7f) ^ (carry ? 0x09 : 0);
    }
    out[15] = crc << 1 | 1;
}

bool sd_card_is_high_capacity(const struct sd_card *c)
{
    return disk_size(c->disk) > STANDARD_MAX;
}

/* Of standard capacity: the size is (C_SIZE + 1) << unit, where the unit has 2 + C_SIZE_MULT +
 * READ_BL_LEN bits. */
static unsigned unit_bits(u64 size)
{
    unsigned bits = BLOCK_BITS + 2;
    if (size > STANDARD_MAX)
        return HIGH_UNIT_BITS;
    while (size >> bits > C_SIZE_MAX)
        bits++;
    return bits;
}

bool sd_card_size_ok(const char *id, u64 size)
{
    u64 unit = (u64)1 << unit_bits(size);
    if (size && size % unit == 0)
        return true;
    return error_report("-drive id=%s: no SD card has %" PRIu64 " bytes: %" PRIu64 " would do", id,
                        size, (size / unit + 1) * unit);
}

void sd_card_cid(const struct sd_card *c, u8 out[16])
{
    (void)c;
    memcpy(out, "\x48HSEMU  \x10\0\0\0\1\1\x6b",
           15); /* MID, OID, PNM, PRV, PSN, MDT: November 2022 */
    put_crc(out);
}

void sd_card_csd(const struct sd_card *c, u8 out[16])
{
    u64 size = disk_size(c->disk);
    unsigned unit = unit_bits(size), block = MAX((int)unit - MULTIPLIER_BITS_MAX, BLOCK_BITS);
    memset(out, 0, 16);
    put(out, 16, 119, 112, 0x0e); /* TAAC: 1 ms */
    put(out, 16, 103, 96, 0x32);  /* TRAN_SPEED: 25 MHz */
    put(out, 16, 95, 84, CLASSES);
    put(out, 16, 46, 46, 1);      /* ERASE_BLK_EN */
    put(out, 16, 45, 39, 127);    /* SECTOR_SIZE: 64 KiB */
    put(out, 16, 28, 26, 2);      /* R2W_FACTOR */
    put(out, 16, 12, 12, disk_is_readonly(c->disk));
    if (sd_card_is_high_capacity(c)) {
        put(out, 16, 127, 126, 1);
        put(out, 16, 83, 80, BLOCK_BITS);
        put(out, 16, 69, 48, (size >> HIGH_UNIT_BITS) - 1);
        put(out, 16, 25, 22, BLOCK_BITS);
    } else {
        put(out, 16, 83, 80, block);
        put(out, 16, 79, 79, 1); /* READ_BL_PARTIAL */
        put(out, 16, 73, 62, (size >> unit) - 1);
        put(out, 16, 61, 50, 0xfff); /* currents: the largest */
        put(out, 16, 49, 47, unit - 2 - block);
        put(out, 16, 25, 22, block);
    }
    put_crc(out);
}

void sd_card_scr(u8 out[8])
{
    memset(out, 0, 8);
    put(out, 8, 59, 56, 2);      /* version 2.00 */
    put(out, 8, 50, 48, 5);      /* buses of 1 and 4 bits; erased data are zeros */
}

void sd_card_status(const struct sd_card *c, u8 out[SD_STATUS_BYTES])
{
    memset(out, 0, SD_STATUS_BYTES);
    put(out, SD_STATUS_BYTES, 511, 510, c->bus_width);
    put(out, SD_STATUS_BYTES, 447, 440, 3); /* speed class 6 */
    put(out, SD_STATUS_BYTES, 431, 428, 9); /* allocation units of 4 MiB */
}

u8 sd_card_functions(const struct sd_card *c, u32 argument, u8 out[SD_STATUS_BYTES])
{
    unsigned wanted = argument & 15, mode = wanted == 15 ? c->access_mode : wanted;
    bool ok = mode <= 1;
    memset(out, 0, SD_STATUS_BYTES);
    put(out, SD_STATUS_BYTES, 511, 496, 100); /* mA */
    for (unsigned group = 2; group <= 6; group++) {
        unsigned f = argument >> 4 * (group - 1) & 15;
        put(out, SD_STATUS_BYTES, 415 + 16 * (group - 1), 400 + 16 * (group - 1), 0x8001);
        put(out, SD_STATUS_BYTES, 379 + 4 * (group - 1), 376 + 4 * (group - 1),
            f == 0 || f == 15 ? 0 : 15);
        ok = ok && (f == 0 || f == 15);
    }
    put(out, SD_STATUS_BYTES, 415, 400, 0x8003); /* default and high speed */
    put(out, SD_STATUS_BYTES, 379, 376, mode <= 1 ? mode : 15);
    return ok ? mode : c->access_mode;
}
