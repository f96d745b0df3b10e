/* terminal.h - the terminal on standard input, taken for raw keys and given back */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMU_HOST_TERMINAL_H
#define EMU_HOST_TERMINAL_H

#include "emu/types.h"

/* Every key as it comes, no echo; with `signals`, ctrl-c still interrupts the program. Nothing when
 * standard input is no terminal. Given back at exit; terminal_restore() is for signal handlers and
 * for handing it to a child. */
void terminal_set_raw(bool signals);
void terminal_restore(void);

#endif
