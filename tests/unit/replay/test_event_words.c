/* test_event_words.c - input events in words, by the source's name */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "emu/check.h"
#include "replay/event_words.h"

static struct buf out;

static const char *words(const char *source, const void *data, u32 len)
{
    struct door_event ev = {.data = data, .len = len};
    buf_clear(&out);
    event_words(source, &ev, &out);
    return buf_cstr(&out);
}

#define SAYS(source, text, wanted) cr_assert_str_eq(words(source, text, sizeof(text) - 1), wanted)

Test(event_words, short_ones)
{
    SAYS("serial0", "ls\r\x1b\"", "receives \"ls\\r\\x1b\\\"\"");
    SAYS("system", "r", "reset button");
    SAYS("system", "x", "ill-formed: 78");
    SAYS("rtc", "\x00\xe1\xf5\x05\x00\x00\x00\x00", "the date is 1973-03-03 09:46:40 UTC");
    SAYS("rdrand", "\x01\xff", "2 random bytes: 01ff");
    SAYS("audio:snd0", "\x10\x00\xf0\xff\x20\x00\x00\x00", "captures 2 frames, peaks 32 16");
    SAYS("debugger", "\x00\x80\x20\xab\xcd", "writes 2 bytes at linear 0x1000: abcd");
    SAYS("something", "\x01\x02", "2 bytes: 0102");
    SAYS("serialize", "\x01", "1 byte: 01");
}

Test(event_words, keys_and_pointers)
{
    SAYS("keyboard", "\x1d\x2e\x00\x64\x00\xae\x9d", "keys +ctrl +c (100 ms) -c -ctrl");
    SAYS("keyboard", "\xe0\x48\xe0\xc8", "keys +up -up");
    SAYS("keyboard", "\x00\x64", "keys (0 ms), cut short");
    SAYS("mouse", "\x01\x05\x00\xfd\xff\x00\x00", "moves +5 -3, buttons left");
    SAYS("tablet0", "\x06\xff\x7f\x00\x00\xff\xff", "at 32767 0, wheel -1, buttons right+middle");
    SAYS("mouse", "\x01\x05", "ill-formed: 0105");
}

/* ---- packets ---- */

#define TO_US "\x52\x54\x00\x12\x34\x56"
#define FROM_HOST "\x52\x55\x0a\x00\x02\x02"
#define IPV4(length, protocol)                                                                     \
    TO_US FROM_HOST "\x08\x00\x45\x00" length "\x00\x00\x00\x00\x40" protocol "\x00\x00"            \
    "\x0a\x00\x02\x02\x0a\x00\x02\x0f"
#define IPV6(length, next)                                                                         \
    TO_US FROM_HOST "\x86\xdd\x60\x00\x00\x00" length next "\xff"                                  \
    "\xfe\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"                             \
    "\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"

Test(event_words, arp)
{
    SAYS("net:net1", TO_US FROM_HOST "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01" FROM_HOST
         "\x0a\x00\x02\x02\x00\x00\x00\x00\x00\x00\x0a\x00\x02\x0f",
         "ARP who has 10.0.2.15? tell 10.0.2.2 (42 bytes)");
    SAYS("net:net1", TO_US FROM_HOST "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02" FROM_HOST
         "\x0a\x00\x02\x02" TO_US "\x0a\x00\x02\x0f",
         "ARP 10.0.2.2 is at 52:55:0a:00:02:02 (42 bytes)");
}

Test(event_words, tcp_and_icmp)
{
    SAYS("net:net1", IPV4("\x00\x2d", "\x06") "\x00\x50\x88\x00\x00\x00\x00\x01\x00\x00\x00\x02"
         "\x50\x18\xff\xff\x00\x00\x00\x00hello",
         "IPv4 10.0.2.2 > 10.0.2.15 TCP 80 > 34816 PSH,ACK seq 1 ack 2 window 65535, 5 bytes (59 bytes)");
    SAYS("net:net1", IPV4("\x00\x1c", "\x01") "\x00\x00\x00\x00\x00\x07\x00\x03",
         "IPv4 10.0.2.2 > 10.0.2.15 ICMP echo reply id 7 seq 3 (42 bytes)");
    SAYS("net:net1", IPV4("\x00\x1c", "\x01") "\x00\x00",
         "IPv4 10.0.2.2 > 10.0.2.15 ICMP echo reply id 0 seq 0, cut short (36 bytes)");
    SAYS("net:net1", IPV4("\x00\x10", "\x01") "\x00\x00",
         "IPv4 10.0.2.2 > 10.0.2.15 ill-formed (36 bytes)");
}

Test(event_words, ipv6)
{
    SAYS("net:net1", IPV6("\x00\x08", "\x3a") "\x86\x00\x00\x00\x00\x00\x00\x00",
         "IPv6 fe80::2 > ff02::1 ICMPv6 router advertisement (62 bytes)");
    SAYS("net:net1", IPV6("\x00\x10", "\x00") "\x3a\x00\x05\x02\x00\x00\x00\x00"
         "\x8f\x00\x00\x00\x00\x00\x00\x00",
         "IPv6 fe80::2 > ff02::1 ICMPv6 listener report (70 bytes)");
}

Test(event_words, dns)
{
    SAYS("net:net1", IPV4("\x00\x4b", "\x11") "\x00\x35\x80\x00\x00\x37\x00\x00"
         "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
         "\x03www\x07" "example\x00\x00\x01\x00\x01"
         "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x05\x06\x07\x08",
         "IPv4 10.0.2.2 > 10.0.2.15 UDP 53 > 32768, 45 bytes: DNS answer 1234 www.example A: A 5.6.7.8 "
         "(87 bytes)");
    /* A name that points to itself comes to an end. */
    cr_assert(strstr(words("net:net1", IPV4("\x00\x30", "\x11") "\x00\x35\x80\x00\x00\x1c\x00\x00"
                           "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01", 58),
                     "DNS question 1234"));
}

Test(event_words, dhcp)
{
    static const u8 head[] = IPV4("\x01\x2a", "\x11") "\x00\x43\x00\x44\x01\x16\x00\x00";
    static const u8 options[] = "\x63\x82\x53\x63\x35\x01\x02\x36\x04\x0a\x00\x02\x02\x33\x04\x00\x01\x51\x80"
                                "\x01\x04\xff\xff\xff\x00\x03\x04\x0a\x00\x02\x02\xff";
    u8 frame[312] = {0};
    memcpy(frame, head, sizeof(head) - 1);
    frame[42] = 2;
    memcpy(frame + 42 + 16, "\x0a\x00\x02\x0f", 4);
    memcpy(frame + 42 + 236, options, sizeof(options) - 1);
    cr_assert_str_eq(words("net:net1", frame, sizeof(frame)),
                     "IPv4 10.0.2.2 > 10.0.2.15 UDP 67 > 68, 270 bytes: DHCP offer server 10.0.2.2 lease "
                     "86400 s mask 255.255.255.0 router 10.0.2.2 address 10.0.2.15 (312 bytes)");
}

/* Sound ones with bytes changed and cut off; exact allocations, so that a sanitizer sees a step past the end. */
Test(event_words, anything_at_all)
{
    static const char *const names[] = {"net:a", "keyboard", "mouse", "debugger", "rtc", "serial0",
                                        "system", "audio:x", "rng", "other"};
    static const u8 seed[] = IPV4("\x00\x4b", "\x11") "\x00\x35\x80\x00\x00\x37\x00\x00"
        "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x03www\x07" "example\x00\x00\x01\x00\x01"
        "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x05\x06\x07\x08";
    srand(1);
    for (unsigned i = 0; i < 100000; i++) {
        u32 n = rand() % 8 ? sizeof(seed) : rand() % sizeof(seed);
        u8 *data = xmalloc(MAX(n, 1u));
        memcpy(data, seed, n);
        for (unsigned k = rand() % 6; n && k; k--)
            data[rand() % n] = rand() % 2 ? rand() : (const u8[]){0, 0xff, 0xc0, 17, 58}[rand() % 5];
        cr_assert_gt(strlen(words(names[rand() % 3 ? 0 : rand() % ARRAY_SIZE(names)], data, n)), 0);
        cr_assert_lt(out.len, 2000);
        free(data);
    }
}
