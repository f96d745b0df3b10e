/* screen_file.h - a picture as a file: PNG or PPM */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_SCREEN_FILE_H
#define EMU_SCREEN_FILE_H

#include "emu/buf.h"
#include "emu/screen.h"

enum screen_format { SCREEN_PPM, SCREEN_PNG };

/* Equal pictures are equal bytes. */
void screen_encode(const struct screen *s, enum screen_format format, struct buf *out);
/* By its name's ending: .png, or anything else, which is PPM. */
enum screen_format screen_format_of(const char *path);
/* What the source shows now. False, and in `why` a sentence, when the file cannot be written. */
bool screen_save(const struct screen_source *source, const char *path, enum screen_format format,
                 struct buf *why);

#endif
