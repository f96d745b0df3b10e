/* jit_pins.c - which words of the CPU struct are in host registers from op to op */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/jit_pins.h"

#include "emu/check.h"
#include "emu/jit_int.h"

const u8 jit_pin_regs[JIT_PINS] = {HR_BX, HR_SI, HR_DI, HR_8, HR_9, HR_10, HR_11, JIT_BUDGET};

void jit_pins_init(struct jit_pins *p)
{
    memset(p, 0, sizeof(*p));
    memset(p->of, HR_NONE, sizeof(p->of));
}

void jit_pins_clear(struct jit_pins *p)
{
    for (unsigned i = 0; i < p->n; i++)
        p->of[p->word[i]] = HR_NONE;
    p->n = 0;
    p->budget_in_memory = false;
    p->call = p->leaf = p->vec_read = p->vec_write = NULL;
    memset(p->read, 0, sizeof(p->read));
    memset(p->store, 0, sizeof(p->store));
}

void jit_pins_add(struct jit_pins *p, u16 word, u8 reg)
{
    CHECK(p->n < JIT_PINS && word < JIT_WORDS && p->of[word] == HR_NONE);
    p->word[p->n] = word;
    p->reg[p->n] = reg;
    p->written[p->n] = true;
    p->of[word] = reg;
    p->n++;
    p->budget_in_memory |= reg == JIT_BUDGET;
}

void jit_pins_exchange(struct asm_buf *a, const struct jit_pins *from, const struct jit_pins *to)
{
    for (unsigned i = 0; i < from->n; i++)
        if (from->written[i] && to->of[from->word[i]] != from->reg[i])
            asm_store(a, IR_64, JIT_WORD(from->word[i]), from->reg[i]);
    if (to->budget_in_memory && !from->budget_in_memory)
        asm_store(a, IR_64, JIT_CPU(budget), JIT_BUDGET);
    if (from->budget_in_memory && !to->budget_in_memory)
        asm_load(a, IR_64, JIT_BUDGET, JIT_CPU(budget));
    for (unsigned i = 0; i < to->n; i++)
        if (from->of[to->word[i]] != to->reg[i])
            asm_load(a, IR_64, to->reg[i], JIT_WORD(to->word[i]));
}
