/* cli_verbs.c - the verbs, and QEMU's way of calling the program */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/accel.h"
#include "emu/check.h"
#include "emu/cli.h"
#include "emu/log.h"

struct verb {
    const char *name, *usage, *help;
    enum cli_style style;
    enum cli_mode mode;
    int (*run)(struct cli *c);
};

static const struct verb verbs[] = {
    {"run", "[machine options]", "run", CLI_RUN, MODE_RUN, cli_run},
    {"record", "-o FILE [machine options]", "run and record", CLI_RECORD, MODE_RECORD, cli_run},
    {"replay", "FILE [-s | -gdb ADDRESS] [-S]", "replay; the machine's options come from FILE",
     CLI_REPLAY, MODE_REPLAY, cli_run},
    {"debug", "FILE [-- gdb arguments]", "replay with gdb already connected", CLI_DEBUG,
     MODE_REPLAY, cli_run},
    {"info", "FILE", "machine, length, events, snapshots, complete or cut short", CLI_INFO,
     MODE_REPLAY, cli_info},
    {"dump", "FILE [FILE2] [-source NAME,...]",
     "the log, event by event; of two, the first event that differs", CLI_DUMP, MODE_REPLAY,
     cli_dump},
    {"verify", "FILE", "replay at full speed, checking every digest", CLI_VERIFY, MODE_REPLAY,
     cli_verify},
    {"disk", "FILE --at N -o IMAGE", "a disk as it was at step N, as a new qcow2 image", CLI_DISK,
     MODE_REPLAY, cli_disk},
    {"pcap", "FILE -o CAPTURE", "the frames of a network card, as a capture file", CLI_PCAP,
     MODE_REPLAY, cli_pcap},
    {"diff", "A B", "the first difference between two recordings, in words", CLI_DIFF, MODE_REPLAY,
     cli_diff},
};

#define LINK_PREFIX "hindsight-system-"

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        if (!strcmp(verbs[i].name, name))
            return &verbs[i];
    return NULL;
}

static void put_verbs(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
        buf_printf(out, "  hindsight %-7s%-34s%s\n", verbs[i].name, verbs[i].usage, verbs[i].help);
}

void cli_help(struct buf *out, enum cli_style style)
{
    const unsigned all = CLI_RUN | CLI_RECORD | CLI_REPLAY | CLI_DEBUG | CLI_DUMP | CLI_DISK | CLI_PCAP;

    if (style == CLI_QEMU) {
        buf_printf(out, "Usage: " LINK_PREFIX "x86_64|" LINK_PREFIX "i386|" LINK_PREFIX "arm [options]\n\n"
                   "Takes QEMU's command line; guests run backwards.\n\nOptions:\n");
        cli_options_help(style, out);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (verbs[i].style != style)
            continue;
        buf_printf(out, "Usage: hindsight %s %s\n\n%s\n\nOptions:\n", verbs[i].name, verbs[i].usage,
                   verbs[i].help);
        cli_options_help(style, out);
        return;
    }
    buf_printf(out, "Hindsight " HINDSIGHT_VERSION
                    ": a whole-system emulator whose guests run backwards in gdb.\n\n");
    put_verbs(out);
    buf_printf(out,
               "\n" LINK_PREFIX "x86_64, " LINK_PREFIX "i386 and " LINK_PREFIX "arm take QEMU's command line instead.\n"
               "`hindsight VERB --help` lists a verb's options. All of them:\n\n");
    cli_options_help(all, out);
}

static int usage(const char *what)
{
    struct buf out = {0};

    if (what && strcmp(what, "help") && strcmp(what, "--help") && strcmp(what, "-help") &&
        strcmp(what, "-h")) {
        error_report("%s: there is no such verb; `hindsight --help` lists them", what);
        return 2;
    }
    if (!what)
        put_verbs(&out);
    else
        cli_help(&out, 0);
    fputs(buf_cstr(&out), what ? stdout : stderr);
    buf_fini(&out);
    return what ? 0 : 2;
}

static int run_verb(const struct verb *v, const char *arch, int argc, char **argv)
{
    struct cli c;
    int code = 2;

    cli_init(&c, v->style);
    c.mode = v->mode;
    if (arch) {
        free(c.config.arch);
        c.config.arch = xstrdup(arch);
    }
    if (cli_parse(&c, argc, argv))
        code = c.done ? 0 : v->run(&c);
    cli_fini(&c);
    return code;
}

/* A standard stream that is closed would have its place taken by the next file that is opened. */
static void fill_standard_streams(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int cli_main(int argc, char **argv)
{
    static const struct verb qemu = {.style = CLI_QEMU, .mode = MODE_RUN, .run = cli_run};
    const char *slash = argc ? strrchr(argv[0], '/') : NULL;
    const char *name = slash ? slash + 1 : argc ? argv[0] : "";
    const char *spec = getenv("HINDSIGHT_LOG"), *accel = getenv("HINDSIGHT_ACCEL");
    struct accel unused;
    char why[LOG_WHY_MAX];

    fill_standard_streams();
    if (spec && !log_configure(spec, why)) {
        error_report("HINDSIGHT_LOG: %s", why);
        return 2;
    }
    if (accel && !accel_parse("HINDSIGHT_ACCEL", accel, &unused))
        return 2;
    if (!strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX))) {
        const char *arch = name + strlen(LINK_PREFIX);
        if (!cli_arch_known(arch)) {
            error_report("%s: there is no system of that name; use " LINK_PREFIX
                         "x86_64, " LINK_PREFIX "i386 or " LINK_PREFIX "arm",
                         name);
            return 2;
        }
        return run_verb(&qemu, arch, argc - 1, argv + 1);
    }
    if (argc < 2)
        return usage(NULL);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-version") ||
        !strcmp(argv[1], "version")) {
        printf("hindsight %s\n", HINDSIGHT_VERSION);
        return 0;
    }
    const struct verb *v = find_verb(argv[1]);
    return v ? run_verb(v, NULL, argc - 2, argv + 2) : usage(argv[1]);
}
