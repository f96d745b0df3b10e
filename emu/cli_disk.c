/* cli_disk.c - the verb `disk`: a disk of a recording as it was at some step, as an image */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "emu/disk.h"
#include "emu/host/image.h"
#include "emu/log.h"
#include "replay/timeline.h"

enum { BLOCK = 64 * 1024 };

bool cli_disk_at_option(struct cli *c, const char *option, const char *arg)
{
    char *end;
    errno = 0;
    c->at = strcmp(arg, "end") ? strtoull(arg, &end, 0) : NEVER;
    return !strcmp(arg, "end") || (*arg >= '0' && *arg <= '9' && !*end && !errno) ||
           error_report("-%s %s: neither a number of steps nor \"end\"", option, arg);
}

bool cli_disk_id_option(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    free(c->disk_id);
    c->disk_id = xstrdup(arg);
    return true;
}

static void list_disks(struct machine *m, struct buf *out)
{
    struct disk *d;
    for (unsigned i = 0; (d = disk_of_machine(m, i)); i++)
        buf_printf(out, "%s%s", i ? ", " : "", disk_id(d));
}

/* The one that is named, or the only one that can be written. NULL (reported). */
static struct disk *choose(struct machine *m, const struct cli *c)
{
    struct disk *d, *found = c->disk_id ? disk_find(m, c->disk_id) : NULL;
    unsigned n = 0;

    for (unsigned i = 0; !c->disk_id && (d = disk_of_machine(m, i)); i++)
        if (!disk_is_readonly(d) && !n++)
            found = d;
    if (found && n <= 1)
        return found;
    struct buf all = {0};
    list_disks(m, &all);
    if (!all.len)
        error_report("%s: this machine has no disks", c->file);
    else
        error_report("%s: say which disk with --id: %s", c->file, buf_cstr(&all));
    buf_fini(&all);
    return NULL;
}

static bool is_zero(const u8 *p, size_t n)
{
    return !p[0] && !memcmp(p, p + 1, n - 1);
}

/* Zeros are left out: the new image has none but zeros. */
static bool copy(struct disk *d, struct disk_image *out)
{
    u8 *block = xmalloc(BLOCK);
    enum disk_extent kind;
    bool ok = true;

    for (u64 at = 0, n; ok && at < disk_size(d); at += n) {
        n = MIN(disk_extent(d, at, &kind), BLOCK - at % BLOCK);
        if (kind == DISK_IMAGE_ZEROS)
            continue;
        ok = disk_read(d, at, block, n) &&
             (is_zero(block, n) || out->type->write(out, at, block, n));
    }
    free(block);
    return ok && out->type->flush(out);
}

static bool export_disk(struct machine *m, const struct cli *c)
{
    struct disk *d = choose(m, c);
    struct disk_image *out = d ? image_create("-o", c->file2, disk_size(d)) : NULL;
    bool ok = out && copy(d, out);

    disk_image_close(out);
    if (out && !ok)
        unlink(c->file2); /* it was made here, and is not what was asked for */
    if (ok)
        notice("%s: %s at step %" PRIu64, c->file2, disk_id(d), m->clock.icount);
    return ok;
}

static bool go_there(struct timeline *t, const struct cli *c)
{
    u64 head = timeline_head(t);
    if (c->at != NEVER && c->at > head)
        return error_report("--at %" PRIu64 ": the recording ends at %" PRIu64, c->at, head);
    u64 to = MIN(c->at, head);
    while (timeline_now(t) != to) {
        struct move mv = timeline_seek(t, to);
        if (mv.end == MOVE_FAILED || timeline_now(t) != to)
            return error_report("%s: step %" PRIu64 " cannot be reached%s%s", c->file, to,
                                timeline_divergence(t) ? ": " : "",
                                timeline_divergence(t) ? timeline_divergence(t) : "");
    }
    return true;
}

int cli_disk(struct cli *c)
{
    struct timeline_options o = {.history = true};
    struct machine_config cfg;
    struct rec_reader *r = rec_open(c->file);
    struct machine *m = NULL;
    struct timeline *t = NULL;

    config_init(&cfg);
    if (r && cli_recorded_config(c, r, &cfg) && cli_drives_open(&cfg, MODE_REPLAY, true)) {
        free(cfg.accel);
        cfg.accel = xstrdup(c->config.accel);
        m = cli_machine_new(&cfg);
    }
    if (m)
        t = timeline_new_replay(m, r, &o);
    bool ok = t && go_there(t, c) && export_disk(m, c);
    if (t)
        timeline_delete(t);
    machine_delete(m);
    if (r)
        rec_close(r);
    config_fini(&cfg);
    return ok ? 0 : 1;
}
