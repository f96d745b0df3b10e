/* hid.c - keyboards and pointers: who gets what is pressed and moved */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/hid.h"

#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "emu/log.h"
#include "emu/machine.h"

enum { MAX_TOGETHER = 16, MOVE_BYTES = 7 };
enum { PREFIX = 0xe0, RELEASED = 0x80 };
#define MAX_HOLD_MS 60000

static const struct state_field script_fields[] = {
    HID_SCRIPT_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct hid_script)};
const struct state_desc hid_script_state = {"script", script_fields, ARRAY_SIZE(script_fields)};

struct hid_keyboard {
    struct machine *machine;
    struct device *dev;
    struct hid_script *script;
    struct hid_keyboard_ops ops;
    void *opaque;
    int source;
    u32 posted; /* events in the door that the device has not got yet */
};

struct pointer {
    struct machine *machine;
    const char *name;
    bool tablet;
    struct hid_pointer_ops ops;
    void *opaque;
    int source;
    u32 posted;
    struct hid_move last; /* that was posted: who presses a button says nothing of the place */
};

struct hid {
    struct machine *machine;
    struct hid_keyboard *keyboard[HID_MAX_KEYBOARDS];
    struct pointer *pointer[HID_MAX_POINTERS];
    unsigned n_keyboards, n_pointers;
    struct pointer *chosen, *moved; /* NULL: none was */
};

struct hid *hid_new(struct machine *m)
{
    struct hid *h = xcalloc(1, sizeof(*h));
    h->machine = m;
    return h;
}

void hid_delete(struct hid *h)
{
    for (unsigned i = 0; i < h->n_keyboards; i++)
        free(h->keyboard[i]);
    for (unsigned i = 0; i < h->n_pointers; i++)
        free(h->pointer[i]);
    free(h);
}

/* ---- into a keyboard ---- */

static void drop_bytes(struct hid_script *s, unsigned n)
{
    s->len -= n;
    memmove(s->byte, s->byte + n, s->len);
}

/* Up to the next pause. A key without its second byte, as a hostile file may have, is dropped. */
static void play(struct hid_keyboard *k)
{
    struct hid_script *s = k->script;
    s->waiting = false;
    while (s->len) {
        u8 first = s->byte[0];
        if (!first) {
            u64 ms = s->len < 3 ? 0 : s->byte[1] | s->byte[2] << 8;
            drop_bytes(s, MIN(s->len, 3));
            s->waiting = true;
            device_set_deadline(k->dev, machine_now_ns(k->machine) + ms * 1000000);
            return;
        }
        bool extended = first == PREFIX;
        u8 code = !extended ? first : s->len > 1 ? s->byte[1] : 0;
        drop_bytes(s, MIN(s->len, 1 + extended));
        if (code & 0x7f)
            k->ops.key(k->opaque, (code & 0x7f) | (extended ? 0x80 : 0), !(code & RELEASED));
    }
}

static void deliver_keys(void *opaque, const u8 *data, u32 len)
{
    struct hid_keyboard *k = opaque;
    struct hid_script *s = k->script;
    if (!door_is_fed(k->machine->door)) /* else it comes from a recording, and ours still waits */
        k->posted -= MIN(k->posted, 1);
    if (len > (u32)HID_SCRIPT_BYTES - s->len) {
        LOG(LOG_INFO, "%u bytes of keys are lost: too many wait already", len);
        return;
    }
    if (len)
        memcpy(s->byte + s->len, data, len);
    s->len += len;
    if (!s->waiting)
        play(k);
}

void hid_keyboard_tick(struct hid_keyboard *k)
{
    device_set_deadline(k->dev, NEVER);
    play(k);
}

void hid_script_reset(struct hid_script *s)
{
    memset(s, 0, sizeof(*s));
}

void hid_script_after_load(struct hid_script *s)
{
    s->len = MIN(s->len, HID_SCRIPT_BYTES);
}

struct hid_keyboard *hid_keyboard_new(struct machine *m, const char *name, struct device *d,
                                      struct hid_script *script,
                                      const struct hid_keyboard_ops *ops, void *opaque)
{
    struct hid *h = m->hid;
    CHECK(h->n_keyboards < HID_MAX_KEYBOARDS);
    struct hid_keyboard *k = xcalloc(1, sizeof(*k));
    *k = (struct hid_keyboard){
        .machine = m, .dev = d, .script = script, .ops = *ops, .opaque = opaque};
    k->source = door_add_source(m->door, name, deliver_keys, NULL, k);
    h->keyboard[h->n_keyboards++] = k;
    return k;
}

/* ---- into a pointer ---- */

static i16 get_i16(const u8 *p)
{
    return (i16)(p[0] | p[1] << 8);
}

static void deliver_move(void *opaque, const u8 *data, u32 len)
{
    struct pointer *p = opaque;
    if (!door_is_fed(p->machine->door))
        p->posted -= MIN(p->posted, 1);
    if (len != MOVE_BYTES) {
        LOG(LOG_WARN, "ill-formed event of source '%s' ignored", p->name);
        return;
    }
    struct hid_move mv = {data[0] & 31, get_i16(data + 1), get_i16(data + 3), get_i16(data + 5)};
    if (p->tablet) {
        mv.x = MAX(mv.x, 0);
        mv.y = MAX(mv.y, 0);
    }
    p->ops.move(p->opaque, &mv);
}

void hid_pointer_new(struct machine *m, const char *name, bool tablet,
                     const struct hid_pointer_ops *ops, void *opaque)
{
    struct hid *h = m->hid;
    CHECK(h->n_pointers < HID_MAX_POINTERS);
    struct pointer *p = xcalloc(1, sizeof(*p));
    *p = (struct pointer){
        .machine = m, .name = name, .tablet = tablet, .ops = *ops, .opaque = opaque};
    p->source = door_add_source(m->door, name, deliver_move, NULL, p);
    h->pointer[h->n_pointers++] = p;
}

/* ---- who gets it ---- */

static struct hid_keyboard *find_keyboard(const struct hid *h)
{
    for (unsigned i = h->n_keyboards; i-- > 1;)
        if (h->keyboard[i]->ops.listens(h->keyboard[i]->opaque))
            return h->keyboard[i];
    return h->n_keyboards ? h->keyboard[0] : NULL;
}

static struct pointer *find_of_kind(const struct hid *h, bool tablet)
{
    struct pointer *fallback = NULL;
    if (h->chosen && h->chosen->tablet == tablet)
        return h->chosen;
    for (unsigned i = h->n_pointers; i-- > 0;) {
        struct pointer *p = h->pointer[i];
        if (p->tablet == tablet && p->ops.listens(p->opaque))
            return p;
        if (p->tablet == tablet)
            fallback = p;
    }
    return fallback;
}

/* For somebody who can say either, where or how far. */
static struct pointer *find_pointer(const struct hid *h)
{
    if (h->chosen)
        return h->chosen;
    struct pointer *tablet = find_of_kind(h, true), *mouse = find_of_kind(h, false);
    return tablet && (!mouse || tablet->ops.listens(tablet->opaque)) ? tablet : mouse;
}

unsigned hid_n_keyboards(const struct hid *h)
{
    return h->n_keyboards;
}

unsigned hid_n_pointers(const struct hid *h)
{
    return h->n_pointers;
}

/* One at a time: what a device has room for is known when it has got the one before. */
bool hid_key_room(struct hid *h)
{
    struct hid_keyboard *k = find_keyboard(h);
    if (door_is_fed(h->machine->door))
        return false;
    return !k || (!k->posted && !k->script->len && k->ops.room(k->opaque));
}

bool hid_move_room(struct hid *h)
{
    struct pointer *p = find_pointer(h);
    if (door_is_fed(h->machine->door))
        return false;
    return !p || (!p->posted && p->ops.room(p->opaque));
}

bool hid_wants_place(struct hid *h)
{
    const struct pointer *p = find_pointer(h);
    return p && p->tablet;
}

/* ---- posting ---- */

static bool post_keys(struct hid_keyboard *k, const void *data, u32 len)
{
    if (!k || !door_post(k->machine->door, k->source, data, len))
        return false;
    k->posted++;
    return true;
}

static void put_key(struct buf *b, u8 code, bool pressed)
{
    if (code & 0x80)
        buf_put_u8(b, PREFIX);
    buf_put_u8(b, (code & 0x7f) | (pressed ? 0 : RELEASED));
}

bool hid_post_key(struct hid *h, u8 code, bool pressed)
{
    struct buf b = {0};
    put_key(&b, code, pressed);
    bool ok = (code & 0x7f) && post_keys(find_keyboard(h), b.data, b.len);
    buf_fini(&b);
    return ok;
}

static bool number(const char *p, size_t len, u8 *code)
{
    unsigned v = 0;
    if (len < 3 || len > 4 || p[0] != '0' || (p[1] | 0x20) != 'x')
        return false;
    for (size_t i = 2; i < len; i++) {
        const char *digit = strchr("0123456789abcdef", p[i] | 0x20);
        if (!digit)
            return false;
        v = v << 4 | (unsigned)(digit - "0123456789abcdef");
    }
    *code = v;
    return v & 0x7f;
}

static bool code_of(const char *p, size_t len, u8 *code)
{
    const struct hid_key *k = len == 1 && *p == '<' ? hid_key_of(0x56) : hid_key_named(p, len);
    if (!k)
        return number(p, len, code);
    *code = k->code;
    return true;
}

static bool compile(const char *names, u32 hold_ms, struct buf *out, struct buf *error)
{
    u8 pressed[MAX_TOGETHER];
    unsigned n = 0;
    for (const char *p = names;;) {
        size_t len = strcspn(p, "-");
        u8 code;
        if (!code_of(p, len, &code)) {
            buf_printf(error, "sendkey: there is no key called \"%.*s\"\n", (int)MIN(len, 64), p);
            return false;
        }
        if (n == ARRAY_SIZE(pressed)) {
            buf_printf(error, "sendkey: more than %u keys at once\n", n);
            return false;
        }
        pressed[n++] = code;
        put_key(out, code, true);
        if (!p[len])
            break;
        p += len + 1;
    }
    if (hold_ms) {
        buf_put_u8(out, 0);
        buf_put_u16(out, MIN(hold_ms, MAX_HOLD_MS));
    }
    while (n > 0)
        put_key(out, pressed[--n], false);
    return true;
}

bool hid_post_keys(struct hid *h, const char *names, u32 hold_ms, struct buf *error)
{
    struct hid_keyboard *k = find_keyboard(h);
    struct buf codes = {0};
    bool ok = false;
    if (!k)
        buf_printf(error, "sendkey: this machine has no keyboard\n");
    else if (!compile(names, hold_ms, &codes, error))
        ;
    else if (!post_keys(k, codes.data, codes.len))
        buf_printf(error, "sendkey: a replay takes no input\n");
    else
        ok = true;
    buf_fini(&codes);
    return ok;
}

static i16 clamp(i32 v)
{
    return MAX(-32767, MIN(v, 32767));
}

static bool post_move(struct hid *h, struct pointer *p, const struct hid_move *mv)
{
    u8 bytes[MOVE_BYTES] = {mv->buttons, mv->x, mv->x >> 8, mv->y, mv->y >> 8, mv->z, mv->z >> 8};
    if (!door_post(p->machine->door, p->source, bytes, sizeof(bytes)))
        return false;
    p->posted++;
    p->last = *mv;
    h->moved = p;
    return true;
}

bool hid_post_mouse(struct hid *h, i32 dx, i32 dy, i32 dz)
{
    struct pointer *p = find_of_kind(h, false);
    if (!p)
        return false;
    struct hid_move mv = {p->last.buttons, clamp(dx), clamp(dy), clamp(dz)};
    return post_move(h, p, &mv);
}

bool hid_post_place(struct hid *h, u32 x, u32 y, i32 dz)
{
    struct pointer *p = find_of_kind(h, true);
    if (!p)
        return false;
    struct hid_move mv = {p->last.buttons, MIN(x, HID_TABLET_MAX), MIN(y, HID_TABLET_MAX),
                          clamp(dz)};
    return post_move(h, p, &mv);
}

bool hid_post_buttons(struct hid *h, u8 buttons)
{
    struct pointer *p = h->moved && !h->chosen ? h->moved : find_pointer(h);
    if (!p)
        return false;
    struct hid_move mv = {.buttons = buttons & 31};
    if (p->tablet) {
        mv.x = p->last.x;
        mv.y = p->last.y;
    }
    return post_move(h, p, &mv);
}

/* ---- for the monitor ---- */

void hid_list_pointers(struct hid *h, struct buf *out)
{
    const struct pointer *now = find_pointer(h);
    for (unsigned i = 0; i < h->n_pointers; i++)
        buf_printf(out, "%c Mouse #%u: %s%s\n", h->pointer[i] == now ? '*' : ' ', i,
                   h->pointer[i]->name, h->pointer[i]->tablet ? " (absolute)" : "");
}

bool hid_choose_pointer(struct hid *h, unsigned n)
{
    if (n >= h->n_pointers)
        return false;
    h->chosen = h->pointer[n];
    return true;
}
