/* gdb_packet.c - the remote protocol's framing: $data#checksum, acknowledgements, escapes, ^C */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/gdb_packet.h"

#define ESCAPE '}'
#define ESCAPE_XOR 0x20
#define CTRL_C 0x03

void gdb_packet_init(struct gdb_packet_reader *r)
{
    *r = (struct gdb_packet_reader){.state = PACKET_IDLE};
}

void gdb_packet_fini(struct gdb_packet_reader *r)
{
    buf_fini(&r->data);
}

int gdb_hex_digit(u8 c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

void gdb_put_hex(struct buf *out, const void *data, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    const u8 *p = data;
    u8 *to = buf_grow(out, 2 * n);
    for (size_t i = 0; i < n; i++) {
        *to++ = digits[p[i] >> 4];
        *to++ = digits[p[i] & 15];
    }
}

static void begin(struct gdb_packet_reader *r)
{
    buf_clear(&r->data);
    r->state = PACKET_DATA;
    r->sum = r->wanted = 0;
    r->escaped = r->too_long = r->sum_bad = false;
}

static enum gdb_packet_event idle_byte(struct gdb_packet_reader *r, u8 byte)
{
    switch (byte) {
    case '$':
        begin(r);
        return PACKET_NOTHING;
    case '+':
        return PACKET_ACK;
    case '-':
        return PACKET_NAK;
    case CTRL_C:
        return PACKET_INTERRUPT;
    default: /* noise between packets means nothing */
        return PACKET_NOTHING;
    }
}

static void data_byte(struct gdb_packet_reader *r, u8 byte)
{
    r->sum += byte;
    if (byte == ESCAPE && !r->escaped) {
        r->escaped = true;
        return;
    }
    if (r->escaped)
        byte ^= ESCAPE_XOR;
    r->escaped = false;
    if (r->data.len == GDB_PACKET_MAX)
        r->too_long = true;
    else
        buf_put_u8(&r->data, byte);
}

static enum gdb_packet_event finish(struct gdb_packet_reader *r)
{
    r->state = PACKET_IDLE;
    if (r->sum_bad || r->sum != r->wanted)
        return PACKET_BAD_SUM;
    return r->too_long ? PACKET_TOO_LONG : PACKET_COMPLETE;
}

enum gdb_packet_event gdb_packet_byte(struct gdb_packet_reader *r, u8 byte)
{
    int digit = gdb_hex_digit(byte);
    switch (r->state) {
    case PACKET_IDLE:
        return idle_byte(r, byte);
    case PACKET_DATA:
        if (byte == '$') /* never in a packet's data: the last one was cut off */
            begin(r);
        else if (byte == '#')
            r->state = PACKET_SUM_HIGH;
        else
            data_byte(r, byte);
        return PACKET_NOTHING;
    case PACKET_SUM_HIGH:
    case PACKET_SUM_LOW:
        r->sum_bad |= digit < 0;
        r->wanted = r->wanted << 4 | (digit & 15);
        if (r->state == PACKET_SUM_LOW)
            return finish(r);
        r->state = PACKET_SUM_LOW;
        return PACKET_NOTHING;
    }
    return PACKET_NOTHING;
}

void gdb_packet_frame(struct buf *out, const u8 *data, size_t n)
{
    u8 sum = 0;
    buf_put_u8(out, '$');
    for (size_t i = 0; i < n; i++) {
        u8 byte = data[i];
        if (byte == '$' || byte == '#' || byte == ESCAPE || byte == '*') {
            buf_put_u8(out, ESCAPE);
            sum += ESCAPE;
            byte ^= ESCAPE_XOR;
        }
        buf_put_u8(out, byte);
        sum += byte;
    }
    buf_printf(out, "#%02x", sum);
}
