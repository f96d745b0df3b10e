/* vnc.c - what VNC clients see and do, on the machine's thread */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/vnc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "emu/buf.h"
#include "emu/check.h"
#include "emu/host/vnc_int.h"
#include "emu/log.h"

enum { NO_DISPLAY_WIDTH = 640, NO_DISPLAY_HEIGHT = 400 };
enum { WHEEL_UP = 8, WHEEL_DOWN = 16 };

struct vnc {
    struct host_loop *loop;
    struct machine *machine;
    struct vnc_sockets sockets;
    struct vnc_shared shared;
    struct vnc_server *server;
    char *title;

    /* The picture that clients have, and of which state. */
    struct screen now, shown;
    bool refresh;
    u64 icount, idle_ns, rendered_ns;

    /* What clients did, and the guest did not get yet. */
    struct vnc_keys keys;
    struct vnc_stroke stroke[VNC_MAX_STROKES];
    unsigned n_strokes, next_stroke;
    bool releasing;      /* all keys: the client has gone */
    u16 x, y;            /* where the pointer was */
    u8 buttons;
    bool said_past;
};

void vnc_wake(int fd)
{
    u64 one = 1;
    if (write(fd, &one, sizeof(one)) < 0)
        return; /* it is awake as often as it can be told */
}

void vnc_heard(int fd)
{
    u64 n;
    if (read(fd, &n, sizeof(n)) < 0)
        return;
}

/* ---- pictures ---- */

static void render(struct vnc *v)
{
    const struct screen_source *s = &v->machine->screen;
    if (s->render)
        s->render(s->opaque, &v->now);
    if (!s->render || !v->now.width || !v->now.height)
        screen_resize(&v->now, NO_DISPLAY_WIDTH, NO_DISPLAY_HEIGHT);
}

/* Which columns of these rows differ from what is shown. */
static struct vnc_band compare(const struct vnc *v, u32 top, u32 bottom)
{
    u32 width = v->now.width;
    struct vnc_band b = {width, 0};
    for (u32 y = top; y < bottom; y++) {
        const u32 *a = v->now.pixels + (size_t)y * width;
        const u32 *old = v->shown.pixels + (size_t)y * width;
        if (!memcmp(a, old, width * sizeof(*a)))
            continue;
        u32 left = 0, right = width;
        while (a[left] == old[left])
            left++;
        while (a[right - 1] == old[right - 1])
            right--;
        b.left = MIN(b.left, left);
        b.right = MAX(b.right, right);
    }
    return b;
}

static void add_band(struct vnc_shared *sh, const struct screen *now, u32 i, struct vnc_band b)
{
    struct vnc_band *all = &sh->band[i];
    u32 bottom = MIN((i + 1) * VNC_BAND, now->height);
    for (u32 y = i * VNC_BAND; y < bottom; y++) {
        size_t at = (size_t)y * now->width + b.left;
        memcpy(sh->picture.pixels + at, now->pixels + at, (b.right - b.left) * sizeof(u32));
    }
    if (all->left == all->right)
        *all = b;
    all->left = MIN(all->left, b.left);
    all->right = MAX(all->right, b.right);
}

/* Gives what differs to the server; false: nothing does. */
static bool hand_over(struct vnc *v)
{
    struct vnc_shared *sh = &v->shared;
    bool resized = v->now.width != v->shown.width || v->now.height != v->shown.height;
    bool any = resized;

    pthread_mutex_lock(&sh->lock);
    if (resized) {
        screen_resize(&sh->picture, v->now.width, v->now.height);
        memset(sh->band, 0, sizeof(sh->band));
        sh->resized = true;
    }
    for (u32 i = 0; i * VNC_BAND < v->now.height; i++) {
        u32 bottom = MIN((i + 1) * VNC_BAND, v->now.height);
        struct vnc_band b = {0, v->now.width};
        if (!resized)
            b = compare(v, i * VNC_BAND, bottom);
        if (b.left >= b.right)
            continue;
        add_band(sh, &v->now, i, b);
        any = true;
    }
    if (any)
        sh->wanted = false; /* until somebody asks again */
    pthread_mutex_unlock(&sh->lock);
    struct screen shown = v->shown;
    v->shown = v->now;
    v->now = shown;
    return any;
}

/* Is a picture wanted, and is it time for one? If not yet, the server says when it is. */
static bool is_due(struct vnc *v, u64 now)
{
    struct vnc_shared *sh = &v->shared;
    const struct clock *c = &v->machine->clock;
    bool changed = v->refresh || v->icount != c->icount || v->idle_ns != c->idle_ns;
    bool early = !v->refresh && now - v->rendered_ns < VNC_FRAME_NS, tell = false;

    pthread_mutex_lock(&sh->lock);
    bool wanted = sh->wanted && changed;
    if (wanted && early) {
        tell = !sh->postponed;
        sh->postponed = true;
    }
    pthread_mutex_unlock(&sh->lock);
    if (tell)
        vnc_wake(sh->wake_server);
    return wanted && !early;
}

static void show(struct vnc *v)
{
    u64 now = host_loop_now_ns();
    if (!is_due(v, now))
        return;
    v->rendered_ns = now;
    v->icount = v->machine->clock.icount;
    v->idle_ns = v->machine->clock.idle_ns;
    v->refresh = false;
    render(v);
    if (hand_over(v))
        vnc_wake(v->shared.wake_server);
}

/* ---- keys and pointer ---- */

static bool pop(struct vnc *v, struct vnc_event *e)
{
    struct vnc_shared *sh = &v->shared;
    pthread_mutex_lock(&sh->lock);
    bool any = sh->n_events > 0;
    if (any) {
        *e = sh->event[sh->first];
        sh->first = (sh->first + 1) % VNC_MAX_EVENTS;
        sh->n_events--;
    }
    pthread_mutex_unlock(&sh->lock);
    return any;
}

/* The strokes that wait. False: the keyboard has no room for the next one. */
static bool send_strokes(struct vnc *v)
{
    for (;;) {
        if (v->next_stroke == v->n_strokes) {
            v->next_stroke = v->n_strokes = 0;
            if (!v->releasing || !vnc_keys_release(&v->keys, &v->stroke[0])) {
                v->releasing = false;
                return true;
            }
            v->n_strokes = 1;
        }
        if (!hid_key_room(v->machine->hid))
            return false;
        struct vnc_stroke s = v->stroke[v->next_stroke++];
        hid_post_key(v->machine->hid, s.code, s.pressed);
        host_loop_wake(v->loop);
    }
}

static u8 hid_buttons(u8 mask)
{
    return (mask & 1 ? HID_LEFT : 0) | (mask & 2 ? HID_MIDDLE : 0) | (mask & 4 ? HID_RIGHT : 0);
}

/* A notch of the wheel is a button that goes down. */
static i32 wheel(u8 before, u8 now)
{
    u8 down = now & ~before;
    return (down & WHEEL_UP ? 1 : 0) - (down & WHEEL_DOWN ? 1 : 0);
}

static void send_pointer(struct vnc *v, const struct vnc_event *e)
{
    struct hid *h = v->machine->hid;
    i32 dz = wheel(v->buttons, e->buttons);
    bool moved = v->x != e->x || v->y != e->y || dz;

    if (moved && hid_wants_place(h))
        hid_post_place(h, (u32)e->x * HID_TABLET_MAX / MAX(e->width - 1, 1),
                       (u32)e->y * HID_TABLET_MAX / MAX(e->height - 1, 1), dz);
    else if (moved)
        hid_post_mouse(h, (i32)e->x - v->x, (i32)e->y - v->y, dz);
    if (hid_buttons(e->buttons) != hid_buttons(v->buttons))
        hid_post_buttons(h, hid_buttons(e->buttons));
    v->x = e->x;
    v->y = e->y;
    v->buttons = e->buttons;
    host_loop_wake(v->loop);
}

static void take_event(struct vnc *v, const struct vnc_event *e)
{
    switch (e->kind) {
    case VNC_KEY:
        v->n_strokes = vnc_keys_of(&v->keys, e->keysym, e->down, v->stroke);
        v->next_stroke = 0;
        break;
    case VNC_POINTER: send_pointer(v, e); break;
    case VNC_GONE: v->releasing = true; break;
    }
}

/* The guest gets what is in the recording, and nothing else. */
static void drop_events(struct vnc *v)
{
    struct vnc_event e;
    while (pop(v, &e)) {
        if (!v->said_past && e.kind == VNC_KEY)
            notice("VNC: this is the past, or a replay: what is typed there is lost");
        v->said_past |= e.kind == VNC_KEY;
        if (e.kind == VNC_POINTER) {
            v->x = e.x;
            v->y = e.y;
            v->buttons = e.buttons;
        }
    }
    v->n_strokes = v->next_stroke = 0;
    v->releasing = false;
    memset(&v->keys, 0, sizeof(v->keys));
}

static void pass_on(struct vnc *v)
{
    struct vnc_event e;
    if (door_is_fed(v->machine->door)) {
        drop_events(v);
        return;
    }
    v->said_past = false;
    while (send_strokes(v) && hid_move_room(v->machine->hid) && pop(v, &e))
        take_event(v, &e);
}

static void serve(void *opaque)
{
    struct vnc *v = opaque;
    if (!v->machine)
        return;
    pass_on(v);
    show(v);
}

static void heard(void *opaque)
{
    struct vnc *v = opaque;
    vnc_heard(v->shared.wake_machine);
    serve(v);
}

/* ---- begin and end ---- */

struct vnc *vnc_open(struct host_loop *l, const char *spec, const char *title)
{
    struct vnc *v = xcalloc(1, sizeof(*v));
    v->loop = l;
    v->title = xstrdup(title);
    v->refresh = true;
    pthread_mutex_init(&v->shared.lock, NULL);
    v->shared.wake_machine = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    v->shared.wake_server = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(v->shared.wake_machine >= 0 && v->shared.wake_server >= 0);
    host_loop_add(l, v->shared.wake_machine, heard, v);
    host_loop_add_hook(l, serve, v);
    if (vnc_listen(&v->sockets, spec) &&
        (v->server = vnc_server_start(&v->shared, &v->sockets, v->title)))
        return v;
    vnc_close(v);
    return NULL;
}

void vnc_close(struct vnc *v)
{
    if (!v)
        return;
    vnc_server_stop(v->server);
    vnc_unlisten(&v->sockets);
    host_loop_remove_hook(v->loop, v);
    host_loop_remove(v->loop, v->shared.wake_machine);
    close(v->shared.wake_machine);
    close(v->shared.wake_server);
    pthread_mutex_destroy(&v->shared.lock);
    screen_fini(&v->shared.picture);
    screen_fini(&v->now);
    screen_fini(&v->shown);
    free(v->title);
    free(v);
}

void vnc_attach(struct vnc *v, struct machine *m)
{
    v->machine = m;
}

void vnc_refresh(struct vnc *v)
{
    v->refresh = true;
    host_loop_wake(v->loop);
}

bool vnc_set_password(struct vnc *v, const char *password)
{
    struct vnc_shared *sh = &v->shared;
    pthread_mutex_lock(&sh->lock);
    memset(sh->password, 0, sizeof(sh->password));
    memcpy(sh->password, password, MIN(strlen(password), (size_t)VNC_PASSWORD));
    pthread_mutex_unlock(&sh->lock);
    return v->sockets.password;
}

const char *vnc_where(const struct vnc *v)
{
    return v->sockets.where;
}
