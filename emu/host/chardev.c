/* chardev.c - character streams of the host: what they share, and the plain kinds */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/chardev_impl.h"
#include "emu/host/terminal.h"
#include "emu/log.h"

#define READ_SIZE 4096
#define OUT_MAX ((size_t)8 << 20)     /* bytes kept for a peer that does not read */
#define DRAIN_NS (2 * NS_PER_S)       /* at the end, to let it have the rest */

const struct chardev_ops chardev_plain_ops = {0};

u32 chardev_client_room(const struct chardev *c)
{
    if (!c->client.receive)
        return 0;
    return c->client.room ? c->client.room(c->client.opaque) : READ_SIZE;
}

/* The client may have room again. */
static void update_pause(void *opaque)
{
    struct chardev *c = opaque;
    bool paused = !chardev_client_room(c);
    if (c->rfd >= 0 && paused != c->paused)
        host_loop_pause(c->loop, c->rfd, paused);
    c->paused = paused;
}

struct chardev *chardev_alloc(struct host_loop *l, const struct chardev_ops *ops, char *where)
{
    struct chardev *c = xcalloc(1, sizeof(*c));
    c->loop = l;
    c->ops = ops;
    c->where = where;
    c->rfd = c->wfd = c->lfd = -1;
    host_loop_add_hook(l, update_pause, c);
    return c;
}

static void readable(void *opaque)
{
    struct chardev *c = opaque;
    u8 data[READ_SIZE];
    u32 room = chardev_client_room(c);

    if (!room) {
        update_pause(c);
        return;
    }
    ssize_t n = read(c->rfd, data, MIN(room, (u32)sizeof(data)));
    if (n > 0)
        c->client.receive(c->client.opaque, data, n);
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        chardev_stop(c, true);
}

static bool out_pending(const struct chardev *c)
{
    return c->out_done < c->out.len;
}

/* That a socket's peer went is no news: it shows up as the end of its input. */
static void say_failed(struct chardev *c, int error)
{
    if (c->rfd != c->wfd && !c->out_failed)
        notice("%s: cannot write: %s; its output is lost", c->where, strerror(error));
    c->out_failed = true;
}

/* Writes what it can; what can never be written is dropped. */
static void write_some(struct chardev *c)
{
    while (out_pending(c)) {
        ssize_t n = write(c->wfd, c->out.data + c->out_done, c->out.len - c->out_done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            say_failed(c, errno);
            break;
        }
        c->out_done += n;
    }
    buf_clear(&c->out);
    c->out_done = 0;
    c->out_full = false;
}

static void writable(void *opaque)
{
    struct chardev *c = opaque;
    write_some(c);
    if (!out_pending(c))
        host_loop_on_writable(c->loop, c->wfd, NULL);
}

static void wait_writable(struct chardev *c)
{
    struct pollfd p = {.fd = c->wfd, .events = POLLOUT};
    poll(&p, 1, -1);
}

static void queue_out(struct chardev *c, const u8 *data, size_t n)
{
    if (c->out.len - c->out_done + n > OUT_MAX) {
        if (!c->out_full)
            LOG(LOG_WARN, "%s: the peer does not read; output for it is dropped", c->where);
        c->out_full = true;
        return;
    }
    if (c->out_done > OUT_MAX / 2) {
        memmove(c->out.data, c->out.data + c->out_done, c->out.len - c->out_done);
        c->out.len -= c->out_done;
        c->out_done = 0;
    }
    buf_put(&c->out, data, n);
}

void chardev_write(struct chardev *c, const u8 *data, size_t n)
{
    if (c->ops->write) {
        c->ops->write(c, data, n);
        return;
    }
    if (c->wfd < 0 || !n)
        return;
    bool waiting = out_pending(c);
    queue_out(c, data, n);
    if (waiting)
        return;
    write_some(c);
    if (!out_pending(c))
        return;
    if (c->rfd == c->wfd) {
        host_loop_on_writable(c->loop, c->wfd, writable);
        return;
    }
    /* Standard output or a pipe that somebody made non-blocking: as if it blocked. */
    while (out_pending(c)) {
        wait_writable(c);
        write_some(c);
    }
}

void chardev_start(struct chardev *c, int rfd, int wfd)
{
    c->rfd = rfd;
    c->wfd = wfd;
    c->paused = false;
    buf_clear(&c->out);
    c->out_done = 0;
    if (rfd >= 0) {
        if (rfd == wfd)
            fcntl(rfd, F_SETFL, fcntl(rfd, F_GETFL) | O_NONBLOCK);
        host_loop_add(c->loop, rfd, readable, c);
        update_pause(c);
    }
    if (c->client.opened)
        c->client.opened(c->client.opaque);
}

void chardev_stop(struct chardev *c, bool tell)
{
    int rfd = c->rfd, wfd = c->wfd;

    if (rfd < 0 && wfd < 0)
        return;
    if (rfd >= 0)
        host_loop_remove(c->loop, rfd);
    c->rfd = -1;
    if (c->keep_fds) {
        /* The end of standard input: output goes on. */
        if (tell && c->client.closed)
            c->client.closed(c->client.opaque);
        return;
    }
    c->wfd = -1;
    if (rfd >= 0)
        close(rfd);
    if (wfd >= 0 && wfd != rfd)
        close(wfd);
    if (tell && c->client.closed)
        c->client.closed(c->client.opaque);
    if (c->ops->ended)
        c->ops->ended(c);
}

static void drain(struct chardev *c)
{
    u64 end = host_loop_now_ns() + DRAIN_NS;
    while (c->wfd >= 0 && out_pending(c)) {
        u64 now = host_loop_now_ns();
        struct pollfd p = {.fd = c->wfd, .events = POLLOUT};
        if (now >= end || poll(&p, 1, (end - now) / 1000000 + 1) <= 0)
            return;
        write_some(c);
    }
}

void chardev_disconnect(struct chardev *c)
{
    drain(c);
    if (c->lfd >= 0)
        chardev_stop(c, false);
}

void chardev_delete(struct chardev *c)
{
    if (!c)
        return;
    drain(c);
    host_loop_remove_hook(c->loop, c);
    c->client = (struct chardev_client){0};
    if (c->lfd >= 0) {
        host_loop_remove(c->loop, c->lfd);
        close(c->lfd);
        c->lfd = -1;
    }
    const struct chardev_ops *ops = c->ops;
    c->ops = &chardev_plain_ops;
    chardev_stop(c, false);
    if (c->unlink_path)
        unlink(c->unlink_path);
    if (ops->fini)
        ops->fini(c);
    buf_fini(&c->out);
    free(c->unlink_path);
    free(c->where);
    free(c);
}

void chardev_set_client(struct chardev *c, const struct chardev_client *cl)
{
    c->client = cl ? *cl : (struct chardev_client){0};
    update_pause(c);
    if (c->ops->client_set)
        c->ops->client_set(c);
    if (chardev_connected(c) && c->client.opened)
        c->client.opened(c->client.opaque);
}

bool chardev_connected(const struct chardev *c)
{
    return c->rfd >= 0 || c->wfd >= 0;
}

const char *chardev_where(const struct chardev *c)
{
    return c->where;
}

static struct chardev *open_stdio(struct host_loop *l, const char *option)
{
    if (!host_loop_claim_stdio(l)) {
        error_report(
            "%s stdio: standard input is in use by another option; mon:stdio shares it between a "
            "serial port and the monitor",
            option);
        return NULL;
    }
    struct chardev *c = chardev_alloc(l, &chardev_plain_ops, xstrdup("stdio"));
    c->keep_fds = true;
    terminal_set_raw(true);
    chardev_start(c, STDIN_FILENO, STDOUT_FILENO);
    return c;
}

static struct chardev *open_file(struct host_loop *l, const char *option, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_report("%s file:%s: cannot write the file: %s", option, path, strerror(errno));
        return NULL;
    }
    struct chardev *c = chardev_alloc(l, &chardev_plain_ops, xasprintf("file %s", path));
    chardev_start(c, -1, fd);
    return c;
}

/* Two fifos, PATH.in and PATH.out, or one thing to read and write. */
static struct chardev *open_pipe(struct host_loop *l, const char *option, const char *path)
{
    char *in = xasprintf("%s.in", path), *out = xasprintf("%s.out", path);
    int rfd = open(in, O_RDWR | O_CLOEXEC), wfd = open(out, O_RDWR | O_CLOEXEC);

    free(in);
    free(out);
    if (rfd < 0 || wfd < 0) {
        if (rfd >= 0)
            close(rfd);
        if (wfd >= 0)
            close(wfd);
        rfd = wfd = open(path, O_RDWR | O_CLOEXEC);
    }
    if (rfd < 0) {
        error_report("%s pipe:%s: cannot open it, nor %s.in and %s.out: %s", option, path, path,
                     path, strerror(errno));
        return NULL;
    }
    struct chardev *c = chardev_alloc(l, &chardev_plain_ops, xasprintf("pipe %s", path));
    chardev_start(c, rfd, wfd);
    return c;
}

static bool has_prefix(const char *s, const char *prefix, const char **rest)
{
    size_t n = strlen(prefix);
    *rest = s + n;
    return !strncmp(s, prefix, n);
}

struct chardev *chardev_open(struct host_loop *l, const char *option, const char *spec)
{
    const char *rest;

    if (!strcmp(spec, "stdio"))
        return open_stdio(l, option);
    if (!strcmp(spec, "null") || !strcmp(spec, "none"))
        return chardev_alloc(l, &chardev_plain_ops, xstrdup("null"));
    if (!strcmp(spec, "pty"))
        return chardev_pty_open(l, option);
    if (has_prefix(spec, "file:", &rest) && *rest)
        return open_file(l, option, rest);
    if (has_prefix(spec, "pipe:", &rest) && *rest)
        return open_pipe(l, option, rest);
    if (has_prefix(spec, "unix:", &rest) || has_prefix(spec, "tcp:", &rest))
        return chardev_socket_open(l, option, spec);
    error_report(
        "%s %s: not a character stream; use stdio, mon:stdio, null, file:PATH, pipe:PATH, pty, "
        "unix:PATH[,server[,nowait]] or tcp:[HOST]:PORT[,server[,nowait]]",
        option, spec);
    return NULL;
}
