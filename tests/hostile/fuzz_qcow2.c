/* fuzz_qcow2.c - qcow2 images of any bytes: opened, read, and written */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/image.h"
#include "hostile.h"

enum { CLUSTER = 512 };

static void use(struct disk_image *i)
{
    static u8 data[100000];
    for (u64 at = 0, n, k = 0; at < i->size && k < 8; at += n, k++) {
        bool zeros;
        n = i->type->extent(i, at, &zeros);
        CHECK(n && n <= i->size - at);
        i->type->read(i, at, data, MIN(n, (u64)sizeof(data)));
        i->type->prefetch(i, at, n);
    }
    if (!i->writable)
        return;
    i->type->write(i, i->size / 2, data, MIN(i->size / 4, (u64)5000));
    i->type->write(i, i->size - 1, data, 1);
    i->type->read(i, 0, data, MIN(i->size, (u64)sizeof(data)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    /* An offset in the file may be anything; the file need not become so long. */
    struct rlimit limit = {1 << 24, RLIM_INFINITY};
    char path[64];
    int fd = memfd_create("qcow2", 0);

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    if (fd < 0 || write(fd, data, n) != (ssize_t)n)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct disk_image *i = image_open("-drive", path, "qcow2", n % 2);
    if (i)
        use(i);
    disk_image_close(i);
    close(fd);
    return 0;
}

static void put(u8 *p, u64 v, unsigned n)
{
    while (n--) {
        p[n] = v;
        v >>= 8;
    }
}

/* Header, count table, counts, L1, L2 with data, zeros, and a compressed cluster. */
size_t hostile_seed(u8 *p, size_t most)
{
    static const u8 packed[] = {0x63, 0x60, 0x18, 0x05, 0xa3, 0x60, 0xa4, 0x03, 0x00};
    const u64 copied = UINT64_C(1) << 63;
    CHECK(most >= 7 * CLUSTER);
    memset(p, 0, 7 * CLUSTER);
    memcpy(p, "QFI\xfb", 4);
    put(p + 4, 3, 4);
    put(p + 20, 9, 4);
    put(p + 24, 32768, 8);
    put(p + 36, 1, 4);
    put(p + 40, 3 * CLUSTER, 8);
    put(p + 48, CLUSTER, 8);
    put(p + 56, 1, 4);
    put(p + 96, 4, 4);
    put(p + 100, 104, 4);
    put(p + CLUSTER, 2 * CLUSTER, 8);
    for (unsigned i = 0; i < 7; i++)
        put(p + 2 * CLUSTER + 2 * i, 1, 2);
    put(p + 3 * CLUSTER, copied | 4 * CLUSTER, 8);
    put(p + 4 * CLUSTER, copied | 5 * CLUSTER, 8);
    put(p + 4 * CLUSTER + 8, 1, 8);
    put(p + 4 * CLUSTER + 16, UINT64_C(1) << 62 | 6 * CLUSTER, 8);
    memset(p + 5 * CLUSTER, 0x77, CLUSTER);
    memcpy(p + 6 * CLUSTER, packed, sizeof(packed));
    return 7 * CLUSTER + 1; /* odd: opened for writing; a change of length makes it even */
}
