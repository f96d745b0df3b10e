/* e1000.c - Intel's gigabit Ethernet card 82540EM: registers, interrupts, the device */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: 8254x SDM, 13 (registers), 4.1 (PCI), 13.3.3 (I/O-mapped access). */
#include "hw/e1000.h"

#include <string.h>

#include "emu/check.h"

enum { /* what is more than a register that is kept */
       R_CTRL = 0x0000,
       R_STATUS = 0x0008,
       R_EECD = 0x0010,
       R_EERD = 0x0014,
       R_MDIC = 0x0020,
       R_ICR = 0x00c0,
       R_ITR = 0x00c4,
       R_ICS = 0x00c8,
       R_IMS = 0x00d0,
       R_IMC = 0x00d8,
       R_RCTL = 0x0100,
       R_TCTL = 0x0400,
       R_RDLEN = 0x2808,
       R_RDH = 0x2810,
       R_RDT = 0x2818,
       R_RDTR = 0x2820,
       R_TDT = 0x3818,
       R_TIDV = 0x3820,
       R_STATS = 0x4000,
       R_MTA = 0x5200,
       R_RA = 0x5400,
       R_VFTA = 0x5600,
};
enum { WINDOW = 128 * 1024, PORTS = 64, VENDOR = 0x8086, DEVICE = 0x100e, REVISION = 3 };
enum { BAR_MEMORY = 0, BAR_PORTS = 2 };
enum { EE_CLOCK = 1, EE_SELECT = 2, EE_IN = 4, EE_OUT = 8, EE_REQUEST = 0x40, EE_GRANT = 0x80 };
enum { EE_PRESENT = 0x100, EERD_START = 1, EERD_DONE = 0x10 };
enum { STATUS_FD = 1, STATUS_LU = 2, STATUS_1000 = 0x80, ITR_NS = 256, DELAY_NS = 1024 };
#define CTRL_RESET (1u << 26)
#define CTRL_PHY_RESET (1u << 31)
#define FLUSH_NOW (1u << 31) /* RDTR, TIDV: what waits is signalled at once */
#define CAUSES 0x0001f6dfu

static const struct state_field context_fields[] = {
    E1000_CONTEXT_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct e1000_context)};
static const struct state_desc e1000_context_state = {"context", context_fields,
                                                      ARRAY_SIZE(context_fields)};
STATE_DESC(e1000_state, "e1000", struct e1000, E1000_STATE);

struct kept {
    u32 offset, member, writable;
};
#define KEPT_ROW(F, T, name, offset, writable) {offset, offsetof(struct e1000, name), writable},
static const struct kept kept[] = {E1000_REGISTERS(KEPT_ROW, , )};

static const struct kept *find_kept(u32 offset)
{
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        if (kept[i].offset == offset)
            return &kept[i];
    return NULL;
}

static u32 *value_of(struct e1000 *s, const struct kept *k)
{
    return (u32 *)((u8 *)s + k->member);
}

bool e1000_can_dma(const struct e1000 *s)
{
    return s->pci->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
}

/* ---- interrupts ---- */

void e1000_schedule(struct e1000 *s)
{
    u64 at = MIN(MIN(s->rx_due, s->rx_latest), MIN(s->tx_due, s->tx_latest));
    at = MIN(at, s->tx_resume);
    if ((s->icr & s->ims) && s->quiet_until > machine_now_ns(s->dev.machine))
        at = MIN(at, s->pci->intx ? NEVER : s->quiet_until);
    device_set_deadline(&s->dev, at);
}

/* 13.4.18: between two interrupts the time of ITR passes. */
static void update(struct e1000 *s)
{
    u64 now = machine_now_ns(s->dev.machine);
    bool wanted = s->icr & s->ims;
    if (!wanted) {
        pci_set_intx(s->pci, false);
    } else if (!s->pci->intx && now >= s->quiet_until) {
        s->quiet_until = now + (u64)s->itr * ITR_NS;
        pci_set_intx(s->pci, true);
    }
    e1000_schedule(s);
}

void e1000_interrupt(struct e1000 *s, u32 causes)
{
    s->icr |= causes;
    update(s);
}

void e1000_interrupt_later(struct e1000 *s, u64 *due, u64 *latest, u32 delay, u32 most)
{
    u64 now = machine_now_ns(s->dev.machine);
    *due = now + (u64)delay * DELAY_NS;
    if (most && *latest == NEVER)
        *latest = now + (u64)most * DELAY_NS;
    e1000_schedule(s);
}

static void expire(struct e1000 *s, u64 *due, u64 *latest, u64 now, u32 cause)
{
    if (*due > now && *latest > now)
        return;
    *due = *latest = NEVER;
    s->icr |= cause;
}

static void tick(struct device *d)
{
    struct e1000 *s = (struct e1000 *)d;
    u64 now = machine_now_ns(d->machine);
    expire(s, &s->rx_due, &s->rx_latest, now, E1000_RXT0);
    expire(s, &s->tx_due, &s->tx_latest, now, E1000_TXDW);
    if (s->tx_resume <= now)
        e1000_transmit(s);
    update(s);
}

/* ---- statistics ---- */

void e1000_count(struct e1000 *s, unsigned stat)
{
    if (s->stat[stat / 4] != UINT32_MAX)
        s->stat[stat / 4]++;
}

void e1000_count_bytes(struct e1000 *s, unsigned stat, u32 n)
{
    u32 *low = &s->stat[stat / 4];
    u64 v = ((u64)low[1] << 32 | low[0]) + n;
    low[0] = v;
    low[1] = v >> 32;
}

void e1000_count_size(struct e1000 *s, unsigned stat, u32 n)
{
    static const u16 most[] = {64, 127, 255, 511, 1023};
    unsigned i = 0;
    while (i < ARRAY_SIZE(most) && n > most[i])
        i++;
    e1000_count(s, stat + 4 * i);
}

/* ---- resets ---- */

static void load_address(struct e1000 *s)
{
    const u16 *w = s->eeprom->word;
    memset(s->ra, 0, sizeof(s->ra));
    s->ra[0] = w[0] | (u32)w[1] << 16;
    s->ra[1] = 0x80000000 | w[2];
}

/* 13.4.1: CTRL.RST. The transceiver and the EEPROM go on; filters keep what they hold. */
static void soft_reset(struct e1000 *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        *value_of(s, &kept[i]) = 0;
    s->ctrl = 0x00000201; /* full duplex, 1000 */
    s->ledctl = 0x07061302;
    s->pba = 0x30;
    s->icr = s->ims = 0;
    memset(s->context, 0, sizeof(s->context));
    memset(s->stat, 0, sizeof(s->stat));
    s->quiet_until = 0;
    s->rx_due = s->rx_latest = s->tx_due = s->tx_latest = s->tx_resume = NEVER;
    microwire_set(s->eeprom, false, false, false);
    load_address(s);
    update(s);
}

/* ---- registers ---- */

static void resume(struct e1000 *s)
{
    if (s->port && e1000_room(s))
        net_port_resume(s->port);
}

static void write_ctrl(struct e1000 *s, u32 value)
{
    if (value & CTRL_PHY_RESET)
        e1000_phy_reset(s);
    if (value & CTRL_RESET)
        soft_reset(s);
}

static void write_eecd(struct e1000 *s)
{
    microwire_set(s->eeprom, s->eecd & EE_SELECT, s->eecd & EE_CLOCK, s->eecd & EE_IN);
}

static void write_eerd(struct e1000 *s, u32 value)
{
    unsigned at = value >> 8 & 0xff;
    u16 word = at < MICROWIRE_WORDS ? s->eeprom->word[at] : 0xffff;
    s->eerd = (value & 0xff00) | (value & EERD_START ? (u32)word << 16 | EERD_DONE : 0);
}

static void flush(struct e1000 *s, u64 *due, u64 *latest, u32 value, u32 cause)
{
    if (!(value & FLUSH_NOW) || *due == NEVER)
        return;
    *due = *latest = NEVER;
    e1000_interrupt(s, cause);
}

static void written(struct e1000 *s, u32 offset, u32 value)
{
    switch (offset) {
    case R_CTRL: write_ctrl(s, value); break;
    case R_EECD: write_eecd(s); break;
    case R_EERD: write_eerd(s, value); break;
    case R_MDIC: e1000_write_mdic(s, value); break;
    case R_RCTL: case R_RDLEN: case R_RDH: case R_RDT: resume(s); break;
    case R_RDTR: flush(s, &s->rx_due, &s->rx_latest, value, E1000_RXT0); break;
    case R_TIDV: flush(s, &s->tx_due, &s->tx_latest, value, E1000_TXDW); break;
    case R_TCTL: case R_TDT: e1000_transmit(s); break;
    default: break;
    }
}

/* Tables of words, and where they are. */
static u32 *find_table(struct e1000 *s, u32 offset)
{
    if (offset >= R_MTA && offset < R_MTA + 4 * E1000_MTA)
        return &s->mta[(offset - R_MTA) / 4];
    if (offset >= R_RA && offset < R_RA + 4 * E1000_RA)
        return &s->ra[(offset - R_RA) / 4];
    if (offset >= R_VFTA && offset < R_VFTA + 4 * E1000_VFTA)
        return &s->vfta[(offset - R_VFTA) / 4];
    return NULL;
}

/* 13.7: reading clears. */
static u32 read_stat(struct e1000 *s, unsigned i)
{
    u32 v = s->stat[i];
    s->stat[i] = 0;
    return v;
}

static u32 read_icr(struct e1000 *s)
{
    u32 v = s->icr;
    s->icr = 0;
    update(s);
    return v;
}

static u32 read_eecd(const struct e1000 *s)
{
    return s->eecd | EE_PRESENT | (microwire_out(s->eeprom) ? EE_OUT : 0) |
           (s->eecd & EE_REQUEST ? EE_GRANT : 0);
}

static u32 read_kept(struct e1000 *s, u32 offset)
{
    const struct kept *k = find_kept(offset);
    const u32 *table = find_table(s, offset);
    return k ? *value_of(s, k) : table ? *table : 0;
}

static u64 read_register(void *opaque, u64 offset, unsigned size)
{
    struct e1000 *s = opaque;
    (void)size;
    if (offset >= R_STATS && offset < R_STATS + 4 * E1000_STATS)
        return read_stat(s, (offset - R_STATS) / 4);
    switch (offset) {
    case R_STATUS: return STATUS_FD | STATUS_LU | STATUS_1000;
    case R_ICR: return read_icr(s);
    case R_ICS: case R_IMC: return 0;
    case R_IMS: return s->ims;
    case R_EECD: return read_eecd(s);
    default: return read_kept(s, offset);
    }
}

static void write_kept(struct e1000 *s, u32 offset, u32 value)
{
    const struct kept *k = find_kept(offset);
    u32 *table = find_table(s, offset);
    if (table)
        *table = value;
    if (!k)
        return;
    u32 *to = value_of(s, k);
    *to = (*to & ~k->writable) | (value & k->writable);
    written(s, offset, value);
}

static void write_register(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct e1000 *s = opaque;
    (void)size;
    switch (offset) {
    case R_ICR:
        s->icr &= ~(u32)value;
        update(s);
        break;
    case R_ICS: e1000_interrupt(s, value & CAUSES); break;
    case R_IMS:
        s->ims |= value & CAUSES;
        update(s);
        break;
    case R_IMC:
        s->ims &= ~(u32)value;
        update(s);
        break;
    default: write_kept(s, offset, value);
    }
}

static const struct mmio_ops memory_ops = {read_register, write_register, 4, 4};

/* 13.3.3: an address, and the register there. */
static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    struct e1000 *s = opaque;
    if (offset == 0)
        return s->ioaddr;
    return offset == 4 && s->ioaddr < WINDOW ? read_register(s, s->ioaddr & ~3u, size) : 0;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct e1000 *s = opaque;
    if (offset == 0)
        s->ioaddr = value;
    else if (offset == 4 && s->ioaddr < WINDOW)
        write_register(s, s->ioaddr & ~3u, value, size);
}

static const struct mmio_ops port_ops = {read_port, write_port, 4, 4};

/* ---- the device ---- */

static void reset(struct device *d)
{
    struct e1000 *s = (struct e1000 *)d;
    nic_reset_registers(s->pci);
    pci_put16(s->pci->config, PCI_STATUS, 0x0220);
    s->ioaddr = 0;
    memset(s->mta, 0, sizeof(s->mta));
    memset(s->vfta, 0, sizeof(s->vfta));
    e1000_phy_reset(s);
    soft_reset(s);
}

/* The state may be hostile: heads and tails are checked where they are used. */
static void after_load(struct device *d)
{
    pci_update_maps(((struct e1000 *)d)->pci);
}

static const struct device_type e1000_type = {
    .name = "e1000",
    .state = &e1000_state,
    .reset = reset,
    .tick = tick,
    .after_load = after_load,
};

struct device *e1000_new(struct machine *m, struct pci_bus *bus, u8 devfn, const char *netdev,
                         const u8 mac[NET_MAC_BYTES])
{
    static const struct net_port_ops ops = {e1000_receive, e1000_room};
    struct e1000 *s = xcalloc(1, sizeof(*s));
    nic_crc_init(&s->crc);
    e1000_fill_eeprom(s, mac);
    device_attach(m, &s->dev, &e1000_type);
    pci_attach(bus, s->pci, devfn, VENDOR, DEVICE, 0x0200, REVISION);
    pci_put32(s->pci->config, PCI_SUBSYSTEM, 0x11001af4);
    s->pci->config[PCI_INT_PIN] = 1;
    nic_open_registers(s->pci);
    pci_add_bar(s->pci, BAR_MEMORY, false, WINDOW, "e1000", &memory_ops, s);
    pci_add_bar(s->pci, BAR_PORTS, true, PORTS, "e1000-io", &port_ops, s);
    if (netdev)
        s->port = net_port_new(m, netdev, &ops, s);
    return &s->dev;
}
