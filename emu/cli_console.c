/* cli_console.c - the monitor on a character stream: with line editing, or plain lines */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "gdbstub/monitor.h"

#define PROMPT "(hindsight) "
#define LINE_MAX_BYTES 4096
#define CTRL_C 0x03

struct cli_console {
    struct session *session;
    struct host_loop *loop;
    struct chardev *dev;
    bool terminal; /* with line editing */
    bool asked;    /* the user waits to hear how a move ends */
    bool holding;  /* and wants to look at the end of a recording, rather than leave with it */
    bool skip_lf;  /* the line ended with CR */
    bool waiting;  /* a move that ends by itself was asked for: a script's next lines wait for its
                      end */
    struct buf held; /* those lines, each with a 0 behind it */
    size_t released; /* bytes of them that are done with */
    char line[LINE_MAX_BYTES];
    u32 n;
};

static void say(struct cli_console *c, const char *text, size_t n)
{
    chardev_write(c->dev, (const u8 *)text, n);
}

static void prompt(struct cli_console *c)
{
    if (!c->terminal)
        say(c, PROMPT, strlen(PROMPT));
}

static void hold(struct cli_console *c, bool on)
{
    if (on == c->holding)
        return;
    c->holding = on;
    session_hold(c->session, on ? 1 : -1);
}

static void execute(struct cli_console *c, const char *line)
{
    struct buf out = {0};
    bool running = session_running(c->session);
    enum monitor_result result = monitor_execute(c->session, line, &out, c);

    if (result == MONITOR_MOVING || (running && *line))
        c->asked = true;
    if (result == MONITOR_MOVING) {
        hold(c, !timeline_is_live(session_timeline(c->session)));
        c->waiting = session_move_kind(c->session) != MOVE_CONTINUE;
    }
    say(c, buf_cstr(&out), out.len);
    buf_fini(&out);
    if (result != MONITOR_MOVING)
        prompt(c); /* else when the move has ended */
}

static void describe(struct cli_console *c, const struct move *mv)
{
    struct buf out = {0};
    if (c->terminal)
        cli_readline_hide();
    monitor_describe(c->session, mv, &out);
    say(c, buf_cstr(&out), out.len);
    buf_fini(&out);
    if (c->terminal)
        cli_readline_show();
}

static void stopped(void *opaque, const struct move *mv)
{
    struct cli_console *c = opaque;
    hold(c, false);
    c->waiting = false;
    if (!c->asked)
        return;
    c->asked = false;
    describe(c, mv);
    prompt(c);
}

static void exited(void *opaque, const struct move *mv)
{
    struct cli_console *c = opaque;
    if (c->asked)
        describe(c, mv);
    c->asked = false;
}

static bool held_back(const struct cli_console *c)
{
    return c->waiting || session_aside_waits(c->session);
}

/* Not while the end of the move is still being told of: the next one would begin in the middle of
 * that. */
static void release_held(void *opaque)
{
    struct cli_console *c = opaque;
    while (!held_back(c) && c->released < c->held.len) {
        char *line = xstrdup((const char *)c->held.data + c->released);
        c->released += strlen(line) + 1;
        execute(c, line);
        free(line);
        host_loop_wake(c->loop);
    }
    if (c->released == c->held.len) {
        buf_clear(&c->held);
        c->released = 0;
    }
}

static void plain_line(struct cli_console *c)
{
    bool first = c->released == c->held.len;
    if (first && (!held_back(c) || !strcmp(c->line, "stop")))
        execute(c, c->line);
    else
        buf_put(&c->held, c->line, strlen(c->line) + 1);
}

static void plain_key(struct cli_console *c, u8 key)
{
    bool lf_of_crlf = c->skip_lf && key == '\n';

    c->skip_lf = key == '\r';
    if (lf_of_crlf)
        return;
    if (key == '\n' || key == '\r') {
        c->line[c->n] = 0;
        c->n = 0;
        plain_line(c);
    } else if (key == '\b' || key == 0x7f) {
        c->n -= c->n > 0;
    } else if (key && c->n < LINE_MAX_BYTES - 1) {
        c->line[c->n++] = key;
    }
}

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct cli_console *c = opaque;
    for (u32 i = 0; i < len; i++) {
        if (data[i] == CTRL_C && session_running(c->session)) {
            c->asked = true;
            session_stop(c->session);
        } else if (c->terminal) {
            cli_readline_feed(&data[i], 1);
        } else {
            plain_key(c, data[i]);
        }
    }
}

static void edited_line(void *opaque, const char *line)
{
    execute(opaque, line);
}

static void edited_write(void *opaque, const char *text, size_t n)
{
    say(opaque, text, n);
}

static void edited_complete(void *opaque, const char *prefix, struct buf *out)
{
    struct cli_console *c = opaque;
    monitor_complete(c->session, prefix, out);
}

static void opened(void *opaque)
{
    static const char banner[] = "\nThe monitor. `help` lists its commands.\n";
    struct cli_console *c = opaque;
    struct cli_readline_user user = {edited_write, edited_line, edited_complete, c};

    c->n = 0;
    say(c, banner, strlen(banner));
    if (c->terminal)
        cli_readline_start(&user, PROMPT);
    else
        prompt(c);
}

static void closed(void *opaque)
{
    struct cli_console *c = opaque;
    c->n = 0;
    if (!c->terminal)
        return; /* what a script has sent is done to its end */
    cli_readline_stop();
    say(c, "\n", 1);
}

struct cli_console *cli_console_new(struct session *s, struct host_loop *l, struct chardev *dev,
                                    bool terminal)
{
    struct cli_console *c = xcalloc(1, sizeof(*c));
    struct chardev_client cl = {
        .receive = receive, .opened = opened, .closed = closed, .opaque = c};
    struct session_listener listener = {.stopped = stopped, .exited = exited, .opaque = c};

    c->session = s;
    c->loop = l;
    c->dev = dev;
    c->terminal = terminal;
    session_add_listener(s, &listener);
    host_loop_add_hook(l, release_held, c);
    chardev_set_client(dev, &cl);
    return c;
}

void cli_console_delete(struct cli_console *c)
{
    if (!c)
        return;
    hold(c, false);
    buf_fini(&c->held);
    host_loop_remove_hook(c->loop, c);
    session_remove_listener(c->session, c);
    chardev_set_client(c->dev, NULL);
    if (c->terminal)
        cli_readline_stop();
    free(c);
}
