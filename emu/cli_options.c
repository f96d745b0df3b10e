/* cli_options.c - the option table: names, help texts, parsers, and where each may be used */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "emu/accel.h"
#include "emu/check.h"
#include "emu/cli.h"
#include "emu/clock.h"
#include "emu/log.h"
#include "hw/rtc_date.h"

typedef bool (*option_parser)(struct cli *c, const char *option, const char *arg);

struct option {
    const char *name, *alias; /* without the dash */
    const char *arg;          /* its argument for --help; NULL: takes none */
    option_parser parse;
    unsigned styles;
    const char *help;
};

static bool set_string(char **p, const char *s)
{
    free(*p);
    *p = xstrdup(s);
    return true;
}

static bool parse_u64(const char *s, u64 *v)
{
    char *end;
    errno = 0;
    *v = strtoull(s, &end, 0);
    return *s >= '0' && *s <= '9' && !*end && !errno;
}

static bool bad(const char *option, const char *arg, const char *want)
{
    return error_report("-%s %s: %s", option, arg, want);
}

/* One "key=value" (or only "value") of a comma list. */
struct item {
    char key[32], value[256];
    bool has_key;
};

/* A list that names nothing is more likely an empty variable of a script's than a wish for the
 * defaults. */
static bool list_ok(const char *option, const char *arg)
{
    return *arg || bad(option, arg, "the argument is empty; --help says what it can be");
}

/* Takes the next item of a list; false at its end. An item that is too long is cut, and so matches
 * nothing. */
static bool next_item(const char **p, struct item *it)
{
    if (!**p)
        return false;
    size_t n = strcspn(*p, ",");
    const char *eq = memchr(*p, '=', n);
    size_t key = eq ? (size_t)(eq - *p) : 0;
    it->has_key = eq != NULL;
    snprintf(it->key, sizeof(it->key), "%.*s", (int)key, *p);
    snprintf(it->value, sizeof(it->value), "%.*s", (int)(n - key - (eq ? 1 : 0)),
             *p + key + (eq ? 1 : 0));
    *p += n;
    *p += **p == ',';
    return true;
}

static bool key_is(const struct item *it, const char *key)
{
    return it->has_key && !strcmp(it->key, key);
}

static bool parse_on_off(const char *s, bool *v)
{
    *v = !strcmp(s, "on") || !strcmp(s, "yes");
    return *v || !strcmp(s, "off") || !strcmp(s, "no");
}

static bool bad_item(const char *option, const char *arg, const struct item *it)
{
    return error_report("-%s %s: \"%s%s%s\" is not known here", option, arg, it->key,
                        it->has_key ? "=" : "", it->value);
}

/* ---- the machine ---- */

static bool opt_arch(struct cli *c, const char *option, const char *arg)
{
    if (!cli_arch_known(arg))
        return bad(option, arg, "not an architecture; use x86_64, i386 or arm");
    return set_string(&c->config.arch, arg);
}

static bool opt_accel(struct cli *c, const char *option, const char *arg)
{
    char name[32];
    struct accel unused;
    snprintf(name, sizeof(name), "-%s", option);
    return accel_parse(name, arg, &unused) && set_string(&c->config.accel, arg);
}

static bool opt_machine(struct cli *c, const char *option, const char *arg)
{
    const char *p = arg;
    struct item it;

    for (bool first = true; next_item(&p, &it); first = false) {
        if (key_is(&it, "accel")) {
            it.value[strcspn(it.value, ":")] = 0; /* the first of several */
            if (!opt_accel(c, option, it.value))
                return false;
        } else if (key_is(&it, "hpet")) {
            if (!parse_on_off(it.value, &c->config.hpet))
                return bad(option, arg, "hpet is on or off");
        } else if (key_is(&it, "dumpdtb")) {
            set_string(&c->dumpdtb, it.value);
        } else if (key_is(&it, "type") || (first && !it.has_key)) {
            if (!strcmp(it.value, "help") || !strcmp(it.value, "?")) {
                struct buf out = {0};
                cli_list_boards(&out);
                fputs(buf_cstr(&out), stdout);
                buf_fini(&out);
                c->done = true;
                return true;
            }
            if (!cli_board_known(it.value))
                return bad(option, arg, "no such machine; -M help lists them");
            set_string(&c->config.board, it.value);
            c->board_given = true;
        } else {
            return bad_item(option, arg, &it);
        }
    }
    return true;
}

static bool opt_cpu(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
        struct buf out = {0};
        cli_list_cpus(&out);
        fputs(buf_cstr(&out), stdout);
        buf_fini(&out);
        c->done = true;
        return true;
    }
    c->cpu_given = true;
    return set_string(&c->config.cpu, arg);
}

/* A number with an optional K, M, G or T; without one it counts `unit` bytes. */
static bool parse_size(const char *s, u64 unit, u64 *size)
{
    char *end;
    errno = 0;
    u64 v = strtoull(s, &end, 10);
    if (*s < '0' || *s > '9' || errno)
        return false;
    if (*end && !end[1]) {
        static const char letters[] = "kKmMgGtTbB";
        const char *l = strchr(letters, *end);
        if (!l)
            return false;
        unsigned i = (unsigned)(l - letters) / 2;
        unit = i == 4 ? 1 : KiB << (10 * i);
    } else if (*end) {
        return false;
    }
    return !__builtin_mul_overflow(v, unit, size);
}

static bool opt_memory(struct cli *c, const char *option, const char *arg)
{
    const char *p = arg;
    struct item it;

    if (!list_ok(option, arg))
        return false;
    while (next_item(&p, &it)) {
        if (it.has_key && strcmp(it.key, "size"))
            return bad_item(option, arg, &it);
        if (!parse_size(it.value, MiB, &c->config.ram_size))
            return bad(option, arg, "not a size; say 256, 256M, 2G");
    }
    return true; /* how much there can be is the board's to say */
}

static bool opt_smp(struct cli *c, const char *option, const char *arg)
{
    const char *p = arg;
    struct item it;

    (void)c;
    while (next_item(&p, &it)) {
        static const char *const keys[] = {"cpus",    "sockets", "cores",
                                           "threads", "maxcpus", "dies"};
        bool known = !it.has_key;
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
            known |= key_is(&it, keys[i]);
        if (!known)
            return bad_item(option, arg, &it);
        if (strcmp(it.value, "1"))
            return bad(option, arg, "this machine has one processor; use 1");
    }
    return true;
}

static bool opt_kernel(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(&c->config.kernel.path, arg);
}

static bool opt_initrd(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(&c->config.initrd.path, arg);
}

static bool opt_dtb(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(&c->config.dtb.path, arg);
}

static bool opt_append(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(&c->config.append, arg);
}

static bool opt_bios(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(&c->config.bios.path, arg);
}

static bool opt_device(struct cli *c, const char *option, const char *arg)
{
    if (!config_add_device(&c->config, arg))
        return bad(option, arg, "not a device, or too many of them");
    return true;
}

static bool opt_rr(struct cli *c, const char *option, const char *arg, const struct item *it)
{
    if (c->style != CLI_QEMU)
        return bad(
            option, arg,
            "rr is for the QEMU-style command; use `hindsight record` or `hindsight replay`");
    if (!strcmp(it->value, "record"))
        c->mode = MODE_RECORD;
    else if (!strcmp(it->value, "replay"))
        c->mode = MODE_REPLAY;
    else
        return bad(option, arg, "rr is record or replay");
    return true;
}

static bool parse_snapshots(struct cli *c, const char *option, const char *arg, const char *value)
{
    bool on;
    if (parse_on_off(value, &on))
        c->no_snapshots = !on;
    else if (!parse_u64(value, &c->snapshot_steps) || !c->snapshot_steps)
        return bad(option, arg, "snapshots are on, off or a number of steps between two of them");
    return true;
}

static bool opt_rrsnapshot(struct cli *c, const char *option, const char *arg)
{
    size_t n = strlen(arg);
    if (!n || n > 63 || strcspn(arg, " \t") != n)
        return bad(option, arg, "a snapshot's name has 1 to 63 characters, and no blanks");
    return set_string(&c->rrsnapshot, arg);
}

static bool opt_icount(struct cli *c, const char *option, const char *arg)
{
    const char *p = arg;
    struct item it;
    bool align;
    u64 shift;

    if (!list_ok(option, arg))
        return false;
    for (bool first = true; next_item(&p, &it); first = false) {
        if (key_is(&it, "shift") || (first && !it.has_key)) {
            if (!parse_u64(it.value, &shift) || shift > CLOCK_MAX_SHIFT)
                return bad(option, arg,
                           "shift is a number from 0 to 10: a step takes 2^shift ns (there is no "
                           "auto, so that runs repeat)");
            c->config.icount_shift = shift;
        } else if (key_is(&it, "sleep")) {
            if (!parse_on_off(it.value, &c->config.sleep))
                return bad(option, arg, "sleep is on or off");
        } else if (key_is(&it, "align")) {
            if (!parse_on_off(it.value, &align) || align)
                return bad(option, arg, "align can only be off");
        } else if (key_is(&it, "rr")) {
            if (!opt_rr(c, option, arg, &it))
                return false;
        } else if (key_is(&it, "rrfile")) {
            set_string(&c->file, it.value);
        } else if (key_is(&it, "rrsnapshot")) {
            if (!opt_rrsnapshot(c, option, it.value))
                return false;
        } else if (key_is(&it, "rrsnapshots")) {
            if (!parse_snapshots(c, option, arg, it.value))
                return false;
        } else {
            return bad_item(option, arg, &it);
        }
    }
    return true;
}

static bool opt_rtc(struct cli *c, const char *option, const char *arg)
{
    const char *p = arg;
    struct item it;
    bool base = false, fixed;
    i64 seconds;

    if (!list_ok(option, arg))
        return false;
    while (next_item(&p, &it)) {
        if (key_is(&it, "base")) {
            if (!rtc_date_check(it.value, &fixed, &seconds))
                return bad(option, arg,
                           "base is utc, localtime or a date like 2024-12-31T23:59:00");
            set_string(&c->config.rtc_base, it.value);
            base = true;
        } else if (key_is(&it, "clock")) {
            if (strcmp(it.value, "host") && strcmp(it.value, "rt") && strcmp(it.value, "vm"))
                return bad(option, arg, "clock is host or vm");
            c->config.rtc_clock = strcmp(it.value, "vm") ? RTC_CLOCK_HOST : RTC_CLOCK_VM;
            c->rtc_clock_given = true;
        } else if (!key_is(&it, "driftfix")) {
            return bad_item(option, arg, &it);
        }
    }
    if (base && !c->rtc_clock_given)
        c->config.rtc_clock = RTC_CLOCK_HOST; /* who names a base wants that date, as with QEMU */
    return true;
}

static bool opt_seed(struct cli *c, const char *option, const char *arg)
{
    c->config.has_seed = true;
    return parse_u64(arg, &c->config.seed) || bad(option, arg, "not a number");
}

static bool opt_name(struct cli *c, const char *option, const char *arg)
{
    const char *p = arg;
    struct item it;

    for (bool first = true; next_item(&p, &it); first = false) {
        if ((first && !it.has_key) || key_is(&it, "guest"))
            set_string(&c->config.name, it.value);
        else if (!key_is(&it, "process") && !key_is(&it, "debug-threads"))
            return bad_item(option, arg, &it);
    }
    return true;
}

static bool opt_no_reboot(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->config.no_reboot = true;
}

static bool opt_no_hpet(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    c->config.hpet = false;
    return true;
}

static bool opt_no_shutdown(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->config.no_shutdown = true;
}

static bool opt_vga(struct cli *c, const char *option, const char *arg)
{
    if (strcmp(arg, "std") && strcmp(arg, "none"))
        return bad(option, arg, "this machine has the standard VGA: use std, or none");
    return set_string(&c->config.vga, arg);
}

static bool opt_none(struct cli *c, const char *option, const char *arg)
{
    (void)c;
    if (!strcmp(arg, "none"))
        return true;
    return bad(option, arg, "this machine has no such device yet; use none");
}

/* ---- its surroundings ---- */

static bool opt_serial(struct cli *c, const char *option, const char *arg)
{
    if (c->n_serial == CONFIG_MAX_SERIAL)
        return bad(option, arg, "there are four serial ports at most");
    c->serial[c->n_serial++] = xstrdup(arg);
    return true;
}

static bool opt_nographic(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->nographic = true;
}

static bool opt_monitor(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(&c->monitor, arg);
}

static bool opt_qmp(struct cli *c, const char *option, const char *arg)
{
    if (!strcmp(arg, "none") || !strcmp(arg, "null"))
        return true;
    if (c->n_qmp == CLI_MAX_QMP)
        return bad(option, arg, "there can be four of them at most");
    c->qmp[c->n_qmp++] = xstrdup(arg);
    return true;
}

static bool opt_gdb(struct cli *c, const char *option, const char *arg)
{
    if (strncmp(arg, "tcp:", 4) && strncmp(arg, "unix:", 5) && strcmp(arg, "none") &&
        strcmp(arg, "pty"))
        return bad(option, arg, "gdb can be listened for at tcp:[HOST]:PORT, unix:PATH or pty");
    return set_string(&c->gdb, arg);
}

static bool opt_s(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return set_string(&c->gdb, "tcp::1234");
}

static bool opt_stopped(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->stopped = true;
}

/* QEMU's names for what can be logged here. */
static const struct {
    const char *name, *spec, *help;
} log_items[] = {
    {"int", "interrupt:trace", "interrupts and exceptions"},
    {"guest_errors", "msr:info,translate:info,i8042:debug,piix4_pm:info",
     "what no sound guest does"},
    {"unimp", "msr:info,translate:info,i8042:debug,piix4_pm:info",
     "what the machine does not have (the same)"},
};

/* What is shown of translations, by QEMU's names. */
static const struct {
    const char *name;
    u32 what;
    const char *help;
} dump_items[] = {
    {"in_asm", DUMP_IN_ASM, "guest instructions of each block that is translated"},
    {"op", DUMP_OP, "its intermediate code as it is translated,"},
    {"op_opt", DUMP_OP_OPT, "and as it is executed"},
    {"out_asm", DUMP_OUT_ASM, "of compiled blocks: guest, intermediate and host code side by side"},
};

static void put_log_help(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(dump_items); i++)
        printf("%-16s%s\n", dump_items[i].name, dump_items[i].help);
    for (size_t i = 0; i < ARRAY_SIZE(log_items); i++)
        printf("%-16s%s: %s\n", log_items[i].name, log_items[i].help, log_items[i].spec);
    puts("MODULE[:LEVEL]  messages of a source file, \"i8254:trace\"; * is all of them;\n"
         "                levels: error, warn, info, debug, trace");
}

static bool parse_log_item(struct cli *c, const char *option, const char *item)
{
    char why[LOG_WHY_MAX];
    const char *spec = item;

    for (size_t i = 0; i < ARRAY_SIZE(dump_items); i++)
        if (!strcmp(item, dump_items[i].name))
            return c->config.dump.what |= dump_items[i].what;
    for (size_t i = 0; i < ARRAY_SIZE(log_items); i++)
        if (!strcmp(item, log_items[i].name))
            spec = log_items[i].spec;
    return log_configure(spec, why) ||
           error_report("-%s: %s; -d help lists the items", option, why);
}

static bool opt_log_items(struct cli *c, const char *option, const char *arg)
{
    bool ok = true;

    if (!strcmp(arg, "help") || !strcmp(arg, "?")) {
        put_log_help();
        return c->done = true;
    }
    if (!*arg)
        return bad(option, arg, "nothing to log is named; -d help lists the items");
    for (const char *p = arg; *p && ok; p += *p == ',') {
        size_t n = strcspn(p, ",");
        char *item = strndup(p, n);
        ok = parse_log_item(c, option, item);
        free(item);
        p += n;
    }
    return ok;
}

static bool opt_log_file(struct cli *c, const char *option, const char *arg)
{
    (void)c, (void)option;
    return log_to_file(arg);
}

static bool opt_dfilter(struct cli *c, const char *option, const char *arg)
{
    return dump_add_ranges(&c->config.dump, arg) ||
           bad(option, arg, "not a list of ranges A+SIZE, A-SIZE or A..B, at most 16");
}

static bool opt_perfmap(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->config.dump.perfmap = true;
}

static bool opt_snapshots(struct cli *c, const char *option, const char *arg)
{
    return parse_snapshots(c, option, arg, arg);
}

static bool opt_output(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set_string(c->style & (CLI_DISK | CLI_PCAP) ? &c->file2 : &c->file, arg);
}

static bool opt_from(struct cli *c, const char *option, const char *arg)
{
    return parse_u64(arg, &c->from) || bad(option, arg, "not a number of steps");
}

static bool opt_to(struct cli *c, const char *option, const char *arg)
{
    return parse_u64(arg, &c->to) || bad(option, arg, "not a number of steps");
}

static bool opt_source(struct cli *c, const char *option, const char *arg)
{
    return *arg ? set_string(&c->dump_sources, arg) : bad(option, arg, "no source is named");
}

static bool opt_json(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->json = true;
}

static bool opt_block_insns(struct cli *c, const char *option, const char *arg)
{
    u64 n;
    if (!parse_u64(arg, &n) || n < 1 || n > 64)
        return bad(option, arg, "a block has 1 to 64 instructions");
    c->config.block_insns = n;
    return true;
}

static bool opt_netdev(struct cli *c, const char *option, const char *arg)
{
    return (c->style == CLI_PCAP ? cli_pcap_netdev_option : cli_netdev_option)(c, option, arg);
}

static bool opt_help(struct cli *c, const char *option, const char *arg)
{
    struct buf out = {0};
    (void)option, (void)arg;
    cli_help(&out, c->style);
    fputs(buf_cstr(&out), stdout);
    buf_fini(&out);
    return c->done = true;
}

static bool opt_version(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    printf("hindsight %s\n", HINDSIGHT_VERSION);
    return c->done = true;
}

#define MACHINE (CLI_RUN | CLI_RECORD | CLI_QEMU)
#define SESSION (MACHINE | CLI_REPLAY | CLI_DEBUG)
#define VERBS (CLI_RUN | CLI_RECORD)
#define ALL 0xffffu

static const struct option options[] = {
    {"o", NULL, "FILE", opt_output, CLI_RECORD | CLI_DISK | CLI_PCAP,
     "the recording, image or capture to make"},
    {"at", NULL, "N|end", cli_disk_at_option, CLI_DISK, "after step N; default: the end"},
    {"id", NULL, "ID", cli_disk_id_option, CLI_DISK, "which disk, if there are several"},
    {"arch", NULL, "ARCH", opt_arch, VERBS, "x86_64 (default), i386 or arm"},
    {"M", "machine", "pc[,dumpdtb=FILE]", opt_machine, MACHINE,
     "the machine; -M help lists them. dumpdtb: only make a file of its device tree"},
    {"cpu", NULL, "MODEL[,+F][,-F]", opt_cpu, MACHINE,
     "the processor, with features added or left out; -cpu help "
     "lists both"},
    {"m", NULL, "[size=]SIZE", opt_memory, MACHINE, "memory: 256 (MiB), 256M, 2G; default 128M"},
    {"smp", NULL, "1", opt_smp, MACHINE, "processors: one"},
    {"kernel", NULL, "FILE", opt_kernel, MACHINE,
     "boot this Linux or multiboot kernel, or ELF image"},
    {"initrd", NULL, "FILE", opt_initrd, MACHINE, "with this initial ram disk"},
    {"dtb", NULL, "FILE", opt_dtb, MACHINE, "Arm: this device tree instead of the board's own"},
    {"append", NULL, "TEXT", opt_append, MACHINE, "and this command line"},
    {"bios", NULL, "FILE", opt_bios, MACHINE,
     "firmware, mapped to end at 4 GiB, on Arm's virt in the flash at 0; a PC's default without "
     "-kernel: Debian's SeaBIOS"},
    {"boot", NULL, "[order=]L[,menu=on|off]", cli_boot_option, MACHINE,
     "what firmware boots from, in order: a (floppy), c (disk), d (CD), n (network); default cad"},
    {"device", NULL, "DEVICE[,PROP=V]", opt_device, MACHINE,
     "another device: AC97[,audiodev=ID]; isa-debug-exit[,iobase=,iosize=]; "
     "isa-debugcon,chardev=ID[,iobase=]; i6300esb[,action=]; ide-hd, ide-cd, "
     "virtio-blk-pci: drive=ID; virtio-keyboard-pci, virtio-mouse-pci, virtio-tablet-pci"},
    {"audiodev", NULL, "DRIVER,id=ID[,...]", cli_audiodev_option, SESSION,
     "where sound goes: none; wav,path=FILE[,in.path=FILE][,out.frequency=HZ]: played to a WAV "
     "file, captured from another (not in a replay: it is in the recording)"},
    {"soundhw", NULL, "ac97", cli_soundhw_option, MACHINE, "-device AC97"},
    {"drive", NULL, "file=FILE[,...]", cli_drive_option, MACHINE,
     "a disk: if=ide|virtio|sd|pflash|none, format=raw|qcow2, media=disk|cdrom, id=, index=, "
     "readonly=on|off, snapshot=on|off (keep the image as it is; recordings always do)"},
    {"hda", NULL, "FILE", cli_drive_hd_option, MACHINE, "the first IDE disk"},
    {"hdb", NULL, "FILE", cli_drive_hd_option, MACHINE, "the second"},
    {"hdc", NULL, "FILE", cli_drive_hd_option, MACHINE, "the third"},
    {"hdd", NULL, "FILE", cli_drive_hd_option, MACHINE, "the fourth"},
    {"cdrom", NULL, "FILE", cli_drive_cdrom_option, MACHINE, "a CD, in place of the third"},
    {"pflash", NULL, "FILE", cli_drive_pflash_option, MACHINE,
     "-drive if=pflash,format=raw: what the next bank of flash memory has (-M virt: two of 64 MiB)"},
    {"sd", NULL, "FILE", cli_drive_sd_option, MACHINE, "-drive if=sd: the card in the slot (-M vexpress-a9)"},
    {"snapshot", NULL, NULL, cli_drive_snapshot_option, MACHINE, "all drives with snapshot=on"},
    {"semihosting", NULL, NULL, cli_semihosting_option, MACHINE,
     "Arm: the guest may ask for the host's console and files by semihosting calls"},
    {"semihosting-config", NULL, "ITEM,...", cli_semihosting_config_option, MACHINE,
     "the same, with enable=on|off, target=native|auto, userspace=on|off (user mode may, too), "
     "chardev=ID (its console; default stderr), arg=TEXT (again for the next one: its command line; "
     "default: kernel and -append)"},
    {"icount", NULL, "[shift=]N[,...]", opt_icount, MACHINE,
     "a step takes 2^N ns (default 3); sleep=on|off: a halted "
     "machine waits for real, or jumps; QEMU style: "
     "rr=record|replay,rrfile=FILE[,rrsnapshot=NAME][,rrsnapshots=on|off|STEPS]"},
    {"rtc", NULL, "[base=B][,clock=C]", opt_rtc, MACHINE,
     "the date: base utc, localtime or 2024-12-31T23:59:00; clock "
     "host or vm. Default: a fixed date and virtual time, so that recordings repeat; with a base, "
     "host"},
    {"seed", NULL, "N", opt_seed, MACHINE,
     "random bytes for the guest come from this number, not from the host"},
    {"no-hpet", NULL, NULL, opt_no_hpet, MACHINE, "-machine hpet=off: without these timers"},
    {"no-reboot", NULL, NULL, opt_no_reboot, MACHINE, "end when the guest resets"},
    {"no-shutdown", NULL, NULL, opt_no_shutdown, MACHINE,
     "stop, but stay, when the guest powers off"},
    {"action", NULL, "EVENT=ACTION,...", cli_action_option, MACHINE,
     "watchdog=reset|shutdown|poweroff|pause|debug|none; reboot=reset|shutdown; "
     "shutdown=poweroff|pause"},
    {"watchdog", NULL, "i6300esb", cli_watchdog_option, MACHINE, "-device i6300esb"},
    {"watchdog-action", NULL, "ACTION", cli_watchdog_action_option, MACHINE,
     "-action watchdog=ACTION"},
    {"name", NULL, "TEXT", opt_name, MACHINE, "a name for the machine"},
    {"vga", NULL, "std|none", opt_vga, MACHINE,
     "the display: a VGA with VBE modes (default), or none"},
    {"netdev", NULL, "KIND,id=ID[,...]", opt_netdev, MACHINE | CLI_PCAP,
     "a network for -device e1000|rtl8139|virtio-net-pci,netdev=ID (pcap: which one). user: behind "
     "this host; net=, host=, dns=, dhcpstart=, hostname=, restrict=on|off (no way out), "
     "hostfwd=tcp|udp:[HOST]:PORT-[GUEST]:PORT, guestfwd=tcp:ADDRESS:PORT-cmd:COMMAND, tftp=DIR, "
     "bootfile=, ipv4=, ipv6=on|off. socket: a cable to another guest; listen=|connect=HOST:PORT"},
    {"nic", NULL, "KIND[,model=M][,...]", cli_nic_option, MACHINE,
     "a network and its card in one: user,model=e1000|rtl8139|virtio|lan9118[,mac=]; none: no network"},
    {"net", NULL, "none|nic|KIND[,...]", cli_net_option, MACHINE,
     "none (the default), or the two halves of a -nic: -net nic,model=M -net user"},
    {"object", NULL, "filter-dump,...", cli_object_option, SESSION,
     "filter-dump,netdev=ID,file=FILE[,maxlen=N]: a network's frames in a capture file, with virtual "
     "times; also in a replay. filter-replay is taken, and needs nothing"},
    {"parallel", NULL, "none", opt_none, MACHINE, "there is none"},
    {"serial", NULL, "STREAM", opt_serial, SESSION,
     "where a serial port goes (again for the second one ...): stdio, "
     "mon:stdio, null, none, file:PATH, pipe:PATH, pty, unix:PATH[,server[,nowait]], "
     "tcp:[HOST]:PORT[,server[,nowait]], chardev:ID; default mon:stdio"},
    {"chardev", NULL, "KIND,id=ID[,...]", cli_chardev_option, SESSION,
     "a stream for -serial and -monitor chardev:ID, -mon and isa-debugcon: stdio, null, pty, "
     "file,path=FILE, pipe,path=FILE, socket,path=FILE, socket,host=HOST,port=PORT with server=on, "
     "wait=off; mux=on: a serial port and the monitor may share it"},
    {"mon", NULL, "[chardev=]ID[,mode=M]", cli_mon_option, SESSION,
     "the monitor (mode readline), or QMP (control), is on this -chardev"},
    {"debugcon", NULL, "STREAM", cli_debugcon_option, SESSION,
     "what the guest writes to port 0xe9 goes there (-global isa-debugcon.iobase=0x402: SeaBIOS's "
     "messages)"},
    {"global", NULL, "isa-debugcon.iobase=PORT", cli_global_option, MACHINE,
     "the port of -debugcon"},
    {"vnc", NULL, "ADDRESS[,to=N][,password=on]", cli_vnc_option, SESSION,
     "show the screen by VNC, and take keys and pointer: [HOST]:N (TCP port 5900 + N; without HOST "
     "on loopback), unix:PATH, or none"},
    {"display", NULL, "none|vnc=ADDRESS", cli_display_option, SESSION,
     "no window (there is none), or -vnc ADDRESS"},
    {"nographic", NULL, NULL, opt_nographic, SESSION,
     "first serial port and monitor on the terminal (the default)"},
    {"monitor", NULL, "STREAM", opt_monitor, SESSION,
     "where the monitor is: stdio, none, pty, unix:..., tcp:..., chardev:ID"},
    {"qmp", NULL, "STREAM", opt_qmp, SESSION,
     "QEMU's machine protocol (JSON, docs/qmp.md), up to four times: unix:PATH,server,nowait, "
     "tcp:..., stdio, pty"},
    {"gdb", NULL, "ADDRESS", opt_gdb, SESSION,
     "listen for gdb: tcp::PORT (on loopback), unix:PATH"},
    {"s", NULL, NULL, opt_s, SESSION, "-gdb tcp::1234"},
    {"S", NULL, NULL, opt_stopped, SESSION, "do not start: wait for gdb or the monitor"},
    {"accel", NULL, "jit|interp[,...]", opt_accel, SESSION | CLI_VERIFY,
     "the engine: compiled code (the default; tcg means it too), or interpreted; tb-size=MIB: "
     "the most memory for translations (256); to find its faults: warm=N: compile what runs "
     "for the Nth time, heat=N: and as a region after N more; max-insns=N: longest block; "
     "off=PASS+PASS: without these optimisations (docs/engine.md)"},
    {"snapshots", NULL, "on|off|STEPS", opt_snapshots, SESSION,
     "automatic snapshots, and their distance"},
    {"rrsnapshot", NULL, "NAME", opt_rrsnapshot, CLI_RECORD | CLI_REPLAY | CLI_DEBUG,
     "name the start of the recording, as savevm does; or start the replay at that snapshot"},
    {"block-insns", NULL, "N", opt_block_insns, SESSION | CLI_VERIFY,
     "at most N instructions in a translated block (to "
     "find faults of the engine)"},
    {"d", NULL, "ITEM,...", opt_log_items, SESSION | CLI_VERIFY, "what to log; -d help lists it"},
    {"D", NULL, "FILE", opt_log_file, SESSION | CLI_VERIFY, "log to FILE"},
    {"dfilter", NULL, "RANGE,...", opt_dfilter, SESSION | CLI_VERIFY,
     "of -d in_asm,op,op_opt,out_asm only blocks that begin in A+SIZE, A-SIZE or A..B"},
    {"perfmap", NULL, NULL, opt_perfmap, SESSION | CLI_VERIFY,
     "write /tmp/perf-PID.map, by which `perf report` names compiled blocks"},
    {"from", NULL, "N", opt_from, CLI_DUMP, "only events at or after step N"},
    {"to", NULL, "N", opt_to, CLI_DUMP, "only events before step N"},
    {"file", NULL, "NAME=PATH", cli_file_option,
     CLI_REPLAY | CLI_DEBUG | CLI_VERIFY | CLI_DIFF | CLI_DISK | CLI_PCAP,
     "where a file that the recording needs is now: kernel, initrd, dtb, bios or a drive's id (again for "
     "the next one); info names them"},
    {"source", NULL, "NAME[,NAME]", opt_source, CLI_DUMP,
     "only events of these sources: serial0 (serial: of all serial ports), keyboard, net:ID, ..."},
    {"json", NULL, NULL, opt_json, CLI_DUMP, "one JSON object a line"},
    {"help", "h", NULL, opt_help, ALL, "this text"},
    {"version", NULL, NULL, opt_version, ALL, "the program's version"},
};

static const struct option *find_option(const char *name)
{
    for (const struct option *o = options; o < options + ARRAY_SIZE(options); o++)
        if (!strcmp(o->name, name) || (o->alias && !strcmp(o->alias, name)))
            return o;
    return NULL;
}

/* How many files a style wants. */
static unsigned files_wanted(enum cli_style style)
{
    switch (style) {
    case CLI_REPLAY: case CLI_DEBUG: case CLI_INFO: case CLI_DUMP: case CLI_VERIFY:
    case CLI_DISK: case CLI_PCAP: return 1;
    case CLI_DIFF: return 2;
    default: return 0;
    }
}

static bool take_file(struct cli *c, const char *arg)
{
    unsigned wanted = files_wanted(c->style);
    char **p = !c->file ? &c->file : &c->file2;

    if (*p || wanted == 0 || (wanted == 1 && c->file && c->style != CLI_DUMP))
        return error_report("%s: nothing is known of this argument; --help lists the options", arg);
    return set_string(p, arg);
}

static bool take_option(struct cli *c, const char *text, char ***next)
{
    const char *name = text + (text[1] == '-' ? 2 : 1);
    const struct option *o = find_option(name);

    if (!o)
        return error_report("%s: there is no such option; --help lists them", text);
    if (!(o->styles & c->style)) {
        if ((o->styles & MACHINE) && (c->style & (CLI_REPLAY | CLI_DEBUG)))
            return error_report("%s: the machine's options come from the recording; leave it out",
                                text);
        return error_report("%s: this option is not for here; --help lists those that are", text);
    }
    if (o->arg && !**next)
        return error_report("%s: its argument is missing: %s %s", text, text, o->arg);
    return o->parse(c, o->name, o->arg ? *(*next)++ : "");
}

static bool finish(struct cli *c)
{
    unsigned wanted = files_wanted(c->style);

    if (!c->board_given)
        set_string(&c->config.board, cli_default_board(c->config.arch));
    if (!cli_drives_finish(c) || !cli_nets_finish(c) || !cli_chardevs_finish(c))
        return false;
    cli_actions_finish(c);
    if (!c->cpu_given)
        set_string(&c->config.cpu, cli_default_cpu(c->config.arch, c->config.board));
    if (!cli_board_check(c->config.arch, c->config.board) || !cli_semihosting_finish(c))
        return false;
    if ((wanted >= 1 && !c->file) || (wanted == 2 && !c->file2))
        return error_report("%s", wanted == 2 ? "two recordings to compare are wanted"
                                              : "the recording's file name is missing");
    if ((c->style & (CLI_DISK | CLI_PCAP)) && !c->file2)
        return error_report("-o FILE is missing: where to put %s",
                            c->style == CLI_DISK ? "the image" : "the capture");
    if (c->style == CLI_RECORD && !c->file)
        return error_report("-o FILE is missing: where to put the recording");
    if (c->style == CLI_QEMU && c->mode != MODE_RUN && !c->file)
        return error_report("-icount rr=...: rrfile=FILE is missing");
    if (c->style == CLI_QEMU && c->mode == MODE_RUN && c->rrsnapshot)
        return error_report("-icount rrsnapshot=%s: say rr=record or rr=replay too", c->rrsnapshot);
    if (c->style == CLI_QEMU && c->mode == MODE_RUN && c->file)
        return error_report("-icount rrfile=%s: say rr=record or rr=replay too", c->file);
    if (c->config.dump.n_ranges && !c->config.dump.what)
        LOG(LOG_WARN, "-dfilter without -d: there is nothing to show");
    return true;
}

bool cli_parse(struct cli *c, int argc, char **argv)
{
    char **end = argv + argc;

    for (char **p = argv; p < end && *p;) {
        char *arg = *p++;
        if (!strcmp(arg, "--") && c->style == CLI_DEBUG) {
            c->gdb_args = p;
            break;
        }
        if (!(arg[0] == '-' && arg[1] ? take_option(c, arg, &p) : take_file(c, arg)))
            return false;
        if (c->done)
            return true;
    }
    return finish(c);
}

/* Appends text from column 32 on, broken at blanks. */
static void put_wrapped(struct buf *out, const char *text, size_t column)
{
    const size_t indent = 32, width = 100;
    for (bool first = true; *text;) {
        size_t n = strcspn(text, " ");
        if (!first && column + 1 + n > width) {
            buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        buf_printf(out, "%s%.*s", first ? "" : " ", (int)n, text);
        column += n + !first;
        first = false;
        text += n + strspn(text + n, " ");
    }
    buf_put_u8(out, '\n');
}

void cli_options_help(enum cli_style style, struct buf *out)
{
    for (const struct option *o = options; o < options + ARRAY_SIZE(options); o++) {
        char usage[80];
        if (!(o->styles & style))
            continue;
        int n = snprintf(usage, sizeof(usage), "  -%s%s%s%s%s", o->name, o->alias ? ", -" : "",
                         o->alias ? o->alias : "", o->arg ? " " : "", o->arg ? o->arg : "");
        if (n < 31)
            buf_printf(out, "%-32s", usage);
        else
            buf_printf(out, "%s\n%32s", usage, "");
        put_wrapped(out, o->help, 32);
    }
}

void cli_init(struct cli *c, enum cli_style style)
{
    *c = (struct cli){.style = style, .to = NEVER, .at = NEVER};
    config_init(&c->config);
}

void cli_fini(struct cli *c)
{
    config_fini(&c->config);
    free(c->file);
    free(c->file2);
    free(c->disk_id);
    cli_nets_fini(c);
    cli_chardevs_fini(c);
    cli_semihosting_fini(c);
    for (unsigned i = 0; i < c->n_serial; i++)
        free(c->serial[i]);
    for (unsigned i = 0; i < c->n_audiodev; i++)
        free(c->audiodev[i]);
    free(c->watchdog_action);
    free(c->monitor);
    free(c->vnc);
    free(c->dumpdtb);
    for (unsigned i = 0; i < c->n_qmp; i++)
        free(c->qmp[i]);
    free(c->rrsnapshot);
    free(c->dump_sources);
    for (unsigned i = 0; i < c->n_moved; i++)
        free(c->moved[i]);
    free(c->gdb);
}
