/* semihost.h - a guest's calls to its debugger's host: processor, board and host meet here */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The processor knows the instructions that make a call, the board's device (hw/semihosting.h) what
 * the calls mean, and the host what files are. What the host answers is a question's answer in the
 * door: a replay has no host.
 */
#ifndef EMU_SEMIHOST_H
#define EMU_SEMIHOST_H

#include "emu/types.h"

enum { SEMIHOST_FILES = 16, SEMIHOST_MAX_PATH = 1024, SEMIHOST_CHUNK = 64 * 1024 };
#define SEMIHOST_PORT "semihosting" /* the port that console output goes to */

/* On the processor. calls NULL: such instructions are what they are otherwise. */
struct semihost_calls {
    u32 (*call)(void *opaque, u32 operation, u32 parameter);
    void *opaque;
    bool user; /* user mode may, too */
};

enum semihost_request_kind { SEMIHOST_OPEN, SEMIHOST_CLOSE, SEMIHOST_READ, SEMIHOST_WRITE, SEMIHOST_LENGTH,
                             SEMIHOST_REMOVE, SEMIHOST_RENAME };

struct semihost_request {
    enum semihost_request_kind kind;
    u32 file;               /* a number that the device chose when it opened it */
    const char *path, *to;  /* of OPEN, REMOVE, RENAME */
    unsigned mode;          /* of OPEN: fopen()'s r, rb, r+, r+b, w, ..., a+b, by number */
    u64 offset;             /* of READ and WRITE */
    u8 *data;
    u32 len;
};

struct semihost_result { /* as it is in the log */
    i32 value;           /* bytes moved, a length; -1: error */
    i32 error;           /* errno */
};

/* On the machine, from who runs it; call NULL: there is no host. */
struct semihost_host {
    void (*call)(void *opaque, const struct semihost_request *r, struct semihost_result *out);
    void *opaque;
};

#endif
