/* monitor_internal.h - what the files of the monitor share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GDBSTUB_MONITOR_INTERNAL_H
#define GDBSTUB_MONITOR_INTERNAL_H

#include "gdbstub/monitor.h"

#define MONITOR_MAX_WORDS 8

struct monitor {
    struct session *session;
    struct machine *machine;
    struct timeline *timeline;
    struct buf *out;
    void *by;          /* who asks */
    const char *format; /* "16xw" of "xp/16xw"; "" without */
    unsigned n_words;  /* arguments, without the command's name */
    char *word[MONITOR_MAX_WORDS];
    const char *rest;  /* the arguments as one string */
};

struct monitor_command {
    const char *name, *alias; /* alias may be NULL */
    const char *args;         /* for people: "N|+N|-N|start|end" */
    const char *help;
    unsigned min_words, max_words;
    enum monitor_result (*run)(struct monitor *m);
};

/* Tables end with a row without name; the command list is all of them, one behind the other. */
extern const struct monitor_command monitor_commands[];        /* monitor.c */
extern const struct monitor_command monitor_replay_commands[]; /* monitor_replay.c */
extern const struct monitor_command monitor_memory_commands[]; /* monitor_memory.c */
extern const struct monitor_command monitor_key_commands[];    /* monitor_keys.c */
extern const struct monitor_command monitor_screen_commands[]; /* monitor_screen.c */
extern const struct monitor_command monitor_media_commands[];  /* monitor_media.c */

struct monitor_topic { /* of `info` */
    const char *name, *help;
    void (*run)(struct monitor *m);
};
extern const struct monitor_topic monitor_topics[]; /* monitor_info.c */
enum monitor_result monitor_info(struct monitor *m);
void monitor_info_mice(struct monitor *m);  /* monitor_keys.c */
void monitor_info_block(struct monitor *m); /* monitor_media.c */

/* Appends a sentence and a newline. */
enum monitor_result monitor_error(struct monitor *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A number as people write it: 0x hex or decimal, '_' between digits, k, M or G (thousands). */
bool monitor_number(const char *s, u64 *value);
/* Asks for a move. */
enum monitor_result monitor_move(struct monitor *m, const struct move_request *r);
/* False (said to the user) while the machine runs. */
bool monitor_stopped(struct monitor *m);
/* False (said to the user) where nothing comes in from outside: in a replay, or in the past. */
bool monitor_door_open(struct monitor *m);
/* "icount 12345, 0.000098760 s" */
void monitor_put_place(struct monitor *m);
/* "1,234,567" is hard to paste: icounts are printed plainly, and time in seconds. */
void monitor_put_seconds(struct buf *out, u64 ns);

#endif
