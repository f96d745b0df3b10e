/* debug_regs.h - the registers of each view, one per line: what gdb calls them, and what they are */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names, order and sizes of the org.gnu.gdb.i386 features: GDB manual, G.5.7, and its features/i386 files. */
#ifndef ARCH_X86_DEBUG_REGS_H
#define ARCH_X86_DEBUG_REGS_H

/* R(name, bits, gdb type, group or NULL, read-only, kind, index) */
enum x86_debug_kind {
    DBG_GPR, DBG_PC, DBG_FLAGS, DBG_SEG, DBG_SEG_BASE, DBG_ST, DBG_FPU, DBG_XMM, DBG_MXCSR, DBG_ORIG_AX, DBG_CR,
    DBG_DR, DBG_EFER, DBG_GDTR, DBG_IDTR, DBG_KERNEL_GS, DBG_ICOUNT,
};
enum { FPU_FCTRL, FPU_FSTAT, FPU_FTAG, FPU_FISEG, FPU_FIOFF, FPU_FOSEG, FPU_FOOFF, FPU_FOP };

#define DEBUG_SEG_REGS(R)                                                                          \
    R("cs", 32, "int32", NULL, false, DBG_SEG, SEG_CS) R("ss", 32, "int32", NULL, false, DBG_SEG, SEG_SS) \
    R("ds", 32, "int32", NULL, false, DBG_SEG, SEG_DS) R("es", 32, "int32", NULL, false, DBG_SEG, SEG_ES) \
    R("fs", 32, "int32", NULL, false, DBG_SEG, SEG_FS) R("gs", 32, "int32", NULL, false, DBG_SEG, SEG_GS)

#define DEBUG_FPU_REGS(R)                                                                          \
    R("st0", 80, "i387_ext", NULL, false, DBG_ST, 0) R("st1", 80, "i387_ext", NULL, false, DBG_ST, 1) \
    R("st2", 80, "i387_ext", NULL, false, DBG_ST, 2) R("st3", 80, "i387_ext", NULL, false, DBG_ST, 3) \
    R("st4", 80, "i387_ext", NULL, false, DBG_ST, 4) R("st5", 80, "i387_ext", NULL, false, DBG_ST, 5) \
    R("st6", 80, "i387_ext", NULL, false, DBG_ST, 6) R("st7", 80, "i387_ext", NULL, false, DBG_ST, 7) \
    R("fctrl", 32, "int", "float", false, DBG_FPU, FPU_FCTRL)                                      \
    R("fstat", 32, "int", "float", false, DBG_FPU, FPU_FSTAT)                                      \
    R("ftag", 32, "int", "float", false, DBG_FPU, FPU_FTAG)                                        \
    R("fiseg", 32, "int", "float", false, DBG_FPU, FPU_FISEG)                                      \
    R("fioff", 32, "int", "float", false, DBG_FPU, FPU_FIOFF)                                      \
    R("foseg", 32, "int", "float", false, DBG_FPU, FPU_FOSEG)                                      \
    R("fooff", 32, "int", "float", false, DBG_FPU, FPU_FOOFF)                                      \
    R("fop", 32, "int", "float", false, DBG_FPU, FPU_FOP)

#define DEBUG_CORE64(R)                                                                            \
    R("rax", 64, "int64", NULL, false, DBG_GPR, RAX) R("rbx", 64, "int64", NULL, false, DBG_GPR, RBX) \
    R("rcx", 64, "int64", NULL, false, DBG_GPR, RCX) R("rdx", 64, "int64", NULL, false, DBG_GPR, RDX) \
    R("rsi", 64, "int64", NULL, false, DBG_GPR, RSI) R("rdi", 64, "int64", NULL, false, DBG_GPR, RDI) \
    R("rbp", 64, "data_ptr", NULL, false, DBG_GPR, RBP)                                            \
    R("rsp", 64, "data_ptr", NULL, false, DBG_GPR, RSP)                                            \
    R("r8", 64, "int64", NULL, false, DBG_GPR, R8) R("r9", 64, "int64", NULL, false, DBG_GPR, R9)  \
    R("r10", 64, "int64", NULL, false, DBG_GPR, R10) R("r11", 64, "int64", NULL, false, DBG_GPR, R11) \
    R("r12", 64, "int64", NULL, false, DBG_GPR, R12) R("r13", 64, "int64", NULL, false, DBG_GPR, R13) \
    R("r14", 64, "int64", NULL, false, DBG_GPR, R14) R("r15", 64, "int64", NULL, false, DBG_GPR, R15) \
    R("rip", 64, "code_ptr", NULL, false, DBG_PC, 0)                                               \
    R("eflags", 32, "i386_eflags", NULL, false, DBG_FLAGS, 0)                                      \
    DEBUG_SEG_REGS(R) DEBUG_FPU_REGS(R)

#define DEBUG_CORE32(R)                                                                            \
    R("eax", 32, "int32", NULL, false, DBG_GPR, RAX) R("ecx", 32, "int32", NULL, false, DBG_GPR, RCX) \
    R("edx", 32, "int32", NULL, false, DBG_GPR, RDX) R("ebx", 32, "int32", NULL, false, DBG_GPR, RBX) \
    R("esp", 32, "data_ptr", NULL, false, DBG_GPR, RSP)                                            \
    R("ebp", 32, "data_ptr", NULL, false, DBG_GPR, RBP)                                            \
    R("esi", 32, "int32", NULL, false, DBG_GPR, RSI) R("edi", 32, "int32", NULL, false, DBG_GPR, RDI) \
    R("eip", 32, "code_ptr", NULL, false, DBG_PC, 0)                                               \
    R("eflags", 32, "i386_eflags", NULL, false, DBG_FLAGS, 0)                                      \
    DEBUG_SEG_REGS(R) DEBUG_FPU_REGS(R)

#define DEBUG_XMM(R, n) R("xmm" #n, 128, "vec128", NULL, false, DBG_XMM, n)
#define DEBUG_XMM_LOW(R)                                                                           \
    DEBUG_XMM(R, 0) DEBUG_XMM(R, 1) DEBUG_XMM(R, 2) DEBUG_XMM(R, 3) DEBUG_XMM(R, 4) DEBUG_XMM(R, 5) \
    DEBUG_XMM(R, 6) DEBUG_XMM(R, 7)
#define DEBUG_XMM_HIGH(R)                                                                          \
    DEBUG_XMM(R, 8) DEBUG_XMM(R, 9) DEBUG_XMM(R, 10) DEBUG_XMM(R, 11) DEBUG_XMM(R, 12)             \
    DEBUG_XMM(R, 13) DEBUG_XMM(R, 14) DEBUG_XMM(R, 15)
#define DEBUG_MXCSR(R) R("mxcsr", 32, "i386_mxcsr", "vector", false, DBG_MXCSR, 0)
#define DEBUG_SSE32(R) DEBUG_XMM_LOW(R) DEBUG_MXCSR(R)
#define DEBUG_SSE64(R) DEBUG_XMM_LOW(R) DEBUG_XMM_HIGH(R) DEBUG_MXCSR(R)

#define DEBUG_LINUX64(R) R("orig_rax", 64, "int", "system", false, DBG_ORIG_AX, 0)
#define DEBUG_LINUX32(R) R("orig_eax", 32, "int", "system", false, DBG_ORIG_AX, 0)

#define DEBUG_SEGMENTS(R)                                                                          \
    R("fs_base", 64, "int", NULL, false, DBG_SEG_BASE, SEG_FS)                                    \
    R("gs_base", 64, "int", NULL, false, DBG_SEG_BASE, SEG_GS)

/* Control registers and the like; w is the width of a register in the view. */
#define DEBUG_CONTROL(R, w, long_type)                                                             \
    R("cr0", w, "x86_cr0", "system", false, DBG_CR, 0) R("cr2", w, long_type, "system", false, DBG_CR, 2) \
    R("cr3", w, long_type, "system", false, DBG_CR, 3) R("cr4", w, "x86_cr4", "system", false, DBG_CR, 4) \
    R("cr8", w, long_type, "system", true, DBG_CR, 8)                                              \
    R("efer", w, "x86_efer", "system", false, DBG_EFER, 0)                                         \
    R("gdtr", w, long_type, "system", false, DBG_GDTR, 0) R("idtr", w, long_type, "system", false, DBG_IDTR, 0) \
    R("tr", 32, "int32", "system", true, DBG_SEG, SEG_TR)                                          \
    R("ldtr", 32, "int32", "system", true, DBG_SEG, SEG_LDTR)                                      \
    R("dr0", w, long_type, "system", false, DBG_DR, 0) R("dr1", w, long_type, "system", false, DBG_DR, 1) \
    R("dr2", w, long_type, "system", false, DBG_DR, 2) R("dr3", w, long_type, "system", false, DBG_DR, 3) \
    R("dr6", w, long_type, "system", false, DBG_DR, 6) R("dr7", w, long_type, "system", false, DBG_DR, 7)
#define DEBUG_ICOUNT(R) R("icount", 64, "uint64", "system", true, DBG_ICOUNT, 0)

#define DEBUG_SYSTEM64(R)                                                                          \
    DEBUG_CONTROL(R, 64, "int64")                                                                  \
    R("k_gs_base", 64, "int64", "system", false, DBG_KERNEL_GS, 0) DEBUG_ICOUNT(R)
#define DEBUG_SYSTEM32(R)                                                                          \
    DEBUG_CONTROL(R, 32, "int32")                                                                  \
    R("fs_base", 32, "int32", "system", false, DBG_SEG_BASE, SEG_FS)                               \
    R("gs_base", 32, "int32", "system", false, DBG_SEG_BASE, SEG_GS) DEBUG_ICOUNT(R)

#endif
