/* vnc_listen.c - where a VNC server listens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/vnc_int.h"
#include "emu/items.h"
#include "emu/log.h"

enum { FIRST_PORT = 5900, BACKLOG = 8, MAX_DISPLAY = 65535 - FIRST_PORT };

struct address {
    char *host, *path; /* one of them */
    unsigned display, to;
    bool password;
};

static bool number(const char *s, unsigned *v)
{
    char *end;
    unsigned long n = strtoul(s, &end, 10);
    *v = n;
    return *s >= '0' && *s <= '9' && !*end && n <= MAX_DISPLAY;
}

static bool parse_where(struct address *a, const char *spec, const char *text)
{
    if (!strncmp(text, "unix:", 5)) {
        a->path = xstrdup(text + 5);
        size_t n = strlen(a->path);
        return (n && n < sizeof(((struct sockaddr_un *)0)->sun_path)) ||
               error_report("-vnc %s: the socket's path is %s", spec, n ? "too long" : "missing");
    }
    const char *colon = strrchr(text, ':');
    if (!colon || !number(colon + 1, &a->display))
        return error_report("-vnc %s: an address is [HOST]:DISPLAY, with a display from 0 to %d, "
                            "or unix:PATH",
                            spec, MAX_DISPLAY);
    bool brackets = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    a->host = brackets ? strndup(text + 1, colon - text - 2) : strndup(text, colon - text);
    a->to = a->display;
    return true;
}

static bool parse_option(struct address *a, const char *spec, const struct item *it)
{
    bool on;
    if (item_is(it, "to")) {
        if (!number(it->value, &a->to) || a->to < a->display)
            return error_report("-vnc %s: to is the last display to try", spec);
        return true;
    }
    if (item_flag(it, "password", &a->password))
        return true;
    if (item_is(it, "share") || item_flag(it, "lossy", &on) || item_flag(it, "non-adaptive", &on))
        return true; /* all clients share, and nothing is lossy unless they ask */
    return item_unknown("vnc", it);
}

static bool parse(struct address *a, const char *spec)
{
    const char *p = spec;
    struct item it;

    if (!item_next(&p, &it) || it.has_key)
        return error_report("-vnc %s: an address comes first, [HOST]:DISPLAY or unix:PATH", spec);
    if (!parse_where(a, spec, it.value))
        return false;
    while (item_next(&p, &it))
        if (!parse_option(a, spec, &it))
            return false;
    return true;
}

static bool add(struct vnc_sockets *s, int family, const struct sockaddr *a, socklen_t len)
{
    const int one = 1;
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    if (family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (bind(fd, a, len) || listen(fd, BACKLOG)) {
        int why = errno;
        close(fd);
        errno = why;
        return false;
    }
    s->fd[s->n++] = fd;
    return true;
}

/* One that nobody serves any more is in the way; another program's is not ours to remove. */
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

static bool listen_unix(struct vnc_sockets *s, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(a.sun_path, path);
    remove_stale(&a);
    if (!add(s, AF_UNIX, (struct sockaddr *)&a, sizeof(a)))
        return error_report("-vnc unix:%s: %s", path, strerror(errno));
    s->path = xstrdup(path);
    s->where = xasprintf("unix:%s", path);
    return true;
}

static bool listen_tcp(struct vnc_sockets *s, const struct address *a, unsigned display)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list;
    const char *host = *a->host ? a->host : "127.0.0.1";
    char port[16];

    snprintf(port, sizeof(port), "%u", FIRST_PORT + display);
    int e = getaddrinfo(host, port, &hints, &list);
    if (e)
        return error_report("-vnc %s:%u: %s", a->host, display, gai_strerror(e));
    bool any = false;
    for (struct addrinfo *i = list; i && s->n < VNC_MAX_SOCKETS; i = i->ai_next)
        any |= add(s, i->ai_family, i->ai_addr, i->ai_addrlen);
    freeaddrinfo(list);
    if (any)
        s->where = xasprintf("%s:%u", host, FIRST_PORT + display);
    return any;
}

static bool listen_at(struct vnc_sockets *s, const struct address *a)
{
    if (a->path)
        return listen_unix(s, a->path);
    for (unsigned d = a->display; d <= a->to; d++)
        if (listen_tcp(s, a, d))
            return true;
    return error_report("-vnc %s:%u: cannot listen there: %s; with ,to=N other displays are tried",
                        a->host, a->display, strerror(errno));
}

bool vnc_listen(struct vnc_sockets *s, const char *spec)
{
    struct address a = {0};
    bool ok = parse(&a, spec) && listen_at(s, &a);
    s->password = a.password;
    free(a.host);
    free(a.path);
    return ok;
}

void vnc_unlisten(struct vnc_sockets *s)
{
    for (unsigned i = 0; i < s->n; i++)
        close(s->fd[i]);
    if (s->path)
        unlink(s->path);
    free(s->where);
    free(s->path);
    *s = (struct vnc_sockets){0};
}
