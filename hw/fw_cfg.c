/* fw_cfg.c - what the board tells firmware: named files behind two ports, or a window of registers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The interface is the one that SeaBIOS, U-Boot and Linux know as "QEMU firmware configuration":
 * https://www.qemu.org/docs/master/specs/fw_cfg.html. Numbers in its directory and in DMA requests
 * are big-endian, as are the selector and the DMA address behind registers. Nothing can be written.
 */
#include "hw/fw_cfg.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

enum { KEY_SIGNATURE = 0x00, KEY_ID = 0x01, KEY_DIRECTORY = 0x19, KEY_FIRST_FILE = 0x20 };
enum { ID_TRADITIONAL = 1, ID_DMA = 2 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
enum { NAME_BYTES = 56, DIRECTORY_ENTRY = 64 };

#define FW_CFG_STATE(F, A, S, T)                                                                   \
    F(T, u16, key)                                                                                 \
    F(T, u32, offset)      /* in the item selected */                                              \
    F(T, u32, dma_high)    /* upper half of the request's address, once written */

struct item {
    u16 key;
    u8 *data;
    u32 len;
};

struct fw_cfg {
    struct device dev;
    STATE_MEMBERS(FW_CFG_STATE)
    struct item *item;
    unsigned n_items, n_files;
};
STATE_DESC(fw_cfg_state, "fw_cfg", struct fw_cfg, FW_CFG_STATE);

static struct item *find(struct fw_cfg *s, u16 key)
{
    for (unsigned i = 0; i < s->n_items; i++)
        if (s->item[i].key == key)
            return &s->item[i];
    return NULL;
}

void fw_cfg_add(struct fw_cfg *s, u16 key, const void *data, size_t len)
{
    CHECK(!find(s, key) && len <= UINT32_MAX);
    s->item = xrealloc(s->item, (s->n_items + 1) * sizeof(*s->item));
    u8 *copy = xmalloc(MAX(len, (size_t)1));
    memcpy(copy, data, len);
    s->item[s->n_items++] = (struct item){key, copy, (u32)len};
}

void fw_cfg_add_u16(struct fw_cfg *s, u16 key, u16 value)
{
    fw_cfg_add(s, key, &value, sizeof(value));
}

void fw_cfg_add_u32(struct fw_cfg *s, u16 key, u32 value)
{
    fw_cfg_add(s, key, &value, sizeof(value));
}

/* A file is an item and an entry of the directory, which is an item too. */
void fw_cfg_add_file(struct fw_cfg *s, const char *name, const void *data, size_t len)
{
    u16 key = KEY_FIRST_FILE + s->n_files;
    CHECK(strlen(name) < NAME_BYTES);
    fw_cfg_add(s, key, data, len);
    s->n_files++;

    struct item *directory = find(s, KEY_DIRECTORY);
    directory->data = xrealloc(directory->data, directory->len + DIRECTORY_ENTRY);
    u8 *entry = directory->data + directory->len;
    directory->len += DIRECTORY_ENTRY;
    u32 count = htobe32(s->n_files), size = htobe32(len);
    u16 select = htobe16(key);
    memcpy(directory->data, &count, 4);
    memset(entry, 0, DIRECTORY_ENTRY);
    memcpy(entry, &size, 4);
    memcpy(entry + 4, &select, 2);
    memcpy(entry + 8, name, strlen(name));
}

static void select_item(struct fw_cfg *s, u16 key)
{
    s->key = key;
    s->offset = 0;
}

/* Bytes of the item from the offset on; at most n. */
static u32 available(struct fw_cfg *s, const struct item *it, u32 n)
{
    u32 left = it && s->offset < it->len ? it->len - s->offset : 0;
    return MIN(left, n);
}

static u64 read_port(void *opaque, u64 offset, unsigned size)
{
    struct fw_cfg *s = opaque;
    const struct item *it = find(s, s->key);
    (void)offset;
    u64 v = 0;
    for (unsigned i = 0; i < size; i++)
        if (available(s, it, 1))
            v |= (u64)it->data[s->offset++] << (8 * i);
    return v;
}

static void write_port(void *opaque, u64 offset, u64 value, unsigned size)
{
    if (offset == 0 && size == 2)
        select_item(opaque, value);
}

/* Behind the end of an item there are zeros. False when memory is missing. */
static bool dma_read(struct fw_cfg *s, u64 address, u32 length)
{
    static const u8 zeros[4096];
    struct bus *mem = s->dev.machine->mem;
    const struct item *it = find(s, s->key);
    u32 n = available(s, it, length);
    bool ok = !n || bus_write_bytes(mem, address, it->data + s->offset, n, false);
    s->offset += n;
    for (u32 k; ok && n < length; n += k) {
        k = MIN(length - n, (u32)sizeof(zeros));
        ok = bus_write_bytes(mem, address + n, zeros, k, false);
    }
    return ok;
}

/* FWCfgDmaAccess: control, length, address. The control word is written back: 0, or the error. */
static void dma(struct fw_cfg *s, u64 at)
{
    struct bus *mem = s->dev.machine->mem;
    struct {
        u32 control, length;
        u64 address;
    } request;
    if (!bus_read_bytes(mem, at, &request, sizeof(request)))
        return;
    u32 control = be32toh(request.control), length = be32toh(request.length);
    bool ok = true;
    if (control & DMA_SELECT)
        select_item(s, control >> 16);
    if (control & DMA_READ)
        ok = dma_read(s, be64toh(request.address), length);
    else if (control & DMA_WRITE)
        ok = false;
    else if (control & DMA_SKIP)
        s->offset += available(s, find(s, s->key), length);
    u32 result = htobe32(ok ? 0 : DMA_ERROR);
    bus_write_bytes(mem, at, &result, sizeof(result), false);
}

static u64 read_dma(void *opaque, u64 offset, unsigned size)
{
    u64 signature;
    (void)opaque;
    memcpy(&signature, "QEMU CFG", 8);
    return signature >> (8 * offset) & (size == 4 ? UINT32_MAX : 0xffff);
}

static void write_dma(void *opaque, u64 offset, u64 value, unsigned size)
{
    struct fw_cfg *s = opaque;
    u32 half = be32toh((u32)value);
    if (size != 4 || offset % 4)
        return;
    if (offset == 0) {
        s->dma_high = half;
    } else {
        u64 at = (u64)s->dma_high << 32 | half;
        s->dma_high = 0;
        dma(s, at);
    }
}

static const struct mmio_ops port_ops = {read_port, write_port, 1, 2};
static const struct mmio_ops dma_ops = {read_dma, write_dma, 2, 4};

/* ---- behind registers ---- */

enum { R_DATA = 0, R_SELECT = 8, R_DMA = 16 };

static u64 read_window(void *opaque, u64 offset, unsigned size)
{
    u64 v;
    if (offset < R_SELECT)
        return read_port(opaque, offset, size);
    if (offset < R_DMA)
        return 0;
    memcpy(&v, "QEMU CFG", 8);
    return v >> (8 * (offset - R_DMA));
}

static void write_window(void *opaque, u64 offset, u64 value, unsigned size)
{
    if (offset == R_SELECT && size == 2)
        select_item(opaque, be16toh((u16)value));
    else if (offset == R_DMA && size == 8)
        dma(opaque, be64toh(value));
    else if (offset >= R_DMA)
        write_dma(opaque, offset - R_DMA, value, size);
}

static const struct mmio_ops window_ops = {read_window, write_window, 1, 8};

static void reset(struct device *d)
{
    struct fw_cfg *s = (struct fw_cfg *)d;
    select_item(s, 0);
    s->dma_high = 0;
}

static void fini(struct device *d)
{
    struct fw_cfg *s = (struct fw_cfg *)d;
    for (unsigned i = 0; i < s->n_items; i++)
        free(s->item[i].data);
    free(s->item);
}

static const struct device_type fw_cfg_type = {
    .name = "fw_cfg",
    .state = &fw_cfg_state,
    .reset = reset,
    .fini = fini,
};

static struct fw_cfg *add(struct machine *m)
{
    static const u32 id = ID_TRADITIONAL | ID_DMA, no_files = 0;
    struct fw_cfg *s = xcalloc(1, sizeof(*s));
    fw_cfg_add(s, KEY_SIGNATURE, "QEMU", 4);
    fw_cfg_add(s, KEY_ID, &id, 4);
    fw_cfg_add(s, KEY_DIRECTORY, &no_files, 4);
    device_attach(m, &s->dev, &fw_cfg_type);
    return s;
}

struct fw_cfg *fw_cfg_new(struct machine *m)
{
    struct fw_cfg *s = add(m);
    bus_map_mmio(m->io, "fw_cfg", 0x510, 2, &port_ops, s);
    bus_map_mmio(m->io, "fw_cfg-dma", 0x514, 8, &dma_ops, s);
    return s;
}

struct fw_cfg *fw_cfg_new_mmio(struct machine *m, u64 base)
{
    struct fw_cfg *s = add(m);
    bus_map_mmio(m->mem, "fw_cfg", base, FW_CFG_MMIO_BYTES, &window_ops, s);
    return s;
}
