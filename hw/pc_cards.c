/* pc_cards.c - small things that -device adds to the board */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/pc_cards.h"

#include <stdio.h>
#include <string.h>

#include "emu/items.h"
#include "emu/log.h"
#include "hw/ac97.h"
#include "hw/virtio.h"

/* What was given of the properties that a device has: "" if it was not. */
struct given {
    const char *key; /* NULL at the end */
    char value[64];
};

static bool take(struct given *g, const struct item *it)
{
    for (; g->key; g++) {
        if (!item_is(it, g->key))
            continue;
        return snprintf(g->value, sizeof(g->value), "%s", it->value) < (int)sizeof(g->value);
    }
    return false;
}

static bool read_properties(const char *text, struct given *g)
{
    struct item it;
    for (const char *p = pc_device_properties(text); item_next(&p, &it);) {
        if (take(g, &it))
            continue;
        struct buf names = {0};
        for (struct given *known = g; known->key; known++)
            buf_printf(&names, "%s%s", known == g ? "" : known[1].key ? ", " : " and ", known->key);
        error_report("-device %.200s: its properties are %s", text, buf_cstr(&names));
        buf_fini(&names);
        return false;
    }
    return true;
}

static u8 slot_of(const struct pc_board *b, const char *text, const struct given *addr)
{
    return pc_device_slot(b, text, *addr->value ? addr->value : NULL);
}

bool pc_cards_add_ac97(const struct pc_board *b, const char *text)
{
    struct machine *m = b->machine;
    struct given g[] = {{"audiodev", ""}, {"addr", ""}, {"id", ""}, {NULL, ""}};
    char id[sizeof(g[0].value)];
    if (!read_properties(text, g))
        return false;
    u8 devfn = slot_of(b, text, &g[1]);
    if (!devfn)
        return false;
    if (m->n_audios == MACHINE_MAX_AUDIOS)
        return error_report("-device %.200s: there are %d sound cards at most", text,
                            MACHINE_MAX_AUDIOS);
    snprintf(id, sizeof(id), "%s", *g[0].value ? g[0].value : AUDIO_DEFAULT_ID);
    for (u32 i = 0; i < m->n_audios; i++)
        if (!strcmp(audio_id(m->audio[i]), id))
            return error_report("-device %.200s: another card has this audiodev", text);
    ac97_new(m, b->pci, devfn, audio_new(m, id));
    return true;
}

/* What QEMU also has there is about the host's side: any source of bytes does. */
bool pc_cards_add_virtio_rng(const struct pc_board *b, const char *text)
{
    struct given g[] = {{"addr", ""}, {"id", ""},  {"rng", ""}, {"max-bytes", ""},
                        {"period", ""}, {NULL, ""}};
    u8 devfn = read_properties(text, g) ? slot_of(b, text, &g[0]) : 0;
    if (devfn)
        virtio_rng_new(b->machine, virtio_in_slot(b->pci, devfn));
    return devfn != 0;
}

/* "action" is what -action watchdog= says: the guest depends on it, so it is kept with the
 * device. */
bool pc_cards_add_i6300esb(const struct pc_board *b, const char *text)
{
    struct given g[] = {{"addr", ""}, {"id", ""}, {"action", ""}, {NULL, ""}};
    enum watchdog_action action = WATCHDOG_RESET;
    if (!read_properties(text, g))
        return false;
    if (*g[2].value && !machine_watchdog_action(g[2].value, &action))
        return error_report("-device %.200s: action is reset, shutdown, poweroff, pause, debug or "
                            "none",
                            text);
    u8 devfn = slot_of(b, text, &g[0]);
    if (devfn)
        i6300esb_new(b->machine, b->pci, devfn, action);
    return devfn != 0;
}
