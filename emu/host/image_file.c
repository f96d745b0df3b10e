/* image_file.c - the file that holds a disk image, and what it looks like */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/image_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <unistd.h>

#include "emu/check.h"
#include "emu/log.h"

static bool measure(struct image_file *f, const char *option)
{
    struct stat st;
    if (fstat(f->fd, &st))
        return error_report("%s %s: %s", option, f->path, strerror(errno));
    f->size = st.st_size;
    if (S_ISREG(st.st_mode))
        return true;
    if (S_ISBLK(st.st_mode) && !ioctl(f->fd, BLKGETSIZE64, &f->size))
        return true;
    return error_report("%s %s: this is neither a regular file nor a block device", option,
                        f->path);
}

bool image_file_open(struct image_file *f, const char *option, const char *path, bool writable)
{
    struct stat st;
    *f = (struct image_file){.path = xstrdup(path), .fd = -1, .writable = writable};
    /* Before it is opened: a fifo would wait for a writer. */
    if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_report("%s %s: this is neither a regular file nor a block device", option,
                            path);
    f->fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (f->fd < 0)
        return error_report("%s %s: cannot open the image%s: %s%s", option, path,
                            writable ? " for writing" : "", strerror(errno),
                            writable && errno != ENOENT ? "; snapshot=on leaves it alone" : "");
    if (flock(f->fd, (writable ? LOCK_EX : LOCK_SH) | LOCK_NB) && errno == EWOULDBLOCK)
        return error_report("%s %s: the image is in use%s", option, path,
                            writable ? "; snapshot=on leaves it alone" : " by who writes to it");
    return measure(f, option);
}

void image_file_close(struct image_file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    *f = (struct image_file){.fd = -1};
}

bool image_file_read(const struct image_file *f, u64 offset, void *out, size_t n)
{
    u8 *p = out;
    while (n) {
        ssize_t k = pread(f->fd, p, n, (off_t)offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return error_report("%s: cannot read the image: %s", f->path, strerror(errno));
        if (!k) {
            memset(p, 0, n);
            return true;
        }
        p += k;
        offset += k;
        n -= k;
    }
    return true;
}

bool image_file_write(struct image_file *f, u64 offset, const void *data, size_t n)
{
    const u8 *p = data;
    CHECK(f->writable);
    while (n) {
        ssize_t k = pwrite(f->fd, p, n, (off_t)offset);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return error_report("%s: cannot write the image: %s", f->path,
                                k < 0 ? strerror(errno) : "no space");
        p += k;
        offset += k;
        n -= k;
    }
    f->size = MAX(f->size, offset);
    return true;
}

bool image_file_flush(struct image_file *f)
{
    return !fdatasync(f->fd) || errno == EINVAL ||
           error_report("%s: cannot write the image: %s", f->path, strerror(errno));
}

void image_file_prefetch(const struct image_file *f, u64 offset, u64 n)
{
    posix_fadvise(f->fd, (off_t)offset, (off_t)n, POSIX_FADV_WILLNEED);
}

u64 image_file_extent(const struct image_file *f, u64 offset, bool *hole)
{
    *hole = true;
    if (offset >= f->size)
        return UINT64_MAX - offset;
    off_t data = lseek(f->fd, (off_t)offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return f->size - offset;
    if (data > (off_t)offset)
        return (u64)data - offset;
    *hole = false;
    off_t end = data < 0 ? -1 : lseek(f->fd, (off_t)offset, SEEK_HOLE);
    return end > (off_t)offset ? (u64)end - offset : f->size - offset;
}

/* ---- formats ---- */

static struct disk_image *open_as(const char *option, const char *path, const char *format,
                                  bool writable, unsigned depth)
{
    struct image_file f;
    if (!image_file_open(&f, option, path, writable)) {
        image_file_close(&f);
        return NULL;
    }
    bool qcow2 = !strcmp(format, "qcow2") || (!*format && image_qcow2_matches(&f));
    if (!qcow2 && *format && strcmp(format, "raw")) {
        error_report("%s %s: there is no format \"%.20s\" here; use raw or qcow2", option, path,
                     format);
        image_file_close(&f);
        return NULL;
    }
    struct disk_image *i = qcow2 ? image_qcow2_new(option, &f, depth) : image_raw_new(&f);
    if (i && (!i->size || i->size > DISK_MAX_SIZE)) {
        error_report("%s %s: an image has 512 bytes to 2 TiB", option, path);
        disk_image_close(i);
        return NULL;
    }
    return i;
}

struct disk_image *image_open(const char *option, const char *path, const char *format,
                              bool writable)
{
    return open_as(option, path, format, writable, 0);
}

struct disk_image *image_open_backing(const char *option, const char *path, const char *format,
                                      unsigned depth)
{
    return open_as(option, path, format, false, depth);
}
