/* log.h - log lines by module and level, and errors to the user */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HINDSIGHT_LOG chooses what is printed: a comma list of MODULE or MODULE:LEVEL, where MODULE is a
 * file name without its ending ("i8254", "*" for all) and LEVEL is error, warn, info, debug or
 * trace. Without it, errors and warnings are printed. Every line is stamped with the icount.
 * Because runs replay exactly, any log can be had afterwards: replay with more of it.
 */
#ifndef EMU_LOG_H
#define EMU_LOG_H

#include "emu/types.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

/* LOG(LOG_DEBUG, "counter %d reloaded", n): costs one compare when the level is off for every
 * module. */
#define LOG(level, ...)                                                                            \
    do {                                                                                           \
        if (UNLIKELY((level) <= log_max_level()) && log_enabled(__FILE__, level))                  \
            log_write(__FILE__, level, __VA_ARGS__);                                               \
    } while (0)

/* Reads a specification as described above; false, and in `why` what is wrong with it, when it is
 * ill-formed. */
#define LOG_WHY_MAX 160
bool log_configure(const char *spec, char why[LOG_WHY_MAX]);
/* Log lines go to this file instead of stderr (-D). False (reported) when it cannot be opened. */
bool log_to_file(const char *path);
/* History is being run again: lines of modules that no specification names were printed the first
 * time. */
void log_set_repeating(bool on);

enum log_level log_max_level(void);
bool log_enabled(const char *file, enum log_level level);
void log_write(const char *file, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
void log_text(const void *text, size_t n); /* as it is, to where log lines go */

/* An error of the host or the user: one sentence on stderr, after "hindsight: ", that names the
 * file or option and says what to do. Returns false so that a caller can `return
 * error_report(...)`. */
bool error_report(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The same for something worth telling that is not an error. */
void notice(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
