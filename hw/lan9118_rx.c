/* lan9118_rx.c - SMSC's Ethernet controller: the FIFOs of what is received */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: LAN9118 data sheet, 3.13 (receive data path), 5.3.9 (FIFO sizes). The data FIFO is a
 * page-tracked ram, since it is large; statuses and the packets' lengths are in the device's
 * fields. What a packet is padded with is written when it comes, so that reading is only taking
 * words.
 */
#include <string.h>

#include "emu/tlb.h"
#include "hw/lan9118.h"

enum { RX_WORDS = LAN_RX_BYTES / 4, RX_OFFSET_MAX = 31 };

/* A sixteenth of what is for receiving has statuses. */
static u32 status_room(const struct lan9118 *s)
{
    return (16 - lan9118_tx_fifo_kib(s)) * 1024 / 16 / 4;
}

static u32 data_room(const struct lan9118 *s)
{
    return (16 - lan9118_tx_fifo_kib(s)) * 1024 / 4 - status_room(s);
}

void lan9118_rx_reset(struct lan9118 *s)
{
    s->rx_head = s->rx_words = 0;
    s->rx_packet_head = s->rx_packets = 0;
    s->rx_status_head = s->rx_statuses = 0;
}

/* With the offset before it, its check sequence behind it, and up to a whole 4, 16 or 32 bytes. */
static u32 words_of(const struct lan9118 *s, u32 len)
{
    static const u8 align[4] = {4, 16, 32, 32};
    u32 to = align[s->rx_cfg >> 30], bytes = (s->rx_cfg >> 8 & 31) + len + NIC_FCS;
    return (bytes + to - 1) / to * to / 4;
}

bool lan9118_rx_room(const struct lan9118 *s, u32 len)
{
    return s->rx_statuses < status_room(s) && s->rx_packets < LAN_RX_STATUS_MAX &&
           s->rx_words + words_of(s, MAX(len, (u32)NIC_MIN_FRAME)) <= data_room(s);
}

static void put_bytes(struct lan9118 *s, const u8 *bytes, u32 words)
{
    u32 at = (s->rx_head + s->rx_words) % RX_WORDS, first = MIN(words, RX_WORDS - at);
    ram_write(NULL, s->rx_ram, at * 4, bytes, first * 4);
    ram_write(NULL, s->rx_ram, 0, bytes + first * 4, (words - first) * 4);
    s->rx_words += words;
}

static void store(struct lan9118 *s, const u8 *frame, u32 len, u32 status)
{
    u8 padded[RX_OFFSET_MAX + LAN_FRAME_MAX + NIC_FCS + 32] = {0};
    u32 offset = s->rx_cfg >> 8 & 31, words = words_of(s, len), fcs = nic_fcs(&s->crc, frame, len);
    memcpy(padded + offset, frame, len);
    for (unsigned i = 0; i < NIC_FCS; i++)
        padded[offset + len + i] = fcs >> 8 * i;
    put_bytes(s, padded, words);
    s->rx_packet[(s->rx_packet_head + s->rx_packets++) % LAN_RX_STATUS_MAX] = words;
    s->rx_status[(s->rx_status_head + s->rx_statuses++) % LAN_RX_STATUS_MAX] =
        status | (len + NIC_FCS) << 16;
}

void lan9118_rx_frame(struct lan9118 *s, const u8 *frame, u32 len)
{
    u8 padded[NIC_MIN_FRAME] = {0};
    u32 status;
    if (!lan9118_receives(s) || len < NIC_HEADER || len > LAN_FRAME_MAX - NIC_FCS ||
        !lan9118_accepts(s, frame, &status))
        return;
    if (len < NIC_MIN_FRAME) {
        frame = memcpy(padded, frame, len);
        len = NIC_MIN_FRAME;
    }
    if (lan9118_rx_room(s, len)) {
        store(s, frame, len, status);
        lan9118_interrupt(s, 0);
        return;
    }
    if (s->rx_drop == INT32_MAX)
        lan9118_interrupt(s, LAN_RXDFH); /* it is half way round */
    s->rx_drop++;
    lan9118_interrupt(s, LAN_RXDF);
}

static void resume(struct lan9118 *s)
{
    if (s->port)
        net_port_resume(s->port);
}

static void drop_words(struct lan9118 *s, u32 words)
{
    u16 *packet = &s->rx_packet[s->rx_packet_head];
    words = MIN(words, (u32)s->rx_words);
    s->rx_head = (s->rx_head + words) % RX_WORDS;
    s->rx_words -= words;
    *packet -= MIN(words, (u32)*packet);
    if (*packet && s->rx_words)
        return;
    s->rx_packet_head = (s->rx_packet_head + 1) % LAN_RX_STATUS_MAX;
    s->rx_packets--;
    resume(s);
}

u32 lan9118_rx_data(struct lan9118 *s)
{
    u32 v;
    if (!s->rx_packets || !s->rx_words)
        return 0;
    memcpy(&v, s->rx_ram->host + s->rx_head * 4, 4);
    drop_words(s, 1);
    return v;
}

void lan9118_rx_forward(struct lan9118 *s)
{
    if (s->rx_packets)
        drop_words(s, s->rx_packet[s->rx_packet_head]);
}

u32 lan9118_rx_status(struct lan9118 *s, bool take)
{
    u32 v = s->rx_status[s->rx_status_head];
    if (!s->rx_statuses)
        return 0;
    if (take) {
        s->rx_status_head = (s->rx_status_head + 1) % LAN_RX_STATUS_MAX;
        s->rx_statuses--;
        resume(s);
    }
    return v;
}

u32 lan9118_rx_used(const struct lan9118 *s)
{
    return (u32)s->rx_statuses << 16 | s->rx_words * 4;
}

/* Lengths that no device has. Packets that do not add up only end early. */
void lan9118_rx_after_load(struct lan9118 *s)
{
    s->rx_head %= RX_WORDS;
    s->rx_words = MIN(s->rx_words, RX_WORDS);
    s->rx_packet_head %= LAN_RX_STATUS_MAX;
    s->rx_packets = MIN(s->rx_packets, LAN_RX_STATUS_MAX);
    s->rx_status_head %= LAN_RX_STATUS_MAX;
    s->rx_statuses = MIN(s->rx_statuses, LAN_RX_STATUS_MAX);
}
