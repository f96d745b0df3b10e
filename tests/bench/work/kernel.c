/* kernel.c - work for the kernel: system calls, processes that talk, or come and go, page faults */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

static void must(int fine, const char *what)
{
    if (fine)
        return;
    perror(what);
    exit(1);
}

uint64_t work_getppid(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += (uint64_t)syscall(SYS_getppid);
    return sum > 0;
}

uint64_t work_pipe(unsigned n)
{
    int there[2], back[2];
    unsigned char c = 0;
    must(!pipe(there) && !pipe(back), "pipe");
    pid_t child = fork();
    must(child >= 0, "fork");
    if (!child) {
        close(there[1]);
        while (read(there[0], &c, 1) == 1) {
            c++;
            must(write(back[1], &c, 1) == 1, "write");
        }
        _exit(0);
    }
    for (unsigned i = 0; i < n; i++) {
        must(write(there[1], &c, 1) == 1, "write");
        must(read(back[0], &c, 1) == 1, "read");
    }
    close(there[1]);
    must(waitpid(child, NULL, 0) == child, "waitpid");
    return c;
}

uint64_t work_fork(unsigned n)
{
    unsigned good = 0;
    for (unsigned i = 0; i < n; i++) {
        int status;
        pid_t child = fork();
        must(child >= 0, "fork");
        if (!child) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(1);
        }
        must(waitpid(child, &status, 0) == child, "waitpid");
        good += status == 0;
    }
    must(good == n, "/bin/true");
    return good;
}

uint64_t work_fault(unsigned n)
{
    const size_t size = 16 * 4096;
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned char *p =
            mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        must(p != MAP_FAILED, "mmap");
        for (size_t k = 0; k < size; k += 4096)
            p[k] = (unsigned char)(i + k / 4096);
        sum += p[size / 2];
        munmap(p, size);
    }
    return sum;
}
