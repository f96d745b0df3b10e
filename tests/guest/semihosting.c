/* semihosting.c - an Arm program without an operating system, which asks its debugger's host for everything */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Built by tests/system/semihosting.py for A32 and T32, by SVC and by HLT: WAY is 1 for HLT. */
typedef unsigned u32;

enum { OPEN = 1, CLOSE, WRITEC, WRITE0, WRITE, READ, READC, ISERROR, ISTTY, SEEK, FLEN = 0xc, REMOVE = 0xe, RENAME, CLOCK,
       TIME, SYSTEM, ERRNO, GET_CMDLINE = 0x15, HEAPINFO, EXIT = 0x18, EXIT_EXTENDED = 0x20, ELAPSED = 0x30, TICKFREQ };

static u32 call(u32 operation, const void *parameter)
{
    register u32 r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = parameter;
#if WAY && defined(__thumb__)
    __asm__ volatile(".inst.n 0xbabc" : "+r"(r0) : "r"(r1) : "memory", "lr");
#elif WAY
    __asm__ volatile(".inst 0xe10f0070" : "+r"(r0) : "r"(r1) : "memory", "lr");
#elif defined(__thumb__)
    __asm__ volatile("svc 0xab" : "+r"(r0) : "r"(r1) : "memory", "lr");
#else
    __asm__ volatile("svc 0x123456" : "+r"(r0) : "r"(r1) : "memory", "lr");
#endif
    return r0;
}

static u32 length(const char *s)
{
    u32 n = 0;
    while (s[n])
        n++;
    return n;
}

static void say(const char *s)
{
    call(WRITE0, s);
}

static void number(const char *what, u32 v)
{
    static const char digits[] = "0123456789abcdef";
    say(what);
    for (int i = 28; i >= 0; i -= 4)
        call(WRITEC, &digits[v >> i & 15]);
    say("\n");
}

static u32 open(const char *name, u32 mode)
{
    const void *block[] = {name, (void *)mode, (void *)length(name)};
    return call(OPEN, block);
}

static u32 close(u32 file)
{
    return call(CLOSE, &file);
}

static u32 move(u32 operation, u32 file, void *data, u32 n)
{
    const void *block[] = {(void *)file, data, (void *)n};
    return call(operation, block);
}

static u32 seek(u32 file, u32 to)
{
    u32 block[] = {file, to};
    return call(SEEK, block);
}

static char buffer[300000];

static u32 sum(u32 n)
{
    u32 v = 0;
    for (u32 i = 0; i < n; i++)
        v = v * 31 + (unsigned char)buffer[i];
    return v;
}

static void reading(void)
{
    u32 f = open("in.bin", 1), left;
    number("opened ", f);
    number("length ", call(FLEN, &f));
    left = move(READ, f, buffer, sizeof(buffer));
    number("left ", left);
    number("sum ", sum(sizeof(buffer) - left));
    number("at the end ", move(READ, f, buffer, 16));
    number("seek ", seek(f, 100000));
    number("left ", move(READ, f, buffer, 16));
    number("sum ", sum(16));
    number("a file is a terminal: ", call(ISTTY, &f));
    number("close ", close(f));
    number("closed again ", close(f));
    number("nothing there ", open("missing", 0));
    number("why ", call(ERRNO, 0));
}

static void writing(void)
{
    u32 f = open("out.txt", 4), unwritten = move(WRITE, f, "written by the guest\n", 21);
    number("unwritten ", unwritten);
    seek(f, 11);
    move(WRITE, f, "THE", 3);
    close(f);
    f = open("out.txt", 8);
    move(WRITE, f, "and more\n", 9);
    number("length ", call(FLEN, &f));
    close(f);
    f = open("gone", 5);
    close(f);
    const void *names[] = {"gone", (void *)4, "renamed", (void *)7};
    number("renamed ", call(RENAME, names));
    names[0] = "renamed", names[1] = (void *)7;
    number("removed ", call(REMOVE, names));
}

static void environment(void)
{
    u32 line[] = {(u32)buffer, sizeof(buffer)}, heap[4], where = (u32)heap;
    number("command line ", call(GET_CMDLINE, line));
    say(buffer);
    say("\n");
    number("heap ", call(HEAPINFO, &where));
    for (u32 a = heap[0]; a < heap[1] && a < heap[0] + 0x100000; a += 4)
        *(volatile u32 *)a = a;
    number("heap is large ", heap[1] - heap[0] >= 0x100000 && *(volatile u32 *)(heap[0] + 0xfff0) == heap[0] + 0xfff0);
    number("stack is ", heap[2] > heap[3]);
    {
        u32 f = open(":tt", 4);
        number("the console is a terminal: ", call(ISTTY, &f));
        move(WRITE, f, "by its handle\n", 14);
        close(f);
    }
    number("time goes on ", call(TIME, 0) >= 1500000000 && call(CLOCK, 0) != 0xffffffff);
    number("ticks ", call(TICKFREQ, 0));
}

static void mistakes(void)
{
    u32 block[] = {99, (u32)buffer, 5};
    number("no such handle ", call(READ, block));
    number("nor this ", call(CLOSE, block));
    block[0] = block[1] = block[2] = 0xffffffff;
    number("wild name ", call(OPEN, block));
    number("no such call ", call(0x1ff, block));
}

void run(void)
{
    u32 end[] = {0x20026, 42};
    say("semihosting\n");
    reading();
    writing();
    environment();
    mistakes();
    call(EXIT_EXTENDED, end);
    for (;;)
        ;
}

__asm__(".arm\n.globl _start\n_start: ldr sp, =0x40400000\nldr r0, =run\nbx r0\n");
