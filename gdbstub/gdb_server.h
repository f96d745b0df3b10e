/* gdb_server.h - one connection with gdb, as the files of the server share it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_GDB_SERVER_H
#define GDBSTUB_GDB_SERVER_H

#include "gdbstub/gdb_args.h"
#include "gdbstub/gdb_packet.h"
#include "gdbstub/gdb_target.h"
#include "gdbstub/gdbstub.h"

/* What is owed to gdb when the move that is being made has ended. */
enum gdb_owed {
    OWED_NOTHING,
    OWED_STOP,    /* a stop reply: to c, s, vCont, bs, bc */
    OWED_STATUS,  /* a stop reply that tells no event: to ? on a machine that is about to stop */
    OWED_MONITOR, /* the outcome of a monitor command that moves, and OK */
    OWED_SILENCE, /* R: nothing, but what comes next waits for its end */
};

struct gdb_server {
    struct gdb_target target;
    struct gdb_packet_reader in;
    void (*send)(void *opaque, const u8 *data, size_t n);
    void *opaque;

    bool connected, no_ack, wants_close;
    bool go_on;            /* nobody looks any more: continue when the present move has ended */
    enum gdb_owed owed;
    /* At which icount gdb was told of a watched access that is yet to be made, by the last move,
     * and by the one before; NEVER: by none. */
    u64 watch_told, watch_told_before;
    u64 late_interrupt; /* host time until which a ^C that came when nothing moved is meant for the
                           next move */

    /* What gdb said that it understands (qSupported). */
    bool multiprocess, swbreak, hwbreak;

    struct buf reply; /* of the packet that is being handled */
    struct buf sent;  /* the last packet as it was framed, for a NAK */
    struct buf queue; /* packets that came while something was owed: u32 length, bytes */
    struct buf text;  /* of a monitor command that moves, until it has */
};

/* What the dispatcher does after a handler. A handler fills `reply` and never sends. */
enum gdb_outcome {
    GDB_REPLY,  /* sends the reply; an empty one means "not supported" */
    GDB_LATER,  /* something is owed */
    GDB_SILENT, /* the packet has no reply */
    GDB_CLOSE,  /* sends the reply, then the connection is to be closed */
};

enum gdb_match {
    MATCH_PREFIX, /* the name, then the arguments at once */
    MATCH_WORD,   /* the name, then its end or one of : ; , ? */
};

struct gdb_command {
    const char *name;
    enum gdb_match match;
    const char *args; /* see gdb_args.h */
    enum gdb_outcome (*handle)(struct gdb_server *g, const struct gdb_args *a);
};

/* A table ends with a row without name. The first row that matches is it. */
extern const struct gdb_command gdb_commands[];       /* gdb_commands.c: all packets */
extern const struct gdb_command gdb_queries[];        /* gdb_query.c: q and Q packets */
const struct gdb_command *gdb_find_command(const struct gdb_command *table, const u8 *p, size_t n);
/* Runs one packet by a table. */
enum gdb_outcome gdb_run_command(struct gdb_server *g, const struct gdb_command *table, const u8 *p,
                                 size_t n);

/* Error replies: "E NN" with the numbers that gdb's File-I/O gives to names. */
enum { GDB_EPERM = 0x01, GDB_ESRCH = 0x03, GDB_EFAULT = 0x0e, GDB_EBUSY = 0x10, GDB_EINVAL = 0x16 };
enum gdb_outcome gdb_error(struct gdb_server *g, u8 number);
enum gdb_outcome gdb_ok(struct gdb_server *g);
/* Ours alone: is the thread our one vCPU, or any, or all? */
bool gdb_thread_known(const struct gdb_thread *t);
const char *gdb_thread_text(const struct gdb_server *g); /* "p1.1" or "1" */

/* gdb_resume.c */
enum gdb_outcome gdb_start_move(struct gdb_server *g, const struct move_request *r,
                                enum gdb_owed owed);
void gdb_interrupt(struct gdb_server *g); /* ^C */
void gdb_stop_reply(struct gdb_server *g, const struct move *mv, struct buf *out);
/* gdb_break.c: Z and z */
enum gdb_outcome gdb_handle_insert(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_remove(struct gdb_server *g, const struct gdb_args *a);
/* gdb_query.c */
enum gdb_outcome gdb_handle_query(struct gdb_server *g, const struct gdb_args *a);
/* gdb_resume.c */
enum gdb_outcome gdb_handle_status(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_continue(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_continue_signal(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_step(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_step_signal(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_reverse_continue(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_reverse_step(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_vcont(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_vcont_query(struct gdb_server *g, const struct gdb_args *a);
enum gdb_outcome gdb_handle_restart(struct gdb_server *g, const struct gdb_args *a);
/* gdb_tdesc.c: a file of the target description; false if there is none of that name */
bool gdb_tdesc_file(const struct debug_view *v, const char *annex, struct buf *xml);

/* gdb_server.c: text for gdb's user; only while gdb waits for a stop or for a monitor command. */
void gdb_send_console(struct gdb_server *g, const struct buf *text);
void gdb_let_go(struct gdb_server *g); /* detach: the guest goes on, or the replay stays */

#endif
