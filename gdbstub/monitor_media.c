/* monitor_media.c - what is in the drives: take it out, put another in; and VNC's password */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "emu/medium.h"
#include "gdbstub/monitor_internal.h"

/* The drive of that id, which somebody may change now; NULL (said). */
static struct medium *drive(struct monitor *m, const char *id)
{
    struct medium *md = medium_find(m->machine, id);
    if (!md) {
        monitor_error(m, disk_find(m->machine, id)
                             ? "Drive '%.64s' has no medium that can be changed."
                             : "There is no drive '%.64s'; `info block` lists them.",
                      id);
        return NULL;
    }
    return monitor_door_open(m) ? md : NULL;
}

static enum monitor_result locked(struct monitor *m, struct medium *md)
{
    medium_press_button(md);
    return monitor_error(m, "The guest keeps the drive %s shut; it was asked to open it. "
                            "`eject -f` takes the medium out by force.",
                         medium_id(md));
}

static enum monitor_result run_eject(struct monitor *m)
{
    bool force = !strcmp(m->word[0], "-f");
    if (m->n_words != 1u + force)
        return monitor_error(m, "usage: eject [-f] DRIVE");
    struct medium *md = drive(m, m->word[force]);
    if (!md)
        return MONITOR_ERROR;
    if (!force && medium_is_locked(md))
        return locked(m, md);
    return medium_eject(md) ? MONITOR_DONE
                            : monitor_error(m, "eject: nothing comes in from outside now");
}

static enum monitor_result change_medium(struct monitor *m)
{
    struct medium *md = drive(m, m->word[0]);
    if (!md)
        return MONITOR_ERROR;
    if (medium_is_locked(md))
        return locked(m, md);
    const char *format = m->n_words > 2 ? m->word[2] : "";
    if (!m->machine->open_medium)
        return monitor_error(m, "change: nothing can be opened here");
    struct disk_image *i = m->machine->open_medium(m->word[1], format);
    if (!i)
        return monitor_error(m, "change: %.200s cannot be opened (why is on the console)",
                             m->word[1]);
    return medium_insert(md, i) ? MONITOR_DONE
                                : monitor_error(m, "change: %.200s cannot be put in", m->word[1]);
}

static enum monitor_result set_vnc_password(struct monitor *m, const char *password)
{
    struct machine *mc = m->machine;
    if (mc->vnc_password && mc->vnc_password(mc->vnc_opaque, password))
        return MONITOR_DONE;
    return monitor_error(m, "Nobody is asked for a password: say -vnc ...,password=on.");
}

static enum monitor_result run_set_password(struct monitor *m)
{
    if (strcmp(m->word[0], "vnc"))
        return monitor_error(m, "set_password: there is VNC only");
    return set_vnc_password(m, m->word[1]);
}

static enum monitor_result run_change(struct monitor *m)
{
    if (!strcmp(m->word[0], "vnc")) {
        if (strcmp(m->word[1], "password") && strcmp(m->word[1], "passwd"))
            return monitor_error(m, "usage: change vnc password PASSWORD");
        return set_vnc_password(m, m->n_words > 2 ? m->word[2] : "");
    }
    return change_medium(m);
}

void monitor_info_block(struct monitor *m)
{
    struct disk *d = disk_of_machine(m->machine, 0);
    if (!d)
        buf_printf(m->out, "This machine has no disks.\n");
    for (unsigned i = 0; (d = disk_of_machine(m->machine, i)); i++) {
        struct medium *md = medium_of(d);
        const struct disk_image *image = disk_image_of(d);
        buf_printf(m->out, "%s: ", disk_id(d));
        if (image)
            buf_printf(m->out, "%s (%s, %" PRIu64 " bytes%s)", image->path, image->type->name,
                       image->size, disk_is_readonly(d) ? ", read-only" : "");
        else
            buf_printf(m->out, "no medium");
        buf_printf(m->out, "%s%s\n", md ? ", removable" : "",
                   md && medium_is_locked(md) ? ", locked" : "");
    }
}

const struct monitor_command monitor_media_commands[] = {
    {"eject", NULL, "[-f] DRIVE",
     "take the medium out of a CD drive; -f: also if the guest keeps it shut", 1, 2, run_eject},
    {"change", NULL, "DRIVE FILE [FORMAT]|vnc password PASSWORD",
     "put another medium into a CD drive", 2, 3, run_change},
    {"set_password", NULL, "vnc PASSWORD", "that VNC clients are asked for from now on", 2, 3,
     run_set_password},
    {0},
};
