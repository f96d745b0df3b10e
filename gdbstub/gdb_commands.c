/* gdb_commands.c - the table of all packets; registers, memory, threads, detach and kill */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: the GDB manual, appendix E.3 "Packets". */
#include <string.h>

#include "gdbstub/gdb_server.h"

/* Replies are bounded by what gdb was told of packets, even if every byte has to be escaped. */
#define MAX_READ (GDB_PACKET_MAX / 2 - 16)

/* ! */
static enum gdb_outcome handle_extended(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    return gdb_ok(g);
}

/* g -> XX... (a register that cannot be read: xx...) */
static enum gdb_outcome handle_read_regs(struct gdb_server *g, const struct gdb_args *a)
{
    u32 n = gdb_target_n_regs(&g->target);
    (void)a;
    for (u32 i = 0; i < n; i++) {
        u8 value[16];
        unsigned size = gdb_target_read_reg(&g->target, i, value);
        unsigned bytes = (gdb_target_reg(&g->target, i)->bits + 7u) / 8;
        if (size)
            gdb_put_hex(&g->reply, value, size);
        else
            memset(buf_grow(&g->reply, 2 * bytes), 'x', 2 * bytes);
    }
    return GDB_REPLY;
}

/* G XX... : only those that differ are written, since each write is an event of history */
static enum gdb_outcome handle_write_regs(struct gdb_server *g, const struct gdb_args *a)
{
    u32 n = gdb_target_n_regs(&g->target);
    size_t at = 0;
    if (gdb_target_running(&g->target))
        return gdb_error(g, GDB_EBUSY);
    for (u32 i = 0; i < n; i++) {
        const struct debug_reg *r = gdb_target_reg(&g->target, i);
        unsigned bytes = (r->bits + 7u) / 8;
        if (a->len - at < bytes)
            return gdb_error(g, GDB_EINVAL);
        if (!gdb_target_write_reg(&g->target, i, a->data + at, bytes))
            return gdb_error(g, GDB_EINVAL);
        at += bytes;
    }
    return gdb_ok(g);
}

/* p N -> XX... */
static enum gdb_outcome handle_read_reg(struct gdb_server *g, const struct gdb_args *a)
{
    u8 value[16];
    unsigned size = a->n[0] < UINT32_MAX ? gdb_target_read_reg(&g->target, a->n[0], value) : 0;
    if (!size)
        return gdb_error(g, GDB_EINVAL);
    gdb_put_hex(&g->reply, value, size);
    return GDB_REPLY;
}

/* P N=XX... */
static enum gdb_outcome handle_write_reg(struct gdb_server *g, const struct gdb_args *a)
{
    if (a->n[0] >= UINT32_MAX || a->len > 16 ||
        !gdb_target_write_reg(&g->target, a->n[0], a->data, a->len))
        return gdb_error(g, GDB_EINVAL);
    return gdb_ok(g);
}

static size_t read_memory(struct gdb_server *g, const struct gdb_args *a, struct buf *out)
{
    size_t n = MIN(a->n[1], (u64)MAX_READ);
    size_t done = gdb_target_read(&g->target, a->n[0], buf_grow(out, n), n);
    out->len -= n - done;
    return done;
}

/* m ADDR,LENGTH -> XX... (fewer if not all can be read) */
static enum gdb_outcome handle_read_mem(struct gdb_server *g, const struct gdb_args *a)
{
    struct buf data = {0};
    bool none = !read_memory(g, a, &data) && a->n[1];
    gdb_put_hex(&g->reply, data.data, data.len);
    buf_fini(&data);
    return none ? gdb_error(g, GDB_EFAULT) : GDB_REPLY;
}

/* x ADDR,LENGTH -> b BYTES (binary; since gdb 16) */
static enum gdb_outcome handle_read_binary(struct gdb_server *g, const struct gdb_args *a)
{
    buf_put_u8(&g->reply, 'b');
    if (!read_memory(g, a, &g->reply) && a->n[1])
        return gdb_error(g, GDB_EFAULT);
    return GDB_REPLY;
}

/* M ADDR,LENGTH:XX... and X ADDR,LENGTH:BYTES */
static enum gdb_outcome handle_write_mem(struct gdb_server *g, const struct gdb_args *a)
{
    if (a->len != a->n[1])
        return gdb_error(g, GDB_EINVAL);
    if (!gdb_target_write(&g->target, a->n[0], a->data, a->len))
        return gdb_error(g, GDB_EFAULT);
    return gdb_ok(g);
}

/* H OP THREAD */
static enum gdb_outcome handle_set_thread(struct gdb_server *g, const struct gdb_args *a)
{
    return gdb_thread_known(&a->thread) ? gdb_ok(g) : gdb_error(g, GDB_ESRCH);
}

/* T THREAD: is it alive? */
static enum gdb_outcome handle_thread_alive(struct gdb_server *g, const struct gdb_args *a)
{
    return gdb_thread_known(&a->thread) ? gdb_ok(g) : gdb_error(g, GDB_ESRCH);
}

/* D and D;PID */
static enum gdb_outcome handle_detach(struct gdb_server *g, const struct gdb_args *a)
{
    if (a->count && a->n[0] != 1)
        return gdb_error(g, GDB_ESRCH);
    gdb_let_go(g);
    gdb_ok(g);
    return GDB_CLOSE;
}

/* k: no reply */
static enum gdb_outcome handle_kill(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    g->owed = OWED_NOTHING;
    session_request_quit(g->target.session, 0);
    g->wants_close = true;
    return GDB_SILENT;
}

/* vKill;PID */
static enum gdb_outcome handle_vkill(struct gdb_server *g, const struct gdb_args *a)
{
    if (a->n[0] != 1)
        return gdb_error(g, GDB_ESRCH);
    handle_kill(g, a);
    gdb_ok(g);
    return GDB_CLOSE;
}

const struct gdb_command gdb_commands[] = {
    {"!", MATCH_PREFIX, "", handle_extended},
    {"?", MATCH_PREFIX, "", gdb_handle_status},
    {"bc", MATCH_PREFIX, "", gdb_handle_reverse_continue},
    {"bs", MATCH_PREFIX, "", gdb_handle_reverse_step},
    {"c", MATCH_PREFIX, "|N", gdb_handle_continue},
    {"C", MATCH_PREFIX, "N|;N", gdb_handle_continue_signal},
    {"D", MATCH_PREFIX, "|;N", handle_detach},
    {"g", MATCH_PREFIX, "", handle_read_regs},
    {"G", MATCH_PREFIX, "H", handle_write_regs},
    {"Hc", MATCH_PREFIX, "T", handle_set_thread},
    {"Hg", MATCH_PREFIX, "T", handle_set_thread},
    {"k", MATCH_PREFIX, "", handle_kill},
    {"m", MATCH_PREFIX, "N,N", handle_read_mem},
    {"M", MATCH_PREFIX, "N,N:H", handle_write_mem},
    {"p", MATCH_PREFIX, "N", handle_read_reg},
    {"P", MATCH_PREFIX, "N=H", handle_write_reg},
    {"q", MATCH_PREFIX, "S", gdb_handle_query},
    {"Q", MATCH_PREFIX, "S", gdb_handle_query},
    {"R", MATCH_PREFIX, "|S", gdb_handle_restart},
    {"s", MATCH_PREFIX, "|N", gdb_handle_step},
    {"S", MATCH_PREFIX, "N|;N", gdb_handle_step_signal},
    {"T", MATCH_PREFIX, "T", handle_thread_alive},
    {"vCont?", MATCH_PREFIX, "", gdb_handle_vcont_query},
    {"vCont", MATCH_WORD, "S", gdb_handle_vcont},
    {"vKill", MATCH_WORD, ";N", handle_vkill},
    {"x", MATCH_PREFIX, "N,N", handle_read_binary},
    {"X", MATCH_PREFIX, "N,N:S", handle_write_mem},
    {"Z", MATCH_PREFIX, "N,N,N|;S", gdb_handle_insert},
    {"z", MATCH_PREFIX, "N,N,N", gdb_handle_remove},
    {0},
};
