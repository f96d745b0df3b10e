/* config_nets.c - the network backends of a machine's configuration */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/config_nets.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"

void config_nets_fini(struct config_net *n)
{
    for (unsigned i = 0; i < CONFIG_MAX_NETS; i++) {
        free(n[i].id);
        free(n[i].kind);
        free(n[i].spec);
        n[i] = (struct config_net){0};
    }
}

bool config_net_id_ok(const char *id)
{
    return config_drive_id_ok(id);
}

const struct config_net *config_net_find(const struct config_net *n, const char *id)
{
    for (unsigned i = 0; i < CONFIG_MAX_NETS && n[i].id; i++)
        if (!strcmp(n[i].id, id))
            return &n[i];
    return NULL;
}

bool config_net_add(struct config_net *n, const char *id, const char *kind, const char *spec)
{
    unsigned i = 0;
    while (i < CONFIG_MAX_NETS && n[i].id)
        i++;
    if (i == CONFIG_MAX_NETS)
        return error_report("-netdev %.200s: there are too many of them", id);
    if (!config_net_id_ok(id))
        return error_report("-netdev: \"%.200s\" is no id: it is made of letters, digits, -, . and _", id);
    if (config_net_find(n, id))
        return error_report("-netdev: there are two with the id %s", id);
    n[i] = (struct config_net){xstrdup(id), xstrdup(kind), spec ? xstrdup(spec) : NULL};
    return true;
}

bool config_net_is_card(const char *device)
{
    static const char *const names[] = {"rtl8139", "e1000", "e1000-82540em", "virtio-net-pci",
                                        "virtio-net", "virtio-net-device", "lan9118"};
    size_t n = strcspn(device, ",");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (n == strlen(names[i]) && !memcmp(device, names[i], n))
            return true;
    return false;
}

/* "net0 net1|user socket": what counts comes first. */
void config_nets_save(const struct config_net *n, struct buf *out)
{
    for (unsigned i = 0; i < CONFIG_MAX_NETS && n[i].id; i++)
        buf_printf(out, "%s%s", i ? " " : "", n[i].id);
    for (unsigned i = 0; i < CONFIG_MAX_NETS && n[i].id; i++)
        buf_printf(out, "%s%s", i ? " " : "|", n[i].kind);
}

/* The next word of a list, as an id; NULL at its end or when it is none. Owned by the caller. */
static char *next_word(const char **p, const char *end)
{
    const char *blank = *p < end ? memchr(*p, ' ', end - *p) : NULL;
    const char *stop = blank ? blank : end;
    char *word = *p < end && stop - *p <= CONFIG_MAX_ID ? strndup(*p, stop - *p) : NULL;
    *p = blank ? blank + 1 : end;
    if (word && config_net_id_ok(word))
        return word;
    free(word);
    return NULL;
}

bool config_nets_load(struct config_net *n, const char *text, size_t size)
{
    const char *end = text + size, *bar = memchr(text, '|', size);
    bool ok = true;

    config_nets_fini(n);
    if (!size)
        return true;
    if (!bar)
        return false;
    for (const char *id = text, *kind = bar + 1; ok && (id < bar || kind < end);) {
        char *a = next_word(&id, bar), *b = next_word(&kind, end);
        ok = a && b && config_net_add(n, a, b, NULL);
        free(a);
        free(b);
    }
    return ok;
}

void config_nets_print(const struct config_net *n, struct buf *out)
{
    for (unsigned i = 0; i < CONFIG_MAX_NETS && n[i].id; i++)
        buf_printf(out, " -netdev %s,id=%s", n[i].kind, n[i].id);
}

size_t config_nets_counted(const char *text, size_t size)
{
    const char *bar = memchr(text, '|', size);
    return bar ? (size_t)(bar - text) : size;
}
