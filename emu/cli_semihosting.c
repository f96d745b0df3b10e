/* cli_semihosting.c - -semihosting and -semihosting-config: calls to the debugger's host */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli.h"
#include "emu/items.h"
#include "emu/log.h"

/* A comma inside a value is written twice. */
static void put_argument(struct buf *out, const char *text)
{
    buf_printf(out, ",arg=");
    for (; *text; text++) {
        if (*text == ',')
            buf_put_u8(out, ',');
        buf_put_u8(out, (u8)*text);
    }
}

static bool parse(struct cli *c, const struct item *it, struct buf *args)
{
    struct cli_semihosting *s = &c->semihosting;
    if (item_is(it, "target"))
        return !strcmp(it->value, "native") || !strcmp(it->value, "auto") ||
               error_report("-semihosting-config target=%.64s: calls are served here: native",
                            it->value);
    if (item_is(it, "chardev")) {
        free(s->chardev);
        s->chardev = xstrdup(it->value);
        return true;
    }
    if (item_is(it, "arg")) {
        put_argument(args, it->value);
        return true;
    }
    if (!it->has_key && item_on_off(it->value, &s->on))
        return true;
    return item_flag(it, "enable", &s->on) || item_flag(it, "userspace", &s->user) ||
           item_unknown("semihosting-config", it);
}

bool cli_semihosting_option(struct cli *c, const char *option, const char *arg)
{
    (void)option, (void)arg;
    return c->semihosting.on = true;
}

bool cli_semihosting_config_option(struct cli *c, const char *option, const char *arg)
{
    struct buf args = {0};
    struct item it;
    bool ok = true;
    (void)option;
    c->semihosting.on = true;
    for (const char *p = arg; ok && item_next(&p, &it);)
        ok = parse(c, &it, &args);
    free(c->semihosting.args);
    c->semihosting.args = xstrdup(buf_cstr(&args));
    buf_fini(&args);
    return ok;
}

/* As a program is called, unless something else was said: the kernel's name, and its command line.
 */
bool cli_semihosting_finish(struct cli *c)
{
    struct machine_config *cfg = &c->config;
    struct buf text = {0};
    if (!c->semihosting.on)
        return true;
    if (cli_arch_is_x86(cfg->arch))
        return error_report("-semihosting: only Arm processors have it");
    buf_printf(&text, "enable=on%s", c->semihosting.user ? ",userspace=on" : "");
    if (c->semihosting.args && *c->semihosting.args) {
        buf_printf(&text, "%s", c->semihosting.args);
    } else if (cfg->kernel.path) {
        put_argument(&text, cfg->kernel.path);
        if (cfg->append && *cfg->append)
            put_argument(&text, cfg->append);
    }
    free(cfg->semihosting);
    cfg->semihosting = xstrdup(buf_cstr(&text));
    buf_fini(&text);
    return true;
}

void cli_semihosting_fini(struct cli *c)
{
    free(c->semihosting.chardev);
    free(c->semihosting.args);
}
