/* machine.h - one guest: clock, memory, CPU, devices and the door, and the run loop */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * *The state at n*: step n has retired and every device deadline at or before that time has ticked,
 * but nothing that came in from outside at n has been delivered and no interrupt taken.
 * machine_run() always returns in such a state, so snapshots, digests and debuggers all mean the
 * same by "at n".
 *
 * A halted machine may have let time pass or taken input without a step when it has to stop
 * (somebody interrupts it, or it is over). Then the stop itself is a step, so that its place is one
 * of its own; an interruption by the host is logged as an event of "system".
 */
#ifndef EMU_MACHINE_H
#define EMU_MACHINE_H

#include "emu/alarm.h"
#include "emu/audio.h"
#include "emu/bus.h"
#include "emu/clock.h"
#include "emu/config.h"
#include "emu/cpu.h"
#include "emu/device.h"
#include "emu/engine.h"
#include "emu/hid.h"
#include "emu/input.h"
#include "emu/irq.h"
#include "emu/net.h"
#include "emu/port.h"
#include "emu/ram.h"
#include "emu/random.h"
#include "emu/screen.h"
#include "emu/semihost.h"
#include "emu/types.h"
#include "emu/watch.h"

#define MACHINE_MAX_RAMS 24
#define MACHINE_MAX_DEVICES 64
#define MACHINE_MAX_PORTS 8
#define MACHINE_MAX_NETS 8
#define MACHINE_MAX_AUDIOS 4

/* What the guest asked of the machine as a whole; handled by the run loop after the step. */
enum machine_request { REQUEST_NONE, REQUEST_RESET, REQUEST_POWEROFF, REQUEST_EXIT, REQUEST_CRASH };

/* Told to who looks on (machine->happened); nothing of it may show in the guest. */
enum machine_event {
    MACHINE_WAS_RESET,
    MACHINE_RESET_BUTTON,
    MACHINE_POWER_BUTTON,
    MACHINE_WATCHDOG /* machine->watchdog says what it does */
};

/* What a watchdog does that was not reset in time: -action watchdog=. Pause and debug are for who
 * looks on; the guest sees nothing of them. */
enum watchdog_action {
    WATCHDOG_RESET,
    WATCHDOG_SHUTDOWN, /* the power button */
    WATCHDOG_POWEROFF,
    WATCHDOG_PAUSE,
    WATCHDOG_DEBUG,
    WATCHDOG_NONE,
    WATCHDOG_ACTIONS
};

enum stop_kind {
    STOP_UNTIL,       /* reached the icount asked for */
    STOP_BREAK,       /* a breakpoint */
    STOP_WATCH,       /* a watchpoint; see watch */
    STOP_USER,        /* machine_interrupt() */
    STOP_POWEROFF,    /* the guest powered off */
    STOP_RESET,       /* the guest reset and -no-reboot was given */
    STOP_EXIT,        /* isa-debug-exit and the like, with code */
    STOP_CRASH,       /* triple fault with -no-reboot, or a request nobody can serve */
    STOP_HALTED,      /* halted for good: no deadline, no input to come */
    STOP_DIVERGED,    /* the feed says that this replay differs from the recording */
};

struct stop {
    enum stop_kind kind;
    u64 icount;
    int code;               /* STOP_EXIT */
    struct watch_hit watch; /* STOP_WATCH */
};

/* The host's side: polled at step boundaries of a live machine. */
struct host_ops {
    /* Serves host events for at most timeout_ns (0: only what is there; NEVER: until something
     * happens). Callbacks inside may post to the door or call machine_interrupt(). */
    void (*poll)(void *opaque, u64 timeout_ns);
    u64 (*now_ns)(void *opaque); /* monotonic */
    void *opaque;
};

struct disk_image;

struct machine {
    const struct machine_config *config; /* borrowed */
    struct clock clock;
    struct cpu *cpu;
    struct bus *mem, *io;
    struct engine *engine;
    struct watch *watch;
    struct door *door;
    struct ram *ram[MACHINE_MAX_RAMS];
    u32 n_rams;
    struct device *device[MACHINE_MAX_DEVICES];
    u32 n_devices;
    struct port *port[MACHINE_MAX_PORTS];
    u32 n_ports;
    struct net_port *net[MACHINE_MAX_NETS];
    u32 n_nets;
    struct audio *audio[MACHINE_MAX_AUDIOS];
    u32 n_audios;
    struct random *random; /* NULL: the board has none */
    struct screen_source screen;
    struct host_ops host;
    bool host_attached;
    struct alarm *alarms; /* the host side's, see alarm.h; next_alarm is when the first one rings */
    u64 next_alarm;
    bool unplugged;       /* a branch of history: it has no part in what is outside */

    u64 next_deadline;       /* minimum of the devices', in ns; a cache */
    enum machine_request request;
    int request_code;
    volatile bool interrupted; /* may be set from a signal handler */
    bool realtime;             /* -icount sleep=on and live: idle waits for real */
    void (*power_button)(void *opaque); /* set by the board */
    void *power_opaque;
    void (*happened)(void *opaque, enum machine_event what); /* may be NULL */
    void *happened_opaque;
    u64 free_memory, free_memory_end; /* what the board's loader left over, if it says so */
    struct semihost_host semihost;    /* who runs it serves the guest's files; or nobody does */
    struct buf device_tree; /* that the board was started with; empty: it has none */
    enum watchdog_action watchdog; /* the last one that was taken */
    struct hid *hid;  /* keyboards and pointers: emu/hid.h */
    /* Of the command line, for the monitor: opens an image to be put into a drive. NULL (reported);
     * may itself be NULL. */
    struct disk_image *(*open_medium)(const char *path, const char *format);
    /* The same: the password that VNC clients are asked for; false if none is. */
    bool (*vnc_password)(void *opaque, const char *password);
    void *vnc_opaque;

    /* The run loop's own. */
    int source_system, source_debugger; /* in the door */
    u64 slice_steps, slice_left;        /* between two polls of the host, about 2 ms */
    u64 polled_ns;                      /* when the last one was */
    bool poll_wanted;                   /* the next one is at once */
};

/* An empty machine: door, buses, watch and clock, with the system's own sources ("system": reset
 * and power button; "debugger": writes) in the door. Then arch and board add to it; then
 * machine_start(). */
struct machine *machine_new(const struct machine_config *cfg);
void machine_delete(struct machine *m);
void machine_set_cpu(struct machine *m, struct cpu *c); /* makes its TLB; owned from here */
struct ram *machine_add_ram(struct machine *m, const char *name, u64 size); /* tracked and snapshotted */
void machine_start(struct machine *m); /* makes the engine; power-on reset of everything */

/* Runs until icount == until, or a stop. Stops for breakpoints and watchpoints (when armed) only at
 * an icount after the one it started from. A live machine polls the host now and then. */
struct stop machine_run(struct machine *m, u64 until);
/* Makes machine_run() return STOP_USER at the next step boundary. Async-signal-safe. */
void machine_interrupt(struct machine *m);

/* The host side has something to look at: it is polled at the next step boundary. */
void machine_poll_soon(struct machine *m);

/* After devices' deadlines changed other than by device_set_deadline(). */
void machine_update_deadline(struct machine *m);
/* For machine_debug.c: brings a machine whose clock has just moved to the state at its icount. */
void machine_settle(struct machine *m);
void machine_deliver_debugger(void *opaque, const u8 *data, u32 len);

/* From devices and CPU helpers. */
void machine_request(struct machine *m, enum machine_request r, int code);
void machine_reset(struct machine *m);
void machine_watchdog(struct machine *m, enum watchdog_action action);
bool machine_watchdog_action(const char *name, enum watchdog_action *action); /* by its name */
const char *machine_watchdog_name(enum watchdog_action action);

/* From outside, through the door: recorded, delivered at the next boundary. */
void machine_post_reset(struct machine *m);
void machine_post_powerdown(struct machine *m);
/* Is it what machine_post_reset() posts? */
bool machine_is_reset_button(const struct machine *m, const struct door_event *ev);

/* A debugger's write: an input event that counts as one step, applied at once. The machine is
 * stopped and its door live. False (nothing changed) if the address is unmapped or the register
 * refuses the value. */
bool machine_debug_write_mem(struct machine *m, u64 va, const void *data, u32 n);
bool machine_debug_write_phys(struct machine *m, u64 pa, const void *data, u32 n);
bool machine_debug_write_reg(struct machine *m, const struct debug_view *v, u32 regno, const u8 *value, u32 n);

/* All state but the contents of rams. Load is given hostile bytes: false when ill-formed, and then
 * the machine must be reset or loaded again before it runs. After loading, TLBs are empty and
 * caches rebuilt. */
void machine_save(struct machine *m, struct buf *out);
bool machine_load(struct machine *m, struct reader *in);
/* One number for everything guest-visible, rams included. Changes nothing in the guest. */
u64 machine_digest(struct machine *m);
/* In words, what differs between two saved states, one field a line, at most `most`. */
unsigned machine_diff(struct machine *m, const struct buf *a, const struct buf *b, struct buf *out,
                      unsigned most);
/* After the host changed pages behind the guest's back (a snapshot restored): caches are checked.
 */
void machine_ram_replaced(struct machine *m, struct ram *r, u32 page);

u64 machine_now_ns(struct machine *m); /* exact also in the middle of a step's device access */
struct device *machine_find_device(struct machine *m, const char *name); /* NULL if there is none */

#endif
