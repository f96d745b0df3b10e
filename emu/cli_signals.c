/* cli_signals.c - signals as events of the host loop */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/host/terminal.h"
#include "emu/log.h"

/* A signal handler has no argument. */
static struct {
    volatile sig_atomic_t n_ends;
    int pipe[2];
    struct session *session;
    int child; /* 0: none */
    int child_status;
} signals;

static void on_signal(int number)
{
    int error = errno;
    char byte = number;

    if (number != SIGCHLD && ++signals.n_ends > 1) {
        terminal_restore();
        _exit(128 + number);
    }
    if (write(signals.pipe[1], &byte, 1) < 0) {
        /* Full: enough is on its way. */
    }
    errno = error;
}

static void child_ended(int status)
{
    signals.child_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    signals.child = 0;
    session_request_quit(signals.session, signals.child_status);
}

static void readable(void *opaque)
{
    u8 byte;
    int status;

    (void)opaque;
    while (read(signals.pipe[0], &byte, 1) == 1) {
        if (byte != SIGCHLD && signals.child)
            kill(signals.child, byte); /* gdb would sit at its prompt, and we wait for it */
        if (byte != SIGCHLD)
            session_signalled(signals.session, 0);
        else if (signals.child && waitpid(signals.child, &status, WNOHANG) == signals.child)
            child_ended(status);
    }
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&sa.sa_mask);
    sigaction(number, &sa, NULL);
}

void cli_signals_start(struct host_loop *l, struct session *s, bool ignore_interrupt)
{
    signals.session = s;
    CHECK(!pipe2(signals.pipe, O_CLOEXEC | O_NONBLOCK));
    host_loop_add(l, signals.pipe[0], readable, NULL);
    handle(SIGINT, ignore_interrupt ? SIG_IGN : on_signal);
    handle(SIGTERM, on_signal);
    handle(SIGHUP, on_signal);
    handle(SIGCHLD, on_signal);
}

void cli_signals_stop(struct host_loop *l)
{
    handle(SIGCHLD, SIG_DFL);
    host_loop_remove(l, signals.pipe[0]);
    /* The pipe stays: a late signal still writes to it. */
}

void cli_signals_watch_child(int pid)
{
    signals.child = pid;
}

int cli_signals_wait_child(void)
{
    int status = 0;
    if (signals.child) {
        while (waitpid(signals.child, &status, 0) < 0 && errno == EINTR)
            ;
        signals.child_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        signals.child = 0;
    }
    return signals.child_status;
}
