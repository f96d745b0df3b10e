/* test_gdb.c - stock gdb, driven by scripts, on the test guest */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static struct guest g;
static struct gdb_server *server;
static int peer = -1;
static char dir[] = "/tmp/hindsight-gdb-XXXXXX", path[64];

static void send_bytes(void *opaque, const u8 *data, size_t n)
{
    (void)opaque;
    while (n && peer >= 0) {
        ssize_t done = send(peer, data, n, MSG_NOSIGNAL);
        if (done <= 0)
            return;
        data += done;
        n -= done;
    }
}

/* Serves what gdb has sent; false when it has gone. */
static bool serve(int timeout_ms)
{
    u8 bytes[4096];
    struct pollfd p = {.fd = peer, .events = POLLIN};
    if (poll(&p, 1, timeout_ms) <= 0)
        return true;
    ssize_t n = recv(peer, bytes, sizeof(bytes), 0);
    if (n <= 0)
        return false;
    gdb_server_receive(server, bytes, n);
    return !gdb_server_wants_close(server);
}

static void poll_host(void *opaque, u64 timeout)
{
    (void)opaque;
    serve(timeout ? 10 : 0);
}

static u64 now_ns(void *opaque)
{
    struct timespec t;
    (void)opaque;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static int start_gdb(const char *const *commands, int out)
{
    const char *argv[80] = {"gdb", "-nx", "-q", "-batch", "-ex", "set pagination off", "-ex", NULL};
    char target[128];
    unsigned n = 7;
    snprintf(target, sizeof(target), "target remote %s", path);
    argv[n++] = target;
    for (; *commands; commands++) {
        argv[n++] = "-ex";
        argv[n++] = *commands;
    }
    int pid = fork();
    if (pid)
        return pid;
    dup2(out, 1);
    dup2(out, 2);
    dup2(open("/dev/null", O_RDONLY), 0);
    execvp("gdb", (char *const *)argv);
    _exit(127);
}

static int listen_here(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    cr_assert(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/sock", dir);
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(!bind(fd, (struct sockaddr *)&a, sizeof(a)) && !listen(fd, 1));
    return fd;
}

static char *read_all(FILE *f)
{
    static char text[65536];
    rewind(f);
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = 0;
    return text;
}

/* gdb's output after it ran these commands (a list with NULL at its end). */
static const char *gdb(const char *const *commands)
{
    FILE *out = tmpfile();
    int listener = listen_here(), status;
    if (system("command -v gdb >/dev/null 2>&1"))
        cr_skip_test("there is no gdb here");
    guest_init(&g);
    g.machine->host = (struct host_ops){.poll = poll_host, .now_ns = now_ns};
    g.machine->host_attached = true;
    server = gdb_server_new(g.session, send_bytes, NULL);
    int pid = start_gdb(commands, fileno(out));
    struct pollfd p = {.fd = listener, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, 600000), 1, "gdb does not connect: %s", read_all(out));
    peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    gdb_server_connected(server);
    do
        guest_move(&g);
    while (!session_quit(g.session) && serve(-1));
    gdb_server_disconnected(server);
    close(peer);
    peer = -1;
    waitpid(pid, &status, 0);
    guest_move(&g);
    gdb_server_delete(server);
    guest_fini(&g);
    close(listener);
    unlink(path);
    rmdir(dir);
    return read_all(out);
}

/* Finds these in that order. */
static void assert_in_order(const char *text, const char *const *wanted)
{
    const char *at = text;
    for (; *wanted; wanted++) {
        const char *found = strstr(at, *wanted);
        cr_assert(found, "'%s' is not there (or not there yet) in:\n%s", *wanted, text);
        at = found + strlen(*wanted);
    }
}

#define LIST(...) (const char *const[]) {__VA_ARGS__, NULL}
#define BREAK(label) break_at(GUEST_AT(label))

static const char *break_at(u64 addr)
{
    static char s[64]; /* one a test */
    snprintf(s, sizeof(s), "break *%#llx", (unsigned long long)addr);
    return s;
}

Test(gdb, it_connects_without_complaint)
{
    const char *out = gdb(LIST("info registers eip", "p $icount", "x/i $pc", "stepi", "p $icount",
                               "info threads", "maint packet qqemu.sstepbits"));
    assert_in_order(out, LIST("0xfffffff0", "$1 = 0", "$2 = 1", "Thread 1.1", "ENABLE=1"));
    const char *warning = strstr(out, "warning: "); /* no file was given: that alone is worth one */
    cr_assert(warning && strstr(warning, "No executable has been specified") == warning + 9, "%s",
              out);
    cr_assert_not(strstr(warning + 1, "warning") || strstr(out, "rror"), "%s", out);
}

Test(gdb, breakpoints_and_steps_both_ways)
{
    const char *out = gdb(LIST(BREAK(guest_f), "continue", "continue", "p *(int *)0x5000",
                               "reverse-stepi", "reverse-continue", "p *(int *)0x5000",
                               "p $icount < 60", "delete", "reverse-continue", "p $icount"));
    assert_in_order(out, LIST("Breakpoint 1", "Breakpoint 1", "$1 = 2", "Breakpoint 1", "$2 = 1",
                              "$3 = 1", "No more reverse-execution history", "$4 = 0"));
}

Test(gdb, a_conditional_breakpoint_is_found_both_ways)
{
    char condition[96];
    snprintf(condition, sizeof(condition), "break *%#llx if *(int *)0x5000 == 123",
             (unsigned long long)GUEST_AT(guest_f));
    const char *out = gdb(LIST(condition, "continue", "p *(int *)0x5000", "delete", "continue",
                               condition, "reverse-continue", "p *(int *)0x5000"));
    assert_in_order(out, LIST("Breakpoint 1", "$1 = 123", "exited with code 5",
                              "No more reverse-execution history", "Breakpoint 2", "$2 = 123"));
}

Test(gdb, watchpoints_lead_to_the_store)
{
    const char *out =
        gdb(LIST(BREAK(guest_f), "ignore 1 9", "continue", "delete", "watch *(int *)0x5004",
                 "reverse-continue", "p $pc", "continue", "rwatch *(int *)0x5000", "continue"));
    char pc[32];
    snprintf(pc, sizeof(pc), "%#llx", (unsigned long long)GUEST_AT(guest_store));
    assert_in_order(out, LIST("Breakpoint 1", "ardware watchpoint 2", "Old value = 9",
                              "New value = 8", pc, "Old value = 8", "New value = 9",
                              "ardware read watchpoint 3", "Value ="));
}

Test(gdb, writes_and_the_past)
{
    const char *out =
        gdb(LIST(BREAK(guest_f), "continue", "set var *(int *)0x5000 = 390", "set var $edx = 77",
                 "p $edx", "continue", "p *(int *)0x5000", "reverse-continue", "p *(int *)0x5000",
                 "monitor goto 10", "maint flush register-cache", "p $icount", "p *(int *)0x5000"));
    assert_in_order(out, LIST("Breakpoint 1", "$1 = 77", "$2 = 391", "Breakpoint 1", "$3 = 390",
                              "icount 10,", "$4 = 10", "$5 = 0"));
}

Test(gdb, the_whole_run_and_back)
{
    const char *out = gdb(LIST("continue", "p *(int *)0x5000", "reverse-continue", "p $icount",
                               "continue", "reverse-stepi", "monitor when", "detach"));
    assert_in_order(out, LIST("exited with code 5", "No more reverse-execution history", "$1 = 400",
                              "No more reverse-execution history", "$2 = 0", "No more reverse-execution",
                              "icount ", "[Inferior 1 (process 1) detached]"));
}

Test(gdb, calls_in_the_past)
{
    char call[96];
    snprintf(call, sizeof(call), "p ((int (*)(void))%#llx)()",
             (unsigned long long)GUEST_AT(guest_f));
    const char *out =
        gdb(LIST(BREAK(guest_incremented), "ignore 1 20", "continue", "delete", "reverse-stepi",
                 "reverse-stepi", "p *(int *)0x5000", "p $icount - $icount", call,
                 "p *(int *)0x5004", "stepi", "stepi", "stepi", "p *(int *)0x5000",
                 "monitor goto end", "maint flush register-cache", "p $eip"));
    char pc[32];
    snprintf(pc, sizeof(pc), "%#llx", (unsigned long long)GUEST_AT(guest_incremented));
    assert_in_order(out,
                    LIST("Breakpoint 1", "$1 = 20", "$2 = 0", "$3 = 20", "$4 = 20", "$5 = 21", pc));
    cr_assert_not(strstr(out, "Could not write"), "%s", out);
}
