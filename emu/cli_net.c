/* cli_net.c - -netdev and its relatives: which networks there are, and their backends and dumps opened */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/cli_session.h"
#include "emu/items.h"
#include "emu/log.h"

static bool bad(const char *option, const char *arg, const char *want)
{
    return error_report("-%s %.200s: %s", option, arg, want);
}

static bool set(char **p, const char *value)
{
    free(*p);
    *p = xstrdup(value);
    return true;
}

/* The value of a key in a comma list, in `it`; false if it is not there. */
static bool find_item(const char *list, const char *key, struct item *it)
{
    while (item_next(&list, it))
        if (item_is(it, key))
            return true;
    return false;
}

static bool check_kind(const char *option, const char *arg, const char *kind)
{
    return net_backend_known(kind) ||
           bad(option, arg, "a network's kind is user (behind this host) or socket (a cable to another guest)");
}

bool cli_netdev_option(struct cli *c, const char *option, const char *arg)
{
    struct item it, id;
    const char *p = arg;

    if (!item_next(&p, &it) || it.has_key)
        return bad(option, arg, "it begins with a kind, as in user,id=net0");
    if (!check_kind(option, arg, it.value))
        return false;
    if (!find_item(p, "id", &id))
        return bad(option, arg, "id=ID is missing");
    return config_net_add(c->config.net, id.value, it.value, arg);
}

/* ---- -nic, and -net, its older form ---- */

/* What of the list is the card's goes to the card's properties, the rest to the backend's. */
static bool split(const char *option, const char *list, struct buf *card, struct buf *backend,
                  char **model)
{
    struct item it;
    while (item_next(&list, &it)) {
        if (item_is(&it, "model"))
            set(model, it.value);
        else if (item_is(&it, "mac") || item_is(&it, "macaddr"))
            buf_printf(card, ",mac=%s", it.value);
        else if (item_is(&it, "addr"))
            buf_printf(card, ",addr=%s", it.value);
        else if (item_is(&it, "id") || item_is(&it, "netdev") || item_is(&it, "name"))
            return error_report("-%s: %s= is not known here; use -netdev and -device", option, it.key);
        else {
            buf_printf(backend, ",%s%s", it.key, it.has_key ? "=" : "");
            for (const char *s = it.value; *s; s++)
                buf_printf(backend, *s == ',' ? ",," : "%c", *s);
        }
    }
    return true;
}

/* What they stand for depends on the board, which may be named behind. */
static const char default_card[] = "default", virtio_card[] = "virtio";

static bool is_named(const char *device, const char *name)
{
    size_t n = strlen(name);
    return !strncmp(device, name, n) && device[n] == ',';
}

static void name_cards(struct cli *c)
{
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && c->config.device[i]; i++) {
        char *old = c->config.device[i];
        const char *name = is_named(old, default_card)  ? cli_default_nic(c->config.board)
                           : !is_named(old, virtio_card) ? NULL
                           : cli_arch_is_x86(c->config.arch) ? "virtio-net-pci" : "virtio-net";
        if (!name)
            continue;
        c->config.device[i] = xasprintf("%s%s", name, strchr(old, ','));
        free(old);
    }
}

static bool add_card(struct cli *c, const char *option, const char *id, const char *model,
                     const char *properties)
{
    char *device = xasprintf("%s,netdev=%s%s", model ? model : default_card, id, properties);
    bool ok = !model || !strcmp(model, virtio_card) || config_net_is_card(device) ||
              bad(option, model, "there is no such card: model is e1000, rtl8139, virtio or lan9118");
    if (ok && !config_add_device(&c->config, device))
        ok = bad(option, device, "not a device, or too many of them");
    free(device);
    return ok;
}

static bool add_nic(struct cli *c, const char *option, const char *kind, const char *list)
{
    struct buf card = {0}, backend = {0};
    char *model = NULL, *id = xasprintf("nic%u", c->n_nics++), *spec = NULL;
    bool ok = split(option, list, &card, &backend, &model);

    if (ok) {
        spec = xasprintf("%s,id=%s%s", kind, id, buf_cstr(&backend));
        ok = config_net_add(c->config.net, id, kind, spec) &&
             add_card(c, option, id, model, buf_cstr(&card));
    }
    buf_fini(&card);
    buf_fini(&backend);
    free(model);
    free(id);
    free(spec);
    return ok;
}

bool cli_nic_option(struct cli *c, const char *option, const char *arg)
{
    struct item it;
    const char *p = arg;

    if (!item_next(&p, &it) || it.has_key)
        return bad(option, arg, "it begins with a kind, as in user,model=e1000");
    if (!strcmp(it.value, "none"))
        return true;
    return check_kind(option, arg, it.value) && add_nic(c, option, it.value, p);
}

/* "-net nic" and "-net user" come in any order, and belong together. */
bool cli_net_option(struct cli *c, const char *option, const char *arg)
{
    struct item it;
    const char *p = arg;

    if (!item_next(&p, &it) || it.has_key)
        return bad(option, arg, "it is none, nic[,model=] or user[,...]");
    if (!strcmp(it.value, "none"))
        return true;
    if (strcmp(it.value, "nic") && !check_kind(option, arg, it.value))
        return false;
    char **half = strcmp(it.value, "nic") ? &c->net_user : &c->net_nic;
    if (*half)
        return bad(option, arg, "there is one -net nic and one -net user; use -nic for more");
    return set(half, arg);
}

/* ---- filters ---- */

bool cli_filter_replay(struct cli *c, const char *option, const char *arg, const char *list)
{
    struct item it;
    (void)c; /* all that comes in is recorded anyway */
    return find_item(list, "netdev", &it) || bad(option, arg, "netdev=ID is missing");
}

bool cli_filter_dump(struct cli *c, const char *option, const char *arg, const char *list)
{
    struct cli_net_dump d = {0};
    struct item it;
    char *end = "";

    while (item_next(&list, &it)) {
        if (item_is(&it, "netdev"))
            set(&d.netdev, it.value);
        else if (item_is(&it, "file"))
            set(&d.file, it.value);
        else if (item_is(&it, "maxlen"))
            d.maxlen = strtoul(it.value, &end, 10);
        else if (!item_is(&it, "id"))
            return item_unknown("object filter-dump", &it);
    }
    if (c->n_dumps == CONFIG_MAX_NETS || !d.netdev || !d.file || *end) {
        free(d.netdev);
        free(d.file);
        return bad(option, arg, c->n_dumps == CONFIG_MAX_NETS ? "there are too many of them"
                                : *end ? "maxlen is a number of bytes"
                                       : "netdev=ID and file=FILE are both wanted");
    }
    c->dump[c->n_dumps++] = d;
    return true;
}

bool cli_pcap_netdev_option(struct cli *c, const char *option, const char *arg)
{
    (void)option;
    return set(&c->pcap_netdev, arg);
}

/* ---- all of them ---- */

/* -net nic and -net user in one. */
static bool join_halves(struct cli *c)
{
    const char *nic = c->net_nic, *user = c->net_user;
    if (!nic != !user)
        return error_report("-net %s: %s is missing", nic ? nic : user,
                            nic ? "-net user, which it is connected to," : "-net nic, the guest's card,");
    if (!nic)
        return true;
    nic += strcspn(nic, ",");
    user += strcspn(user, ",");
    char *kind = strndup(c->net_user, user - c->net_user);
    char *list = xasprintf("%s%s", *nic ? nic + 1 : "", *nic ? user : *user ? user + 1 : "");
    bool ok = add_nic(c, "net", kind, list);
    free(kind);
    free(list);
    return ok;
}

bool cli_nets_finish(struct cli *c)
{
    bool ok = join_halves(c);
    name_cards(c);
    return ok;
}

void cli_nets_fini(struct cli *c)
{
    free(c->net_nic);
    free(c->net_user);
    free(c->pcap_netdev);
    for (unsigned i = 0; i < c->n_dumps; i++) {
        free(c->dump[i].netdev);
        free(c->dump[i].file);
    }
}

static struct net_port *find_port(struct machine *m, const char *id)
{
    for (u32 i = 0; i < m->n_nets; i++)
        if (!strcmp(net_port_id(m->net[i]), id))
            return m->net[i];
    return NULL;
}

static bool open_dump(struct cli_nets *n, const struct cli_net_dump *d, struct machine *m)
{
    struct net_port *port = find_port(m, d->netdev);
    if (!port)
        return error_report("filter-dump,netdev=%.64s: no card of this machine is on such a netdev", d->netdev);
    for (unsigned i = 0; i < n->n_dumps; i++)
        if (net_pcap_port(n->dump[i]) == port)
            return error_report("filter-dump,netdev=%.64s: there is one for it already", d->netdev);
    struct net_pcap *p = net_pcap_open(d->file, m, port, d->maxlen);
    if (p)
        n->dump[n->n_dumps++] = p;
    return p != NULL;
}

bool cli_nets_open(struct cli_nets *n, const struct cli *c, struct host_loop *l, struct machine *m)
{
    const struct config_net *net = m->config->net;

    for (unsigned i = 0; c->mode != MODE_REPLAY && i < CONFIG_MAX_NETS && net[i].id; i++) {
        struct net_port *port = find_port(m, net[i].id);
        if (!port) {
            notice("-netdev id=%s: no card is connected to it", net[i].id);
            continue;
        }
        struct net_backend *b = net_backend_open(m, port, l, net[i].spec);
        if (!b)
            return false;
        n->backend[n->n_backends++] = b;
    }
    for (unsigned i = 0; i < c->n_dumps; i++)
        if (!open_dump(n, &c->dump[i], m))
            return false;
    return true;
}

bool cli_nets_close(struct cli_nets *n)
{
    bool ok = true;
    for (unsigned i = 0; i < n->n_backends; i++)
        net_backend_close(n->backend[i]);
    for (unsigned i = 0; i < n->n_dumps; i++)
        ok = net_pcap_close(n->dump[i]) && ok;
    *n = (struct cli_nets){0};
    return ok;
}
