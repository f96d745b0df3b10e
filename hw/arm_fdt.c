/* arm_fdt.c - a device tree that was given, with what only the command line knows put in */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: Devicetree Specification 0.4, 3.4 (memory) and 3.6 (chosen). The file may be anything. */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "hw/arm_boot.h"

enum { ROOM = 64 * 1024 };

static bool bad(const struct config_file *f, const char *why)
{
    return error_report("-dtb %s: %s", f->path ? f->path : "", why);
}

static int node(void *t, const char *name)
{
    int at = fdt_subnode_offset(t, 0, name);
    return at >= 0 ? at : fdt_add_subnode(t, 0, name);
}

static bool put_chosen(void *t, const struct machine_config *cfg, u64 start, u64 end)
{
    int at = node(t, "chosen");
    return at >= 0 && (!cfg->append || !fdt_setprop_string(t, at, "bootargs", cfg->append)) &&
           (!end || (!fdt_setprop_u32(t, at, "linux,initrd-start", (u32)start) &&
                     !fdt_setprop_u32(t, at, "linux,initrd-end", (u32)end)));
}

/* As many cells as the tree says, the value in the last. */
static unsigned put_cells(fdt32_t *out, int cells, u64 v)
{
    for (int i = 0; i < cells; i++)
        out[i] = cpu_to_fdt32(i == cells - 1 ? (u32)v : i == cells - 2 ? (u32)(v >> 32) : 0);
    return (unsigned)cells;
}

static int memory_node(void *t)
{
    for (int at = fdt_first_subnode(t, 0); at >= 0; at = fdt_next_subnode(t, at)) {
        int n;
        const char *type = fdt_getprop(t, at, "device_type", &n);
        if (type && n == sizeof("memory") && !memcmp(type, "memory", sizeof("memory")))
            return at;
    }
    int at = fdt_add_subnode(t, 0, "memory");
    return at >= 0 && fdt_setprop_string(t, at, "device_type", "memory") ? -1 : at;
}

static bool put_memory(void *t, u64 base, u64 size)
{
    fdt32_t reg[8];
    int at = memory_node(t), addr = fdt_address_cells(t, 0), len = fdt_size_cells(t, 0);
    if (at < 0 || addr < 1 || addr > 4 || len < 1 || len > 4)
        return false;
    unsigned n = put_cells(reg, addr, base);
    n += put_cells(reg + n, len, size);
    return !fdt_setprop(t, at, "reg", reg, (int)(n * sizeof(*reg)));
}

bool arm_fdt_of_file(const struct machine_config *cfg, const struct arm_boot_place *p, u64 initrd_start,
                     u64 initrd_end, struct buf *out)
{
    const struct config_file *f = &cfg->dtb;
    if (fdt_check_full(f->data, f->size))
        return bad(f, "this is not a device tree blob, or a damaged one");
    size_t size = fdt_totalsize(f->data) + ROOM;
    u8 *t = xcalloc(1, size);
    bool ok = !fdt_open_into(f->data, t, (int)size) && put_chosen(t, cfg, initrd_start, initrd_end) &&
              put_memory(t, p->ram_base, p->ram_size) && !fdt_pack(t);
    if (ok)
        buf_put(out, t, fdt_totalsize(t));
    free(t);
    return ok || bad(f, "memory, command line and initial RAM disk cannot be put into this device tree");
}
