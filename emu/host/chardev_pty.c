/* chardev_pty.c - a pseudo terminal for somebody to connect to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/chardev_impl.h"
#include "emu/log.h"

/* We keep its other side open, so that nobody there is not the end of the stream. */
struct pty {
    int slave;
};

static void pty_fini(struct chardev *c)
{
    struct pty *p = c->impl;
    close(p->slave);
    free(p);
}

static const struct chardev_ops pty_ops = {.fini = pty_fini};

struct chardev *chardev_pty_open(struct host_loop *l, const char *option)
{
    char name[128];
    struct termios t;
    int slave = -1, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (master >= 0 && !grantpt(master) && !unlockpt(master) &&
        !ptsname_r(master, name, sizeof(name)))
        slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) {
        error_report("%s pty: cannot make a pseudo terminal: %s", option, strerror(errno));
        if (master >= 0)
            close(master);
        return NULL;
    }
    if (!tcgetattr(slave, &t)) {
        cfmakeraw(&t);
        tcsetattr(slave, TCSANOW, &t);
    }
    struct pty *p = xcalloc(1, sizeof(*p));
    p->slave = slave;
    struct chardev *c = chardev_alloc(l, &pty_ops, xasprintf("pty %s", name));
    c->impl = p;
    notice("%s: connect to %s", option, name);
    chardev_start(c, master, master);
    return c;
}
