/* gdb_packet.h - the remote protocol's framing: $data#checksum, acknowledgements, escapes, ^C */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: the GDB manual, appendix E.1 "Overview" and E.2 "Packet Acknowledgment". */
#ifndef GDBSTUB_GDB_PACKET_H
#define GDBSTUB_GDB_PACKET_H

#include "emu/buf.h"
#include "emu/types.h"

/* The longest packet taken, and advertised as PacketSize. */
#define GDB_PACKET_MAX 0x20000u

enum gdb_packet_state { PACKET_IDLE, PACKET_DATA, PACKET_SUM_HIGH, PACKET_SUM_LOW };

struct gdb_packet_reader {
    enum gdb_packet_state state;
    struct buf data;  /* of the packet, unescaped */
    u8 sum, wanted;
    bool escaped, too_long, sum_bad;
};

enum gdb_packet_event {
    PACKET_NOTHING,   /* so far */
    PACKET_COMPLETE,  /* data is a packet */
    PACKET_BAD_SUM,   /* its checksum is wrong */
    PACKET_TOO_LONG,  /* it was longer than GDB_PACKET_MAX, and is dropped */
    PACKET_INTERRUPT, /* ^C between packets */
    PACKET_ACK,
    PACKET_NAK,
};

void gdb_packet_init(struct gdb_packet_reader *r);
void gdb_packet_fini(struct gdb_packet_reader *r);
/* Takes one byte from the wire, any byte. */
enum gdb_packet_event gdb_packet_byte(struct gdb_packet_reader *r, u8 byte);
/* Appends data as a packet, escaped as it must be. */
void gdb_packet_frame(struct buf *out, const u8 *data, size_t n);

/* -1 if it is not a hexadecimal digit. */
int gdb_hex_digit(u8 c);
void gdb_put_hex(struct buf *out, const void *data, size_t n); /* two digits a byte */

#endif
