/* check.h - assertions that stay on in release builds, and out-of-memory handling */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CHECK() is for our own bugs only: never for what a guest, a file or a debugger can cause. It
 * prints the condition with the icount and the pc of the machine that diag_attach() named, then
 * aborts.
 */
#ifndef EMU_CHECK_H
#define EMU_CHECK_H

#include "emu/types.h"

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (UNLIKELY(!(cond)))                                                                     \
            check_failed(__FILE__, __LINE__, #cond);                                               \
    } while (0)

NORETURN void check_failed(const char *file, int line, const char *cond);

/* Where diagnostics (CHECK and LOG) read the position they print; both may be NULL. The pointers
 * must stay valid until the next call. This and the log's sink are the program's only mutable
 * globals: they are never read by anything that a guest can see. */
void diag_attach(const u64 *icount, u64 (*pc)(void *opaque), void *opaque);
u64 diag_icount(void);

/* Allocation that does not return NULL: it reports and aborts. xcalloc zeroes. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
