/* state.h - guest state declared once: members, save, load, digest, diff and print from one list */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A module lists its guest-visible fields:
 *
 *     #define PIT_CHANNEL_STATE(F, A, S, T)   F(T, u16, reload)  F(T, bool, gate)
 *     struct pit_channel { STATE_MEMBERS(PIT_CHANNEL_STATE) };
 *     STATE_DESC(pit_channel_state, "channel", struct pit_channel, PIT_CHANNEL_STATE);
 *
 *     #define PIT_STATE(F, A, S, T)  F(T, u8, port61)  A(T, u8, latch, 4)                       \
 *                                    S(T, struct pit_channel, pit_channel_state, channel, 3)
 *
 * F is an integer or bool, A an array of them, S an array of structs with a description of their own.
 * Wiring (pointers, callbacks) and caches (TLB, blocks, lookup tables) are plain members, never listed.
 * The saved form is the fields in order, little-endian, no padding: equal states are equal bytes.
 */
#ifndef EMU_STATE_H
#define EMU_STATE_H

#include "emu/buf.h"
#include "emu/types.h"

struct state_desc;

struct state_field {
    const char *name;
    u32 offset;
    u32 size;                     /* of one element, in bytes: 1, 2, 4, 8 or a struct's */
    u32 count;
    const struct state_desc *sub; /* NULL for integers */
    bool is_bool;                 /* anything but 0 is loaded as 1 */
};

struct state_desc {
    const char *name;
    const struct state_field *fields;
    u32 n_fields;
};

#define STATE_MEMBER_F(T, type, name) type name;
#define STATE_MEMBER_A(T, type, name, n) type name[n];
#define STATE_MEMBER_S(T, type, desc, name, n) type name[n];
#define STATE_MEMBERS(LIST) LIST(STATE_MEMBER_F, STATE_MEMBER_A, STATE_MEMBER_S, )

#define STATE_IS_BOOL(type) _Generic((type){0}, bool: true, default: false)
#define STATE_ROW_F(T, type, name)                                                                 \
    {#name, offsetof(T, name), sizeof(type), 1, NULL, STATE_IS_BOOL(type)},
#define STATE_ROW_A(T, type, name, n)                                                              \
    {#name, offsetof(T, name), sizeof(type), n, NULL, STATE_IS_BOOL(type)},
#define STATE_ROW_S(T, type, desc, name, n) {#name, offsetof(T, name), sizeof(type), n, &desc, false},
#define STATE_DESC(var, title, T, LIST)                                                            \
    static const struct state_field var##_fields[] = {                                             \
        LIST(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, T)};                                           \
    static const struct state_desc var = {title, var##_fields, ARRAY_SIZE(var##_fields)}

void state_save(const struct state_desc *d, const void *obj, struct buf *out);
/* Reads what state_save() wrote; on hostile or short input the reader turns bad and obj holds
 * zeros. */
void state_load(const struct state_desc *d, void *obj, struct reader *in);
size_t state_size(const struct state_desc *d); /* bytes of the saved form */
/* Compares two saved forms; for each field that differs appends "prefix.field[i]: a, b\n" to out.
 * Returns the number of differences (at most `most` are written). */
unsigned state_diff(const struct state_desc *d, const char *prefix, struct reader *a,
                    struct reader *b, struct buf *out, unsigned most);
/* Appends "field = value" lines, for the monitor. */
void state_print(const struct state_desc *d, const void *obj, struct buf *out);

/* The digest used everywhere (XXH3, 64 bits): stable across hosts and versions. */
u64 digest_bytes(const void *data, size_t n, u64 seed);

#endif
