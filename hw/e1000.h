/* e1000.h - Intel's gigabit Ethernet card 82540EM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source, of all its files: Intel, "PCI/PCI-X Family of Gigabit Ethernet Controllers Software
 * Developer's Manual" (8254x SDM), revision 4.0: 3.2 (receive), 3.3 to 3.5 (transmit), 5 (EEPROM),
 * 13 (registers).
 *
 *     e1000.c      registers, interrupts and their timers, the device
 *     e1000_phy.c  the transceiver behind MDIC, and the EEPROM's content
 *     e1000_tx.c   descriptors to frames
 *     e1000_rx.c   frames to descriptors
 */
#ifndef HW_E1000_H
#define HW_E1000_H

#include "emu/machine.h"
#include "hw/microwire.h"
#include "hw/nic.h"
#include "hw/pci.h"

/* Registers that are kept as the guest wrote them: name, offset, bits that can be written. What
 * writing or reading does beside that is in e1000.c. */
#define E1000_REGISTERS(R, F, T)                                                                   \
    R(F, T, ctrl, 0x0000, 0x7bf3fffb)                                                              \
    R(F, T, eecd, 0x0010, 0x00000077)                                                              \
    R(F, T, eerd, 0x0014, 0x0000ff00)                                                              \
    R(F, T, ctrl_ext, 0x0018, 0x00ffffff)                                                          \
    R(F, T, mdic, 0x0020, 0x2fffffff)                                                              \
    R(F, T, fcal, 0x0028, 0xffffffff)                                                              \
    R(F, T, fcah, 0x002c, 0x0000ffff)                                                              \
    R(F, T, fct, 0x0030, 0x0000ffff)                                                               \
    R(F, T, vet, 0x0038, 0x0000ffff)                                                               \
    R(F, T, itr, 0x00c4, 0x0000ffff)                                                               \
    R(F, T, rctl, 0x0100, 0x06dffffe)                                                              \
    R(F, T, fcttv, 0x0170, 0x0000ffff)                                                             \
    R(F, T, txcw, 0x0178, 0xc000ffff)                                                              \
    R(F, T, tctl, 0x0400, 0x017fffff)                                                              \
    R(F, T, tipg, 0x0410, 0x3fffffff)                                                              \
    R(F, T, ait, 0x0458, 0x0000ffff)                                                               \
    R(F, T, ledctl, 0x0e00, 0xffffffff)                                                            \
    R(F, T, pba, 0x1000, 0x0000007f)                                                               \
    R(F, T, fcrtl, 0x2160, 0x8000fff8)                                                             \
    R(F, T, fcrth, 0x2168, 0x0000fff8)                                                             \
    R(F, T, rdbal, 0x2800, 0xfffffff0)                                                             \
    R(F, T, rdbah, 0x2804, 0xffffffff)                                                             \
    R(F, T, rdlen, 0x2808, 0x000fff80)                                                             \
    R(F, T, rdh, 0x2810, 0x0000ffff)                                                               \
    R(F, T, rdt, 0x2818, 0x0000ffff)                                                               \
    R(F, T, rdtr, 0x2820, 0x0000ffff)                                                              \
    R(F, T, rxdctl, 0x2828, 0x013f3f3f)                                                            \
    R(F, T, radv, 0x282c, 0x0000ffff)                                                              \
    R(F, T, rsrpd, 0x2c00, 0x00000fff)                                                             \
    R(F, T, tdbal, 0x3800, 0xfffffff0)                                                             \
    R(F, T, tdbah, 0x3804, 0xffffffff)                                                             \
    R(F, T, tdlen, 0x3808, 0x000fff80)                                                             \
    R(F, T, tdh, 0x3810, 0x0000ffff)                                                               \
    R(F, T, tdt, 0x3818, 0x0000ffff)                                                               \
    R(F, T, tidv, 0x3820, 0x0000ffff)                                                              \
    R(F, T, txdctl, 0x3828, 0xff7f3f3f)                                                            \
    R(F, T, tadv, 0x382c, 0x0000ffff)                                                              \
    R(F, T, tspmt, 0x3830, 0xffffffff)                                                             \
    R(F, T, rxcsum, 0x5000, 0x000003ff)                                                            \
    R(F, T, wuc, 0x5800, 0x0000000f)                                                               \
    R(F, T, wufc, 0x5808, 0x000f80ff)                                                              \
    R(F, T, ipav, 0x5838, 0x0001000f)                                                              \
    R(F, T, manc, 0x5820, 0xffffffff)
#define E1000_MEMBER(F, T, name, offset, writable) F(T, u32, name)

enum { E1000_STATS = 74, E1000_MTA = 128, E1000_RA = 32, E1000_VFTA = 128, E1000_PHY = 32 };

/* 3.3.6: offsets as a context descriptor gave them. */
#define E1000_CONTEXT_STATE(F, A, S, T)                                                            \
    F(T, u64, offsets)                                                                             \
    F(T, u32, command)                                                                             \
    F(T, u32, sizes)

struct e1000_context {
    STATE_MEMBERS(E1000_CONTEXT_STATE)
};

#define E1000_STATE(F, A, S, T)                                                                    \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    S(T, struct microwire, microwire_state, eeprom, 1)                                             \
    E1000_REGISTERS(E1000_MEMBER, F, T)                                                            \
    F(T, u32, icr)                                                                                 \
    F(T, u32, ims)                                                                                 \
    F(T, u32, ioaddr)                                                                              \
    A(T, u32, stat, E1000_STATS)                                                                   \
    A(T, u32, mta, E1000_MTA)                                                                      \
    A(T, u32, ra, E1000_RA)                                                                        \
    A(T, u32, vfta, E1000_VFTA)                                                                    \
    A(T, u16, phy, E1000_PHY)                                                                      \
    S(T, struct e1000_context, e1000_context_state, context, 2) /* plain, segmentation */          \
    F(T, u64, quiet_until)  /* ITR: no interrupt before */                                         \
    F(T, u64, rx_due)       /* RDTR */                                                             \
    F(T, u64, rx_latest)    /* RADV */                                                             \
    F(T, u64, tx_due)       /* TIDV */                                                             \
    F(T, u64, tx_latest)    /* TADV */                                                             \
    F(T, u64, tx_resume)    /* when it goes on with a long queue */

struct e1000 {
    struct device dev;
    STATE_MEMBERS(E1000_STATE)
    struct net_port *port; /* NULL: the cable is not plugged in */
    struct nic_crc crc;
    u8 packet[NIC_PACKET_MAX], scratch[NIC_PACKET_MAX]; /* on the way out */
    u16 tag; /* for the packet that is on the way out */
    bool tagged;
    u8 frame[16384 + NIC_FCS]; /* on the way in */
};

struct device *e1000_new(struct machine *m, struct pci_bus *bus, u8 devfn, const char *netdev,
                         const u8 mac[NET_MAC_BYTES]);

/* ---- the rest is for its own files ---- */

enum { E1000_CTRL_VME = 1 << 30 };
enum { /* 13.4.17: interrupt causes */
       E1000_TXDW = 0x0001,
       E1000_TXQE = 0x0002,
       E1000_LSC = 0x0004,
       E1000_RXDMT0 = 0x0010,
       E1000_RXO = 0x0040,
       E1000_RXT0 = 0x0080,
       E1000_MDAC = 0x0200,
       E1000_TXD_LOW = 0x8000,
};
enum { /* 13.7: offsets of statistics, from 0x4000 on */
       E1000_MPC = 0x10,
       E1000_PRC64 = 0x5c,
       E1000_GPRC = 0x74,
       E1000_BPRC = 0x78,
       E1000_MPRC = 0x7c,
       E1000_GPTC = 0x80,
       E1000_GORC = 0x88,
       E1000_GOTC = 0x90,
       E1000_RNBC = 0xa0,
       E1000_ROC = 0xac,
       E1000_TOR = 0xc0,
       E1000_TOT = 0xc8,
       E1000_TPR = 0xd0,
       E1000_TPT = 0xd4,
       E1000_PTC64 = 0xd8,
       E1000_MPTC = 0xf0,
       E1000_BPTC = 0xf4,
       E1000_TSCTC = 0xf8,
};

bool e1000_can_dma(const struct e1000 *s);
void e1000_interrupt(struct e1000 *s, u32 causes);
/* A cause that waits for its two timers: RDTR and RADV, TIDV and TADV. */
void e1000_interrupt_later(struct e1000 *s, u64 *due, u64 *latest, u32 delay, u32 most);
void e1000_schedule(struct e1000 *s);
void e1000_count(struct e1000 *s, unsigned stat);
void e1000_count_bytes(struct e1000 *s, unsigned stat, u32 n); /* two registers, 64 bits */
/* PRC64 or PTC64 and the five behind it: by size, check sequence included. */
void e1000_count_size(struct e1000 *s, unsigned stat, u32 n);

void e1000_transmit(struct e1000 *s);
void e1000_receive(void *opaque, const u8 *frame, u32 len);
void e1000_take_frame(struct e1000 *s, const u8 *frame, u32 len);
bool e1000_room(void *opaque);

void e1000_fill_eeprom(struct e1000 *s, const u8 mac[NET_MAC_BYTES]);
void e1000_phy_reset(struct e1000 *s);
void e1000_write_mdic(struct e1000 *s, u32 value);
bool e1000_loops_back(const struct e1000 *s);

#endif
