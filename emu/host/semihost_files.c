/* semihost_files.c - the host's files for a guest's semihosting calls */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/semihost_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/check.h"

/* More than the guest can have: it may have been reset, or have gone back. */
enum { PLACES = 4 * SEMIHOST_FILES };

struct semihost_files {
    struct {
        u32 number;
        int fd; /* -1: free */
    } file[PLACES];
    unsigned next; /* that is closed when all are in use */
};

struct semihost_files *semihost_files_new(void)
{
    struct semihost_files *f = xcalloc(1, sizeof(*f));
    for (unsigned i = 0; i < PLACES; i++)
        f->file[i].fd = -1;
    return f;
}

void semihost_files_delete(struct semihost_files *f)
{
    for (unsigned i = 0; f && i < PLACES; i++)
        if (f->file[i].fd >= 0)
            close(f->file[i].fd);
    free(f);
}

/* The place of a file; -1: it is not open. */
static int place_of(const struct semihost_files *f, u32 number)
{
    for (int i = 0; i < PLACES; i++)
        if (f->file[i].fd >= 0 && f->file[i].number == number)
            return i;
    errno = EBADF;
    return -1;
}

static void shut(struct semihost_files *f, int place)
{
    close(f->file[place].fd);
    f->file[place].fd = -1;
}

static int free_place(struct semihost_files *f, u32 number)
{
    int old = place_of(f, number);
    for (int i = 0; old < 0 && i < PLACES; i++)
        if (f->file[i].fd < 0)
            return i;
    if (old < 0)
        old = (int)(f->next++ % PLACES);
    shut(f, old);
    return old;
}

static i32 open_file(struct semihost_files *f, const struct semihost_request *r)
{
    static const int flags[] = {/* of r, r+, w, w+, a, a+; each with and without b */
                                O_RDONLY,
                                O_RDWR,
                                O_WRONLY | O_CREAT | O_TRUNC,
                                O_RDWR | O_CREAT | O_TRUNC,
                                O_WRONLY | O_CREAT | O_APPEND,
                                O_RDWR | O_CREAT | O_APPEND};
    CHECK(r->mode / 2 < ARRAY_SIZE(flags));
    /* Without O_NONBLOCK a FIFO would hold the machine. */
    int fd = open(r->path, flags[r->mode / 2] | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
    if (fd < 0)
        return -1;
    int place = free_place(f, r->file);
    f->file[place].number = r->file;
    f->file[place].fd = fd;
    return 0;
}

static i32 length(int fd)
{
    struct stat st;
    if (fstat(fd, &st))
        return -1;
    return (i32)MIN((i64)st.st_size, (i64)INT32_MAX);
}

static i32 with_file(struct semihost_files *f, const struct semihost_request *r)
{
    int place = place_of(f, r->file);
    if (place < 0)
        return -1;
    int fd = f->file[place].fd;
    switch (r->kind) {
    case SEMIHOST_READ: return (i32)pread(fd, r->data, r->len, (off_t)r->offset);
    case SEMIHOST_WRITE: return (i32)pwrite(fd, r->data, r->len, (off_t)r->offset);
    case SEMIHOST_LENGTH: return length(fd);
    default: shut(f, place); return 0;
    }
}

static void call(void *opaque, const struct semihost_request *r, struct semihost_result *out)
{
    struct semihost_files *f = opaque;
    errno = 0;
    switch (r->kind) {
    case SEMIHOST_OPEN: out->value = open_file(f, r); break;
    case SEMIHOST_REMOVE: out->value = remove(r->path); break;
    case SEMIHOST_RENAME: out->value = rename(r->path, r->to); break;
    default: out->value = with_file(f, r);
    }
    out->error = out->value < 0 ? errno : 0;
}

struct semihost_host semihost_files_host(struct semihost_files *f)
{
    return (struct semihost_host){call, f};
}
