/* cli_session.h - what surrounds a running machine: its streams, gdb, the monitor's console,
 * signals */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CLI_SESSION_H
#define EMU_CLI_SESSION_H

#include "emu/cli.h"
#include "emu/host/chardev.h"
#include "emu/host/loop.h"
#include "emu/host/net.h"
#include "gdbstub/session.h"

/* cli_streams.c: the character streams that the options name, and the serial ports on them. */
struct cli_serial {
    struct chardev *dev;
    struct port *port; /* NULL until attached */
    const struct cli_streams *streams;
};

struct cli_streams {
    const struct cli *cli;
    struct host_loop *loop;
    struct cli_serial serial[CONFIG_MAX_SERIAL];
    unsigned n_serial;
    struct chardev_mux *mux;       /* of "mon:" */
    struct chardev *monitor, *gdb; /* NULL: none; monitor may be a side of the mux */
    struct chardev *qmp[CLI_MAX_QMP];
    unsigned n_qmp;
    struct cli_serial debugcon[MACHINE_MAX_PORTS];
    unsigned n_debugcons;
    bool used[CLI_MAX_CHARDEVS];   /* by somebody */
    struct chardev *owned[CONFIG_MAX_SERIAL + 2 + CLI_MAX_QMP + MACHINE_MAX_PORTS];
    unsigned n_owned;
    bool monitor_on_terminal;
    struct machine *machine;       /* NULL until attached */
    struct session *session;       /* NULL until there is one */
};

/* How many ports the options ask for. */
u8 cli_serial_ports(const struct cli *c);
/* False (reported) when one cannot be opened. Close in either case. */
bool cli_streams_open(struct cli_streams *s, const struct cli *c, struct host_loop *l);
void cli_streams_close(struct cli_streams *s);
/* False (reported) when there are more serial streams than the machine has ports. */
bool cli_streams_attach(struct cli_streams *s, struct machine *m);

/* cli_net.c: what the machine's network cards are connected to (a replay's: nothing), and the files
 * in which their frames are kept. */
struct cli_nets {
    struct net_backend *backend[CONFIG_MAX_NETS];
    struct net_pcap *dump[CONFIG_MAX_NETS];
    unsigned n_backends, n_dumps;
};
/* False (reported). Close in either case: false (reported) when a file could not be written. */
bool cli_nets_open(struct cli_nets *n, const struct cli *c, struct host_loop *l, struct machine *m);
bool cli_nets_close(struct cli_nets *n);

/* cli_audio.c: opens what -audiodev names, and connects the machine's sound cards to it; a replay
 * captures from its recording only. NULL (reported). Close may be given NULL. */
struct cli_audio;
struct cli_audio *cli_audio_open(const struct cli *c, struct machine *m);
void cli_audio_close(struct cli_audio *s);

/* cli_gdb.c */
struct cli_gdb;
/* leave_with_guest: the program ends when gdb goes away and the guest is over. */
struct cli_gdb *cli_gdb_new(struct session *s, struct host_loop *l, struct chardev *c,
                            bool leave_with_guest);
void cli_gdb_delete(struct cli_gdb *g);

/* cli_qmp.c */
struct cli_qmp;
struct cli_qmp *cli_qmp_new(struct session *s, struct host_loop *l, struct chardev *c,
                            const struct cli_streams *streams, const struct cli *cli);
void cli_qmp_delete(struct cli_qmp *q);

/* cli_display.c */
struct cli_display;
/* NULL when nobody wants to look. False (reported); close in either case. */
bool cli_display_open(struct cli_display **d, const struct cli *c, struct host_loop *l,
                      struct machine *m);
void cli_display_attach(struct cli_display *d, struct session *s);
void cli_display_close(struct cli_display *d);

/* cli_console.c */
struct cli_console;
struct cli_console *cli_console_new(struct session *s, struct host_loop *l, struct chardev *c,
                                    bool terminal);
void cli_console_delete(struct cli_console *c);

/* cli_readline.c: line editing for the one console that is a terminal. Keys come from feed(),
 * output goes to `write`, lines to `line`. */
struct cli_readline_user {
    void (*write)(void *opaque, const char *text, size_t n);
    void (*line)(void *opaque, const char *line);
    void (*complete)(void *opaque, const char *prefix, struct buf *out);
    void *opaque;
};
void cli_readline_start(const struct cli_readline_user *u, const char *prompt);
void cli_readline_stop(void);
void cli_readline_feed(const u8 *data, u32 n);
/* Text between two key presses: the line being edited is shown again below it. */
void cli_readline_hide(void);
void cli_readline_show(void);

/* cli_signals.c: SIGINT, SIGTERM and SIGHUP end the session in order, the second one at once. */
void cli_signals_start(struct host_loop *l, struct session *s, bool ignore_interrupt);
void cli_signals_stop(struct host_loop *l);
/* The session ends when this child does, with its exit status. */
void cli_signals_watch_child(int pid);
int cli_signals_wait_child(void); /* its exit status */

#endif
