/* accel.c - which engine runs guest code, and how: the text of -accel */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/accel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/buf.h"
#include "emu/ir.h"
#include "emu/log.h"
#include "emu/passes.h"

/* The number at *p, which must end there, up to a comma. */
static bool number(const char *p, size_t n, u64 least, u64 most, u64 *v)
{
    char *end;
    errno = 0;
    *v = strtoull(p, &end, 10);
    return n && *p >= '0' && *p <= '9' && end == p + n && !errno && *v >= least && *v <= most;
}

static bool one_number(const char *option, const char *item, size_t n, u64 least, u64 most, u64 *v)
{
    const char *value = memchr(item, '=', n) + 1;
    if (number(value, n - (size_t)(value - item), least, most, v))
        return true;
    return error_report("%s: \"%.*s\" is not a number from %llu to %llu", option,
                        (int)MIN(n, (size_t)80), item, (unsigned long long)least,
                        (unsigned long long)most);
}

static bool starts(const char *item, size_t n, const char *key)
{
    size_t k = strlen(key);
    return n >= k && !memcmp(item, key, k);
}

static bool no_such_pass(const char *option, const char *name)
{
    struct buf all = {0};
    for (const struct pass_info *p = passes; p->bit; p++)
        buf_printf(&all, "%s%s", p == passes ? "" : ", ", p->name);
    error_report("%s: \"%.*s\" is no optimisation that could be off; there are %s, and all", option,
                 (int)strcspn(name, "+,"), name, buf_cstr(&all));
    buf_fini(&all);
    return false;
}

static bool one_item(const char *option, const char *item, size_t n, struct accel *out)
{
    u64 v;
    const char *unknown;
    if (starts(item, n, "tb-size=")) {
        if (!one_number(option, item, n, ACCEL_MIN_MIB, ACCEL_MAX_MIB, &v))
            return false;
        out->code_bytes = v * MiB;
    } else if (starts(item, n, "warm=")) {
        if (!one_number(option, item, n, 1, UINT32_MAX, &v))
            return false;
        out->warm = (unsigned)v;
    } else if (starts(item, n, "heat=")) {
        if (!one_number(option, item, n, 1, INT32_MAX, &v))
            return false;
        out->heat = (unsigned)v;
    } else if (starts(item, n, "max-insns=")) {
        if (!one_number(option, item, n, 1, IR_MAX_INSNS, &v))
            return false;
        out->max_insns = (unsigned)v;
    } else if (starts(item, n, "off=")) {
        u32 set;
        if (!passes_parse(item + strlen("off="), &set, &unknown))
            return no_such_pass(option, unknown);
        out->passes_off |= set;
    } else {
        return error_report("%s: \"%.*s\" is not known here; there are tb-size=, warm=, heat=, "
                            "max-insns= and off=",
                            option, (int)MIN(n, (size_t)80), item);
    }
    return true;
}

bool accel_parse(const char *option, const char *text, struct accel *out)
{
    const char *p = text;
    size_t n = strcspn(p, ",");
    *out = (struct accel){.code_bytes = ACCEL_DEFAULT_MIB * MiB};
    out->jit = n == 3 && (!memcmp(p, "jit", 3) || !memcmp(p, "tcg", 3));
    if (!out->jit && !(n == 6 && !memcmp(p, "interp", 6)))
        return error_report("%s %s: not an engine that is here; use jit or interp (tcg means jit)",
                            option, text);
    for (p += n; *p; p += n) {
        n = strcspn(++p, ",");
        if (!one_item(option, p, n, out))
            return false;
    }
    return true;
}
