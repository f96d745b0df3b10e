/* cli_run.c - run a machine, recorded or not, or replay one, with gdb and the monitor at hand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/host/semihost_files.h"
#include "emu/log.h"
#include "replay/timeline.h"

struct run {
    struct cli *cli;
    struct machine_config recorded; /* a replay's */
    struct rec_reader *reader;      /* a replay's */
    struct machine *machine;
    struct timeline *timeline;
    struct host_loop *loop;
    struct cli_streams streams;
    struct cli_nets nets;
    struct cli_audio *audio;
    struct semihost_files *files; /* of semihosting calls; a replay has none */
    struct session *session;
    struct cli_gdb *gdb;
    struct cli_console *console;
    struct cli_display *display;
    struct cli_qmp *qmp[CLI_MAX_QMP];
    char *gdb_dir, *gdb_socket;     /* debug's private one */
};

/* ---- the machine and its history ---- */

static bool open_recording(struct run *r)
{
    struct cli *c = r->cli;

    r->reader = rec_open(c->file);
    if (!r->reader || !rec_config(r->reader, &r->recorded))
        return false;
    if (c->style == CLI_QEMU &&
        (!config_load_files(&c->config) || !cli_drives_open(&c->config, MODE_REPLAY, true) ||
         !cli_same_machine(&c->config, &r->recorded)))
        return false;
    free(r->recorded.accel);
    r->recorded.accel = xstrdup(c->config.accel);
    r->recorded.block_insns = c->config.block_insns;
    r->recorded.dump = c->config.dump;
    /* The files may be elsewhere now: this command line says where. */
    if (c->style == CLI_QEMU) {
        struct config_file *to[] = {&r->recorded.kernel, &r->recorded.initrd, &r->recorded.dtb,
                                    &r->recorded.bios, &r->recorded.vgabios};
        const struct config_file *from[] = {&c->config.kernel, &c->config.initrd, &c->config.dtb,
                                            &c->config.bios, &c->config.vgabios};
        for (unsigned i = 0; i < ARRAY_SIZE(to); i++) {
            if (!from[i]->path)
                continue;
            free(to[i]->path);
            to[i]->path = xstrdup(from[i]->path);
        }
        cli_drives_move(&r->recorded, &c->config);
    }
    return cli_needs_find(c, &r->recorded) && config_load_files(&r->recorded) &&
           cli_drives_open(&r->recorded, MODE_REPLAY, true);
}

static void make_absolute(char **path)
{
    char *absolute = *path && **path ? realpath(*path, NULL) : NULL;
    if (!absolute)
        return;
    free(*path);
    *path = absolute;
}

/* So that the recording can be replayed from any folder. */
static void make_paths_absolute(struct machine_config *cfg)
{
    struct config_file *file[] = {&cfg->kernel, &cfg->initrd, &cfg->dtb, &cfg->bios, &cfg->vgabios};
    for (unsigned i = 0; i < ARRAY_SIZE(file); i++)
        make_absolute(&file[i]->path);
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        make_absolute(&cfg->drive[i].path);
}

/* Is there a monitor? On the serial port's stream there is one unless something else was said. */
static bool has_monitor(const struct cli *c)
{
    if (c->monitor)
        return strcmp(c->monitor, "none") && strcmp(c->monitor, "null");
    for (unsigned i = 0; i < c->n_serial; i++)
        if (!strncmp(c->serial[i], "mon:", 4))
            return true;
    return !c->n_serial;
}

/* What is needed to go back is kept if somebody may want to; by the monitor of a plain run only if it
 * was asked for by name. */
static bool wants_history(const struct cli *c)
{
    return c->gdb || c->stopped || c->n_qmp || (has_monitor(c) && (c->monitor || c->mode != MODE_RUN));
}

static bool make_machine(struct run *r)
{
    struct cli *c = r->cli;
    const struct machine_config *cfg = &c->config;

    if (c->style != CLI_REPLAY && c->style != CLI_DEBUG && !cli_boot_default(&c->config))
        return false;
    if (c->mode == MODE_REPLAY) {
        if (!open_recording(r))
            return false;
        cfg = &r->recorded;
    } else {
        c->config.n_serial = cli_serial_ports(c);
        if (!config_load_files(&c->config) ||
            !cli_drives_open(&c->config, c->mode, wants_history(c)))
            return false;
        if (c->mode == MODE_RECORD)
            make_paths_absolute(&c->config);
    }
    r->machine = cli_machine_new(cfg);
    return r->machine != NULL;
}

/* -machine dumpdtb= */
static bool dump_device_tree(const struct run *r)
{
    const struct buf *tree = &r->machine->device_tree;
    const char *path = r->cli->dumpdtb;
    if (!tree->len)
        return error_report("-machine dumpdtb=%s: this board has no device tree", path);
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(tree->data, 1, tree->len, f) == tree->len;
    ok = f && !fclose(f) && ok;
    return ok || error_report("-machine dumpdtb=%s: cannot write it: %s", path, strerror(errno));
}

static bool make_timeline(struct run *r)
{
    struct cli *c = r->cli;
    struct rec_writer *w = NULL;
    bool history = wants_history(c);
    struct timeline_options o = {.history = history,
                                 .auto_snapshots = !c->no_snapshots &&
                                                   (history || c->mode == MODE_RECORD),
                                 .sparse = !c->gdb && !c->stopped,
                                 .snapshot_steps = c->snapshot_steps};

    if (c->mode == MODE_REPLAY) {
        r->timeline = timeline_new_replay(r->machine, r->reader, &o);
        return r->timeline != NULL;
    }
    if (c->mode == MODE_RECORD && !(w = rec_create(c->file, &c->config, r->machine->door)))
        return false;
    r->timeline = timeline_new_live(r->machine, w, &o);
    return r->timeline != NULL;
}

/* -icount rrsnapshot=: named at the start of a recording, and where a replay starts. */
static bool go_to_rrsnapshot(struct run *r)
{
    const char *name = r->cli->rrsnapshot;

    if (!name)
        return true;
    if (r->cli->mode == MODE_RECORD)
        return timeline_savevm(r->timeline, name);
    return timeline_loadvm(r->timeline, name).end != MOVE_FAILED;
}

/* ---- its surroundings ---- */

static void host_poll(void *opaque, u64 timeout_ns)
{
    host_loop_poll(opaque, timeout_ns);
}

static u64 host_now(void *opaque)
{
    (void)opaque;
    return host_loop_now_ns();
}

static bool make_surroundings(struct run *r)
{
    if (!cli_streams_open(&r->streams, r->cli, r->loop) ||
        !cli_streams_attach(&r->streams, r->machine) ||
        !cli_display_open(&r->display, r->cli, r->loop, r->machine))
        return false;
    if (!(r->audio = cli_audio_open(r->cli, r->machine)))
        return false;
    if (r->cli->semihosting.on && r->cli->mode != MODE_REPLAY) {
        r->files = semihost_files_new();
        r->machine->semihost = semihost_files_host(r->files);
    }
    r->machine->host = (struct host_ops){host_poll, host_now, r->loop};
    r->machine->host_attached = true;
    r->machine->open_medium = cli_drive_open_medium;
    return cli_nets_open(&r->nets, r->cli, r->loop, r->machine);
}

static void start_session(struct run *r)
{
    r->session = session_new(r->machine, r->timeline, r->cli->config.no_shutdown);
    r->streams.session = r->session;
    cli_display_attach(r->display, r->session);
    cli_signals_start(r->loop, r->session, r->cli->style == CLI_DEBUG);
    if (r->streams.gdb)
        r->gdb = cli_gdb_new(r->session, r->loop, r->streams.gdb, r->cli->mode != MODE_REPLAY);
    if (r->streams.monitor)
        r->console = cli_console_new(r->session, r->loop, r->streams.monitor,
                                     r->streams.monitor_on_terminal);
    for (unsigned i = 0; i < r->streams.n_qmp; i++)
        r->qmp[i] = cli_qmp_new(r->session, r->loop, r->streams.qmp[i], &r->streams, r->cli);
}

/* ---- debug: gdb as our child ---- */

static bool private_socket(struct run *r)
{
    const char *tmp = getenv("TMPDIR");

    r->gdb_dir = xasprintf("%s/hindsight-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(r->gdb_dir)) {
        error_report("%s: cannot make a folder for gdb's socket: %s", r->gdb_dir, strerror(errno));
        free(r->gdb_dir);
        r->gdb_dir = NULL;
        return false;
    }
    r->gdb_socket = xasprintf("%s/gdb", r->gdb_dir);
    free(r->cli->gdb);
    r->cli->gdb = xasprintf("unix:%s", r->gdb_socket);
    return true;
}

static NORETURN void exec_gdb(struct run *r)
{
    char **args = r->cli->gdb_args;
    size_t n = 0, at = 0;
    while (args && args[n])
        n++;
    char **argv = xcalloc(n + 4, sizeof(char *));
    argv[at++] = "gdb";
    argv[at++] = "-ex";
    argv[at++] = xasprintf("target remote %s", r->gdb_socket);
    for (size_t i = 0; i < n; i++)
        argv[at++] = args[i];
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    if (!cli_arch_is_x86(r->machine->config->arch)) { /* Debian's gdb knows the host's architecture only */
        argv[0] = "gdb-multiarch";
        execvp(argv[0], argv);
        argv[0] = "gdb";
    }
    execvp(argv[0], argv);
    error_report("cannot start gdb: %s; install it, or use `hindsight replay FILE -S -s` with "
                 "another debugger",
                 strerror(errno));
    _exit(127);
}

static bool start_gdb(struct run *r)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        return error_report("cannot start gdb: %s", strerror(errno));
    if (!pid)
        exec_gdb(r);
    cli_signals_watch_child(pid);
    return true;
}

static void drop_socket(struct run *r)
{
    if (r->gdb_dir)
        rmdir(r->gdb_dir);
    free(r->gdb_dir);
    free(r->gdb_socket);
}

/* ---- all of it ---- */

static void main_loop(struct run *r)
{
    struct move_request go = {.kind = MOVE_CONTINUE};

    if (!r->cli->stopped)
        session_request(r->session, &go, r);
    else if (r->streams.gdb && r->cli->style != CLI_DEBUG)
        notice("stopped at the start; gdb can connect: target remote %s",
               strchr(chardev_where(r->streams.gdb), ' ') + 1);
    while (!session_quit(r->session)) {
        if (session_wants_move(r->session))
            session_move(r->session);
        else
            host_loop_poll(r->loop, NEVER);
    }
}

static int run_session(struct run *r)
{
    bool debug = r->cli->style == CLI_DEBUG;

    start_session(r);
    if (debug && !start_gdb(r))
        return 1;
    main_loop(r);
    int code = session_exit_code(r->session);
    if (r->cli->mode == MODE_RUN && !cli_drives_commit(r->machine))
        code = 1;
    if (!timeline_finish(r->timeline))
        code = 1;
    if (!cli_nets_close(&r->nets))
        code = 1;
    return code;
}

static void tear_down(struct run *r)
{
    for (unsigned i = 0; i < CLI_MAX_QMP; i++)
        cli_qmp_delete(r->qmp[i]);
    cli_console_delete(r->console);
    cli_gdb_delete(r->gdb);
    if (r->session)
        cli_signals_stop(r->loop);
    cli_display_close(r->display);
    cli_streams_close(&r->streams);
    cli_nets_close(&r->nets);
    session_delete(r->session);
    if (r->timeline)
        timeline_delete(r->timeline);
    machine_delete(r->machine);
    cli_audio_close(r->audio);
    semihost_files_delete(r->files);
    host_loop_delete(r->loop);
    if (r->reader)
        rec_close(r->reader);
    config_fini(&r->recorded);
    drop_socket(r);
}

int cli_run(struct cli *c)
{
    struct run r = {.cli = c, .loop = host_loop_new()};
    bool debug = c->style == CLI_DEBUG;
    int code = 1, gdb_code = 0;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow further is an error of write() */
    config_init(&r.recorded);
    if (debug)
        c->stopped = true;
    if ((!debug || private_socket(&r)) && make_machine(&r)) {
        if (c->dumpdtb)
            code = !dump_device_tree(&r);
        else if (make_surroundings(&r) && make_timeline(&r) && go_to_rrsnapshot(&r))
            code = run_session(&r);
    }
    bool started = r.session != NULL;
    tear_down(&r);
    if (debug && started)
        gdb_code = cli_signals_wait_child();
    return debug && started ? gdb_code : code;
}
