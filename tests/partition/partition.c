/* partition.c - run a guest with digests on the way, and compare them with another way of running
 * it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How code is cut into blocks, who executes it, breakpoints, and snapshots restored in between must
 * not show (I2, I4). One run writes a digest every so many steps to a file, others compare theirs
 * as they go. The first one that differs ends a run: then the reference and the wrong machine are
 * brought to the last good place once more, and the first bad step is sought from there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/block.h"
#include "emu/check.h"
#include "emu/cli.h"
#include "emu/machine.h"
#include "snapshot/snapshot.h"

#define MADE_MAX 65536
#define MOST_LINES 24

struct options {
    struct machine_config config;
    const char *variant, *write, *compare;
    u64 every, until;
};

struct variant {
    const char *name, *accel;
    unsigned block_insns;
    bool breaks;   /* on every tenth block that is made */
    bool restores; /* snapshots taken and restored at random places */
};

static const struct variant variants[] = {
    {"interp", "interp", 0, false, false},
    {"jit", "jit", 0, false, false},
    {"jit-heat2", "jit,warm=1,heat=2", 0, false, false},
    {"jit-one", "jit", 1, false, false},
    {"jit-breaks", "jit", 0, true, false},
    {"jit-restores", "jit", 0, false, true},
};

struct run {
    const struct options *o;
    const struct variant *v;
    struct machine_config config;
    struct machine *m;
    struct snapshot_store *store;
    u64 seed;
    u64 made[MADE_MAX]; /* where blocks were made since the last look */
    u32 n_made;
    u64 count_made;
    u32 n_brk;
    u64 stops, restored, again;
    struct stop last;
};

/* ---- breakpoints on every tenth block ---- */

static void note_made(void *opaque, const struct block *b)
{
    struct run *r = opaque;
    if (r->count_made++ % 10 == 0 && r->n_made < MADE_MAX)
        r->made[r->n_made++] = b->lpc;
}

static void set_new_breaks(struct run *r)
{
    struct watch *w = r->m->watch;

    for (u32 i = 0; i < r->n_made; i++) {
        if (watch_break_at(w, r->made[i]))
            continue;
        watch_add_break(w, r->made[i]);
        r->n_brk++;
    }
    r->n_made = 0;
}

/* ---- running ---- */

static u64 random_below(struct run *r, u64 n) /* splitmix64 */
{
    u64 z = r->seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

static struct run *run_new(const struct options *o, const struct variant *v)
{
    struct run *r = xcalloc(1, sizeof(*r));

    r->o = o;
    r->v = v;
    r->seed = 1;
    r->config = o->config; /* its strings are the options' */
    r->config.accel = (char *)v->accel;
    r->config.block_insns = v->block_insns;
    r->m = cli_machine_new(&r->config);
    if (!r->m) {
        free(r);
        return NULL;
    }
    r->store = snapshot_store_new(r->m);
    if (v->breaks) {
        r->m->engine->made = note_made;
        r->m->engine->made_opaque = r;
    }
    return r;
}

static void run_delete(struct run *r)
{
    snapshot_store_delete(r->store);
    machine_delete(r->m);
    free(r);
}

/* To step n: false if the guest ended before. */
static bool go(struct run *r, u64 n)
{
    while (r->m->clock.icount < n) {
        set_new_breaks(r);
        r->last = machine_run(r->m, n);
        if (r->last.kind == STOP_BREAK)
            r->stops++;
        else if (r->last.kind != STOP_UNTIL)
            return false;
    }
    return true;
}

/* Somewhere on the way takes a snapshot, runs on, and goes back to it. */
static bool go_with_restore(struct run *r, u64 n)
{
    u64 here = r->m->clock.icount, room = n - here;
    u64 far = random_below(r, 400) ? 2 * room : 100 * room;

    if (!go(r, here + random_below(r, room)))
        return false;
    struct snapshot *s = snapshot_take(r->store);
    u64 from = r->m->clock.icount;
    go(r, from + 1 + random_below(r, far));
    r->again += r->m->clock.icount - from;
    CHECK(snapshot_restore(s));
    snapshot_unref(s);
    r->restored++;
    return go(r, n);
}

static bool run_to(struct run *r, u64 n)
{
    if (r->v->restores && random_below(r, 8) == 0)
        return go_with_restore(r, n);
    return go(r, n);
}

/* ---- the first bad step ---- */

static void save_both(struct run *a, struct run *b, struct buf *x, struct buf *y)
{
    x->len = y->len = 0;
    machine_save(a->m, x);
    machine_save(b->m, y);
}

static void print_ram_differences(struct run *a, struct run *b)
{
    unsigned lines = 0;

    for (u32 i = 0; i < a->m->n_rams; i++) {
        const struct ram *x = a->m->ram[i], *y = b->m->ram[i];
        for (u64 at = 0; at < x->size && lines < MOST_LINES; at += PAGE_SIZE) {
            if (!memcmp(x->host + at, y->host + at, PAGE_SIZE))
                continue;
            for (u64 k = at; k < at + PAGE_SIZE && lines < MOST_LINES; k++)
                if (x->host[k] != y->host[k] && ++lines)
                    printf("    %s %#" PRIx64 ": %02x, %02x\n", x->name, k, x->host[k], y->host[k]);
        }
    }
}

static void print_differences(struct run *a, struct run *b)
{
    struct buf x = {0}, y = {0}, text = {0};

    save_both(a, b, &x, &y);
    machine_diff(a->m, &x, &y, &text, MOST_LINES);
    printf("%s", buf_cstr(&text));
    print_ram_differences(a, b);
    buf_fini(&x);
    buf_fini(&y);
    buf_fini(&text);
}

static bool same_at(struct run *a, struct run *b, struct snapshot *sa, struct snapshot *sb, u64 n)
{
    CHECK(snapshot_restore(sa) && snapshot_restore(sb));
    go(a, n);
    go(b, n);
    return machine_digest(a->m) == machine_digest(b->m);
}

/* What ends in the middle of a block is interpreted, so a fault of compiled code shows at its end.
 */
static void print_step(struct run *a, struct run *b, struct snapshot *sa, struct snapshot *sb,
                       u64 n)
{
    u8 code[16] = {0};

    same_at(a, b, sa, sb, n - 1);
    u64 pc = a->m->cpu->arch->linear_pc(a->m->cpu);
    mem_debug_read(a->m->cpu, pc, code, sizeof(code));
    printf("  the first bad step is %" PRIu64
           " or a few before it in its block, at linear address %#" PRIx64 ", bytes",
           n, pc);
    for (unsigned i = 0; i < sizeof(code); i++)
        printf(" %02x", code[i]);
    printf("\n  (%s, %s):\n", a->v->name, b->v->name);
    same_at(a, b, sa, sb, n);
    print_differences(a, b);
}

static void locate(const struct options *o, const struct variant *v, u64 good, u64 bad)
{
    struct run *a = run_new(o, &variants[0]), *b = run_new(o, v);

    CHECK(a && b);
    for (u64 n = o->every; n <= good; n += o->every) {
        run_to(b, n);
        machine_digest(b->m);
    }
    go(a, good);
    struct snapshot *sa = snapshot_take(a->store), *sb = snapshot_take(b->store);
    run_to(b, bad);
    go(a, bad);
    printf("  what differs at %" PRIu64 " (interp, %s):\n", bad, v->name);
    print_differences(a, b);
    if (same_at(a, b, sa, sb, bad)) {
        printf("  from snapshots at %" PRIu64
               " both run alike: it depends on what the engine kept\n",
               good);
    } else {
        while (bad - good > 1) {
            u64 middle = good + (bad - good) / 2;
            if (same_at(a, b, sa, sb, middle))
                good = middle;
            else
                bad = middle;
        }
        print_step(a, b, sa, sb, bad);
    }
    snapshot_unref(sa);
    snapshot_unref(sb);
    run_delete(a);
    run_delete(b);
}

/* ---- all of it ---- */

struct files {
    FILE *out, *in;
};

/* The next line of the other run's: false if it has another digest. */
static bool compare_line(FILE *in, u64 icount, u64 digest)
{
    u64 at, d;

    if (!in)
        return true;
    if (fscanf(in, "%" SCNu64 " %" SCNx64, &at, &d) != 2) {
        printf("the other run ended before %" PRIu64 "\n", icount);
        return false;
    }
    if (at == icount && d == digest)
        return true;
    printf("MISMATCH at %" PRIu64 ": %016" PRIx64 "; the other run at %" PRIu64 ": %016" PRIx64
           "\n",
           icount, digest, at, d);
    return false;
}

static bool run_all(struct run *r, struct files *f, u64 *good, u64 *n_digests)
{
    bool on = true;

    for (u64 n = r->o->every; on && n <= r->o->until; n += r->o->every) {
        on = run_to(r, n);
        u64 now = r->m->clock.icount, digest = machine_digest(r->m);
        if (f->out)
            fprintf(f->out, "%" PRIu64 " %016" PRIx64 "\n", now, digest);
        if (!compare_line(f->in, now, digest))
            return false;
        *good = now;
        ++*n_digests;
    }
    return true;
}

static bool open_files(const struct options *o, struct files *f)
{
    f->out = o->write ? fopen(o->write, "w") : NULL;
    f->in = o->compare ? fopen(o->compare, "r") : NULL;
    if ((o->write && !f->out) || (o->compare && !f->in)) {
        perror(o->write && !f->out ? o->write : o->compare);
        return false;
    }
    return true;
}

static int work(const struct options *o, const struct variant *v)
{
    struct files f;
    u64 good = 0, n = 0;
    struct run *r = run_new(o, v);

    if (!r || !open_files(o, &f))
        return 2;
    bool same = run_all(r, &f, &good, &n);
    u64 bad = r->m->clock.icount;
    printf("%s: %" PRIu64 " digests to step %" PRIu64 ", %s", v->name, n, good,
           r->last.kind == STOP_POWEROFF ? "the guest powered off" : "the guest goes on");
    if (v->breaks)
        printf("; %u breakpoints, %" PRIu64 " stops", r->n_brk, r->stops);
    if (v->restores)
        printf("; %" PRIu64 " snapshots restored, %" PRIu64 " steps run again", r->restored,
               r->again);
    printf("\n");
    fflush(stdout);
    run_delete(r);
    if (f.out && fclose(f.out))
        return 2;
    if (f.in)
        fclose(f.in);
    if (!same)
        locate(o, v, good, bad);
    return same ? 0 : 1;
}

/* ---- the command line ---- */

static int usage(void)
{
    fprintf(stderr,
            "partition VARIANT [-write FILE] [-compare FILE] [-every STEPS] [-until STEPS]\n"
            "          [-arch x86_64|i386] [-m MIB] [-kernel FILE] [-initrd FILE] [-append TEXT]\n"
            "variants:");
    for (unsigned i = 0; i < ARRAY_SIZE(variants); i++)
        fprintf(stderr, " %s", variants[i].name);
    fprintf(stderr, "\n");
    return 2;
}

static bool parse_option(struct options *o, const char *name, const char *v)
{
    struct machine_config *c = &o->config;
    struct {
        const char *name;
        char **text;
    } texts[] = {{"-arch", &c->arch},
                 {"-kernel", &c->kernel.path},
                 {"-initrd", &c->initrd.path},
                 {"-append", &c->append}};
    struct {
        const char *name;
        const char **text;
    } names[] = {{"-write", &o->write}, {"-compare", &o->compare}};
    struct {
        const char *name;
        u64 *number;
    } numbers[] = {{"-every", &o->every}, {"-until", &o->until}};

    for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
        if (!strcmp(name, texts[i].name)) {
            free(*texts[i].text);
            *texts[i].text = xstrdup(v);
            return true;
        }
    for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
        if (!strcmp(name, names[i].name))
            return (*names[i].text = v) != NULL;
    for (unsigned i = 0; i < ARRAY_SIZE(numbers); i++)
        if (!strcmp(name, numbers[i].name))
            return (*numbers[i].number = strtoull(v, NULL, 0)) != 0;
    if (!strcmp(name, "-m"))
        return (c->ram_size = strtoull(v, NULL, 0) * MiB) != 0;
    return false;
}

int main(int argc, char **argv)
{
    struct options o = {.every = 100000, .until = NEVER};
    const struct variant *v = NULL;

    config_init(&o.config);
    o.config.no_reboot = true;
    if (argc < 2 || argc % 2)
        return usage();
    for (unsigned i = 0; i < ARRAY_SIZE(variants); i++)
        if (!strcmp(argv[1], variants[i].name))
            v = &variants[i];
    for (int i = 2; i < argc; i += 2)
        if (!parse_option(&o, argv[i], argv[i + 1]))
            return usage();
    if (!v)
        return usage();
    free(o.config.board);
    o.config.board = xstrdup(cli_default_board(o.config.arch));
    free(o.config.cpu);
    o.config.cpu = xstrdup(cli_default_cpu(o.config.arch, o.config.board));
    int code = config_load_files(&o.config) ? work(&o, v) : 2;
    config_fini(&o.config);
    return code;
}
