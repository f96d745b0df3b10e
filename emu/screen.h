/* screen.h - the guest's picture, as anyone may look at it at any time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A display device draws nothing by itself: who wants to see (a viewer, a screendump) asks for the
 * picture of the state that the machine is in, also in the past. Asking changes nothing in the
 * guest.
 */
#ifndef EMU_SCREEN_H
#define EMU_SCREEN_H

#include "emu/buf.h"
#include "emu/types.h"

#define SCREEN_MAX_WIDTH 4096
#define SCREEN_MAX_HEIGHT 4096

/* Zero it before the first use; screen_fini() frees the pixels. */
struct screen {
    u32 width, height;
    u32 *pixels; /* 0x00RRGGBB, rows from the top, width each */
    size_t room; /* pixels allocated */
};

/* For the device: makes room for a picture of that size, within the bounds; all black. */
void screen_resize(struct screen *s, u32 width, u32 height);
void screen_fini(struct screen *s);

/* Set in struct machine by the display device; render NULL: there is none. */
struct screen_source {
    void (*render)(void *opaque, struct screen *out);
    /* The text on it, a line each row without trailing blanks, as UTF-8; false: graphics. */
    bool (*text)(void *opaque, struct buf *out);
    void *opaque;
};

#endif
