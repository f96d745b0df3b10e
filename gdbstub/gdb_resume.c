/* gdb_resume.c - packets that move the machine, and the stop replies they end in */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: the GDB manual, appendices E.2 "Packets", E.3 "Stop Reply Packets" (T, W; swbreak,
 * replaylog). */
#include <string.h>

#include "gdbstub/gdb_server.h"
#include "gdbstub/session_step.h"

#define SIGNAL_INT 2
#define SIGNAL_TRAP 5

#define LATE_NS (NS_PER_S / 10)

static u64 host_now(struct gdb_server *g)
{
    const struct machine *m = session_machine(g->target.session);
    return m->host_attached ? m->host.now_ns(m->host.opaque) : NEVER;
}

/* For one command of its user's gdb may make many moves (`stepi 1000`). A ^C between two of them is
 * for the next, which follows at once; one that was just too late for the last, before which its
 * user thinks, is for none. */
void gdb_interrupt(struct gdb_server *g)
{
    if (gdb_target_running(&g->target))
        gdb_target_stop(&g->target);
    else if (host_now(g) != NEVER)
        g->late_interrupt = host_now(g) + LATE_NS;
}

static bool interrupted_before(struct gdb_server *g)
{
    bool was = g->late_interrupt && host_now(g) < g->late_interrupt;
    g->late_interrupt = 0;
    return was;
}

enum gdb_outcome gdb_start_move(struct gdb_server *g, const struct move_request *r,
                                enum gdb_owed owed)
{
    if (interrupted_before(g) && owed == OWED_STOP) {
        struct move mv = session_place(g->target.session, STOP_USER);
        gdb_stop_reply(g, &mv, &g->reply);
        return GDB_REPLY;
    }
    if (!gdb_target_move(&g->target, r, g))
        return gdb_error(g, GDB_EBUSY);
    g->watch_told_before = g->watch_told;
    g->watch_told = NEVER;
    g->owed = owed;
    return GDB_LATER;
}

static enum gdb_outcome start(struct gdb_server *g, enum move_kind kind)
{
    return gdb_start_move(g, &(struct move_request){.kind = kind}, OWED_STOP);
}

static const char *watch_text(enum watch_kind kind)
{
    return kind == WATCH_WRITE ? "watch" : kind == WATCH_READ ? "rwatch" : "awatch";
}

static void put_reason(struct gdb_server *g, const struct move *mv, struct buf *out)
{
    u8 pc[16];
    u64 addr = 0;
    unsigned n = gdb_target_read_reg(&g->target, g->target.view->pc_reg, pc);
    memcpy(&addr, pc, MIN(n, 8u));
    const struct gdb_break *b = gdb_target_break_at(&g->target, addr);

    if (mv->end == MOVE_START)
        buf_printf(out, "replaylog:begin;");
    else if (mv->end == MOVE_END)
        buf_printf(out, "replaylog:end;");
    else if (mv->stop.kind == STOP_WATCH && gdb_target_watch_wanted(&g->target, &mv->stop.watch))
        buf_printf(out, "%s:%llx;", watch_text(mv->stop.watch.kind),
                   (unsigned long long)mv->stop.watch.addr);
    else if (mv->stop.kind == STOP_BREAK && b && b->kind == BREAK_SOFT && g->swbreak)
        buf_printf(out, "swbreak:;");
    else if (mv->stop.kind == STOP_BREAK && b && b->kind == BREAK_HARD && g->hwbreak)
        buf_printf(out, "hwbreak:;");
}

void gdb_stop_reply(struct gdb_server *g, const struct move *mv, struct buf *out)
{
    const struct debug_view *v = g->target.view;
    bool user = mv->end == MOVE_STOP && mv->stop.kind == STOP_USER;
    buf_printf(out, "T%02xthread:%s;", user ? SIGNAL_INT : SIGNAL_TRAP, gdb_thread_text(g));
    put_reason(g, mv, out);
    for (u32 i = 0; i < v->n_expedited; i++) {
        u8 value[16];
        unsigned n = gdb_target_read_reg(&g->target, v->expedited[i], value);
        if (!n)
            continue;
        buf_printf(out, "%02x:", v->expedited[i]);
        gdb_put_hex(out, value, n);
        buf_put_u8(out, ';');
    }
}

/* ? : why did the machine stop? While it runs (gdb has just connected) the answer is its stop. */
enum gdb_outcome gdb_handle_status(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    if (gdb_target_running(&g->target)) {
        gdb_target_stop(&g->target);
        g->owed = OWED_STATUS;
        return GDB_LATER;
    }
    /* Not how the last move ended: for one that connects, that is no event. */
    gdb_stop_reply(g, &(struct move){.end = MOVE_STOP, .stop = {.kind = STOP_UNTIL}}, &g->reply);
    return GDB_REPLY;
}

static enum gdb_outcome start_at(struct gdb_server *g, enum move_kind kind, bool has_addr, u64 addr)
{
    if (has_addr && !gdb_target_write_pc(&g->target, addr))
        return gdb_error(g, GDB_EINVAL);
    return start(g, kind);
}

/* c [ADDR] */
enum gdb_outcome gdb_handle_continue(struct gdb_server *g, const struct gdb_args *a)
{
    return start_at(g, MOVE_CONTINUE, a->count > 0, a->n[0]);
}

/* C SIGNAL[;ADDR]: there are no signals in a machine */
enum gdb_outcome gdb_handle_continue_signal(struct gdb_server *g, const struct gdb_args *a)
{
    return start_at(g, MOVE_CONTINUE, a->count > 1, a->n[1]);
}

/* s [ADDR] */
enum gdb_outcome gdb_handle_step(struct gdb_server *g, const struct gdb_args *a)
{
    return start_at(g, MOVE_STEP, a->count > 0, a->n[0]);
}

/* S SIGNAL[;ADDR] */
enum gdb_outcome gdb_handle_step_signal(struct gdb_server *g, const struct gdb_args *a)
{
    return start_at(g, MOVE_STEP, a->count > 1, a->n[1]);
}

/* bc */
enum gdb_outcome gdb_handle_reverse_continue(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    return start(g, MOVE_REVERSE_CONTINUE);
}

/* bs */
enum gdb_outcome gdb_handle_reverse_step(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    return start(g, MOVE_REVERSE_STEP);
}

/* vCont? -> vCont;ACTION... */
enum gdb_outcome gdb_handle_vcont_query(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "vCont;c;C;s;S;r");
    return GDB_REPLY;
}

/* c | C SIGNAL | s | S SIGNAL | r START,END */
static bool read_action(struct gdb_cursor *c, struct move_request *r)
{
    u64 signal;
    *r = (struct move_request){.kind = MOVE_CONTINUE};
    if (gdb_cursor_char(c, 'c'))
        return true;
    if (gdb_cursor_char(c, 'C'))
        return gdb_cursor_hex(c, &signal);
    r->kind = MOVE_STEP;
    if (gdb_cursor_char(c, 's'))
        return true;
    if (gdb_cursor_char(c, 'S'))
        return gdb_cursor_hex(c, &signal);
    r->kind = MOVE_RANGE;
    return gdb_cursor_char(c, 'r') && gdb_cursor_hex(c, &r->range_start) &&
           gdb_cursor_char(c, ',') && gdb_cursor_hex(c, &r->range_end);
}

/* vCont[;ACTION[:THREAD]]... : the first action that fits our thread counts */
enum gdb_outcome gdb_handle_vcont(struct gdb_server *g, const struct gdb_args *a)
{
    struct gdb_cursor c = {a->data, a->data + a->len};
    struct move_request chosen = {0};
    bool found = false;
    while (gdb_cursor_char(&c, ';')) {
        struct move_request r;
        struct gdb_thread thread = {.pid = 0, .tid = -1};
        if (!read_action(&c, &r) || (gdb_cursor_char(&c, ':') && !gdb_cursor_thread(&c, &thread)))
            return gdb_error(g, GDB_EINVAL);
        if (!found && gdb_thread_known(&thread)) {
            chosen = r;
            found = true;
        }
    }
    if (!found || c.p != c.end)
        return gdb_error(g, GDB_EINVAL);
    return gdb_start_move(g, &chosen, OWED_STOP);
}

/* R XX: from the beginning again; no reply */
enum gdb_outcome gdb_handle_restart(struct gdb_server *g, const struct gdb_args *a)
{
    const struct move_request r = {.kind = MOVE_SEEK, .arg = 0};
    (void)a;
    gdb_start_move(g, &r, OWED_SILENCE);
    return GDB_SILENT;
}
