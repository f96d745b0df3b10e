/* smbios.c - SMBIOS structures that describe the board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: DMTF DSP0134 (System Management BIOS reference specification) 2.8: 5.2.1 (entry point),
 * chapter 7 (structures). Type 0 (BIOS information) is the firmware's own to add.
 */
#include "hw/smbios.h"

#include <string.h>

#include "emu/check.h"

enum { ANCHOR_BYTES = 31, ANCHOR_COUNT = 0x1c, ANCHOR_LENGTH = 0x16, ANCHOR_MAX = 0x08 };

struct tables {
    struct buf *out;
    size_t at; /* of the structure being made */
    u16 count, largest;
};

static void begin(struct tables *t, u8 type)
{
    t->at = t->out->len;
    buf_put_u8(t->out, type);
    buf_put_u8(t->out, 0); /* length, set by end() */
    buf_put_u16(t->out, (u16)(type << 8)); /* handle */
}

/* Ends the formatted part and adds its strings, numbered from 1; NULL ends the list. */
static void end(struct tables *t, const char *const *strings)
{
    t->out->data[t->at + 1] = t->out->len - t->at;
    for (unsigned i = 0; strings && strings[i]; i++)
        buf_put(t->out, strings[i], strlen(strings[i]) + 1);
    if (!strings)
        buf_put_u8(t->out, 0);
    buf_put_u8(t->out, 0);
    t->count++;
    t->largest = MAX(t->largest, (u16)(t->out->len - t->at));
}

static void put_system(struct tables *t)
{
    static const char *const strings[] = {"Hindsight", "PC (i440FX + PIIX)", NULL};
    begin(t, 1);
    buf_put(t->out, (u8[]){1, 2, 0, 0}, 4); /* manufacturer, product, no version, no serial */
    buf_put(t->out, (u8[16]){0}, 16);       /* UUID: not present */
    buf_put(t->out, (u8[]){6, 0, 0}, 3);    /* woken by the power switch */
    end(t, strings);
}

static void put_chassis(struct tables *t)
{
    static const char *const strings[] = {"Hindsight", NULL};
    begin(t, 3);
    buf_put(t->out, (u8[]){1, 1, 0, 0, 0, 3, 3, 3, 2}, 9); /* "other"; all states safe */
    buf_put_u32(t->out, 0);
    buf_put_u32(t->out, 0); /* height, power cords, elements */
    buf_put_u8(t->out, 0);
    end(t, strings);
}

static void put_processor(struct tables *t)
{
    static const char *const strings[] = {"CPU 0", NULL};
    begin(t, 4);
    buf_put(t->out, (u8[]){1, 3, 1, 0}, 4); /* socket, central processor, family "other" */
    buf_put(t->out, (u8[8]){0}, 8);         /* ID */
    buf_put(t->out, (u8[]){0, 0}, 2);       /* version, voltage */
    buf_put(t->out, (u8[6]){0}, 6);         /* clocks: unknown */
    buf_put(t->out, (u8[]){0x41, 1}, 2);    /* populated and enabled; upgrade "other" */
    buf_put(t->out, (u8[]){0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 6); /* no cache structures */
    buf_put(t->out, (u8[]){0, 0, 0, 1, 1, 1}, 6); /* one core, one thread */
    buf_put_u16(t->out, 4);                 /* characteristics: 64-bit capable is not claimed */
    buf_put_u16(t->out, 1);
    end(t, strings);
}

static void put_memory(struct tables *t, const struct boot_memory *mem)
{
    static const char *const strings[] = {"DIMM 0", NULL};
    u64 size = mem->low + mem->high;
    begin(t, 16);
    buf_put(t->out, (u8[]){1, 3, 6}, 3); /* other place, system memory, multi-bit ECC */
    buf_put_u32(t->out, size / KiB < 0x80000000 ? size / KiB : 0x80000000);
    buf_put_u16(t->out, 0xfffe);
    buf_put_u16(t->out, 1);
    buf_put_u64(t->out, size / KiB < 0x80000000 ? 0 : size);
    end(t, NULL);

    begin(t, 17);
    buf_put_u16(t->out, 16 << 8);
    buf_put_u16(t->out, 0xfffe);
    buf_put_u16(t->out, 0xffff);
    buf_put_u16(t->out, 0xffff);
    buf_put_u16(t->out, size / MiB < 0x7fff ? size / MiB : 0x7fff);
    buf_put(t->out, (u8[]){9, 0, 1, 0, 7, 2, 0}, 7); /* DIMM, no set, locator 1, RAM, "other" */
    buf_put(t->out, (u8[8]){0}, 8);
    buf_put_u32(t->out, size / MiB < 0x7fff ? 0 : size / MiB);
    buf_put(t->out, (u8[8]){0}, 8);
    end(t, strings);

    begin(t, 19);
    buf_put_u32(t->out, 0);
    buf_put_u32(t->out, mem->low / KiB - 1);
    buf_put_u16(t->out, 16 << 8);
    buf_put_u8(t->out, 1);
    buf_put(t->out, (u8[16]){0}, 16);
    end(t, NULL);
}

void smbios_build(const struct boot_memory *mem, struct buf *anchor, struct buf *out)
{
    struct tables t = {.out = out};
    put_system(&t);
    put_chassis(&t);
    put_processor(&t);
    put_memory(&t, mem);
    begin(&t, 32);
    buf_put(out, (u8[7]){0}, 7); /* no boot error */
    end(&t, NULL);
    begin(&t, 127);
    end(&t, NULL);

    u8 *a = buf_grow(anchor, ANCHOR_BYTES);
    memset(a, 0, ANCHOR_BYTES);
    memcpy(a, "_SM_", 4);
    a[5] = ANCHOR_BYTES;
    a[6] = 2;
    a[7] = 8;
    memcpy(a + ANCHOR_MAX, &t.largest, 2);
    memcpy(a + 0x10, "_DMI_", 5);
    u16 length = out->len;
    memcpy(a + ANCHOR_LENGTH, &length, 2);
    memcpy(a + ANCHOR_COUNT, &t.count, 2);
    a[0x1e] = 0x28;
}
