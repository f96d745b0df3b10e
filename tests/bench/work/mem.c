/* mem.c - a GiB copied, and a GiB filled, by the C library, in pieces of several sizes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "work.h"

#define TWICE (2u << 20)

static uint64_t copy(unsigned mebibytes, size_t size)
{
    char *from = malloc(TWICE), *to = malloc(TWICE);
    memset(from, 7, TWICE);
    memset(to, 1, TWICE);
    for (uint64_t left = (uint64_t)mebibytes << 20; left; left -= size) {
        from[left % size] ^= (char)(left / size);
        memcpy(to, from, size);
        KEEP(to);
    }
    uint64_t sum = 0;
    for (size_t i = 0; i < size; i += 97)
        sum = sum * 31 + (unsigned char)to[i];
    free(from);
    free(to);
    return sum;
}

static uint64_t fill(unsigned mebibytes, size_t size)
{
    char *to = malloc(TWICE);
    memset(to, 1, TWICE);
    uint64_t sum = 0;
    for (uint64_t left = (uint64_t)mebibytes << 20; left; left -= size) {
        memset(to, (int)(left / size), size);
        KEEP(to);
        sum += (unsigned char)to[size / 2];
    }
    free(to);
    return sum;
}

uint64_t work_memcpy_4k(unsigned n)
{
    return copy(n, 4 << 10);
}
uint64_t work_memcpy_64k(unsigned n)
{
    return copy(n, 64 << 10);
}
uint64_t work_memcpy_1m(unsigned n)
{
    return copy(n, 1 << 20);
}
uint64_t work_memset_4k(unsigned n)
{
    return fill(n, 4 << 10);
}
uint64_t work_memset_64k(unsigned n)
{
    return fill(n, 64 << 10);
}
uint64_t work_memset_1m(unsigned n)
{
    return fill(n, 1 << 20);
}
