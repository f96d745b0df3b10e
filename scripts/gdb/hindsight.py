# hindsight.py - gdb commands for time: `source scripts/gdb/hindsight.py`
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves that gdb has no command for, made through the monitor.

gdb does not know that a monitor command moved the machine, so what it holds of it is dropped here.
Works with gdb 13 and later.
"""
import re

import gdb


def monitor(command):
    return gdb.execute("monitor " + command, to_string=True)


def forget():
    for cache in "register-cache", "dcache":
        try:
            gdb.execute("maintenance flush " + cache, to_string=True)
        except gdb.error:
            pass


def show(text):
    gdb.write(text)
    try:
        gdb.execute("frame")
    except gdb.error:
        pass  # no frame can be found here: the place was said


class Hs(gdb.Command):
    """Time travel with Hindsight: hs goto, hs when, hs step, hs back, hs do."""

    def __init__(self):
        super().__init__("hs", gdb.COMMAND_RUNNING, gdb.COMPLETE_NONE, True)


class Mover(gdb.Command):
    """Base of commands that move the machine by a monitor command."""

    def __init__(self, name, command):
        super().__init__("hs " + name, gdb.COMMAND_RUNNING)
        self.command = command

    def invoke(self, argument, from_tty):
        text = monitor((self.command + " " + argument).strip())
        forget()
        show(text)


class Goto(Mover):
    """hs goto N|+N|-N|start|end: go to the state at that icount. 1_000, 20k, 3M and 0x10 are numbers."""


class Step(Mover):
    """hs step [N]: N steps on (icount, not lines)."""


class Back(Mover):
    """hs back [N]: N steps back."""


class Load(Mover):
    """hs load NAME: go to the place named by `monitor savevm NAME`."""


class Do(Mover):
    """hs do COMMAND: any monitor command, with gdb's caches dropped after it."""


class When(gdb.Command):
    """hs when: where in time the machine is. Sets $icount_now, for `hs goto` later."""

    def __init__(self):
        super().__init__("hs when", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        text = monitor("when")
        found = re.match(r"icount (\d+)", text)
        if found:
            gdb.set_convenience_variable("icount_now", int(found.group(1)))
        gdb.write(text)


Hs()
Goto("goto", "goto")
Step("step", "step")
Back("back", "reverse-step")
Load("load", "loadvm")
Do("do", "")
When()
