/* screen.c - the guest's picture */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/screen.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"

void screen_resize(struct screen *s, u32 width, u32 height)
{
    size_t n = (size_t)width * height;
    CHECK(width <= SCREEN_MAX_WIDTH && height <= SCREEN_MAX_HEIGHT);
    if (n > s->room) {
        free(s->pixels);
        s->pixels = xmalloc(n * sizeof(*s->pixels));
        s->room = n;
    }
    s->width = width;
    s->height = height;
    if (n)
        memset(s->pixels, 0, n * sizeof(*s->pixels));
}

void screen_fini(struct screen *s)
{
    free(s->pixels);
    *s = (struct screen){0};
}
