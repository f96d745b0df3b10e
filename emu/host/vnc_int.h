/* vnc_int.h - what the halves of the VNC server share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_VNC_INT_H
#define EMU_HOST_VNC_INT_H

#include <pthread.h>

#include "emu/screen.h"
#include "emu/types.h"

#define VNC_MAX_SOCKETS 4
#define VNC_MAX_CLIENTS 16
#define VNC_MAX_EVENTS 4096
#define VNC_BAND 16 /* rows; what changed is told by bands of the screen */
#define VNC_MAX_BANDS (SCREEN_MAX_HEIGHT / VNC_BAND)
#define VNC_FRAME_NS 33000000
#define VNC_PASSWORD 8 /* bytes that count: RFC 6143, 7.2.2 */

enum vnc_event_kind { VNC_KEY, VNC_POINTER, VNC_GONE };

struct vnc_event {
    enum vnc_event_kind kind;
    u32 keysym;    /* VNC_KEY */
    bool down;
    u8 buttons;    /* VNC_POINTER: RFC 6143, 7.5.5 */
    u16 x, y;      /* on a screen of this size */
    u16 width, height;
};

struct vnc_band {
    u32 left, right; /* columns that changed: [left, right) */
};

/* All of it under the lock, but for the descriptors, which do not change. */
struct vnc_shared {
    pthread_mutex_t lock;
    int wake_machine, wake_server; /* eventfds */
    /* From the clients. */
    bool wanted;                   /* somebody waits for a picture that differs */
    struct vnc_event event[VNC_MAX_EVENTS];
    u32 first, n_events;
    int client[VNC_MAX_CLIENTS];   /* their sockets, to hang up at the end */
    u32 n_clients;
    /* From the machine. */
    char password[VNC_PASSWORD + 1]; /* "": nobody is let in, if one is asked for */
    bool quit, postponed;          /* it was too early for a picture: say so again */
    bool resized;
    struct screen picture;
    struct vnc_band band[VNC_MAX_BANDS];
};

void vnc_wake(int eventfd);
void vnc_heard(int eventfd);

/* ---- vnc_listen.c ---- */

struct vnc_sockets {
    int fd[VNC_MAX_SOCKETS];
    unsigned n;
    bool password;      /* is asked for */
    char *where, *path; /* path: of a unix socket, removed at the end */
};
bool vnc_listen(struct vnc_sockets *s, const char *spec); /* false (reported) */
void vnc_unlisten(struct vnc_sockets *s);

/* ---- vnc_server.c ---- */

struct vnc_server;
struct vnc_server *vnc_server_start(struct vnc_shared *sh, const struct vnc_sockets *s,
                                    const char *title);
void vnc_server_stop(struct vnc_server *s); /* waits for its end */

/* ---- vnc_keys.c ---- */

struct vnc_keys {
    u8 down[32]; /* a bit for each key that is */
    bool caps;   /* caps lock, as far as we were told */
};

struct vnc_stroke {
    u8 code;
    bool pressed;
};

#define VNC_MAX_STROKES 8
/* The strokes on a US keyboard that a client's key means; how many. */
unsigned vnc_keys_of(struct vnc_keys *k, u32 keysym, bool down,
                     struct vnc_stroke out[VNC_MAX_STROKES]);
/* A key that is still down, which is released; false: there is none. */
bool vnc_keys_release(struct vnc_keys *k, struct vnc_stroke *out);

#endif
