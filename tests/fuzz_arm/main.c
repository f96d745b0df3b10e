/* main.c - random Arm code: our engines against each other and against qemu-arm */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "emu/check.h"
#include "fuzz_arm.h"

#define CPSR_COMPARED 0xfe0fde20u /* all but J, A, I, F, M */

struct options {
    u64 seed, instructions, seconds, first;
    unsigned kinds, length;
    const char *runner, *qemu;
    unsigned thumb; /* 0: A32, 1: T32, 2: both */
    bool only;
    const char *scan;
};

static void usage(FILE *to)
{
    fputs("usage: fuzz_arm [options]\n"
          "  --runner FILE      tests/fuzz_arm/runner.c built for Arm; without: only our engines "
          "are compared\n"
          "  --qemu FILE        qemu-arm (default: from PATH)\n"
          "  --seed N|random    --seconds N   --instructions N\n"
          "  --mode a32|t32|both   --kinds integer,vfp,neon\n"
          "  --length N         instructions in a case, at most (default 40)\n"
          "  --case N           only this case, shown\n"
          "  --scan t16|t32|a32 instructions of any bits: which are undefined (--instructions: how many)\n",
          to);
}

static unsigned parse_kinds(const char *s)
{
    return (strstr(s, "integer") ? GEN_INTEGER : 0) | (strstr(s, "vfp") ? GEN_VFP : 0) |
           (strstr(s, "neon") ? GEN_NEON : 0);
}

static void parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){.seed = 1,
                          .kinds = GEN_INTEGER | GEN_VFP | GEN_NEON,
                          .qemu = "qemu-arm",
                          .thumb = 2,
                          .length = 40,
                          .instructions = 200000};
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(a, "--help"))
            usage(stdout), exit(0);
        if (!v)
            usage(stderr), exit(2);
        if (!strcmp(a, "--runner"))
            o->runner = v;
        else if (!strcmp(a, "--qemu"))
            o->qemu = v;
        else if (!strcmp(a, "--seed"))
            o->seed =
                strcmp(v, "random") ? strtoull(v, NULL, 0) : (u64)time(NULL) * 1000 + getpid();
        else if (!strcmp(a, "--seconds"))
            o->seconds = strtoull(v, NULL, 0), o->instructions = UINT64_MAX;
        else if (!strcmp(a, "--instructions"))
            o->instructions = strtoull(v, NULL, 0);
        else if (!strcmp(a, "--kinds"))
            o->kinds = parse_kinds(v);
        else if (!strcmp(a, "--mode"))
            o->thumb = !strcmp(v, "a32") ? 0 : !strcmp(v, "t32") ? 1 : 2;
        else if (!strcmp(a, "--length"))
            o->length = (unsigned)strtoul(v, NULL, 0);
        else if (!strcmp(a, "--scan"))
            o->scan = v;
        else if (!strcmp(a, "--case"))
            o->first = strtoull(v, NULL, 0), o->only = true;
        else
            usage(stderr), exit(2);
        i++;
    }
}

/* ---- comparing ---- */

static bool same(const struct case_result *a, const struct case_result *b)
{
    return !memcmp(a->out.r, b->out.r, sizeof(a->out.r)) &&
           !memcmp(a->out.d, b->out.d, sizeof(a->out.d)) &&
           !((a->out.cpsr ^ b->out.cpsr) & CPSR_COMPARED) && a->out.fpscr == b->out.fpscr &&
           a->out.signal == b->out.signal && !memcmp(a->window, b->window, sizeof(a->window));
}

static void show_case(const struct arm_case *c)
{
    printf("  in:");
    for (unsigned i = 0; i < 16; i++)
        printf(" r%u=%08x", i, c->in.r[i]);
    printf(" cpsr=%08x fpscr=%08x\n  code:", c->in.cpsr, c->in.fpscr);
    for (unsigned i = 0; i < c->code_bytes; i++)
        printf("%s%02x", i % 4 ? "" : " ", c->code[i]);
    printf("\n");
}

static void show_difference(const char *name, const char *other, const struct case_result *a,
                            const struct case_result *b)
{
    for (unsigned i = 0; i < 16; i++)
        if (a->out.r[i] != b->out.r[i])
            printf("  r%u: %s %08x, %s %08x\n", i, name, a->out.r[i], other, b->out.r[i]);
    if ((a->out.cpsr ^ b->out.cpsr) & CPSR_COMPARED)
        printf("  cpsr: %s %08x, %s %08x\n", name, a->out.cpsr, other, b->out.cpsr);
    if (a->out.fpscr != b->out.fpscr)
        printf("  fpscr: %s %08x, %s %08x\n", name, a->out.fpscr, other, b->out.fpscr);
    if (a->out.signal != b->out.signal)
        printf("  signal: %s %u, %s %u\n", name, a->out.signal, other, b->out.signal);
    for (unsigned i = 0; i < 32; i++)
        if (a->out.d[i] != b->out.d[i])
            printf("  d%u: %s %016" PRIx64 ", %s %016" PRIx64 "\n", i, name, a->out.d[i], other,
                   b->out.d[i]);
    for (unsigned i = 0; i < CASE_COMPARED; i++)
        if (a->window[i] != b->window[i])
            printf("  memory %+d: %s %02x, %s %02x\n", (int)i - CASE_COMPARED / 2, name,
                   a->window[i], other, b->window[i]);
}

/* ---- under qemu-arm ---- */

static bool run_qemu(const struct options *o, const struct arm_case *cases, u32 n,
                     struct case_result *out)
{
    char in[] = "/tmp/fuzz_arm-XXXXXX", res[] = "/tmp/fuzz_arm-XXXXXX";
    int a = mkstemp(in), b = mkstemp(res);
    CHECK(a >= 0 && b >= 0);
    CHECK(write(a, cases, (n + CASE_PADDING) * sizeof(*cases)) ==
          (ssize_t)((n + CASE_PADDING) * sizeof(*cases)));
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        execlp(o->qemu, o->qemu, "-cpu", "cortex-a15", o->runner, in, res, (char *)NULL);
        perror(o->qemu);
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    bool ok = WIFEXITED(status) && !WEXITSTATUS(status) &&
              read(b, out, n * sizeof(*out)) == (ssize_t)(n * sizeof(*out));
    close(a);
    close(b);
    unlink(in);
    unlink(res);
    if (!ok)
        fprintf(stderr, "%s %s failed (status %#x)\n", o->qemu, o->runner, status);
    return ok;
}

/* ---- all ---- */

static const struct { const char *name, *accel; unsigned max_insns; } engines[] = {
    {"interp", "interp", 0}, {"jit", "jit,warm=1", 0}, {"jit-1", "jit,warm=1", 1}};

struct totals {
    u64 cases, steps, against_qemu, differences;
};

static void batch(const struct options *o, struct gen *g, struct ours *const *ours, u32 first,
                  u32 n, struct totals *t)
{
    static struct arm_case cases[CASE_BATCH + CASE_PADDING];
    static struct case_result theirs[CASE_BATCH];
    bool have = false;

    for (u32 i = 0; i < n; i++) {
        bool thumb = o->thumb == 2 ? (first + i) & 1 : o->thumb;
        gen_case(g, o->seed, first + i, thumb, &cases[i]);
        cases[i].in.r[15] = CASE_BASE + (u32)((u8 *)&cases[i].code - (u8 *)cases);
    }
    if (o->runner && !(have = run_qemu(o, cases, n, theirs)))
        exit(2);
    for (unsigned e = 0; e < ARRAY_SIZE(engines); e++)
        ours_load(ours[e], cases, n + CASE_PADDING);
    for (u32 i = 0; i < n; i++) {
        struct case_result r[ARRAY_SIZE(engines)];
        u64 steps[ARRAY_SIZE(engines)];
        const char *bad = NULL, *other = NULL;
        const struct case_result *x = NULL, *y = NULL;
        for (unsigned e = 0; e < ARRAY_SIZE(engines); e++) {
            ours_run(ours[e], i, &r[e], &steps[e]);
            if (!bad && e && (!same(&r[0], &r[e]) || steps[0] != steps[e]))
                bad = engines[e].name, other = engines[0].name, x = &r[e], y = &r[0];
        }
        if (!bad && have && !same(&r[0], &theirs[i]))
            bad = engines[0].name, other = "qemu-arm", x = &r[0], y = &theirs[i];
        t->cases++;
        t->steps += steps[0];
        t->against_qemu += have ? steps[0] : 0;
        if (bad || o->only) {
            printf("case %u (seed %" PRIu64 "), %s: %" PRIu64 " steps\n", first + i, o->seed,
                   cases[i].in.cpsr & 0x20 ? "T32" : "A32", steps[0]);
            show_case(&cases[i]);
        }
        if (bad) {
            show_difference(bad, other, x, y);
            t->differences++;
        }
    }
}

static bool run_scanned(const void *options, const struct arm_case *cases, u32 n, struct case_result *out)
{
    return run_qemu(options, cases, n, out);
}

static int scan_all(const struct options *o, struct ours *ours)
{
    enum scan_set set = !strcmp(o->scan, "t16") ? SCAN_T16 : !strcmp(o->scan, "t32") ? SCAN_T32 : SCAN_A32;
    if (!o->runner)
        usage(stderr), exit(2);
    u64 n = scan(set, o->seed, o->instructions, ours, run_scanned, o);
    printf("seed %" PRIu64 ": %s: %" PRIu64 " differences\n", o->seed, o->scan, n);
    return n != 0;
}

int main(int argc, char **argv)
{
    struct options o;
    struct ours *ours[ARRAY_SIZE(engines)];
    struct totals t = {0};
    time_t start = time(NULL);

    parse(&o, argc, argv);
    struct gen *g = gen_new(o.kinds, o.length);
    for (unsigned e = 0; e < ARRAY_SIZE(engines); e++)
        ours[e] = ours_new(engines[e].accel, engines[e].max_insns);
    if (o.scan)
        return scan_all(&o, ours[0]);
    if (o.only)
        batch(&o, g, ours, (u32)o.first, 1, &t);
    for (u32 first = 0; !o.only && t.steps < o.instructions && t.differences < 10;
         first += CASE_BATCH) {
        if (o.seconds && (u64)(time(NULL) - start) >= o.seconds)
            break;
        batch(&o, g, ours, first, CASE_BATCH, &t);
    }
    printf("seed %" PRIu64 ": %" PRIu64 " cases, %" PRIu64 " instructions, %" PRIu64
           " compared with qemu-arm, %" PRIu64 " differences\n",
           o.seed, t.cases, t.steps, t.against_qemu, t.differences);
    for (unsigned e = 0; e < ARRAY_SIZE(engines); e++) {
        printf("%s: %" PRIu64 " blocks compiled\n", engines[e].name, ours_compiled(ours[e]));
        CHECK(!e || !t.cases || ours_compiled(ours[e])); /* otherwise only the interpreter was tried */
        ours_delete(ours[e]);
    }
    gen_delete(g);
    return t.differences ? 1 : 0;
}
