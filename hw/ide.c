/* ide.c - an IDE channel: registers, phases, data port, interrupts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: ATA/ATAPI-6 (T13/1410D): 7 (registers), 9 (protocols). Writes to the command block go to
 * both drives; reads come from the selected one, and where there is none beside a master, are zero.
 */
#include "hw/ide.h"

#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

enum { FLUSH_NS = 50000, NO_DRIVE = 0x7f /* D7 is pulled down: ATA-2, 4.2 */ };

static const struct state_field drive_fields[] = {
    IDE_DRIVE_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct ide_drive)};
static const struct state_desc ide_drive_state = {"drive", drive_fields, ARRAY_SIZE(drive_fields)};
static const struct state_field channel_fields[] = {
    IDE_CHANNEL_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct ide_channel)};
const struct state_desc ide_channel_state = {"channel", channel_fields,
                                             ARRAY_SIZE(channel_fields)};

struct ide_drive *ide_selected(struct ide_channel *c)
{
    return &c->drive[c->selected];
}

static bool is_empty(const struct ide_channel *c)
{
    return !c->drive[0].disk && !c->drive[1].disk;
}

static void update_line(struct ide_channel *c)
{
    irq_set(c->line, c->irq && !(c->control & IDE_NIEN) && ide_selected(c)->disk);
}

void ide_set_irq(struct ide_channel *c, bool level)
{
    bool rises = level && !c->irq;
    c->irq = level;
    update_line(c);
    if (rises && !(c->control & IDE_NIEN))
        c->interrupted(c->opaque, c);
}

/* ---- phases ---- */

void ide_wait(struct ide_channel *c, enum ide_phase phase, u64 ns)
{
    struct ide_drive *d = ide_selected(c);
    d->status = (d->status & ~(IDE_DRQ | IDE_ERR)) | IDE_BSY;
    c->phase = phase;
    c->due = ns == NEVER ? NEVER : machine_now_ns(c->machine) + ns;
    c->reschedule(c->opaque);
}

static void stop_waiting(struct ide_channel *c, enum ide_phase phase)
{
    ide_selected(c)->status &= ~(IDE_BSY | IDE_DRQ);
    c->phase = phase;
    c->due = NEVER;
    c->reschedule(c->opaque);
}

void ide_done(struct ide_channel *c)
{
    struct ide_drive *d = ide_selected(c);
    stop_waiting(c, IDE_IDLE);
    d->status = IDE_DRDY | IDE_DSC;
    d->error = 0;
    ide_set_irq(c, true);
}

void ide_fail(struct ide_channel *c, u8 error)
{
    struct ide_drive *d = ide_selected(c);
    stop_waiting(c, IDE_IDLE);
    d->status = IDE_DRDY | IDE_DSC | IDE_ERR;
    d->error = error;
    ide_set_irq(c, true);
}

static u32 next_block(const struct ide_channel *c)
{
    return (u32)MIN(c->left, (u64)MIN(c->block, IDE_BUFFER));
}

void ide_start_reading(struct ide_channel *c)
{
    u32 n = next_block(c);
    c->write = false;
    c->from_disk = true;
    disk_prefetch(ide_selected(c)->disk, c->offset, MIN(c->left, (u64)64 * KiB));
    ide_wait(c, IDE_READING, disk_latency(n));
}

void ide_start_writing(struct ide_channel *c)
{
    c->write = true;
    stop_waiting(c, IDE_DATA_OUT);
    c->position = 0;
    c->length = next_block(c);
    ide_selected(c)->status = IDE_DRDY | IDE_DSC | IDE_DRQ;
}

/* Whichever of drive and bus master is ready last starts the transfer. */
void ide_start_dma(struct ide_channel *c)
{
    ide_wait(c, IDE_DMA, NEVER);
    ide_selected(c)->status |= IDE_DRQ;
    if (!c->write)
        disk_prefetch(ide_selected(c)->disk, c->offset, c->left);
    ide_dma_started(c);
}

void ide_dma_started(struct ide_channel *c)
{
    if (c->phase != IDE_DMA || !c->dma_ready(c->opaque, c))
        return;
    ide_wait(c, IDE_DMA, disk_latency(c->left));
}

void ide_start_flush(struct ide_channel *c)
{
    ide_wait(c, IDE_FLUSHING, FLUSH_NS);
}

void ide_offer(struct ide_channel *c, u32 n)
{
    struct ide_drive *d = ide_selected(c);
    stop_waiting(c, IDE_DATA_IN);
    c->position = 0;
    c->length = n;
    d->status = IDE_DRDY | IDE_DSC | IDE_DRQ;
    d->error = 0;
    if (d->cd && c->command == 0xa0)
        ide_atapi_announce(d, n);
    ide_set_irq(c, true);
}

/* ---- what happens when a phase is over ---- */

static void end_reading(struct ide_channel *c, struct ide_drive *d)
{
    u32 n = next_block(c);
    if (!disk_read(d->disk, c->offset, c->buffer, n)) {
        if (d->cd)
            ide_atapi_fail(c, d, 3, 0x11); /* medium error: unrecovered read error */
        else
            ide_fail(c, IDE_UNC);
        return;
    }
    c->offset += n;
    c->left -= n;
    ide_ata_store_address(c, d);
    ide_offer(c, n);
}

static void end_writing(struct ide_channel *c, struct ide_drive *d)
{
    if (!disk_write(d->disk, c->offset, c->buffer, c->length)) {
        ide_fail(c, IDE_ABRT);
        return;
    }
    c->offset += c->length;
    c->left -= c->length;
    ide_ata_store_address(c, d);
    if (!c->left) {
        ide_done(c);
        return;
    }
    ide_start_writing(c);
    ide_set_irq(c, true);
}

static void end_dma(struct ide_channel *c, struct ide_drive *d)
{
    c->due = NEVER;
    c->reschedule(c->opaque);
    if (!c->dma_move(c->opaque, c)) {
        if (d->cd)
            ide_atapi_fail(c, d, 3, 0x11);
        else
            ide_fail(c, c->write ? IDE_ABRT : IDE_UNC);
        return;
    }
    if (c->left)
        return; /* the guest's table was too short: the drive waits */
    if (d->cd) {
        ide_atapi_finish(c, d);
    } else {
        ide_ata_store_address(c, d);
        ide_done(c);
    }
}

void ide_tick(struct ide_channel *c)
{
    struct ide_drive *d = ide_selected(c);
    c->due = NEVER;
    switch (c->phase) {
    case IDE_READING: end_reading(c, d); break;
    case IDE_WRITING: end_writing(c, d); break;
    case IDE_DMA: end_dma(c, d); break;
    case IDE_FLUSHING:
        if (disk_flush(d->disk))
            ide_done(c);
        else
            ide_fail(c, IDE_ABRT);
        break;
    default: break;
    }
}

/* ---- the data port ---- */

static void buffer_taken(struct ide_channel *c)
{
    struct ide_drive *d = ide_selected(c);
    if (c->from_disk && c->left)
        ide_start_reading(c);
    else if (d->cd && c->command == 0xa0)
        ide_atapi_finish(c, d);
    else {
        stop_waiting(c, IDE_IDLE);
        d->status = IDE_DRDY | IDE_DSC;
    }
}

static u64 read_data(struct ide_channel *c, unsigned size)
{
    u64 v = 0;
    if (c->phase != IDE_DATA_IN)
        return v;
    for (unsigned i = 0; i < size && c->position < c->length; i++)
        v |= (u64)c->buffer[c->position++] << (8 * i);
    if (c->position >= c->length)
        buffer_taken(c);
    return v;
}

static void write_data(struct ide_channel *c, u64 value, unsigned size)
{
    if (c->phase != IDE_DATA_OUT && c->phase != IDE_PACKET)
        return;
    for (unsigned i = 0; i < size && c->position < c->length; i++)
        c->buffer[c->position++] = value >> (8 * i);
    if (c->position < c->length)
        return;
    if (c->phase == IDE_PACKET)
        ide_atapi_execute(c, ide_selected(c));
    else
        ide_wait(c, IDE_WRITING, disk_latency(c->length));
}

/* ---- registers ---- */

/* 9.12: what tells disks and CDs apart. */
void ide_signature(struct ide_drive *d)
{
    d->count[0] = d->low[0] = 1;
    d->mid[0] = d->cd ? 0x14 : 0;
    d->high[0] = d->cd ? 0xeb : 0;
    d->count[1] = d->low[1] = d->mid[1] = d->high[1] = 0;
    d->device &= ~0x0f;
}

static void reset_drive(struct ide_drive *d)
{
    ide_signature(d);
    d->error = 1; /* diagnostics passed */
    d->status = d->cd ? 0 : IDE_DRDY | IDE_DSC;
    d->device = 0;
    d->features = 0;
}

static void soft_reset(struct ide_channel *c)
{
    for (unsigned i = 0; i < 2; i++)
        reset_drive(&c->drive[i]);
    c->selected = 0;
    c->irq = false;
    stop_waiting(c, IDE_IDLE);
    update_line(c);
}

void ide_reset(struct ide_channel *c)
{
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];
        d->multiple = IDE_MAX_MULTIPLE;
        d->transfer_mode = 0;
        d->heads = 16;
        d->sectors = 63;
        d->sense_key = d->asc = d->ascq = 0;
        d->attention = d->cd;
        d->locked = d->cache_off = false;
        d->media_event = 0;
    }
    c->control = c->command = 0;
    c->left = c->offset = c->block = c->length = c->position = 0;
    c->write = c->wide = c->from_disk = false;
    memset(c->buffer, 0, sizeof(c->buffer));
    soft_reset(c);
}

static void write_control(void *opaque, u64 offset, u64 value, unsigned size)
{
    (void)offset, (void)size;
    struct ide_channel *c = opaque;
    u8 was = c->control;
    c->control = value;
    if ((value & IDE_SRST) && !(was & IDE_SRST)) {
        soft_reset(c);
        c->drive[0].status = c->drive[1].status = IDE_BSY | IDE_DSC;
    } else if (!(value & IDE_SRST) && (was & IDE_SRST)) {
        soft_reset(c);
    }
    update_line(c);
}

static u8 status(struct ide_channel *c)
{
    if (is_empty(c))
        return NO_DRIVE;
    return ide_selected(c)->disk ? ide_selected(c)->status : 0;
}

static u64 read_alternate(void *opaque, u64 offset, unsigned size)
{
    (void)offset, (void)size;
    return status(opaque);
}

static u8 read_register(struct ide_channel *c, unsigned n)
{
    struct ide_drive *d = ide_selected(c);
    unsigned old = c->control & IDE_HOB ? 1 : 0;
    u8 s = status(c);

    if (is_empty(c) || !d->disk)
        return s;
    switch (n) {
    case 1: return d->error;
    case 2: return d->count[old];
    case 3: return d->low[old];
    case 4: return d->mid[old];
    case 5: return d->high[old];
    case 6: return d->device | 0xa0;
    default: ide_set_irq(c, false); return s;
    }
}

static u64 read_command_block(void *opaque, u64 offset, unsigned size)
{
    struct ide_channel *c = opaque;
    if (offset == 0)
        return is_empty(c) ? NO_DRIVE : read_data(c, size);
    u64 v = 0;
    for (unsigned i = 0; i < size && offset + i < 8; i++)
        v |= (u64)read_register(c, offset + i) << (8 * i);
    return v;
}

static void push(u8 pair[2], u8 value)
{
    pair[1] = pair[0];
    pair[0] = value;
}

static void start_command(struct ide_channel *c, u8 command)
{
    struct ide_drive *d = ide_selected(c);
    bool to_all = command == 0x90; /* EXECUTE DEVICE DIAGNOSTIC */
    if (!to_all && !d->disk)
        return;
    if (c->phase != IDE_IDLE && command != 0x08) /* DEVICE RESET ends anything */
        LOG(LOG_DEBUG, "command %02x while %02x is carried out", command, c->command);
    stop_waiting(c, IDE_IDLE);
    ide_set_irq(c, false);
    c->command = command;
    c->wide = c->write = c->from_disk = false;
    c->left = 0;
    ide_ata_command(c, d, command);
}

static void write_register(struct ide_channel *c, unsigned n, u8 value)
{
    if (n == 7) {
        start_command(c, value);
        return;
    }
    if (ide_selected(c)->status & (IDE_BSY | IDE_DRQ))
        return; /* 7.1: registers are not to be written then */
    c->control &= ~IDE_HOB;
    for (unsigned i = 0; i < 2; i++) {
        struct ide_drive *d = &c->drive[i];
        switch (n) {
        case 1: d->features = value; break;
        case 2: push(d->count, value); break;
        case 3: push(d->low, value); break;
        case 4: push(d->mid, value); break;
        case 5: push(d->high, value); break;
        default: d->device = value & 0x5f; break;
        }
    }
    if (n == 6) {
        c->selected = value & IDE_DEV1 ? 1 : 0;
        update_line(c);
    }
}

static void write_command_block(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct ide_channel *c = opaque;
    if (c->control & IDE_SRST)
        return;
    if (offset == 0) {
        write_data(c, value, size);
        return;
    }
    for (unsigned i = 0; i < size && offset + i < 8; i++)
        write_register(c, offset + i, value >> (8 * i));
}

const struct mmio_ops ide_command_ops = {read_command_block, write_command_block, 1, 4};
const struct mmio_ops ide_control_ops = {read_alternate, write_control, 1, 1};

void ide_init(struct ide_channel *c, struct machine *m, struct irq line)
{
    c->machine = m;
    c->line = line;
    c->due = NEVER;
}

void ide_set_drive(struct ide_channel *c, unsigned n, struct disk *disk, bool cd, unsigned number)
{
    c->drive[n].disk = disk;
    c->drive[n].cd = cd;
    c->drive[n].number = number;
    if (disk && cd)
        ide_atapi_plug(&c->drive[n]);
}

void ide_after_load(struct ide_channel *c)
{
    c->selected &= 1;
    c->length = MIN(c->length, IDE_BUFFER);
    c->position = MIN(c->position, c->length);
    c->block = MIN(c->block, IDE_BUFFER);
    for (unsigned i = 0; i < 2; i++) {
        c->drive[i].multiple = MIN(c->drive[i].multiple, (u8)IDE_MAX_MULTIPLE);
        c->drive[i].heads = MAX(c->drive[i].heads, (u16)1);
        c->drive[i].sectors = MAX(c->drive[i].sectors, (u16)1);
    }
    if (!ide_selected(c)->disk || c->phase >= IDE_N_PHASES) {
        c->phase = IDE_IDLE;
        c->due = NEVER;
    }
}
