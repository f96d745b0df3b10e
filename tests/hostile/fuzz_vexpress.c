/* fuzz_vexpress.c - the devices of vexpress-a9: any accesses to card slot, Ethernet, keyboard, mouse, watchdogs, display */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/net.h"
#include "hostile.h"
#include "hw/a9mpcore.h"
#include "hw/lan9118.h"
#include "hw/pl050.h"
#include "hw/pl111.h"
#include "hw/pl180.h"
#include "hw/sp805.h"

#define BASE UINT64_C(0x100000) /* of the first; each has a MiB */
enum { ETHERNET, CARD, KEYBOARD, MOUSE, WATCHDOG, LCD, A9, OUTSIDE, MOST = 2048 };
enum { WRITE = 0x80, LOW = 0x40 /* of the registers: else those of the A9's timers, or the palette */ };

static struct pl111 *lcd;
static struct screen screen;

static void sink(void *opaque, const u8 *frame, u32 len)
{
    u64 *seen = opaque;
    *seen = *seen * 31 + digest_bytes(frame, len, 0); /* reads it all */
}

static void from_outside(struct hostile_board *b, struct reader *in)
{
    static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    u8 frame[MOST] = {0}, what = reader_u8(in);
    u32 len = 1 + reader_u16(in) % MOST;
    memcpy(frame + 6, mac, 6);
    memset(frame, what & 2 ? 0xff : what & 4, 6);
    if (what & 8)
        memcpy(frame, mac, 6);
    if (what & 16)
        hid_post_key(b->m->hid, what, len & 1);
    if (what & 32)
        hid_post_mouse(b->m->hid, (i8)what, (i8)len, 1);
    if (what & 64)
        pl111_render(lcd, &screen);
    struct net_port *p = b->m->net[0];
    if (!(what & 1) || net_port_room(p))
        net_port_post(p, frame, len);
    while (door_deliver_due(b->m->door))
        ;
}

/* A register, once or many times: FIFOs are moved so. */
static void extra(struct hostile_board *b, struct reader *in)
{
    u8 what = reader_u8(in), reg = reader_u8(in), count = reader_u8(in);
    unsigned which = what & 7;
    u32 value = what & WRITE ? reader_u32(in) : 0;
    u64 at = BASE + which * MiB + (what & LOW ? 0 : which == A9 ? 0x500 : 0x200) + reg * 4;
    if (which == OUTSIDE) {
        from_outside(b, in);
        return;
    }
    for (unsigned i = 0; i <= count; i++)
        if (what & WRITE)
            bus_write(b->m->mem, at, value + i * 0x01020304u * (count > 1), 4);
        else
            bus_read(b->m->mem, at, 4);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    static const struct hostile_ports ports[] = {{0, 1}};
    struct hostile_board b;
    struct irq none = {0};
    u64 seen = 0;

    hostile_board_init(&b, n & 1);
    b.extra = extra;
    lan9118_new(b.m, BASE + ETHERNET * MiB, none, "a", mac);
    net_port_attach(b.m->net[0], sink, NULL, &seen);
    pl180_new(b.m, BASE + CARD * MiB, b.disk, none, none);
    pl050_keyboard_new(b.m, BASE + KEYBOARD * MiB, none);
    pl050_mouse_new(b.m, BASE + MOUSE * MiB, none);
    sp805_new(b.m, BASE + WATCHDOG * MiB, 32768, none);
    lcd = pl111_new(b.m, BASE + LCD * MiB, 23750000, none);
    a9mpcore_new(b.m, BASE + A9 * MiB, (struct a9mpcore_irqs){.timer = none});
    hostile_board_reset(&b);
    hostile_board_play(&b, ports, ARRAY_SIZE(ports), data, n);
    pl111_render(lcd, &screen);
    screen_fini(&screen);
    hostile_board_fini(&b);
    return 0;
}

/* Ethernet: TX_CFG, MAC_CR, a frame out, one in and read. The card: identified, a block read and one written. A key, a
 * movement, a picture, the watchdogs. */
size_t hostile_seed(u8 *data, size_t most)
{
    enum { W = WRITE | LOW, R = LOW };
    static const u8 seed[] = {
        7, W | ETHERNET, 0x1c, 0, 2, 0, 0, 0,  7, W | ETHERNET, 0x2a, 0, 12, 0, 0x10, 0,
        7, W | ETHERNET, 0x29, 0, 1, 0, 0, 0x80,  7, W | ETHERNET, 0x15, 0, 0, 1, 0, 10,
        7, W | ETHERNET, 0x17, 0, 0xff, 0xff, 0xff, 0xff,
        7, W | ETHERNET, 8, 0, 60, 0x30, 0, 0x80,  7, W | ETHERNET, 8, 0, 60, 0, 1, 0,  7, W | ETHERNET, 9, 14, 1, 2, 3, 4,
        7, OUTSIDE, 0, 0, 10, 200, 0,  7, R | ETHERNET, 0x10, 0,  7, R | ETHERNET, 0, 30,
        7, W | ETHERNET, 0x1e, 0, 0, 0, 0, 0x80,  7, W | ETHERNET, 0x23, 0, 9, 0, 0, 0x20,  3, 0xff, 0xff,
        7, W | CARD, 1, 0, 0, 1, 0, 0,  7, W | CARD, 3, 0, 0, 4, 0, 0,
        7, W | CARD, 2, 0, 0xaa, 1, 0, 0,  7, W | CARD, 3, 0, 0x48, 4, 0, 0,
        7, W | CARD, 2, 0, 0, 0, 0, 0,  7, W | CARD, 3, 0, 0x77, 4, 0, 0,
        7, W | CARD, 2, 0, 0, 0x80, 0xff, 0x40,  7, W | CARD, 3, 0, 0x69, 4, 0, 0,
        7, W | CARD, 3, 0, 0xc2, 4, 0, 0,  7, W | CARD, 3, 0, 0x43, 4, 0, 0,
        7, W | CARD, 2, 0, 0, 0, 0x67, 0x45,  7, W | CARD, 3, 0, 0xc9, 4, 0, 0,  7, W | CARD, 3, 0, 0x47, 4, 0, 0,
        7, W | CARD, 2, 0, 0, 2, 0, 0,  7, W | CARD, 10, 0, 0, 4, 0, 0,  7, W | CARD, 9, 0, 0, 0xff, 0, 0,
        7, W | CARD, 15, 1, 0xff, 0xff, 0x3f, 0,  7, W | CARD, 11, 0, 0x93, 0, 0, 0,  7, W | CARD, 3, 0, 0x52, 4, 0, 0,
        3, 0xff, 0xff,  7, R | CARD, 32, 127,  3, 0xff, 0xff,  7, R | CARD, 32, 127,
        7, W | CARD, 3, 0, 0x4c, 4, 0, 0,  7, W | CARD, 3, 0, 0x59, 4, 0, 0,  7, W | CARD, 11, 0, 0x91, 0, 0, 0,
        7, W | CARD, 32, 127, 1, 2, 3, 4,  3, 0xff, 0xff,  7, W | CARD, 32, 127, 1, 2, 3, 4,  3, 0xff, 0xff,
        7, W | CARD, 3, 0, 0x4c, 4, 0, 0,  7, W | CARD, 3, 0, 0x60, 4, 0, 0,  7, W | CARD, 2, 0, 0, 6, 0, 0,
        7, W | CARD, 3, 0, 0x61, 4, 0, 0,  7, W | CARD, 3, 0, 0x66, 4, 0, 0,  3, 0xff, 0xff,
        7, W | KEYBOARD, 0, 0, 0x14, 0, 0, 0,  7, W | MOUSE, 0, 0, 0x14, 0, 0, 0,  7, W | MOUSE, 2, 0, 0xf4, 0, 0, 0,
        7, OUTSIDE, 0, 0, 0x30, 5, 0,  7, R | KEYBOARD, 2, 3,  7, R | MOUSE, 2, 3,
        7, W | LCD, 0, 0, 0x9c, 0, 0, 0,  7, W | LCD, 1, 0, 0xdf, 1, 0, 0,  7, W | LCD, 6, 0, 0x2b, 0x09, 0, 0,
        7, W | LCD, 7, 0, 0xff, 0, 0, 0,  7, WRITE | LCD, 3, 9, 1, 2, 3, 4,  7, OUTSIDE, 0, 0, 0x40, 0, 0,
        7, W | WATCHDOG, 0, 0, 1, 0, 0, 0,  7, W | WATCHDOG, 2, 0, 3, 0, 0, 0,  3, 0xff, 0xff,
        7, W | A9, 0x82, 0, 15, 0, 0, 0,  7, WRITE | A9, 0x48, 0, 9, 0, 0, 0,  7, WRITE | A9, 0x4a, 0, 9, 0, 0, 0,
        4, 2, 9, 1, 0, 7, 200, 1, 0, 255,  3, 0xff, 0xff,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
