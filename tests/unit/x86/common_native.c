/* common_native.c - run code on the host's processor, from any registers, until it traps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common_native.h"

#include <string.h>

#if defined(__x86_64__) && defined(__linux__)

#include <signal.h>
#include <ucontext.h>

#define FX_BYTES 464 /* of the image: what is behind is the kernel's */

static struct native {
    const struct native_state *state;
    enum native_phase phase;
    u16 cs, ss;
    gregset_t gregs;
    u8 fx[FX_BYTES];
} native; /* signal handlers have nowhere else to look */

static const u8 greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                               REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                               REG_R12, REG_R13, REG_R14, REG_R15};

const char *native_cannot(void)
{
    return NULL;
}

/* The kernel restores only the components that the header in the image names. */
static void want_legacy_state(u8 *fx)
{
    u32 magic;
    u64 features;

    memcpy(&magic, fx + FX_BYTES, 4);
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
    const struct native_state *s = native.state;

    memcpy(native.gregs, r, sizeof(native.gregs));
    memcpy(native.fx, fx, FX_BYTES);
    memcpy(fx, s->fx, FX_BYTES);
    want_legacy_state(fx);
    for (unsigned i = 0; i < 16; i++)
        r[greg_of[i]] = (greg_t)s->gpr[i];
    r[REG_EFL] = (greg_t)(*s->rflags | 0x202);
    r[REG_RIP] = (greg_t)*s->pc;
    r[REG_CSGSFS] = (greg_t)(((u64)r[REG_CSGSFS] & UINT64_C(0x0000ffffffff0000)) | native.cs |
                             (u64)native.ss << 48);
    native.phase = NATIVE_INSIDE;
}

static void leave(ucontext_t *u, u32 end)
{
    greg_t *r = u->uc_mcontext.gregs;
    u8 *fx = (u8 *)u->uc_mcontext.fpregs;
    const struct native_state *s = native.state;

    for (unsigned i = 0; i < 16; i++)
        s->gpr[i] = (u64)r[greg_of[i]];
    *s->rflags = (u64)r[REG_EFL];
    *s->pc = (u64)r[REG_RIP];
    *s->vector = end ? end : (u32)r[REG_TRAPNO];
    *s->error = (u32)r[REG_ERR];
    *s->address = (u64)r[REG_CR2];
    memcpy(s->fx, fx, FX_BYTES);
    memcpy(fx, native.fx, FX_BYTES);
    want_legacy_state(fx);
    memcpy(r, native.gregs, sizeof(native.gregs));
    native.phase = NATIVE_OFF;
}

bool native_signal(void *context, u32 end)
{
    switch (native.phase) {
    case NATIVE_ENTER: enter(context); return true;
    case NATIVE_INSIDE: leave(context, end); return true;
    default: return false;
    }
}

enum native_phase native_phase(void)
{
    return native.phase;
}

void native_run(const struct native_state *s, u16 cs, u16 ss)
{
    native.state = s;
    native.cs = cs;
    native.ss = ss;
    native.phase = NATIVE_ENTER;
    __asm__ volatile("int3" : : : "memory", "cc");
}

#else

const char *native_cannot(void)
{
    return "the host is not x86-64 Linux";
}

bool native_signal(void *context, u32 end)
{
    (void)context, (void)end;
    return false;
}

enum native_phase native_phase(void)
{
    return NATIVE_OFF;
}

void native_run(const struct native_state *s, u16 cs, u16 ss)
{
    (void)s, (void)cs, (void)ss;
}

#endif
