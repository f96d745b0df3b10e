/* faults.c - a Linux program: what the kernel says of each fault, to be compared with the host's */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define PAGES UINT64_C(0x30000000) /* writable, read-only, none */

static sigjmp_buf back;
static uint64_t start; /* of the snippet being run */

/* The faulting address relative to what it has to do with: absolute ones would differ from run to
 * run. */
static void show_address(uint64_t a, uint64_t pc)
{
    if (a == pc && pc)
        printf("pc");
    else
        printf("%llx", (unsigned long long)a);
}

static void handler(int signal, siginfo_t *info, void *context)
{
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    uint64_t pc = (uint64_t)m->gregs[REG_RIP];
    printf("signal %d code %d trap %lld error %llx offset %lld x87 %x mxcsr %x address ", signal,
           info->si_code, m->gregs[REG_TRAPNO], m->gregs[REG_ERR], (long long)(pc - start),
           m->fpregs->swd, m->fpregs->mxcsr);
    show_address((uint64_t)info->si_addr, pc);
    printf("\n");
    siglongjmp(back, 1);
}

/* Runs a snippet with RAX non-canonical, RCX 0, RDX at the pages, XMM0 and ST0 1.0. */
#define TRY(name, code)                                                                            \
    printf("%-20s ", name);                                                                        \
    feclearexcept(FE_ALL_EXCEPT);                                                                  \
    if (!sigsetjmp(back, 1)) {                                                                     \
        __asm__ volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tfld1\n\tmov $1, %%eax\n\t"      \
                         "cvtsi2sd %%eax, %%xmm0\n\tmov $0x8000000000000000, %%rax\n\t"            \
                         "xor %%ecx, %%ecx\n\tmov $0x30000000, %%edx\n1:\t" code                   \
                         : "=m"(start)                                                             \
                         :                                                                         \
                         : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "xmm0", "xmm1", "memory");    \
        printf("no signal\n");                                                                     \
    }                                                                                              \
    __asm__ volatile("fninit");

static void faults_of_the_kernel(void)
{
    TRY("divide", "xor %%eax, %%eax; div %%ecx")
    TRY("read nothing", "mov 0x2008(%%rdx), %%al")
    TRY("write read-only", "mov %%al, 0x1004(%%rdx)")
    TRY("write across", "mov %%rax, 0xffd(%%rdx)")
    TRY("push read-only", "lea 0x1100(%%rdx), %%rsp; push %%rax")
    TRY("read of the kernel", "mov 0xffffffff81000000, %%eax")
    TRY("execute data", "jmp *%%rdx")
    TRY("ud2", "ud2")
    TRY("int3", "int3")
    TRY("int $0x21", "int $0x21")
    TRY("hlt", "hlt")
    TRY("cli", "cli")
    TRY("in", "in $0x80, %%al")
    TRY("rdmsr", "rdmsr")
    TRY("mov cr0", "mov %%cr0, %%rcx")
    TRY("unaligned movaps", "movaps 1(%%rdx), %%xmm1")
    TRY("lock mov", ".byte 0xf0, 0x89, 0xc0")
    TRY("far return", "push $0x1234; push $1; lretq")
    TRY("16 bytes", ".fill 15, 1, 0x66; nop")
}

static void non_canonical(void)
{
    TRY("read", "mov (%%rax), %%ecx")
    TRY("read by RSP", "mov %%rax, %%rsp; mov (%%rsp), %%ecx")
    TRY("read by RBP", "push %%rbp; mov %%rax, %%rbp; mov 8(%%rbp), %%ecx")
    TRY("push", "mov %%rax, %%rsp; push %%rcx")
    TRY("pop", "mov %%rax, %%rsp; pop %%rcx")
    TRY("call", "mov %%rax, %%rsp; call 1b")
    TRY("ret", "mov %%rax, %%rsp; ret")
    TRY("pushf", "mov %%rax, %%rsp; pushf")
    TRY("enter", "mov %%rax, %%rsp; enter $8, $0")
    TRY("iretq", "mov %%rax, %%rsp; iretq")
    TRY("jmp to it", "jmp *%%rax")
    TRY("call to it", "call *%%rax")
    TRY("ret to it", "push %%rax; ret")
}

static void floating_point(void)
{
    feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
    TRY("sse divide", "pxor %%xmm1, %%xmm1; divsd %%xmm1, %%xmm0")
    feenableexcept(FE_INEXACT);
    TRY("sse inexact", "mov $3, %%ecx; cvtsi2sd %%ecx, %%xmm1; divsd %%xmm1, %%xmm0")
    feenableexcept(FE_DIVBYZERO);
    TRY("x87 divide", "fldz; fdivrp; nop; fwait")
    feenableexcept(FE_INVALID);
    TRY("x87 stack", "fstp %%st(0); fstp %%st(0); fwait")
}

int main(void)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = handler,
                               .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

    sigaltstack(&alternate, NULL);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    char *pages = mmap((void *)PAGES, 0x3000, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    mprotect(pages + 0x1000, 0x1000, PROT_READ);
    mprotect(pages + 0x2000, 0x1000, PROT_NONE);
    faults_of_the_kernel();
    non_canonical();
    floating_point();
    return 0;
}
