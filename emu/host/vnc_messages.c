/* vnc_messages.c - what VNC clients may say, and whether all of it is there */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Source: RFC 6143, 7.1 and 7.5; "SetDesktopSize" of the community's version. libvncserver waits
 * for the rest of a message that it has begun to read, so it is given whole ones only, and none
 * that nobody needs here: files, chats, scaling. Text that was cut is passed over as it comes.
 */
#include <errno.h>
#include <sys/socket.h>

#include <rfb/rfb.h>

#undef MIN
#undef MAX
#include "emu/buf.h"
#include "emu/host/vnc_int.h"
#include "emu/host/vnc_messages.h"

enum type { /* 7.5 */
    SET_PIXEL_FORMAT = 0,
    SET_ENCODINGS = 2,
    UPDATE_REQUEST = 3,
    KEY_EVENT = 4,
    POINTER_EVENT = 5,
    CLIENT_CUT_TEXT = 6,
    SET_DESKTOP_SIZE = 251,
};
enum { MOST_ENCODINGS = 1024, HEADER = 8, REFUSED = 0 };

/* How long the message is that begins so; more than n if that cannot be said yet. */
static size_t message_size(const u8 *p, size_t n)
{
    switch (p[0]) {
    case SET_PIXEL_FORMAT: return 20;
    case UPDATE_REQUEST: return 10;
    case KEY_EVENT: return 8;
    case POINTER_EVENT: return 6;
    case SET_ENCODINGS: {
        size_t encodings = n < 4 ? 0 : p[2] << 8 | p[3];
        return encodings > MOST_ENCODINGS ? REFUSED : 4 + 4 * encodings;
    }
    case SET_DESKTOP_SIZE: return n < HEADER ? HEADER : HEADER + 16 * (size_t)p[6];
    case CLIENT_CUT_TEXT: return HEADER;
    default: return REFUSED;
    }
}

static size_t wanted(const struct _rfbClientRec *cl, const u8 *p, size_t n)
{
    switch (cl->state) {
    case RFB_PROTOCOL_VERSION: return 12;
    case RFB_AUTHENTICATION: return 16;
    case RFB_NORMAL: return message_size(p, n);
    case RFB_SHUTDOWN: return REFUSED;
    default: return 1; /* a type of security, a client's initialisation */
    }
}

/* Reads on over text that nobody wants. */
static enum vnc_message skip(int fd, u32 *left)
{
    u8 text[4096];
    ssize_t n = recv(fd, text, MIN(*left, sizeof(text)), MSG_DONTWAIT);
    if (n > 0)
        *left -= n;
    if (n > 0)
        return VNC_MESSAGE_SKIPPED;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? VNC_MESSAGE_PART : VNC_MESSAGE_BAD;
}

/* The length is negative for the extended clipboard, which nobody was offered. */
static enum vnc_message begin_text(int fd, const u8 *p, u32 *left)
{
    u8 header[HEADER];
    u32 len = (u32)p[4] << 24 | p[5] << 16 | p[6] << 8 | p[7];
    if (len > VNC_MAX_TEXT || recv(fd, header, HEADER, MSG_DONTWAIT) != HEADER)
        return VNC_MESSAGE_BAD;
    *left = len;
    return VNC_MESSAGE_SKIPPED;
}

enum vnc_message vnc_message_look(struct _rfbClientRec *cl, u32 *text_left)
{
    u8 p[HEADER + 4 * MOST_ENCODINGS];
    if (*text_left)
        return skip(cl->sock, text_left);
    ssize_t n = recv(cl->sock, p, sizeof(p), MSG_PEEK | MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? VNC_MESSAGE_NONE : VNC_MESSAGE_BAD;
    if (n == 0)
        return VNC_MESSAGE_BAD;
    size_t want = wanted(cl, p, n);
    if (want == REFUSED)
        return VNC_MESSAGE_BAD;
    if ((size_t)n < want)
        return VNC_MESSAGE_PART;
    if (cl->state == RFB_NORMAL && p[0] == CLIENT_CUT_TEXT)
        return begin_text(cl->sock, p, text_left);
    return VNC_MESSAGE_WHOLE;
}
