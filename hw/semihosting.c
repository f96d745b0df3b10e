/* semihosting.c - what a guest's semihosting calls mean: console, files, clock, exit */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: Semihosting for AArch32 and AArch64, Arm 2021Q3 (ABI): chapters 5 (calls) and 6
 * (extensions).
 *
 * Guest memory is read and written as a debugger does it, without faults: a call with a bad address
 * fails. Files' positions are the guest's state; the host is asked for so many bytes at such a
 * place. Times are virtual. There is no console input: reading from it finds its end.
 */
#include "hw/semihosting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/items.h"
#include "emu/log.h"
#include "emu/semihost.h"
#include "emu/tlb.h"
#include "hw/rtc_date.h"

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITEC = 0x03, SYS_WRITE0 = 0x04, SYS_WRITE = 0x05, SYS_READ = 0x06,
       SYS_READC = 0x07, SYS_ISERROR = 0x08, SYS_ISTTY = 0x09, SYS_SEEK = 0x0a, SYS_FLEN = 0x0c, SYS_TMPNAM = 0x0d,
       SYS_REMOVE = 0x0e, SYS_RENAME = 0x0f, SYS_CLOCK = 0x10, SYS_TIME = 0x11, SYS_SYSTEM = 0x12, SYS_ERRNO = 0x13,
       SYS_GET_CMDLINE = 0x15, SYS_HEAPINFO = 0x16, SYS_EXIT = 0x18, SYS_EXIT_EXTENDED = 0x20, SYS_ELAPSED = 0x30,
       SYS_TICKFREQ = 0x31 };
enum { STOPPED_APPLICATION_EXIT = 0x20026 };
enum { CONSOLE = ':', MAX_MODE = 11, MODE_APPEND = 8, MODE_WRITE = 4 };
enum { MAX_MOVED = 16 * MiB, MAX_TEXT = MiB }; /* by one call; a caller asks again for the rest */
#define FAILED UINT32_MAX

enum file_kind { FILE_CLOSED, FILE_CONSOLE, FILE_HOST, FILE_FEATURES };

#define SEMIHOSTING_STATE(F, A, S, T)                                                              \
    A(T, u8, kind, SEMIHOST_FILES)                                                                 \
    A(T, u32, file, SEMIHOST_FILES)     /* its number for the host */                              \
    A(T, u64, position, SEMIHOST_FILES)                                                            \
    F(T, u32, opened)                   /* files, ever: a reset does not begin anew */             \
    F(T, i32, error)                    /* SYS_ERRNO */                                            \
    F(T, bool, have_offset)                                                                        \
    F(T, i64, offset_ns)                /* from virtual to Unix time */

struct semihosting {
    struct device dev;
    STATE_MEMBERS(SEMIHOSTING_STATE)
    struct port *console;
    int source, clock_source;
    char *cmdline;
    /* While the host is asked. */
    const struct semihost_request *request; /* NULL: for the bytes that it read */
    u8 buffer[SEMIHOST_CHUNK];
};
STATE_DESC(semihosting_state, "semihosting", struct semihosting, SEMIHOSTING_STATE);

/* ---- guest memory ---- */

static bool get(struct semihosting *s, u32 va, void *out, u32 n)
{
    return mem_debug_read(s->dev.machine->cpu, va, out, n) == n;
}

static bool put(struct semihosting *s, u32 va, const void *data, u32 n)
{
    struct machine *m = s->dev.machine;
    for (u32 done = 0, k; done < n; done += k) {
        u64 pa, at = (u32)(va + done);
        k = (u32)MIN((u64)(n - done), PAGE_SIZE - PAGE_OFFSET(at));
        if (!mem_debug_translate(m->cpu, at, &pa) ||
            !bus_write_bytes(m->mem, pa, (const u8 *)data + done, k, false))
            return false;
    }
    return true;
}

static bool get_words(struct semihosting *s, u32 va, u32 *words, unsigned n)
{
    return get(s, va, words, n * sizeof(*words));
}

/* A name of the given length, with a 0 behind it. */
static bool get_path(struct semihosting *s, u32 va, u32 len, char path[SEMIHOST_MAX_PATH])
{
    if (len >= SEMIHOST_MAX_PATH || !get(s, va, path, len))
        return false;
    path[len] = 0;
    return strlen(path) == len;
}

/* ---- the host ---- */

static u32 fail(struct semihosting *s, int error)
{
    s->error = error;
    return FAILED;
}

/* Live: the host does it now. On a branch of history, or without a host, nothing is done. */
static void answer(void *opaque, u8 *data, u32 len)
{
    struct semihosting *s = opaque;
    const struct machine *m = s->dev.machine;
    struct semihost_result result = {-1, EPERM};
    if (!s->request) {
        memcpy(data, s->buffer, MIN(len, (u32)sizeof(s->buffer)));
        return;
    }
    if (m->semihost.call && !m->unplugged)
        m->semihost.call(m->semihost.opaque, s->request, &result);
    memset(data, 0, len);
    memcpy(data, &result, MIN((size_t)len, sizeof(result)));
}

/* Its value, or -1. The answer may come from a hostile recording: of bytes moved there are at most
 * as many as were asked for. */
static i32 ask(struct semihosting *s, const struct semihost_request *r)
{
    struct semihost_result result;
    s->request = r;
    door_ask(s->dev.machine->door, s->source, &result, sizeof(result));
    s->request = NULL;
    if (result.value < 0 || (r->len && (u32)result.value > r->len)) {
        s->error = result.error;
        return -1;
    }
    return result.value;
}

/* ---- files ---- */

/* A handle of the guest's, which are counted from 1. */
static int slot_of(struct semihosting *s, u32 handle)
{
    if (handle >= 1 && handle <= SEMIHOST_FILES && s->kind[handle - 1] != FILE_CLOSED)
        return (int)handle - 1;
    s->error = EBADF;
    return -1;
}

static u32 take_slot(struct semihosting *s, unsigned i, enum file_kind kind, u64 position)
{
    s->kind[i] = kind;
    s->position[i] = position;
    return i + 1;
}

static i32 ask_length(struct semihosting *s, unsigned i)
{
    struct semihost_request r = {.kind = SEMIHOST_LENGTH, .file = s->file[i]};
    return ask(s, &r);
}

static u32 open_on_host(struct semihosting *s, unsigned i, const char *path, unsigned mode)
{
    struct semihost_request r = {.kind = SEMIHOST_OPEN, .file = s->opened, .path = path, .mode = mode};
    if (ask(s, &r) < 0)
        return FAILED;
    s->file[i] = s->opened++;
    i32 end = mode >= MODE_APPEND ? ask_length(s, i) : 0;
    return take_slot(s, i, FILE_HOST, (u64)MAX(end, 0));
}

/* 5.13: ":tt" is the console; 6.1: ":semihosting-features" says which extensions there are. */
static u32 sys_open(struct semihosting *s, const u32 *arg)
{
    char path[SEMIHOST_MAX_PATH];
    unsigned i = 0;
    if (arg[1] > MAX_MODE || !get_path(s, arg[0], arg[2], path))
        return fail(s, EINVAL);
    while (i < SEMIHOST_FILES && s->kind[i] != FILE_CLOSED)
        i++;
    if (i == SEMIHOST_FILES)
        return fail(s, EMFILE);
    if (!strcmp(path, ":tt"))
        return take_slot(s, i, FILE_CONSOLE, 0);
    if (!strcmp(path, ":semihosting-features"))
        return arg[1] < MODE_WRITE ? take_slot(s, i, FILE_FEATURES, 0) : fail(s, EACCES);
    return open_on_host(s, i, path, arg[1]);
}

static u32 sys_close(struct semihosting *s, const u32 *arg)
{
    int i = slot_of(s, arg[0]);
    if (i < 0)
        return FAILED;
    struct semihost_request r = {.kind = SEMIHOST_CLOSE, .file = s->file[i]};
    bool ok = s->kind[i] != FILE_HOST || ask(s, &r) >= 0;
    s->kind[i] = FILE_CLOSED;
    return ok ? 0 : FAILED;
}

static void console(struct semihosting *s, const u8 *text, u32 n)
{
    for (u32 k = 0; k < n; k++)
        port_send(s->console, text[k]);
}

/* How many of the bytes in the buffer went there. */
static u32 write_chunk(struct semihosting *s, unsigned i, u32 n)
{
    struct semihost_request r = {.kind = SEMIHOST_WRITE, .file = s->file[i], .offset = s->position[i],
                                 .data = s->buffer, .len = n};
    i32 done = (i32)n;
    if (s->kind[i] == FILE_CONSOLE)
        console(s, s->buffer, n);
    else
        done = s->kind[i] == FILE_HOST ? ask(s, &r) : -1;
    return done > 0 ? (u32)done : 0;
}

static u32 read_features(struct semihosting *s, unsigned i, u32 n)
{
    static const u8 features[] = {'S', 'H', 'F', 'B',
                                  1 /* SYS_EXIT_EXTENDED */ | 2 /* ":tt" is stdout and stderr */};
    u64 at = MIN(s->position[i], sizeof(features));
    n = (u32)MIN((u64)n, sizeof(features) - at);
    memcpy(s->buffer, features + at, n);
    return n;
}

/* How many bytes came into the buffer; 0 at the end, or at an error. */
static u32 read_chunk(struct semihosting *s, unsigned i, u32 n)
{
    struct semihost_request r = {.kind = SEMIHOST_READ, .file = s->file[i], .offset = s->position[i],
                                 .data = s->buffer, .len = n};
    if (s->kind[i] != FILE_HOST)
        return s->kind[i] == FILE_FEATURES ? read_features(s, i, n) : 0;
    i32 done = ask(s, &r);
    if (done <= 0)
        return 0;
    door_ask(s->dev.machine->door, s->source, s->buffer, (u32)done);
    return (u32)done;
}

/* 5.17, 5.11: handle, address, length. What is left is the result. */
static u32 move(struct semihosting *s, const u32 *arg, bool write)
{
    int i = slot_of(s, arg[0]);
    u32 done = 0, most = MIN(arg[2], (u32)MAX_MOVED), n, k;
    for (; i >= 0 && done < most; done += k) {
        n = MIN(most - done, (u32)SEMIHOST_CHUNK);
        if (write && !get(s, arg[1] + done, s->buffer, n))
            break;
        k = write ? write_chunk(s, (unsigned)i, n) : read_chunk(s, (unsigned)i, n);
        if (!k || (!write && !put(s, arg[1] + done, s->buffer, k)))
            break;
        s->position[i] += k;
    }
    return arg[2] - done;
}

static u32 sys_seek(struct semihosting *s, const u32 *arg)
{
    int i = slot_of(s, arg[0]);
    if (i < 0)
        return FAILED;
    if (s->kind[i] == FILE_CONSOLE)
        return fail(s, ESPIPE);
    s->position[i] = arg[1];
    return 0;
}

static u32 sys_flen(struct semihosting *s, const u32 *arg)
{
    int i = slot_of(s, arg[0]);
    if (i < 0)
        return FAILED;
    switch (s->kind[i]) {
    case FILE_HOST: return (u32)ask_length(s, (unsigned)i);
    case FILE_FEATURES: return read_features(s, (unsigned)i, sizeof(s->buffer)) + (u32)s->position[i];
    default: return 0;
    }
}

static u32 sys_remove(struct semihosting *s, const u32 *arg)
{
    char path[SEMIHOST_MAX_PATH];
    struct semihost_request r = {.kind = SEMIHOST_REMOVE, .path = path};
    if (!get_path(s, arg[0], arg[1], path))
        return fail(s, EINVAL);
    return (u32)ask(s, &r);
}

static u32 sys_rename(struct semihosting *s, const u32 *arg)
{
    char path[SEMIHOST_MAX_PATH], to[SEMIHOST_MAX_PATH];
    struct semihost_request r = {.kind = SEMIHOST_RENAME, .path = path, .to = to};
    if (!get_path(s, arg[0], arg[1], path) || !get_path(s, arg[2], arg[3], to))
        return fail(s, EINVAL);
    return (u32)ask(s, &r);
}

/* ---- console, clock, environment ---- */

static u32 sys_write0(struct semihosting *s, u32 va)
{
    u8 c;
    for (u32 n = 0; n < MAX_TEXT && get(s, va + n, &c, 1) && c; n++)
        console(s, &c, 1);
    return 0;
}

static u32 sys_writec(struct semihosting *s, u32 va)
{
    u8 c;
    if (get(s, va, &c, 1))
        console(s, &c, 1);
    return 0;
}

static u32 sys_time(struct semihosting *s)
{
    struct machine *m = s->dev.machine;
    if (!s->have_offset) {
        s->offset_ns = rtc_date_offset_ns(m, s->clock_source);
        s->have_offset = true;
    }
    return (u32)rtc_date_floor_div((i64)machine_now_ns(m) + s->offset_ns, NS_PER_S);
}

/* 5.6: the buffer, and how large it is; then how long the text is. */
static u32 sys_get_cmdline(struct semihosting *s, u32 block, const u32 *arg)
{
    u32 n = (u32)strlen(s->cmdline);
    if (n >= arg[1])
        return fail(s, E2BIG);
    return put(s, arg[0], s->cmdline, n + 1) && put(s, block + 4, &n, 4) ? 0 : fail(s, EFAULT);
}

/* 5.7: heap base and limit, stack base and limit: they grow towards each other. */
static u32 sys_heapinfo(struct semihosting *s, const u32 *arg)
{
    const struct machine *m = s->dev.machine;
    u32 block[] = {(u32)m->free_memory, (u32)m->free_memory_end, (u32)m->free_memory_end,
                   (u32)m->free_memory};
    return put(s, arg[0], block, sizeof(block)) ? 0 : fail(s, EFAULT);
}

static u32 sys_elapsed(struct semihosting *s, u32 block)
{
    u64 ns = machine_now_ns(s->dev.machine);
    return put(s, block, &ns, sizeof(ns)) ? 0 : FAILED;
}

static u32 leave(struct semihosting *s, u32 reason, u32 code)
{
    machine_request(s->dev.machine, REQUEST_EXIT,
                    reason == STOPPED_APPLICATION_EXIT ? (int)(code & 0xff) : 1);
    return 0;
}

/* ---- calls ---- */

/* Those whose parameter is a block of words. */
static u32 call_with_block(struct semihosting *s, u32 operation, u32 block, const u32 *arg)
{
    switch (operation) {
    case SYS_OPEN: return sys_open(s, arg);
    case SYS_CLOSE: return sys_close(s, arg);
    case SYS_WRITE: return move(s, arg, true);
    case SYS_READ: return move(s, arg, false);
    case SYS_ISERROR: return (i32)arg[0] < 0;
    case SYS_ISTTY: {
        int i = slot_of(s, arg[0]);
        return i < 0 ? FAILED : s->kind[i] == FILE_CONSOLE;
    }
    case SYS_SEEK: return sys_seek(s, arg);
    case SYS_FLEN: return sys_flen(s, arg);
    case SYS_REMOVE: return sys_remove(s, arg);
    case SYS_RENAME: return sys_rename(s, arg);
    case SYS_GET_CMDLINE: return sys_get_cmdline(s, block, arg);
    case SYS_HEAPINFO: return sys_heapinfo(s, arg);
    default: return leave(s, arg[0], arg[1]);
    }
}

/* Words in an operation's block; 0: it has none. */
static unsigned block_words(u32 operation)
{
    switch (operation) {
    case SYS_CLOSE: case SYS_ISERROR: case SYS_ISTTY: case SYS_FLEN: case SYS_HEAPINFO: return 1;
    case SYS_SEEK: case SYS_REMOVE: case SYS_GET_CMDLINE: case SYS_EXIT_EXTENDED: return 2;
    case SYS_OPEN: case SYS_WRITE: case SYS_READ: return 3;
    case SYS_RENAME: return 4;
    }
    return 0;
}

static u32 call(void *opaque, u32 operation, u32 parameter)
{
    struct semihosting *s = opaque;
    u32 arg[4] = {0};
    unsigned n = block_words(operation);
    if (n)
        return get_words(s, parameter, arg, n) ? call_with_block(s, operation, parameter, arg)
                                               : fail(s, EFAULT);
    switch (operation) {
    case SYS_WRITEC: return sys_writec(s, parameter);
    case SYS_WRITE0: return sys_write0(s, parameter);
    case SYS_CLOCK: return (u32)(machine_now_ns(s->dev.machine) / (NS_PER_S / 100));
    case SYS_TIME: return sys_time(s);
    case SYS_ERRNO: return (u32)s->error;
    case SYS_ELAPSED: return sys_elapsed(s, parameter);
    case SYS_TICKFREQ: return NS_PER_S;
    case SYS_EXIT: return leave(s, parameter, 0);
    }
    LOG(LOG_INFO, "call %#x is not served", operation);
    return fail(s, ENOSYS); /* SYS_READC, SYS_TMPNAM and SYS_SYSTEM, too */
}

/* ---- the device ---- */

static void receive(void *opaque, const u8 *data, u32 len)
{
    (void)opaque, (void)data, (void)len;
}

static void reset(struct device *d)
{
    struct semihosting *s = (struct semihosting *)d;
    memset(s->kind, FILE_CLOSED, sizeof(s->kind));
    s->error = 0;
}

static void fini(struct device *d)
{
    free(((struct semihosting *)d)->cmdline);
}

static const struct device_type semihosting_type = {
    .name = "semihosting",
    .state = &semihosting_state,
    .reset = reset,
    .fini = fini,
};

/* Reads "on,userspace=on,arg=TEXT,arg=TEXT": the arguments make the command line. */
static bool parse(struct semihosting *s, const char *text, bool *user)
{
    struct buf line = {0};
    struct item it;
    bool ok = true, unused;
    while (ok && item_next(&text, &it)) {
        if (item_is(&it, "arg"))
            buf_printf(&line, "%s%s", line.len ? " " : "", it.value);
        else
            ok = item_flag(&it, "userspace", user) || item_flag(&it, "enable", &unused) ||
                 item_unknown("semihosting-config", &it);
    }
    s->cmdline = xstrdup(buf_cstr(&line));
    buf_fini(&line);
    return ok;
}

bool semihosting_new(struct machine *m)
{
    static const struct port_ops port_ops = {.receive = receive};
    const char *text = m->config->semihosting;
    if (!text || !*text)
        return true;
    struct semihosting *s = xcalloc(1, sizeof(*s));
    device_attach(m, &s->dev, &semihosting_type);
    s->console = port_new(m, SEMIHOST_PORT, &port_ops, s);
    s->source = door_add_source(m->door, "semihosting-host", NULL, answer, s);
    s->clock_source = rtc_date_source_named(m, "semihosting-clock");
    m->cpu->semihost = (struct semihost_calls){.call = call, .opaque = s};
    return parse(s, text, &m->cpu->semihost.user);
}
