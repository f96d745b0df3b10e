/* sd_card.c - an SD memory card: commands, states, data */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: SD Specifications, Part 1, Physical Layer Simplified Specification, version 2.00: 4.3
 * (states), 4.7 (commands), 4.9 (responses), 4.10 (card status). Check sums are taken for right:
 * nothing disturbs this bus.
 */
#include "hw/sd_card.h"

#include <string.h>

#include "emu/clock.h"

enum sd_state { IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG, DIS, INACTIVE };
enum sd_transfer { T_NONE, T_REGISTER, T_READ, T_READ_MANY, T_WRITE, T_WRITE_MANY, T_ERASE };
enum response { R_NONE, R1, R2_CID, R2_CSD, R3, R6, R7 };
enum { /* 4.10.1 */
       APP_CMD = 1 << 5,
       READY_FOR_DATA = 1 << 8,
       GENERAL_ERROR = 1 << 19,
       ECC_FAILED = 1 << 21,
       ILLEGAL_COMMAND = 1 << 22,
       WP_VIOLATION = 1 << 26,
       ERASE_SEQUENCE = 1 << 28,
       BLOCK_LEN_ERROR = 1 << 29,
       ADDRESS_ERROR = 1 << 30,
};
#define OUT_OF_RANGE (1u << 31)
#define OCR_POWERED_UP (1u << 31)
#define OCR_HIGH (1u << 30)
#define OCR_VOLTAGES 0x00ff8000u
enum { FIRST_ADDRESS = 0x4567, ERASE_PIECE = 1024 * 1024 };

static const struct state_field fields[] = {
    SD_CARD_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct sd_card)};
const struct state_desc sd_card_state = {"card", fields, ARRAY_SIZE(fields)};

/* ---- data ---- */

static void end_transfer(struct sd_card *c)
{
    c->state = c->state == DIS ? STBY : TRAN;
    c->transfer = T_NONE;
    c->at = c->len = 0;
    c->due = NEVER;
}

static bool past_end(struct sd_card *c)
{
    if (c->offset < disk_size(c->disk) && c->block_len <= disk_size(c->disk) - c->offset)
        return false;
    c->errors |= OUT_OF_RANGE;
    return true;
}

/* A block that is past the end never comes, nor is it taken. */
static void fetch_block(struct sd_card *c, u64 now)
{
    c->at = c->len = 0;
    c->due = NEVER;
    if (past_end(c))
        return;
    disk_prefetch(c->disk, c->offset, c->block_len);
    c->due = now + disk_latency(c->block_len);
}

static void await_block(struct sd_card *c)
{
    c->state = RCV;
    c->at = 0;
    c->len = past_end(c) ? 0 : SD_BLOCK;
    c->due = NEVER;
}

bool sd_card_has_data(const struct sd_card *c)
{
    return c->state == DATA && c->at < c->len;
}

bool sd_card_wants_data(const struct sd_card *c)
{
    return c->state == RCV && c->at < c->len;
}

u8 sd_card_read(struct sd_card *c, u64 now)
{
    u8 byte = c->buffer[c->at++ % SD_BLOCK];
    if (c->at < c->len)
        return byte;
    if (c->transfer == T_READ_MANY) {
        c->offset += c->block_len;
        fetch_block(c, now);
    } else {
        end_transfer(c);
    }
    return byte;
}

void sd_card_write(struct sd_card *c, u8 byte, u64 now)
{
    c->buffer[c->at++ % SD_BLOCK] = byte;
    if (c->at < c->len)
        return;
    c->state = PRG;
    c->due = now + disk_latency(SD_BLOCK);
}

bool sd_card_is_busy(const struct sd_card *c)
{
    return c->state == PRG || c->state == DIS;
}

static void program_block(struct sd_card *c)
{
    if (disk_write(c->disk, c->offset, c->buffer, SD_BLOCK))
        c->blocks_written++;
    else
        c->errors |= GENERAL_ERROR;
    c->offset += SD_BLOCK;
    if (c->transfer == T_WRITE_MANY && c->state == PRG)
        await_block(c);
    else
        end_transfer(c);
}

/* A piece at a time: a guest may ask for all of it. */
static void erase_piece(struct sd_card *c, u64 now)
{
    u64 end = MIN(c->erase_end, disk_size(c->disk));
    u64 n = c->erase_start < end ? MIN(end - c->erase_start, (u64)ERASE_PIECE) : 0;
    if (n && !disk_write_zeros(c->disk, c->erase_start, n))
        c->errors |= GENERAL_ERROR;
    c->erase_start += n;
    if (n && c->erase_start < end)
        c->due = now + disk_latency(ERASE_PIECE);
    else
        end_transfer(c);
}

void sd_card_tick(struct sd_card *c, u64 now)
{
    c->due = NEVER;
    if (!c->disk)
        return;
    switch (c->transfer) {
    case T_READ: case T_READ_MANY:
        if (disk_read(c->disk, c->offset, c->buffer, c->block_len))
            c->len = c->block_len;
        else
            c->errors |= ECC_FAILED;
        break;
    case T_WRITE: case T_WRITE_MANY: program_block(c); break;
    case T_ERASE: erase_piece(c, now); break;
    }
}

/* ---- commands: what each does; 0, or what is wrong ---- */

typedef u32 (*action)(struct sd_card *c, u32 argument, u64 now);

static u32 do_nothing(struct sd_card *c, u32 argument, u64 now)
{
    (void)c, (void)argument, (void)now;
    return 0;
}

static u32 go_idle(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    sd_card_reset(c);
    return 0;
}

static u32 go_inactive(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    end_transfer(c);
    c->state = INACTIVE;
    return 0;
}

static u32 tell_identity(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    c->state = IDENT;
    return 0;
}

static u32 new_address(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    c->state = STBY;
    c->address = c->address ? c->address + 1 : FIRST_ADDRESS;
    c->address += !c->address;
    return 0;
}

static u32 select_card(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    c->state = c->state == STBY ? TRAN : c->state == DIS ? PRG : c->state;
    return 0;
}

/* While it programs it goes on with that. */
static u32 stop(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    if (c->state != PRG)
        end_transfer(c);
    else if (c->transfer == T_WRITE_MANY)
        c->transfer = T_WRITE;
    return 0;
}

static u32 set_block_len(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    if (argument == 0 || argument > SD_BLOCK)
        return BLOCK_LEN_ERROR;
    if (!sd_card_is_high_capacity(c)) /* its blocks always have 512 bytes */
        c->block_len = argument;
    return 0;
}

/* 4.7.4, note 10: bytes or blocks. A block lies in one of the medium's. */
static u32 go_to(struct sd_card *c, u32 argument, u64 *offset)
{
    *offset = sd_card_is_high_capacity(c) ? (u64)argument * SD_BLOCK : argument;
    if (*offset % SD_BLOCK + c->block_len > SD_BLOCK)
        return ADDRESS_ERROR;
    return *offset < disk_size(c->disk) ? 0 : OUT_OF_RANGE;
}

static u32 read_from(struct sd_card *c, u32 argument, u64 now, enum sd_transfer how)
{
    u64 offset;
    u32 wrong = go_to(c, argument, &offset);
    if (wrong)
        return wrong;
    c->state = DATA;
    c->transfer = how;
    c->offset = offset;
    fetch_block(c, now);
    return 0;
}

static u32 read_block(struct sd_card *c, u32 argument, u64 now)
{
    return read_from(c, argument, now, T_READ);
}

static u32 read_blocks(struct sd_card *c, u32 argument, u64 now)
{
    return read_from(c, argument, now, T_READ_MANY);
}

static u32 write_to(struct sd_card *c, u32 argument, enum sd_transfer how)
{
    u64 offset;
    u32 wrong = c->block_len != SD_BLOCK ? (u32)BLOCK_LEN_ERROR : go_to(c, argument, &offset);
    if (!wrong && disk_is_readonly(c->disk))
        wrong = WP_VIOLATION;
    if (wrong)
        return wrong;
    c->transfer = how;
    c->offset = offset;
    c->blocks_written = 0;
    await_block(c);
    return 0;
}

static u32 write_block(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    return write_to(c, argument, T_WRITE);
}

static u32 write_blocks(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    return write_to(c, argument, T_WRITE_MANY);
}

static u32 erase_from(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    c->erase_end = 0;
    return go_to(c, argument, &c->erase_start);
}

/* That block is the last one to be erased. */
static u32 erase_to(struct sd_card *c, u32 argument, u64 now)
{
    u64 last;
    u32 wrong = go_to(c, argument, &last);
    (void)now;
    c->erase_end = wrong ? 0 : (last | (SD_BLOCK - 1)) + 1;
    return wrong;
}

static u32 erase(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument;
    c->erase_start &= ~(u64)(SD_BLOCK - 1);
    if (!c->erase_end || c->erase_start >= c->erase_end)
        return ERASE_SEQUENCE;
    if (disk_is_readonly(c->disk))
        return WP_VIOLATION;
    c->state = PRG;
    c->transfer = T_ERASE;
    c->due = now + disk_latency(ERASE_PIECE);
    return 0;
}

/* A register goes over the data lines. */
static u32 send_register(struct sd_card *c, unsigned bytes)
{
    c->state = DATA;
    c->transfer = T_REGISTER;
    c->at = 0;
    c->len = bytes;
    return 0;
}

static u32 switch_function(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    u8 mode = sd_card_functions(c, argument, c->buffer);
    if (argument >> 31)
        c->access_mode = mode;
    return send_register(c, SD_STATUS_BYTES);
}

static u32 send_status_register(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    sd_card_status(c, c->buffer);
    return send_register(c, SD_STATUS_BYTES);
}

static u32 send_scr(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    sd_card_scr(c->buffer);
    return send_register(c, 8);
}

static u32 send_blocks_written(struct sd_card *c, u32 argument, u64 now)
{
    (void)argument, (void)now;
    for (unsigned i = 0; i < 4; i++)
        c->buffer[i] = c->blocks_written >> (24 - 8 * i);
    return send_register(c, 4);
}

static u32 set_bus_width(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    c->bus_width = argument & 2;
    return 0;
}

/* 4.2.3: without a voltage it is a question. A card of high capacity stays busy for a host that
 * knows none. */
static u32 operate(struct sd_card *c, u32 argument, u64 now)
{
    (void)now;
    if (!(argument & OCR_VOLTAGES))
        return 0;
    c->high = argument & OCR_HIGH;
    if (c->high || !sd_card_is_high_capacity(c))
        c->state = READY;
    return 0;
}

/* ---- 4.7.4: which there are, and in which states ---- */

#define IN(state) (1u << (state))
enum { ALWAYS = 0x1ff, SELECTED = IN(TRAN) | IN(DATA) | IN(RCV) | IN(PRG) };

static const struct command {
    u8 index;
    bool application;
    bool addressed; /* the argument's upper half says which card is meant */
    u16 states;
    u8 response;
    action act;
} commands[] = {
    {0, false, false, ALWAYS, R_NONE, go_idle},
    {2, false, false, IN(READY), R2_CID, tell_identity},
    {3, false, false, IN(IDENT) | IN(STBY), R6, new_address},
    {6, false, false, IN(TRAN), R1, switch_function},
    {7, false, true, IN(STBY) | IN(TRAN) | IN(DIS), R1, select_card},
    {8, false, false, IN(IDLE), R7, do_nothing},
    {9, false, true, IN(STBY), R2_CSD, do_nothing},
    {10, false, true, IN(STBY), R2_CID, do_nothing},
    {12, false, false, IN(DATA) | IN(RCV) | IN(PRG), R1, stop},
    {13, false, true, SELECTED | IN(STBY) | IN(DIS), R1, do_nothing},
    {15, false, true, SELECTED | IN(STBY) | IN(DIS), R_NONE, go_inactive},
    {16, false, false, IN(TRAN), R1, set_block_len},
    {17, false, false, IN(TRAN), R1, read_block},
    {18, false, false, IN(TRAN), R1, read_blocks},
    {24, false, false, IN(TRAN), R1, write_block},
    {25, false, false, IN(TRAN), R1, write_blocks},
    {32, false, false, IN(TRAN), R1, erase_from},
    {33, false, false, IN(TRAN), R1, erase_to},
    {38, false, false, IN(TRAN), R1, erase},
    {55, false, true, ALWAYS, R1, do_nothing},
    {6, true, false, IN(TRAN), R1, set_bus_width},
    {13, true, false, IN(TRAN), R1, send_status_register},
    {22, true, false, IN(TRAN), R1, send_blocks_written},
    {23, true, false, IN(TRAN), R1, do_nothing},
    {41, true, false, IN(IDLE), R3, operate},
    {42, true, false, IN(TRAN), R1, do_nothing},
    {51, true, false, IN(TRAN), R1, send_scr},
};

static const struct command *find(const struct sd_card *c, u8 index, bool application)
{
    for (unsigned i = 0; c->state < INACTIVE && i < ARRAY_SIZE(commands); i++)
        if (commands[i].index == index && commands[i].application == application &&
            (commands[i].states >> c->state & 1))
            return &commands[i];
    return NULL;
}

static unsigned put32(u8 *out, u32 v)
{
    for (unsigned i = 0; i < 4; i++)
        out[i] = v >> (24 - 8 * i);
    return 4;
}

/* The status with the state before the command, and errors, which are told once. */
static u32 status(struct sd_card *c, u8 state, bool application)
{
    u32 v = c->errors | (u32)state << 9 | (sd_card_is_busy(c) ? 0 : READY_FOR_DATA) | (application ? APP_CMD : 0);
    c->errors = 0;
    return v;
}

static unsigned respond(struct sd_card *c, enum response how, u8 state, u32 argument, u8 *out)
{
    u32 v;
    switch (how) {
    case R1: return put32(out, status(c, state, c->application));
    case R2_CID: sd_card_cid(c, out); return 16;
    case R2_CSD: sd_card_csd(c, out); return 16;
    case R3:
        v = OCR_VOLTAGES | (c->state == READY ? OCR_POWERED_UP : 0);
        return put32(out, v | (c->state == READY && sd_card_is_high_capacity(c) ? OCR_HIGH : 0));
    case R6: /* 4.9.5: of the status, bits 23, 22, 19 and 12 to 0 */
        v = status(c, state, false);
        return put32(out,
                     (u32)c->address << 16 | (v >> 8 & 0xc000) | (v >> 6 & 0x2000) | (v & 0x1fff));
    case R7: return (argument & 0xf00) == 0x100 ? put32(out, argument & 0xfff) : 0;
    default: return 0;
    }
}

/* 4.3: who is selected when another card is named goes back. */
static void deselect(struct sd_card *c)
{
    if (c->state == PRG) {
        c->state = DIS;
        if (c->transfer == T_WRITE_MANY)
            c->transfer = T_WRITE;
    } else if (c->state == TRAN || c->state == DATA) {
        end_transfer(c);
        c->state = STBY;
    }
}

unsigned sd_card_command(struct sd_card *c, u8 index, u32 argument, u64 now, u8 response[16])
{
    bool application = c->application;
    u8 state = c->state;
    if (!c->disk)
        return 0;
    const struct command *cmd = application ? find(c, index, true) : NULL;
    c->application = false;
    if (!cmd)
        cmd = find(c, index, application = false);
    if (index == 7 && argument >> 16 != c->address) {
        deselect(c);
        return 0;
    }
    if (!cmd) {
        c->errors |= ILLEGAL_COMMAND;
        return 0;
    }
    if (cmd->addressed && argument >> 16 != c->address)
        return 0;
    c->errors |= cmd->act(c, argument, now);
    c->application = application || index == 55;
    unsigned n = respond(c, cmd->response, state, argument, response);
    c->application = index == 55 && !application;
    return n;
}

/* ---- the card ---- */

void sd_card_reset(struct sd_card *c)
{
    struct disk *disk = c->disk;
    *c = (struct sd_card){.block_len = SD_BLOCK, .due = NEVER, .disk = disk};
}

/* A state that no card of this size can be in, and lengths that are too large. */
void sd_card_after_load(struct sd_card *c)
{
    c->state = MIN(c->state, INACTIVE);
    c->block_len = MAX(1, MIN(c->block_len, SD_BLOCK));
    c->len = MIN(c->len, SD_BLOCK);
    c->at = MIN(c->at, c->len);
    if (!c->disk)
        c->due = NEVER;
}
