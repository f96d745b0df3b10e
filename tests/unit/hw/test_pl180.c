/* test_pl180.c - an SD card behind Arm's interface: identification, blocks, erasing, capacities, time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "hw/pl180.h"
#include "hw/sd_card.h"

#define BASE UINT64_C(0x10005000)
enum { POWER = 0, CLOCK = 4, ARGUMENT = 8, COMMAND = 0xc, RESP_CMD = 0x10, RESPONSE = 0x14, DATA_TIMER = 0x24,
       DATA_LENGTH = 0x28, DATA_CTRL = 0x2c, DATA_CNT = 0x30, STATUS = 0x34, CLEAR = 0x38, MASK0 = 0x3c, MASK1 = 0x40,
       FIFO_CNT = 0x48, FIFO = 0x80 };
enum { TIMEOUT = 4, DATA_TIMEOUT = 8, RESP_END = 0x40, SENT = 0x80, DATA_END = 0x100, BLOCK_END = 0x400,
       TX_HALF_EMPTY = 1 << 14, RX_HALF_FULL = 1 << 15, RX_AVAILABLE = 1 << 21 };
enum { SHORT = 1, LONG = 3, APP = 4, BLOCKS = 128, READ_BLOCKS = 9 << 4 | 3, WRITE_BLOCKS = 9 << 4 | 1 };
enum { MS = 1000000, BLOCK = 512, STATE_TRAN = 4 << 9 | 0x100 };

static struct board *b;
static struct probe irq0, irq1;
static u8 *content;
static u64 size;
static struct disk *disk;
static u32 address;

static bool image_read(struct disk_image *i, u64 offset, void *out, size_t n)
{
    (void)i;
    memset(out, 0, n);
    for (size_t k = 0; k < n; k++)
        if (offset + k < BLOCKS * BLOCK)
            ((u8 *)out)[k] = content[offset + k];
    return true;
}

static u64 image_extent(struct disk_image *i, u64 offset, bool *zeros)
{
    *zeros = false;
    return i->size - offset;
}

static const struct disk_image_type type = {.name = "memory", .read = image_read, .extent = image_extent};
static struct disk_image image;

static void set_up_card(u64 bytes, bool readonly)
{
    b = board_new();
    size = bytes;
    content = malloc(BLOCKS * BLOCK);
    for (unsigned i = 0; i < BLOCKS * BLOCK; i++)
        content[i] = i / BLOCK * 7 + i;
    image = (struct disk_image){&type, "x", size, false};
    disk = size ? disk_new(b->m, "d", &image, readonly, false) : NULL;
    irq0 = irq1 = (struct probe){0};
    pl180_new(b->m, BASE, disk, probe_irq(&irq0), probe_irq(&irq1));
    board_reset(b);
    board_write(b, BASE + POWER, 3);
    board_write(b, BASE + CLOCK, 0x100);
    address = 0;
}

static void set_up(void)
{
    set_up_card(BLOCKS * BLOCK, false);
}

static void tear_down(void)
{
    board_delete(b);
    free(content);
}

TestSuite(pl180, .init = set_up, .fini = tear_down);

/* The status after a command, and its short response. */
static u32 command(unsigned index, u32 argument, unsigned how)
{
    if (how & APP)
        command(55, address << 16, SHORT);
    board_write(b, BASE + CLEAR, 0x7ff);
    board_write(b, BASE + ARGUMENT, argument);
    board_write(b, BASE + COMMAND, index | 1 << 10 | (how & SHORT ? 1 << 6 : 0) | ((how & LONG) == LONG ? 1 << 7 : 0));
    return board_read(b, BASE + STATUS) & 0x7ff;
}

static u32 response(void)
{
    return board_read(b, BASE + RESPONSE);
}

static void select_card(bool high)
{
    cr_assert_eq(command(0, 0, 0), SENT);
    cr_assert_eq(command(8, 0x1aa, SHORT), RESP_END);
    cr_assert_eq(response(), 0x1aa);
    command(41, 0, SHORT | APP);
    cr_assert_eq(response(), 0x00ff8000, "a question");
    cr_assert_eq(command(41, 0x00ff8000 | (high ? 1 << 30 : 0), SHORT | APP), RESP_END);
    cr_assert(response() >> 31, "it is ready");
    cr_assert_eq(command(2, 0, LONG), RESP_END);
    cr_assert_eq(command(3, 0, SHORT), RESP_END);
    address = response() >> 16;
    cr_assert(address);
    cr_assert_eq(command(9, address << 16, LONG), RESP_END);
    cr_assert_eq(command(7, address << 16, SHORT), RESP_END);
    cr_assert_eq(command(13, address << 16, SHORT), RESP_END);
    cr_assert_eq(response(), STATE_TRAN);
}

static void start_data(u32 bytes, u32 control)
{
    board_write(b, BASE + DATA_TIMER, 100000);
    board_write(b, BASE + DATA_LENGTH, bytes);
    board_write(b, BASE + DATA_CTRL, control);
}

/* As a driver does it: while there is something, and then it waits for the interrupt. */
static void read_data(u8 *out, u32 bytes)
{
    for (u32 n = 0; n < bytes; n += 4) {
        if (!(board_read(b, BASE + STATUS) & RX_AVAILABLE))
            board_run(b, MS);
        cr_assert(board_read(b, BASE + STATUS) & RX_AVAILABLE, "no data after %u bytes", n);
        u32 v = board_read(b, BASE + FIFO);
        memcpy(out + n, &v, MIN(4, bytes - n));
    }
}

static void write_data(const u8 *data, u32 bytes)
{
    for (u32 n = 0; n < bytes; n += 4) {
        u32 v;
        if (!(board_read(b, BASE + STATUS) & TX_HALF_EMPTY))
            board_run(b, MS);
        cr_assert(board_read(b, BASE + STATUS) & TX_HALF_EMPTY, "no room after %u bytes", n);
        memcpy(&v, data + n, 4);
        board_write(b, BASE + FIFO, v);
    }
    board_run(b, MS);
}

Test(pl180, registers_of_the_card)
{
    u8 bytes[64];
    select_card(false);
    start_data(8, 3 << 4 | 3);
    cr_assert_eq(command(51, 0, SHORT | APP), RESP_END | DATA_END | BLOCK_END);
    read_data(bytes, 8);
    cr_assert(bytes[0] == 0x02 && bytes[1] == 0x05);
    cr_assert_eq(board_read(b, BASE + DATA_CNT), 0);
    board_write(b, BASE + DATA_CTRL, 0);
    start_data(64, 6 << 4 | 3);
    command(6, 0x00fffff1, SHORT);
    read_data(bytes, 64);
    cr_assert(bytes[12] == 0x80 && bytes[13] == 0x03 && bytes[16] == 1, "high speed is there");
}

Test(pl180, csd_says_the_size)
{
    select_card(false);
    command(7, 0, 0);
    cr_assert_eq(command(9, address << 16, LONG), RESP_END);
    u32 word1 = board_read(b, BASE + RESPONSE + 4), word2 = board_read(b, BASE + RESPONSE + 8);
    u32 c_size = (word1 & 0x3ff) << 2 | word2 >> 30, mult = word2 >> 15 & 7, len = word1 >> 16 & 15;
    cr_assert_eq((u64)(c_size + 1) << (mult + 2 + len), size);
    cr_assert_eq(board_read(b, BASE + RESP_CMD), 0x3f);
}

Test(pl180, reads_a_block)
{
    u8 bytes[BLOCK];
    select_card(false);
    start_data(BLOCK, READ_BLOCKS);
    cr_assert_eq(command(17, 3 * BLOCK, SHORT), RESP_END);
    cr_assert_not(board_read(b, BASE + STATUS) & RX_AVAILABLE, "it takes its time");
    board_run(b, disk_latency(BLOCK) - 1);
    cr_assert_not(board_read(b, BASE + STATUS) & RX_AVAILABLE);
    board_run(b, 1);
    cr_assert(board_read(b, BASE + STATUS) & RX_HALF_FULL);
    cr_assert_eq(board_read(b, BASE + FIFO_CNT), (BLOCK - 64) / 4, "16 words are in the FIFO");
    read_data(bytes, BLOCK);
    cr_assert_arr_eq(bytes, content + 3 * BLOCK, BLOCK);
    cr_assert((board_read(b, BASE + STATUS) & (DATA_END | BLOCK_END)) == (DATA_END | BLOCK_END));
}

Test(pl180, reads_blocks_by_interrupt)
{
    u8 bytes[4 * BLOCK];
    select_card(false);
    board_write(b, BASE + MASK1, RX_HALF_FULL);
    start_data(4 * BLOCK, READ_BLOCKS);
    command(18, 10 * BLOCK, SHORT);
    cr_assert_not(irq1.level);
    for (unsigned n = 0; n < 4; n++) {
        board_run(b, MS);
        cr_assert(irq1.level);
        read_data(bytes + n * BLOCK, BLOCK);
        cr_assert_not(irq1.level);
    }
    cr_assert_arr_eq(bytes, content + 10 * BLOCK, sizeof(bytes));
    cr_assert_not(irq0.rises);
    cr_assert_eq(command(12, 0, SHORT), RESP_END);
    command(13, address << 16, SHORT);
    cr_assert_eq(response(), STATE_TRAN);
}

Test(pl180, writes_blocks)
{
    u8 bytes[3 * BLOCK], back[3 * BLOCK];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = i * 11 + i / BLOCK;
    select_card(false);
    board_write(b, BASE + MASK0, DATA_END);
    cr_assert_eq(command(25, 5 * BLOCK, SHORT), RESP_END);
    start_data(sizeof(bytes), WRITE_BLOCKS);
    write_data(bytes, sizeof(bytes));
    cr_assert(irq0.level, "it ends when it is written");
    command(12, 0, SHORT);
    cr_assert(disk_read(disk, 5 * BLOCK, back, sizeof(back)));
    cr_assert_arr_eq(back, bytes, sizeof(bytes));
    start_data(4, 2 << 4 | 3);
    command(22, 0, SHORT | APP);
    read_data(back, 4);
    cr_assert_eq(back[3], 3, "blocks written");
}

Test(pl180, a_card_that_programs_is_busy)
{
    u8 bytes[BLOCK] = {1};
    select_card(false);
    command(24, 0, SHORT);
    start_data(BLOCK, WRITE_BLOCKS);
    for (unsigned i = 0; i < BLOCK; i += 4)
        board_write(b, BASE + FIFO, bytes[i]);
    cr_assert_not(board_read(b, BASE + STATUS) & DATA_END);
    command(13, address << 16, SHORT);
    cr_assert_eq(response(), 7 << 9, "programming, not ready for data");
    board_run(b, disk_latency(BLOCK));
    command(13, address << 16, SHORT);
    cr_assert_eq(response(), STATE_TRAN);
}

Test(pl180, erases)
{
    u8 bytes[BLOCK], zeros[BLOCK] = {0};
    select_card(false);
    command(32, 2 * BLOCK, SHORT);
    command(33, 3 * BLOCK, SHORT);
    command(38, 0, SHORT);
    board_run(b, MS);
    for (unsigned n = 1; n < 5; n++) {
        disk_read(disk, n * BLOCK, bytes, BLOCK);
        cr_assert(!memcmp(bytes, n == 2 || n == 3 ? zeros : content + n * BLOCK, BLOCK), "block %u", n);
    }
    command(38, 0, SHORT);
    cr_assert(response() & 1 << 28, "erase sequence error: nothing was named again");
}

Test(pl180, errors)
{
    select_card(false);
    cr_assert_eq(command(17, BLOCKS * BLOCK, SHORT), RESP_END);
    cr_assert(response() >> 31, "out of range");
    command(13, address << 16, SHORT);
    cr_assert_eq(response(), STATE_TRAN, "told once");
    command(17, 100, SHORT);
    cr_assert(response() & 1 << 30, "a block over a boundary");
    cr_assert_eq(command(5, 0, SHORT), TIMEOUT, "not a card for input and output");
    command(13, address << 16, SHORT);
    cr_assert(response() & 1 << 22, "illegal command");
    cr_assert_eq(command(13, (address + 1) << 16, SHORT), TIMEOUT, "another card");
}

Test(pl180, data_timeout)
{
    board_write(b, BASE + MASK0, DATA_TIMEOUT);
    start_data(BLOCK, READ_BLOCKS); /* 100000 clocks of 12 MHz */
    board_run(b, 8 * MS);
    cr_assert_not(irq0.level);
    board_run(b, MS);
    cr_assert(irq0.level);
    board_write(b, BASE + CLEAR, DATA_TIMEOUT);
    cr_assert_not(irq0.level);
    board_run(b, 100 * MS);
    cr_assert_not(irq0.level);
}

Test(pl180, read_only, .init = NULL)
{
    set_up_card(BLOCKS * BLOCK, true);
    select_card(false);
    command(24, 0, SHORT);
    cr_assert(response() & 1 << 26, "write protect violation");
}

Test(pl180, high_capacity, .init = NULL)
{
    u8 bytes[BLOCK];
    set_up_card(4 * GiB, false);
    command(8, 0x1aa, SHORT);
    command(41, 0x00ff8000, SHORT | APP);
    cr_assert_not(response() >> 31, "not for a host that does not know such cards");
    select_card(true);
    cr_assert_eq(command(7, 0, 0), SENT);
    command(9, address << 16, LONG);
    cr_assert_eq(board_read(b, BASE + RESPONSE) >> 30, 1, "CSD version 2");
    u32 c_size = (board_read(b, BASE + RESPONSE + 4) & 0x3f) << 16 | board_read(b, BASE + RESPONSE + 8) >> 16;
    cr_assert_eq(((u64)c_size + 1) * 512 * KiB, size);
    command(7, address << 16, SHORT);
    start_data(BLOCK, READ_BLOCKS);
    command(17, 3, SHORT);
    read_data(bytes, BLOCK);
    cr_assert_arr_eq(bytes, content + 3 * BLOCK, BLOCK, "it is addressed by blocks");
}

Test(pl180, empty_slot, .init = NULL)
{
    set_up_card(0, false);
    cr_assert_eq(command(0, 0, 0), SENT);
    cr_assert_eq(command(8, 0x1aa, SHORT), TIMEOUT);
}

Test(pl180, sizes)
{
    cr_assert(sd_card_size_ok("x", 64 * MiB) && sd_card_size_ok("x", 2 * GiB) && sd_card_size_ok("x", 32 * GiB));
    cr_assert(sd_card_size_ok("x", 3 * MiB) && sd_card_size_ok("x", 1400 * MiB));
    cr_assert_not(sd_card_size_ok("x", 0) || sd_card_size_ok("x", 64 * MiB + 512) ||
                  sd_card_size_ok("x", 4 * GiB + 64 * KiB));
}

Test(pl180, requests_in_flight_are_state)
{
    u8 bytes[BLOCK];
    struct buf state = {0};
    select_card(false);
    start_data(BLOCK, READ_BLOCKS);
    command(17, 6 * BLOCK, SHORT);
    machine_save(b->m, &state);
    board_run(b, MS);
    read_data(bytes, BLOCK);
    struct reader r = reader_of(state.data, state.len);
    cr_assert(machine_load(b->m, &r));
    memset(bytes, 0, sizeof(bytes));
    board_run(b, MS);
    read_data(bytes, BLOCK);
    cr_assert_arr_eq(bytes, content + 6 * BLOCK, BLOCK);
    buf_fini(&state);
}
