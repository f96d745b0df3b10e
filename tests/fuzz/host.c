/* host.c - run a case on the host's processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A signal handler may change all registers: one trap enters the code (its handler replaces the
 * context), and whatever ends the code leaves it (the handler puts the first context back). 32-bit
 * code runs in the kernel's compatibility segment, 16-bit code in segments of the LDT. The kernel
 * is told to refuse system calls from below 4 GiB, and a timer ends what hangs.
 */
#include "fuzz.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)

#include <asm/ldt.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
    LDT_CODE16 = 1 << 3 | 7,
    LDT_DATA16 = 2 << 3 | 7,
    LDT_GS16 = 3 << 3 | 7,
    LDT_GS32 = 4 << 3 | 7,
    CS64 = 0x33,
    CS32 = 0x23,
    SS_FLAT = 0x2b
};

static struct native {
    struct fuzz_state *state;
    enum { NATIVE_OFF, NATIVE_ENTER, NATIVE_INSIDE } phase;
    u16 cs, ss;
    u64 start;
    gregset_t gregs;
    u8 fx[512];
    u64 runs, runs_at_tick;
    bool have_ldt, have_gs_base;
    void (*not_ours)(int sig);
} native; /* signal handlers have nowhere else to look */

static const u8 greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                               REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                               REG_R12, REG_R13, REG_R14, REG_R15};

/* The kernel restores only the components that the header in the image names. */
static void want_legacy_state(u8 *fx)
{
    u32 magic;
    u64 features;

    memcpy(&magic, fx + 464, 4);
    if (magic != FP_XSTATE_MAGIC1)
        return;
    memcpy(&features, fx + 512, 8);
    features |= 3;
    memcpy(fx + 512, &features, 8);
}

static void enter(ucontext_t *u)
{
    greg_t *r = u->uc_mcontext.gregs;
    u8 *fx = (u8 *)u->uc_mcontext.fpregs;
    const struct fuzz_state *s = native.state;

    memcpy(native.gregs, r, sizeof(native.gregs));
    memcpy(native.fx, fx, 464);
    memcpy(fx, s->fx, 464);
    want_legacy_state(fx);
    for (unsigned i = 0; i < 16; i++)
        r[greg_of[i]] = (greg_t)s->gpr[i];
    r[REG_EFL] = (greg_t)(s->rflags | 0x202);
    r[REG_RIP] = (greg_t)native.start;
    r[REG_CSGSFS] = (greg_t)(((u64)r[REG_CSGSFS] & UINT64_C(0x0000ffffffff0000)) | native.cs |
                             (u64)native.ss << 48);
    native.phase = NATIVE_INSIDE;
}

static void leave(ucontext_t *u, u32 end)
{
    greg_t *r = u->uc_mcontext.gregs;
    u8 *fx = (u8 *)u->uc_mcontext.fpregs;
    struct fuzz_state *s = native.state;

    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = (u64)r[greg_of[i]];
    s->rflags = (u64)r[REG_EFL];
    s->pc = (u64)r[REG_RIP];
    s->vector = end ? end : (u32)r[REG_TRAPNO];
    s->error = (u32)r[REG_ERR];
    s->address = (u64)r[REG_CR2];
    memcpy(s->fx, fx, 464);
    memcpy(fx, native.fx, 464);
    want_legacy_state(fx);
    memcpy(r, native.gregs, sizeof(native.gregs));
    native.phase = NATIVE_OFF;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)info;
    if (sig == SIGALRM) {
        if (native.phase == NATIVE_INSIDE && native.runs == native.runs_at_tick)
            leave(context, FUZZ_END_HANGS);
        else if (native.phase == NATIVE_OFF)
            native.not_ours(sig);
        native.runs_at_tick = native.runs;
    } else if (native.phase == NATIVE_ENTER) {
        enter(context);
    } else if (native.phase == NATIVE_INSIDE) {
        leave(context, sig == SIGSYS ? FUZZ_END_SYSCALL : 0);
    } else {
        native.not_ours(sig);
    }
}

static bool set_ldt(unsigned selector, u32 base, u32 limit, bool code, bool big)
{
    struct user_desc d = {.entry_number = selector >> 3,
                          .base_addr = base,
                          .limit = limit,
                          .seg_32bit = big,
                          .contents = code ? 2 : 0,
                          .limit_in_pages = big,
                          .useable = 1};
    return syscall(SYS_modify_ldt, 0x11, &d, sizeof(d)) == 0;
}

/* Code below 4 GiB is the guest's. */
static bool refuse_system_calls(void)
{
    struct sock_filter f[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 2),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog p = {ARRAY_SIZE(f), f};
    return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
           !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}

static bool map(u32 at, u32 size, int more)
{
    return mmap((void *)(uintptr_t)at, size, PROT_READ | PROT_WRITE | more,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED;
}

const char *host_start(void (*not_ours)(int sig))
{
    static const int signals[] = {SIGTRAP, SIGILL, SIGSEGV, SIGBUS, SIGFPE, SIGSYS, SIGALRM};
    static u8 stack[1 << 16];
    stack_t alt = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    struct itimerval tick = {{0, 500000}, {0, 500000}};

    if (!map(FUZZ_CODE, FUZZ_CODE_SIZE, PROT_EXEC) || !map(FUZZ_WINDOW, FUZZ_WINDOW_SIZE, 0))
        return "no memory at the addresses the cases use";
    native.have_gs_base = getauxval(AT_HWCAP2) & 2; /* FSGSBASE */
    native.have_ldt = set_ldt(LDT_CODE16, FUZZ_CODE, FUZZ_CODE_SIZE - 1, true, false) &&
                      set_ldt(LDT_DATA16, FUZZ_WINDOW, FUZZ_WINDOW_SIZE - 1, false, false) &&
                      set_ldt(LDT_GS16, FUZZ_CODE, FUZZ_CODE_SIZE - 1, false, false) &&
                      set_ldt(LDT_GS32, FUZZ_WINDOW + FUZZ_GS, 0xfffff, false, true);
    native.not_ours = not_ours;
    sigaltstack(&alt, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &sa, NULL);
    if (!refuse_system_calls())
        return "the kernel cannot refuse system calls (seccomp)";
    setitimer(ITIMER_REAL, &tick, NULL);
    return NULL;
}

const char *host_cannot(enum fuzz_mode mode)
{
    if (mode == FUZZ_64)
        return native.have_gs_base ? NULL : "user programs may not set GS's base (FSGSBASE)";
    return native.have_ldt ? NULL : "the kernel has no modify_ldt()";
}

static void load_segments(u16 data, u16 gs)
{
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %1, %%gs" : : "r"((u32)data), "r"((u32)gs));
}

void host_run(const struct fuzz_case *c, struct fuzz_state *out)
{
    void *code = (void *)(uintptr_t)FUZZ_CODE, *window = (void *)(uintptr_t)FUZZ_WINDOW;
    void *fixed = (u8 *)window + FUZZ_WRITABLE;
    size_t n_fixed = FUZZ_WINDOW_SIZE - FUZZ_WRITABLE;

    memcpy(code, c->in.code, FUZZ_CODE_SIZE);
    if (memcmp(fixed, c->in.window + FUZZ_WRITABLE, n_fixed)) { /* only the first time */
        mprotect(fixed, n_fixed, PROT_READ | PROT_WRITE);
        memcpy(fixed, c->in.window + FUZZ_WRITABLE, n_fixed);
        mprotect(fixed, n_fixed, PROT_READ);
    }
    memcpy(window, c->in.window, FUZZ_WRITABLE);
    *out = c->in;
    native.state = out;
    native.start = c->in.pc;
    native.cs = c->mode == FUZZ_64 ? CS64 : c->mode == FUZZ_32 ? CS32 : LDT_CODE16;
    native.ss = c->mode == FUZZ_16 ? LDT_DATA16 : SS_FLAT;
    switch (c->mode) {
    case FUZZ_16:
        load_segments(LDT_DATA16, LDT_GS16);
        break;
    case FUZZ_32:
        load_segments(SS_FLAT, LDT_GS32);
        break;
    default:
        load_segments(0, 0);
        __asm__ volatile("wrgsbase %0" : : "r"((u64)FUZZ_WINDOW + FUZZ_GS));
    }
    native.runs++;
    native.phase = NATIVE_ENTER;
    __asm__ volatile("int3" : : : "memory", "cc");
    memcpy(out->window, window, FUZZ_WINDOW_SIZE);
    memcpy(out->code, code, FUZZ_CODE_SIZE);
}

#else

const char *host_start(void (*not_ours)(int sig))
{
    (void)not_ours;
    return "the host is not x86-64 Linux";
}

const char *host_cannot(enum fuzz_mode mode)
{
    (void)mode;
    return "the host is not x86-64 Linux";
}

void host_run(const struct fuzz_case *c, struct fuzz_state *out)
{
    *out = c->in;
}

#endif
