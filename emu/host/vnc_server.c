/* vnc_server.c - libvncserver and its clients, on a thread of their own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rfb/rfb.h>
#include <rfb/rfbregion.h>

#undef MIN
#undef MAX
#include "emu/check.h"
#include "emu/host/vnc_int.h"
#include "emu/host/vnc_messages.h"

enum { START_WIDTH = 640, START_HEIGHT = 480 };
enum { CLIENT_WAIT_MS = 3000 }; /* a client that does not take what it asked for is let go of */
enum { PART_WAIT_MS = 10, MAX_MESSAGES = 64, GREETING_BYTES = 12, ALL_WHEELS = 0x78 };

/* cl->clientData */
struct client {
    u32 text_left;
    bool part;  /* of a message has come: the rest is looked for again after PART_WAIT_MS */
    bool ready; /* there is something to read */
};

struct vnc_server {
    struct vnc_shared *shared;
    const struct vnc_sockets *sockets;
    rfbScreenInfoPtr screen;
    u32 *pixels;
    pthread_t thread;
};

/* ---- from clients ---- */

static struct vnc_server *server_of(rfbClientPtr cl)
{
    return cl->screen->screenData;
}

/* Movement without a button is as good as the last one. */
static bool replaces(const struct vnc_event *old, const struct vnc_event *new)
{
    return old->kind == VNC_POINTER && new->kind == VNC_POINTER && old->buttons == new->buttons &&
           !(new->buttons & ALL_WHEELS);
}

static void push(struct vnc_server *s, const struct vnc_event *e)
{
    struct vnc_shared *sh = s->shared;
    pthread_mutex_lock(&sh->lock);
    struct vnc_event *last =
        sh->n_events ? &sh->event[(sh->first + sh->n_events - 1) % VNC_MAX_EVENTS] : NULL;
    if (last && replaces(last, e))
        *last = *e;
    else if (sh->n_events < VNC_MAX_EVENTS)
        sh->event[(sh->first + sh->n_events++) % VNC_MAX_EVENTS] = *e;
    pthread_mutex_unlock(&sh->lock);
    vnc_wake(sh->wake_machine);
}

static void key_event(rfbBool down, rfbKeySym keysym, rfbClientPtr cl)
{
    struct vnc_event e = {.kind = VNC_KEY, .keysym = keysym, .down = down};
    push(server_of(cl), &e);
}

static void pointer_event(int buttons, int x, int y, rfbClientPtr cl)
{
    struct vnc_event e = {.kind = VNC_POINTER, .buttons = buttons, .width = cl->screen->width,
                          .height = cl->screen->height};
    e.x = x < 0 ? 0 : x < e.width ? x : e.width - 1;
    e.y = y < 0 ? 0 : y < e.height ? y : e.height - 1;
    push(server_of(cl), &e);
}

static void forget_socket(struct vnc_server *s, int fd)
{
    struct vnc_shared *sh = s->shared;
    pthread_mutex_lock(&sh->lock);
    for (unsigned i = 0; i < sh->n_clients; i++)
        if (sh->client[i] == fd)
            sh->client[i--] = sh->client[--sh->n_clients];
    pthread_mutex_unlock(&sh->lock);
}

static void client_gone(rfbClientPtr cl)
{
    struct vnc_event e = {.kind = VNC_GONE};
    free(cl->clientData);
    push(server_of(cl), &e);
}

static void hang_up(struct vnc_server *s, rfbClientPtr cl)
{
    forget_socket(s, cl->sock);
    rfbCloseClient(cl);
}

/* The client has encrypted what it was sent with the password that somebody typed. */
static rfbBool check_password(rfbClientPtr cl, const char *response, int len)
{
    struct vnc_shared *sh = server_of(cl)->shared;
    u8 wanted[CHALLENGESIZE];
    char password[VNC_PASSWORD + 1];

    pthread_mutex_lock(&sh->lock);
    memcpy(password, sh->password, sizeof(password));
    pthread_mutex_unlock(&sh->lock);
    memcpy(wanted, cl->authChallenge, sizeof(wanted));
    rfbEncryptBytes(wanted, password);
    return *password && len == sizeof(wanted) && !memcmp(wanted, response, sizeof(wanted));
}

/* libvncserver listens to a new client first, whether it wants WebSockets or TLS, and does so for
 * as long as that takes. So it is introduced to a socket of ours that says "RFB", and the client's
 * takes its place. */
static rfbClientPtr introduce(struct vnc_server *s, int fd)
{
    u8 greeting[GREETING_BYTES];
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair))
        return NULL;
    rfbClientPtr cl = NULL;
    if (pair[0] < FD_SETSIZE && write(pair[1], "RFB ", 4) == 4)
        cl = rfbNewClient(s->screen, pair[0]);
    else
        close(pair[0]);
    if (cl && (read(pair[1], greeting, sizeof(greeting)) != sizeof(greeting) ||
               write(fd, greeting, sizeof(greeting)) != sizeof(greeting) ||
               dup3(fd, cl->sock, O_CLOEXEC) < 0)) {
        rfbCloseClient(cl);
        cl = NULL;
    }
    close(pair[1]);
    return cl;
}

static bool remember_socket(struct vnc_server *s, int fd)
{
    struct vnc_shared *sh = s->shared;
    pthread_mutex_lock(&sh->lock);
    bool ok = sh->n_clients < VNC_MAX_CLIENTS && !sh->quit;
    if (ok)
        sh->client[sh->n_clients++] = fd;
    pthread_mutex_unlock(&sh->lock);
    return ok;
}

static void accept_client(struct vnc_server *s, int listening)
{
    const int one = 1;
    int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* of no use to a unix socket */
    rfbClientPtr cl = introduce(s, fd);
    close(fd);
    if (!cl)
        return;
    cl->clientData = xcalloc(1, sizeof(struct client));
    cl->clientGoneHook = client_gone;
    if (!remember_socket(s, cl->sock))
        rfbCloseClient(cl);
}

/* All whole messages, but not for ever. */
static void listen_to(struct vnc_server *s, rfbClientPtr cl)
{
    struct client *c = cl->clientData;
    c->part = c->ready = false;
    for (unsigned i = 0; i < MAX_MESSAGES && cl->sock >= 0; i++) {
        switch (vnc_message_look(cl, &c->text_left)) {
        case VNC_MESSAGE_NONE: return;
        case VNC_MESSAGE_PART: c->part = true; return;
        case VNC_MESSAGE_WHOLE: {
            int fd = cl->sock;
            rfbProcessClientMessage(cl);
            if (cl->sock < 0)
                forget_socket(s, fd);
            break;
        }
        case VNC_MESSAGE_SKIPPED: break;
        case VNC_MESSAGE_BAD: hang_up(s, cl); return;
        }
    }
}

static bool anybody_waits(struct vnc_server *s)
{
    for (rfbClientPtr cl = s->screen->clientHead; cl; cl = cl->next)
        if (cl->sock >= 0 && cl->state == RFB_NORMAL && !sraRgnEmpty(cl->requestedRegion))
            return true;
    return false;
}

/* ---- pictures ---- */

/* libvncserver's own order of colours. */
static void copy_band(struct vnc_server *s, const struct screen *p, u32 top, u32 bottom,
                      const struct vnc_band *b)
{
    for (u32 y = top; y < bottom; y++) {
        const u32 *from = p->pixels + (size_t)y * p->width;
        u32 *to = s->pixels + (size_t)y * p->width;
        for (u32 x = b->left; x < b->right; x++)
            to[x] = (from[x] & 0xff00) | (from[x] >> 16 & 0xff) | (from[x] & 0xff) << 16;
    }
    rfbMarkRectAsModified(s->screen, b->left, top, b->right, bottom);
}

static void resize(struct vnc_server *s, const struct screen *p)
{
    u32 *old = s->pixels;
    s->pixels = xcalloc((size_t)p->width * p->height, sizeof(u32));
    rfbNewFramebuffer(s->screen, (char *)s->pixels, p->width, p->height, 8, 3, 4);
    free(old);
}

static void take_picture(struct vnc_server *s)
{
    struct vnc_shared *sh = s->shared;
    pthread_mutex_lock(&sh->lock);
    const struct screen *p = &sh->picture;
    if (sh->resized)
        resize(s, p);
    sh->resized = false;
    for (u32 i = 0; i * VNC_BAND < p->height; i++) {
        struct vnc_band *b = &sh->band[i];
        if (b->left < b->right)
            copy_band(s, p, i * VNC_BAND, MIN((i + 1) * VNC_BAND, p->height), b);
        b->left = b->right = 0;
    }
    pthread_mutex_unlock(&sh->lock);
}

/* ---- the thread ---- */

/* True: it is to end. */
static bool exchange(struct vnc_server *s, bool timeout)
{
    struct vnc_shared *sh = s->shared;
    bool waits = anybody_waits(s), wake;

    pthread_mutex_lock(&sh->lock);
    wake = (waits && !sh->wanted) || (timeout && sh->postponed);
    if (timeout)
        sh->postponed = false;
    sh->wanted = waits;
    bool quit = sh->quit;
    pthread_mutex_unlock(&sh->lock);
    if (wake)
        vnc_wake(sh->wake_machine);
    return quit;
}

static bool is_postponed(struct vnc_server *s)
{
    pthread_mutex_lock(&s->shared->lock);
    bool postponed = s->shared->postponed;
    pthread_mutex_unlock(&s->shared->lock);
    return postponed;
}

/* What rfbProcessEvents() does with each client, but for reading. */
static void serve_clients(struct vnc_server *s)
{
    for (rfbClientPtr cl = s->screen->clientHead, next; cl; cl = next) {
        struct client *c = cl->clientData;
        next = cl->next;
        if (cl->sock >= 0 && c && (c->ready || c->part))
            listen_to(s, cl);
        int fd = cl->sock;
        if (fd >= 0)
            rfbUpdateClient(cl);
        if (fd >= 0 && cl->sock < 0)
            forget_socket(s, fd);
        if (cl->sock < 0)
            rfbClientConnectionGone(cl);
    }
}

struct polled {
    struct pollfd fd[1 + VNC_MAX_SOCKETS + VNC_MAX_CLIENTS];
    struct client *client[1 + VNC_MAX_SOCKETS + VNC_MAX_CLIENTS]; /* NULL: not a client's */
    unsigned n;
    bool part;
};

static void add_fd(struct polled *p, int fd, struct client *c)
{
    if (p->n == ARRAY_SIZE(p->fd))
        return;
    p->client[p->n] = c;
    p->fd[p->n++] = (struct pollfd){fd, POLLIN, 0};
}

static void gather(struct vnc_server *s, struct polled *p)
{
    p->n = 0;
    p->part = false;
    add_fd(p, s->shared->wake_server, NULL);
    for (unsigned i = 0; i < s->sockets->n; i++)
        add_fd(p, s->sockets->fd[i], NULL);
    for (rfbClientPtr cl = s->screen->clientHead; cl; cl = cl->next) {
        struct client *c = cl->clientData;
        p->part |= c->part;
        add_fd(p, c->part ? -1 : cl->sock, c);
    }
}

static void *run(void *opaque)
{
    struct vnc_server *s = opaque;
    struct polled p;
    bool timeout = false;

    while (!exchange(s, timeout)) {
        gather(s, &p);
        timeout = is_postponed(s);
        int ms = p.part ? PART_WAIT_MS : timeout ? VNC_FRAME_NS / 1000000 : -1;
        timeout &= poll(p.fd, p.n, ms) == 0;
        if (p.fd[0].revents)
            vnc_heard(p.fd[0].fd);
        for (unsigned i = 0; i < p.n; i++)
            if (p.client[i])
                p.client[i]->ready = p.fd[i].revents != 0;
        for (unsigned i = 0; i < s->sockets->n; i++)
            if (p.fd[1 + i].revents)
                accept_client(s, s->sockets->fd[i]);
        take_picture(s);
        serve_clients(s);
    }
    return NULL;
}

static bool start_thread(struct vnc_server *s)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the machine's thread's */
    int e = pthread_create(&s->thread, NULL, run, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return e == 0;
}

static void clean_up(struct vnc_server *s)
{
    rfbShutdownServer(s->screen, TRUE);
    rfbScreenCleanup(s->screen);
    free(s->pixels);
    free(s);
}

struct vnc_server *vnc_server_start(struct vnc_shared *sh, const struct vnc_sockets *sockets,
                                    const char *title)
{
    struct vnc_server *s = xcalloc(1, sizeof(*s));
    rfbLogEnable(FALSE);
    s->shared = sh;
    s->sockets = sockets;
    rfbScreenInfoPtr screen = rfbGetScreen(NULL, NULL, START_WIDTH, START_HEIGHT, 8, 3, 4);
    CHECK(screen);
    s->screen = screen;
    s->pixels = xcalloc(START_WIDTH * START_HEIGHT, sizeof(u32));
    screen->frameBuffer = (char *)s->pixels;
    screen->screenData = s;
    screen->desktopName = title;
    screen->port = screen->ipv6port = 0; /* we listen ourselves */
    screen->autoPort = FALSE;
    screen->alwaysShared = TRUE;
    screen->deferUpdateTime = 0;
    screen->maxClientWait = CLIENT_WAIT_MS;
    if (sockets->password) {
        screen->authPasswdData = s; /* anything: there is one to check */
        screen->passwordCheck = check_password;
    }
    screen->cursor = NULL; /* what points is part of the guest's picture */
    screen->kbdAddEvent = key_event;
    screen->ptrAddEvent = pointer_event;
    rfbInitServer(screen);
    if (!start_thread(s)) {
        clean_up(s);
        return NULL;
    }
    return s;
}

void vnc_server_stop(struct vnc_server *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->shared->lock);
    s->shared->quit = true;
    for (unsigned i = 0; i < s->shared->n_clients; i++) /* it may be writing to one */
        shutdown(s->shared->client[i], SHUT_RDWR);
    pthread_mutex_unlock(&s->shared->lock);
    vnc_wake(s->shared->wake_server);
    pthread_join(s->thread, NULL);
    clean_up(s);
}
