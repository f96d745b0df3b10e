/* runner.c - runs cases of random code as an Arm user program: RUNNER CASES RESULTS */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Code ends in an undefined instruction or in a fault. The handler keeps the state, and puts the
 * next case's in its place: returning from the signal starts it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "case.h"

#define VFP_MAGIC 0x56465001u

struct vfp_frame { /* the kernel's struct vfp_sigframe */
    unsigned long magic, size;
    unsigned long long d[32];
    unsigned long fpscr, fpexc, fpinst, fpinst2;
};

static const struct arm_case *cases;
static struct case_result *results;
static unsigned n_cases, now;
static int started;
static unsigned now_last = ~0u; /* when the clock looked */

static struct vfp_frame *find_vfp(ucontext_t *u)
{
    unsigned long *p = u->uc_regspace;
    while (*p && *p != VFP_MAGIC)
        p += p[1] / sizeof(*p);
    return *p ? (struct vfp_frame *)p : NULL;
}

static unsigned long *core(ucontext_t *u)
{
    return &u->uc_mcontext.arm_r0; /* r0 to r10, fp, ip, sp, lr, pc, cpsr follow each other */
}

static void keep(ucontext_t *u, int signal)
{
    struct case_result *r = &results[now];
    struct vfp_frame *v = find_vfp(u);
    for (int i = 0; i < 16; i++)
        r->out.r[i] = core(u)[i];
    r->out.cpsr = core(u)[16];
    r->out.signal = signal;
    if (v) {
        memcpy(r->out.d, v->d, sizeof(v->d));
        r->out.fpscr = v->fpscr;
    }
    memcpy(r->window, (uint8_t *)CASE_WINDOW - CASE_COMPARED / 2, CASE_COMPARED);
    memset((void *)CASE_WINDOW_PAGE, 0, CASE_WINDOW_BYTES);
}

static void begin(ucontext_t *u)
{
    const struct case_state *s = &cases[now].in;
    struct vfp_frame *v = find_vfp(u);
    for (int i = 0; i < 16; i++)
        core(u)[i] = s->r[i];
    core(u)[16] = s->cpsr;
    if (v) {
        memcpy(v->d, s->d, sizeof(v->d));
        v->fpscr = s->fpscr;
    }
    case_fill_window(cases[now].number, (uint8_t *)CASE_WINDOW);
}

static void handler(int signal, siginfo_t *info, void *context)
{
    (void)info;
    if (signal == SIGALRM && now != now_last) { /* it gets on */
        now_last = now;
        return;
    }
    if (started) {
        keep(context, signal);
        now++;
    }
    started = 1;
    if (now == n_cases)
        _exit(0);
    begin(context);
}

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

int main(int argc, char **argv)
{
    static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE, SIGUSR1, SIGALRM};
    struct sigaction act = {.sa_sigaction = handler,
                            .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    stack_t stack = {.ss_size = 1 << 16};
    struct stat st;
    int in = argc == 3 ? open(argv[1], O_RDONLY) : -1,
        out = in < 0 ? -1 : open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);

    if (out < 0 || fstat(in, &st))
        fail("files");
    n_cases = st.st_size / sizeof(struct arm_case) - CASE_PADDING;
    if (ftruncate(out, (off_t)n_cases * sizeof(struct case_result)))
        fail("results");
    cases =
        mmap((void *)CASE_BASE, st.st_size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, in, 0);
    results = mmap(NULL, (size_t)n_cases * sizeof(struct case_result), PROT_READ | PROT_WRITE,
                   MAP_SHARED, out, 0);
    void *w = mmap((void *)CASE_WINDOW_PAGE, CASE_WINDOW_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
    stack.ss_sp =
        mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (cases == MAP_FAILED || results == MAP_FAILED || w == MAP_FAILED ||
        stack.ss_sp == MAP_FAILED)
        fail("mmap");
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(*signals); i++)
        sigaction(signals[i], &act, NULL);
    struct itimerval every = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}}; /* for code that never ends */
    setitimer(ITIMER_REAL, &every, NULL);
    raise(SIGUSR1);
    return 2;
}
