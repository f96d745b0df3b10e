/* test_ac97.c - the AC'97 card by its registers and descriptors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "board.h"
#include "hw/ac97.h"

enum { RAM = 256 * 1024, MIXER = 0xc000, MASTER = 0xc400, LIST = 0x1000, DATA = 0x8000 };
enum { IN = MASTER, OUT = MASTER + 0x10, MIC = MASTER + 0x20 };
enum { BDBAR = 0, CIV = 4, LVI = 5, SR = 6, PICB = 8, PIV = 10, CR = 11 };
enum { HALTED = 1, AT_LAST = 2, LAST = 4, DONE = 8 };
enum { RUN = 1, RESET = 2, LAST_IRQ = 4, DONE_IRQ = 16 };
#define IOC 0x80000000u

static struct board *b;
static struct ram *ram;
static struct audio *audio;
static bool level;
static i16 heard[65536];
static u32 n_heard, heard_rate, n_asked;

static void route(void *opaque, int pirq, bool l)
{
    (void)opaque, (void)pirq;
    level = l;
}

static void sink(void *opaque, u32 rate, const i16 *frames, u32 n)
{
    (void)opaque;
    memcpy(heard + n_heard, frames, n * 4);
    n_heard += n * 2;
    heard_rate = rate;
}

/* Left counts up, right is its negative. */
static void source(void *opaque, u32 rate, i16 *frames, u32 n)
{
    (void)opaque, (void)rate;
    for (u32 i = 0; i < n; i++, n_asked++) {
        frames[2 * i] = n_asked;
        frames[2 * i + 1] = -n_asked;
    }
}

static void config(unsigned offset, u32 value)
{
    board_out32(b, 0xcf8, UINT32_C(0x80001800) | offset);
    board_out32(b, 0xcfc, value);
}

static void set_up(void)
{
    b = board_new();
    ram = machine_add_ram(b->m, "ram", RAM);
    bus_map_ram(b->m->mem, "ram", 0, RAM, ram, 0, false);
    struct pci_bus *pci = pci_bus_new(b->m);
    pci_set_router(pci, route, NULL);
    audio = audio_new(b->m, "a");
    audio_set_sink(audio, sink, NULL);
    audio_set_source(audio, source, NULL);
    ac97_new(b->m, pci, PCI_DEVFN(3, 0), audio);
    n_heard = n_asked = 0;
    board_reset(b);
    level = false;
    config(0x10, MIXER | 1);
    config(0x14, MASTER | 1);
    config(4, 5);
    bus_write(b->m->io, MASTER + 0x2c, 2, 4);
}

static void tear_down(void)
{
    board_delete(b);
}

TestSuite(ac97, .init = set_up, .fini = tear_down);

static u16 in16(u16 port)
{
    return bus_read(b->m->io, port, 2);
}

static void out16(u16 port, u16 value)
{
    bus_write(b->m->io, port, value, 2);
}

static void describe(unsigned i, u32 addr, u32 control)
{
    memcpy(ram->host + LIST + 8 * i, &addr, 4);
    memcpy(ram->host + LIST + 8 * i + 4, &control, 4);
}

static void loud(void)
{
    out16(MIXER + 0x02, 0);
    out16(MIXER + 0x18, 0x0808);
}

static void fill(unsigned samples)
{
    for (unsigned i = 0; i < samples; i++) {
        i16 v = i * 3 - 7;
        memcpy(ram->host + DATA + 2 * i, &v, 2);
    }
}

static void start(u16 stream, u8 lvi, u8 irqs)
{
    board_out32(b, stream + BDBAR, LIST);
    board_out(b, stream + LVI, lvi);
    board_out(b, stream + CR, RUN | irqs);
}

/* ns in which n frames at 48 kHz have gone by. */
static u64 ns(u64 n)
{
    return clock_ns_of_tick(n, 48000);
}

Test(ac97, registers_after_reset)
{
    cr_assert_eq(in16(OUT + SR), HALTED);
    cr_assert_eq(in16(MIXER + 0x02), 0x8000);
    cr_assert_eq(in16(MIXER + 0x2c), 48000);
    cr_assert_eq(in16(MIXER + 0x7c), 0x8384);
    cr_assert_eq(in16(MIXER + 0x7e), 0x7600);
    cr_assert_eq(board_in32(b, MASTER + 0x30), 0x100, "the codec is ready");
    cr_assert_eq(board_in(b, MASTER + 0x34), 0);
    cr_assert_eq(board_in(b, MASTER + 0x34), 1, "taken");
    in16(MIXER);
    cr_assert_eq(board_in(b, MASTER + 0x34), 0, "the access gave it back");
}

Test(ac97, mixer_bits)
{
    out16(MIXER + 0x02, 0xffff);
    cr_assert_eq(in16(MIXER + 0x02), 0x9f1f, "five bits a channel");
    out16(MIXER + 0x02, 0x2000);
    cr_assert_eq(in16(MIXER + 0x02), 0x1f00, "the sixth bit is the lowest level");
    out16(MIXER + 0x26, 0x0100);
    cr_assert_eq(in16(MIXER + 0x26), 0x010e, "the ADC is not ready");
    out16(MIXER + 0x26, 0);
    cr_assert_eq(in16(MIXER + 0x26), 0x000f);
    out16(MIXER + 0x2c, 22050);
    cr_assert_eq(in16(MIXER + 0x2c), 48000, "fixed without variable rate audio");
    out16(MIXER + 0x2a, 1);
    out16(MIXER + 0x2c, 22050);
    cr_assert_eq(in16(MIXER + 0x2c), 22050);
    out16(MIXER + 0x2c, 1);
    cr_assert_eq(in16(MIXER + 0x2c), 4000);
    out16(MIXER + 0x2a, 0);
    cr_assert_eq(in16(MIXER + 0x2c), 48000);
    out16(MIXER, 0);
    cr_assert_eq(in16(MIXER + 0x02), 0x8000, "reset");
}

Test(ac97, plays_at_its_rate)
{
    loud();
    fill(400);
    describe(0, DATA, IOC | 200); /* 100 frames */
    describe(1, DATA + 400, 200);
    start(OUT, 1, DONE_IRQ | LAST_IRQ);
    cr_assert_eq(in16(OUT + SR), 0);
    cr_assert_eq(board_in(b, OUT + CIV), 0);
    cr_assert_eq(board_in(b, OUT + PIV), 1);
    u64 from = b->m->clock.icount;
    board_run_to(b, from + ns(60));
    cr_assert_eq(in16(OUT + PICB), 80, "60 frames have gone");
    cr_assert_eq(n_heard, 120);
    board_run_to(b, from + ns(100) - 1);
    cr_assert_not(level);
    board_run_to(b, from + ns(100));
    cr_assert(level);
    cr_assert_eq(board_in32(b, MASTER + 0x30), 0x140);
    cr_assert_eq(in16(OUT + SR), DONE);
    cr_assert_eq(board_in(b, OUT + CIV), 1);
    out16(OUT + SR, DONE);
    cr_assert_not(level);
    board_run_to(b, from + ns(200));
    cr_assert(level);
    cr_assert_eq(in16(OUT + SR), HALTED | AT_LAST | LAST);
    cr_assert_eq(n_heard, 400);
    cr_assert_eq(heard_rate, 48000);
    cr_assert(!memcmp(heard, ram->host + DATA, 800), "0 dB changes nothing");
}

Test(ac97, goes_on_when_there_is_another_last_buffer)
{
    loud();
    describe(0, DATA, 2);
    describe(1, DATA, 2);
    start(OUT, 0, 0);
    board_run(b, ns(10));
    cr_assert_eq(in16(OUT + SR), HALTED | AT_LAST | LAST);
    cr_assert_eq(n_heard, 2);
    board_out(b, OUT + LVI, 1);
    cr_assert_eq(in16(OUT + SR), LAST);
    board_run(b, ns(10));
    cr_assert_eq(n_heard, 4);
    cr_assert_eq(in16(OUT + SR), HALTED | AT_LAST | LAST);
}

Test(ac97, pauses)
{
    loud();
    describe(0, DATA, 200);
    start(OUT, 0, 0);
    board_run(b, ns(30));
    board_out(b, OUT + CR, 0);
    cr_assert_eq(in16(OUT + SR), HALTED);
    cr_assert_eq(in16(OUT + PICB), 140);
    board_run(b, ns(50));
    cr_assert_eq(in16(OUT + PICB), 140);
    board_out(b, OUT + CR, RUN);
    board_run(b, ns(20));
    cr_assert_eq(in16(OUT + PICB), 100);
    board_out(b, OUT + CR, 0);
    board_out(b, OUT + CR, RESET);
    cr_assert_eq(in16(OUT + PICB), 0);
    cr_assert_eq(board_in32(b, OUT + BDBAR), 0);
}

Test(ac97, volume)
{
    i16 v[] = {1000, -1000};
    memcpy(ram->host + DATA, v, 4);
    describe(0, DATA, 2);
    start(OUT, 0, 0);
    board_run(b, ns(2));
    cr_assert_eq(heard[0], 0, "mute after reset");
    out16(MIXER + 0x02, 0x0004); /* -6 dB on the right */
    out16(MIXER + 0x18, 0x0408); /* +6 dB on the left */
    describe(1, DATA, 2);
    board_out(b, OUT + LVI, 1);
    board_run(b, ns(2));
    cr_assert(heard[2] > 1990 && heard[2] < 2000, "%d", heard[2]);
    cr_assert(heard[3] > -505 && heard[3] < -500, "%d", heard[3]);
}

Test(ac97, captures)
{
    out16(MIXER + 0x1c, 0);
    describe(0, DATA, IOC | 100);
    describe(1, DATA + 200, 51);
    start(IN, 1, DONE_IRQ);
    board_run(b, ns(50));
    cr_assert(level);
    cr_assert_eq(n_asked, 50);
    board_run(b, ns(26));
    const i16 *got = (const i16 *)(ram->host + DATA);
    for (int i = 0; i < 75; i++)
        cr_assert(got[2 * i] == i && got[2 * i + 1] == -i, "frame %d: %d %d", i, got[2 * i],
                  got[2 * i + 1]);
    cr_assert_eq(got[150], 75, "half a frame");
    cr_assert_eq(got[151], 0);
}

Test(ac97, microphone_is_mono)
{
    out16(MIXER + 0x1e, 0);
    describe(0, DATA, 10);
    start(MIC, 0, 0);
    board_run(b, ns(10));
    const i16 *got = (const i16 *)(ram->host + DATA);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(got[i], i);
    cr_assert_eq(got[10], 0);
}

Test(ac97, empty_buffers)
{
    loud();
    for (unsigned i = 0; i < 32; i++)
        describe(i, DATA, IOC);
    start(OUT, 5, 0);
    cr_assert_eq(board_in(b, OUT + CIV), 5);
    cr_assert_eq(in16(OUT + SR), HALTED | AT_LAST | LAST | DONE);
    cr_assert_eq(n_heard, 0);
}

Test(ac97, no_bus_master_no_samples)
{
    describe(0, DATA, 100);
    config(4, 1);
    start(OUT, 0, 0);
    board_run(b, ns(100));
    cr_assert_eq(in16(OUT + PICB), 100);
    config(4, 5);
    board_run(b, ns(100));
    cr_assert_eq(in16(OUT + PICB), 0);
}

Test(ac97, muted_when_run_again)
{
    loud();
    describe(0, DATA, 200);
    audio_set_muted(audio, true);
    start(OUT, 0, 0);
    board_run(b, ns(100));
    cr_assert_eq(n_heard, 0);
    cr_assert_eq(in16(OUT + SR), HALTED | AT_LAST | LAST);
}
