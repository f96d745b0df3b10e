/* monitor_keys.c - press keys, move the pointer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "gdbstub/monitor_internal.h"

static bool signed_number(const char *text, i32 *v)
{
    char *end;
    long n = strtol(text, &end, 0);
    *v = (i32)MAX(-32767, MIN(n, 32767));
    return end != text && !*end;
}

static enum monitor_result run_sendkey(struct monitor *m)
{
    u64 hold = HID_HOLD_MS;
    if (!hid_n_keyboards(m->machine->hid))
        return monitor_error(m, "This machine has no keyboard.");
    if (m->n_words > 1 && (!monitor_number(m->word[1], &hold) || hold > 60000))
        return monitor_error(m, "sendkey: how long the keys are down is a number of ms, at most a "
                                "minute's");
    if (!monitor_door_open(m))
        return MONITOR_ERROR;
    return hid_post_keys(m->machine->hid, m->word[0], hold, m->out) ? MONITOR_DONE : MONITOR_ERROR;
}

static bool has_pointer(struct monitor *m)
{
    if (!hid_n_pointers(m->machine->hid))
        monitor_error(m, "This machine has no mouse.");
    return hid_n_pointers(m->machine->hid) && monitor_door_open(m);
}

static enum monitor_result run_mouse_move(struct monitor *m)
{
    i32 dx, dy, dz = 0;
    if (!signed_number(m->word[0], &dx) || !signed_number(m->word[1], &dy) ||
        (m->n_words > 2 && !signed_number(m->word[2], &dz)))
        return monitor_error(m, "mouse_move: how far is said by whole numbers");
    if (!has_pointer(m))
        return MONITOR_ERROR;
    struct hid *h = m->machine->hid;
    if (hid_wants_place(h) ? !hid_post_place(h, MAX(dx, 0), MAX(dy, 0), dz)
                           : !hid_post_mouse(h, dx, dy, dz))
        return monitor_error(m, "mouse_move: there is nothing to move");
    return MONITOR_DONE;
}

/* QEMU numbers them 1 left, 2 middle, 4 right. */
static enum monitor_result run_mouse_button(struct monitor *m)
{
    u64 state;
    if (!monitor_number(m->word[0], &state) || state > 31)
        return monitor_error(m, "mouse_button: which buttons are down is a sum of 1 (left), 2 "
                                "(middle), 4 (right), 8 and 16 (at the side)");
    if (!has_pointer(m))
        return MONITOR_ERROR;
    u8 buttons = (state & 1 ? HID_LEFT : 0) | (state & 2 ? HID_MIDDLE : 0) |
                 (state & 4 ? HID_RIGHT : 0) | (state & 8 ? HID_SIDE : 0) |
                 (state & 16 ? HID_EXTRA : 0);
    return hid_post_buttons(m->machine->hid, buttons) ? MONITOR_DONE : MONITOR_ERROR;
}

static enum monitor_result run_mouse_set(struct monitor *m)
{
    u64 n;
    if (!monitor_number(m->word[0], &n) || !hid_choose_pointer(m->machine->hid, MIN(n, 99u)))
        return monitor_error(m, "mouse_set: there is no such mouse; `info mice` lists them");
    return MONITOR_DONE;
}

void monitor_info_mice(struct monitor *m)
{
    if (!hid_n_pointers(m->machine->hid))
        monitor_error(m, "This machine has no mouse.");
    hid_list_pointers(m->machine->hid, m->out);
}

const struct monitor_command monitor_key_commands[] = {
    {"sendkey", NULL, "KEY[-KEY]... [MS]",
     "press keys together for 100 ms: a, ret, ctrl-alt-delete", 1, 2, run_sendkey},
    {"mouse_move", NULL, "DX DY [DZ]",
     "move the mouse, and turn its wheel; of a tablet: go to a place, 0 to 32767", 2, 3,
     run_mouse_move},
    {"mouse_button", NULL, "BUTTONS", "which buttons are down: 1 left + 2 middle + 4 right", 1, 1,
     run_mouse_button},
    {"mouse_set", NULL, "N", "which one of `info mice` is moved", 1, 1, run_mouse_set},
    {0},
};
