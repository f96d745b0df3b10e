/* aml.c - write ACPI machine language */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/aml.h"

#include <string.h>

#include "emu/check.h"

enum {
    OP_ZERO = 0x00,
    OP_ONE = 0x01,
    OP_NAME = 0x08,
    OP_BYTE = 0x0a,
    OP_WORD = 0x0b,
    OP_DWORD = 0x0c,
    OP_STRING = 0x0d,
    OP_QWORD = 0x0e,
    OP_SCOPE = 0x10,
    OP_BUFFER = 0x11,
    OP_PACKAGE = 0x12,
    OP_EXT = 0x5b,
    OP_DEVICE = 0x82
};

/* 20.2.4: one byte up to 63, else the low nibble and 1 to 3 more bytes. The
 * length counts itself. */
static unsigned package_length(u8 out[4], size_t content)
{
    if (content + 1 < 64) {
        out[0] = content + 1;
        return 1;
    }
    for (unsigned more = 1; more <= 3; more++) {
        size_t total = content + 1 + more;
        if (total >> (4 + 8 * more))
            continue;
        out[0] = more << 6 | (total & 15);
        for (unsigned i = 0; i < more; i++)
            out[1 + i] = total >> (4 + 8 * i);
        return 1 + more;
    }
    CHECK(!"AML term too long");
    return 0;
}

static void insert(struct buf *b, size_t at, const u8 *bytes, unsigned n)
{
    buf_grow(b, n);
    memmove(b->data + at + n, b->data + at, b->len - n - at);
    memcpy(b->data + at, bytes, n);
}

void aml_close(struct buf *b, struct aml_open open)
{
    u8 length[4];
    unsigned n = package_length(length, b->len - open.at);
    insert(b, open.at, length, n);
}

/* A path: an optional '\', then one name of up to four characters, padded with '_'. */
static void put_name(struct buf *b, const char *name)
{
    if (*name == '\\') {
        buf_put_u8(b, '\\');
        name++;
    }
    size_t n = strlen(name);
    CHECK(n >= 1 && n <= 4);
    for (size_t i = 0; i < 4; i++)
        buf_put_u8(b, i < n ? name[i] : '_');
}

struct aml_open aml_scope(struct buf *b, const char *path)
{
    buf_put_u8(b, OP_SCOPE);
    struct aml_open open = {b->len};
    put_name(b, path);
    return open;
}

struct aml_open aml_device(struct buf *b, const char *name)
{
    buf_put_u8(b, OP_EXT);
    buf_put_u8(b, OP_DEVICE);
    struct aml_open open = {b->len};
    put_name(b, name);
    return open;
}

struct aml_open aml_package(struct buf *b, u8 n_elements)
{
    buf_put_u8(b, OP_PACKAGE);
    struct aml_open open = {b->len};
    buf_put_u8(b, n_elements);
    return open;
}

void aml_name(struct buf *b, const char *name)
{
    buf_put_u8(b, OP_NAME);
    put_name(b, name);
}

void aml_int(struct buf *b, u64 value)
{
    if (value <= 1) {
        buf_put_u8(b, value ? OP_ONE : OP_ZERO);
    } else if (value <= UINT8_MAX) {
        buf_put_u8(b, OP_BYTE);
        buf_put_u8(b, value);
    } else if (value <= UINT16_MAX) {
        buf_put_u8(b, OP_WORD);
        buf_put_u16(b, value);
    } else if (value <= UINT32_MAX) {
        buf_put_u8(b, OP_DWORD);
        buf_put_u32(b, value);
    } else {
        buf_put_u8(b, OP_QWORD);
        buf_put_u64(b, value);
    }
}

static unsigned hex(char c)
{
    return c <= '9' ? c - '0' : c - 'A' + 10;
}

/* Three letters of 5 bits and four hex digits, big-endian. */
void aml_eisa_id(struct buf *b, const char *id)
{
    CHECK(strlen(id) == 7);
    u32 v = (u32)(id[0] - '@') << 26 | (u32)(id[1] - '@') << 21 | (u32)(id[2] - '@') << 16 |
            hex(id[3]) << 12 | hex(id[4]) << 8 | hex(id[5]) << 4 | hex(id[6]);
    buf_put_u8(b, OP_DWORD);
    buf_put_u32(b, __builtin_bswap32(v));
}

void aml_string(struct buf *b, const char *text)
{
    buf_put_u8(b, OP_STRING);
    buf_put(b, text, strlen(text) + 1);
}

struct aml_open aml_resources(struct buf *b)
{
    buf_put_u8(b, OP_BUFFER);
    return (struct aml_open){b->len};
}

void aml_close_resources(struct buf *b, struct aml_open open)
{
    buf_put_u8(b, 0x79); /* end tag; a checksum of zero is not checked */
    buf_put_u8(b, 0);
    struct buf size = {0};
    aml_int(&size, b->len - open.at);
    insert(b, open.at, size.data, size.len);
    buf_fini(&size);
    aml_close(b, open);
}

void aml_io(struct buf *b, u16 base, u8 size)
{
    buf_put_u8(b, 0x47);
    buf_put_u8(b, 1); /* decodes 16 bits */
    buf_put_u16(b, base);
    buf_put_u16(b, base);
    buf_put_u8(b, 1);
    buf_put_u8(b, size);
}

void aml_irq(struct buf *b, unsigned irq)
{
    buf_put_u8(b, 0x22); /* edge, active high, not shared */
    buf_put_u16(b, 1u << irq);
}

void aml_dma(struct buf *b, unsigned channel)
{
    buf_put_u8(b, 0x2a);
    buf_put_u8(b, 1u << channel);
    buf_put_u8(b, 0);
}

static void word_window(struct buf *b, u8 type, u8 type_flags, u16 first, u16 last)
{
    buf_put_u8(b, 0x88);
    buf_put_u16(b, 13);
    buf_put_u8(b, type);
    buf_put_u8(b, 0x0c); /* produced, fixed minimum and maximum, positive decode */
    buf_put_u8(b, type_flags);
    buf_put_u16(b, 0);
    buf_put_u16(b, first);
    buf_put_u16(b, last);
    buf_put_u16(b, 0);
    buf_put_u16(b, last - first + 1);
}

void aml_bus_numbers(struct buf *b, u16 first, u16 last)
{
    word_window(b, 2, 0, first, last);
}

void aml_io_window(struct buf *b, u16 first, u16 last)
{
    word_window(b, 1, 3, first, last); /* ISA and other addresses */
}

void aml_memory_window(struct buf *b, u32 first, u32 last, bool cacheable)
{
    buf_put_u8(b, 0x87);
    buf_put_u16(b, 23);
    buf_put_u8(b, 0);
    buf_put_u8(b, 0x0c);
    buf_put_u8(b, cacheable ? 3 : 1); /* read-write */
    buf_put_u32(b, 0);
    buf_put_u32(b, first);
    buf_put_u32(b, last);
    buf_put_u32(b, 0);
    buf_put_u32(b, last - first + 1);
}
