/* test_chardev.c - character streams: sockets, pty, files, and the mux */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "emu/buf.h"
#include "emu/check.h"
#include "emu/host/chardev.h"

struct user {
    struct buf got;
    int opened, closed;
    u32 room;
};

static void receive(void *opaque, const u8 *data, u32 len)
{
    struct user *u = opaque;
    cr_assert(len <= u->room, "more than there was room for");
    u->room -= len;
    buf_put(&u->got, data, len);
}

static u32 room(void *opaque)
{
    return ((struct user *)opaque)->room;
}

static void opened(void *opaque)
{
    ((struct user *)opaque)->opened++;
}

static void closed(void *opaque)
{
    ((struct user *)opaque)->closed++;
}

static void use(struct chardev *c, struct user *u)
{
    struct chardev_client cl = {room, receive, opened, closed, u};
    chardev_set_client(c, &cl);
}

static char dir[64];

static void make_dir(void)
{
    strcpy(dir, "/tmp/test_chardev_XXXXXX");
    cr_assert(mkdtemp(dir) != NULL);
    cr_assert(freopen("/dev/null", "w", stderr));
}

static void remove_dir(void)
{
    cr_assert(rmdir(dir) == 0, "%s: something was left behind", dir);
}

TestSuite(chardev, .init = make_dir, .fini = remove_dir);

static char *in_dir(const char *fmt, const char *name)
{
    char *path = xasprintf("%s/%s", dir, name), *s;
    s = xmalloc(strlen(fmt) + strlen(path) + 1);
    sprintf(s, fmt, path);
    free(path);
    return s;
}

static int connect_unix(const char *name)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir, name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    return fd;
}

static void expect_text(int fd, const char *text)
{
    char got[256] = "";
    size_t n = 0;
    while (n < strlen(text)) {
        ssize_t k = read(fd, got + n, sizeof(got) - 1 - n);
        cr_assert(k > 0);
        n += k;
    }
    cr_assert_str_eq(got, text);
}

static void poll_until(struct host_loop *l, const int *counter, int value)
{
    for (int i = 0; i < 5000 && *counter != value; i++)
        host_loop_poll(l, 50 * 1000 * 1000);
    cr_assert_eq(*counter, value);
}

static void poll_for(struct host_loop *l, struct user *u, const char *text)
{
    for (int i = 0; i < 5000 && u->got.len < strlen(text); i++)
        host_loop_poll(l, 50 * 1000 * 1000);
    cr_assert_str_eq(buf_cstr(&u->got), text);
}

Test(chardev, a_unix_server_serves_one_peer_after_another)
{
    struct host_loop *l = host_loop_new();
    struct user u = {.room = 1000};
    char *spec = in_dir("unix:%s,server,nowait", "sock");
    struct chardev *c = chardev_open(l, "-serial", spec);

    cr_assert(c);
    use(c, &u);
    cr_assert_not(chardev_connected(c));
    chardev_write(c, (const u8 *)"lost", 4);
    for (int round = 1; round <= 3; round++) {
        int fd = connect_unix("sock");
        poll_until(l, &u.opened, round);
        cr_assert(chardev_connected(c));
        chardev_write(c, (const u8 *)"hello", 5);
        expect_text(fd, "hello");
        buf_clear(&u.got);
        cr_assert(write(fd, "abc", 3) == 3);
        poll_for(l, &u, "abc");
        close(fd);
        poll_until(l, &u.closed, round);
    }
    int fd = connect_unix("sock");
    poll_until(l, &u.opened, 4);
    chardev_write(c, (const u8 *)"bye", 3);
    chardev_disconnect(c);
    expect_text(fd, "bye");
    cr_assert(read(fd, spec, 1) == 0, "our side hung up");
    cr_assert_eq(u.closed, 3, "who disconnects is not told");
    close(fd);
    chardev_delete(c);
    host_loop_delete(l);
    buf_fini(&u.got);
    free(spec);
}

Test(chardev, input_waits_until_there_is_room)
{
    struct host_loop *l = host_loop_new();
    struct user u = {.room = 0};
    char *spec = in_dir("unix:%s,server=on,wait=off", "sock");
    struct chardev *c = chardev_open(l, "-serial", spec);
    use(c, &u);
    int fd = connect_unix("sock");
    cr_assert(write(fd, "abcdef", 6) == 6);
    poll_until(l, &u.opened, 1);
    host_loop_poll(l, 1000000);
    cr_assert_eq(u.got.len, 0);
    u.room = 2;
    host_loop_poll(l, 1000000);
    host_loop_poll(l, 1000000);
    cr_assert_str_eq(buf_cstr(&u.got), "ab");
    u.room = 10;
    poll_for(l, &u, "abcdef");
    close(fd);
    chardev_delete(c);
    host_loop_delete(l);
    buf_fini(&u.got);
    free(spec);
}

Test(chardev, a_peer_that_reads_late_gets_everything)
{
    struct host_loop *l = host_loop_new();
    struct user u = {.room = 1000};
    char *spec = in_dir("unix:%s,server,nowait", "sock");
    struct chardev *c = chardev_open(l, "-gdb", spec);
    use(c, &u);
    int fd = connect_unix("sock");
    poll_until(l, &u.opened, 1);
    static u8 block[4096], got[4096];
    const int blocks = 500;
    for (int i = 0; i < blocks; i++) {
        memset(block, i, sizeof(block));
        chardev_write(c, block, sizeof(block));
    }
    size_t total = 0;
    while (total < (size_t)blocks * sizeof(block)) {
        host_loop_poll(l, 0);
        ssize_t n = recv(fd, got, sizeof(got), MSG_DONTWAIT);
        for (ssize_t i = 0; i < n; i++)
            cr_assert_eq(got[i], (u8)((total + i) / sizeof(block)));
        total += MAX(n, 0);
    }
    close(fd);
    chardev_delete(c);
    host_loop_delete(l);
    free(spec);
}

Test(chardev, a_stale_socket_is_replaced_and_a_served_one_is_not)
{
    struct host_loop *l = host_loop_new();
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s/sock", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    close(fd);
    char *spec = in_dir("unix:%s,server,nowait", "sock");
    struct chardev *c = chardev_open(l, "-gdb", spec);
    cr_assert(c, "nobody listens there any more");
    cr_assert_null(chardev_open(l, "-gdb", spec), "somebody does");
    chardev_delete(c);
    host_loop_delete(l);
    free(spec);
}

Test(chardev, tcp_listens_on_loopback_and_a_busy_port_is_an_error)
{
    struct host_loop *l = host_loop_new();
    struct user u = {.room = 100};
    struct chardev *server = chardev_open(l, "-gdb", "tcp::0,server,nowait");
    cr_assert(server);
    use(server, &u);
    cr_assert(!strncmp(chardev_where(server), "tcp 127.0.0.1:", 14));
    char *spec = xasprintf("tcp:%s", chardev_where(server) + 4),
         *again = xasprintf("%s,server,nowait", spec);
    cr_assert_null(chardev_open(l, "-gdb", again));

    struct user v = {.room = 100};
    struct chardev *client = chardev_open(l, "-serial", spec);
    cr_assert(client);
    use(client, &v);
    cr_assert_eq(v.opened, 1);
    poll_until(l, &u.opened, 1);
    chardev_write(client, (const u8 *)"ping", 4);
    poll_for(l, &u, "ping");
    chardev_write(server, (const u8 *)"pong", 4);
    poll_for(l, &v, "pong");
    chardev_delete(client);
    poll_until(l, &u.closed, 1);
    chardev_delete(server);
    cr_assert_null(chardev_open(l, "-serial", spec), "nobody listens");
    host_loop_delete(l);
    buf_fini(&u.got);
    buf_fini(&v.got);
    free(spec);
    free(again);
}

Test(chardev, a_file_takes_output)
{
    struct host_loop *l = host_loop_new();
    char *spec = in_dir("file:%s", "out"), text[16] = "";
    struct chardev *c = chardev_open(l, "-serial", spec);
    cr_assert(c);
    chardev_write(c, (const u8 *)"one ", 4);
    chardev_write(c, (const u8 *)"two", 3);
    chardev_delete(c);
    FILE *f = fopen(spec + 5, "r");
    cr_assert(f && fread(text, 1, 15, f) == 7);
    cr_assert_str_eq(text, "one two");
    fclose(f);
    unlink(spec + 5);
    host_loop_delete(l);
    free(spec);
}

Test(chardev, a_pair_of_fifos)
{
    struct host_loop *l = host_loop_new();
    struct user u = {.room = 100};
    char *in = in_dir("%s", "p.in"), *out = in_dir("%s", "p.out"), *spec = in_dir("pipe:%s", "p");
    cr_assert(mkfifo(in, 0600) == 0 && mkfifo(out, 0600) == 0);
    struct chardev *c = chardev_open(l, "-serial", spec);
    cr_assert(c);
    use(c, &u);
    int w = open(in, O_WRONLY), r = open(out, O_RDONLY);
    cr_assert(write(w, "in", 2) == 2);
    poll_for(l, &u, "in");
    chardev_write(c, (const u8 *)"out", 3);
    expect_text(r, "out");
    close(w);
    close(r);
    chardev_delete(c);
    unlink(in);
    unlink(out);
    host_loop_delete(l);
    buf_fini(&u.got);
    free(in);
    free(out);
    free(spec);
}

Test(chardev, a_pty_is_raw_both_ways)
{
    struct host_loop *l = host_loop_new();
    struct user u = {.room = 100};
    struct chardev *c = chardev_open(l, "-serial", "pty");
    cr_assert(c);
    use(c, &u);
    const char *name = strchr(chardev_where(c), ' ') + 1;
    int fd = open(name, O_RDWR | O_NOCTTY);
    cr_assert(fd >= 0);
    cr_assert(write(fd, "a\003\r\n", 4) == 4);
    poll_for(l, &u, "a\003\r\n");
    chardev_write(c, (const u8 *)"x\ny", 3);
    expect_text(fd, "x\ny");
    close(fd);
    host_loop_poll(l, 1000000);
    cr_assert_eq(u.closed, 0);
    fd = open(name, O_RDWR | O_NOCTTY);
    cr_assert(write(fd, "again", 5) == 5);
    poll_for(l, &u, "a\003\r\nagain");
    close(fd);
    chardev_delete(c);
    host_loop_delete(l);
    buf_fini(&u.got);
}

Test(chardev, ill_formed_specs_are_refused)
{
    static const char *const bad[] = {"", "foo", "unix:", "tcp:", "tcp:1234", "tcp:::", "unix:/x,frob", "tcp::1,server=maybe",
                                      "file:", "pipe:", "file:/nonexistent/x", "unix:/nonexistent/x",
                                      "tcp:localhost:notaport", "tcp::65536,server", "mon:stdio"};
    struct host_loop *l = host_loop_new();
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        cr_assert_null(chardev_open(l, "-serial", bad[i]), "%s", bad[i]);
    char *longest = xmalloc(300);
    memset(longest, 'x', 299);
    memcpy(longest, "unix:", 5);
    longest[299] = 0;
    cr_assert_null(chardev_open(l, "-serial", longest));
    free(longest);
    struct chardev *c = chardev_open(l, "-serial", "null");
    cr_assert(c);
    chardev_write(c, (const u8 *)"x", 1);
    chardev_delete(c);
    host_loop_delete(l);
}

/* ---- the mux ---- */

static int quits;

static void quit(void *opaque)
{
    (void)opaque;
    quits++;
}

Test(chardev, the_mux_switches_and_quits)
{
    struct host_loop *l = host_loop_new();
    struct user guest = {.room = 100}, monitor = {.room = 100};
    char *spec = in_dir("unix:%s,server,nowait", "sock");
    struct chardev *c = chardev_open(l, "-serial", spec);
    struct chardev_mux *m = chardev_mux_new(c, quit, NULL);
    use(chardev_mux_side(m, 0), &guest);
    use(chardev_mux_side(m, 1), &monitor);
    cr_assert(guest.opened == 1 && monitor.opened == 0);
    int fd = connect_unix("sock");
    host_loop_poll(l, 1000000);
    cr_assert(write(fd, "ls\001c", 4) == 4);
    poll_until(l, &monitor.opened, 1);
    cr_assert_str_eq(buf_cstr(&guest.got), "ls");
    cr_assert_eq(guest.closed, 1);
    cr_assert(write(fd, "when", 4) == 4);
    poll_for(l, &monitor, "when");
    chardev_write(chardev_mux_side(m, 0), (const u8 *)"output", 6);
    expect_text(fd, "output");
    cr_assert(write(fd, "\001c\001\001!", 5) == 5);
    poll_for(l, &guest, "ls\001!");

    /* A guest that takes nothing does not keep us from quitting. */
    guest.room = 0;
    cr_assert(write(fd, "typed\001x", 7) == 7);
    poll_until(l, &quits, 1);
    cr_assert_eq(guest.got.len, 4);
    guest.room = 3;
    host_loop_poll(l, 1000000);
    cr_assert_str_eq(buf_cstr(&guest.got), "ls\001!typ");
    close(fd);
    chardev_mux_delete(m);
    chardev_delete(c);
    host_loop_delete(l);
    buf_fini(&guest.got);
    buf_fini(&monitor.got);
    free(spec);
}
