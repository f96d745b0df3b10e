/* pflash.c - parallel NOR flash with Intel's command set, as two 16-bit chips side by side */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: Intel StrataFlash Embedded Memory (P30) data sheet, 251903: command codes (table 19),
 * status register (14.2), write to buffer (11.3); Common Flash Interface, JESD68.01 with Intel's
 * extended query, JEP137.
 *
 * While the chips show their array, it is ordinary memory to who reads or executes
 * (bus_map_rom_device()), and only stores come here. A command makes them show status, identity or
 * the query instead: then all accesses come here. Programming and erasing take no time; as in a
 * chip a bit is cleared by programming and set by erasing alone. What is written to the buffer goes
 * into the array at once, not at the confirmation.
 */
#include "hw/pflash.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/tlb.h"

enum { CMD_ARRAY_0 = 0x00, CMD_PROGRAM_10 = 0x10, CMD_ERASE = 0x20, CMD_PROGRAM_40 = 0x40, CMD_CLEAR_STATUS = 0x50,
       CMD_LOCK = 0x60, CMD_STATUS = 0x70, CMD_ID = 0x90, CMD_QUERY = 0x98, CMD_CONFIRM = 0xd0, CMD_BUFFER = 0xe8,
       CMD_AMD_RESET = 0xf0, CMD_ARRAY = 0xff };
enum { LOCK_BLOCK = 0x01 };
enum { READY = 0x80, ERASE_ERROR = 0x20, PROGRAM_ERROR = 0x10, SEQUENCE_ERROR = ERASE_ERROR | PROGRAM_ERROR };
enum { MAKER = 0x89, DEVICE = 0x18 };
enum { BUS = 4, CHIP = 2, BUFFER = 4096 }; /* bytes: a bank's width, a chip's, both chips' buffers */

/* Which cycle of a command is next. */
enum step { STEP_COMMAND, STEP_SECOND, STEP_FIRST_DATA, STEP_DATA, STEP_CONFIRM };

#define PFLASH_STATE(F, A, S, T)                                                                   \
    F(T, u8, command)   /* being given, or what is shown: CMD_ARRAY is the memory */               \
    F(T, u8, step)                                                                                 \
    F(T, u8, status)                                                                               \
    F(T, u16, left)     /* words that are still to come into the buffer, less one */               \
    F(T, u32, block)    /* where the first one went */

struct pflash {
    struct device dev;
    STATE_MEMBERS(PFLASH_STATE)
    struct ram *ram;
    int map;            /* of the array */
    struct disk *disk;  /* NULL: it forgets when the machine ends */
    u8 query[0x60];
};
STATE_DESC(pflash_state, "pflash", struct pflash, PFLASH_STATE);

/* ---- the array ---- */

/* The bus's map follows what is shown. */
static void update(struct pflash *s)
{
    bus_enable(s->dev.machine->mem, s->map, s->command == CMD_ARRAY);
}

static void show(struct pflash *s, u8 command)
{
    s->command = command;
    s->step = STEP_COMMAND;
    update(s);
}

static bool store(struct pflash *s, u64 offset, const u8 *data, size_t n)
{
    if (s->disk && (disk_is_readonly(s->disk) || !disk_write(s->disk, offset, data, n)))
        return false;
    ram_write(s->dev.machine->cpu, s->ram, offset, data, n);
    return true;
}

static void program(struct pflash *s, u64 offset, u64 value, unsigned size)
{
    u64 old = 0;
    memcpy(&old, s->ram->host + offset, size);
    value &= old;
    if (!store(s, offset, (const u8 *)&value, size))
        s->status |= PROGRAM_ERROR;
}

static void erase(struct pflash *s, u64 offset)
{
    u8 ones[PAGE_SIZE];
    u64 sector = offset - offset % PFLASH_SECTOR;
    memset(ones, 0xff, sizeof(ones));
    for (u64 at = 0; at < PFLASH_SECTOR; at += sizeof(ones))
        if (!store(s, sector + at, ones, sizeof(ones))) {
            s->status |= ERASE_ERROR;
            return;
        }
}

/* ---- what is read instead ---- */

/* Of each chip: what its 16 bits say at this offset of the bank. */
static u16 chip_word(const struct pflash *s, u64 offset)
{
    u64 word = offset / BUS;
    switch (s->command) {
    case CMD_ID:
        word %= PFLASH_SECTOR / BUS;
        return word == 0 ? MAKER : word == 1 ? DEVICE : 0; /* no block is locked */
    case CMD_QUERY: return word < sizeof(s->query) ? s->query[word] : 0;
    default: return s->status;
    }
}

static u64 read_shown(void *opaque, u64 offset, unsigned size)
{
    const struct pflash *s = opaque;
    u64 v = 0;
    for (unsigned i = 0; i < size; i++)
        v |= (u64)(chip_word(s, offset + i) >> (8 * ((offset + i) % CHIP)) & 0xff) << (8 * i);
    return v;
}

/* ---- commands ---- */

static void sequence_error(struct pflash *s, u8 value)
{
    LOG(LOG_INFO, "%s: %#x is no command here, after %#x", s->dev.name, value, s->command);
    s->status |= SEQUENCE_ERROR;
    show(s, CMD_STATUS);
}

static void first(struct pflash *s, u8 value)
{
    switch (value) {
    case CMD_ARRAY_0: case CMD_AMD_RESET: case CMD_ARRAY: show(s, CMD_ARRAY); break;
    case CMD_CLEAR_STATUS:
        s->status = READY;
        show(s, CMD_ARRAY);
        break;
    case CMD_STATUS: case CMD_ID: case CMD_QUERY: show(s, value); break;
    case CMD_PROGRAM_10: case CMD_PROGRAM_40: case CMD_ERASE: case CMD_LOCK: case CMD_BUFFER:
        show(s, value);
        s->step = STEP_SECOND;
        break;
    default: sequence_error(s, value);
    }
}

static void second(struct pflash *s, u64 offset, u64 value, unsigned size)
{
    u8 low = (u8)value;
    switch (s->command) {
    case CMD_PROGRAM_10: case CMD_PROGRAM_40:
        program(s, offset, value, size);
        s->step = STEP_COMMAND;
        break;
    case CMD_BUFFER:
        s->left = (u16)value;
        s->step = STEP_FIRST_DATA;
        break;
    case CMD_ERASE:
        if (low != CMD_CONFIRM) {
            sequence_error(s, low);
            return;
        }
        erase(s, offset);
        s->step = STEP_COMMAND;
        break;
    default: /* CMD_LOCK: there are no locks, but who sets or clears them need not know */
        if (low != CMD_CONFIRM && low != LOCK_BLOCK)
            sequence_error(s, low);
        else
            s->step = STEP_COMMAND;
    }
}

/* The first one says where; commands only say in which sector. */
static void buffer(struct pflash *s, u64 offset, u64 value, unsigned size)
{
    if (s->step == STEP_FIRST_DATA)
        s->block = (u32)offset;
    s->step = STEP_DATA;
    if (offset / BUFFER != s->block / BUFFER) {
        sequence_error(s, (u8)value);
        return;
    }
    program(s, offset, value, size);
    if (!s->left--)
        s->step = STEP_CONFIRM;
}

static void write_command(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct pflash *s = opaque;
    switch (s->step) {
    case STEP_COMMAND: first(s, (u8)value); break;
    case STEP_SECOND: second(s, offset, value, size); break;
    case STEP_FIRST_DATA: case STEP_DATA: buffer(s, offset, value, size); break;
    default:
        if ((u8)value == CMD_CONFIRM)
            s->step = STEP_COMMAND;
        else
            sequence_error(s, (u8)value);
    }
}

static const struct mmio_ops ops = {read_shown, write_command, 1, 8};

/* ---- the device ---- */

static u8 log2_of(u64 v)
{
    return (u8)(63 - __builtin_clzll(v));
}

/* JESD68: 4.3. Sizes are one chip's. */
static void make_query(struct pflash *s)
{
    u64 chip = s->ram->size / (BUS / CHIP), sector = PFLASH_SECTOR / (BUS / CHIP), n = chip / sector - 1;
    const u8 table[] = {
        'Q',
        'R',
        'Y',
        0x01,
        0x00,
        0x31,
        0x00, /* Intel's command set; where its table is */
        0,
        0,
        0,
        0, /* no other */
        0x45,
        0x55,
        0,
        0, /* volts: 4.5 to 5.5 */
        0x07,
        0x07,
        0x0a,
        0,
        0x04,
        0x04,
        0x04,
        0, /* 2^n us or ms for a word, a buffer, an erasure; at most times 2^n */
        log2_of(chip),
        0x02,
        0, /* size; 16 bits */
        log2_of(BUFFER / (BUS / CHIP)),
        0,
        1,
        (u8)n,
        (u8)(n >> 8),
        (u8)(sector >> 8),
        (u8)(sector >> 16), /* one region of sectors */
        'P',
        'R',
        'I',
        '1',
        '0',
        0,
        0,
        0,
        0, /* nothing optional: no suspending, no locks */
        0,
        0,
        0,
        0x50,
        0,
        1, /* volts; one protection register: */
    };
    memcpy(s->query + 0x10, table, sizeof(table));
}

static void reset(struct device *d)
{
    struct pflash *s = (struct pflash *)d;
    s->status = READY;
    s->left = 0;
    s->block = 0;
    show(s, CMD_ARRAY);
}

static void after_load(struct device *d)
{
    update((struct pflash *)d);
}

static const struct device_type pflash_type = {
    .name = "pflash",
    .state = &pflash_state,
    .reset = reset,
    .after_load = after_load,
};

struct pflash *pflash_new(struct machine *m, const char *name, u64 base, u64 size)
{
    CHECK(size && size % PFLASH_SECTOR == 0 && size <= UINT32_MAX);
    struct pflash *s = xcalloc(1, sizeof(*s));
    s->ram = machine_add_ram(m, name, size);
    bus_map_mmio(m->mem, name, base, size, &ops, s);
    s->map = bus_map_rom_device(m->mem, name, base, size, s->ram, &ops, s);
    make_query(s);
    device_attach(m, &s->dev, &pflash_type);
    return s;
}

void pflash_fill(struct pflash *s, const void *data, size_t n)
{
    ram_write(NULL, s->ram, 0, data, n);
}

static bool is_zero(const u8 *p, size_t n)
{
    return !p[0] && !memcmp(p, p + 1, n - 1);
}

bool pflash_put_disk(struct pflash *s, struct disk *disk)
{
    u8 page[PAGE_SIZE];
    CHECK(disk_size(disk) == s->ram->size);
    s->disk = disk;
    for (u64 at = 0; at < s->ram->size; at += sizeof(page)) {
        if (!disk_read(disk, at, page, sizeof(page)))
            return false;
        if (!is_zero(page, sizeof(page))) /* pages that nobody needs cost nothing */
            ram_write(NULL, s->ram, at, page, sizeof(page));
    }
    return true;
}
