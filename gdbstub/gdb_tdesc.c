/* gdb_tdesc.c - target descriptions, made from the architecture's register tables */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: the GDB manual, appendix G "Target Descriptions". */
#include <stdio.h>
#include <string.h>

#include "gdbstub/gdb_server.h"

/* "3-linux.xml" for the fourth feature, org.gnu.gdb.i386.linux */
static void annex_name(const struct debug_view *v, u32 i, char *name, size_t size)
{
    const char *dot = strrchr(v->features[i]->name, '.');
    snprintf(name, size, "%u-%s.xml", i, dot ? dot + 1 : v->features[i]->name);
}

static void put_target(const struct debug_view *v, struct buf *xml)
{
    buf_printf(xml, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
                    "<target version=\"1.0\"><architecture>%s</architecture>", v->architecture);
    if (v->osabi)
        buf_printf(xml, "<osabi>%s</osabi>", v->osabi);
    for (u32 i = 0; i < v->n_features; i++) {
        char name[64];
        annex_name(v, i, name, sizeof(name));
        buf_printf(xml, "<xi:include href=\"%s\"/>", name);
    }
    buf_printf(xml, "</target>");
}

static void put_feature(const struct debug_feature *f, u32 first, struct buf *xml)
{
    buf_printf(xml, "<?xml version=\"1.0\"?><!DOCTYPE feature SYSTEM \"gdb-target.dtd\">"
                    "<feature name=\"%s\">%s", f->name, f->types_xml ? f->types_xml : "");
    for (u32 i = 0; i < f->n_regs; i++) {
        const struct debug_reg *r = &f->regs[i];
        buf_printf(xml, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\"", r->name, r->bits,
                   first + i);
        if (r->type)
            buf_printf(xml, " type=\"%s\"", r->type);
        if (r->group)
            buf_printf(xml, " group=\"%s\"", r->group);
        /* gdb must not try to put it back after `call`. */
        buf_printf(xml, "%s/>", r->readonly ? " save-restore=\"no\"" : "");
    }
    buf_printf(xml, "</feature>");
}

bool gdb_tdesc_file(const struct debug_view *v, const char *annex, struct buf *xml)
{
    u32 first = 0;
    if (!strcmp(annex, "target.xml")) {
        put_target(v, xml);
        return true;
    }
    for (u32 i = 0; i < v->n_features; i++) {
        char name[64];
        annex_name(v, i, name, sizeof(name));
        if (!strcmp(annex, name)) {
            put_feature(v->features[i], first, xml);
            return true;
        }
        first += v->features[i]->n_regs;
    }
    return false;
}
