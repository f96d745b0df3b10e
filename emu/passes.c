/* passes.c - the optimisations' names */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/passes.h"

#include <string.h>

const struct pass_info passes[] = {
#define X(constant, bit, name, what) {(u32)1 << (bit), name, what},
    PASSES(X)
#undef X
    {0, NULL, NULL},
};

static u32 named(const char *name, size_t len)
{
    if (len == 3 && !memcmp(name, "all", 3))
        return UINT32_MAX;
    for (const struct pass_info *p = passes; p->bit; p++)
        if (strlen(p->name) == len && !memcmp(p->name, name, len))
            return p->bit;
    return 0;
}

bool passes_parse(const char *names, u32 *set, const char **unknown)
{
    *set = 0;
    for (;;) {
        size_t len = strcspn(names, "+,");
        u32 bits = named(names, len);
        if (!bits) {
            *unknown = names;
            return false;
        }
        *set |= bits;
        names += len;
        if (*names != '+')
            return true;
        names++;
    }
}
