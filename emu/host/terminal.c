/* terminal.c - the terminal on standard input, taken for raw keys and given back */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "emu/host/terminal.h"

#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

/* How the terminal was. It is the process's one terminal, and an exit handler has no argument to
 * find it by. */
static struct {
    struct termios original;
    bool saved, registered;
} terminal;

void terminal_restore(void)
{
    if (terminal.saved)
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal.original);
    terminal.saved = false;
}

void terminal_set_raw(bool signals)
{
    struct termios t;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &t))
        return;
    if (!terminal.saved)
        terminal.original = t;
    terminal.saved = true;
    if (!terminal.registered)
        atexit(terminal_restore);
    terminal.registered = true;
    t.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    t.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
    if (!signals)
        t.c_lflag &= ~ISIG;
    t.c_cflag = (t.c_cflag & ~(CSIZE | PARENB)) | CS8;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &t);
}
