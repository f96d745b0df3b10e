/* driver.c - calls a harness with made-up inputs, where there is no libFuzzer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Usage: PROGRAM [COUNT [FIRST]]: the inputs of numbers FIRST to FIRST + COUNT - 1.
 * PROGRAM seed FILE: writes the sound input, for libFuzzer to begin with. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostile.h"

enum { MOST = 8192 };

static volatile u64 current; /* number of the input that is being tried */

static void say_which(int signal)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "input %llu: signal %d\n", (unsigned long long)current,
                     signal);
    if (write(STDOUT_FILENO, text, n) != n)
        _exit(2);
    _exit(1);
}

static u32 next(u64 *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (u32)(*state >> 33);
}

/* A sound input with bytes changed, moved, or left out; or anything at all. */
static size_t make(u8 *data, u64 number)
{
    u64 state = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    size_t n = hostile_seed(data, MOST);
    unsigned changes = next(&state) % 24;

    if (next(&state) % 4 == 0) {
        n = next(&state) % 600;
        for (size_t i = 0; i < n; i++)
            data[i] = next(&state);
    }
    while (n && changes--) {
        size_t at = next(&state) % n, to = next(&state) % n, k = next(&state) % 16;
        switch (next(&state) % 4) {
        case 0: data[at] = next(&state); break;
        case 1: data[at] ^= 1u << next(&state) % 8; break;
        case 2: data[at] = (const u8[]){0, 0xff, 0x80, 0x7f}[next(&state) % 4]; break;
        default: memmove(data + at, data + to, MIN(k, n - MAX(at, to))); break;
        }
    }
    if (n && next(&state) % 8 == 0)
        n = next(&state) % n;
    return n;
}

static int write_seed(const char *path)
{
    u8 data[MOST];
    size_t n = hostile_seed(data, sizeof(data));
    FILE *f = fopen(path, "wb");
    bool ok = f && fwrite(data, 1, n, f) == n;
    return f && !fclose(f) && ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "seed"))
        return write_seed(argv[2]);
    u64 count = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
    u64 first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;
    static u8 data[MOST];
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM};

    for (unsigned i = 0; i < ARRAY_SIZE(fatal); i++)
        signal(fatal[i], say_which);
    if (argc <= 2 && !freopen("/dev/null", "w", stderr)) /* what is refused is said many times */
        return 1;
    for (u64 i = 0; i < count; i++) {
        current = first + i;
        alarm(120); /* one that hangs */
        LLVMFuzzerTestOneInput(data, make(data, first + i));
    }
    printf("%llu inputs: no finding\n", (unsigned long long)count);
    return 0;
}
