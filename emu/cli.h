/* cli.h - what the files of the command line share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CLI_H
#define EMU_CLI_H

#include "emu/config.h"
#include "emu/machine.h"
#include "replay/recording.h"

/* How the program is called: the verbs, and QEMU's way. Bits, for the option table. */
enum cli_style {
    CLI_RUN = 1 << 0,
    CLI_RECORD = 1 << 1,
    CLI_REPLAY = 1 << 2,
    CLI_DEBUG = 1 << 3,
    CLI_INFO = 1 << 4,
    CLI_DUMP = 1 << 5,
    CLI_VERIFY = 1 << 6,
    CLI_DIFF = 1 << 7,
    CLI_QEMU = 1 << 8,
    CLI_DISK = 1 << 9,
    CLI_PCAP = 1 << 10,
};

#define CLI_MAX_QMP 4
#define CLI_MAX_MOVED 16
#define CLI_MAX_AUDIODEVS 4
#define CLI_MAX_CHARDEVS 16

enum cli_mode { MODE_RUN, MODE_RECORD, MODE_REPLAY };

struct cli {
    enum cli_style style;
    struct machine_config config;
    bool cpu_given, board_given, rtc_clock_given;

    enum cli_mode mode;
    char *file;           /* recorded to, or replayed */
    char *file2;          /* diff's other one; the image that `disk` makes */
    bool no_snapshots;
    u64 snapshot_steps;   /* 0: default */

    struct cli_net_dump { /* -object filter-dump */
        char *netdev, *file;
        u32 maxlen;
    } dump[CONFIG_MAX_NETS];
    unsigned n_dumps, n_nics;
    char *net_nic, *net_user; /* -net, until both halves are there */
    char *pcap_netdev;        /* pcap: NULL: the only one */

    char *serial[CONFIG_MAX_SERIAL]; /* as given; NULL at the end */
    unsigned n_serial;
    char *monitor, *gdb;  /* NULL: not given */
    char *qmp[CLI_MAX_QMP];
    unsigned n_qmp;
    struct cli_chardev {  /* -chardev */
        char *id, *spec;  /* spec as -serial has it */
        bool mux;         /* a serial port and the monitor may share it */
    } chardev[CLI_MAX_CHARDEVS];
    unsigned n_chardevs;
    struct cli_semihosting { /* -semihosting-config */
        bool on, user;
        char *chardev; /* NULL: stderr */
        char *args;    /* ",arg=TEXT..." */
    } semihosting;
    char *watchdog_action; /* -action watchdog=; NULL: not given */
    char *debugcon, *debugcon_iobase; /* the id of its chardev, and -global's port; NULL: not given */
    char *rrsnapshot;     /* NULL: not given */
    char *audiodev[CLI_MAX_AUDIODEVS]; /* as given, sound in form */
    unsigned n_audiodev;
    char *vnc;            /* address; NULL: none */
    char *dumpdtb;        /* -machine dumpdtb=: a file to make, and nothing else */
    bool nographic, stopped;
    bool all_snapshot;    /* -snapshot */

    u64 from, to;         /* dump */
    bool json;
    char *dump_sources;   /* NULL: all */
    char *moved[CLI_MAX_MOVED]; /* --file: "NAME=PATH" */
    unsigned n_moved;
    u64 at;               /* disk: NEVER is the end */
    char *disk_id;
    char **gdb_args;      /* debug: what follows "--", NULL at the end; borrowed */

    bool done;            /* an option printed what was asked for: nothing is left to do */
};

void cli_init(struct cli *c, enum cli_style style);
void cli_fini(struct cli *c);

/* cli_options.c: reads the arguments into c. False (reported) at the first bad one. */
bool cli_parse(struct cli *c, int argc, char **argv);
/* The option table as text, for `style`. */
void cli_options_help(enum cli_style style, struct buf *out);

/* cli_boot.c */
bool cli_boot_option(struct cli *c, const char *option, const char *arg);
/* With neither kernel nor firmware named: the firmware that there is. False (reported). */
bool cli_boot_default(struct machine_config *cfg);

/* cli_drives.c */
bool cli_drive_option(struct cli *c, const char *option, const char *arg);
bool cli_drive_hd_option(struct cli *c, const char *option, const char *arg);
bool cli_drive_cdrom_option(struct cli *c, const char *option, const char *arg);
bool cli_drive_pflash_option(struct cli *c, const char *option, const char *arg);
bool cli_drive_sd_option(struct cli *c, const char *option, const char *arg);
bool cli_drive_snapshot_option(struct cli *c, const char *option, const char *arg);
/* Gives the drives places and names. False (reported). */
bool cli_drives_finish(struct cli *c);
/* Opens the images; for a recording or a replay their digests are taken, or compared. A run that
 * keeps history does not write through. False (reported). */
bool cli_drives_open(struct machine_config *cfg, enum cli_mode mode, bool history);
/* The open images and where they are go from one configuration to an equal one. */
void cli_drives_move(struct machine_config *to, struct machine_config *from);
/* At the end of a run: what is not in the images yet goes there. */
bool cli_drives_commit(struct machine *m);
struct disk_image *cli_drive_open_medium(const char *path, const char *format); /* for machine.h */

/* cli_net.c */
bool cli_netdev_option(struct cli *c, const char *option, const char *arg);
bool cli_nic_option(struct cli *c, const char *option, const char *arg);
bool cli_net_option(struct cli *c, const char *option, const char *arg);
bool cli_filter_replay(struct cli *c, const char *option, const char *arg, const char *list);
bool cli_filter_dump(struct cli *c, const char *option, const char *arg, const char *list);
bool cli_pcap_netdev_option(struct cli *c, const char *option, const char *arg);
/* Puts the halves of -net together. False (reported). */
bool cli_nets_finish(struct cli *c);
void cli_nets_fini(struct cli *c);

/* cli_chardev.c */
bool cli_chardev_option(struct cli *c, const char *option, const char *arg);
bool cli_mon_option(struct cli *c, const char *option, const char *arg);
bool cli_debugcon_option(struct cli *c, const char *option, const char *arg);
bool cli_global_option(struct cli *c, const char *option, const char *arg);
/* Adds the device of -debugcon. False (reported). */
bool cli_chardevs_finish(struct cli *c);
void cli_chardevs_fini(struct cli *c);
const struct cli_chardev *cli_chardev_find(const struct cli *c, const char *id); /* NULL: none */
/* Of "chardev:ID" what it stands for; anything else, and one that is not there, as it is. */
const char *cli_chardev_spec(const struct cli *c, const char *spec);

/* cli_action.c */
bool cli_watchdog_option(struct cli *c, const char *option, const char *arg);
bool cli_watchdog_action_option(struct cli *c, const char *option, const char *arg);
bool cli_action_option(struct cli *c, const char *option, const char *arg);
/* Tells the watchdogs among the devices. */
void cli_actions_finish(struct cli *c);

/* cli_semihosting.c */
bool cli_semihosting_option(struct cli *c, const char *option, const char *arg);
bool cli_semihosting_config_option(struct cli *c, const char *option, const char *arg);
bool cli_semihosting_finish(struct cli *c); /* into the machine's configuration. False (reported). */
void cli_semihosting_fini(struct cli *c);

/* cli_object.c */
bool cli_object_option(struct cli *c, const char *option, const char *arg);

/* cli_pcap.c */
int cli_pcap(struct cli *c);

/* cli_audio.c */
bool cli_audiodev_option(struct cli *c, const char *option, const char *arg);
bool cli_soundhw_option(struct cli *c, const char *option, const char *arg);

/* cli_verbs.c */
int cli_main(int argc, char **argv);
void cli_help(struct buf *out, enum cli_style style);

/* cli_machine.c: the lists of architectures and boards. */
bool cli_arch_known(const char *arch);
const char *cli_default_nic(const char *board); /* of -nic without a model */
const char *cli_default_cpu(const char *arch, const char *board);
void cli_list_cpus(struct buf *out);
void cli_list_boards(struct buf *out);
bool cli_board_known(const char *board);
const char *cli_default_board(const char *arch);
bool cli_board_check(const char *arch, const char *board); /* false (reported): it is another's */
bool cli_arch_is_x86(const char *arch);
/* A machine at power-on; cfg is borrowed and its files loaded. NULL (reported). */
struct machine *cli_machine_new(const struct machine_config *cfg);
/* Does this command line describe the recorded machine, in what the guest depends on? False
 * (reported). */
bool cli_same_machine(const struct machine_config *given, const struct machine_config *recorded);

/* cli_needs.c */
bool cli_file_option(struct cli *c, const char *option, const char *arg);
/* A recording's files are where --file says, or where they were. False (reported) if one is missing:
 * which, and how to name it. */
bool cli_needs_find(const struct cli *c, struct machine_config *cfg);
/* A recording's configuration, with its files found, loaded and checked. False (reported). */
bool cli_recorded_config(const struct cli *c, struct rec_reader *r, struct machine_config *cfg);

/* cli_run.c: run, record, replay, debug. All return the program's exit status. */
int cli_run(struct cli *c);

/* cli_display.c */
bool cli_vnc_option(struct cli *c, const char *option, const char *arg);
bool cli_display_option(struct cli *c, const char *option, const char *arg);

/* cli_disk.c */
bool cli_disk_at_option(struct cli *c, const char *option, const char *arg);
bool cli_disk_id_option(struct cli *c, const char *option, const char *arg);
int cli_disk(struct cli *c);

/* cli_tools.c */
int cli_info(struct cli *c);
int cli_dump(struct cli *c);
int cli_verify(struct cli *c);
int cli_diff(struct cli *c);

#endif
