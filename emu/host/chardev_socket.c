/* chardev_socket.c - unix and tcp sockets, as server for one peer at a time or as client */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/chardev_impl.h"
#include "emu/log.h"

struct socket_spec {
    bool is_unix, server, wait;
    char *path;        /* unix */
    char *host, *port; /* tcp; host "" when not given */
};

static void spec_fini(struct socket_spec *s)
{
    free(s->path);
    free(s->host);
    free(s->port);
}

static bool parse_switch(const char *text, size_t n, const char *name, bool *value)
{
    size_t len = strlen(name);
    if (n < len || strncmp(text, name, len))
        return false;
    text += len;
    n -= len;
    if (n == 0 || (n == 3 && !strncmp(text, "=on", 3)) || (n == 4 && !strncmp(text, "=yes", 4)))
        *value = true;
    else if ((n == 4 && !strncmp(text, "=off", 4)) || (n == 3 && !strncmp(text, "=no", 3)))
        *value = false;
    else
        return false;
    return true;
}

static bool parse_options(struct socket_spec *s, const char *option, const char *spec,
                          const char *p)
{
    bool ignored;

    while (*p == ',') {
        size_t n = strcspn(++p, ",");
        if (n == 6 && !strncmp(p, "nowait", 6))
            s->wait = false;
        else if (!parse_switch(p, n, "server", &s->server) &&
                 !parse_switch(p, n, "wait", &s->wait) && !parse_switch(p, n, "nodelay", &ignored))
            return error_report("%s %s: '%.*s' is not known here; use server, nowait, wait=on|off",
                                option, spec, (int)n, p);
        p += n;
    }
    return true;
}

/* A number, or the name of a service, which getaddrinfo() knows. It would take a number's low 16
 * bits. */
static bool port_ok(const char *s, size_t n)
{
    u32 port = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return i == 0;
        port = port * 10 + (s[i] - '0');
        if (port > UINT16_MAX)
            return false;
    }
    return true;
}

static bool parse_spec(struct socket_spec *s, const char *option, const char *spec)
{
    *s = (struct socket_spec){.is_unix = !strncmp(spec, "unix:", 5), .wait = true};
    const char *p = strchr(spec, ':') + 1;
    size_t n = strcspn(p, ",");

    if (s->is_unix) {
        s->path = strndup(p, n);
        if (!n || n >= sizeof(((struct sockaddr_un *)0)->sun_path))
            return error_report("%s unix:%.*s: the socket's path is %s", option, (int)n, p,
                                n ? "too long" : "missing");
        return parse_options(s, option, spec, p + n);
    }
    size_t colon = n;
    while (colon > 0 && p[colon - 1] != ':')
        colon--;
    if (!colon || colon == n || !port_ok(p + colon, n - colon))
        return error_report(
            "%s tcp:%.*s: a TCP address is tcp:[HOST]:PORT, with a port from 0 to 65535", option,
            (int)n, p);
    bool brackets = p[0] == '[' && colon >= 3 && p[colon - 2] == ']'; /* [::1]:1234 */
    s->host = brackets ? strndup(p + 1, colon - 3) : strndup(p, colon - 1);
    s->port = strndup(p + colon, n - colon);
    return parse_options(s, option, spec, p + n);
}

/* Another program's socket is left alone, one that nobody serves any more is in the way. */
static void remove_stale(const struct sockaddr_un *a)
{
    struct stat st;
    if (lstat(a->sun_path, &st) || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) && errno == ECONNREFUSED)
        unlink(a->sun_path);
    close(fd);
}

static int open_unix(const struct socket_spec *s)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", s->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (s->server)
        remove_stale(&a);
    int failed = s->server ? bind(fd, (struct sockaddr *)&a, sizeof(a)) || listen(fd, 4)
                           : connect(fd, (struct sockaddr *)&a, sizeof(a));
    if (!failed)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int try_address(const struct socket_spec *s, const struct addrinfo *ai)
{
    int one = 1, fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC, ai->ai_protocol);
    if (fd < 0)
        return -1;
    if (s->server)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    int failed = s->server ? bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, 4)
                           : connect(fd, ai->ai_addr, ai->ai_addrlen);
    if (!failed)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* On failure *why says it. */
static int open_tcp(const struct socket_spec *s, const char **why)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
    const char *host = *s->host ? s->host : "127.0.0.1";
    int fd = -1, error = getaddrinfo(host, s->port, &hints, &list);

    if (error) {
        *why = gai_strerror(error);
        return -1;
    }
    for (struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
        fd = try_address(s, ai);
    *why = strerror(errno);
    freeaddrinfo(list);
    return fd;
}

static char *describe(const struct socket_spec *s, int fd)
{
    struct sockaddr_in a = {0};
    socklen_t n = sizeof(a);

    if (s->is_unix)
        return xasprintf("unix %s", s->path);
    /* Port 0 was a wish for any. */
    if (s->server && !getsockname(fd, (struct sockaddr *)&a, &n) && a.sin_family == AF_INET)
        return xasprintf("tcp %s:%u", *s->host ? s->host : "127.0.0.1", ntohs(a.sin_port));
    return xasprintf("tcp %s:%s", *s->host ? s->host : "127.0.0.1", s->port);
}

static void start_peer(struct chardev *c, int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* fails on unix sockets: fine */
    chardev_start(c, fd, fd);
}

static void acceptable(void *opaque)
{
    struct chardev *c = opaque;
    int fd = accept4(c->lfd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    host_loop_pause(c->loop, c->lfd, true); /* one peer at a time; others wait in the backlog */
    start_peer(c, fd);
}

static void peer_ended(struct chardev *c)
{
    if (c->lfd >= 0)
        host_loop_pause(c->loop, c->lfd, false);
}

static const struct chardev_ops socket_ops = {.ended = peer_ended};

static void serve(struct chardev *c, const struct socket_spec *s, const char *option, int lfd)
{
    c->lfd = lfd;
    if (s->is_unix)
        c->unlink_path = xstrdup(s->path);
    host_loop_add(c->loop, lfd, acceptable, c);
    if (!s->wait)
        return;
    notice("%s: waiting for a connection on %s", option, c->where);
    while (!chardev_connected(c))
        acceptable(c);
}

struct chardev *chardev_socket_open(struct host_loop *l, const char *option, const char *spec)
{
    struct socket_spec s;
    const char *why = NULL;
    struct chardev *c = NULL;

    if (parse_spec(&s, option, spec)) {
        int fd = s.is_unix ? open_unix(&s) : open_tcp(&s, &why);
        if (fd < 0) {
            error_report("%s %.*s: cannot %s: %s", option, (int)strcspn(spec, ","), spec,
                         s.server ? "listen there" : "connect", why ? why : strerror(errno));
        } else {
            c = chardev_alloc(l, &socket_ops, describe(&s, fd));
            if (s.server)
                serve(c, &s, option, fd);
            else
                start_peer(c, fd);
        }
    }
    spec_fini(&s);
    return c;
}
