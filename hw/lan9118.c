/* lan9118.c - SMSC's Ethernet controller for buses without DMA: bus registers, interrupts, timers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: LAN9118 data sheet, revision 1.5, 3.6 (interrupts), 5.3 (system control and status
 * registers). On a bus of 32 bits. There is no wake-up and no flow control, and the interrupt line
 * is whatever the board takes for active.
 */
#include "hw/lan9118.h"

#include <string.h>

#include "emu/check.h"

enum { RX_DATA = 0x00, RX_DATA_END = 0x20, TX_DATA = 0x20, TX_DATA_END = 0x40, RX_STATUS = 0x40, RX_STATUS_PEEK = 0x44,
       TX_STATUS = 0x48, TX_STATUS_PEEK = 0x4c, ID_REV = 0x50, IRQ_CFG = 0x54, INT_STS = 0x58, INT_EN = 0x5c,
       BYTE_TEST = 0x64, FIFO_INT = 0x68, RX_CFG = 0x6c, TX_CFG = 0x70, HW_CFG = 0x74, RX_DP_CTL = 0x78,
       RX_FIFO_INF = 0x7c, TX_FIFO_INF = 0x80, PMT_CTRL = 0x84, GPIO_CFG = 0x88, GPT_CFG = 0x8c, GPT_CNT = 0x90,
       WORD_SWAP = 0x98, FREE_RUN = 0x9c, RX_DROP = 0xa0, MAC_CSR_CMD = 0xa4, MAC_CSR_DATA = 0xa8, AFC_CFG = 0xac,
       E2P_CMD = 0xb0, E2P_DATA = 0xb4, BYTES = 0x100 };
enum { IRQ_CFG_DEAS_CLR = 1 << 14, IRQ_CFG_DEAS_STS = 1 << 13, IRQ_CFG_INT = 1 << 12, IRQ_CFG_EN = 1 << 8 };
enum { RX_CFG_DUMP = 1 << 15, TX_CFG_STATUS_DUMP = 1 << 15, TX_CFG_DATA_DUMP = 1 << 14, TX_CFG_ON = 2,
       TX_CFG_STOP = 1, HW_CFG_RESET = 1, HW_CFG_32_BIT = 4, PMT_READY = 1,
       PMT_PHY_RESET = 1 << 10, GPT_ON = 1 << 29 };
#define CHIP 0x01180001u
#define BYTE_ORDER_TEST 0x87654321u
#define IRQ_CFG_WRITABLE 0xff000111u
#define RX_FAST_FORWARD (1u << 31)
#define FREE_RUN_HZ 25000000u
enum { GPT_HZ = 10000, DEAS_NS = 10000, FULL_FRAME = 1514 };

STATE_DESC(lan9118_state, "lan9118", struct lan9118, LAN9118_STATE);

/* ---- interrupts and timers ---- */

static u64 now(const struct lan9118 *s)
{
    return machine_now_ns(s->dev.machine);
}

static bool wants_interrupt(const struct lan9118 *s)
{
    return (s->int_sts & s->int_en) && (s->irq_cfg & IRQ_CFG_EN);
}

/* Levels of FIFOs hold on: what is cleared while it is still so is there again. */
static u32 levels(const struct lan9118 *s)
{
    u32 free = lan9118_tx_free(s) & 0xffff;
    return (s->rx_statuses > (s->fifo_int & 0xff) ? LAN_RSFL : 0) |
           (s->tx_statuses > (s->fifo_int >> 16 & 0xff) ? LAN_TSFL : 0) |
           (free > (s->fifo_int >> 24) * 64 ? LAN_TDFA : 0);
}

/* 3.6: once it was low it stays so for the de-assertion interval. */
static void update(struct lan9118 *s)
{
    u64 next = s->gpt_cfg & GPT_ON ? clock_ns_of_tick(s->gpt_zero, GPT_HZ) : NEVER;
    bool wanted = wants_interrupt(s);
    if (s->line && !wanted) {
        s->line = false;
        s->quiet_until = now(s) + (s->irq_cfg >> 24) * (u64)DEAS_NS;
    } else if (!s->line && wanted) {
        s->line = now(s) >= s->quiet_until;
        if (!s->line)
            next = MIN(next, s->quiet_until);
    }
    irq_set(s->irq, s->line);
    device_set_deadline(&s->dev, next);
}

void lan9118_interrupt(struct lan9118 *s, u32 causes)
{
    s->int_sts |= causes | levels(s);
    update(s);
}

static u64 gpt_ticks(const struct lan9118 *s)
{
    return clock_ticks(now(s), GPT_HZ);
}

static u32 gpt_load(const struct lan9118 *s)
{
    return MAX(s->gpt_cfg & 0xffff, 1u);
}

static void tick(struct device *d)
{
    struct lan9118 *s = (struct lan9118 *)d;
    u64 ticks = gpt_ticks(s);
    bool expired = (s->gpt_cfg & GPT_ON) && ticks >= s->gpt_zero;
    if (expired)
        s->gpt_zero += ((ticks - s->gpt_zero) / gpt_load(s) + 1) * gpt_load(s);
    lan9118_interrupt(s, expired ? LAN_GPT : 0);
}

static u32 gpt_count(const struct lan9118 *s)
{
    u64 ticks = gpt_ticks(s);
    return s->gpt_cfg & GPT_ON && s->gpt_zero > ticks ? (u32)(s->gpt_zero - ticks) & 0xffff
                                                      : 0xffff;
}

static u32 irq_cfg(const struct lan9118 *s)
{
    return s->irq_cfg | (wants_interrupt(s) ? IRQ_CFG_INT : 0) | (now(s) < s->quiet_until ? IRQ_CFG_DEAS_STS : 0);
}

/* ---- resets ---- */

u32 lan9118_tx_fifo_kib(const struct lan9118 *s)
{
    u32 kib = s->hw_cfg >> 16 & 15;
    return MAX(2u, MIN(kib, 14u));
}

static void soft_reset(struct lan9118 *s)
{
    s->irq_cfg = s->int_sts = s->int_en = 0;
    s->fifo_int = 0x48000000;
    s->rx_cfg = s->tx_cfg = 0;
    s->hw_cfg = 0x00050000 | HW_CFG_32_BIT;
    s->pmt_ctrl = s->gpio_cfg = 0;
    s->gpt_cfg = 0x0000ffff;
    s->word_swap = s->rx_drop = s->afc_cfg = 0;
    s->quiet_until = s->gpt_zero = 0;
    s->free_run = now(s);
    s->line = false;
    s->e2p_cmd = s->e2p_data = 0;
    s->e2p_writable = false;
    lan9118_rx_reset(s);
    lan9118_tx_reset(s, true, true);
    lan9118_mac_reset(s);
    lan9118_phy_reset(s);
    lan9118_eeprom_load(s);
    update(s);
}

static void resume(struct lan9118 *s)
{
    if (s->port)
        net_port_resume(s->port);
}

/* ---- registers ---- */

static u32 read_drop(struct lan9118 *s)
{
    u32 v = s->rx_drop;
    s->rx_drop = 0;
    return v;
}

static u32 read_register(struct lan9118 *s, u64 offset)
{
    switch (offset) {
    case RX_DATA ... RX_DATA_END - 1: return lan9118_rx_data(s);
    case RX_STATUS: case RX_STATUS_PEEK: return lan9118_rx_status(s, offset == RX_STATUS);
    case TX_STATUS: case TX_STATUS_PEEK: return lan9118_tx_status(s, offset == TX_STATUS);
    case ID_REV: return CHIP;
    case IRQ_CFG: return irq_cfg(s);
    case INT_STS: return s->int_sts;
    case INT_EN: return s->int_en;
    case BYTE_TEST: return BYTE_ORDER_TEST;
    case FIFO_INT: return s->fifo_int;
    case RX_CFG: return s->rx_cfg;
    case TX_CFG: return s->tx_cfg;
    case HW_CFG: return s->hw_cfg;
    case RX_FIFO_INF: return lan9118_rx_used(s);
    case TX_FIFO_INF: return lan9118_tx_free(s);
    case PMT_CTRL: return s->pmt_ctrl | PMT_READY;
    case GPIO_CFG: return s->gpio_cfg;
    case GPT_CFG: return s->gpt_cfg;
    case GPT_CNT: return gpt_count(s);
    case WORD_SWAP: return s->word_swap;
    case FREE_RUN: return (u32)clock_ticks(now(s) - s->free_run, FREE_RUN_HZ);
    case RX_DROP: return read_drop(s);
    case MAC_CSR_CMD: return s->mac_cmd;
    case MAC_CSR_DATA: return s->mac_data;
    case AFC_CFG: return s->afc_cfg;
    case E2P_CMD: return s->e2p_cmd;
    case E2P_DATA: return s->e2p_data;
    default: return 0;
    }
}

static u64 read_mmio(void *opaque, u64 offset, unsigned size)
{
    (void)size;
    u32 v = read_register(opaque, offset);
    lan9118_interrupt(opaque, 0);
    return v;
}

static void write_irq_cfg(struct lan9118 *s, u32 v)
{
    s->irq_cfg = v & IRQ_CFG_WRITABLE;
    if ((v & IRQ_CFG_DEAS_CLR) || !(v >> 24))
        s->quiet_until = 0;
}

static void write_int_en(struct lan9118 *s, u32 v)
{
    if (v & ~s->int_en & LAN_SW_INT)
        s->int_sts |= LAN_SW_INT;
    s->int_en = v;
}

static void write_rx_cfg(struct lan9118 *s, u32 v)
{
    s->rx_cfg = v & 0xcfff1f00;
    if (v & RX_CFG_DUMP)
        lan9118_rx_reset(s);
    resume(s);
}

static void write_tx_cfg(struct lan9118 *s, u32 v)
{
    s->tx_cfg = v & 6;
    lan9118_tx_reset(s, v & TX_CFG_DATA_DUMP, v & TX_CFG_STATUS_DUMP);
    if (v & TX_CFG_STOP) {
        s->tx_cfg &= ~(u32)TX_CFG_ON;
        s->int_sts |= LAN_TXSTOP;
    }
}

static void write_hw_cfg(struct lan9118 *s, u32 v)
{
    if (v & HW_CFG_RESET)
        soft_reset(s);
    else
        s->hw_cfg = (v & 0x3f1f0000) | HW_CFG_32_BIT;
    resume(s);
}

static void write_pmt_ctrl(struct lan9118 *s, u32 v)
{
    s->pmt_ctrl = v & 0x0000334e;
    if (v & PMT_PHY_RESET)
        lan9118_phy_reset(s);
}

static void write_gpt_cfg(struct lan9118 *s, u32 v)
{
    s->gpt_cfg = v & (GPT_ON | 0xffff);
    s->gpt_zero = gpt_ticks(s) + gpt_load(s);
}

static void write_register(struct lan9118 *s, u64 offset, u32 v)
{
    switch (offset) {
    case TX_DATA ... TX_DATA_END - 1: lan9118_tx_data(s, v); break;
    case IRQ_CFG: write_irq_cfg(s, v); break;
    case INT_STS: s->int_sts &= ~v; break;
    case INT_EN: write_int_en(s, v); break;
    case FIFO_INT: s->fifo_int = v; break;
    case RX_CFG: write_rx_cfg(s, v); break;
    case TX_CFG: write_tx_cfg(s, v); break;
    case HW_CFG: write_hw_cfg(s, v); break;
    case RX_DP_CTL:
        if (v & RX_FAST_FORWARD)
            lan9118_rx_forward(s);
        break;
    case PMT_CTRL: write_pmt_ctrl(s, v); break;
    case GPIO_CFG: s->gpio_cfg = v; break;
    case GPT_CFG: write_gpt_cfg(s, v); break;
    case WORD_SWAP: s->word_swap = v; break;
    case MAC_CSR_CMD: lan9118_mac_command(s, v); break;
    case MAC_CSR_DATA: s->mac_data = v; break;
    case AFC_CFG: s->afc_cfg = v & 0x00ffffff; break;
    case E2P_CMD: lan9118_eeprom_command(s, v); break;
    case E2P_DATA: s->e2p_data = v & 0xff; break;
    }
}

static void write_mmio(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)size;
    write_register(opaque, offset, (u32)value);
    lan9118_interrupt(opaque, 0);
}

static const struct mmio_ops mmio_ops = {read_mmio, write_mmio, 4, 4};

/* ---- the wire ---- */

static void receive(void *opaque, const u8 *frame, u32 len)
{
    struct lan9118 *s = opaque;
    if (!lan9118_loops_back(s))
        lan9118_rx_frame(s, frame, len);
}

/* One that does not listen drops what comes. */
static bool room(void *opaque)
{
    const struct lan9118 *s = opaque;
    return !lan9118_receives(s) || lan9118_rx_room(s, FULL_FRAME);
}

static const struct net_port_ops port_ops = {receive, room};

/* ---- the device ---- */

static void reset(struct device *d)
{
    soft_reset((struct lan9118 *)d);
}

static void after_load(struct device *d)
{
    struct lan9118 *s = (struct lan9118 *)d;
    lan9118_rx_after_load(s);
    lan9118_tx_after_load(s);
}

static const struct device_type lan9118_type = {
    .name = "lan9118",
    .state = &lan9118_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *lan9118_new(struct machine *m, u64 base, struct irq irq, const char *netdev,
                           const u8 mac[NET_MAC_BYTES])
{
    struct lan9118 *s = xcalloc(1, sizeof(*s));
    s->irq = irq;
    nic_crc_init(&s->crc);
    memset(s->eeprom, 0xff, sizeof(s->eeprom));
    s->eeprom[0] = 0xa5;
    memcpy(s->eeprom + 1, mac, NET_MAC_BYTES);
    s->rx_ram = machine_add_ram(m, "lan9118-rx", LAN_RX_BYTES);
    bus_map_mmio(m->mem, "lan9118", base, BYTES, &mmio_ops, s);
    device_attach(m, &s->dev, &lan9118_type);
    if (netdev)
        s->port = net_port_new(m, netdev, &port_ops, s);
    return &s->dev;
}
