/* test_vnc.c - a VNC client sees a screen, types and points */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rfb/rfb.h>

#undef MIN
#undef MAX
#include "emu/check.h"
#include "emu/host/vnc.h"
#include "emu/host/vnc_int.h"

enum { STEP_NS = 1000000, PATIENCE = 500000 };

static struct machine_config config;
static struct machine *m;
static struct host_loop *l;
static struct vnc *v;
static char path[64];

/* ---- a machine that is nothing but a screen, a keyboard and a tablet ---- */

static u32 width, height, colour, renders;
static struct buf typed;
static struct hid_move moved;
static unsigned moves;
static bool full;
static struct device no_device;
static struct hid_script script;

static void render(void *opaque, struct screen *out)
{
    (void)opaque;
    renders++;
    screen_resize(out, width, height);
    for (u32 y = 0; y < height; y++)
        for (u32 x = 0; x < width; x++)
            out->pixels[y * width + x] = x == 3 && y == 20 ? colour : 0x102030;
}

static void key(void *opaque, u8 code, bool pressed)
{
    (void)opaque;
    buf_printf(&typed, "%c%02x", pressed ? '+' : '-', code);
}

static void move(void *opaque, const struct hid_move *mv)
{
    (void)opaque;
    moved = *mv;
    moves++;
}

static bool room(void *opaque)
{
    (void)opaque;
    return !full;
}

static bool listens(void *opaque)
{
    (void)opaque;
    return true;
}

static void set_up(void)
{
    static const struct hid_keyboard_ops keyboard = {key, room, listens};
    static const struct hid_pointer_ops tablet = {move, room, listens};
    config_init(&config);
    m = machine_new(&config);
    m->screen.render = render;
    width = 640;
    height = 400;
    colour = 0xff8040;
    hid_keyboard_new(m, "keyboard", &no_device, &script, &keyboard, NULL);
    hid_pointer_new(m, "tablet", true, &tablet, NULL);
    l = host_loop_new();
    snprintf(path, sizeof(path), "unix:/tmp/hs-test-vnc-%d", getpid());
    v = vnc_open(l, path, "a title");
    cr_assert(v);
    vnc_attach(v, m);
}

static void tear_down(void)
{
    vnc_close(v);
    cr_assert(access(path + 5, F_OK), "the socket is removed");
    host_loop_delete(l);
    machine_delete(m);
    config_fini(&config);
    buf_fini(&typed);
}

TestSuite(vnc, .init = set_up, .fini = tear_down, .timeout = 900);

/* The machine's loop, once: what was posted is delivered. */
static void turn(void)
{
    host_loop_poll(l, STEP_NS);
    while (door_deliver_due(m->door))
        ;
}

/* ---- a client ---- */

static int client_new(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", path + 5);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static void put(int fd, const void *data, size_t n)
{
    cr_assert_eq(write(fd, data, n), (ssize_t)n);
}

/* Reads while the machine's loop goes on. */
static void get(int fd, void *data, size_t n)
{
    u8 *p = data;
    for (unsigned i = 0; n; i++) {
        ssize_t k = recv(fd, p, n, MSG_DONTWAIT);
        cr_assert(k != 0, "the server hung up");
        cr_assert_lt(i, PATIENCE, "the server does not answer");
        if (k > 0) {
            p += k;
            n -= k;
        } else {
            turn();
        }
    }
}

static u16 be16(const u8 *p)
{
    return p[0] << 8 | p[1];
}

static void handshake(int fd, u16 *w, u16 *h)
{
    u8 b[256];
    get(fd, b, 12);
    put(fd, "RFB 003.008\n", 12);
    get(fd, b, 1);
    get(fd, b + 1, b[0]);
    put(fd, "\1", 1); /* no authentication */
    get(fd, b, 4);
    cr_assert_eq(b[3], 0);
    put(fd, "\1", 1);
    get(fd, b, 24);
    *w = be16(b);
    *h = be16(b + 2);
    u32 n = b[23];
    get(fd, b, n);
    cr_assert_eq(memcmp(b, "a title", n), 0);
    /* 32 bits, little-endian, red above green above blue; raw, and new sizes */
    put(fd, "\0\0\0\0\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0", 20);
    put(fd, "\2\0\0\2\0\0\0\0\xff\xff\xff\x21", 12);
}

static void ask(int fd, bool incremental)
{
    u8 b[10] = {3, incremental, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    put(fd, b, sizeof(b));
}

struct picture {
    u16 width, height;
    u32 pixels[1024 * 768];
    u32 covered; /* pixels of the last update */
};
static struct picture pic;

static void update(int fd)
{
    u8 b[16];
    get(fd, b, 4);
    cr_assert_eq(b[0], 0, "an update");
    pic.covered = 0;
    for (unsigned n = be16(b + 2); n; n--) {
        u8 r[12];
        get(fd, r, 12);
        u16 x = be16(r), y = be16(r + 2), w = be16(r + 4), h = be16(r + 6);
        if (r[8] == 0xff) { /* the size */
            pic.width = w;
            pic.height = h;
            continue;
        }
        cr_assert_leq(x + w, pic.width);
        cr_assert_leq(y + h, pic.height);
        for (u16 i = 0; i < h; i++)
            get(fd, &pic.pixels[(y + i) * pic.width + x], w * 4);
        pic.covered += w * h;
    }
}

static void expect_pixel(int fd, u32 x, u32 y, u32 wanted)
{
    while (pic.pixels[y * pic.width + x] != wanted || pic.width != width) {
        ask(fd, true);
        update(fd);
    }
}

static void press(int fd, u32 keysym, bool down)
{
    u8 b[8] = {4, down, 0, 0, keysym >> 24, keysym >> 16, keysym >> 8, keysym};
    put(fd, b, sizeof(b));
}

static void point(int fd, u8 buttons, u16 x, u16 y)
{
    u8 b[6] = {5, buttons, x >> 8, x, y >> 8, y};
    put(fd, b, sizeof(b));
}

static void wait_typed(const char *text)
{
    for (unsigned i = 0; typed.len < strlen(text); i++) {
        turn();
        cr_assert_lt(i, PATIENCE, "typed so far: %s", buf_cstr(&typed));
    }
    cr_assert_str_eq(buf_cstr(&typed), text);
}

static void wait_moves(unsigned n)
{
    for (unsigned i = 0; moves < n; i++) {
        turn();
        cr_assert_lt(i, PATIENCE);
    }
}

static int connect_client(void)
{
    int fd = client_new();
    handshake(fd, &pic.width, &pic.height);
    ask(fd, false);
    update(fd);
    expect_pixel(fd, 0, 0, 0x102030);
    return fd;
}

/* ---- */

Test(vnc, pictures_follow_the_screen)
{
    int fd = connect_client();
    expect_pixel(fd, 3, 20, 0xff8040);
    colour = 0x00ff01;
    m->clock.icount++;
    expect_pixel(fd, 3, 20, 0x00ff01);
    cr_assert_lt(pic.covered, 64, "only what changed is sent");
    width = 720;
    height = 350;
    vnc_refresh(v);
    expect_pixel(fd, 3, 20, 0x00ff01);
    cr_assert_eq(pic.height, 350);
    close(fd);
}

Test(vnc, nothing_is_rendered_for_nobody)
{
    for (unsigned i = 0; i < 20; i++) {
        m->clock.icount++;
        turn();
    }
    cr_assert_eq(renders, 0);
    int fd = connect_client();
    u32 before = renders;
    ask(fd, true);
    for (unsigned i = 0; i < 50; i++)
        turn();
    cr_assert_eq(renders, before, "the machine stands still");
    close(fd);
}

Test(vnc, keys)
{
    int fd = connect_client();
    press(fd, 'a', true);
    press(fd, 'a', false);
    wait_typed("+1e-1e");
    press(fd, 0xffe1, true); /* Shift held: as a person types */
    press(fd, 'A', true);
    press(fd, 'A', false);
    press(fd, 0xffe1, false);
    wait_typed("+1e-1e+2a+1e-1e-2a");
    press(fd, '!', true); /* not held: as a program does */
    press(fd, '!', false);
    wait_typed("+1e-1e+2a+1e-1e-2a+2a+02-2a-02");
    press(fd, 0xff52, true); /* Up */
    press(fd, 0x12345678, true); /* there is no such key */
    press(fd, 0xff52, false);
    wait_typed("+1e-1e+2a+1e-1e-2a+2a+02-2a-02+c8-c8");
    buf_clear(&typed);
    press(fd, 0xffe3, true); /* Ctrl, and then nobody */
    wait_typed("+1d");
    close(fd);
    wait_typed("+1d-1d");
}

Test(vnc, keys_wait_for_room)
{
    int fd = connect_client();
    full = true;
    for (unsigned i = 0; i < 100; i++) {
        press(fd, 'x', true);
        press(fd, 'x', false);
    }
    for (unsigned i = 0; i < 50; i++)
        turn();
    cr_assert_eq(typed.len, 0);
    full = false;
    while (typed.len < 600)
        turn();
    close(fd);
}

/* All in one packet, and nothing behind it. */
Test(vnc, many_keys_at_once)
{
    u8 b[8 * 300];
    for (unsigned i = 0; i < 300; i++)
        memcpy(b + 8 * i, (u8[]){4, !(i & 1), 0, 0, 0, 0, 0xff, 0x0d}, 8); /* Return */
    int fd = connect_client();
    put(fd, b, sizeof(b));
    for (unsigned i = 0; typed.len < 900; i++) {
        turn();
        cr_assert_lt(i, PATIENCE, "%u keys came", (unsigned)typed.len / 3);
    }
    cr_assert_eq(memcmp(typed.data, "+1c-1c", 6), 0);
    close(fd);
}

Test(vnc, pointer)
{
    int fd = connect_client();
    point(fd, 0, 639, 0);
    wait_moves(1);
    cr_assert_eq(moved.x, HID_TABLET_MAX);
    cr_assert_eq(moved.y, 0);
    point(fd, 1, 639, 0);
    wait_moves(2);
    cr_assert_eq(moved.buttons, HID_LEFT);
    cr_assert_eq(moved.x, HID_TABLET_MAX);
    point(fd, 4, 639, 0);
    wait_moves(3);
    cr_assert_eq(moved.buttons, HID_RIGHT);
    point(fd, 0, 639, 0);
    wait_moves(4);
    point(fd, 8, 639, 0);
    wait_moves(5);
    cr_assert_eq(moved.z, 1);
    close(fd);
}

static bool no_event(void *opaque, struct door_event *ev)
{
    (void)opaque, (void)ev;
    return false;
}

Test(vnc, nothing_comes_into_the_past)
{
    struct door_feed feed = {.peek = no_event};
    int fd = connect_client();
    door_set_feed(m->door, &feed);
    press(fd, 'a', true);
    point(fd, 1, 5, 5);
    colour = 0x010203;
    m->clock.icount = 5;
    expect_pixel(fd, 3, 20, 0x010203);
    door_set_feed(m->door, NULL);
    press(fd, 'b', true);
    wait_typed("+30");
    cr_assert_eq(moves, 0);
    close(fd);
}

static void expect_end(int fd)
{
    char c;
    for (unsigned i = 0; recv(fd, &c, 1, MSG_DONTWAIT) != 0; i++) {
        turn();
        cr_assert_lt(i, PATIENCE, "the server does not hang up");
    }
    close(fd);
}

/* A message that is begun and not ended keeps nobody else waiting. */
Test(vnc, half_messages)
{
    int half = client_new(), fd;
    put(half, "RFB 00", 6);
    fd = connect_client();
    put(fd, "\4\1\0", 3);
    int other = connect_client();
    colour = 0x445566;
    m->clock.icount++;
    expect_pixel(other, 3, 20, 0x445566);
    cr_assert_eq(typed.len, 0);
    put(fd, "\0\0\0\0a", 5);
    wait_typed("+1e");
    close(half);
    close(other);
    close(fd);
}

Test(vnc, hostile_clients)
{
    static const char *const junk[] = {
        "\x16", "RFB 999.999\n", "RFB 003.008\n\xff", "GET / HTTP/1.1\r\n\r\n",
        "\x80\x80\x80\x80\x80",
    };
    for (unsigned i = 0; i < ARRAY_SIZE(junk); i++) {
        int fd = client_new();
        put(fd, junk[i], MAX(strlen(junk[i]), 1));
        close(fd);
    }
    int silent = client_new(); /* says nothing, and the others do not wait for it for ever */
    int fd = connect_client();
    put(fd, "\6\0\0\0\0\0\0\3abc", 11); /* cut text is passed over */
    colour = 0x112233;
    m->clock.icount++;
    expect_pixel(fd, 3, 20, 0x112233);
    put(fd, "\6\0\0\0\x7f\xff\xff\xff", 8); /* but not 2 GiB of it */
    expect_end(fd);
    fd = connect_client();
    put(fd, "\7\1\0\0\0\0\0\0", 8); /* nor files */
    expect_end(fd);
    fd = connect_client();
    put(fd, "\2\0\xff\xff", 4); /* 65535 encodings are too many */
    expect_end(fd);
    fd = connect_client();
    for (unsigned i = 0; i < 20000; i++)
        point(fd, i & 1, i & 511, 0);
    expect_pixel(fd, 3, 20, 0x112233);
    close(fd);
    close(silent);
}

/* RFC 6143, 7.2.2: what a client answers to the challenge; true: it is let in. */
static bool is_let_in(const char *password)
{
    char key[9] = "";
    u8 b[16];
    int fd = client_new();
    get(fd, b, 12);
    put(fd, "RFB 003.008\n", 12);
    get(fd, b, 2);
    cr_assert_eq(b[0], 1);
    cr_assert_eq(b[1], 2, "a password, and nothing else");
    put(fd, "\2", 1);
    get(fd, b, 16);
    memcpy(key, password, strlen(password));
    rfbEncryptBytes(b, key);
    put(fd, b, 16);
    get(fd, b, 4);
    close(fd);
    return !b[3];
}

Test(vnc, passwords)
{
    vnc_close(v);
    char *spec = xasprintf("%s,password=on", path);
    v = vnc_open(l, spec, "a title");
    cr_assert(v);
    free(spec);
    vnc_attach(v, m);
    cr_assert_not(is_let_in(""), "there is none yet");
    cr_assert(vnc_set_password(v, "right"));
    cr_assert_not(is_let_in("wrong"));
    cr_assert(is_let_in("right"));
    cr_assert_not(is_let_in(""));
    cr_assert(vnc_set_password(v, "longer than eight"));
    cr_assert(is_let_in("longer t"));
    cr_assert(vnc_set_password(v, ""));
    cr_assert_not(is_let_in("right"));
    cr_assert_not(is_let_in(""));
}

Test(vnc, addresses)
{
    static const char *const bad[] = {"", "5900", "localhost", ":x", ":70000", "unix:", ":1,to=0",
                                      ":1,password=x", ":1,bogus=1", "to=3"};
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
        cr_assert_null(vnc_open(l, bad[i], ""), "%s", bad[i]);
    struct vnc *a = vnc_open(l, ":61,to=99", ""), *b = vnc_open(l, "127.0.0.1:61,to=99", "");
    cr_assert(a && b);
    cr_assert_str_neq(vnc_where(a), vnc_where(b));
    vnc_close(a);
    vnc_close(b);
}
