/* e1000_phy.c - the gigabit card's transceiver and the content of its EEPROM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: 8254x SDM, 5.6 (EEPROM map), 13.4.5 (MDIC), 13.5 (PHY registers). The link is at 1000
 * Mbit/s, both ways at once, and negotiated in no time.
 */
#include "hw/e1000.h"

#include <string.h>

enum { MDIC_WRITE = 1, MDIC_READ = 2, PHY_ADDRESS = 1 };
#define MDIC_READY (1u << 28)
#define MDIC_INTERRUPT (1u << 29)
#define MDIC_ERROR (1u << 30)
enum { PHY_CONTROL = 0, PHY_RESET = 0x8000, PHY_LOOPBACK = 0x4000, PHY_RESTART = 0x0200 };
enum { WORDS_SUMMED = 0x3f, SUM = 0xbaba };

/* 13.5: value after a reset, and which bits can be written. */
static const struct {
    u16 value, writable;
} phy[E1000_PHY] = {
    [0] = {0x1140, 0xfdc0},  /* control: negotiate, full duplex, 1000 */
    [1] = {0x796d, 0},       /* status: all speeds; negotiated, link up */
    [2] = {0x0141, 0},       /* identifier: Marvell 88E1011 */
    [3] = {0x0c20, 0},
    [4] = {0x0de1, 0xffff},  /* advertised */
    [5] = {0x4de1, 0},       /* the partner's ability, and that it acknowledged */
    [6] = {0x000d, 0},       /* next pages; the partner negotiates */
    [7] = {0x2001, 0xffff},
    [9] = {0x0e00, 0xff00},  /* 1000BASE-T advertised */
    [10] = {0x3c00, 0},      /* the partner has it, both receivers are well */
    [15] = {0x3000, 0},
    [16] = {0x0068, 0xffff},
    [17] = {0xac00, 0},      /* 1000, full duplex, resolved, link */
    [18] = {0, 0xffff},
    [20] = {0x0d60, 0xffff},
    [24] = {0x4100, 0xffff},
    [29] = {0, 0xffff},
    [30] = {0, 0xffff},
};

void e1000_phy_reset(struct e1000 *s)
{
    for (unsigned i = 0; i < E1000_PHY; i++)
        s->phy[i] = phy[i].value;
}

static void write_phy(struct e1000 *s, unsigned r, u16 value)
{
    if (r == PHY_CONTROL && (value & PHY_RESET)) {
        e1000_phy_reset(s);
        return;
    }
    if (r == PHY_CONTROL)
        value &= ~PHY_RESTART;
    s->phy[r] = (s->phy[r] & ~phy[r].writable) | (value & phy[r].writable);
}

void e1000_write_mdic(struct e1000 *s, u32 value)
{
    unsigned op = value >> 26 & 3, r = value >> 16 & 31;
    s->mdic = value & 0x2fffffff;
    if ((value >> 21 & 31) != PHY_ADDRESS)
        s->mdic |= MDIC_ERROR;
    else if (op == MDIC_READ)
        s->mdic = (s->mdic & 0xffff0000) | s->phy[r];
    else if (op == MDIC_WRITE)
        write_phy(s, r, value);
    s->mdic |= MDIC_READY;
    if (value & MDIC_INTERRUPT)
        e1000_interrupt(s, E1000_MDAC);
}

/* RCTL's loopback of the MAC (13.4.22: LBM), or the transceiver's. */
bool e1000_loops_back(const struct e1000 *s)
{
    return (s->rctl >> 6 & 3) == 3 || (s->phy[PHY_CONTROL] & PHY_LOOPBACK);
}

void e1000_fill_eeprom(struct e1000 *s, const u8 mac[NET_MAC_BYTES])
{
    u16 *w = s->eeprom->word, sum = 0;
    memset(w, 0xff, sizeof(s->eeprom->word));
    for (unsigned i = 0; i < 3; i++)
        w[i] = mac[2 * i] | mac[2 * i + 1] << 8;
    w[0x03] = 0x0000;
    w[0x0a] = 0x4408; /* signature; the identities below count */
    w[0x0b] = 0x1100;
    w[0x0c] = 0x1af4;
    w[0x0d] = 0x100e;
    w[0x0e] = 0x8086;
    w[0x0f] = 0x3040; /* full duplex by the transceiver */
    w[0x24] = 0x0000; /* no management */
    for (unsigned i = 0; i < WORDS_SUMMED; i++)
        sum += w[i];
    w[WORDS_SUMMED] = SUM - sum;
}
