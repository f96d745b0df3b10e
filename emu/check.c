/* check.c - assertions that stay on in release builds, and out-of-memory handling */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    const u64 *icount;
    u64 (*pc)(void *opaque);
    void *opaque;
} diag;

void diag_attach(const u64 *icount, u64 (*pc)(void *opaque), void *opaque)
{
    diag.icount = icount;
    diag.pc = pc;
    diag.opaque = opaque;
}

u64 diag_icount(void)
{
    return diag.icount ? *diag.icount : 0;
}

void check_failed(const char *file, int line, const char *cond)
{
    fprintf(stderr, "hindsight: internal error at %s:%d: %s", file, line, cond);
    if (diag.icount)
        fprintf(stderr, " (icount %" PRIu64 ", pc %#" PRIx64 ")", *diag.icount,
                diag.pc ? diag.pc(diag.opaque) : 0);
    fprintf(stderr, "\n");
    abort();
}

static void *checked(void *p)
{
    if (!p) {
        fprintf(stderr, "hindsight: out of memory\n");
        abort();
    }
    return p;
}

void *xmalloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t n, size_t size)
{
    return checked(calloc(n ? n : 1, size ? size : 1));
}

void *xrealloc(void *p, size_t size)
{
    return checked(realloc(p, size ? size : 1));
}

char *xstrdup(const char *s)
{
    return checked(strdup(s));
}

char *xasprintf(const char *fmt, ...)
{
    char *s;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&s, fmt, ap);
    va_end(ap);
    return checked(n < 0 ? NULL : s);
}
