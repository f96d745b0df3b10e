/* rtl8139.h - RealTek's fast Ethernet card */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     rtl8139.c            interrupts, timer, frames, the device
 *     rtl8139_registers.c  registers, by their own width
 *     rtl8139_ring.c       the old mode: four transmit buffers, one receive ring
 *     rtl8139_cplus.c      the C+ mode: rings of descriptors
 */
#ifndef HW_RTL8139_H
#define HW_RTL8139_H

#include "emu/machine.h"
#include "hw/microwire.h"
#include "hw/nic.h"
#include "hw/pci.h"

enum { RTL_FRAME_MAX = 4092 }; /* longer ones are not received */

#define RTL8139_STATE(F, A, S, T)                                                                  \
    S(T, struct pci_function, pci_function_state, pci, 1)                                          \
    S(T, struct microwire, microwire_state, eeprom, 1)                                             \
    A(T, u8, id, 6)           /* IDR: the station address */                                       \
    A(T, u8, multicast, 8)    /* MAR */                                                            \
    A(T, u32, tx_status, 4)   /* TSD */                                                            \
    A(T, u32, tx_address, 4)  /* TSAD */                                                           \
    F(T, u8, tx_next)         /* which of the four is sent next */                                 \
    F(T, u32, rx_start)       /* RBSTART */                                                        \
    F(T, u16, rx_read)        /* CAPR */                                                           \
    F(T, u16, rx_write)       /* CBR */                                                            \
    F(T, u8, command)         /* CR */                                                             \
    F(T, u16, mask)           /* IMR */                                                            \
    F(T, u16, status)         /* ISR */                                                            \
    F(T, u32, tx_config)      /* TCR */                                                            \
    F(T, u32, rx_config)      /* RCR */                                                            \
    F(T, u64, timer_base)     /* when TCTR was 0 */                                                \
    F(T, u32, timer_compare)  /* TimerInt */                                                       \
    F(T, u32, missed)         /* MPC */                                                            \
    F(T, u8, eeprom_command)  /* 9346CR */                                                         \
    A(T, u8, config, 6)       /* CONFIG0 to CONFIG5 */                                             \
    F(T, u8, media)           /* MSR: what can be written */                                       \
    F(T, u16, multiple)       /* MULINT */                                                         \
    F(T, u16, mii_control)    /* BMCR */                                                           \
    F(T, u16, mii_advertise)  /* ANAR */                                                           \
    F(T, u16, cplus)          /* CPCR */                                                           \
    F(T, u8, cplus_threshold) /* ETThR */                                                          \
    F(T, u64, cplus_tx)       /* TNPDS, */                                                         \
    F(T, u64, cplus_tx_high)  /* THPDS, */                                                         \
    F(T, u64, cplus_rx)       /* RDSAR: where the rings are; */                                    \
    F(T, u8, cplus_tx_at)     /* and which descriptor is next */                                   \
    F(T, u8, cplus_tx_high_at)                                                                     \
    F(T, u8, cplus_rx_at)                                                                          \
    F(T, u64, dump)           /* DTCCR */                                                          \
    F(T, u64, sent)           /* tally counters */                                                 \
    F(T, u64, received)                                                                            \
    F(T, u64, received_broadcast)                                                                  \
    F(T, u32, received_multicast)                                                                  \
    F(T, u16, missed_packets)                                                                      \
    F(T, u16, aborted)

struct rtl8139 {
    struct device dev;
    STATE_MEMBERS(RTL8139_STATE)
    struct net_port *port; /* NULL: the cable is not plugged in */
    struct nic_crc crc;
    u8 packet[NIC_PACKET_MAX], scratch[NIC_PACKET_MAX]; /* on the way out */
    u8 frame[RTL_FRAME_MAX + NIC_FCS];                  /* on the way in */
};

struct device *rtl8139_new(struct machine *m, struct pci_bus *bus, u8 devfn, const char *netdev,
                           const u8 mac[NET_MAC_BYTES]);

/* ---- the rest is for its own files ---- */

enum { /* 6.6: interrupt status */
       RTL_ROK = 0x0001,
       RTL_RER = 0x0002,
       RTL_TOK = 0x0004,
       RTL_TER = 0x0008,
       RTL_RXOVW = 0x0010, /* in C+ mode: no receive descriptor */
       RTL_LINK = 0x0020,
       RTL_FOVW = 0x0040,
       RTL_TDU = 0x0080, /* C+: no transmit descriptor */
       RTL_SWINT = 0x0100,
       RTL_TIMEOUT = 0x4000,
       RTL_SERR = 0x8000,
};
enum { RTL_CR_EMPTY = 1, RTL_CR_TE = 4, RTL_CR_RE = 8, RTL_CR_RESET = 16 };
enum { RTL_RCR_WRAP = 0x80 };
enum { RTL_CP_TX = 1, RTL_CP_RX = 2, RTL_CP_RX_SUM = 0x20, RTL_CP_RX_VLAN = 0x40 };
enum { /* 5.1: of a received frame, in the ring's header and, 12 bits higher, in C+ descriptors */
       RTL_RX_OK = 0x0001,
       RTL_RX_BROADCAST = 0x2000,
       RTL_RX_PHYSICAL = 0x4000,
       RTL_RX_MULTICAST = 0x8000,
};

static inline bool rtl8139_is_cplus_rx(const struct rtl8139 *s)
{
    return s->cplus & RTL_CP_RX;
}

enum { RTL_REGISTERS = 256, RTL_EE_MAC = 7 /* where in the EEPROM */, RTL_BMCR_DEFAULT = 0x3100 };
#define RTL_TCR_LOOPBACK 0x00060000u

void rtl8139_interrupt(struct rtl8139 *s, u16 causes);
void rtl8139_update(struct rtl8139 *s); /* status or mask have changed */
u32 rtl8139_timer_now(struct rtl8139 *s);
void rtl8139_schedule(struct rtl8139 *s); /* the timer was changed */
void rtl8139_resume(struct rtl8139 *s);   /* there may be room for a frame */

extern const struct mmio_ops rtl8139_register_ops;
void rtl8139_load_address(struct rtl8139 *s); /* from the EEPROM */
void rtl8139_soft_reset(struct rtl8139 *s);

/* A finished frame, to the wire or around the loop. */
void rtl8139_send(void *opaque, u8 *frame, u32 len);
bool rtl8139_can_dma(const struct rtl8139 *s);

void rtl8139_ring_transmit(struct rtl8139 *s);
bool rtl8139_ring_room(const struct rtl8139 *s, u32 len);
bool rtl8139_ring_receive(struct rtl8139 *s, const u8 *frame, u32 len, u16 flags);
bool rtl8139_ring_is_empty(const struct rtl8139 *s);

void rtl8139_cplus_transmit(struct rtl8139 *s, bool high);
bool rtl8139_cplus_room(struct rtl8139 *s);
bool rtl8139_cplus_receive(struct rtl8139 *s, const u8 *frame, u32 len, u16 flags);

#endif
