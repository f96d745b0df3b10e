/* loop.c - the host's event loop, on poll() */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/loop.h"

#include <stdlib.h>
#include <time.h>

#include "emu/check.h"

#define SOON_NS 200000

struct watched {
    int fd;
    bool paused, dead;
    void (*readable)(void *opaque);
    void (*writable)(void *opaque);
    void *opaque;
};

struct hook {
    void (*fn)(void *opaque); /* NULL: removed */
    void *opaque;
};

struct set {
    struct host_loop_set ops;
    size_t first, n; /* its part of the list that is being looked at */
};

struct host_loop {
    struct watched **fd; /* each allocated: callbacks add and remove while we look through them */
    size_t n_fds;
    struct hook *hook;
    size_t n_hooks;
    struct set *set;
    size_t n_sets;
    unsigned depth;
    bool stdio_claimed, awake;
    bool served; /* something came the last time */
};

struct host_loop *host_loop_new(void)
{
    return xcalloc(1, sizeof(struct host_loop));
}

void host_loop_delete(struct host_loop *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n_fds; i++)
        free(l->fd[i]);
    free(l->fd);
    free(l->hook);
    free(l->set);
    free(l);
}

static struct watched *find(struct host_loop *l, int fd)
{
    for (size_t i = 0; i < l->n_fds; i++)
        if (l->fd[i]->fd == fd && !l->fd[i]->dead)
            return l->fd[i];
    return NULL;
}

void host_loop_add(struct host_loop *l, int fd, void (*readable)(void *opaque), void *opaque)
{
    CHECK(fd >= 0 && !find(l, fd));
    struct watched *w = xcalloc(1, sizeof(*w));
    w->fd = fd;
    w->readable = readable;
    w->opaque = opaque;
    l->fd = xrealloc(l->fd, (l->n_fds + 1) * sizeof(struct watched *));
    l->fd[l->n_fds++] = w;
}

void host_loop_remove(struct host_loop *l, int fd)
{
    struct watched *w = find(l, fd);
    if (w)
        w->dead = true;
}

void host_loop_pause(struct host_loop *l, int fd, bool paused)
{
    struct watched *w = find(l, fd);
    if (w)
        w->paused = paused;
}

void host_loop_on_writable(struct host_loop *l, int fd, void (*writable)(void *opaque))
{
    struct watched *w = find(l, fd);
    if (w)
        w->writable = writable;
}

void host_loop_add_hook(struct host_loop *l, void (*hook)(void *opaque), void *opaque)
{
    l->hook = xrealloc(l->hook, (l->n_hooks + 1) * sizeof(*l->hook));
    l->hook[l->n_hooks++] = (struct hook){hook, opaque};
}

void host_loop_remove_hook(struct host_loop *l, void *opaque)
{
    for (size_t i = 0; i < l->n_hooks; i++)
        if (l->hook[i].opaque == opaque)
            l->hook[i].fn = NULL;
}

size_t host_loop_fds_add(struct host_loop_fds *f, int fd, short events)
{
    if (f->n == f->cap) {
        f->cap = MAX(f->cap * 2, (size_t)16);
        f->p = xrealloc(f->p, f->cap * sizeof(*f->p));
    }
    f->p[f->n] = (struct pollfd){.fd = fd, .events = events};
    return f->n++ - f->first;
}

void host_loop_add_set(struct host_loop *l, const struct host_loop_set *s)
{
    l->set = xrealloc(l->set, (l->n_sets + 1) * sizeof(*l->set));
    l->set[l->n_sets++] = (struct set){.ops = *s};
}

void host_loop_remove_set(struct host_loop *l, void *opaque)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_sets; i++)
        if (l->set[i].ops.opaque != opaque)
            l->set[n++] = l->set[i];
    l->n_sets = n;
}

void host_loop_wake(struct host_loop *l)
{
    l->awake = true;
}

bool host_loop_claim_stdio(struct host_loop *l)
{
    bool was = l->stdio_claimed;
    l->stdio_claimed = true;
    return !was;
}

/* Frees what was removed; only when no poll is looking. */
static void sweep(struct host_loop *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->n_fds; i++) {
        if (l->fd[i]->dead)
            free(l->fd[i]);
        else
            l->fd[n++] = l->fd[i];
    }
    l->n_fds = n;
    n = 0;
    for (size_t i = 0; i < l->n_hooks; i++)
        if (l->hook[i].fn)
            l->hook[n++] = l->hook[i];
    l->n_hooks = n;
}

static void serve(struct host_loop *l, const struct pollfd *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct watched *w = l->fd[i];
        short events = p[i].revents;
        if (events & (POLLOUT | POLLERR | POLLHUP) && w->writable && !w->dead)
            w->writable(w->opaque);
        if (events & (POLLIN | POLLERR | POLLHUP) && !w->paused && !w->dead && w->readable)
            w->readable(w->opaque);
    }
}

/* All that is looked at now: first our own, in their order, then the sets'. */
static struct host_loop_fds collect(struct host_loop *l)
{
    struct host_loop_fds f = {0};
    for (size_t i = 0; i < l->n_fds; i++) {
        const struct watched *w = l->fd[i];
        short events = (w->paused || !w->readable ? 0 : POLLIN) | (w->writable ? POLLOUT : 0);
        /* A paused descriptor at its end would wake us for ever. */
        host_loop_fds_add(&f, w->dead || !events ? -1 : w->fd, events);
    }
    for (size_t i = 0; i < l->n_sets; i++) {
        struct set *s = &l->set[i];
        s->first = f.first = f.n;
        s->ops.fill(s->ops.opaque, &f);
        s->n = f.n - s->first;
    }
    return f;
}

static void serve_sets(struct host_loop *l, const struct pollfd *p)
{
    for (size_t i = 0; i < l->n_sets; i++) {
        const struct set *s = &l->set[i];
        bool any = false;
        for (size_t k = 0; k < s->n; k++)
            any |= p[s->first + k].revents != 0;
        if (any)
            s->ops.ready(s->ops.opaque, p + s->first, s->n);
    }
}

/* Who asked a moment ago mostly asks again at once: a debugger steps hundreds of times for one
 * line. To sleep and to be woken takes longer than that, most of all in a virtual machine. */
static int poll_soon(struct pollfd *p, size_t n)
{
    u64 end = host_loop_now_ns() + SOON_NS;
    int got;
    do
        got = poll(p, n, 0);
    while (!got && host_loop_now_ns() < end);
    return got;
}

void host_loop_poll(struct host_loop *l, u64 timeout_ns)
{
    if (!l->depth)
        sweep(l);
    l->depth++;
    for (size_t i = 0; i < l->n_hooks; i++)
        if (l->hook[i].fn)
            l->hook[i].fn(l->hook[i].opaque);

    if (l->awake)
        timeout_ns = 0;
    l->awake = false;
    size_t n = l->n_fds;
    struct host_loop_fds f = collect(l);
    struct timespec ts = {.tv_sec = MIN(timeout_ns / NS_PER_S, (u64)1 << 30),
                          .tv_nsec = timeout_ns % NS_PER_S};
    int got = l->served && timeout_ns == NEVER ? poll_soon(f.p, f.n) : 0;
    if (!got)
        got = ppoll(f.p, f.n, timeout_ns == NEVER ? NULL : &ts, NULL);
    l->served = got > 0;
    if (got > 0) {
        serve_sets(l, f.p);
        serve(l, f.p, n);
    }
    free(f.p);
    l->depth--;
}

u64 host_loop_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (u64)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
