/* sd_card.h - an SD memory card, as its host controller sees it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The controller sends commands, which are answered at once, and moves the bytes of blocks one by
 * one. Reading a block and programming one take their time: the controller has a deadline for
 * sd_card_due(), and calls sd_card_tick() then.
 */
#ifndef HW_SD_CARD_H
#define HW_SD_CARD_H

#include "emu/disk.h"
#include "emu/state.h"

enum { SD_BLOCK = 512, SD_STATUS_BYTES = 64 };

#define SD_CARD_STATE(F, A, S, T)                                                                  \
    F(T, u8, state)          /* enum sd_state */                                                   \
    F(T, u8, transfer)       /* enum sd_transfer: what the data lines are used for */              \
    F(T, bool, application)  /* CMD55: the next command is one of its own */                       \
    F(T, bool, high)         /* the host said that it takes cards of high capacity */              \
    F(T, u8, access_mode)    /* function of group 1 */                                             \
    F(T, u16, address)       /* RCA */                                                             \
    F(T, u16, block_len)     /* CMD16 */                                                           \
    F(T, u32, errors)        /* of the card status, until they are told */                         \
    F(T, u64, offset)        /* in bytes: of the next block */                                     \
    F(T, u64, erase_start)                                                                         \
    F(T, u64, erase_end)                                                                           \
    F(T, u32, blocks_written)                                                                      \
    F(T, u8, bus_width)                                                                            \
    F(T, u64, due)           /* when the block is there, or was programmed; NEVER */               \
    A(T, u8, buffer, SD_BLOCK)                                                                     \
    F(T, u16, at)            /* in the buffer: the next byte */                                    \
    F(T, u16, len)

struct sd_card {
    STATE_MEMBERS(SD_CARD_STATE)
    struct disk *disk; /* NULL: the slot is empty */
};
extern const struct state_desc sd_card_state;

/* Is that size one that a card can have? False (reported). */
bool sd_card_size_ok(const char *id, u64 size);

void sd_card_reset(struct sd_card *c); /* power-on */
void sd_card_after_load(struct sd_card *c);
/* The response in the order in which it is sent, without start, index and check bits: 4 bytes, or
 * 16 with the check bits of CID and CSD. Returns its length; 0: none comes. now: in ns. */
unsigned sd_card_command(struct sd_card *c, u8 index, u32 argument, u64 now, u8 response[16]);

/* From the card: is there a byte now? To the card: would it take one? */
bool sd_card_has_data(const struct sd_card *c);
bool sd_card_wants_data(const struct sd_card *c);
u8 sd_card_read(struct sd_card *c, u64 now); /* of one that has some */
void sd_card_write(struct sd_card *c, u8 byte, u64 now);
/* Does it program what was written, or erase? */
bool sd_card_is_busy(const struct sd_card *c);

static inline u64 sd_card_due(const struct sd_card *c)
{
    return c->due;
}
void sd_card_tick(struct sd_card *c, u64 now); /* at that time */

/* ---- sd_card_registers.c: what a card says of itself ---- */

bool sd_card_is_high_capacity(const struct sd_card *c);
void sd_card_cid(const struct sd_card *c, u8 out[16]);
void sd_card_csd(const struct sd_card *c, u8 out[16]);
void sd_card_scr(u8 out[8]);
void sd_card_status(const struct sd_card *c, u8 out[SD_STATUS_BYTES]); /* ACMD13 */
/* CMD6: checks or sets what the argument says; returns the access mode that it comes to. */
u8 sd_card_functions(const struct sd_card *c, u32 argument, u8 out[SD_STATUS_BYTES]);

#endif
