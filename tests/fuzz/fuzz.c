/* fuzz.c - random code on every variant of the engine and on the host: run, compare, reduce, report
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arch/x86/cpu.h"
#include "emu/check.h"
#include "emu/log.h"
#include "fuzz.h"

/* The first is the reference; the last is run for some cases only. */
static const struct variant variants[] = {
    {"interp", "interp", 0, false},
    {"jit", "jit,warm=1", 0, false},
    {"jit, blocks of one instruction", "jit,warm=1", 1, false},
    {"jit, regions", "jit,warm=1,heat=2", 0, false},
    {"jit, disturbed", "jit,warm=2,heat=6", 0, true},
    {"interp, blocks of one instruction", "interp", 1, false},
};
#define N_VARIANTS ARRAY_SIZE(variants)
#define N_OFTEN (N_VARIANTS - 1)

struct options {
    u64 seed, instructions, first, only_case;
    double seconds;
    bool have_case, modes[FUZZ_MODES], host, quiet;
};

struct totals {
    u64 cases, raw, steps, host_cases, host_steps, faults, endless;
};

struct fuzz {
    const struct options *o;
    struct ours *ours[N_VARIANTS];
    struct fuzz_case *c;
    struct fuzz_state *ref, *other, *native;
    bool host_can[FUZZ_MODES];
    struct totals totals[FUZZ_MODES];
};

static const char *const mode_names[] = {"16", "32", "64", "system"};

/* ---- crashes ---- */

#define TICKS_MAX 60 /* half seconds for one case */

static struct {
    const struct fuzz_case *c;
    u64 number, ticks;
} running; /* for signal handlers */

/* What a crash or a hang has to be reported with. */
static void on_bug(int sig)
{
    const struct fuzz_case *c = running.c;

    if (sig == SIGALRM) {
        running.ticks = running.number == c->number ? running.ticks + 1 : 0;
        running.number = c->number;
        if (running.ticks < TICKS_MAX)
            return;
    }
    fprintf(stderr, "\n%s: --seed %" PRIu64 " --mode %s --case %" PRIu64 "\n",
            sig == SIGALRM ? "HANGS" : "CRASHED", c->seed, mode_names[c->mode], c->number);
    signal(SIGABRT, SIG_DFL);
    abort();
}

/* ---- the host ---- */

static bool differ(FILE *out, const char *what, u64 host, u64 ours)
{
    if (host == ours)
        return false;
    if (out)
        fprintf(out, "    %-8s host %016" PRIx64 "  ours %016" PRIx64 "  xor %" PRIx64 "\n", what,
                host, ours, host ^ ours);
    return true;
}

static bool differ_bytes(FILE *out, const char *what, const u8 *a, const u8 *b, unsigned n)
{
    unsigned shown = 0;

    if (!memcmp(a, b, n))
        return false;
    for (unsigned i = 0; out && i < n && shown < 16; i++)
        if (a[i] != b[i] && ++shown)
            fprintf(out, "    %s+%#x  host %02x  ours %02x\n", what, i, a[i], b[i]);
    return true;
}

static u64 fx_word(const struct fuzz_state *s, unsigned at, unsigned n)
{
    u64 v = 0;
    memcpy(&v, s->fx + at, n);
    return v;
}

static bool fx_differ(FILE *out, const struct fuzz_state *a, const struct fuzz_state *b,
                      bool code64)
{
    static const struct {
        const char *name;
        u8 at, n;
    } words[] = {{"fcw", 0, 2}, {"fsw", 2, 2}, {"ftw", 4, 1}, {"mxcsr", 24, 4}};
    char name[16];
    bool d = false;

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        d |= differ(out, words[i].name, fx_word(a, words[i].at, words[i].n),
                    fx_word(b, words[i].at, words[i].n));
    for (unsigned i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "st%u%s", i / 2, i & 1 ? ".exp" : "");
        d |= differ(out, name, fx_word(a, 32 + 8 * i, i & 1 ? 2 : 8),
                    fx_word(b, 32 + 8 * i, i & 1 ? 2 : 8));
    }
    for (unsigned i = 0; i < (code64 ? 32u : 16u); i++) {
        snprintf(name, sizeof(name), "xmm%u.%s", i / 2, i & 1 ? "hi" : "lo");
        d |= differ(out, name, fx_word(a, 160 + 8 * i, 8), fx_word(b, 160 + 8 * i, 8));
    }
    return d;
}

/* A read-modify-write over the end of the read-only page: the host's finds that it is read-only
 * before it finds that there is no next one. */
static bool page_or_next(const struct fuzz_state *host, const struct fuzz_state *ours)
{
    const u64 end = FUZZ_WINDOW + FUZZ_WINDOW_SIZE;
    return host->address > end - 16 && host->address < end && ours->address == end;
}

/* Both are right: misaligned, and beyond the stack's end as well; over the end of the 4 GiB. */
static bool either_fault(const struct fuzz_case *c, const struct fuzz_state *host,
                         const struct fuzz_state *ours)
{
    bool host_limit = host->vector == EXC_GP || host->vector == EXC_SS;
    bool our_limit = ours->vector == EXC_GP || ours->vector == EXC_SS;

    if (host_limit && our_limit)
        return true;
    if (c->mode ==
        FUZZ_16) /* an FSTP of 10 bytes is made as two stores, the first to the read-only page */
        return our_limit && host->vector == EXC_PF &&
               host->address >= FUZZ_WINDOW + FUZZ_WINDOW_SIZE - 16;
    return c->mode == FUZZ_32 && host_limit && ours->vector == EXC_PF &&
           (u32)(ours->address + 0x200) < 0x200;
}

static bool host_differs(FILE *out, const struct fuzz_case *c, const struct fuzz_state *a,
                         const struct fuzz_state *b, u32 undefined)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    u64 flags = (FL_ARITH | FL_DF) & ~undefined, mask = c->mode >= FUZZ_64 ? ~(u64)0 : 0xffffffff;
    bool d = !either_fault(c, a, b) && differ(out, "vector", a->vector, b->vector);

    if (a->vector == EXC_PF && b->vector == EXC_PF && !d && !page_or_next(a, b)) {
        d |= differ(out, "address", a->address, b->address);
        if (a->address >> 47 == 0) /* of its own addresses the host's kernel says nothing */
            d |= differ(out, "error", a->error, b->error);
    }
    d |= differ(out, "pc", a->pc, b->pc);
    d |= differ(out, "flags", a->rflags & flags, b->rflags & flags);
    for (unsigned i = 0; i < (c->mode >= FUZZ_64 ? 16u : 8u); i++)
        d |= differ(out, names[i], a->gpr[i] & mask, b->gpr[i] & mask);
    d |= fx_differ(out, a, b, c->mode == FUZZ_64);
    d |= differ_bytes(out, "window", a->window, b->window, FUZZ_WINDOW_SIZE);
    return d | differ_bytes(out, "code", a->code, b->code, FUZZ_CODE_SIZE);
}

/* Is this case to be compared with the host? */
static bool comparable(struct fuzz *f, u32 *undefined)
{
    const struct fuzz_case *c = f->c;

    *undefined = 0;
    if (!c->host || !f->host_can[c->mode] || f->ref->vector == FUZZ_END_LIMIT ||
        f->ref->vector >= FUZZ_END_TRAP)
        return false;
    return !c->raw || ours_trace(f->ours[N_VARIANTS - 1], c, f->ref->steps, undefined);
}

/* ---- one case ---- */

enum { RIGHT = -1, HOST = N_VARIANTS };

/* Which variant is wrong: its number, HOST or RIGHT. `only`: look at no other; out: say how. */
static int run_case(struct fuzz *f, int only, FILE *out)
{
    struct fuzz_case *c = f->c;
    struct rng r = {c->seed + c->number};
    u64 cut = rng_one_in(&r, 3) ? 1 + rng_below(&r, 30) : 1 + rng_below(&r, 1000);
    u32 undefined;

    ours_run(f->ours[0], c, cut, f->ref);
    for (unsigned i = 1; i < N_VARIANTS; i++) {
        if (only != RIGHT ? only != (int)i : i >= N_OFTEN && c->number % 8)
            continue;
        ours_run(f->ours[i], c, variants[i].disturbed ? cut : 0, f->other);
        if (ours_differ(f->ours[0], f->ours[i], out))
            return (int)i;
    }
    if ((only != RIGHT && only != HOST) || !comparable(f, &undefined))
        return RIGHT;
    host_run(c, f->native);
    if (!host_differs(NULL, c, f->native, f->ref, undefined))
        return RIGHT;
    /* Where a case went astray (a return address overwritten), it may have come upon anything. */
    if (!c->raw && !ours_trace(f->ours[N_VARIANTS - 1], c, f->ref->steps, &undefined))
        return RIGHT;
    return host_differs(out, c, f->native, f->ref, undefined) ? HOST : RIGHT;
}

static void new_engines(struct fuzz *f)
{
    for (unsigned i = 0; i < N_VARIANTS; i++) {
        if (f->ours[i])
            ours_delete(f->ours[i]);
        f->ours[i] = ours_new(&variants[i]);
    }
}

static bool still_wrong(struct fuzz *f, int who)
{
    new_engines(f);
    gen_lay_out(f->c);
    return run_case(f, who, NULL) == who;
}

/* Leaves out what can be left out: halves, quarters, ... single items. */
static void reduce(struct fuzz *f, int who)
{
    struct fuzz_case *c = f->c;

    for (unsigned size = c->n / 2; size >= 1; size /= 2) {
        for (unsigned from = 0; from < c->n; from += size) {
            bool was[FUZZ_MAX_ITEMS], changed = false;
            for (unsigned i = from; i < MIN(from + size, c->n); i++) {
                was[i] = c->item[i].gone;
                changed |= !was[i] && !c->item[i].keep;
                c->item[i].gone |= !c->item[i].keep;
            }
            if (changed && !still_wrong(f, who))
                for (unsigned i = from; i < MIN(from + size, c->n); i++)
                    c->item[i].gone = was[i];
        }
    }
    gen_lay_out(c);
}

static const char *who_name(int who)
{
    return who == HOST ? "the host" : variants[who].name;
}

static void print_start(const struct fuzz_case *c, FILE *out)
{
    fprintf(out, "  at the start:");
    for (unsigned i = 0; i < (c->mode >= FUZZ_64 ? 16u : 8u); i++)
        fprintf(out, " %" PRIx64, c->in.gpr[i]);
    fprintf(out, ", flags %" PRIx64 ", pc %" PRIx64 ", fcw %" PRIx64 ", mxcsr %" PRIx64 "\n",
            c->in.rflags, c->in.pc, fx_word(&c->in, 0, 2), fx_word(&c->in, 24, 4));
}

static void report(struct fuzz *f, int who)
{
    struct fuzz_case *c = f->c;
    FILE *out = stderr;

    fprintf(out, "\nMISMATCH of %s with %s: --seed %" PRIu64 " --mode %s --case %" PRIu64 "\n",
            who_name(who), variants[0].name, c->seed, mode_names[c->mode], c->number);
    fprintf(out, "  (%s; first ours or the host's, then the variant's)\n",
            c->raw ? "random bytes" : "structured");
    run_case(f, who, out);
    if (!still_wrong(f, who)) {
        fprintf(
            out,
            "  it does not show with engines that are new: run from an earlier case (--first)\n");
        return;
    }
    reduce(f, who);
    fprintf(out, "  reduced to:\n");
    ours_disassemble(f->ours[0], c, out);
    print_start(c, out);
    new_engines(f);
    run_case(f, who, out);
    fprintf(out,
            "  ended by vector %#x (error %x, address %" PRIx64 ") at %" PRIx64 " after %" PRIu64
            " steps\n",
            f->ref->vector, f->ref->error, f->ref->address, f->ref->pc, f->ref->steps);
    if (who == HOST)
        fprintf(out, "  the host by vector %#x (error %x, address %" PRIx64 ") at %" PRIx64 "\n",
                f->native->vector, f->native->error, f->native->address, f->native->pc);
}

/* ---- many ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(struct fuzz *f)
{
    struct totals *t = &f->totals[f->c->mode];
    u32 undefined;

    t->cases++;
    t->raw += f->c->raw;
    t->steps += f->ref->steps;
    t->faults += f->ref->vector != EXC_UD;
    t->endless += f->ref->vector == FUZZ_END_LIMIT;
    if (comparable(f, &undefined)) {
        t->host_cases++;
        t->host_steps += f->ref->steps;
    }
}

static bool one_case(struct fuzz *f, u64 number, enum fuzz_mode mode)
{
    gen_case(f->c, f->o->seed, number, mode);
    int who = run_case(f, RIGHT, NULL);
    if (who == RIGHT) {
        count(f);
        return true;
    }
    report(f, who);
    return false;
}

static void print_totals(const struct fuzz *f, double took)
{
    for (unsigned i = 0; i < FUZZ_MODES; i++) {
        const struct totals *t = &f->totals[i];
        if (t->cases)
            printf("%s: %" PRIu64 " instructions in %" PRIu64 " cases (%" PRIu64
                   " of random bytes), %" PRIu64 " ended by a fault, %" PRIu64
                   " endless; with the host: %" PRIu64 " instructions in %" PRIu64 " cases\n",
                   mode_names[i], t->steps, t->cases, t->raw, t->faults, t->endless, t->host_steps,
                   t->host_cases);
    }
    for (unsigned i = 0; i < N_VARIANTS; i++)
        ours_print_stats(f->ours[i]);
    printf("no mismatch; %.1f s\n", took);
}

static bool enough(const struct fuzz *f, double started)
{
    const struct options *o = f->o;
    bool all = o->instructions != 0;

    for (unsigned i = 0; i < FUZZ_MODES; i++) {
        u64 done = f->host_can[i] ? f->totals[i].host_steps : f->totals[i].steps;
        if (o->modes[i] && done < o->instructions)
            all = false;
    }
    return all || (o->seconds > 0 && now() - started > o->seconds);
}

static bool run(struct fuzz *f)
{
    const struct options *o = f->o;
    double started = now();

    for (u64 n = o->have_case ? o->only_case : o->first;; n++) {
        for (unsigned m = 0; m < FUZZ_MODES; m++)
            if (o->modes[m] && !one_case(f, n, (enum fuzz_mode)m))
                return false;
        if (o->have_case || enough(f, started))
            break;
        if (!o->quiet && isatty(1) && n % 1024 == 0)
            printf("%" PRIu64 " cases\r", n), fflush(stdout);
    }
    print_totals(f, now() - started);
    return true;
}

/* ---- the command line ---- */

static int usage(void)
{
    fprintf(stderr,
            "fuzz [--seed N] [--mode 16|32|64|system] [--instructions N (compared with the host, "
            "in each mode)]\n"
            "     [--seconds N] [--first CASE] [--case CASE] [--no-host]\n");
    return 2;
}

static bool parse_mode(struct options *o, const char *text)
{
    for (unsigned i = 0; i < FUZZ_MODES; i++)
        if (!strcmp(text, mode_names[i]))
            return o->modes[i] = true;
    return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
    bool some_mode = false;

    for (int i = 1; i < argc; i++) {
        const char *v = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--no-host")) {
            o->host = false;
            continue;
        }
        u64 n = strtoull(v, NULL, 0);
        if (!strcmp(argv[i], "--seed"))
            o->seed = strcmp(v, "random") ? n : (u64)time(NULL) * 100000 + (u64)getpid();
        else if (!strcmp(argv[i], "--mode") && parse_mode(o, v))
            some_mode = true;
        else if (!strcmp(argv[i], "--instructions"))
            o->instructions = n;
        else if (!strcmp(argv[i], "--seconds"))
            o->seconds = atof(v);
        else if (!strcmp(argv[i], "--first"))
            o->first = n;
        else if (!strcmp(argv[i], "--case"))
            o->only_case = n, o->have_case = true;
        else
            return false;
        i++;
    }
    for (unsigned m = 0; m < FUZZ_MODES && !some_mode; m++)
        o->modes[m] = true;
    return true;
}

static void start_host(struct fuzz *f)
{
    const char *why = f->o->host ? host_start(on_bug) : "--no-host";

    for (unsigned m = 0; m < FUZZ_MODES; m++) {
        const char *not = m == FUZZ_SYSTEM ? "it is not user mode"
                          : why            ? why
                                           : host_cannot((enum fuzz_mode)m);
        f->host_can[m] = !not ;
        if (not &&f->o->modes[m])
            printf("%s code is NOT compared with the host: %s\n", mode_names[m], not );
    }
}

int main(int argc, char **argv)
{
    struct options o = {.seed = 1, .host = true};

    if (!parse(&o, argc, argv))
        return usage();
    if (!o.instructions && !(o.seconds > 0))
        o.instructions = 100000;
    struct fuzz *f = xcalloc(1, sizeof(*f));
    f->o = &o;
    f->c = aligned_alloc(16, (sizeof(*f->c) + 15) & ~(size_t)15);
    struct fuzz_state **states[] = {&f->ref, &f->other, &f->native};
    for (unsigned i = 0; i < ARRAY_SIZE(states); i++)
        *states[i] = aligned_alloc(16, (sizeof(struct fuzz_state) + 15) & ~(size_t)15);
    char why[LOG_WHY_MAX];
    CHECK(log_configure("*:error", why)); /* guests that shut down are no news */
    printf("seed %" PRIu64 "\n", o.seed);
    fflush(stdout);
    gen_start();
    running.c = f->c;
    signal(SIGABRT, on_bug);
    start_host(f);
    new_engines(f);
    bool good = run(f);
    for (unsigned i = 0; i < N_VARIANTS; i++)
        ours_delete(f->ours[i]);
    for (unsigned i = 0; i < ARRAY_SIZE(states); i++)
        free(*states[i]);
    free(f->c);
    free(f);
    return good ? 0 : 1;
}
