/* monitor_replay.c - monitor commands about time: moves, snapshots, digests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gdbstub/monitor_internal.h"

/* N, +N, -N (from here), start, end */
static bool read_place(struct monitor *m, const char *s, u64 *place)
{
    u64 now = timeline_now(m->timeline), n;
    if (!strcmp(s, "start"))
        *place = 0;
    else if (!strcmp(s, "end"))
        *place = timeline_head(m->timeline);
    else if (*s == '+' && monitor_number(s + 1, &n))
        *place = n < NEVER - now ? now + n : NEVER;
    else if (*s == '-' && monitor_number(s + 1, &n))
        *place = n < now ? now - n : 0;
    else
        return monitor_number(s, place);
    return true;
}

static enum monitor_result run_when(struct monitor *m)
{
    monitor_put_place(m);
    buf_printf(m->out, "%s; history: %" PRIu64 " to %" PRIu64 "\n",
               timeline_in_branch(m->timeline) ? " (in a branch)" : "", timeline_start(m->timeline),
               timeline_head(m->timeline));
    return MONITOR_DONE;
}

static enum monitor_result run_goto(struct monitor *m)
{
    struct move_request r = {.kind = MOVE_SEEK};
    if (!read_place(m, m->word[0], &r.arg))
        return monitor_error(
            m,
            "'%.64s' is no place: N, +N, -N, start or end (1_000, 20k, 3M and 0x10 "
            "are numbers)",
            m->word[0]);
    u64 head = timeline_head(m->timeline);
    if (r.arg > head && !timeline_in_branch(m->timeline)) {
        buf_printf(m->out, "History ends at icount %" PRIu64 ".\n", head);
        r.arg = head;
    }
    return monitor_move(m, &r);
}

static enum monitor_result run_digest(struct monitor *m)
{
    if (!monitor_stopped(m))
        return MONITOR_ERROR;
    buf_printf(m->out, "%016" PRIx64 " at icount %" PRIu64 "\n", machine_digest(m->machine),
               timeline_now(m->timeline));
    return MONITOR_DONE;
}

static enum monitor_result move_of(struct monitor *m, enum move_kind kind)
{
    return monitor_move(m, &(struct move_request){.kind = kind});
}

static enum monitor_result run_cont(struct monitor *m)
{
    return move_of(m, MOVE_CONTINUE);
}

static enum monitor_result run_reverse_continue(struct monitor *m)
{
    return move_of(m, MOVE_REVERSE_CONTINUE);
}

static enum monitor_result step(struct monitor *m, enum move_kind kind)
{
    struct move_request r = {.kind = kind, .arg = 1};
    if (m->n_words && (!monitor_number(m->word[0], &r.arg) || !r.arg))
        return monitor_error(m, "'%.64s' is no number of steps.", m->word[0]);
    return monitor_move(m, &r);
}

static enum monitor_result run_step(struct monitor *m)
{
    return step(m, MOVE_STEP);
}

static enum monitor_result run_reverse_step(struct monitor *m)
{
    return step(m, MOVE_REVERSE_STEP);
}

static enum monitor_result run_sstep(struct monitor *m)
{
    if (m->n_words) {
        bool on = !strcmp(m->word[0], "on");
        if (!on && strcmp(m->word[0], "off"))
            return monitor_error(m, "usage: sstep [on|off]");
        session_set_sstep_over(m->session, on);
    }
    buf_printf(m->out, session_sstep_over(m->session) ? "Steps pass over interrupt handlers.\n"
                                                      : "Steps go into interrupt handlers.\n");
    return MONITOR_DONE;
}

static bool good_name(struct monitor *m)
{
    const char *s = m->word[0];
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] <= ' ' || s[i] == 0x7f)
            n = 64;
    if (n >= 64)
        monitor_error(m, "A snapshot's name has at most 63 characters, and no blanks.");
    return n < 64;
}

static enum monitor_result aside(struct monitor *m, enum session_aside_kind kind, const char *what)
{
    struct session_aside a = {.kind = kind};
    snprintf(a.name, sizeof(a.name), "%s", m->word[0]);
    if (!session_aside(m->session, &a))
        return monitor_error(m, "Another snapshot is being saved or loaded; try again.");
    buf_printf(m->out, "%s '%s'; the machine then goes on.\n", what, m->word[0]);
    return MONITOR_DONE;
}

static enum monitor_result run_savevm(struct monitor *m)
{
    if (!good_name(m))
        return MONITOR_ERROR;
    if (session_running(m->session))
        return aside(m, ASIDE_SAVEVM, "Saving");
    if (!timeline_savevm(m->timeline, m->word[0]))
        return monitor_error(m, "The snapshot '%s' could not be taken here.", m->word[0]);
    buf_printf(m->out, "'%s' is icount %" PRIu64 ".\n", m->word[0], timeline_now(m->timeline));
    return MONITOR_DONE;
}

static bool have_snapshot(struct monitor *m)
{
    for (u32 i = 0; i < timeline_n_snapshots(m->timeline); i++) {
        const char *name = timeline_snapshot_info(m->timeline, i).name;
        if (name && !strcmp(name, m->word[0]))
            return true;
    }
    monitor_error(m, "There is no snapshot '%.63s'; `info snapshots` lists them.", m->word[0]);
    return false;
}

static enum monitor_result run_loadvm(struct monitor *m)
{
    struct move_request r = {.kind = MOVE_LOADVM};
    if (!good_name(m) || !have_snapshot(m))
        return MONITOR_ERROR;
    if (session_running(m->session))
        return aside(m, ASIDE_LOADVM, "Going to");
    snprintf(r.name, sizeof(r.name), "%s", m->word[0]);
    return monitor_move(m, &r);
}

static enum monitor_result run_delvm(struct monitor *m)
{
    if (!good_name(m) || !have_snapshot(m))
        return MONITOR_ERROR;
    if (!timeline_delvm(m->timeline, m->word[0]))
        return monitor_error(m, "The snapshot '%s' could not be deleted.", m->word[0]);
    return MONITOR_DONE;
}

static enum monitor_result run_replay_break(struct monitor *m)
{
    u64 n;
    if (!read_place(m, m->word[0], &n))
        return monitor_error(m, "'%.64s' is no place.", m->word[0]);
    session_set_replay_break(m->session, n);
    buf_printf(m->out, "Continuing, either way, stops at icount %" PRIu64 ".\n", n);
    return MONITOR_DONE;
}

static enum monitor_result run_replay_delete_break(struct monitor *m)
{
    session_set_replay_break(m->session, NEVER);
    return MONITOR_DONE;
}

const struct monitor_command monitor_replay_commands[] = {
    {"when", NULL, "", "where in time the machine is", 0, 0, run_when},
    {"goto", "replay_seek", "N|+N|-N|start|end", "go to the state at that icount", 1, 1, run_goto},
    {"digest", NULL, "", "one number for the whole state", 0, 0, run_digest},
    {"cont", "c", "", "let the machine go on", 0, 0, run_cont},
    {"reverse-continue", "rc", "", "go back to the last breakpoint, watchpoint or the start", 0, 0,
     run_reverse_continue},
    {"step", "s", "[N]", "N steps on, or one", 0, 1, run_step},
    {"reverse-step", "rs", "[N]", "N steps back, or one", 0, 1, run_reverse_step},
    {"sstep", NULL, "[on|off]", "steps pass over interrupt handlers, both ways", 0, 1, run_sstep},
    {"savevm", NULL, "NAME", "name this place, with a snapshot", 1, 1, run_savevm},
    {"loadvm", NULL, "NAME", "go to a named place", 1, 1, run_loadvm},
    {"delvm", NULL, "NAME", "forget a named place", 1, 1, run_delvm},
    {"replay_break", NULL, "N", "stop at that icount when continuing, either way", 1, 1,
     run_replay_break},
    {"replay_delete_break", NULL, "", "forget replay_break", 0, 0, run_replay_delete_break},
    {0},
};
