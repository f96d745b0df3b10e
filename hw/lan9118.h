/* lan9118.h - SMSC's Ethernet controller for buses without DMA */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *     lan9118.c       bus registers, interrupts, timers, the device
 *     lan9118_mac.c   MAC registers, address filter, transceiver, EEPROM
 *     lan9118_rx.c    the FIFOs of what is received
 *     lan9118_tx.c    the FIFOs of what is sent
 */
#ifndef HW_LAN9118_H
#define HW_LAN9118_H

#include "emu/irq.h"
#include "emu/machine.h"
#include "hw/nic.h"

/* netdev: NULL when the cable is not plugged in. */
struct device *lan9118_new(struct machine *m, u64 base, struct irq irq, const char *netdev,
                           const u8 mac[NET_MAC_BYTES]);

/* ---- the rest is for its own files ---- */

enum { LAN_MAC_REGISTERS = 13, LAN_PHY = 32, LAN_EEPROM = 128, LAN_FRAME_MAX = 2048 };
enum { LAN_RX_STATUS_MAX = 224, LAN_TX_STATUS_MAX = 128, LAN_RX_BYTES = 16 * 1024 };

#define LAN9118_STATE(F, A, S, T)                                                                  \
    F(T, u32, irq_cfg)                                                                             \
    F(T, u32, int_sts)                                                                             \
    F(T, u32, int_en)                                                                              \
    F(T, u32, fifo_int)                                                                            \
    F(T, u32, rx_cfg)                                                                              \
    F(T, u32, tx_cfg)                                                                              \
    F(T, u32, hw_cfg)                                                                              \
    F(T, u32, pmt_ctrl)                                                                            \
    F(T, u32, gpio_cfg)                                                                            \
    F(T, u32, gpt_cfg)                                                                             \
    F(T, u64, gpt_zero)      /* 0.1 ms tick at which the timer comes to zero */                    \
    F(T, u32, word_swap)                                                                           \
    F(T, u64, free_run)      /* ns at which FREE_RUN was zero */                                   \
    F(T, u32, rx_drop)                                                                             \
    F(T, u32, afc_cfg)                                                                             \
    F(T, u64, quiet_until)   /* ns: the interrupt line is held back (INT_DEAS) */                  \
    F(T, bool, line)                                                                               \
    F(T, u32, mac_cmd)                                                                             \
    F(T, u32, mac_data)                                                                            \
    A(T, u32, mac, LAN_MAC_REGISTERS)                                                              \
    A(T, u16, phy, LAN_PHY)                                                                        \
    F(T, u32, e2p_cmd)                                                                             \
    F(T, u32, e2p_data)                                                                            \
    F(T, bool, e2p_writable)                                                                       \
    A(T, u8, eeprom, LAN_EEPROM)                                                                   \
    F(T, u16, rx_head)       /* in words: of the ring in rx_ram */                                 \
    F(T, u16, rx_words)                                                                            \
    A(T, u16, rx_packet, LAN_RX_STATUS_MAX) /* words of each packet in it */                       \
    F(T, u8, rx_packet_head)                                                                       \
    F(T, u8, rx_packets)                                                                           \
    A(T, u32, rx_status, LAN_RX_STATUS_MAX)                                                        \
    F(T, u8, rx_status_head)                                                                       \
    F(T, u8, rx_statuses)                                                                          \
    A(T, u32, tx_status, LAN_TX_STATUS_MAX)                                                        \
    F(T, u8, tx_status_head)                                                                       \
    F(T, u8, tx_statuses)                                                                          \
    F(T, u8, tx_phase)       /* of lan9118_tx.c */                                                 \
    F(T, u32, tx_a)          /* the two commands of the buffer that is being written */            \
    F(T, u32, tx_b)                                                                                \
    F(T, u16, tx_skip)       /* bytes before its data, */                                          \
    F(T, u16, tx_left)       /* of its data, */                                                    \
    F(T, u16, tx_pad)        /* and words behind */                                                \
    F(T, u16, tx_len)        /* of the frame so far */                                             \
    A(T, u8, tx_frame, LAN_FRAME_MAX)

struct lan9118 {
    struct device dev;
    STATE_MEMBERS(LAN9118_STATE)
    struct irq irq;
    struct net_port *port; /* NULL: the cable is not plugged in */
    struct nic_crc crc;
    struct ram *rx_ram;    /* the data FIFO of what is received */
};

enum { /* 5.3.3: interrupt status */
       LAN_SW_INT = 1u << 31,
       LAN_TXSTOP = 1 << 25,
       LAN_RXSTOP = 1 << 24,
       LAN_RXDFH = 1 << 23,
       LAN_TX_IOC = 1 << 21,
       LAN_GPT = 1 << 19,
       LAN_PHY_INT = 1 << 18,
       LAN_TXSO = 1 << 16,
       LAN_TXE = 1 << 13,
       LAN_TDFA = 1 << 9,
       LAN_TSFL = 1 << 7,
       LAN_RXDF = 1 << 6,
       LAN_RSFL = 1 << 3,
};

void lan9118_interrupt(struct lan9118 *s, u32 causes);
u32 lan9118_tx_fifo_kib(const struct lan9118 *s); /* HW_CFG: of the 16, what is for sending */

/* lan9118_mac.c */
void lan9118_mac_reset(struct lan9118 *s);
void lan9118_phy_reset(struct lan9118 *s);
void lan9118_mac_command(struct lan9118 *s, u32 value); /* MAC_CSR_CMD */
void lan9118_eeprom_command(struct lan9118 *s, u32 value); /* E2P_CMD */
void lan9118_eeprom_load(struct lan9118 *s); /* the address, as after a reset */
bool lan9118_receives(const struct lan9118 *s);
bool lan9118_sends(const struct lan9118 *s);
bool lan9118_loops_back(const struct lan9118 *s);
/* Is it let in, and what does its status say? frame has an address. */
bool lan9118_accepts(const struct lan9118 *s, const u8 *frame, u32 *status);

/* lan9118_rx.c */
void lan9118_rx_reset(struct lan9118 *s); /* empties both */
bool lan9118_rx_room(const struct lan9118 *s, u32 len);
void lan9118_rx_frame(struct lan9118 *s, const u8 *frame, u32 len);
u32 lan9118_rx_data(struct lan9118 *s);   /* the next word */
u32 lan9118_rx_status(struct lan9118 *s, bool take);
void lan9118_rx_forward(struct lan9118 *s); /* skips what is left of a packet */
u32 lan9118_rx_used(const struct lan9118 *s); /* RX_FIFO_INF */
void lan9118_rx_after_load(struct lan9118 *s);

/* lan9118_tx.c */
void lan9118_tx_reset(struct lan9118 *s, bool data, bool status);
void lan9118_tx_data(struct lan9118 *s, u32 word);
u32 lan9118_tx_status(struct lan9118 *s, bool take);
u32 lan9118_tx_free(const struct lan9118 *s); /* TX_FIFO_INF */
void lan9118_tx_after_load(struct lan9118 *s);

#endif
