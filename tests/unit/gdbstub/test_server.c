/* test_server.c - a debugger's session with a guest, packet by packet */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "gdbstub/gdb_packet.h"

static struct client c;

static void setup(void)
{
    client_init(&c);
}

static void teardown(void)
{
    client_fini(&c);
}

TestSuite(server, .init = setup, .fini = teardown);

#define ask(...) client_ask(&c, text(__VA_ARGS__))
#define assert_starts(reply, wanted) assert_starts_at(__LINE__, reply, wanted)

static const char *text(const char *fmt, ...) PRINTF_LIKE(1, 2);
static const char *text(const char *fmt, ...)
{
    static char s[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s, sizeof(s), fmt, ap);
    va_end(ap);
    return s;
}

static void assert_starts_at(int line, const char *reply, const char *wanted)
{
    cr_assert(!strncmp(reply, wanted, strlen(wanted)), "line %d: reply '%s', not '%s...'", line,
              reply, wanted);
}

static u64 now(void)
{
    return guest_icount(&c.guest);
}

static u32 word(u64 addr)
{
    return guest_word(&c.guest, addr);
}

static void run_to(u64 addr)
{
    cr_assert_str_eq(ask("Z0,%llx,1", (unsigned long long)addr), "OK");
    assert_starts(ask("c"), "T05thread:p1.1;swbreak:;");
    cr_assert_eq(client_pc(&c), addr);
    cr_assert_str_eq(ask("z0,%llx,1", (unsigned long long)addr), "OK");
}

Test(server, what_is_not_known_is_not_supported)
{
    const char *const unknown[] = {"vMustReplyEmpty",
                                   "qOffsets",
                                   "qTStatus",
                                   "vFile:open:00,0,0",
                                   "qL",
                                   "vRun;",
                                   "A",
                                   "Z9,0,1",
                                   "QNonStop:1",
                                   "b",
                                   "H",
                                   "qqemu.",
                                   "",
                                   "t"};
    for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
        cr_assert_str_eq(ask("%s", unknown[i]), "", "to %s: '%s'", unknown[i],
                         ask("%s", unknown[i]));
    const char *const wrong[] = {"m",
                                 "m0",
                                 "mg,1",
                                 "p",
                                 "pffffffffff",
                                 "Z0,1",
                                 "M0,2:00",
                                 "vCont;x",
                                 "vCont;",
                                 "vCont",
                                 "vCont;c:p7.1",
                                 "Hgp2.1",
                                 "Tp1.5",
                                 "G00",
                                 "P0=00",
                                 "qXfer:features:read:none.xml:0,1",
                                 "qXfer:features:read:target.xml:0",
                                 "Z0,0,1;X5,00",
                                 "Z2,0,0",
                                 "Z2,ffffffffffffffff,2",
                                 "qCRC:0",
                                 "D;7"};
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_starts(ask("%s", wrong[i]), "E");
}

Test(server, threads_and_other_questions)
{
    cr_assert_str_eq(ask("qC"), "QCp1.1");
    cr_assert_str_eq(ask("qfThreadInfo"), "mp1.1");
    cr_assert_str_eq(ask("qsThreadInfo"), "l");
    cr_assert_str_eq(ask("Tp1.1"), "OK");
    cr_assert_str_eq(ask("Hgp1.1"), "OK");
    cr_assert_str_eq(ask("Hc-1"), "OK");
    cr_assert_str_eq(ask("qAttached:1"), "1");
    cr_assert_str_eq(ask("qAttached"), "1");
    cr_assert_str_eq(ask("vCont?"), "vCont;c;C;s;S;r");
    cr_assert_str_eq(ask("qSymbol::"), "OK");
    cr_assert_str_eq(ask("Qqemu.sstepbits"), "ENABLE=1,NOIRQ=2,NOTIMER=4");
    cr_assert_str_eq(ask("qqemu.sstep"), "0x1");
    cr_assert_str_eq(ask("Qqemu.sstep=7"), "OK");
    cr_assert_str_eq(ask("qqemu.sstep"), "0x7");
    cr_assert(session_sstep_over(c.guest.session));
    cr_assert_str_eq(ask("qqemu.PhyMemMode"), "0");
    cr_assert_str_eq(ask("!"), "OK");
    assert_starts(ask("?"), "T05thread:p1.1;");
}

/* Reads an object whole, in pieces of 64 bytes. */
static char *read_object(const char *object, const char *annex)
{
    struct buf all = {0};
    for (;;) {
        ask("qXfer:%s:read:%s:%zx,40", object, annex, all.len);
        cr_assert(c.reply.len >= 1 && strchr("ml", c.reply.data[0]), "%s: %s", annex,
                  buf_cstr(&c.reply));
        buf_put(&all, c.reply.data + 1, c.reply.len - 1);
        if (c.reply.data[0] == 'l')
            break;
        cr_assert_eq(c.reply.len, 65);
    }
    char *s = strdup(buf_cstr(&all));
    buf_fini(&all);
    return s;
}

static unsigned bits_in(const char *xml)
{
    unsigned bits = 0;
    for (const char *p = xml; (p = strstr(p, "bitsize=\"")); p++)
        bits += atoi(p + 9);
    return bits;
}

Test(server, the_target_description_describes_g)
{
    char *target = read_object("features", "target.xml"), name[64];
    unsigned bits = 0, files = 0;
    cr_assert(strstr(target, "<architecture>"));
    for (char *p = target; (p = strstr(p, "href=\"")); p++, files++) {
        cr_assert_eq(sscanf(p, "href=\"%63[^\"]", name), 1);
        char *xml = read_object("features", name);
        bits += bits_in(xml);
        free(xml);
    }
    cr_assert_geq(files, 2);
    cr_assert_eq(strlen(ask("g")), bits / 4);
    free(target);
    char *map = read_object("memory-map", "");
    cr_assert(strstr(map, "<memory type=\"ram\" start=\"0x0\""));
    free(map);
}

Test(server, breakpoints_stop_both_ways)
{
    run_to(GUEST_AT(guest_f));
    u64 first = now();
    cr_assert_eq(word(COUNTER), 1);
    ask("Z1,%llx,1", (unsigned long long)GUEST_AT(guest_f));
    for (unsigned i = 2; i < 20; i++) {
        assert_starts(ask("vCont;c:p1.-1"), "T05thread:p1.1;hwbreak:;");
        cr_assert_eq(word(COUNTER), i);
    }
    for (unsigned i = 18; i >= 1; i--) {
        assert_starts(ask("bc"), "T05thread:p1.1;hwbreak:;");
        cr_assert_eq(word(COUNTER), i);
        cr_assert_eq(client_pc(&c), GUEST_AT(guest_f));
    }
    cr_assert_eq(now(), first);
    assert_starts(ask("bc"), "T05thread:p1.1;replaylog:begin;");
    cr_assert_eq(now(), 0);
    assert_starts(ask("bs"), "T05thread:p1.1;replaylog:begin;");
}

/* counter == 7, as gdb compiles it */
#define COUNTER_IS(n) "240000500019" "22" n "1327"

Test(server, conditions_are_evaluated_both_ways)
{
    const unsigned long long f = GUEST_AT(guest_f);
    cr_assert_str_eq(ask("Z0,%llx,1;Xa," COUNTER_IS("07") "Xa," COUNTER_IS("09"), f), "OK");
    assert_starts(ask("c"), "T05thread:p1.1;swbreak:;");
    cr_assert_eq(word(COUNTER), 7);
    u64 seven = now();
    assert_starts(ask("c"), "T05");
    cr_assert_eq(word(COUNTER), 9);
    assert_starts(ask("c"), "T05thread:p1.1;replaylog:end;");
    cr_assert_eq(word(COUNTER), GUEST_ROUNDS);
    /* Hundreds of false ones lie between. */
    assert_starts(ask("bc"), "T05thread:p1.1;swbreak:;");
    cr_assert_eq(word(COUNTER), 9);
    cr_assert_eq(client_pc(&c), f);
    assert_starts(ask("bc"), "T05thread:p1.1;swbreak:;");
    cr_assert_eq(now(), seven);
    assert_starts(ask("bc"), "T05thread:p1.1;replaylog:begin;");
    /* Ill-formed bytecode stops rather than not; an endless loop ends. */
    cr_assert_str_eq(ask("Z0,%llx,1;X1,ff", f), "OK");
    assert_starts(ask("c"), "T05thread:p1.1;swbreak:;");
    cr_assert_str_eq(ask("Z0,%llx,1;X3,210000", f), "OK");
    assert_starts(ask("c"), "T05thread:p1.1;swbreak:;");
    cr_assert_eq(word(COUNTER), 2);
}

Test(server, watchpoints_of_all_kinds_stop_both_ways)
{
    ask("Z2,%x,4", COPY);
    for (unsigned i = 1; i < 5; i++) {
        assert_starts(ask("c"), "T05thread:p1.1;watch:5004;");
        cr_assert_eq(word(COPY), i);
        cr_assert_eq(client_pc(&c), GUEST_AT(guest_ret));
    }
    for (unsigned i = 4; i >= 1; i--) {
        assert_starts(ask("bc"), "T05thread:p1.1;watch:5004;");
        cr_assert_eq(word(COPY), i - 1);
        cr_assert_eq(client_pc(&c), GUEST_AT(guest_store));
    }
    ask("z2,%x,4", COPY);
    ask("Z3,%x,2", COUNTER);
    assert_starts(ask("c"), "T05thread:p1.1;rwatch:5000;");
    ask("z3,%x,2", COUNTER);
    ask("Z4,%x,1", COPY + 3);
    assert_starts(ask("c"), "T05thread:p1.1;awatch:5007;");
    cr_assert_eq(client_pc(&c), GUEST_AT(guest_ret));
}

Test(server, steps_go_there_and_back)
{
    run_to(GUEST_AT(guest_f));
    u64 pcs[200], start = now();
    for (unsigned i = 0; i < ARRAY_SIZE(pcs); i++) {
        pcs[i] = client_pc(&c);
        assert_starts(ask(i % 2 ? "s" : "vCont;s:p1.1;c"), "T05thread:p1.1;");
        cr_assert_eq(now(), start + i + 1);
    }
    for (unsigned i = ARRAY_SIZE(pcs); i-- > 0;) {
        assert_starts(ask("bs"), "T05thread:p1.1;");
        cr_assert_eq(now(), start + i);
        cr_assert_eq(client_pc(&c), pcs[i]);
    }
}

Test(server, a_step_leaves_a_breakpoint_and_a_range_is_stepped_here)
{
    const unsigned long long f = GUEST_AT(guest_f), ret = GUEST_AT(guest_ret);
    run_to(f);
    ask("Z0,%llx,1", f);
    assert_starts(ask("s"), "T05thread:p1.1;");
    cr_assert_neq(client_pc(&c), f);
    assert_starts(ask("vCont;r%llx,%llx:p1.1", f, ret), "T05thread:p1.1;");
    cr_assert(client_pc(&c) == ret || client_pc(&c) == GUEST_AT(guest_handler));
    assert_starts(ask("vCont;r0,ffffffff:p1.1"), "T05thread:p1.1;swbreak:;");
    cr_assert_eq(client_pc(&c), f);
}

Test(server, steps_can_pass_over_interrupt_handlers)
{
    u64 places[600], start;
    const u64 handler = GUEST_AT(guest_handler);
    run_to(GUEST_AT(guest_loop));
    cr_assert(strstr(client_monitor(&c, "sstep on"), "pass over"));
    start = word(TICKS);
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        places[i] = now();
        assert_starts(ask("s"), "T05thread:p1.1;");
        cr_assert(client_pc(&c) < handler, "step %u ended in the handler", i);
    }
    cr_assert_geq(word(TICKS), start + 3, "interrupts were taken");
    cr_assert_gt(now(), places[0] + ARRAY_SIZE(places), "and their steps counted");
    for (unsigned i = ARRAY_SIZE(places); i-- > 0;) {
        assert_starts(ask("bs"), "T05thread:p1.1;");
        cr_assert_lt(client_pc(&c), handler, "step %u back ended in the handler", i);
    }
    cr_assert_eq(now(), places[0]);
    client_monitor(&c, "sstep off");
    ask("Z0,%llx,1", (unsigned long long)handler);
    assert_starts(ask("c"), "T05thread:p1.1;swbreak:;");
}

Test(server, writes_are_steps_of_history)
{
    run_to(GUEST_AT(guest_loop));
    u64 at = now();
    cr_assert_str_eq(ask("M5000,4:39000000"), "OK");
    cr_assert_eq(now(), at + 1);
    cr_assert_str_eq(ask("m5000,4"), "39000000");
    cr_assert_str_eq(ask("X5001,0:"), "OK");
    client_send(&c, "X5010,3:a}#", 11);
    cr_assert_str_eq(buf_cstr(&c.reply), "OK");
    cr_assert_str_eq(ask("m5010,3"), "617d23");
    ask("x5010,3");
    cr_assert_eq(c.reply.len, 4);
    cr_assert_arr_eq(c.reply.data, "ba}#", 4);
    cr_assert_str_eq(ask("P1=78563412"), "OK");
    cr_assert_eq(client_reg(&c, 1), 0x12345678);

    at = now();
    char *all = strdup(ask("g"));
    cr_assert_str_eq(ask("G%s", all), "OK");
    cr_assert_eq(now(), at, "nothing differs: nothing is written");
    memcpy(all + 2 * 8, "0df0feca", 8); /* edx */
    cr_assert_str_eq(ask("G%s", all), "OK");
    cr_assert_eq(now(), at + 1);
    cr_assert_eq(client_reg(&c, 2), 0xcafef00d);
    free(all);
    run_to(GUEST_AT(guest_f));
    cr_assert_eq(word(COUNTER), 0x3a);
}

Test(server, the_end_of_the_guest_is_a_place_to_look_at)
{
    assert_starts(ask("c"), "T05thread:p1.1;replaylog:end;");
    cr_assert(strstr(buf_cstr(&c.console), "exited with code 5"), "%s", buf_cstr(&c.console));
    cr_assert_eq(word(COUNTER), GUEST_ROUNDS);
    u64 end = now();
    assert_starts(ask("bs"), "T05thread:p1.1;");
    cr_assert_eq(now(), end - 1);
    cr_assert_not(session_quit(c.guest.session));
}

Test(server, detaching_lets_the_guest_go_on)
{
    run_to(GUEST_AT(guest_f));
    ask("Z0,%llx,1", (unsigned long long)GUEST_AT(guest_f));
    ask("Z2,%x,4", COUNTER);
    ask("c");
    assert_starts(ask("bs"), "T05");
    cr_assert(watch_any(c.guest.machine->watch));
    cr_assert_str_eq(ask("D;1"), "OK");
    cr_assert(gdb_server_wants_close(c.server));
    gdb_server_disconnected(c.server);
    cr_assert_not(watch_any(c.guest.machine->watch));
    cr_assert(session_quit(c.guest.session), "it ran to its end");
    cr_assert_eq(session_exit_code(c.guest.session), 5);
    cr_assert_eq(word(COUNTER), GUEST_ROUNDS);
}

Test(server, monitor_commands_that_move_answer_when_they_have)
{
    assert_starts(client_monitor(&c, "step 120"), "stopped: icount 120,");
    assert_starts(client_monitor(&c, "goto 1_00"), "stopped: icount 100,");
    cr_assert_eq(now(), 100);
    client_monitor(&c, "goto +5");
    cr_assert_eq(now(), 105);
    client_monitor(&c, "goto -15");
    cr_assert_eq(now(), 90);
    assert_starts(client_monitor(&c, "when"), "icount 90, ");
    client_monitor(&c, "savevm here");
    client_monitor(&c, "replay_break 60");
    assert_starts(ask("bc"), "T05thread:p1.1;");
    cr_assert_eq(now(), 60);
    client_monitor(&c, "replay_delete_break");
    client_monitor(&c, "loadvm here");
    cr_assert_eq(now(), 90);
    client_monitor(&c, "step 3");
    cr_assert_eq(now(), 93);
    client_monitor(&c, "reverse-step 2");
    cr_assert_eq(now(), 91);
    client_monitor(&c, "goto start");
    cr_assert_eq(now(), 0);
}

/* The host's side of the machine: says something to the server once it runs. */
static struct {
    const char *say;
    unsigned polls;
    u64 ns;
} host;

static void poll_once(void *opaque, u64 timeout)
{
    (void)opaque, (void)timeout;
    if (host.say && session_running(c.guest.session) && host.polls++ == 1)
        gdb_server_receive(c.server, (const u8 *)host.say, strlen(host.say));
}

static u64 host_now(void *opaque)
{
    (void)opaque;
    return host.ns += 1000000;
}

static void attach_host(const char *say)
{
    host.say = say;
    host.polls = 0;
    c.guest.machine->host = (struct host_ops){.poll = poll_once, .now_ns = host_now};
    c.guest.machine->host_attached = true;
}

Test(server, control_c_stops_a_running_guest)
{
    run_to(GUEST_AT(guest_loop));
    cr_assert_str_eq(ask("M%llx,2:ebfe", (unsigned long long)GUEST_AT(guest_f)), "OK"); /* jmp . */
    attach_host("\x03");
    assert_starts(ask("c"), "T02thread:p1.1;");
    host.polls = 0;
    assert_starts(ask("bc"), "T0");
}

Test(server, control_c_between_two_steps_is_for_the_next)
{
    run_to(GUEST_AT(guest_loop));
    attach_host("");
    assert_starts(ask("s"), "T05");
    u64 here = timeline_now(c.guest.timeline);
    gdb_server_receive(c.server, (const u8 *)"\x03", 1);
    assert_starts(ask("s"), "T02");
    cr_assert_eq(timeline_now(c.guest.timeline), here);
    assert_starts(ask("s"), "T05");
    cr_assert_eq(timeline_now(c.guest.timeline), here + 1);
    gdb_server_receive(c.server, (const u8 *)"\x03", 1);
    host.ns += NS_PER_S; /* it was late, and its user saw so */
    assert_starts(ask("s"), "T05");
}

Test(server, a_debugger_that_connects_stops_the_guest_and_one_that_goes_lets_it_run)
{
    run_to(GUEST_AT(guest_loop));
    ask("M%llx,2:ebfe", (unsigned long long)GUEST_AT(guest_f));
    gdb_server_disconnected(c.server);
    cr_assert(session_wants_move(c.guest.session), "the guest goes on");
    gdb_server_connected(c.server);
    assert_starts(ask("?"), "T05thread:1;");
    cr_assert_not(session_running(c.guest.session));
    attach_host("$?#3f"); /* while it runs, and then the connection is lost */
    buf_clear(&c.wire);
    gdb_server_receive(c.server, (const u8 *)"$c#63", 5);
    gdb_server_disconnected(c.server);
    cr_assert(session_running(c.guest.session));
    gdb_server_connected(c.server);
    guest_move(&c.guest);
    cr_assert_not(session_running(c.guest.session));
}

Test(server, calls_in_the_past_leave_history_alone)
{
    run_to(GUEST_AT(guest_f));
    client_monitor(&c, "step 500");
    client_monitor(&c, "goto 200");
    char *before = strdup(client_monitor(&c, "digest")), *after;
    cr_assert_str_eq(ask("M5000,4:ffff0000"), "OK");
    cr_assert(timeline_in_branch(c.guest.timeline));
    cr_assert_str_eq(ask("m5000,4"), "ffff0000");
    assert_starts(ask("s"), "T05");
    client_monitor(&c, "goto 200");
    cr_assert_not(timeline_in_branch(c.guest.timeline));
    after = strdup(client_monitor(&c, "digest"));
    cr_assert_str_eq(after, before);
    free(before);
    free(after);
}

Test(server, a_64_bit_kernel_is_described_from_the_start)
{
    struct config_file *k = &c.guest.config.kernel;
    k->path = strdup("/boot/vmlinux");
    k->size = 0x300;
    k->data = calloc(1, k->size);
    memcpy(k->data, "\177ELF\2", 5);
    cr_assert(strstr(ask("qSupported:"), ";qXfer:exec-file:read+"));
    cr_assert_str_eq(ask("qXfer:exec-file:read:1:0,100"), "l/boot/vmlinux");
    assert_starts(ask("qXfer:exec-file:read:1:100,100"), "E");
    char *xml = read_object("features", "target.xml");
    cr_assert(strstr(xml, "i386:x86-64"), "%s", xml);
    free(xml);
    k->data[4] = 1;
    cr_assert_not(strstr(ask("qSupported:"), "multiprocess"));
    xml = read_object("features", "target.xml");
    cr_assert_not(strstr(xml, "i386:x86-64"), "%s", xml);
    free(xml);
    memcpy(k->data, "MZ\0\0\0", 5); /* bzImage, protocol 2.15, XLF_KERNEL_64 */
    memcpy(k->data + 0x202, "HdrS\x0f\x02", 6);
    k->data[0x236] = 1;
    cr_assert_not(strstr(ask("qSupported:"), "exec-file"));
    xml = read_object("features", "target.xml");
    cr_assert(strstr(xml, "i386:x86-64"), "%s", xml);
    free(xml);
}

static void quit_at_second_poll(void *opaque, u64 timeout)
{
    (void)opaque, (void)timeout;
    if (session_running(c.guest.session) && host.polls++ == 1)
        session_request_quit(c.guest.session, 9);
}

Test(server, the_end_of_the_program_is_told)
{
    run_to(GUEST_AT(guest_loop));
    ask("M%llx,2:ebfe", (unsigned long long)GUEST_AT(guest_f));
    attach_host(NULL);
    c.guest.machine->host.poll = quit_at_second_poll;
    cr_assert_str_eq(ask("c"), "W09;process:1");
    cr_assert(session_quit(c.guest.session));
    cr_assert_eq(session_exit_code(c.guest.session), 9);
    cr_assert(gdb_server_wants_close(c.server));
}

Test(server, kill_ends_the_program)
{
    cr_assert_str_eq(ask("vKill;1"), "OK");
    cr_assert(session_quit(c.guest.session));
    cr_assert_eq(session_exit_code(c.guest.session), 0);
}

Test(server, physical_memory_mode)
{
    cr_assert_str_eq(ask("Qqemu.PhyMemMode:1"), "OK");
    cr_assert_str_eq(ask("qqemu.PhyMemMode"), "1");
    assert_starts(ask("m7c00,3"), "fa31c0");
    assert_starts(ask("mffffffffffff,1"), "E");
    cr_assert_str_eq(ask("M5000,2:0102"), "OK");
    cr_assert_eq(word(COUNTER), 0x0201);
    char *map = read_object("memory-map", "");
    cr_assert(strstr(map, "type=\"ram\" start=\"0x0\" length=\"0x10000\""), "%s", map);
    cr_assert(strstr(map, "type=\"rom\" start=\"0xffff0000\""), "%s", map);
    free(map);
}

Test(server, packets_that_come_while_it_runs_wait)
{
    run_to(GUEST_AT(guest_loop));
    ask("M%llx,2:ebfe", (unsigned long long)GUEST_AT(guest_f));
    attach_host("$qC#b4\x03");
    ask("c");
    cr_assert_str_eq(buf_cstr(&c.reply), "QCp1.1", "the last reply is that of the last packet");
}

Test(server, searching_and_checksums)
{
    const unsigned long long start = GUEST_CODE;
    client_send(&c, "qSearch:memory:7000;2000;\xff\x05", 27);
    assert_starts(buf_cstr(&c.reply), "1,7c");
    client_send(&c, "qSearch:memory:0;100;\xff\x05", 23);
    cr_assert_str_eq(buf_cstr(&c.reply), "0");
    assert_starts(ask("qSearch:memory:0;100000;xyzzy"), "E");
    cr_assert_str_eq(ask("qCRC:100,0"), "Cffffffff");
    assert_starts(ask("qCRC:%llx,20", start), "C");
    assert_starts(ask("m%llx,4", start), "fa31c0"); /* cli; xor ax, ax */
    assert_starts(ask("m0fffff,10"), "E");
}

Test(server, acknowledgements_until_they_are_turned_off)
{
    gdb_server_disconnected(c.server);
    gdb_server_connected(c.server);
    guest_move(&c.guest);
    buf_clear(&c.wire);
    gdb_server_receive(c.server, (const u8 *)"$qC#b5", 6);
    cr_assert_str_eq(buf_cstr(&c.wire), "-");
    gdb_server_receive(c.server, (const u8 *)"$qC#b4", 6);
    cr_assert_str_eq(buf_cstr(&c.wire), "-+$QC1#c5");
    buf_clear(&c.wire);
    gdb_server_receive(c.server, (const u8 *)"-", 1);
    cr_assert_str_eq(buf_cstr(&c.wire), "$QC1#c5",
                     "a packet that was not understood is sent again");
}
