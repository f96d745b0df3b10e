/* lan9118_tx.c - SMSC's Ethernet controller: the FIFOs of what is sent */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: LAN9118 data sheet, 3.12 (transmit data path). A frame is one or more buffers, each with
 * two command words before it. It has gone when its last word is written, so that the FIFO holds at
 * most the frame being written.
 */
#include <string.h>

#include "hw/lan9118.h"

enum phase { COMMAND_A, COMMAND_B, DATA, PADDING };
enum { A_FIRST = 1 << 13, A_LAST = 1 << 12, A_SIZE = 0x7ff, B_LENGTH = 0x7ff, B_NO_CRC = 1 << 13, B_NO_PAD = 1 << 12 };
#define A_INTERRUPT (1u << 31)
enum { STATUS_ERROR = 1 << 15, STATUS_NO_CARRIER = 1 << 10, TX_CFG_ALLOW_OVERRUN = 4 };

/* 5.3.9: all but 512 bytes, which have the statuses. */
static u32 capacity(const struct lan9118 *s)
{
    return lan9118_tx_fifo_kib(s) * 1024 - 512;
}

void lan9118_tx_reset(struct lan9118 *s, bool data, bool status)
{
    if (data) {
        s->tx_phase = COMMAND_A;
        s->tx_a = s->tx_b = 0;
        s->tx_skip = s->tx_left = s->tx_pad = s->tx_len = 0;
    }
    if (status)
        s->tx_status_head = s->tx_statuses = 0;
}

static void report(struct lan9118 *s, u32 status)
{
    u32 causes = s->tx_a & A_INTERRUPT ? LAN_TX_IOC : 0;
    if (s->tx_statuses < LAN_TX_STATUS_MAX)
        s->tx_status[(s->tx_status_head + s->tx_statuses++) % LAN_TX_STATUS_MAX] =
            (s->tx_b & 0xffff0000) | status;
    else if (!(s->tx_cfg & TX_CFG_ALLOW_OVERRUN))
        causes |= LAN_TXSO;
    lan9118_interrupt(s, causes);
}

static void send(struct lan9118 *s)
{
    u32 len = s->tx_len;
    if (len < NIC_MIN_FRAME && !(s->tx_b & B_NO_PAD)) {
        memset(s->tx_frame + len, 0, NIC_MIN_FRAME - len);
        len = NIC_MIN_FRAME;
    }
    if (lan9118_loops_back(s)) {
        lan9118_rx_frame(s, s->tx_frame, len);
    } else if (!s->port) {
        report(s, STATUS_ERROR | STATUS_NO_CARRIER);
        return;
    } else {
        net_port_send(s->port, s->tx_frame, len);
    }
    report(s, 0);
}

/* 3.12.2: what the commands say and what was written must agree. With B_NO_CRC the driver has
 * written the check sequence itself; it does not go over this wire. */
static void end_frame(struct lan9118 *s)
{
    u32 length = s->tx_b & B_LENGTH;
    if (!lan9118_sends(s))
        return;
    if (length != s->tx_len || length < NIC_HEADER + (s->tx_b & B_NO_CRC ? NIC_FCS : 0u)) {
        lan9118_interrupt(s, LAN_TXE);
        return;
    }
    if (s->tx_b & B_NO_CRC)
        s->tx_len -= NIC_FCS;
    send(s);
}

static void end_buffer(struct lan9118 *s)
{
    s->tx_phase = COMMAND_A;
    if (!(s->tx_a & A_LAST))
        return;
    end_frame(s);
    s->tx_len = 0;
}

static void begin_buffer(struct lan9118 *s)
{
    static const u8 align[4] = {4, 16, 32, 32};
    u32 to = align[s->tx_a >> 24 & 3];
    s->tx_skip = s->tx_a >> 16 & 31;
    s->tx_left = s->tx_a & A_SIZE;
    u32 bytes = s->tx_skip + s->tx_left, data = (bytes + 3) / 4;
    s->tx_pad = (bytes + to - 1) / to * to / 4 - data;
    if (s->tx_a & A_FIRST)
        s->tx_len = 0;
    s->tx_phase = data ? DATA : s->tx_pad ? PADDING : COMMAND_A;
    if (s->tx_phase == COMMAND_A)
        end_buffer(s);
}

static void take_bytes(struct lan9118 *s, u32 word)
{
    for (unsigned i = 0; i < 4; i++, word >>= 8) {
        if (s->tx_skip) {
            s->tx_skip--;
        } else if (s->tx_left) {
            s->tx_left--;
            if (s->tx_len < LAN_FRAME_MAX)
                s->tx_frame[s->tx_len++] = word;
        }
    }
    if (!s->tx_skip && !s->tx_left)
        s->tx_phase = PADDING;
}

void lan9118_tx_data(struct lan9118 *s, u32 word)
{
    switch (s->tx_phase) {
    case COMMAND_A:
        s->tx_a = word;
        s->tx_phase = COMMAND_B;
        return;
    case COMMAND_B:
        s->tx_b = word;
        begin_buffer(s);
        return;
    case DATA: take_bytes(s, word); break;
    default: s->tx_pad -= s->tx_pad != 0; break;
    }
    if (s->tx_phase == PADDING && !s->tx_pad)
        end_buffer(s);
}

u32 lan9118_tx_status(struct lan9118 *s, bool take)
{
    u32 v = s->tx_status[s->tx_status_head];
    if (!s->tx_statuses)
        return 0;
    if (take) {
        s->tx_status_head = (s->tx_status_head + 1) % LAN_TX_STATUS_MAX;
        s->tx_statuses--;
    }
    return v;
}

u32 lan9118_tx_free(const struct lan9118 *s)
{
    u32 used = s->tx_phase == COMMAND_A && !s->tx_len ? 0 : 8 + (s->tx_len + 3u) / 4 * 4;
    return (u32)s->tx_statuses << 16 | (used < capacity(s) ? capacity(s) - used : 0);
}

void lan9118_tx_after_load(struct lan9118 *s)
{
    s->tx_status_head %= LAN_TX_STATUS_MAX;
    s->tx_statuses = MIN(s->tx_statuses, LAN_TX_STATUS_MAX);
    s->tx_phase = MIN(s->tx_phase, PADDING);
    s->tx_skip = MIN(s->tx_skip, 31);
    s->tx_left = MIN(s->tx_left, A_SIZE);
    s->tx_pad = MIN(s->tx_pad, 8);
    s->tx_len = MIN(s->tx_len, LAN_FRAME_MAX);
}
