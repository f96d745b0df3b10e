/* ps2_queue.c - the bytes that a PS/2 device has for the controller */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hw/ps2.h"

static const struct state_field queue_fields[] = {
    PS2_QUEUE_STATE(STATE_ROW_F, STATE_ROW_A, STATE_ROW_S, struct ps2_queue)};
const struct state_desc ps2_queue_state = {"queue", queue_fields, ARRAY_SIZE(queue_fields)};

unsigned ps2_queue_room(const struct ps2_queue *q)
{
    return PS2_QUEUE_SIZE - q->count;
}

bool ps2_queue_put(struct ps2_queue *q, u8 byte)
{
    if (q->count >= PS2_QUEUE_SIZE)
        return false;
    q->byte[(q->head + q->count++) % PS2_QUEUE_SIZE] = byte;
    return true;
}

u8 ps2_queue_get(struct ps2_queue *q)
{
    u8 byte = q->byte[q->head % PS2_QUEUE_SIZE];
    q->head = (q->head + 1) % PS2_QUEUE_SIZE;
    q->count--;
    return byte;
}

void ps2_queue_clear(struct ps2_queue *q)
{
    q->head = q->count = 0;
}

void ps2_queue_after_load(struct ps2_queue *q)
{
    q->head %= PS2_QUEUE_SIZE;
    q->count = MIN(q->count, PS2_QUEUE_SIZE);
}
