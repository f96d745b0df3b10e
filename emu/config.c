/* config.c - a machine's configuration: defaults, its files, and the form recordings keep */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emu/accel.h"
#include "emu/check.h"
#include "emu/clock.h"
#include "emu/log.h"
#include "emu/state.h"

/* The environment's, so that all tests can be run on another engine. */
static const char *default_accel(void)
{
    const char *text = getenv("HINDSIGHT_ACCEL");
    struct accel unused;
    return text && accel_parse("HINDSIGHT_ACCEL", text, &unused) ? text : "jit";
}

void config_init(struct machine_config *c)
{
    *c = (struct machine_config){
        .arch = xstrdup("x86_64"),
        .board = xstrdup("pc"),
        .cpu = xstrdup("qemu64"),
        .ram_size = 128 * MiB,
        .vga = xstrdup("std"),
        .append = xstrdup(""),
        .n_serial = 1,
        .icount_shift = CLOCK_DEFAULT_SHIFT,
        .sleep = true,
        .rtc_base = xstrdup("utc"),
        .rtc_clock = RTC_CLOCK_VM, /* so that a command's recordings repeat */
        .name = xstrdup(""),
        .boot_order = xstrdup("cad"),
        .hpet = true,
        .semihosting = xstrdup(""),
        .accel = xstrdup(default_accel()),
    };
}

static void file_fini(struct config_file *f)
{
    free(f->path);
    free(f->data);
}

void config_fini(struct machine_config *c)
{
    free(c->arch);
    free(c->board);
    free(c->cpu);
    file_fini(&c->kernel);
    file_fini(&c->initrd);
    file_fini(&c->dtb);
    file_fini(&c->bios);
    file_fini(&c->vgabios);
    free(c->vga);
    free(c->append);
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        config_drive_fini(&c->drive[i]);
    config_nets_fini(c->net);
    for (unsigned i = 0; i < c->n_media; i++)
        config_medium_fini(&c->medium[i]);
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES; i++)
        free(c->device[i]);
    free(c->rtc_base);
    free(c->name);
    free(c->boot_order);
    free(c->semihosting);
    free(c->accel);
    *c = (struct machine_config){0};
}

static bool read_all(FILE *f, u8 **data, size_t *size)
{
    struct buf b = {0};
    size_t n;

    do {
        u8 *p = buf_grow(&b, 1 << 20);
        n = fread(p, 1, 1 << 20, f);
        b.len -= (1 << 20) - n;
    } while (n && b.len < CONFIG_MAX_FILE);
    if (ferror(f)) {
        buf_fini(&b);
        return false;
    }
    *data = b.data;
    *size = b.len;
    return true;
}

static bool load_file(const char *option, struct config_file *f)
{
    u8 *data;
    size_t size;

    if (!f->path || f->data)
        return true;
    struct stat st;
    if (!stat(f->path, &st) &&
        !S_ISREG(st.st_mode)) /* before it is opened: a fifo would wait for a writer */
        return error_report("%s %s: this is not a regular file", option, f->path);
    FILE *in = fopen(f->path, "rb");
    if (!in)
        return error_report("%s %s: cannot open the file: %s", option, f->path, strerror(errno));
    bool ok = read_all(in, &data, &size);
    int error = errno;
    fclose(in);
    if (!ok)
        return error_report("%s %s: cannot read the file: %s", option, f->path, strerror(error));
    u64 digest = digest_bytes(data, size, 0);
    /* A recording says what the file was. */
    if ((f->size || f->digest) && (f->size != size || f->digest != digest)) {
        free(data);
        return error_report("%s %s: the file has changed since the recording was made (%zu bytes, "
                            "digest %016" PRIx64 " then; %zu bytes, %016" PRIx64
                            " now); put the old "
                            "one back to replay",
                            option, f->path, f->size, f->digest, size, digest);
    }
    if (size >= CONFIG_MAX_FILE) {
        free(data);
        return error_report("%s %s: the file is too large", option, f->path);
    }
    f->data = data;
    f->size = size;
    f->digest = digest;
    return true;
}

bool config_load_files(struct machine_config *c)
{
    return load_file("-kernel", &c->kernel) && load_file("-initrd", &c->initrd) &&
           load_file("-dtb", &c->dtb) && load_file("-bios", &c->bios) && load_file("-vga", &c->vgabios);
}

/* The saved form: one "key=value" a line, in the order of this table. In values a newline is \n and
 * a backslash is \\. */
enum entry_kind {
    ENTRY_STR,
    ENTRY_U64,
    ENTRY_U8,
    ENTRY_BOOL,
    ENTRY_FILE,
    ENTRY_DEVICES,
    ENTRY_DRIVE,
    ENTRY_NETS,
    ENTRY_RTC_CLOCK
};

struct entry {
    const char *key;
    const char *words; /* for people: stands before the value */
    enum entry_kind kind;
    size_t offset;
    u64 min, max; /* of numbers */
};

#define FIELD(m) offsetof(struct machine_config, m)
static const struct entry entries[] = {
    {"arch", "-arch ", ENTRY_STR, FIELD(arch), 0, 0},
    {"board", "-M ", ENTRY_STR, FIELD(board), 0, 0},
    {"cpu", "-cpu ", ENTRY_STR, FIELD(cpu), 0, 0},
    {"ram_size", "bytes of memory: ", ENTRY_U64, FIELD(ram_size), MiB, CONFIG_MAX_RAM},
    {"kernel", "-kernel ", ENTRY_FILE, FIELD(kernel), 0, 0},
    {"initrd", "-initrd ", ENTRY_FILE, FIELD(initrd), 0, 0},
    {"dtb", "-dtb ", ENTRY_FILE, FIELD(dtb), 0, 0},
    {"bios", "-bios ", ENTRY_FILE, FIELD(bios), 0, 0},
    {"vga", "-vga ", ENTRY_STR, FIELD(vga), 0, 0},
    {"vgabios", "VGA BIOS: ", ENTRY_FILE, FIELD(vgabios), 0, 0},
    {"append", "-append ", ENTRY_STR, FIELD(append), 0, 0},
    {"drive0", "-drive ", ENTRY_DRIVE, FIELD(drive[0]), 0, 0},
    {"drive1", "-drive ", ENTRY_DRIVE, FIELD(drive[1]), 0, 0},
    {"drive2", "-drive ", ENTRY_DRIVE, FIELD(drive[2]), 0, 0},
    {"drive3", "-drive ", ENTRY_DRIVE, FIELD(drive[3]), 0, 0},
    {"drive4", "-drive ", ENTRY_DRIVE, FIELD(drive[4]), 0, 0},
    {"drive5", "-drive ", ENTRY_DRIVE, FIELD(drive[5]), 0, 0},
    {"drive6", "-drive ", ENTRY_DRIVE, FIELD(drive[6]), 0, 0},
    {"drive7", "-drive ", ENTRY_DRIVE, FIELD(drive[7]), 0, 0},
    {"drive8", "-drive ", ENTRY_DRIVE, FIELD(drive[8]), 0, 0},
    {"drive9", "-drive ", ENTRY_DRIVE, FIELD(drive[9]), 0, 0},
    {"nets", "-netdev ", ENTRY_NETS, FIELD(net), 0, 0},
    {"device", "-device ", ENTRY_DEVICES, FIELD(device), 0, 0},
    {"serials", "serial ports: ", ENTRY_U8, FIELD(n_serial), 0, CONFIG_MAX_SERIAL},
    {"icount_shift", "-icount shift=", ENTRY_U8, FIELD(icount_shift), 0, CLOCK_MAX_SHIFT},
    {"sleep", "-icount sleep=", ENTRY_BOOL, FIELD(sleep), 0, 1},
    {"rtc_base", "-rtc base=", ENTRY_STR, FIELD(rtc_base), 0, 0},
    {"rtc_clock", "-rtc clock=", ENTRY_RTC_CLOCK, FIELD(rtc_clock), RTC_CLOCK_HOST, RTC_CLOCK_VM},
    {"seed", "-seed ", ENTRY_U64, FIELD(seed), 0, UINT64_MAX},
    {"has_seed", "-seed given: ", ENTRY_BOOL, FIELD(has_seed), 0, 1},
    {"no_reboot", "-no-reboot: ", ENTRY_BOOL, FIELD(no_reboot), 0, 1},
    {"no_shutdown", "-no-shutdown: ", ENTRY_BOOL, FIELD(no_shutdown), 0, 1},
    {"boot_order", "-boot order=", ENTRY_STR, FIELD(boot_order), 0, 0},
    {"boot_menu", "-boot menu=", ENTRY_BOOL, FIELD(boot_menu), 0, 1},
    {"hpet", "-machine hpet=", ENTRY_BOOL, FIELD(hpet), 0, 1},
    {"semihosting", "-semihosting-config ", ENTRY_STR, FIELD(semihosting), 0, 0},
    {"name", "-name ", ENTRY_STR, FIELD(name), 0, 0},
};

static void put_escaped(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\n' || *s == '\\')
            buf_put_u8(out, '\\');
        buf_put_u8(out, *s == '\n' ? 'n' : *s);
    }
}

static void save_file(const struct config_file *f, struct buf *out)
{
    if (!f->path)
        return;
    buf_printf(out, "%zu,%016" PRIx64 ",", f->size, f->digest);
    put_escaped(out, f->path);
}

static void save_devices(char *const *device, struct buf *out)
{
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && device[i]; i++) {
        if (i)
            buf_put_u8(out, ' '); /* device texts have no blanks: config_add_device() sees to it */
        put_escaped(out, device[i]);
    }
}

void config_save(const struct machine_config *c, struct buf *out)
{
    for (const struct entry *e = entries; e < entries + ARRAY_SIZE(entries); e++) {
        const void *p = (const char *)c + e->offset;
        buf_printf(out, "%s=", e->key);
        switch (e->kind) {
        case ENTRY_STR: put_escaped(out, *(char *const *)p ? *(char *const *)p : ""); break;
        case ENTRY_U64: buf_printf(out, "%" PRIu64, *(const u64 *)p); break;
        case ENTRY_U8: buf_printf(out, "%u", *(const u8 *)p); break;
        case ENTRY_BOOL: buf_printf(out, "%d", *(const bool *)p); break;
        case ENTRY_FILE: save_file(p, out); break;
        case ENTRY_DRIVE: config_drive_save(p, out); break;
        case ENTRY_NETS: config_nets_save(p, out); break;
        case ENTRY_DEVICES: save_devices(p, out); break;
        case ENTRY_RTC_CLOCK: buf_printf(out, "%d", (int)*(const enum rtc_clock *)p); break;
        }
        buf_put_u8(out, '\n');
    }
}

/* Undoes put_escaped(); NULL when ill-formed. Owned by the caller. */
static char *unescape(const char *s, size_t n)
{
    char *out = xmalloc(n + 1), *o = out;
    for (size_t i = 0; i < n; i++) {
        char ch = s[i];
        if (ch == '\\') {
            if (++i == n || (s[i] != 'n' && s[i] != '\\')) {
                free(out);
                return NULL;
            }
            ch = s[i] == 'n' ? '\n' : '\\';
        }
        *o++ = ch;
    }
    *o = 0;
    return out;
}

/* A number at s of which all n characters are used. */
static bool parse_number(const char *s, size_t n, int base, u64 *v)
{
    char text[32], *end;
    if (!n || n >= sizeof(text) || s[0] == '-' || s[0] == '+' || s[0] == ' ')
        return false;
    memcpy(text, s, n);
    text[n] = 0;
    errno = 0;
    *v = strtoull(text, &end, base);
    return !*end && !errno;
}

static bool load_str(char **p, const char *s, size_t n)
{
    char *text = unescape(s, n);
    if (!text)
        return false;
    free(*p);
    *p = text;
    return true;
}

static bool load_file_entry(struct config_file *f, const char *s, size_t n)
{
    u64 size;

    file_fini(f);
    *f = (struct config_file){0};
    if (!n)
        return true;
    const char *comma = memchr(s, ',', n);
    if (!comma || !parse_number(s, comma - s, 10, &size) || size >= CONFIG_MAX_FILE)
        return false;
    const char *digest = comma + 1;
    const char *end = s + n;
    comma = memchr(digest, ',', end - digest);
    if (!comma || !parse_number(digest, comma - digest, 16, &f->digest))
        return false;
    f->size = size;
    return comma + 1 < end && load_str(&f->path, comma + 1, end - comma - 1);
}

bool config_add_device(struct machine_config *c, const char *text)
{
    unsigned i = 0;
    while (i < CONFIG_MAX_DEVICES && c->device[i])
        i++;
    if (i == CONFIG_MAX_DEVICES || !*text || strpbrk(text, " \t\n"))
        return false;
    c->device[i] = xstrdup(text);
    return true;
}

static bool load_devices(struct machine_config *c, const char *s, size_t n)
{
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES; i++) {
        free(c->device[i]);
        c->device[i] = NULL;
    }
    for (const char *end = s + n; s < end;) {
        const char *blank = memchr(s, ' ', end - s);
        size_t len = (blank ? blank : end) - s;
        char *text = unescape(s, len);
        bool ok = text && config_add_device(c, text);
        free(text);
        if (!ok)
            return false;
        s += len + 1;
    }
    return true;
}

static bool load_entry(struct machine_config *c, const struct entry *e, const char *s, size_t n)
{
    void *p = (char *)c + e->offset;
    u64 v = 0;

    switch (e->kind) {
    case ENTRY_STR: return load_str(p, s, n);
    case ENTRY_FILE: return load_file_entry(p, s, n);
    case ENTRY_DRIVE: return config_drive_load(p, s, n);
    case ENTRY_NETS: return config_nets_load(p, s, n);
    case ENTRY_DEVICES: return load_devices(c, s, n);
    default: break;
    }
    if (!parse_number(s, n, 10, &v) || v < e->min || v > e->max)
        return false;
    switch (e->kind) {
    case ENTRY_U64: *(u64 *)p = v; break;
    case ENTRY_U8: *(u8 *)p = v; break;
    case ENTRY_BOOL: *(bool *)p = v; break;
    default: *(enum rtc_clock *)p = v; break;
    }
    return true;
}

bool config_load(struct machine_config *c, const char *text, size_t n)
{
    const char *end = text + n;

    if (memchr(text, 0, n))
        return error_report("the recording's machine configuration is damaged");
    for (const struct entry *e = entries; e < entries + ARRAY_SIZE(entries); e++) {
        const char *nl = memchr(text, '\n', end - text);
        size_t key = strlen(e->key);
        if (!nl || (size_t)(nl - text) <= key || memcmp(text, e->key, key) || text[key] != '=' ||
            !load_entry(c, e, text + key + 1, nl - text - key - 1))
            return error_report(
                "the recording's machine configuration is damaged at its entry '%s'", e->key);
        text = nl + 1;
    }
    if (text != end)
        return error_report(
            "the recording's machine configuration has entries that this version does "
            "not know");
    return true;
}

static void print_file(const char *value, size_t n, struct buf *out)
{
    const char *digest = memchr(value, ',', n), *end = value + n;
    const char *path = digest ? memchr(digest + 1, ',', end - digest - 1) : NULL;
    if (!path) {
        buf_printf(out, "none");
        return;
    }
    buf_printf(out, "%.*s (%.*s bytes, digest %.*s)", (int)MIN(end - path - 1, 200), path + 1,
               (int)MIN(digest - value, 32), value, (int)MIN(path - digest - 1, 32), digest + 1);
}

void config_print_line(const char *line, size_t n, struct buf *out)
{
    const char *eq = memchr(line, '=', n);
    const char *value = eq ? eq + 1 : line;
    size_t key = eq ? (size_t)(eq - line) : 0, len = line + n - value;
    const struct entry *e = entries, *end = entries + ARRAY_SIZE(entries);

    while (e < end && (strlen(e->key) != key || memcmp(e->key, line, key)))
        e++;
    if (e < end)
        buf_printf(out, "%s", e->words);
    if (e < end && e->kind == ENTRY_FILE)
        print_file(value, len, out);
    else if (e < end && e->kind == ENTRY_DRIVE)
        config_drive_print(value, len, out);
    else if (e < end && e->kind == ENTRY_BOOL)
        buf_printf(out, "%s", len == 1 && *value == '1' ? "on" : "off");
    else if (e < end && e->kind == ENTRY_RTC_CLOCK)
        buf_printf(out, "%s", len == 1 && *value == '0' + RTC_CLOCK_VM ? "vm" : "host");
    else
        buf_printf(out, "%.*s", len ? (int)MIN(len, (size_t)200) : 2, len ? value : "''");
}

static void print_option(struct buf *out, const char *option, const char *value)
{
    if (!value || !*value)
        return;
    bool quote = strpbrk(value, " \t\n'\"\\$`&|;<>()*?[]#~!{}") != NULL;
    buf_printf(out, quote ? " %s '%s'" : " %s %s", option, value);
}

void config_print(const struct machine_config *c, struct buf *out)
{
    char text[32];

    buf_printf(out, "hindsight-system-%s", c->arch);
    print_option(out, "-M", c->board);
    print_option(out, "-cpu", c->cpu);
    if (c->ram_size % MiB)
        snprintf(text, sizeof(text), "%" PRIu64 "K", (u64)(c->ram_size / KiB));
    else
        snprintf(text, sizeof(text), "%" PRIu64 "M", (u64)(c->ram_size / MiB));
    print_option(out, "-m", text);
    print_option(out, "-bios", c->bios.path);
    print_option(out, "-kernel", c->kernel.path);
    print_option(out, "-initrd", c->initrd.path);
    print_option(out, "-dtb", c->dtb.path);
    print_option(out, "-append", c->append);
    if (strcmp(c->vga, "std"))
        print_option(out, "-vga", c->vga);
    for (unsigned i = 0; i < CONFIG_MAX_DRIVES; i++)
        config_drive_print_option(&c->drive[i], out);
    config_nets_print(c->net, out);
    for (unsigned i = 0; i < CONFIG_MAX_DEVICES && c->device[i]; i++)
        print_option(out, "-device", c->device[i]);
    if (!c->n_serial)
        print_option(out, "-serial", "none");
    buf_printf(out, " -icount shift=%u,sleep=%s", c->icount_shift, c->sleep ? "on" : "off");
    buf_printf(out, " -rtc base=%s,clock=%s", c->rtc_base,
               c->rtc_clock == RTC_CLOCK_VM ? "vm" : "host");
    if (c->has_seed)
        buf_printf(out, " -seed %" PRIu64, c->seed);
    if (strcmp(c->boot_order, "cad") || c->boot_menu)
        buf_printf(out, " -boot order=%s,menu=%s", c->boot_order, c->boot_menu ? "on" : "off");
    if (!c->hpet)
        buf_printf(out, " -no-hpet");
    if (c->no_reboot)
        buf_printf(out, " -no-reboot");
    if (c->no_shutdown)
        buf_printf(out, " -no-shutdown");
    print_option(out, "-semihosting-config", c->semihosting);
    print_option(out, "-name", c->name);
}
