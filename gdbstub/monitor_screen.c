/* monitor_screen.c - screendump, screen: what the guest's display shows here and now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/screen_file.h"
#include "gdbstub/monitor_internal.h"

static enum monitor_result no_display(struct monitor *m)
{
    return monitor_error(m, "This machine has no display (-vga none).");
}

/* screendump [-f png|ppm] FILE, or as QEMU has it: screendump FILE -f png */
static enum monitor_result run_screendump(struct monitor *m)
{
    const char *path = NULL, *format = NULL;
    struct buf why = {0};

    for (unsigned i = 0; i < m->n_words; i++) {
        if (!strcmp(m->word[i], "-f") && i + 1 < m->n_words && !format)
            format = m->word[++i];
        else if (!path)
            path = m->word[i];
        else
            path = "";
    }
    if (!path || !*path || (format && strcmp(format, "png") && strcmp(format, "ppm")))
        return monitor_error(m, "usage: screendump FILE [-f png|ppm]");
    if (!m->machine->screen.render)
        return no_display(m);
    enum screen_format f = !format ? screen_format_of(path)
                                   : !strcmp(format, "png") ? SCREEN_PNG : SCREEN_PPM;
    bool ok = screen_save(&m->machine->screen, path, f, &why);
    if (!ok)
        monitor_error(m, "%s", buf_cstr(&why));
    buf_fini(&why);
    return ok ? MONITOR_DONE : MONITOR_ERROR;
}

static enum monitor_result run_screen(struct monitor *m)
{
    const struct screen_source *s = &m->machine->screen;
    if (!s->render)
        return no_display(m);
    if (!s->text || !s->text(s->opaque, m->out))
        return monitor_error(m, "The display shows graphics; `screendump FILE.png` saves them.");
    return MONITOR_DONE;
}

const struct monitor_command monitor_screen_commands[] = {
    {"screendump", NULL, "FILE [-f png|ppm]", "the display as a picture: FILE.png, or PPM", 1, 3,
     run_screendump},
    {"screen", NULL, "", "the display's text", 0, 0, run_screen},
    {0},
};
