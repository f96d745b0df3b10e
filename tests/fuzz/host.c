/* host.c - run a case on the host's processor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * 32-bit code runs in the kernel's compatibility segment, 16-bit code in segments of the LDT. The
 * kernel is told to refuse system calls from below 4 GiB, and a timer ends what hangs.
 */
#include "fuzz.h"

#include <string.h>

#include "tests/unit/x86/common_native.h"

#if defined(__x86_64__) && defined(__linux__)

#include <asm/ldt.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    LDT_CODE16 = 1 << 3 | 7,
    LDT_DATA16 = 2 << 3 | 7,
    LDT_GS16 = 3 << 3 | 7,
    LDT_GS32 = 4 << 3 | 7,
};

static struct host {
    u64 runs, runs_at_tick;
    bool have_ldt, have_gs_base;
    void (*not_ours)(int sig);
} host; /* signal handlers have nowhere else to look */

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)info;
    if (sig != SIGALRM) {
        if (!native_signal(context, sig == SIGSYS ? FUZZ_END_SYSCALL : 0))
            host.not_ours(sig);
        return;
    }
    if (native_phase() == NATIVE_INSIDE && host.runs == host.runs_at_tick)
        native_signal(context, FUZZ_END_HANGS);
    else if (native_phase() == NATIVE_OFF)
        host.not_ours(sig);
    host.runs_at_tick = host.runs;
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
    host.have_gs_base = getauxval(AT_HWCAP2) & 2; /* FSGSBASE */
    host.have_ldt = set_ldt(LDT_CODE16, FUZZ_CODE, FUZZ_CODE_SIZE - 1, true, false) &&
                      set_ldt(LDT_DATA16, FUZZ_WINDOW, FUZZ_WINDOW_SIZE - 1, false, false) &&
                      set_ldt(LDT_GS16, FUZZ_CODE, FUZZ_CODE_SIZE - 1, false, false) &&
                      set_ldt(LDT_GS32, FUZZ_WINDOW + FUZZ_GS, 0xfffff, false, true);
    host.not_ours = not_ours;
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
        return host.have_gs_base ? NULL : "user programs may not set GS's base (FSGSBASE)";
    return host.have_ldt ? NULL : "the kernel has no modify_ldt()";
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
    switch (c->mode) {
    case FUZZ_16:
        load_segments(LDT_DATA16, LDT_GS16);
        break;
    case FUZZ_32:
        load_segments(NATIVE_SS, LDT_GS32);
        break;
    default:
        load_segments(0, 0);
        __asm__ volatile("wrgsbase %0" : : "r"((u64)FUZZ_WINDOW + FUZZ_GS));
    }
    host.runs++;
    native_run(&(struct native_state){out->gpr, &out->rflags, &out->pc, out->fx, &out->vector,
                                      &out->error, &out->address},
               c->mode == FUZZ_64 ? NATIVE_CS64 : c->mode == FUZZ_32 ? NATIVE_CS32 : LDT_CODE16,
               c->mode == FUZZ_16 ? LDT_DATA16 : NATIVE_SS);
    memcpy(out->window, window, FUZZ_WINDOW_SIZE);
    memcpy(out->code, code, FUZZ_CODE_SIZE);
}

#else

const char *host_start(void (*not_ours)(int sig))
{
    (void)not_ours;
    return native_cannot();
}

const char *host_cannot(enum fuzz_mode mode)
{
    (void)mode;
    return native_cannot();
}

void host_run(const struct fuzz_case *c, struct fuzz_state *out)
{
    *out = c->in;
}

#endif
