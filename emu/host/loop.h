/* loop.h - the host's event loop: file descriptors with callbacks, on the machine's one thread */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_LOOP_H
#define EMU_HOST_LOOP_H

#include <poll.h>

#include "emu/types.h"

struct host_loop;

struct host_loop *host_loop_new(void);
void host_loop_delete(struct host_loop *l);
/* Calls readable(opaque) when fd can be read (or is at its end); paused fds are not looked at. */
void host_loop_add(struct host_loop *l, int fd, void (*readable)(void *opaque), void *opaque);
void host_loop_remove(struct host_loop *l, int fd);
void host_loop_pause(struct host_loop *l, int fd, bool paused);
/* Also calls writable(opaque) when fd can be written; NULL: no longer. */
void host_loop_on_writable(struct host_loop *l, int fd, void (*writable)(void *opaque));
/* Called at each poll before waiting: a backend that waits for room in the guest un-pauses itself
 * here. */
void host_loop_add_hook(struct host_loop *l, void (*hook)(void *opaque), void *opaque);
void host_loop_remove_hook(struct host_loop *l, void *opaque);
/* Descriptors that change all the time (a network stack's): at each poll fill() adds those that are
 * to be looked at now; when one of them is ready, ready() gets the same list with what was found,
 * before any other callback comes. */
struct host_loop_fds {
    struct pollfd *p;
    size_t n, cap;
    size_t first; /* of the set that is being asked */
};
/* Returns its index in ready()'s list. */
size_t host_loop_fds_add(struct host_loop_fds *f, int fd, short events);
struct host_loop_set {
    void (*fill)(void *opaque, struct host_loop_fds *f);
    void (*ready)(void *opaque, const struct pollfd *p, size_t n);
    void *opaque;
};
void host_loop_add_set(struct host_loop *l, const struct host_loop_set *s);
void host_loop_remove_set(struct host_loop *l, void *opaque);
/* This poll, or else the next, does not wait: a hook or callback has given the main loop something
 * to do. */
void host_loop_wake(struct host_loop *l);
/* The process has one standard input: false when somebody has claimed it. */
bool host_loop_claim_stdio(struct host_loop *l);
/* Serves what is ready, after at most timeout_ns (NEVER: until something is). A signal ends it. */
void host_loop_poll(struct host_loop *l, u64 timeout_ns);
u64 host_loop_now_ns(void); /* CLOCK_MONOTONIC */

#endif
