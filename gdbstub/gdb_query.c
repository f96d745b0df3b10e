/* gdb_query.c - q and Q packets: what is supported, what there is, monitor, search */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source: the GDB manual, appendix E.4 "General Query Packets". qemu.*: as in QEMU's gdbstub. */
#include <stdlib.h>
#include <string.h>

#include "gdbstub/gdb_server.h"
#include "gdbstub/monitor.h"

#define SEARCH_CHUNK (64 * KiB)
#define MAX_SEARCH (4 * GiB)
#define MAX_CRC (1 * GiB)
#define MAX_XFER (GDB_PACKET_MAX / 2 - 16)

static bool has_feature(const struct gdb_args *a, const char *feature)
{
    size_t n = strlen(feature);
    const u8 *p = a->data, *end = a->data + a->len;
    while (p < end) {
        const u8 *semicolon = memchr(p, ';', end - p);
        size_t len = (semicolon ? semicolon : end) - p;
        if (len == n && !memcmp(p, feature, n))
            return true;
        p += len + 1;
    }
    return false;
}

/* qSupported[:FEATURE[;FEATURE]...] */
static enum gdb_outcome handle_supported(struct gdb_server *g, const struct gdb_args *a)
{
    g->multiprocess = has_feature(a, "multiprocess+");
    g->swbreak = has_feature(a, "swbreak+");
    g->hwbreak = has_feature(a, "hwbreak+");
    gdb_target_choose_view(&g->target);
    buf_printf(
        &g->reply,
        "PacketSize=%x;QStartNoAckMode+;ReverseStep+;ReverseContinue+;qXfer:features:read+;"
        "qXfer:memory-map:read+;vContSupported+;swbreak+;hwbreak+;ConditionalBreakpoints+;"
        "QThreadEvents+;binary-upload+%s%s",
        GDB_PACKET_MAX, g->multiprocess ? ";multiprocess+" : "",
        /* gdb takes "no file" for an error of ours: with nothing to offer it is not told of it. */
        *gdb_target_exec_file(&g->target) ? ";qXfer:exec-file:read+" : "");
    return GDB_REPLY;
}

/* QStartNoAckMode: from the reply on, which is still acknowledged */
static enum gdb_outcome handle_no_ack(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    g->no_ack = true;
    return gdb_ok(g);
}

/* qC -> QC THREAD */
static enum gdb_outcome handle_current_thread(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "QC%s", gdb_thread_text(g));
    return GDB_REPLY;
}

/* qfThreadInfo -> m THREAD... */
static enum gdb_outcome handle_first_threads(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "m%s", gdb_thread_text(g));
    return GDB_REPLY;
}

/* qsThreadInfo -> l: no more */
static enum gdb_outcome handle_more_threads(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "l");
    return GDB_REPLY;
}

/* qThreadExtraInfo,THREAD -> text in hex */
static enum gdb_outcome handle_thread_info(struct gdb_server *g, const struct gdb_args *a)
{
    if (!gdb_thread_known(&a->thread))
        return gdb_error(g, GDB_ESRCH);
    const char *text = gdb_target_halted(&g->target) ? "CPU#0 [halted]" : "CPU#0 [running]";
    gdb_put_hex(&g->reply, text, strlen(text));
    return GDB_REPLY;
}

/* qAttached[:PID] -> 1: gdb did not start the machine, and detaches when it quits */
static enum gdb_outcome handle_attached(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "1");
    return GDB_REPLY;
}

/* qSymbol::  (nothing is wanted), QThreadEvents:0|1 (our threads neither come nor go) */
static enum gdb_outcome handle_ok(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    return gdb_ok(g);
}

/* qXfer:OBJECT:read:ANNEX:OFFSET,LENGTH -> m DATA | l DATA */
static enum gdb_outcome send_object(struct gdb_server *g, const struct buf *object, u64 offset,
                                    u64 length)
{
    length = MIN(length, (u64)MAX_XFER);
    if (offset > object->len)
        return gdb_error(g, GDB_EINVAL);
    size_t left = object->len - offset;
    buf_put_u8(&g->reply, length < left ? 'm' : 'l');
    if (left)
        buf_put(&g->reply, object->data + offset, MIN((size_t)length, left));
    return GDB_REPLY;
}

/* ANNEX:OFFSET,LENGTH */
static bool read_slice(const struct gdb_args *a, char annex[64], u64 *offset, u64 *length)
{
    const u8 *colon = a->len ? memchr(a->data, ':', a->len) : NULL;
    if (!colon || colon - a->data >= 64)
        return false;
    memcpy(annex, a->data, colon - a->data);
    annex[colon - a->data] = 0;
    struct gdb_cursor c = {colon + 1, a->data + a->len};
    return gdb_cursor_hex(&c, offset) && gdb_cursor_char(&c, ',') && gdb_cursor_hex(&c, length) &&
           c.p == c.end;
}

/* qXfer:features:read:FILE:OFFSET,LENGTH */
static enum gdb_outcome handle_features(struct gdb_server *g, const struct gdb_args *a)
{
    char annex[64];
    u64 offset, length;
    struct buf xml = {0};
    enum gdb_outcome outcome;
    if (!read_slice(a, annex, &offset, &length))
        return gdb_error(g, GDB_EINVAL);
    if (gdb_tdesc_file(g->target.view, annex, &xml))
        outcome = send_object(g, &xml, offset, length);
    else
        outcome = gdb_error(g, 0);
    buf_fini(&xml);
    return outcome;
}

/* qXfer:memory-map:read::OFFSET,LENGTH */
static enum gdb_outcome handle_memory_map(struct gdb_server *g, const struct gdb_args *a)
{
    char annex[64];
    u64 offset, length;
    struct buf xml = {0};
    if (!read_slice(a, annex, &offset, &length) || *annex)
        return gdb_error(g, 0);
    gdb_target_memory_map(&g->target, &xml);
    enum gdb_outcome outcome = send_object(g, &xml, offset, length);
    buf_fini(&xml);
    return outcome;
}

/* qXfer:exec-file:read:[PID]:OFFSET,LENGTH */
static enum gdb_outcome handle_exec_file(struct gdb_server *g, const struct gdb_args *a)
{
    char annex[64];
    u64 offset, length;
    struct buf name = {0};
    if (!read_slice(a, annex, &offset, &length))
        return gdb_error(g, 0);
    buf_printf(&name, "%s", gdb_target_exec_file(&g->target));
    enum gdb_outcome outcome = send_object(g, &name, offset, length);
    buf_fini(&name);
    return outcome;
}

/* qRcmd,HEX -> O packets with the text, then OK; of a command that moves, after the move */
static enum gdb_outcome handle_monitor(struct gdb_server *g, const struct gdb_args *a)
{
    struct buf line = {0};
    buf_clear(&g->text);
    buf_put(&line, a->data, a->len);
    enum monitor_result r = monitor_execute(g->target.session, buf_cstr(&line), &g->text, g);
    buf_fini(&line);
    if (r == MONITOR_MOVING && gdb_target_running(&g->target)) {
        g->owed = OWED_MONITOR;
        return GDB_LATER;
    }
    gdb_send_console(g, &g->text);
    buf_clear(&g->text);
    return gdb_ok(g);
}

/* qSearch:memory:ADDR;LENGTH;PATTERN -> 0 | 1,ADDR */
static enum gdb_outcome handle_search(struct gdb_server *g, const struct gdb_args *a)
{
    u64 at = a->n[0], left = a->n[1];
    const size_t want = a->len;
    size_t kept = 0;
    if (!want || left > MAX_SEARCH)
        return gdb_error(g, GDB_EINVAL);
    u8 *window = malloc(SEARCH_CHUNK + want);
    if (!window)
        return gdb_error(g, GDB_EINVAL);
    while (left) {
        size_t n = MIN(left, SEARCH_CHUNK);
        size_t got = gdb_target_read(&g->target, at, window + kept, n);
        const u8 *hit = memmem(window, kept + got, a->data, want);
        if (hit) {
            buf_printf(&g->reply, "1,%llx", (unsigned long long)(at - kept + (hit - window)));
            break;
        }
        if (got < n) {
            gdb_error(g, GDB_EFAULT);
            break;
        }
        at += n;
        left -= n;
        size_t keep = MIN(kept + got, want - 1);
        memmove(window, window + kept + got - keep, keep);
        kept = keep;
    }
    free(window);
    if (!g->reply.len)
        buf_printf(&g->reply, "0");
    return GDB_REPLY;
}

static u32 crc_byte(u32 crc, u8 byte)
{
    crc ^= (u32)byte << 24;
    for (int i = 0; i < 8; i++)
        crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
    return crc;
}

/* qCRC:ADDR,LENGTH -> C CRC32 (for compare-sections) */
static enum gdb_outcome handle_crc(struct gdb_server *g, const struct gdb_args *a)
{
    u32 crc = UINT32_MAX;
    u8 chunk[4096];
    if (a->n[1] > MAX_CRC)
        return gdb_error(g, GDB_EINVAL);
    for (u64 done = 0; done < a->n[1];) {
        size_t n = MIN(a->n[1] - done, (u64)sizeof(chunk));
        if (gdb_target_read(&g->target, a->n[0] + done, chunk, n) != n)
            return gdb_error(g, GDB_EFAULT);
        for (size_t i = 0; i < n; i++)
            crc = crc_byte(crc, chunk[i]);
        done += n;
    }
    buf_printf(&g->reply, "C%x", crc);
    return GDB_REPLY;
}

/* qqemu.Supported */
static enum gdb_outcome handle_qemu_supported(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "sstepbits;sstep;PhyMemMode");
    return GDB_REPLY;
}

/* qqemu.sstepbits, also asked as Qqemu.sstepbits (pwndbg knows QEMU by it) */
static enum gdb_outcome handle_sstep_bits(struct gdb_server *g, const struct gdb_args *a)
{
    (void)a;
    buf_printf(&g->reply, "ENABLE=%x,NOIRQ=%x,NOTIMER=%x", SSTEP_ENABLE, SSTEP_NOIRQ,
               SSTEP_NOTIMER);
    return GDB_REPLY;
}

/* qqemu.sstep -> 0xN; Qqemu.sstep=N: with NOIRQ or NOTIMER steps pass over interrupt handlers.
 * Unlike in QEMU no interrupt is lost by that: it is taken, and run to its end. */
static enum gdb_outcome handle_sstep(struct gdb_server *g, const struct gdb_args *a)
{
    if (!a->count) {
        buf_printf(&g->reply, "0x%x", gdb_target_sstep(&g->target));
        return GDB_REPLY;
    }
    if (a->n[0] & ~(u64)(SSTEP_ENABLE | SSTEP_NOIRQ | SSTEP_NOTIMER))
        return gdb_error(g, GDB_EINVAL);
    gdb_target_set_sstep(&g->target, a->n[0]);
    return gdb_ok(g);
}

/* qqemu.PhyMemMode -> 0 | 1; Qqemu.PhyMemMode:N */
static enum gdb_outcome handle_phys_mode(struct gdb_server *g, const struct gdb_args *a)
{
    if (!a->count) {
        buf_printf(&g->reply, "%d", g->target.physical);
        return GDB_REPLY;
    }
    g->target.physical = a->n[0] != 0;
    return gdb_ok(g);
}

const struct gdb_command gdb_queries[] = {
    {"qAttached", MATCH_WORD, "|:N", handle_attached},
    {"qC", MATCH_WORD, "", handle_current_thread},
    {"qCRC", MATCH_WORD, ":N,N", handle_crc},
    {"qfThreadInfo", MATCH_WORD, "", handle_first_threads},
    {"qsThreadInfo", MATCH_WORD, "", handle_more_threads},
    {"qThreadExtraInfo", MATCH_WORD, ",T", handle_thread_info},
    {"qRcmd", MATCH_WORD, ",H", handle_monitor},
    {"qSearch:memory", MATCH_WORD, ":N;N;S", handle_search},
    {"qSupported", MATCH_WORD, "|:S", handle_supported},
    {"qSymbol", MATCH_WORD, "|:S", handle_ok},
    {"qXfer:features:read", MATCH_WORD, ":S", handle_features},
    {"qXfer:memory-map:read", MATCH_WORD, ":S", handle_memory_map},
    {"qXfer:exec-file:read", MATCH_WORD, ":S", handle_exec_file},
    {"QStartNoAckMode", MATCH_WORD, "", handle_no_ack},
    {"QThreadEvents", MATCH_WORD, ":N", handle_ok},
    {"qqemu.Supported", MATCH_WORD, "", handle_qemu_supported},
    {"qqemu.sstepbits", MATCH_WORD, "", handle_sstep_bits},
    {"Qqemu.sstepbits", MATCH_WORD, "", handle_sstep_bits},
    {"qqemu.sstep", MATCH_WORD, "", handle_sstep},
    {"Qqemu.sstep", MATCH_PREFIX, "=N", handle_sstep},
    {"qqemu.PhyMemMode", MATCH_WORD, "", handle_phys_mode},
    {"Qqemu.PhyMemMode", MATCH_WORD, ":N", handle_phys_mode},
    {0},
};

/* q NAME... and Q NAME... */
enum gdb_outcome gdb_handle_query(struct gdb_server *g, const struct gdb_args *a)
{
    return gdb_run_command(g, gdb_queries, a->data - 1, a->len + 1); /* with the q or Q before it */
}
