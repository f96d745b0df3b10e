/* ide.h - an IDE channel with up to two drives: disks and CDs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command is carried out by one drive of the channel at a time. What it waits for is the
 * channel's phase; a phase that ends by itself has a time at which it does (`due`), and only then
 * is the disk read or written. So a command in flight is no more than these fields.
 *
 *     ide.c          registers, phases, data port, interrupts
 *     ide_ata.c      a disk's commands
 *     ide_atapi.c    a CD's packets
 *     piix3_ide.c    the PCI function: bus-master DMA, and where the channels are
 */
#ifndef HW_IDE_H
#define HW_IDE_H

#include "emu/disk.h"
#include "emu/irq.h"
#include "emu/machine.h"

#define IDE_BUFFER 8192u
#define IDE_MAX_MULTIPLE (IDE_BUFFER / DISK_SECTOR)
#define CD_SECTOR 2048u

enum { /* ATA-6, 7.15: the status register */
       IDE_ERR = 0x01,
       IDE_DRQ = 0x08,
       IDE_DSC = 0x10,
       IDE_DF = 0x20,
       IDE_DRDY = 0x40,
       IDE_BSY = 0x80,
};
enum { IDE_ABRT = 0x04, IDE_IDNF = 0x10, IDE_UNC = 0x40 }; /* 7.9: the error register */
enum { IDE_NIEN = 2, IDE_SRST = 4, IDE_HOB = 0x80 };       /* 7.8: device control */
enum { IDE_LBA = 0x40, IDE_DEV1 = 0x10 };                  /* 7.7: device */
enum { IDE_REASON_CD = 1, IDE_REASON_IO = 2 };             /* 9.8: interrupt reason */

enum ide_phase {
    IDE_IDLE,
    IDE_READING,   /* a block for the data port; until due */
    IDE_DATA_IN,   /* the guest takes the buffer */
    IDE_DATA_OUT,  /* the guest fills the buffer */
    IDE_WRITING,   /* the block goes to the disk; until due */
    IDE_FLUSHING,  /* until due */
    IDE_PACKET,    /* the guest fills in a packet */
    IDE_DMA,       /* all of it; until due, once the bus master was started */
    IDE_N_PHASES,
};

#define IDE_DRIVE_STATE(F, A, S, T)                                                                \
    F(T, u8, status)                                                                               \
    F(T, u8, error)                                                                                \
    F(T, u8, features)                                                                             \
    A(T, u8, count, 2)  /* what was written last, and before: ATA-6, 6.1.4 */                      \
    A(T, u8, low, 2)                                                                               \
    A(T, u8, mid, 2)                                                                               \
    A(T, u8, high, 2)                                                                              \
    F(T, u8, device)                                                                               \
    F(T, u8, multiple)  /* sectors in a block of READ MULTIPLE; 0: not set */                      \
    F(T, u8, transfer_mode) /* SET FEATURES 3 */                                                   \
    F(T, bool, cache_off)                                                                          \
    F(T, u16, heads)    /* INITIALIZE DEVICE PARAMETERS */                                         \
    F(T, u16, sectors)                                                                             \
    F(T, u8, sense_key) /* a CD's */                                                               \
    F(T, u8, asc)                                                                                  \
    F(T, u8, ascq)                                                                                 \
    F(T, bool, attention) /* the medium is new */                                                  \
    F(T, bool, locked)                                                                             \
    F(T, bool, tray_open)                                                                          \
    F(T, u8, media_event) /* that GET EVENT STATUS NOTIFICATION has not told yet */

struct ide_drive {
    STATE_MEMBERS(IDE_DRIVE_STATE)
    struct disk *disk; /* NULL: there is no such drive */
    bool cd;
    unsigned number;   /* of the machine's drives, for its serial number */
};

#define IDE_CHANNEL_STATE(F, A, S, T)                                                              \
    S(T, struct ide_drive, ide_drive_state, drive, 2)                                              \
    F(T, u8, selected)                                                                             \
    F(T, u8, control)                                                                              \
    F(T, u8, command)   /* that is carried out */                                                  \
    F(T, u8, phase)                                                                                \
    F(T, bool, irq)     /* INTRQ, before nIEN */                                                   \
    F(T, bool, wide)    /* the command has 48-bit addresses */                                     \
    F(T, bool, write)                                                                              \
    F(T, bool, from_disk) /* data in: of the disk; else what is in the buffer */                   \
    F(T, u64, due)      /* ns; NEVER: nothing ends by itself */                                    \
    F(T, u64, offset)   /* on the disk, in bytes */                                                \
    F(T, u64, left)     /* bytes that the command has still to move, from offset on */             \
    F(T, u32, block)    /* bytes that are moved with one interrupt */                              \
    F(T, u32, length)   /* of what is in the buffer, or is awaited */                              \
    F(T, u32, position) /* of the data port in it */                                               \
    A(T, u8, buffer, IDE_BUFFER)

struct ide_channel {
    STATE_MEMBERS(IDE_CHANNEL_STATE)
    struct machine *machine;
    struct irq line;
    /* The bus master: is it started, in the command's direction? And: `due` changed. */
    bool (*dma_ready)(void *opaque, struct ide_channel *c);
    /* Moves up to `left` bytes; how many there was room for (or the transfer's error). */
    bool (*dma_move)(void *opaque, struct ide_channel *c);
    void (*reschedule)(void *opaque);
    void (*interrupted)(void *opaque, struct ide_channel *c); /* INTRQ rose */
    void *opaque;
};

extern const struct state_desc ide_channel_state;

/* The channel's ports: eight registers at one place, device control at another. */
extern const struct mmio_ops ide_command_ops, ide_control_ops; /* opaque: the channel */

void ide_init(struct ide_channel *c, struct machine *m, struct irq line);
void ide_set_drive(struct ide_channel *c, unsigned n, struct disk *disk, bool cd, unsigned number);
void ide_reset(struct ide_channel *c);
void ide_after_load(struct ide_channel *c); /* the state may be hostile */
void ide_tick(struct ide_channel *c);       /* due was reached */
/* The bus master was started: a command that waited for it goes on. */
void ide_dma_started(struct ide_channel *c);

/* Among ide*.c. */
struct ide_drive *ide_selected(struct ide_channel *c);
void ide_set_irq(struct ide_channel *c, bool level);
void ide_signature(struct ide_drive *d);
/* The command is over: well, or with bits of the error register. */
void ide_done(struct ide_channel *c);
void ide_fail(struct ide_channel *c, u8 error);
/* Begins to move `left` bytes from or to the disk's `offset`, in blocks. */
void ide_start_reading(struct ide_channel *c);
void ide_start_writing(struct ide_channel *c);
void ide_start_dma(struct ide_channel *c);
void ide_start_flush(struct ide_channel *c);
/* Offers the first n bytes of the buffer. */
void ide_offer(struct ide_channel *c, u32 n);
void ide_wait(struct ide_channel *c, enum ide_phase phase, u64 ns);

void ide_ata_command(struct ide_channel *c, struct ide_drive *d, u8 command);
/* After a transfer: the registers say how far it came. */
void ide_ata_store_address(struct ide_channel *c, struct ide_drive *d);
void ide_atapi_identify(struct ide_channel *c, struct ide_drive *d);
void ide_atapi_packet(struct ide_channel *c, struct ide_drive *d); /* PACKET command */
void ide_atapi_execute(struct ide_channel *c, struct ide_drive *d); /* the packet is there */
/* The next block of a CD's data is in the buffer, or all of it was taken. */
void ide_atapi_announce(struct ide_drive *d, u32 n);
void ide_atapi_finish(struct ide_channel *c, struct ide_drive *d);
void ide_atapi_fail(struct ide_channel *c, struct ide_drive *d, u8 key, u8 asc);
/* Its medium may be changed from outside, if there is a struct medium of it. */
void ide_atapi_plug(struct ide_drive *d);
/* An IDENTIFY string: two characters a word, padded with blanks. */
void ide_put_string(u16 *words, unsigned first, unsigned n, const char *text);

#endif
