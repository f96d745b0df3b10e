/* test_image.c - raw and qcow2 images, written here and by qemu-img; and hostile ones */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/host/image.h"

static char *folder;

static void set_up(void)
{
    folder = xstrdup("/tmp/hindsight-image-XXXXXX");
    cr_assert(mkdtemp(folder));
}

static void tear_down(void)
{
    char *command = xasprintf("rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
    free(command);
    free(folder);
}

TestSuite(image, .init = set_up, .fini = tear_down);

static char *file(const char *name)
{
    return xasprintf("%s/%s", folder, name);
}

/* Runs a command in the folder; its exit status. */
static int sh(const char *text)
{
    char *command = xasprintf("cd %s && { %s; } >log 2>&1", folder, text);
    int status = system(command);
    free(command);
    return status;
}

static bool have_qemu(void)
{
    if (!sh("qemu-img --version && qemu-io --version"))
        return true;
    cr_skip("qemu-img is not here");
    return false;
}

static u32 next(u32 *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* The same random writes to an image and to a model of it. */
static void scribble(struct disk_image *i, u8 *model, unsigned count, u32 seed)
{
    u8 *bytes = malloc(300000);
    for (unsigned k = 0; k < count; k++) {
        u64 n = 1 + next(&seed) % (k % 8 ? 5000 : 300000);
        u64 at = next(&seed) * UINT64_C(4099) % i->size;
        n = MIN(n, i->size - at);
        memset(bytes, (int)next(&seed), n);
        bytes[0] = k;
        cr_assert(i->type->write(i, at, bytes, n));
        memcpy(model + at, bytes, n);
    }
    free(bytes);
}

static void expect(struct disk_image *i, const u8 *model, u64 size)
{
    u8 *got = malloc(size);
    cr_assert_eq(i->size, size);
    cr_assert(i->type->read(i, 0, got, size));
    cr_assert(!memcmp(got, model, size));
    for (u64 at = 0, n; at < size; at += n) { /* what is said to be zeros is */
        bool zeros;
        n = i->type->extent(i, at, &zeros);
        cr_assert(n > 0 && n <= size - at);
        for (u64 k = 0; zeros && k < n; k++)
            cr_assert_eq(model[at + k], 0);
    }
    free(got);
}

static void expect_file(const char *name, const u8 *model, u64 size)
{
    char *path = file(name);
    struct disk_image *i = image_open("-drive", path, "", false);
    cr_assert(i);
    expect(i, model, size);
    disk_image_close(i);
    free(path);
}

enum { SIZE = 9 << 20 };

Test(image, raw)
{
    char *path = file("a.raw");
    u8 *model = calloc(1, SIZE);
    cr_assert_eq(sh("truncate -s 9M a.raw"), 0);
    struct disk_image *i = image_open("-drive", path, "raw", true);
    cr_assert(i);
    scribble(i, model, 60, 1);
    cr_assert(i->type->flush(i));
    cr_assert_null(image_open("-drive", path, "raw", true), "two writers");
    cr_assert_null(image_open("-drive", path, "raw", false), "a reader beside a writer");
    disk_image_close(i);
    expect_file("a.raw", model, SIZE);
    free(model);
    free(path);
}

Test(image, raw_of_odd_size)
{
    u8 sector[512] = "abc";
    char *path = file("odd");
    cr_assert_eq(sh("printf abc >odd"), 0);
    struct disk_image *i = image_open("-drive", path, "", false);
    cr_assert(i);
    expect(i, sector, 512);
    disk_image_close(i);
    free(path);
}

Test(image, qcow2_made_here)
{
    char *path = file("a.qcow2");
    u8 *model = calloc(1, SIZE);
    struct disk_image *i = image_create("-o", path, SIZE);
    cr_assert(i);
    expect(i, model, SIZE);
    for (u32 seed = 1; seed < 4; seed++) {
        scribble(i, model, 40, seed);
        expect(i, model, SIZE);
        disk_image_close(i);
        i = image_open("-drive", path, "", true);
        cr_assert(i);
    }
    disk_image_close(i);
    expect_file("a.qcow2", model, SIZE);
    cr_assert_null(image_create("-o", path, SIZE), "nothing is overwritten");
    if (have_qemu()) {
        cr_assert_eq(sh("qemu-img check a.qcow2 && qemu-img convert -O raw a.qcow2 b.raw"), 0);
        expect_file("b.raw", model, SIZE);
    }
    free(model);
    free(path);
}

/* Random writes by qemu-io into an image with `options`, read and then written by us. */
static void from_qemu(const char *create, u64 size, bool writable)
{
    u8 *model;
    char *path = file("q.qcow2"), *raw = file("q.raw");
    if (!have_qemu())
        return;
    cr_assert_eq(sh(create), 0, "%s", create);
    cr_assert_eq(sh("qemu-io -c 'write -P 17 0 100k' -c 'write -P 34 1M 3M' -c 'write -P 3 4095 2' "
                    "-c 'write -z 2M 128k' -c 'discard 3M 64k' -c 'write -P 9 8M 200' q.qcow2"), 0);
    cr_assert_eq(sh("qemu-img convert -O raw q.qcow2 q.raw"), 0);
    struct disk_image *i = image_open("-drive", raw, "raw", false);
    cr_assert(i);
    model = malloc(size);
    cr_assert(i->type->read(i, 0, model, size));
    disk_image_close(i);
    expect_file("q.qcow2", model, size);
    i = image_open("-drive", path, "qcow2", true);
    cr_assert_eq(i != NULL, writable);
    if (i) {
        scribble(i, model, 50, 7);
        expect(i, model, size);
        disk_image_close(i);
        cr_assert_eq(sh("qemu-img check q.qcow2 && qemu-img convert -O raw q.qcow2 q.raw"), 0);
        expect_file("q.raw", model, size);
    }
    free(model);
    free(raw);
    free(path);
}

Test(image, qcow2_version_2)
{
    from_qemu("qemu-img create -f qcow2 -o compat=0.10 q.qcow2 9M", SIZE, true);
}

Test(image, qcow2_version_3)
{
    from_qemu("qemu-img create -f qcow2 q.qcow2 9M", SIZE, true);
}

Test(image, qcow2_small_clusters)
{
    from_qemu("qemu-img create -f qcow2 -o cluster_size=512 q.qcow2 9M", SIZE, true);
}

Test(image, qcow2_large_clusters)
{
    from_qemu("qemu-img create -f qcow2 -o cluster_size=2M q.qcow2 9M", SIZE, true);
}

Test(image, qcow2_preallocated)
{
    from_qemu("qemu-img create -f qcow2 -o preallocation=metadata q.qcow2 9M", SIZE, true);
}

Test(image, qcow2_wide_counts_are_read_only)
{
    from_qemu("qemu-img create -f qcow2 -o refcount_bits=1 q.qcow2 9M", SIZE, false);
}

Test(image, qcow2_compressed)
{
    from_qemu("head -c 5000000 /dev/urandom >s && yes hindsight | head -c 4437184 >>s && "
              "qemu-img convert -c -O qcow2 s q.qcow2", SIZE, true);
}

Test(image, qcow2_with_a_backing_file)
{
    from_qemu("head -c 4000000 /dev/urandom >base.raw && truncate -s 5M base.raw && "
              "qemu-img create -f qcow2 -b base.raw -F raw mid.qcow2 6M && "
              "qemu-io -c 'write -P 99 3M 1M' mid.qcow2 && "
              "qemu-img create -f qcow2 -b mid.qcow2 -F qcow2 q.qcow2 9M", SIZE, true);
}

Test(image, qcow2_with_snapshots_is_read_only)
{
    from_qemu("qemu-img create -f qcow2 q.qcow2 9M && qemu-io -c 'write -P 1 0 9M' q.qcow2 && "
              "qemu-img snapshot -c one q.qcow2", SIZE, false);
}

/* ---- hostile ---- */

static void put(u8 *p, u64 v, unsigned n)
{
    while (n--) {
        p[n] = v;
        v >>= 8;
    }
}

static struct disk_image *open_bytes(const u8 *data, size_t n, bool writable)
{
    char *path = file("h.qcow2");
    FILE *f = fopen(path, "wb");
    cr_assert_eq(fwrite(data, 1, n, f), n);
    fclose(f);
    struct disk_image *i = image_open("-drive", path, "qcow2", writable);
    free(path);
    return i;
}

/* A good small image: header, count table, counts, L1, L2, data. */
static size_t good(u8 *p)
{
    memset(p, 0, 6 * 512);
    memcpy(p, "QFI\xfb", 4);
    put(p + 4, 3, 4);
    put(p + 20, 9, 4);
    put(p + 24, 16384, 8);
    put(p + 36, 1, 4);
    put(p + 40, 3 * 512, 8);
    put(p + 48, 512, 8);
    put(p + 56, 1, 4);
    put(p + 96, 4, 4);
    put(p + 100, 104, 4);
    put(p + 512, 1024, 8);
    for (unsigned i = 0; i < 6; i++)
        put(p + 1024 + 2 * i, 1, 2);
    put(p + 3 * 512, (UINT64_C(1) << 63) | 4 * 512, 8);
    put(p + 4 * 512, (UINT64_C(1) << 63) | 5 * 512, 8);
    memset(p + 5 * 512, 0x77, 512);
    return 6 * 512;
}

Test(image, hostile_headers)
{
    static const struct { unsigned at, n; u64 value; } bad[] = {
        {0, 4, 0}, {4, 4, 1}, {4, 4, 4}, {8, 8, 0xffffff00}, {20, 4, 8}, {20, 4, 22},
        {24, 8, 0}, {24, 8, UINT64_C(1) << 60}, {24, 8, 1 << 20}, {32, 4, 1}, {36, 4, 0xffffffff},
        {36, 4, 0}, {40, 8, 513}, {40, 8, UINT64_C(1) << 62}, {48, 8, UINT64_C(1) << 62},
        {72, 8, 2}, {72, 8, 4}, {72, 8, 8}, {72, 8, 16}, {72, 8, 1 << 20}, {96, 4, 7},
        {100, 4, 50}, {100, 4, 0x10000000}};
    u8 p[6 * 512];
    for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
        size_t n = good(p);
        put(p + bad[i].at, bad[i].value, bad[i].n);
        if (bad[i].at == 8)
            put(p + 16, 8, 4);
        cr_assert_null(open_bytes(p, n, false), "header case %u", i);
    }
    size_t n = good(p);
    struct disk_image *i = open_bytes(p, n, false);
    cr_assert(i);
    u8 sector[512];
    cr_assert(i->type->read(i, 0, sector, 512));
    cr_assert_eq(sector[511], 0x77);
    disk_image_close(i);
}

/* It backs itself. */
Test(image, hostile_backing)
{
    u8 p[6 * 512];
    size_t n = good(p);
    put(p + 8, 200, 8);
    put(p + 16, 7, 4);
    memcpy(p + 200, "h.qcow2", 7);
    cr_assert_null(open_bytes(p, n, false));
}

/* Any bytes: it may be refused, or reading and writing may fail, and that is all. */
Test(image, hostile_bytes)
{
    u8 p[6 * 512], data[16384];
    u32 seed = 5;
    cr_assert(freopen("/dev/null", "w", stderr));
    for (unsigned k = 0; k < 6000; k++) {
        size_t n = good(p);
        for (unsigned i = 0; i <= k % 4; i++)
            p[k % 3 ? next(&seed) % 128 : next(&seed) % n] = next(&seed) % 5 ? next(&seed) : 0xff;
        if (k % 16 == 0)
            n = next(&seed) % n;
        struct disk_image *i = open_bytes(p, n, k & 1);
        if (!i)
            continue;
        size_t size = MIN(i->size, sizeof(data));
        i->type->read(i, 0, data, size);
        if (i->writable)
            i->type->write(i, size / 2, data, size / 3);
        bool zeros;
        i->type->extent(i, 0, &zeros);
        disk_image_close(i);
    }
}
