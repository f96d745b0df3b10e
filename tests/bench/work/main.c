/* main.c - work NAME [TIMES]: one of the work loops, or the data that sha256sum and gzip work on */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work.h"

/* The numbers of times give QEMU's TCG one to three seconds on a host of 2024. */
static const struct {
    const char *name;
    work_fn *fn;
    unsigned times;
} loops[] = {
    {"core", work_core, 500},
    {"qsort", work_qsort, 2000000},
    {"matmul", work_matmul, 12},
    {"nbody", work_nbody, 600000},
    {"mandel", work_mandel, 6400},
    {"memcpy-4k", work_memcpy_4k, 4096},
    {"memcpy-64k", work_memcpy_64k, 4096},
    {"memcpy-1m", work_memcpy_1m, 4096},
    {"memset-4k", work_memset_4k, 8192},
    {"memset-64k", work_memset_64k, 8192},
    {"memset-1m", work_memset_1m, 8192},
    {"getppid", work_getppid, 3000000},
    {"pipe", work_pipe, 20000},
    {"fork", work_fork, 500},
    {"fault", work_fault, 6000},
    {"threaded", work_threaded, 160},
    {"line", work_line, 1000},
#ifdef __arm__
    {"fir", work_fir, 3000},
    {"blend", work_blend, 30000},
#else
    {"x87", work_x87, 20000000},
    {"smc", work_smc, 300000},
    {"codegen", work_codegen, 0},
#endif
};

/* Lines of words, most of them seen before, each with a number: long matches for gzip, and short
 * ones. */
static int make_data(unsigned mebibytes)
{
    static char lines[256][128], out[65536 + 256];
    uint32_t seed = 88172645;
    for (unsigned i = 0; i < 256; i++) {
        unsigned length = 60 + work_random(&seed) % 60;
        for (unsigned k = 0; k < length; k++)
            lines[i][k] = (char)(work_random(&seed) % 6 ? 'a' + work_random(&seed) % 26 : ' ');
    }
    size_t at = 0;
    for (uint64_t left = (uint64_t)mebibytes << 20; left;) {
        uint32_t r = work_random(&seed);
        at += (size_t)sprintf(out + at, "%u %s\n", r >> 20, lines[r % 256]);
        if (at < 65536)
            continue;
        if (write(1, out, 65536) != 65536)
            return 1;
        left -= 65536;
        memmove(out, out + 65536, at -= 65536);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, "data"))
        return make_data(argc > 2 ? (unsigned)atoi(argv[2]) : 64);
    for (unsigned i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        if (strcmp(loops[i].name, name))
            continue;
        uint64_t sum = loops[i].fn(argc > 2 ? (unsigned)atoi(argv[2]) : loops[i].times);
        printf("%s %016llx\n", name, (unsigned long long)sum);
        return 0;
    }
    fprintf(stderr, "work: no loop \"%s\"\n", name);
    return 2;
}
