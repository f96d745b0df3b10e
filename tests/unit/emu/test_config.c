/* test_config.c - a machine's configuration, saved and loaded */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/config.h"

static void set(char **p, const char *s)
{
    free(*p);
    *p = xstrdup(s);
}

static void fill(struct machine_config *c)
{
    config_init(c);
    set(&c->arch, "i386");
    set(&c->cpu, "max,-sse4.2");
    set(&c->append, "console=ttyS0 a=\\b\nx=y");
    set(&c->rtc_base, "2024-02-29T12:00:00");
    set(&c->name, "n");
    c->ram_size = 300 * MiB;
    c->kernel = (struct config_file){.path = xstrdup("/boot/a,b=c"), .size = 77, .digest = 0x1234};
    c->n_serial = 2;
    c->icount_shift = 5;
    c->sleep = false;
    c->rtc_clock = RTC_CLOCK_VM;
    c->seed = UINT64_MAX;
    c->has_seed = true;
    c->no_reboot = true;
    cr_assert(config_add_device(c, "isa-debug-exit,iobase=0xf4"));
    cr_assert(config_add_device(c, "other"));
}

Test(config, saved_and_loaded_is_the_same)
{
    struct machine_config a, b;
    struct buf text = {0}, again = {0};

    fill(&a);
    config_save(&a, &text);
    config_init(&b);
    cr_assert(config_load(&b, (char *)text.data, text.len));
    cr_assert_str_eq(b.arch, "i386");
    cr_assert_str_eq(b.append, a.append);
    cr_assert_str_eq(b.kernel.path, "/boot/a,b=c");
    cr_assert_eq(b.kernel.size, 77);
    cr_assert_eq(b.kernel.digest, 0x1234);
    cr_assert_null(b.initrd.path);
    cr_assert_str_eq(b.device[1], "other");
    cr_assert_null(b.device[2]);
    cr_assert(b.has_seed && b.no_reboot && !b.no_shutdown && !b.sleep);
    config_save(&b, &again);
    cr_assert_eq(text.len, again.len);
    cr_assert_arr_eq(text.data, again.data, text.len);
    buf_fini(&text);
    buf_fini(&again);
    config_fini(&a);
    config_fini(&b);
}

static void quiet(void)
{
    cr_assert(freopen("/dev/null", "w", stderr));
}

Test(config, hostile_text_is_refused_or_harmless, .init = quiet)
{
    struct machine_config a, b;
    struct buf text = {0}, again = {0};

    fill(&a);
    config_save(&a, &text);
    for (size_t cut = 0; cut < text.len; cut++) {
        config_init(&b);
        cr_assert_not(config_load(&b, (char *)text.data, cut), "cut at %zu", cut);
        config_fini(&b);
    }
    for (size_t at = 0; at < text.len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            text.data[at] ^= 1 << bit;
            config_init(&b);
            if (config_load(&b, (char *)text.data, text.len)) {
                cr_assert(b.n_serial <= CONFIG_MAX_SERIAL && b.icount_shift <= 10);
                cr_assert(b.ram_size >= MiB && b.ram_size <= CONFIG_MAX_RAM);
                buf_clear(&again);
                config_save(&b, &again);
            }
            config_fini(&b);
            text.data[at] ^= 1 << bit;
        }
    }
    buf_fini(&text);
    buf_fini(&again);
    config_fini(&a);
}

Test(config, a_file_that_changed_is_an_error, .init = quiet)
{
    char path[] = "/tmp/test_config_XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, "kernel", 6) == 6);

    struct machine_config a, b;
    struct buf text = {0};
    config_init(&a);
    a.kernel.path = xstrdup(path);
    cr_assert(config_load_files(&a));
    cr_assert_eq(a.kernel.size, 6);
    cr_assert_arr_eq(a.kernel.data, "kernel", 6);
    config_save(&a, &text);

    config_init(&b);
    cr_assert(config_load(&b, (char *)text.data, text.len));
    cr_assert(config_load_files(&b));
    config_fini(&b);

    cr_assert(pwrite(fd, "K", 1, 0) == 1);
    config_init(&b);
    cr_assert(config_load(&b, (char *)text.data, text.len));
    cr_assert_not(config_load_files(&b));
    config_fini(&b);

    unlink(path);
    close(fd);
    config_init(&b);
    cr_assert(config_load(&b, (char *)text.data, text.len));
    cr_assert_not(config_load_files(&b));
    set(&b.kernel.path, "/");
    cr_assert_not(config_load_files(&b), "a directory is no kernel");
    config_fini(&b);
    config_fini(&a);
    buf_fini(&text);
}

Test(config, devices_are_bounded)
{
    struct machine_config c;
    config_init(&c);
    cr_assert_not(config_add_device(&c, "two words"));
    cr_assert_not(config_add_device(&c, ""));
    for (int i = 0; i < CONFIG_MAX_DEVICES; i++)
        cr_assert(config_add_device(&c, "d"));
    cr_assert_not(config_add_device(&c, "d"));
    config_fini(&c);
}
