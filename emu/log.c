/* log.c - log lines by module and level, and errors to the user */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emu/check.h"

#define MAX_RULES 64

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace"};

/* " bus cpu ... ": all source files, from CMakeLists.txt, so that a slip is not silence. */
static const char modules[] = HINDSIGHT_MODULES;

/* The sink; see the note at diag_attach() on globals. */
static struct {
    FILE *file;
    enum log_level max;
    bool repeating;
    int n_rules;
    struct {
        char module[32];
        enum log_level level;
    } rules[MAX_RULES];
} sink = {.max = LOG_WARN};

static bool parse_level(const char *s, size_t len, enum log_level *level)
{
    for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
        if (strlen(level_names[i]) == len && !strncmp(s, level_names[i], len)) {
            *level = i;
            return true;
        }
    }
    return false;
}

static bool is_module(const char *s, size_t len)
{
    char padded[sizeof(sink.rules[0].module) + 2];
    snprintf(padded, sizeof(padded), " %.*s ", (int)len, s);
    return (len == 1 && *s == '*') || (len && strstr(modules, padded));
}

/* A later rule counts more: it takes the place of those that it covers. */
static void set_rule(const char *module, size_t len, enum log_level level)
{
    int kept = 0;
    for (int i = 0; i < sink.n_rules; i++) {
        const char *m = sink.rules[i].module;
        if (*module != '*' && (strlen(m) != len || strncmp(m, module, len)))
            sink.rules[kept++] = sink.rules[i];
    }
    memcpy(sink.rules[kept].module, module, len);
    sink.rules[kept].module[len] = 0;
    sink.rules[kept].level = level;
    sink.n_rules = kept + 1;
    sink.max = MAX(sink.max, level);
}

bool log_configure(const char *spec, char why[LOG_WHY_MAX])
{
    for (const char *p = spec; *p;) {
        size_t len = strcspn(p, ",");
        const char *colon = memchr(p, ':', len);
        size_t name_len = colon ? (size_t)(colon - p) : len;
        enum log_level level = LOG_DEBUG;
        const char *wrong = NULL;

        if (colon && !parse_level(colon + 1, len - name_len - 1, &level))
            wrong = "has no level of that name; use error, warn, info, debug or trace";
        else if (name_len >= sizeof(sink.rules[0].module) || !is_module(p, name_len))
            wrong = "names no source file; say \"i8254\", \"interrupt\" or \"*\"";
        else if (sink.n_rules == MAX_RULES)
            wrong = "is one rule too many";
        if (wrong) {
            snprintf(why, LOG_WHY_MAX, "'%.*s' %s", (int)MIN(len, (size_t)48), p, wrong);
            return false;
        }
        set_rule(p, name_len, level);
        p += len;
        p += *p == ',';
    }
    return true;
}

bool log_to_file(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return error_report("-D %s: cannot write the log there: %s", path, strerror(errno));
    if (sink.file)
        fclose(sink.file);
    sink.file = f;
    return true;
}

void log_set_repeating(bool on)
{
    sink.repeating = on;
}

enum log_level log_max_level(void)
{
    return sink.max;
}

static void module_of(const char *file, const char **name, size_t *len)
{
    const char *slash = strrchr(file, '/');
    *name = slash ? slash + 1 : file;
    *len = strcspn(*name, ".");
}

bool log_enabled(const char *file, enum log_level level)
{
    const char *name;
    size_t len;
    enum log_level allowed = LOG_WARN;
    bool asked = false;

    module_of(file, &name, &len);
    for (int i = 0; i < sink.n_rules; i++) {
        const char *m = sink.rules[i].module;
        if (strcmp(m, "*") && (strlen(m) != len || strncmp(m, name, len)))
            continue;
        allowed = sink.rules[i].level;
        asked = true;
    }
    return level <= allowed && (asked || !sink.repeating);
}

void log_write(const char *file, enum log_level level, const char *fmt, ...)
{
    FILE *f = sink.file ? sink.file : stderr;
    const char *name;
    size_t len;
    va_list ap;

    module_of(file, &name, &len);
    fprintf(f, "%12" PRIu64 " %.*s %s: ", diag_icount(), (int)len, name, level_names[level]);
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    fputc('\n', f);
    if (sink.file)
        fflush(f);
}

void log_text(const void *text, size_t n)
{
    FILE *f = sink.file ? sink.file : stderr;
    fwrite(text, 1, n, f);
    fflush(f);
}

static void tell(const char *fmt, va_list ap)
{
    fflush(stdout);
    fputs("hindsight: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
}

bool error_report(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
    return false;
}

void notice(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(fmt, ap);
    va_end(ap);
}
