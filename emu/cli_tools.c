/* cli_tools.c - the verbs that look at recordings: info, dump, verify, diff */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "replay/tools.h"

static void print(struct buf *out)
{
    if (out->len)
        fwrite(out->data, 1, out->len, stdout);
    buf_fini(out);
}

/* A reader broken off (`| head`) is no error of ours, a full disk is. */
static int finish_output(int code)
{
    return fflush(stdout) || ferror(stdout) ? 1 : code;
}

/* Opened, and every chunk's checksum right, also of those that the verb does not look at. */
static struct rec_reader *open_sound(const char *path)
{
    struct rec_reader *r = rec_open(path);
    if (r && !rec_check_chunks(r)) {
        rec_close(r);
        return NULL;
    }
    return r;
}

int cli_info(struct cli *c)
{
    struct buf out = {0};
    struct rec_reader *r = open_sound(c->file);
    if (!r)
        return 1;
    tool_info(r, &out);
    print(&out);
    rec_close(r);
    return finish_output(0);
}

int cli_dump(struct cli *c)
{
    struct buf out = {0};
    struct tool_events f = {c->from, c->to, c->dump_sources, c->json, print};
    struct rec_reader *a = open_sound(c->file), *b = NULL;
    bool good = a && (!c->file2 || (b = open_sound(c->file2))), differ = false;

    if (good && b)
        good = tool_compare(a, b, &f, &out, &differ);
    else if (good)
        good = tool_dump(a, &f, &out);
    print(&out);
    if (a)
        rec_close(a);
    if (b)
        rec_close(b);
    return finish_output(good && !differ ? 0 : 1);
}

/* A machine for a recording; its configuration lives as long. */
static struct machine *make(void *opaque, struct rec_reader *r)
{
    const struct cli *c = opaque;
    struct machine_config *cfg = xcalloc(1, sizeof(*cfg));
    struct machine *m = NULL;

    config_init(cfg);
    if (cli_recorded_config(c, r, cfg) && cli_drives_open(cfg, MODE_REPLAY, true)) {
        free(cfg->accel);
        cfg->accel = xstrdup(c->config.accel);
        cfg->block_insns = c->config.block_insns;
        cfg->dump = c->config.dump;
        m = cli_machine_new(cfg);
    }
    if (!m) {
        config_fini(cfg);
        free(cfg);
    }
    return m;
}

static void drop(void *opaque, struct machine *m)
{
    struct machine_config *cfg = (struct machine_config *)m->config; /* make()'s */
    (void)opaque;
    machine_delete(m);
    config_fini(cfg);
    free(cfg);
}

int cli_verify(struct cli *c)
{
    struct buf out = {0};
    struct rec_reader *r = rec_open(c->file);
    struct machine *m = r ? make(c, r) : NULL;
    bool good = m && tool_verify(r, m, &out);

    print(&out);
    if (m)
        drop(c, m);
    if (r)
        rec_close(r);
    return finish_output(good ? 0 : 1);
}

int cli_diff(struct cli *c)
{
    struct buf out = {0};
    struct rec_reader *a = open_sound(c->file), *b = a ? open_sound(c->file2) : NULL;
    struct tool_maker mk = {make, drop, c};
    bool opened = a && b;
    bool differ = opened && tool_diff(a, b, &mk, &out);

    if (opened && !differ)
        buf_printf(&out, "no difference: the same machine, input and states\n");
    print(&out);
    if (a)
        rec_close(a);
    if (b)
        rec_close(b);
    return finish_output(opened && !differ ? 0 : 1);
}
