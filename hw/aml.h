/* aml.h - write ACPI machine language */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Terms are appended to a buf in order; a package-like term is opened, filled and closed. Source:
 * ACPI specification 6.4, chapters 20 (AML) and 6.4 (resource data types).
 */
#ifndef HW_AML_H
#define HW_AML_H

#include "emu/buf.h"
#include "emu/types.h"

/* An open term: closing it inserts its length. */
struct aml_open {
    size_t at; /* where the PkgLength goes */
};

struct aml_open aml_scope(struct buf *b, const char *path);   /* Scope("\\_SB") */
struct aml_open aml_device(struct buf *b, const char *name);
struct aml_open aml_package(struct buf *b, u8 n_elements);
void aml_close(struct buf *b, struct aml_open open);

void aml_name(struct buf *b, const char *name); /* Name(name, the term that follows) */
void aml_int(struct buf *b, u64 value);
void aml_eisa_id(struct buf *b, const char *id); /* "PNP0A03" */
void aml_string(struct buf *b, const char *text);

/* A resource template, a buffer of descriptors. */
struct aml_open aml_resources(struct buf *b);
void aml_io(struct buf *b, u16 base, u8 size);
void aml_irq(struct buf *b, unsigned irq);
void aml_dma(struct buf *b, unsigned channel);
void aml_bus_numbers(struct buf *b, u16 first, u16 last);
void aml_io_window(struct buf *b, u16 first, u16 last);
void aml_memory_window(struct buf *b, u32 first, u32 last, bool cacheable);
void aml_close_resources(struct buf *b, struct aml_open open);

#endif
