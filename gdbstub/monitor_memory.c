/* monitor_memory.c - x and xp: memory as the monitor prints it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/tlb.h"
#include "gdbstub/monitor_internal.h"

#define MAX_ITEMS 4096u

struct format {
    u32 count;
    char form;     /* x d u o c s-like letters of gdb's x */
    unsigned size; /* bytes: 1, 2, 4, 8 */
};

/* COUNT, then a form and a size letter in any order, as in gdb: 16xw */
static bool read_format(struct monitor *m, struct format *f)
{
    const char *p = m->format;
    *f = (struct format){.count = 1, .form = 'x', .size = 4};
    if (isdigit((unsigned char)*p)) {
        u64 n = 0;
        for (; isdigit((unsigned char)*p); p++)
            n = MIN(n * 10 + (*p - '0'), (u64)MAX_ITEMS + 1);
        f->count = n;
        if (!n || n > MAX_ITEMS)
            return monitor_error(m, "One sees at most %u items at a time.", MAX_ITEMS), false;
    }
    bool sized = false;
    for (; *p; p++) {
        const char *sizes = "bhwg", *size = strchr(sizes, *p);
        if (size) {
            f->size = 1u << (size - sizes);
            sized = true;
        } else if (strchr("xduoc", *p)) {
            f->form = *p;
        } else {
            return monitor_error(m, *p == 'i' ? "For instructions use gdb's own x/i."
                                              : "A format is [COUNT][x|d|u|o|c][b|h|w|g]."), false;
        }
    }
    if (f->form == 'c' && !sized)
        f->size = 1;
    return true;
}

/* A register of the present view, as $name. */
static bool read_register(struct monitor *m, const char *name, size_t len, u64 *value)
{
    struct cpu *c = m->machine->cpu;
    const struct debug_view *v = c->arch->debug->view(c);
    u32 regno = 0;
    for (u32 i = 0; i < v->n_features; i++)
        for (u32 k = 0; k < v->features[i]->n_regs; k++, regno++) {
            const char *reg = v->features[i]->regs[k].name;
            u8 bytes[16] = {0};
            if (strlen(reg) != len || memcmp(reg, name, len))
                continue;
            unsigned n = c->arch->debug->read(c, v, regno, bytes);
            *value = 0;
            memcpy(value, bytes, MIN(n, 8u));
            return n != 0;
        }
    return false;
}

/* A sum of numbers and $registers: $rsp+0x10 */
static bool read_address(struct monitor *m, u64 *addr)
{
    const char *p = m->rest;
    bool minus = false;
    *addr = 0;
    for (;;) {
        char term[64];
        u64 v;
        p += strspn(p, " \t");
        size_t n = strcspn(p, "+- \t\r\n");
        if (!n || n >= sizeof(term))
            return false;
        memcpy(term, p, n);
        term[n] = 0;
        if (term[0] == '$' ? !read_register(m, term + 1, n - 1, &v) : !monitor_number(term, &v))
            return false;
        *addr += minus ? -v : v;
        p += n;
        p += strspn(p, " \t\r\n");
        if (!*p)
            return true;
        if (*p != '+' && *p != '-')
            return false;
        minus = *p++ == '-';
    }
}

static void put_char(struct buf *out, u64 v)
{
    u8 c = v;
    if (c == '\'' || c == '\\')
        buf_printf(out, "'\\%c'", c);
    else if (isprint(c))
        buf_printf(out, "'%c'", c);
    else
        buf_printf(out, "'\\x%02x'", c);
}

static void put_item(struct buf *out, const struct format *f, u64 v)
{
    unsigned up = 64 - 8 * f->size;
    switch (f->form) {
    case 'd':
        buf_printf(out, "%" PRId64, (i64)(v << up) >> up);
        break;
    case 'u':
        buf_printf(out, "%" PRIu64, v);
        break;
    case 'o':
        buf_printf(out, "0%" PRIo64, v);
        break;
    case 'c':
        put_char(out, v);
        break;
    default:
        buf_printf(out, "0x%0*" PRIx64, (int)f->size * 2, v);
    }
}

static enum monitor_result dump(struct monitor *m, bool physical)
{
    struct format f;
    u64 addr;
    if (!read_format(m, &f))
        return MONITOR_ERROR;
    if (!read_address(m, &addr))
        return monitor_error(m, "An address is a sum of numbers and $registers.");
    unsigned per_line = f.size == 8 ? 2 : f.size == 4 ? 4 : 8;
    for (u32 i = 0; i < f.count; i++, addr += f.size) {
        u64 v = 0;
        bool ok = physical ? bus_read_bytes(m->machine->mem, addr, &v, f.size)
                           : mem_debug_read(m->machine->cpu, addr, &v, f.size) == f.size;
        if (i % per_line == 0)
            buf_printf(m->out, "%s%016" PRIx64 ":", i ? "\n" : "", addr);
        buf_put(m->out, " ", 1);
        if (!ok) {
            buf_printf(m->out, "\n");
            return monitor_error(m, "There is no memory at %#" PRIx64 ".", addr);
        }
        put_item(m->out, &f, v);
    }
    buf_printf(m->out, "\n");
    return MONITOR_DONE;
}

static enum monitor_result run_x(struct monitor *m)
{
    return dump(m, false);
}

static enum monitor_result run_xp(struct monitor *m)
{
    return dump(m, true);
}

static enum monitor_result run_gva2gpa(struct monitor *m)
{
    u64 addr, pa;
    if (!read_address(m, &addr))
        return monitor_error(m, "An address is a sum of numbers and $registers.");
    if (!mem_debug_translate(m->machine->cpu, addr, &pa))
        return monitor_error(m, "Unmapped");
    buf_printf(m->out, "gpa: %#" PRIx64 "\n", pa);
    return MONITOR_DONE;
}

const struct monitor_command monitor_memory_commands[] = {
    {"x", NULL, "/FMT ADDRESS", "memory at a linear address; FMT as gdb's, without i and s", 1, 8,
     run_x},
    {"xp", NULL, "/FMT ADDRESS", "memory at a physical address", 1, 8, run_xp},
    {"gva2gpa", NULL, "ADDRESS", "linear to physical", 1, 8, run_gva2gpa},
    {0},
};
