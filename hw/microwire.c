/* microwire.c - a serial EEPROM of 64 words */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Atmel AT93C46 data sheet, x16 organisation: a start bit, two bits of operation, six of
 * address, sixteen of data. Writing takes no time: it is ready when it is asked.
 */
#include "hw/microwire.h"

enum phase { IDLE, COMMAND, READING, WRITING, DONE };
enum { OP_EXTENDED = 0, OP_WRITE = 1, OP_READ = 2, OP_ERASE = 3 };
enum { X_DISABLE = 0, X_WRITE_ALL = 1, X_ERASE_ALL = 2, X_ENABLE = 3 };
enum { COMMAND_BITS = 8, WORD_BITS = 16 };

static const struct state_field fields[] = {
    MICROWIRE_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct microwire)};
const struct state_desc microwire_state = {"eeprom", fields, ARRAY_SIZE(fields)};

static unsigned operation(const struct microwire *m)
{
    return m->command >> 6;
}

static u8 address(const struct microwire *m)
{
    return m->command % MICROWIRE_WORDS;
}

static unsigned extended(const struct microwire *m)
{
    return address(m) >> 4;
}

static void fill(struct microwire *m, u16 value)
{
    for (unsigned i = 0; m->writable && i < MICROWIRE_WORDS; i++)
        m->word[i] = value;
}

static void begin(struct microwire *m, enum phase phase)
{
    m->phase = phase;
    m->count = 0;
}

static void decode(struct microwire *m)
{
    begin(m, DONE);
    switch (operation(m)) {
    case OP_READ:
        begin(m, READING);
        m->out = false; /* a zero comes before the word */
        break;
    case OP_WRITE: begin(m, WRITING); break;
    case OP_ERASE:
        if (m->writable)
            m->word[address(m)] = 0xffff;
        break;
    default:
        if (extended(m) == X_WRITE_ALL)
            begin(m, WRITING);
        else if (extended(m) == X_ERASE_ALL)
            fill(m, 0xffff);
        else
            m->writable = extended(m) == X_ENABLE;
    }
}

/* Words follow each other for as long as it is clocked. */
static void read_bit(struct microwire *m)
{
    if (m->count == WORD_BITS) {
        m->count = 0;
        m->command = OP_READ << 6 | (address(m) + 1) % MICROWIRE_WORDS;
    }
    m->out = m->word[address(m)] >> (WORD_BITS - 1 - m->count++ % WORD_BITS) & 1;
}

static void write_bit(struct microwire *m, bool in)
{
    m->shift = m->shift << 1 | in;
    if (++m->count < WORD_BITS)
        return;
    if (operation(m) == OP_EXTENDED)
        fill(m, m->shift);
    else if (m->writable)
        m->word[address(m)] = m->shift;
    begin(m, DONE);
}

static void clock_in(struct microwire *m, bool in)
{
    switch (m->phase) {
    case IDLE:
        if (in)
            begin(m, COMMAND);
        break;
    case COMMAND:
        m->command = m->command << 1 | in;
        if (++m->count >= COMMAND_BITS)
            decode(m);
        break;
    case READING: read_bit(m); break;
    case WRITING: write_bit(m, in); break;
    default: break;
    }
}

void microwire_set(struct microwire *m, bool select, bool clock, bool in)
{
    bool rises = clock && !m->clock;
    if (!select || !m->select) { /* not driven, the line is pulled up; selected, it says "ready" */
        begin(m, IDLE);
        m->out = true;
    }
    if (select && m->select && rises)
        clock_in(m, in);
    m->select = select;
    m->clock = clock;
}
