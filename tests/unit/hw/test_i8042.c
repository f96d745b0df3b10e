/* test_i8042.c - keyboard controller, by IBM's technical reference */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "hw/i8042.h"

static struct board *b;
static struct probe irq1, irq12;

static void set_up(void)
{
    b = board_new();
    irq1 = irq12 = (struct probe){0};
    i8042_new(b->m, probe_irq(&irq1), probe_irq(&irq12));
    board_reset(b);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(i8042, .init = set_up, .fini = tear_down);

static bool full(void)
{
    return board_in(b, 0x64) & 1;
}

static u8 answer(void)
{
    cr_assert(full());
    return board_in(b, 0x60);
}

static void command(u8 value)
{
    board_out(b, 0x64, value);
}

static void send(u8 value)
{
    board_out(b, 0x60, value);
}

static void send_mouse(u8 value)
{
    command(0xd4);
    send(value);
}

static void keys(const char *names)
{
    struct buf error = {0};
    cr_assert(hid_post_keys(b->m->hid, names, 0, &error), "%s", buf_cstr(&error));
    cr_assert(door_deliver_due(b->m->door));
}

Test(i8042, self_and_interface_tests)
{
    cr_assert_not(full());
    command(0xaa);
    cr_assert_eq(answer(), 0x55);
    command(0xab);
    cr_assert_eq(answer(), 0x00);
    command(0xa9);
    cr_assert_eq(answer(), 0x00);
    cr_assert_not(full());
}

Test(i8042, command_byte)
{
    command(0x60);
    cr_assert(board_in(b, 0x64) & 8, "the last write was a command");
    send(0x47);
    command(0x20);
    cr_assert_eq(answer(), 0x47);
    command(0xad);
    command(0xa7);
    command(0x20);
    cr_assert_eq(answer(), 0x77);
}

Test(i8042, keyboard_reset_and_identity)
{
    send(0xff);
    cr_assert_eq(answer(), 0xfa);
    cr_assert_eq(answer(), 0xaa);
    send(0xf2);
    cr_assert_eq(answer(), 0xfa);
    cr_assert_eq(answer(), 0xab);
    cr_assert_eq(answer(), 0x41, "0x83, translated");
    send(0xee);
    cr_assert_eq(answer(), 0xee);
    send(0xed);
    cr_assert_eq(answer(), 0xfa);
    send(0x07);
    cr_assert_eq(answer(), 0xfa);
    send(0x01);
    cr_assert_eq(answer(), 0xfe, "no such command: resend");
}

Test(i8042, keys_arrive_translated_to_set_1)
{
    keys("a");
    cr_assert(irq1.level);
    cr_assert_eq(answer(), 0x1e);
    cr_assert_eq(irq1.rises, 2, "one edge for each byte");
    cr_assert_eq(answer(), 0x9e);
    cr_assert_not(irq1.level);
    keys("ctrl-alt-delete");
    static const u8 expected[] = {0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d};
    for (unsigned i = 0; i < sizeof(expected); i++)
        cr_assert_eq(answer(), expected[i]);
    cr_assert_not(full());
}

Test(i8042, keys_untranslated_are_set_2)
{
    command(0x60);
    send(0x05);
    keys("a-up");
    static const u8 expected[] = {0x1c, 0xe0, 0x75, 0xe0, 0xf0, 0x75, 0xf0, 0x1c};
    for (unsigned i = 0; i < sizeof(expected); i++)
        cr_assert_eq(answer(), expected[i]);
}

Test(i8042, every_key_comes_out_as_it_went_in)
{
    const struct hid_key *key;
    for (unsigned i = 0; (key = hid_key_at(i)); i++) {
        const char *name = key->name;
        if (key->code == HID_KEY_PAUSE)
            continue; /* it has no release */
        keys(name);
        u8 code = answer();
        if (code == 0xe0)
            code = answer();
        cr_assert_lt(code, 0x80, "%s", name);
        u8 release = answer();
        if (release == 0xe0)
            release = answer();
        cr_assert_eq(release, code | 0x80, "%s", name);
        cr_assert_not(full());
    }
}

Test(i8042, a_named_key_is_held)
{
    struct buf error = {0};
    cr_assert(hid_post_keys(b->m->hid, "shift-a", 30, &error));
    cr_assert(hid_post_keys(b->m->hid, "0x1f", 10, &error));
    cr_assert(door_deliver_due(b->m->door));
    cr_assert(door_deliver_due(b->m->door));
    cr_assert_eq(answer(), 0x2a);
    cr_assert_eq(answer(), 0x1e);
    cr_assert_not(full(), "still down, and the next key waits");
    board_run(b, 29999999);
    cr_assert_not(full());
    board_run(b, 1);
    static const u8 expected[] = {0x9e, 0xaa, 0x1f};
    for (unsigned i = 0; i < sizeof(expected); i++)
        cr_assert_eq(answer(), expected[i]);
    board_run(b, 9999999);
    cr_assert_not(full());
    board_run(b, 1);
    cr_assert_eq(answer(), 0x9f);
    buf_fini(&error);
}

Test(i8042, pause_has_a_code_of_its_own)
{
    keys("pause");
    static const u8 expected[] = {0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5};
    for (unsigned i = 0; i < sizeof(expected); i++)
        cr_assert_eq(answer(), expected[i]);
    cr_assert_not(full());
}

Test(i8042, moves_raise_the_auxiliary_interrupt)
{
    command(0x60);
    send(0x47);
    send_mouse(0xf4);
    cr_assert_eq(answer(), 0xfa);
    cr_assert(hid_post_mouse(b->m->hid, 5, -3, 0));
    cr_assert(door_deliver_due(b->m->door));
    cr_assert(irq12.level);
    cr_assert(board_in(b, 0x64) & 0x20);
    command(0xd0);
    cr_assert_eq(answer(), 0x08, "left over from the mouse");
    cr_assert_eq(answer(), 0x03 | 0x20, "the output port: the buffer is the auxiliary device's");
    cr_assert_eq(answer(), 5);
    cr_assert_eq(answer(), 3, "upwards");
    cr_assert_not(irq12.level);
}

Test(i8042, unknown_keys_are_named)
{
    struct buf error = {0};
    cr_assert_not(hid_post_keys(b->m->hid, "ctrl-bogus", 100, &error));
    cr_assert(strstr(buf_cstr(&error), "bogus"));
    cr_assert_not(door_has_posts(b->m->door));
    buf_fini(&error);
}

Test(i8042, disabled_scanning_drops_keys)
{
    send(0xf5);
    cr_assert_eq(answer(), 0xfa);
    keys("a");
    cr_assert_not(full());
    send(0xf4);
    cr_assert_eq(answer(), 0xfa);
    keys("a");
    cr_assert_eq(answer(), 0x1e);
}

Test(i8042, keyboard_interface_off_holds_keys)
{
    command(0xad);
    keys("a");
    cr_assert_not(full());
    command(0xae);
    cr_assert_eq(answer(), 0x1e);
}

Test(i8042, mouse)
{
    command(0x60);
    send(0x47);
    send_mouse(0xff);
    cr_assert(board_in(b, 0x64) & 0x20, "from the auxiliary device");
    cr_assert(irq12.level);
    cr_assert_eq(answer(), 0xfa);
    cr_assert_eq(answer(), 0xaa);
    cr_assert_eq(answer(), 0x00);
    send_mouse(0xf3);
    cr_assert_eq(answer(), 0xfa);
    send_mouse(40);
    cr_assert_eq(answer(), 0xfa);
    send_mouse(0xf4);
    cr_assert_eq(answer(), 0xfa);
    send_mouse(0xe9);
    cr_assert_eq(answer(), 0xfa);
    cr_assert_eq(answer(), 0x20);
    cr_assert_eq(answer(), 0x02);
    cr_assert_eq(answer(), 40);
    send_mouse(0xf2);
    cr_assert_eq(answer(), 0xfa);
    cr_assert_eq(answer(), 0x00);
    cr_assert_not(irq12.level);
}

Test(i8042, auxiliary_loop_back)
{
    command(0xd3);
    send(0x5a);
    cr_assert(board_in(b, 0x64) & 0x20);
    cr_assert_eq(answer(), 0x5a);
    command(0xa7); /* also with the port disabled: Linux looks for a multiplexer so */
    command(0xd3);
    send(0xf0);
    cr_assert(board_in(b, 0x64) & 0x20);
    cr_assert_eq(answer(), 0xf0);
}

Test(i8042, resets_the_machine)
{
    command(0xfe);
    cr_assert_eq(b->m->request, REQUEST_RESET);
}

Test(i8042, hostile_input_is_bounded)
{
    u8 junk[4096];
    for (unsigned i = 0; i < sizeof(junk); i++)
        junk[i] = i * 37;
    int source = -1;
    for (u32 i = 0; i < door_n_sources(b->m->door); i++)
        if (!strcmp(door_source_name(b->m->door, i), "keyboard"))
            source = i;
    cr_assert_geq(source, 0);
    door_post(b->m->door, source, junk, sizeof(junk));
    door_deliver_due(b->m->door);
    unsigned n = 0;
    for (; full(); n++)
        board_in(b, 0x60);
    cr_assert_leq(n, 65);
}
