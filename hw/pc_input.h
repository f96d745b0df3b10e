/* pc_input.h - keyboards and pointers that -device adds */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HW_PC_INPUT_H
#define HW_PC_INPUT_H

#include "hw/pc_devices.h"

/* Properties: id=, addr=. False (reported). */
bool pc_input_add_keyboard(const struct pc_board *b, const char *text);
bool pc_input_add_mouse(const struct pc_board *b, const char *text);
bool pc_input_add_tablet(const struct pc_board *b, const char *text);

#endif
