/* features.h - CPUID feature names: one line each gives the enum, the bit, and the -cpu name */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sources: SDM vol. 2, CPUID; AMD APM vol. 3, appendix E (leaves 8000_0001 ECX/EDX). */
#ifndef ARCH_X86_FEATURES_H
#define ARCH_X86_FEATURES_H

/* X(enum name, leaf word, bit, "name"): words: 1D 1C (leaf 1 EDX ECX), 7B 7C 7D (leaf 7.0), 81D 81C (8000_0001), D1A (leaf D.1 EAX) */
#define X86_FEATURES(X)                                                                            \
    X(FPU, 1D, 0, "fpu") X(VME, 1D, 1, "vme") X(DE, 1D, 2, "de") X(PSE, 1D, 3, "pse")              \
    X(TSC, 1D, 4, "tsc") X(MSR, 1D, 5, "msr") X(PAE, 1D, 6, "pae") X(MCE, 1D, 7, "mce")            \
    X(CX8, 1D, 8, "cx8") X(APIC, 1D, 9, "apic") X(SEP, 1D, 11, "sep") X(MTRR, 1D, 12, "mtrr")      \
    X(PGE, 1D, 13, "pge") X(MCA, 1D, 14, "mca") X(CMOV, 1D, 15, "cmov") X(PAT, 1D, 16, "pat")      \
    X(PSE36, 1D, 17, "pse36") X(CLFLUSH, 1D, 19, "clflush") X(MMX, 1D, 23, "mmx")                  \
    X(FXSR, 1D, 24, "fxsr") X(SSE, 1D, 25, "sse") X(SSE2, 1D, 26, "sse2")                          \
    X(SSE3, 1C, 0, "sse3") X(PCLMUL, 1C, 1, "pclmulqdq") X(SSSE3, 1C, 9, "ssse3")                  \
    X(CX16, 1C, 13, "cx16") X(PCID, 1C, 17, "pcid") X(SSE41, 1C, 19, "sse4.1")                     \
    X(SSE42, 1C, 20, "sse4.2") X(X2APIC, 1C, 21, "x2apic") X(MOVBE, 1C, 22, "movbe")               \
    X(POPCNT, 1C, 23, "popcnt") X(XSAVE, 1C, 26, "xsave") X(RDRAND, 1C, 30, "rdrand")              \
    X(HYPERVISOR, 1C, 31, "hypervisor")                                                            \
    X(FSGSBASE, 7B, 0, "fsgsbase") X(SMEP, 7B, 7, "smep") X(ERMS, 7B, 9, "erms")                   \
    X(INVPCID, 7B, 10, "invpcid") X(RDSEED, 7B, 18, "rdseed") X(SMAP, 7B, 20, "smap")              \
    X(UMIP, 7C, 2, "umip") X(RDPID, 7C, 22, "rdpid")                                               \
    X(SYSCALL, 81D, 11, "syscall") X(NX, 81D, 20, "nx") X(PDPE1GB, 81D, 26, "pdpe1gb")             \
    X(RDTSCP, 81D, 27, "rdtscp") X(LM, 81D, 29, "lm") X(LAHF_LM, 81C, 0, "lahf-lm")

enum x86_feature {
    X86_FEATURE_NONE,
#define X(name, word, bit, text) X86_FEATURE_##name,
    X86_FEATURES(X)
#undef X
    X86_N_FEATURES
};

#endif
