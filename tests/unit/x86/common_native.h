/* common_native.h - run code on the host's processor, from any registers, until it traps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A signal handler may change all registers. So there is no trampoline: one trap enters the code
 * (its handler replaces the context), and the trap that ends the code leaves it (its handler keeps
 * the context and puts the first one back). The handler is the user's own, on an alternate stack; it
 * gives each signal to native_signal(). Tests of instructions and the fuzzer (tests/fuzz) share this.
 */
#ifndef TESTS_X86_COMMON_NATIVE_H
#define TESTS_X86_COMMON_NATIVE_H

#include "emu/types.h"

enum { NATIVE_CS64 = 0x33, NATIVE_CS32 = 0x23, NATIVE_SS = 0x2b };

/* Where the code's state is: read when it is entered, written when it is left. */
struct native_state {
    u64 *gpr; /* 16, in encoding order: RAX RCX RDX RBX RSP RBP RSI RDI R8... */
    u64 *rflags, *pc;
    u8 *fx;   /* FXSAVE image */
    u32 *vector, *error;
    u64 *address;
};

/* Does the host know how? NULL, or why not. */
const char *native_cannot(void);
/* Data segments are loaded by whoever needs other ones than there are. */
void native_run(const struct native_state *s, u16 cs, u16 ss);

/* For signal handlers with SA_SIGINFO. True: it was the way in, or (with `end` as vector, or the
 * processor's if that is 0) the way out. False: it has nothing to do with native_run(). */
bool native_signal(void *context, u32 end);
enum native_phase { NATIVE_OFF, NATIVE_ENTER, NATIVE_INSIDE };
enum native_phase native_phase(void);

#endif
