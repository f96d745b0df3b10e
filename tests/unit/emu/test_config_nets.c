/* test_config_nets.c - the networks of a configuration: kept, compared, and hostile forms of them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "emu/config.h"

static struct config_net nets[CONFIG_MAX_NETS];

static bool load(const char *text)
{
    return config_nets_load(nets, text, strlen(text));
}

Test(config_nets, kept_and_loaded)
{
    struct buf a = {0}, b = {0};
    cr_assert(config_net_add(nets, "net0", "user", "user,id=net0,restrict=on"));
    cr_assert(config_net_add(nets, "x.y-z", "socket", "socket,id=x.y-z,connect=h:1"));
    cr_assert_not(config_net_add(nets, "net0", "user", NULL), "the id is taken");
    cr_assert_not(config_net_add(nets, "a b", "user", NULL));
    config_nets_save(nets, &a);
    cr_assert_str_eq(buf_cstr(&a), "net0 x.y-z|user socket");
    cr_assert_eq(config_nets_counted((char *)a.data, a.len), strlen("net0 x.y-z"));
    cr_assert(load(buf_cstr(&a)));
    config_nets_save(nets, &b);
    cr_assert_str_eq(buf_cstr(&a), buf_cstr(&b));
    cr_assert_null(config_net_find(nets, "net0")->spec, "what it reaches is not kept");
    cr_assert_null(config_net_find(nets, "net"));
    cr_assert(load(""));
    cr_assert_null(nets[0].id);
    buf_fini(&a);
    buf_fini(&b);
}

Test(config_nets, hostile_forms)
{
    static const char *const wrong[] = {"a", "a|", "|user", "a b|user", "a|user user", "a a|user user",
                                        "a/b|user", "a  b|user user user", "a|us,er",
                                        "a b c d e f g h i|u u u u u u u u u"};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        cr_assert_not(load(wrong[i]), "%s", wrong[i]);
    cr_assert(load("a b c d e f g h|u u u u u u u u"));
    config_nets_fini(nets);
}

Test(config_nets, cards)
{
    cr_assert(config_net_is_card("e1000,netdev=n"));
    cr_assert(config_net_is_card("virtio-net-pci"));
    cr_assert_not(config_net_is_card("e100,netdev=n"));
    cr_assert_not(config_net_is_card("virtio-blk-pci,drive=d"));
}
