/* fuzz_armboard.c - flash memory, fw_cfg, a PCI bus by ECAM, and semihosting calls, with any registers and answers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emu/check.h"
#include "emu/net.h"
#include "hostile.h"
#include "hw/e1000.h"
#include "hw/fw_cfg.h"
#include "hw/pci_ecam.h"
#include "hw/pflash.h"
#include "hw/semihosting.h"
#include "hw/virtio.h"

#define FLASH UINT64_C(0x00800000)
#define FW_CFG UINT64_C(0x09020000)
#define PCI_MEMORY UINT64_C(0x10000000)
#define PCI_PORTS UINT64_C(0x3eff0000)
#define CONFIG UINT64_C(0x3f000000)
enum { FLASH_BYTES = 1 * MiB, MEMORY_BYTES = 0x01000000 };

/* A processor that runs nothing, with memory as it lies on the bus. */
static bool walk(struct cpu *c, u64 va, enum mem_access access, enum mmu_mode mode, unsigned flags, struct page_walk *w)
{
    (void)c, (void)access, (void)mode, (void)flags;
    *w = (struct page_walk){.pa = va & UINT32_MAX, .read = true, .write = true};
    return va < UINT64_C(0xf0000000); /* and some that is nowhere */
}

/* What the host says, sound or not: a recording may say anything. */
static void host(void *opaque, const struct semihost_request *r, struct semihost_result *out)
{
    struct reader *in = opaque;
    static const i32 values[] = {0, -1, 1, 7, INT32_MAX, INT32_MIN};
    u8 how = reader_u8(in);
    out->value = how < 128 ? (i32)r->len : values[how % ARRAY_SIZE(values)];
    out->error = how;
    if (r->data && r->kind == SEMIHOST_READ)
        memset(r->data, how, r->len);
}

static u64 address(u8 which, u32 offset)
{
    switch (which % 5) {
    case 0: return FLASH + offset % FLASH_BYTES;
    case 1: return FW_CFG + offset % FW_CFG_MMIO_BYTES;
    case 2: return CONFIG + (offset & 0xf8ff); /* the functions there are, mostly */
    case 3: return CONFIG + offset % (16 * MiB);
    default: return PCI_MEMORY + offset % MEMORY_BYTES;
    }
}

static void extra(struct hostile_board *b, struct reader *in)
{
    static const u8 sizes[] = {1, 2, 4, 8};
    u8 what = reader_u8(in);
    u64 at = address(what >> 3, reader_u32(in));
    unsigned size = sizes[what & 3];
    struct cpu *c = b->m->cpu;
    if (what >> 3 == 31) {
        b->m->semihost = (struct semihost_host){host, in};
        u32 operation = reader_u8(in), parameter = reader_u32(in);
        c->semihost.call(c->semihost.opaque, operation, what & 1 ? parameter : parameter & (HOSTILE_RAM - 1));
    } else if (what & 4) {
        bus_write(b->m->mem, at, reader_u32(in), size);
    } else {
        bus_read(b->m->mem, at, size);
    }
}

static void sink(void *opaque, const u8 *frame, u32 len)
{
    (void)opaque, (void)frame, (void)len;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t n)
{
    static const struct pci_ecam_windows windows = {CONFIG, 16 * MiB, PCI_MEMORY, MEMORY_BYTES, PCI_PORTS};
    static const struct hostile_ports ports[] = {{0x1000, 64}, {0x1400, 64}};
    static const u8 mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    struct irq irq[PCI_ECAM_PINS] = {{0}};
    struct hostile_board b;

    hostile_board_init(&b, false);
    b.extra = extra;
    struct arch arch = *b.m->cpu->arch;
    arch.walk = walk;
    b.m->cpu->arch = &arch;
    b.config.semihosting = xstrdup("enable=on,arg=program,arg=x");
    b.config.has_seed = true;
    random_new(b.m);
    pflash_fill(pflash_new(b.m, "flash", FLASH, FLASH_BYTES), "flash", 5);
    struct fw_cfg *fw = fw_cfg_new_mmio(b.m, FW_CFG);
    fw_cfg_add_file(fw, "etc/file", "content", 7);
    struct pci_bus *bus = pci_ecam_new(b.m, &windows, irq);
    e1000_new(b.m, bus, PCI_DEVFN(1, 0), "a", mac);
    virtio_rng_new(b.m, virtio_in_slot(bus, PCI_DEVFN(2, 0)));
    net_port_attach(b.m->net[0], sink, NULL, NULL);
    semihosting_new(b.m);
    hostile_board_reset(&b);
    hostile_board_play(&b, ports, ARRAY_SIZE(ports), data, n);
    hostile_board_fini(&b);
    return 0;
}

/* Of extra()'s `what`: a write of 4 bytes, and a call, to be followed by offset and value, or operation and parameter. */
enum { OUT_FLASH = 6, OUT_FW = 8 | 6, OUT_CONFIG = 16 | 6, IN_FLASH = 2, IN_FW = 8, CALL = 31 << 3, EXTRA = 7, POKE = 2 };

size_t hostile_seed(u8 *data, size_t most)
{
    static const u8 seed[] = {
        /* Flash: a sector erased, a word, a buffer of two, the query */
        EXTRA, OUT_FLASH, 0, 0, 4, 0, 0x20, 0, 0x20, 0, EXTRA, OUT_FLASH, 0, 0, 4, 0, 0xd0, 0, 0xd0, 0,
        EXTRA, OUT_FLASH, 0, 0, 4, 0, 0x40, 0, 0x40, 0, EXTRA, OUT_FLASH, 8, 0, 4, 0, 1, 2, 3, 4,
        EXTRA, OUT_FLASH, 0, 0, 4, 0, 0xe8, 0, 0xe8, 0, EXTRA, OUT_FLASH, 0, 0, 4, 0, 1, 0, 1, 0,
        EXTRA, OUT_FLASH, 0, 0, 4, 0, 1, 2, 3, 4, EXTRA, OUT_FLASH, 4, 0, 4, 0, 5, 6, 7, 8,
        EXTRA, OUT_FLASH, 0, 0, 4, 0, 0xd0, 0, 0xd0, 0, EXTRA, OUT_FLASH, 0, 0, 0, 0, 0x98, 0, 0x98, 0,
        EXTRA, IN_FLASH, 0x40, 0, 0, 0,
        /* fw_cfg: a file, a byte; a request at 0x100: select and read 7 bytes to 0x200 */
        EXTRA, 8 | 4 | 1, 8, 0, 0, 0, 0, 0x20, 0, 0, EXTRA, IN_FW, 0, 0, 0, 0,
        POKE, 0, 1, 16, 0, 0x20, 0, 10, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 2, 0,
        EXTRA, OUT_FW, 16, 0, 0, 0, 0, 0, 0, 0, EXTRA, OUT_FW, 20, 0, 0, 0, 0, 0, 1, 0,
        /* PCI: the card's memory, its ports, both on */
        EXTRA, OUT_CONFIG, 0x10, 0x80, 0, 0, 0, 0, 0, 0x10, EXTRA, OUT_CONFIG, 0x18, 0x80, 0, 0, 1, 0x14, 0, 0,
        EXTRA, OUT_CONFIG, 4, 0x80, 0, 0, 7, 0, 0, 0, EXTRA, 32 | 2, 8, 0, 0, 0,
        EXTRA, OUT_CONFIG, 0x20, 0, 1, 0, 0, 0, 2, 0x10, EXTRA, OUT_CONFIG, 4, 0, 1, 0, 7, 0, 0, 0,
        /* Semihosting: a name at 0x300, a block at 0x400: open, read, write, seek, command line, exit */
        POKE, 0, 3, 4, 'f', 'i', 'l', 'e', POKE, 0, 4, 12, 0, 3, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0,
        EXTRA, CALL, 0, 0, 0, 0, 1, 0, 4, 0, 0, 3, POKE, 0, 4, 12, 1, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 1, 0,
        EXTRA, CALL, 0, 0, 0, 0, 6, 0, 4, 0, 0, 3, 0x80 | 2, EXTRA, CALL, 0, 0, 0, 0, 5, 0, 4, 0, 0, 1,
        EXTRA, CALL, 0, 0, 0, 0, 0x0a, 0, 4, 0, 0, EXTRA, CALL, 0, 0, 0, 0, 0x15, 0, 4, 0, 0,
        EXTRA, CALL, 0, 0, 0, 0, 0x11, 0, 4, 0, 0, EXTRA, CALL, 0, 0, 0, 0, 0x20, 0, 4, 0, 0,
    };
    memcpy(data, seed, MIN(sizeof(seed), most));
    return MIN(sizeof(seed), most);
}
