/* qmp_stream.h - inside gdbstub/: cut a stream of bytes into JSON values */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Only finds where values begin and end, so that a parser can be given whole ones. As QEMU does, it
 * takes strings in single quotes too (they are handed on in double ones), and after garbage goes on
 * at the next bracket or control character.
 */
#ifndef GDBSTUB_QMP_STREAM_H
#define GDBSTUB_QMP_STREAM_H

#include "emu/buf.h"
#include "emu/types.h"

#define QMP_STREAM_MAX_BYTES ((size_t)1 << 20) /* of one value */
#define QMP_STREAM_MAX_DEPTH 1024

enum qmp_stream_result { QMP_STREAM_MORE, QMP_STREAM_VALUE, QMP_STREAM_ERROR };

struct qmp_stream {
    struct buf text; /* of the value so far */
    unsigned depth;
    u8 quote;        /* inside a string: which it began with; else 0 */
    bool escape;     /* behind a backslash */
    bool word;       /* inside a number or a keyword */
    bool lost;       /* behind garbage */
    bool taken;      /* the value in text was given out: the next byte begins another */
};

void qmp_stream_fini(struct qmp_stream *s); /* and it can begin anew */
/* Takes bytes from data until a value is whole, or there is something wrong; *used says how many.
 * VALUE: s->text is the value. ERROR: `why` is what QEMU would say. */
enum qmp_stream_result qmp_stream_take(struct qmp_stream *s, const u8 *data, size_t n, size_t *used,
                                       char why[64]);

#endif
