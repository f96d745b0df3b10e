/* vnc_messages.h - what VNC clients may say, and whether all of it is there */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_VNC_MESSAGES_H
#define EMU_HOST_VNC_MESSAGES_H

#include "emu/types.h"

#define VNC_MAX_TEXT (1 << 20)

struct _rfbClientRec;

enum vnc_message {
    VNC_MESSAGE_NONE,
    VNC_MESSAGE_PART,    /* the rest of it has not come */
    VNC_MESSAGE_WHOLE,   /* libvncserver can read it without waiting */
    VNC_MESSAGE_SKIPPED, /* some bytes were passed over: look again */
    VNC_MESSAGE_BAD,     /* hang up: the client has, or says what we do not listen to */
};

/* text_left: bytes to pass over yet, 0 in the beginning; kept for each client. */
enum vnc_message vnc_message_look(struct _rfbClientRec *cl, u32 *text_left);

#endif
