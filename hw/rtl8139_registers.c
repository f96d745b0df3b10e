/* rtl8139_registers.c - RealTek's fast Ethernet card: its registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: RealTek RTL8139C(L) data sheet, revision 1.4, 6, and RTL8139C(L)+ data sheet, revision
 * 1.6, 6; IEEE 802.3, 22.2.4 (MII registers).
 */
#include "hw/rtl8139.h"

#include "emu/check.h"

enum { /* 6: register offsets */
       R_IDR = 0x00,
       R_MAR = 0x08,
       R_TSD = 0x10,
       R_DTCCR = 0x10, /* in C+ mode: */
       R_TSAD = 0x20,
       R_TNPDS = 0x20,
       R_THPDS = 0x28,
       R_RBSTART = 0x30,
       R_CR = 0x37,
       R_CAPR = 0x38,
       R_CBR = 0x3a,
       R_IMR = 0x3c,
       R_ISR = 0x3e,
       R_TCR = 0x40,
       R_RCR = 0x44,
       R_TCTR = 0x48,
       R_MPC = 0x4c,
       R_9346CR = 0x50,
       R_CONFIG0 = 0x51,
       R_CONFIG1 = 0x52,
       R_TIMERINT = 0x54,
       R_MSR = 0x58,
       R_CONFIG3 = 0x59,
       R_CONFIG4 = 0x5a,
       R_MULINT = 0x5c,
       R_RERID = 0x5e,
       R_TSAD_SUMMARY = 0x60,
       R_BMCR = 0x62,
       R_BMSR = 0x64,
       R_ANAR = 0x66,
       R_ANLPAR = 0x68,
       R_ANER = 0x6a,
       R_NWAYTR = 0x70,
       R_CSCR = 0x74,
       R_CONFIG5 = 0xd8,
       R_TPPOLL = 0xd9,
       R_CPCR = 0xe0,
       R_RDSAR = 0xe4,
       R_ETTHR = 0xec,
};
enum { EE_MODE = 0xc0, EE_UNLOCKED = 0xc0, EE_AUTOLOAD = 0x40, EE_PROGRAM = 0x80 };
enum { EE_SELECT = 8, EE_CLOCK = 4, EE_IN = 2, EE_OUT = 1 };
enum { POLL_HIGH = 0x80, POLL_NORMAL = 0x40, POLL_SWINT = 1, DUMP_START = 8 };
#define TCR_VERSION 0x74800000u /* of the C+ */
#define TCR_WRITABLE 0x030707f0u
#define RCR_WRITABLE 0x0f03ffbfu
enum { BMCR_RESET = 0x8000, BMCR_RESTART = 0x0200 };

/* ---- what registers do ---- */

void rtl8139_load_address(struct rtl8139 *s)
{
    for (unsigned i = 0; i < 3; i++)
        pci_put16(s->id, 2 * i, s->eeprom->word[RTL_EE_MAC + i]);
}

static void reset_timer(struct rtl8139 *s)
{
    s->timer_base = machine_now_ns(s->dev.machine);
    rtl8139_schedule(s);
}

/* 6.5: what the reset bit of CR does; address, filter and configuration stay. */
void rtl8139_soft_reset(struct rtl8139 *s)
{
    s->command = 0;
    s->mask = s->status = 0;
    s->rx_read = -16;
    s->rx_write = 0;
    s->rx_start = 0;
    s->tx_next = 0;
    for (unsigned i = 0; i < 4; i++) {
        s->tx_status[i] = 0x2000;
        s->tx_address[i] = 0;
    }
    s->tx_config = 0;
    s->rx_config = 0;
    s->cplus = 0;
    s->cplus_tx = s->cplus_tx_high = s->cplus_rx = s->dump = 0;
    s->cplus_tx_at = s->cplus_tx_high_at = s->cplus_rx_at = 0;
    s->timer_compare = 0;
    s->missed = 0;
    s->multiple = 0;
    reset_timer(s);
    rtl8139_update(s);
}

static void write_command(struct rtl8139 *s, u8 value)
{
    u8 was = s->command;
    if (value & RTL_CR_RESET) {
        rtl8139_soft_reset(s);
        return;
    }
    s->command = value & (RTL_CR_TE | RTL_CR_RE);
    if (s->command & ~was & RTL_CR_TE)
        s->tx_next = 0;
    rtl8139_ring_transmit(s);
    if (s->command & ~was & RTL_CR_RE)
        rtl8139_resume(s);
}

static void write_eeprom(struct rtl8139 *s, u8 value)
{
    s->eeprom_command = value & ~EE_OUT;
    bool on = (value & EE_MODE) == EE_PROGRAM;
    microwire_set(s->eeprom, on && (value & EE_SELECT), on && (value & EE_CLOCK),
                  value & EE_IN);
    if ((value & EE_MODE) == EE_AUTOLOAD) {
        rtl8139_load_address(s);
        s->eeprom_command = 0;
    }
}

static void write_config(struct rtl8139 *s, unsigned n, u8 value)
{
    static const u8 writable[6] = {0, 0xcd, 0, 0xe5, 0xff, 0x7f};
    if ((s->eeprom_command & EE_MODE) == EE_UNLOCKED)
        s->config[n] = (s->config[n] & ~writable[n]) | (value & writable[n]);
}

static void write_dump(struct rtl8139 *s)
{
    struct {
        u64 sent, received, tx_errors;
        u32 rx_errors;
        u16 missed, alignment;
        u32 one_collision, collisions;
        u64 physical, broadcast;
        u32 multicast;
        u16 aborted, underrun;
    } tally = {.sent = s->sent, .received = s->received, .missed = s->missed_packets,
               .broadcast = s->received_broadcast, .multicast = s->received_multicast,
               .physical = s->received - s->received_broadcast - s->received_multicast};
    if (rtl8139_can_dma(s))
        bus_write_bytes(s->dev.machine->mem, s->dump & ~(u64)63, &tally, sizeof(tally), false);
    s->dump &= ~(u64)DUMP_START;
}

static void write_poll(struct rtl8139 *s, u8 value)
{
    if (value & POLL_HIGH)
        rtl8139_cplus_transmit(s, true);
    if (value & POLL_NORMAL)
        rtl8139_cplus_transmit(s, false);
    if (value & POLL_SWINT)
        rtl8139_interrupt(s, RTL_SWINT);
    rtl8139_resume(s);
}

static void write_mii_control(struct rtl8139 *s, u16 value)
{
    s->mii_control = value & BMCR_RESET ? RTL_BMCR_DEFAULT : value & ~BMCR_RESTART;
}

static bool is_cplus(const struct rtl8139 *s)
{
    return s->cplus & (RTL_CP_TX | RTL_CP_RX);
}

/* ---- registers, by their own width ---- */

static unsigned width_of(unsigned r)
{
    if ((r >= R_TSD && r < 0x34) || (r >= R_TCR && r < R_9346CR) ||
        (r >= R_TIMERINT && r < R_MSR) || (r >= 0x78 && r < 0x88) || (r >= R_RDSAR && r < R_ETTHR))
        return 4;
    if (r == 0x34 || r == 0x35 || (r >= R_CAPR && r < R_TCR) || (r >= R_MULINT && r < 0x78) ||
        (r >= R_CPCR && r < R_RDSAR))
        return 2;
    return 1;
}

static u32 half(u64 v, unsigned r)
{
    return r & 4 ? v >> 32 : v;
}

/* 6.21: OWN, TABT, TUN and TOK of the four at a glance. */
static u16 tx_summary(const struct rtl8139 *s)
{
    u16 v = 0;
    for (unsigned i = 0; i < 4; i++)
        v |= (s->tx_status[i] >> 13 & 1) << i | (s->tx_status[i] >> 15 & 1) << (12 + i);
    return v;
}

static u32 read_mii(const struct rtl8139 *s, unsigned r)
{
    switch (r) {
    case R_BMCR: return s->mii_control;
    case R_BMSR: return 0x782d;   /* all of 10 and 100 Mbit/s; negotiated, link up */
    case R_ANAR: return s->mii_advertise;
    case R_ANLPAR: return 0x45e1; /* the partner can do it all, and has acknowledged */
    case R_ANER: return 0x0001;
    case R_CSCR: return 0x07c8;   /* connected */
    default: return 0;
    }
}

static u32 read_dword(struct rtl8139 *s, unsigned r)
{
    bool cplus = is_cplus(s);
    switch (r) {
    case 0x10: case 0x14: return cplus ? half(s->dump, r) : s->tx_status[(r - R_TSD) / 4];
    case 0x18: case 0x1c: return s->tx_status[(r - R_TSD) / 4];
    case 0x20: case 0x24: return cplus ? half(s->cplus_tx, r) : s->tx_address[(r - R_TSAD) / 4];
    case 0x28: case 0x2c:
        return cplus ? half(s->cplus_tx_high, r - 8) : s->tx_address[(r - R_TSAD) / 4];
    case R_RBSTART: return s->rx_start;
    case R_TCR: return s->tx_config | TCR_VERSION;
    case R_RCR: return s->rx_config;
    case R_TCTR: return rtl8139_timer_now(s);
    case R_MPC: return s->missed;
    case R_TIMERINT: return s->timer_compare;
    case R_RDSAR: case R_RDSAR + 4: return half(s->cplus_rx, r - R_RDSAR);
    default: return 0;
    }
}

static u32 read_word(struct rtl8139 *s, unsigned r)
{
    switch (r) {
    case R_CAPR: return s->rx_read;
    case R_CBR: return s->rx_write;
    case R_IMR: return s->mask;
    case R_ISR: return s->status;
    case R_MULINT: return s->multiple;
    case R_TSAD_SUMMARY: return tx_summary(s);
    case R_CPCR: return s->cplus;
    default: return read_mii(s, r);
    }
}

static u32 read_byte(struct rtl8139 *s, unsigned r)
{
    if (r < R_IDR + 6)
        return s->id[r];
    if (r >= R_MAR && r < R_MAR + 8)
        return s->multicast[r - R_MAR];
    switch (r) {
    case R_CR: return s->command | (rtl8139_ring_is_empty(s) ? RTL_CR_EMPTY : 0);
    case R_9346CR: return s->eeprom_command | (microwire_out(s->eeprom) ? EE_OUT : 0);
    case R_CONFIG0: return s->config[0];
    case R_CONFIG1: return s->config[1];
    case R_CONFIG3: return s->config[3];
    case R_CONFIG4: return s->config[4];
    case R_CONFIG5: return s->config[5];
    case R_MSR: return s->media;   /* link up (bit 2 clear), 100 Mbit/s (bit 3 clear) */
    case R_RERID: return 0x10;
    case R_ETTHR: return s->cplus_threshold;
    default: return 0;
    }
}

/* Reading has no effect on any register, so it can be done byte by byte. */
static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    u64 v = 0;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = (offset + i) & (RTL_REGISTERS - 1), w = width_of(at), r = at & ~(w - 1);
        u32 whole = w == 4 ? read_dword(opaque, r)
                    : w == 2 ? read_word(opaque, r)
                             : read_byte(opaque, r);
        v |= (u64)(whole >> 8 * (at - r) & 0xff) << 8 * i;
    }
    return v;
}

static void write_transmit(struct rtl8139 *s, unsigned r, u32 value)
{
    unsigned i = (r - R_TSD) / 4;
    s->tx_status[i] = value & 0x003f3fff;
    rtl8139_ring_transmit(s);
}

static void set_half(u64 *to, unsigned r, u32 value)
{
    *to = r & 4 ? (*to & UINT32_MAX) | (u64)value << 32 : (*to & ~(u64)UINT32_MAX) | value;
}

/* The first eight bytes of a range that C+ mode uses for something else. */
static void write_ring_or_cplus(struct rtl8139 *s, unsigned r, u32 value)
{
    if (r < R_TSAD) {
        if (is_cplus(s) && r < R_TSD + 8) {
            set_half(&s->dump, r, value);
            if (s->dump & DUMP_START && !(r & 4))
                write_dump(s);
        } else {
            write_transmit(s, r, value);
        }
        return;
    }
    s->tx_address[(r - R_TSAD) / 4] = value;
    bool high = r >= R_THPDS;
    set_half(high ? &s->cplus_tx_high : &s->cplus_tx, r, r & 4 ? value : value & ~255u);
    *(high ? &s->cplus_tx_high_at : &s->cplus_tx_at) = 0;
}

static void write_dword(struct rtl8139 *s, unsigned r, u32 value)
{
    if (r >= R_TSD && r < R_RBSTART) {
        write_ring_or_cplus(s, r, value);
        return;
    }
    switch (r) {
    case R_RBSTART:
        s->rx_start = value;
        s->rx_write = 0;
        break;
    case R_TCR: s->tx_config = value & (TCR_WRITABLE | RTL_TCR_LOOPBACK); break;
    case R_RCR:
        s->rx_config = value & RCR_WRITABLE;
        s->rx_write &= (8192u << (s->rx_config >> 11 & 3)) - 1;
        rtl8139_resume(s);
        break;
    case R_TCTR: reset_timer(s); break;
    case R_MPC: s->missed = 0; break;
    case R_TIMERINT:
        s->timer_compare = value;
        rtl8139_schedule(s);
        break;
    case R_RDSAR: case R_RDSAR + 4:
        set_half(&s->cplus_rx, r - R_RDSAR, r == R_RDSAR ? value & ~255u : value);
        s->cplus_rx_at = 0;
        rtl8139_resume(s);
        break;
    default: break;
    }
}

/* In C+ mode the driver gives descriptors without telling the card; what it does write then is the
 * interrupt registers. */
static void write_word(struct rtl8139 *s, unsigned r, u16 value, u16 mask)
{
    switch (r) {
    case R_CAPR:
        s->rx_read = value;
        rtl8139_resume(s);
        break;
    case R_IMR:
        s->mask = value;
        rtl8139_update(s);
        rtl8139_resume(s);
        break;
    case R_ISR:
        s->status &= ~(value & mask);
        rtl8139_update(s);
        rtl8139_resume(s);
        break;
    case R_MULINT: s->multiple = value & 0x0fff; break;
    case R_BMCR: write_mii_control(s, value); break;
    case R_ANAR: s->mii_advertise = value; break;
    case R_CPCR:
        s->cplus = value & 0x02ff;
        rtl8139_resume(s);
        break;
    default: break;
    }
}

static void write_byte(struct rtl8139 *s, unsigned r, u8 value)
{
    if (r < R_IDR + 6) {
        s->id[r] = value;
        return;
    }
    if (r >= R_MAR && r < R_MAR + 8) {
        s->multicast[r - R_MAR] = value;
        return;
    }
    switch (r) {
    case R_CR: write_command(s, value); break;
    case R_9346CR: write_eeprom(s, value); break;
    case R_CONFIG1: write_config(s, 1, value); break;
    case R_CONFIG3: write_config(s, 3, value); break;
    case R_CONFIG4: write_config(s, 4, value); break;
    case R_CONFIG5: write_config(s, 5, value); break;
    case R_MSR: s->media = value & 0xc0; break;
    case R_TPPOLL: write_poll(s, value); break;
    case R_ETTHR: s->cplus_threshold = value; break;
    default: break;
    }
}

/* An access may cover several registers, or a part of one: then the rest of it is as it was. */
static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct rtl8139 *s = opaque;
    for (unsigned i = 0; i < size;) {
        unsigned at = (offset + i) & (RTL_REGISTERS - 1), w = width_of(at), r = at & ~(w - 1);
        unsigned n = MIN(size - i, r + w - at), shift = 8 * (at - r);
        u32 bits = (u32)((((u64)1 << 8 * n) - 1) << shift);
        u32 v = (u32)(value >> 8 * i << shift) & bits;
        if (w == 4)
            write_dword(s, r, v | (bits == UINT32_MAX ? 0 : read_dword(s, r) & ~bits));
        else if (w == 2)
            write_word(s, r, v | (r == R_ISR ? 0 : read_word(s, r) & ~bits), bits);
        else
            write_byte(s, r, v);
        i += n;
    }
}

const struct mmio_ops rtl8139_register_ops = {read_register, write_register, 1, 4};
