/* cli_machine.c - build the machine of a configuration: the lists of architectures and boards */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "arch/arm/arm.h"
#include "arch/x86/x86.h"
#include "emu/cli.h"
#include "emu/log.h"
#include "hw/pc.h"
#include "hw/vexpress.h"
#include "hw/virt.h"

struct cli_arch {
    const char *name;
    const char *family; /* of boards */
    const char *default_cpu, *default_board;
    struct cpu *(*cpu_new)(const char *model);
};

static struct cpu *new_x86_64(const char *model)
{
    return x86_cpu_new(model, true);
}

static struct cpu *new_i386(const char *model)
{
    return x86_cpu_new(model, false);
}

static const struct cli_arch arches[] = {
    {"x86_64", "x86", "qemu64", "pc", new_x86_64},
    {"i386", "x86", "qemu32", "pc", new_i386},
    {"arm", "arm", "cortex-a15", "virt", arm_cpu_new},
};

struct cli_board {
    const char *name, *family, *help;
    const char *cpu; /* if it is not the architecture's usual one */
    const char *nic; /* of -nic without a model, as QEMU has it */
    bool (*build)(struct machine *m);
};

static const struct cli_board boards[] = {
    {"pc", "x86", "a PC with the i440FX chipset (default)", NULL, "e1000", pc_build},
    {"virt", "arm", "a virtual Arm machine that its device tree describes (default)", NULL, "virtio-net", virt_build},
    {"vexpress-a9", "arm", "Arm Versatile Express with a Cortex-A9; needs -kernel and -dtb", "cortex-a9", "lan9118",
     vexpress_build},
};

static const struct cli_arch *find_arch(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
        if (!strcmp(arches[i].name, name))
            return &arches[i];
    return NULL;
}

static const struct cli_board *find_board(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(boards); i++)
        if (!strcmp(boards[i].name, name))
            return &boards[i];
    return NULL;
}

bool cli_arch_known(const char *arch)
{
    return find_arch(arch) != NULL;
}

const char *cli_default_board(const char *arch)
{
    const struct cli_arch *a = find_arch(arch);
    return a ? a->default_board : "";
}

bool cli_board_known(const char *board)
{
    return find_board(board) != NULL;
}

bool cli_board_check(const char *arch, const char *board)
{
    const struct cli_arch *a = find_arch(arch);
    const struct cli_board *b = find_board(board);
    return !a || !b || !strcmp(a->family, b->family) ||
           error_report("-M %s: this board is not for %s; -M help lists them", board, arch);
}

bool cli_arch_is_x86(const char *arch)
{
    const struct cli_arch *a = find_arch(arch);
    return a && !strcmp(a->family, "x86");
}

const char *cli_default_nic(const char *board)
{
    const struct cli_board *b = find_board(board);
    return b ? b->nic : "";
}

const char *cli_default_cpu(const char *arch, const char *board)
{
    const struct cli_board *b = find_board(board);
    if (b && b->cpu)
        return b->cpu;
    const struct cli_arch *a = find_arch(arch);
    return a ? a->default_cpu : "";
}

void cli_list_cpus(struct buf *out)
{
    buf_printf(out, "x86_64, i386:\n");
    x86_cpu_list(out);
    buf_printf(out, "\narm:\n");
    arm_cpu_list(out);
}

void cli_list_boards(struct buf *out)
{
    for (size_t i = 0; i < ARRAY_SIZE(boards); i++)
        buf_printf(out, "%-20s %s: %s\n", boards[i].name, boards[i].family, boards[i].help);
}

struct machine *cli_machine_new(const struct machine_config *cfg)
{
    const struct cli_arch *arch = find_arch(cfg->arch);
    const struct cli_board *board = find_board(cfg->board);

    if (!arch) {
        error_report("the recording is of an architecture that is not here: %.32s", cfg->arch);
        return NULL;
    }
    if (!board) {
        error_report("the recording is of a machine that is not here: -M %.32s", cfg->board);
        return NULL;
    }
    if (!cli_board_check(cfg->arch, cfg->board))
        return NULL;
    struct cpu *cpu = arch->cpu_new(cfg->cpu);
    if (!cpu)
        return NULL;
    struct machine *m = machine_new(cfg);
    machine_set_cpu(m, cpu);
    if (!board->build(m)) {
        machine_delete(m);
        return NULL;
    }
    machine_start(m);
    return m;
}

/* What a replay does not depend on, or has in the recording anyway. */
static bool may_differ(const char *line)
{
    static const char *const keys[] = {"name=", "no_shutdown=", "sleep=", "serials="};
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        if (!strncmp(line, keys[i], strlen(keys[i])))
            return true;
    return false;
}

/* Of a file the size and digest count, not where it is; of a drive what the guest can see. */
static size_t counted(const char *line, size_t n)
{
    static const char *const files[] = {"kernel=", "initrd=", "dtb=", "bios=", "vgabios="};
    const char *value = memchr(line, '=', n);
    if (value && !strncmp(line, "drive", 5))
        return value + 1 - line + config_drive_counted(value + 1, line + n - value - 1);
    if (value && !strncmp(line, "nets", 4))
        return value + 1 - line + config_nets_counted(value + 1, line + n - value - 1);
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        const char *comma = memchr(line, ',', n);
        if (strncmp(line, files[i], strlen(files[i])) || !comma)
            continue;
        comma = memchr(comma + 1, ',', line + n - comma - 1);
        return comma ? (size_t)(comma - line) : n;
    }
    return n;
}

static bool other_machine(const char *given, size_t n, const char *recorded, size_t k)
{
    struct buf a = {0}, b = {0};
    config_print_line(given, n, &a);
    config_print_line(recorded, k, &b);
    error_report("rr=replay: this command line is not the recorded machine's: %s; recorded was %s",
                 buf_cstr(&a), buf_cstr(&b));
    buf_fini(&a);
    buf_fini(&b);
    return false;
}

static bool same_lines(const char *a, const char *b)
{
    while (*a && *b) {
        size_t na = strcspn(a, "\n"), nb = strcspn(b, "\n");
        size_t ca = counted(a, na), cb = counted(b, nb);
        if (!may_differ(a) && (ca != cb || memcmp(a, b, ca)))
            return other_machine(a, na, b, nb);
        a += na + (a[na] == '\n');
        b += nb + (b[nb] == '\n');
    }
    return true;
}

bool cli_same_machine(const struct machine_config *given, const struct machine_config *recorded)
{
    struct buf a = {0}, b = {0};
    config_save(given, &a);
    config_save(recorded, &b);
    bool same = same_lines(buf_cstr(&a), buf_cstr(&b));
    buf_fini(&a);
    buf_fini(&b);
    return same;
}
