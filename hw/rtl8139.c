/* rtl8139.c - RealTek's fast Ethernet card: interrupts, timer, frames, the device */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sources: RealTek RTL8139C(L) data sheet, revision 1.4, 6 (registers), and RTL8139C(L)+ data
 * sheet, revision 1.6, 6 and 9; IEEE 802.3, 22.2.4 (MII registers). The link is up at 100 Mbit/s,
 * both ways at once. A frame takes no time: what is to be sent is gone when the register is
 * written.
 */
#include "hw/rtl8139.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

enum { VENDOR = 0x10ec, DEVICE = 0x8139, REVISION_CPLUS = 0x20, EE_SIGNATURE = 0x8129 };
enum { RCR_ALL = 1, RCR_PHYSICAL = 2, RCR_MULTICAST = 4, RCR_BROADCAST = 8 };
#define TIMER_HZ 33333333u

STATE_DESC(rtl8139_state, "rtl8139", struct rtl8139, RTL8139_STATE);

/* ---- interrupts and the timer ---- */

void rtl8139_update(struct rtl8139 *s)
{
    pci_set_intx(s->pci, s->status & s->mask);
}

void rtl8139_interrupt(struct rtl8139 *s, u16 causes)
{
    s->status |= causes;
    rtl8139_update(s);
}

u32 rtl8139_timer_now(struct rtl8139 *s)
{
    return clock_ticks(machine_now_ns(s->dev.machine) - s->timer_base, TIMER_HZ);
}

/* The next time at which TCTR is what TimerInt says: it wraps. */
void rtl8139_schedule(struct rtl8139 *s)
{
    if (!s->timer_compare) {
        device_set_deadline(&s->dev, NEVER);
        return;
    }
    u64 ticks = clock_ticks(machine_now_ns(s->dev.machine) - s->timer_base, TIMER_HZ);
    u64 at = (ticks & ~(u64)UINT32_MAX) | s->timer_compare;
    if (at <= ticks)
        at += (u64)1 << 32;
    device_set_deadline(&s->dev, s->timer_base + clock_ns_of_tick(at, TIMER_HZ));
}

static void tick(struct device *d)
{
    struct rtl8139 *s = (struct rtl8139 *)d;
    rtl8139_interrupt(s, RTL_TIMEOUT);
    rtl8139_schedule(s);
}

/* ---- frames ---- */

bool rtl8139_can_dma(const struct rtl8139 *s)
{
    return s->pci->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

/* 6.10: whether the frame is for us, and what its status says about that. */
static bool accepts(const struct rtl8139 *s, const u8 *frame, u16 *flags)
{
    *flags = 0;
    if (nic_is_broadcast(frame)) {
        *flags = RTL_RX_BROADCAST;
        return s->rx_config & (RCR_BROADCAST | RCR_ALL);
    }
    if (nic_is_multicast(frame)) {
        u32 bit = nic_hash(frame) >> 26;
        *flags = RTL_RX_MULTICAST;
        return ((s->rx_config & RCR_MULTICAST) && (s->multicast[bit / 8] >> bit % 8 & 1)) ||
               (s->rx_config & RCR_ALL);
    }
    bool mine = !memcmp(frame, s->id, sizeof(s->id));
    *flags = mine ? RTL_RX_PHYSICAL : 0;
    return (mine && (s->rx_config & RCR_PHYSICAL)) || (s->rx_config & RCR_ALL);
}

static void count_received(struct rtl8139 *s, u16 flags)
{
    s->received++;
    s->received_broadcast += flags == RTL_RX_BROADCAST;
    s->received_multicast += flags == RTL_RX_MULTICAST;
}

static void take_frame(struct rtl8139 *s, const u8 *frame, u32 len)
{
    u8 padded[NIC_MIN_FRAME] = {0};
    u16 flags;

    if (!(s->command & RTL_CR_RE) || !rtl8139_can_dma(s) || len < NIC_HEADER ||
        len > RTL_FRAME_MAX || !accepts(s, frame, &flags))
        return;
    if (len < NIC_MIN_FRAME) {
        frame = memcpy(padded, frame, len);
        len = NIC_MIN_FRAME;
    }
    bool taken = rtl8139_is_cplus_rx(s) ? rtl8139_cplus_receive(s, frame, len, flags)
                                        : rtl8139_ring_receive(s, frame, len, flags);
    if (taken) {
        count_received(s, flags);
        rtl8139_interrupt(s, RTL_ROK);
    } else {
        s->missed = (s->missed + 1) & 0xffffff;
        s->missed_packets++;
        rtl8139_interrupt(s, RTL_RXOVW);
    }
}

static void receive(void *opaque, const u8 *frame, u32 len)
{
    struct rtl8139 *s = opaque;
    if ((s->tx_config & RTL_TCR_LOOPBACK) != RTL_TCR_LOOPBACK)
        take_frame(s, frame, len);
}

/* A card that does not listen has room: it drops what comes. */
static bool room(void *opaque)
{
    struct rtl8139 *s = opaque;
    if (!(s->command & RTL_CR_RE) || !rtl8139_can_dma(s))
        return true;
    return rtl8139_is_cplus_rx(s) ? rtl8139_cplus_room(s) : rtl8139_ring_room(s, 1514);
}

void rtl8139_resume(struct rtl8139 *s)
{
    if (s->port)
        net_port_resume(s->port);
}

void rtl8139_send(void *opaque, u8 *frame, u32 len)
{
    struct rtl8139 *s = opaque;
    s->sent++;
    if ((s->tx_config & RTL_TCR_LOOPBACK) == RTL_TCR_LOOPBACK)
        take_frame(s, frame, len);
    else if (s->port)
        net_port_send(s->port, frame, len);
}

/* ---- the device ---- */

static void reset(struct device *d)
{
    struct rtl8139 *s = (struct rtl8139 *)d;
    static const u8 config[6] = {0, 0x0c, 0, 0, 0, 0}; /* both windows are there */
    nic_reset_registers(s->pci);
    pci_put16(s->pci->config, PCI_STATUS, 0x0280);
    memcpy(s->config, config, sizeof(config));
    memset(s->multicast, 0, sizeof(s->multicast));
    s->eeprom_command = 0;
    microwire_set(s->eeprom, false, false, false);
    s->media = 0;
    s->mii_control = RTL_BMCR_DEFAULT;
    s->mii_advertise = 0x05e1;
    s->cplus_threshold = 0x3f;
    s->sent = s->received = s->received_broadcast = 0;
    s->received_multicast = s->missed_packets = s->aborted = 0;
    rtl8139_load_address(s);
    rtl8139_soft_reset(s);
}

/* The state may be hostile. */
static void after_load(struct device *d)
{
    struct rtl8139 *s = (struct rtl8139 *)d;
    s->tx_next %= 4;
    s->cplus_tx_at %= 64;
    s->cplus_tx_high_at %= 64;
    s->cplus_rx_at %= 64;
    s->rx_write &= (8192u << (s->rx_config >> 11 & 3)) - 1;
    s->timer_base = MIN(s->timer_base, machine_now_ns(d->machine));
    pci_update_maps(s->pci);
}

static const struct device_type rtl8139_type = {
    .name = "rtl8139",
    .state = &rtl8139_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

static void fill_eeprom(struct rtl8139 *s, const u8 *mac)
{
    u16 *w = s->eeprom->word;
    w[0] = EE_SIGNATURE;
    w[1] = VENDOR;
    w[2] = DEVICE;
    w[3] = 0x1af4;
    w[4] = 0x1100;
    w[5] = 0x4020; /* longest latency and shortest grant */
    for (unsigned i = 0; i < 3; i++)
        w[RTL_EE_MAC + i] = mac[2 * i] | mac[2 * i + 1] << 8;
}

struct device *rtl8139_new(struct machine *m, struct pci_bus *bus, u8 devfn, const char *netdev,
                           const u8 mac[NET_MAC_BYTES])
{
    static const struct net_port_ops ops = {receive, room};
    struct rtl8139 *s = xcalloc(1, sizeof(*s));
    nic_crc_init(&s->crc);
    fill_eeprom(s, mac);
    device_attach(m, &s->dev, &rtl8139_type);
    pci_attach(bus, s->pci, devfn, VENDOR, DEVICE, 0x0200, REVISION_CPLUS);
    pci_put32(s->pci->config, PCI_SUBSYSTEM, 0x11001af4);
    s->pci->config[PCI_INT_PIN] = 1;
    nic_open_registers(s->pci);
    pci_add_bar(s->pci, 0, true, RTL_REGISTERS, "rtl8139-io", &rtl8139_register_ops, s);
    pci_add_bar(s->pci, 1, false, RTL_REGISTERS, "rtl8139", &rtl8139_register_ops, s);
    if (netdev)
        s->port = net_port_new(m, netdev, &ops, s);
    return &s->dev;
}
