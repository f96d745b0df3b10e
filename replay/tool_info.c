/* tool_info.c - what is in a recording, in a few lines */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>

#include "emu/check.h"
#include "emu/clock.h"
#include "emu/log.h"
#include "replay/tools.h"

static const char *ending(enum rec_end e)
{
    switch (e) {
    case REC_END_CUT_SHORT:
        return "cut short: its end was never written; it replays up to here";
    case REC_END_POWEROFF:
        return "complete: the guest powered off";
    case REC_END_RESET:
        return "complete: the guest reset itself";
    case REC_END_EXIT:
        return "complete: the guest asked to exit";
    case REC_END_CRASH:
        return "complete: the guest crashed";
    case REC_END_QUIT:
        return "complete: the user ended it";
    case REC_END_HALTED:
        return "complete: the guest halted for good";
    }
    return "unknown";
}

static void need_line(const char *name, const char *path, u64 size, struct buf *out)
{
    buf_printf(out, "  %-12s %s, %" PRIu64 " bytes\n", name, path ? path : "", size);
}

/* Files of the host's. They may be elsewhere now: --file. */
static void needs_lines(const struct machine_config *cfg, struct buf *out)
{
    const struct config_file *file[] = {&cfg->kernel, &cfg->initrd, &cfg->dtb, &cfg->bios, &cfg->vgabios};
    static const char *const names[] = {"kernel", "initrd", "dtb", "bios", "vgabios"};

    buf_printf(out, "needs      these files, unchanged\n");
    for (unsigned i = 0; i < ARRAY_SIZE(file); i++)
        if (file[i]->path)
            need_line(names[i], file[i]->path, file[i]->size, out);
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++) {
        const struct config_drive *d = &cfg->drive[i];
        if (d->id && !(d->image && *d->image))
            need_line(d->id, d->path, d->size, out);
    }
    for (unsigned i = 0; i < cfg->n_media; i++)
        need_line(cfg->medium[i].name, cfg->medium[i].path, cfg->medium[i].size, out);
}

static void machine_line(struct rec_reader *r, struct buf *out)
{
    struct machine_config cfg;

    config_init(&cfg);
    if (rec_config(r, &cfg)) {
        buf_printf(out, "machine    ");
        config_print(&cfg, out);
        if (out->data[out->len - 1] != '\n')
            buf_put_u8(out, '\n');
        buf_printf(out, "time       %.6f s of virtual time while running\n",
                   (double)(rec_length(r) << cfg.icount_shift) / 1e9);
        needs_lines(&cfg, out);
    }
    config_fini(&cfg);
}

static void events_lines(struct rec_reader *r, struct buf *out)
{
    u32 n = rec_n_sources(r);
    struct {
        u64 events, bytes;
    } *by = xcalloc(n + 1, sizeof(*by));
    struct door_event ev;

    for (u64 i = 0; rec_event(r, i, &ev); i++) {
        by[ev.source].events++;
        by[ev.source].bytes += ev.len;
    }
    buf_printf(out, "events     %" PRIu64 ", %" PRIu64 " bytes\n", rec_n_events(r),
               rec_event_bytes(r));
    for (u32 i = 0; i < n; i++)
        if (by[i].events)
            buf_printf(out, "  %-12s %" PRIu64 " events, %" PRIu64 " bytes of data\n",
                       rec_source_name(r, i), by[i].events, by[i].bytes);
    free(by);
}

static void snapshots_lines(struct rec_reader *r, struct buf *out)
{
    u64 bytes = 0;

    for (u64 i = 0; i < rec_n_snapshots(r); i++)
        bytes += rec_snapshot(r, i).file_bytes;
    buf_printf(out, "snapshots  %" PRIu64 ", %" PRIu64 " bytes\n", rec_n_snapshots(r), bytes);
    for (u64 i = 0; i < rec_n_snapshots(r); i++) {
        struct rec_snapshot s = rec_snapshot(r, i);
        if (s.name[0])
            buf_printf(out, "  '%s' at icount %" PRIu64 "\n", s.name, s.icount);
    }
}

void tool_info(struct rec_reader *r, struct buf *out)
{
    buf_printf(out, "recording  %s, %" PRIu64 " bytes\n", rec_path(r), rec_file_bytes(r));
    buf_printf(out, "state      %s", ending(rec_end(r)));
    if (rec_end(r) == REC_END_EXIT)
        buf_printf(out, " with code %d", rec_end_code(r));
    buf_printf(out, "\nlength     %" PRIu64 " steps\n", rec_length(r));
    machine_line(r, out);
    events_lines(r, out);
    buf_printf(out, "digests    %" PRIu64 "\n", rec_n_digests(r));
    snapshots_lines(r, out);
}
