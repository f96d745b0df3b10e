/* cli_readline.c - line editing, history and completion by GNU readline, fed with keys */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Readline is one per process and its callbacks have no argument: so is this file's state. It
 * neither reads the terminal nor sets it: keys come from the character stream, which may be shared
 * with the guest's console.
 */
#include <stdio.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli_session.h"

static struct {
    struct cli_readline_user user;
    bool prepared, active, executing;
    FILE *out;
    u8 key[64]; /* not yet taken by readline */
    u32 n_keys;
    struct buf names; /* whole lines that what was typed may become, one a line; */
    const char *next_name;
    size_t start;     /* of the word being completed */
} editor;

static ssize_t write_out(void *cookie, const char *text, size_t n)
{
    (void)cookie;
    editor.user.write(editor.user.opaque, text, n);
    return n;
}

static int take_key(FILE *stream)
{
    (void)stream;
    if (!editor.n_keys)
        return EOF;
    u8 key = editor.key[0];
    memmove(editor.key, editor.key + 1, --editor.n_keys);
    return key;
}

static void line_ready(char *line)
{
    if (line && *line)
        add_history(line);
    fflush(editor.out);
    editor.executing = true;
    editor.user.line(editor.user.opaque, line ? line : "");
    editor.executing = false;
    free(line);
}

static char *next_completion(const char *text, int state)
{
    if (!state) {
        char *typed = strndup(rl_line_buffer, rl_point);
        buf_clear(&editor.names);
        editor.user.complete(editor.user.opaque, typed, &editor.names);
        editor.next_name = buf_cstr(&editor.names);
        free(typed);
    }
    while (*editor.next_name) {
        const char *name = editor.next_name;
        size_t n = strcspn(name, "\n");
        editor.next_name += n + (name[n] == '\n');
        if (n > editor.start && !strncmp(name + editor.start, text, strlen(text)))
            return strndup(name + editor.start, n - editor.start);
    }
    return NULL;
}

static char **complete(const char *text, int start, int end)
{
    (void)end;
    editor.start = start;
    rl_attempted_completion_over = 1; /* no file names */
    return rl_completion_matches(text, next_completion);
}

static void prepare(void)
{
    static const cookie_io_functions_t io = {.write = write_out};

    if (editor.prepared)
        return;
    editor.prepared = true;
    editor.out = fopencookie(NULL, "w", io);
    CHECK(editor.out);
    rl_readline_name = "hindsight";
    rl_outstream = editor.out;
    rl_getc_function = take_key;
    rl_prep_term_function = NULL;
    rl_deprep_term_function = NULL;
    rl_tty_set_echoing(1);
    rl_catch_signals = 0;
    rl_catch_sigwinch = 0;
    rl_attempted_completion_function = complete;
}

void cli_readline_start(const struct cli_readline_user *u, const char *prompt)
{
    if (editor.active)
        return;
    editor.user = *u;
    prepare();
    editor.active = true;
    editor.n_keys = 0;
    rl_callback_handler_install(prompt, line_ready);
    rl_variable_bind("enable-bracketed-paste", "off");
    fflush(editor.out);
}

void cli_readline_stop(void)
{
    if (!editor.active)
        return;
    rl_callback_handler_remove();
    fflush(editor.out);
    editor.active = false;
}

void cli_readline_feed(const u8 *data, u32 n)
{
    for (u32 i = 0; i < n && editor.active; i++) {
        if (editor.n_keys < sizeof(editor.key))
            editor.key[editor.n_keys++] = data[i];
        while (editor.n_keys && editor.active)
            rl_callback_read_char();
        if (editor.active)
            fflush(editor.out);
    }
}

void cli_readline_hide(void)
{
    if (!editor.active || editor.executing)
        return;
    rl_clear_visible_line();
    fflush(editor.out);
}

void cli_readline_show(void)
{
    if (!editor.active || editor.executing)
        return;
    rl_on_new_line();
    rl_redisplay();
    fflush(editor.out);
}
