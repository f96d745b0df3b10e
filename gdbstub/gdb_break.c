/* gdb_break.c - Z and z packets: breakpoints and watchpoints, with conditions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gdbstub/gdb_server.h"

/* [;]X LENGTH,CODE ... : agent expressions; into the form that struct gdb_break keeps */
static bool read_conditions(struct gdb_cursor *c, struct buf *cond)
{
    while (c->p < c->end) {
        u64 n;
        while (gdb_cursor_char(c, ';'))
            ;
        if (c->p == c->end)
            break;
        if (!gdb_cursor_char(c, 'X') || !gdb_cursor_hex(c, &n) || !gdb_cursor_char(c, ',') ||
            n > GDB_PACKET_MAX)
            return false;
        buf_put_u32(cond, n);
        if (!gdb_cursor_bytes(c, n, cond))
            return false;
    }
    return true;
}

/* Z KIND,ADDR,LENGTH[;CONDITION...] */
enum gdb_outcome gdb_handle_insert(struct gdb_server *g, const struct gdb_args *a)
{
    struct gdb_cursor c = {a->data, a->data + a->len};
    struct buf cond = {0};
    if (a->n[0] > BREAK_ACCESS)
        return GDB_REPLY;
    bool ok = read_conditions(&c, &cond) && !gdb_target_running(&g->target) &&
              gdb_target_insert(&g->target, a->n[0], a->n[1], a->n[2], &cond);
    buf_fini(&cond);
    return ok ? gdb_ok(g) : gdb_error(g, GDB_EINVAL);
}

/* z KIND,ADDR,LENGTH: taking out what is not there is no error */
enum gdb_outcome gdb_handle_remove(struct gdb_server *g, const struct gdb_args *a)
{
    if (a->n[0] > BREAK_ACCESS)
        return GDB_REPLY;
    gdb_target_remove(&g->target, a->n[0], a->n[1], a->n[2]);
    return gdb_ok(g);
}
