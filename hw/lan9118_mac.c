/* lan9118_mac.c - SMSC's Ethernet controller: MAC registers, address filter, transceiver, EEPROM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: LAN9118 data sheet, 3.10 (EEPROM), 5.4 (MAC registers), 5.5 (transceiver's registers).
 * The link is at 100 Mbit/s, both ways at once, and negotiated in no time; without a cable it is
 * down. Reading and writing takes no time.
 */
#include <string.h>

#include "hw/lan9118.h"

enum { MAC_CR = 1, ADDRH, ADDRL, HASHH, HASHL, MII_ACC, MII_DATA };
enum { CR_RX = 1 << 2, CR_TX = 1 << 3, CR_NO_BROADCAST = 1 << 11, CR_HASH_MULTICAST = 1 << 13, CR_HASH_ALL = 1 << 15,
       CR_INVERSE = 1 << 17, CR_PROMISCUOUS = 1 << 18, CR_ALL_MULTICAST = 1 << 19, CR_LOOPBACK = 1 << 21 };
#define CR_ALL (1u << 31)
enum { MII_WRITE = 2, MII_BUSY = 1, PHY_ADDRESS = 1 };
#define CSR_BUSY (1u << 31)
#define CSR_READ (1u << 30)
enum { BMCR = 0, BMSR = 1, ANLPAR = 5, PHY_SOURCE = 29, PHY_MASK = 30, PHY_SPECIAL = 31 };
enum { BMCR_RESET = 0x8000, BMCR_LOOPBACK = 0x4000, BMCR_RESTART = 0x0200 };
enum { BMSR_DONE = 0x20, BMSR_LINK = 4, SOURCE_DONE = 0x40, SPECIAL_DONE = 0x1000, SPECIAL_100_FULL = 6 << 2 };
enum { E2P_READ, E2P_LOCK, E2P_UNLOCK, E2P_WRITE, E2P_WRITE_ALL, E2P_ERASE, E2P_ERASE_ALL, E2P_RELOAD };
enum { E2P_LOADED = 1 << 8, E2P_SIGNATURE = 0xa5 };

/* ---- transceiver ---- */

/* After a reset, and which bits can be written. */
static const struct {
    u16 value, writable;
} phy[LAN_PHY] = {
    [0] = {0x3000, 0x7d80},  /* control: 100, negotiate */
    [1] = {0x7809, 0},       /* status: all of 10 and 100 */
    [2] = {0x0007, 0},       /* identifier: SMSC's LAN911x */
    [3] = {0xc0d1, 0},
    [4] = {0x01e1, 0xffff},  /* advertised */
    [6] = {0x0001, 0},       /* the partner negotiates */
    [17] = {0x0002, 0xfffc}, /* there is energy on the line */
    [18] = {0x00e1, 0x00ff},
    [27] = {0x0010, 0xe000},
    [30] = {0, 0x00fe},
    [31] = {0x0040, 0x0040},
};

static void update_phy(struct lan9118 *s)
{
    if (s->phy[PHY_SOURCE] & s->phy[PHY_MASK])
        lan9118_interrupt(s, LAN_PHY_INT);
}

void lan9118_phy_reset(struct lan9118 *s)
{
    for (unsigned i = 0; i < LAN_PHY; i++)
        s->phy[i] = phy[i].value;
    if (!s->port)
        return;
    s->phy[BMSR] |= BMSR_DONE | BMSR_LINK;
    s->phy[ANLPAR] = 0x45e1; /* it can do the same, and acknowledged */
    s->phy[PHY_SPECIAL] |= SPECIAL_DONE | SPECIAL_100_FULL;
    s->phy[PHY_SOURCE] = SOURCE_DONE;
}

static void write_phy(struct lan9118 *s, unsigned r, u16 value)
{
    if (r == BMCR && (value & BMCR_RESET)) {
        lan9118_phy_reset(s);
        return;
    }
    s->phy[r] = (s->phy[r] & ~phy[r].writable) | (value & phy[r].writable);
    if (r == BMCR && (value & BMCR_RESTART) && s->port)
        s->phy[PHY_SOURCE] |= SOURCE_DONE;
    update_phy(s);
}

static u16 read_phy(struct lan9118 *s, unsigned r)
{
    u16 v = s->phy[r];
    if (r == PHY_SOURCE)
        s->phy[r] = 0;
    return v;
}

static void mii_access(struct lan9118 *s, u32 value)
{
    unsigned r = value >> 6 & 31;
    bool here = (value >> 11 & 31) == PHY_ADDRESS;
    s->mac[MII_ACC] = value & 0xffc2;
    if (!(value & MII_WRITE))
        s->mac[MII_DATA] = here ? read_phy(s, r) : 0xffff;
    else if (here)
        write_phy(s, r, (u16)s->mac[MII_DATA]);
}

/* ---- MAC ---- */

void lan9118_mac_reset(struct lan9118 *s)
{
    memset(s->mac, 0, sizeof(s->mac));
    s->mac[MAC_CR] = 1 << 20; /* full duplex */
    s->mac[ADDRH] = 0xffff;
    s->mac[ADDRL] = UINT32_MAX;
    s->mac_cmd = s->mac_data = 0;
}

static void write_mac(struct lan9118 *s, unsigned r, u32 value)
{
    switch (r) {
    case MAC_CR:
        s->mac[r] = value & 0x80bfbffc;
        if (!(value & CR_RX))
            lan9118_interrupt(s, LAN_RXSTOP);
        else if (s->port)
            net_port_resume(s->port);
        break;
    case ADDRH: case MII_DATA: s->mac[r] = value & 0xffff; break;
    case MII_ACC: mii_access(s, value); break;
    default: s->mac[r] = value; break;
    }
}

void lan9118_mac_command(struct lan9118 *s, u32 value)
{
    unsigned r = value & 0xff;
    s->mac_cmd = value & (CSR_READ | 0xff);
    if (!(value & CSR_BUSY) || !r || r >= LAN_MAC_REGISTERS)
        return;
    if (value & CSR_READ)
        s->mac_data = s->mac[r];
    else
        write_mac(s, r, s->mac_data);
}

bool lan9118_receives(const struct lan9118 *s)
{
    return s->mac[MAC_CR] & CR_RX;
}

bool lan9118_sends(const struct lan9118 *s)
{
    return (s->mac[MAC_CR] & CR_TX) && (s->tx_cfg & 2);
}

bool lan9118_loops_back(const struct lan9118 *s)
{
    return (s->mac[MAC_CR] & CR_LOOPBACK) || (s->phy[BMCR] & BMCR_LOOPBACK);
}

static bool is_mine(const struct lan9118 *s, const u8 *frame)
{
    u8 mac[NET_MAC_BYTES];
    for (unsigned i = 0; i < NET_MAC_BYTES; i++)
        mac[i] = (i < 4 ? s->mac[ADDRL] : s->mac[ADDRH]) >> 8 * (i & 3);
    return !memcmp(frame, mac, NET_MAC_BYTES);
}

static bool hash_has(const struct lan9118 *s, const u8 *frame)
{
    u32 bit = nic_hash(frame) >> 26;
    return s->mac[bit & 32 ? HASHH : HASHL] >> (bit & 31) & 1;
}

/* 3.5: the modes of filtering. */
static bool passes(const struct lan9118 *s, const u8 *frame)
{
    u32 cr = s->mac[MAC_CR];
    if (cr & CR_PROMISCUOUS)
        return true;
    if (nic_is_broadcast(frame))
        return !(cr & CR_NO_BROADCAST);
    bool hash = cr & CR_HASH_ALL;
    if (nic_is_multicast(frame)) {
        if (cr & CR_ALL_MULTICAST)
            return true;
        hash = cr & (CR_HASH_ALL | CR_HASH_MULTICAST);
    }
    return (hash ? hash_has(s, frame) : is_mine(s, frame)) != ((cr & CR_INVERSE) != 0);
}

bool lan9118_accepts(const struct lan9118 *s, const u8 *frame, u32 *status)
{
    enum { FILTERED = 1 << 30, BROADCAST = 1 << 13, MULTICAST = 1 << 10, FRAME_TYPE = 1 << 5 };
    bool ok = passes(s, frame);
    *status = (nic_get16(frame + 12) >= 0x600 ? FRAME_TYPE : 0) | (ok ? 0 : FILTERED);
    if (nic_is_broadcast(frame))
        *status |= BROADCAST;
    else if (nic_is_multicast(frame))
        *status |= MULTICAST;
    return ok || (s->mac[MAC_CR] & CR_ALL);
}

/* ---- EEPROM ---- */

void lan9118_eeprom_load(struct lan9118 *s)
{
    const u8 *e = s->eeprom;
    s->e2p_cmd &= ~(u32)E2P_LOADED;
    if (e[0] != E2P_SIGNATURE)
        return;
    s->mac[ADDRL] = e[1] | e[2] << 8 | e[3] << 16 | (u32)e[4] << 24;
    s->mac[ADDRH] = e[5] | e[6] << 8;
    s->e2p_cmd |= E2P_LOADED;
}

static void erase_all(struct lan9118 *s, u8 value)
{
    if (s->e2p_writable)
        memset(s->eeprom, value, sizeof(s->eeprom));
}

void lan9118_eeprom_command(struct lan9118 *s, u32 value)
{
    u8 *byte = &s->eeprom[value % LAN_EEPROM];
    s->e2p_cmd = (s->e2p_cmd & E2P_LOADED) | (value & 0x700000ff);
    if (!(value & CSR_BUSY))
        return;
    switch (value >> 28 & 7) {
    case E2P_READ: s->e2p_data = *byte; break;
    case E2P_LOCK: case E2P_UNLOCK: s->e2p_writable = (value >> 28 & 7) == E2P_UNLOCK; break;
    case E2P_WRITE: *byte = s->e2p_writable ? (u8)s->e2p_data : *byte; break;
    case E2P_WRITE_ALL: erase_all(s, (u8)s->e2p_data); break;
    case E2P_ERASE: *byte = s->e2p_writable ? 0xff : *byte; break;
    case E2P_ERASE_ALL: erase_all(s, 0xff); break;
    case E2P_RELOAD: lan9118_eeprom_load(s); break;
    }
}
