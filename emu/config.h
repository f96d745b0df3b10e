/* config.h - a machine's whole configuration, as options set it and recordings keep it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_CONFIG_H
#define EMU_CONFIG_H

#include "emu/buf.h"
#include "emu/dump.h"
#include "emu/config_drives.h"
#include "emu/config_media.h"
#include "emu/config_nets.h"
#include "emu/types.h"

#define CONFIG_MAX_SERIAL 4
#define CONFIG_MAX_DEVICES 16
#define CONFIG_MAX_RAM (64 * GiB)
#define CONFIG_MAX_FILE ((size_t)1 << 30) /* of an image file, exclusive */

/* A file of the host's that the guest depends on. Loaded once by config_load_files(), before the
 * machine is built, or filled from inside a recording. */
struct config_file {
    char *path; /* NULL: not given; owned, as is data */
    u8 *data;
    size_t size;
    u64 digest; /* digest_bytes(data, size, 0) */
};

enum rtc_clock { RTC_CLOCK_HOST, RTC_CLOCK_VM };

struct machine_config {
    /* What the guest depends on: kept in a recording, in this order. Strings are owned. */
    char *arch;      /* "x86_64" or "i386": which system this is */
    char *board;     /* -M */
    char *cpu;       /* -cpu MODEL[,+feature,-feature...] */
    u64 ram_size;    /* -m, bytes */
    struct config_file kernel, initrd, dtb, bios; /* dtb: the device tree, if not the board's */
    char *vga;       /* the display: "std" or "none" */
    struct config_file vgabios; /* its expansion ROM, which also has its font */
    char *append;
    struct config_drive drive[CONFIG_MAX_DRIVES]; /* their images are opened by the command line */
    struct config_net net[CONFIG_MAX_NETS];       /* what they reach is the command line's */
    char *device[CONFIG_MAX_DEVICES]; /* -device, as given: "isa-debug-exit,iobase=0xf4,iosize=4" */
    u8 n_serial;     /* how many serial ports exist (-serial none: not made) */
    u8 icount_shift;
    bool sleep;      /* -icount sleep=on */
    char *rtc_base;  /* "utc", "localtime" or an ISO date */
    enum rtc_clock rtc_clock;
    u64 seed;        /* for random bytes when not asked of the host; has_seed */
    bool has_seed;
    bool no_reboot, no_shutdown;
    char *boot_order; /* -boot: letters a (floppy), c (disk), d (CD), n (network), at most three */
    bool boot_menu;
    bool hpet;       /* -machine hpet=on */
    char *semihosting; /* "": no; or what -semihosting-config says that the guest can see */
    char *name;
    /* Kept in the events of a recording: what was put into drives later. See config_media.h. */
    struct config_medium medium[CONFIG_MAX_MEDIA];
    unsigned n_media;
    /* Not kept: how it is run here. */
    char *accel;             /* see accel.h */
    unsigned block_insns;    /* engine block length limit; 0: default */
    struct dump dump;        /* -d in_asm,op,out_asm, -dfilter, -perfmap */
};

void config_init(struct machine_config *c); /* defaults */
void config_fini(struct machine_config *c);
/* Adds a -device text; false if there are too many or it is ill-formed. */
bool config_add_device(struct machine_config *c, const char *text);
/* Reads the files named in it that have no data yet. False (reported, naming option and file). */
bool config_load_files(struct machine_config *c);
/* The kept part, as "key=value" lines in a fixed order with files as path, size and digest; and
 * back. load is given hostile bytes: false (reported) when ill-formed. */
void config_save(const struct machine_config *c, struct buf *out);
bool config_load(struct machine_config *c, const char *text, size_t n);
/* One line of it, without the newline, for people: "-icount shift=3". */
void config_print_line(const char *line, size_t n, struct buf *out);
/* For messages and `info`: how a command line would say it. */
void config_print(const struct machine_config *c, struct buf *out);

#endif
