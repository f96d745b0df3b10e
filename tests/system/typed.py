"""typed.py - a program whose standard input and output are a guest's console: waited for and typed at, by a test"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import select
import subprocess
import time

import hs


class Typed:
    """text is all that was shown so far."""

    def __init__(self, *command, cwd=None, patience=900):
        self.process = hs.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=cwd)
        self.text, self.seen, self.errors, self.patience = b"", 0, b"", patience
        self.end = time.monotonic() + patience

    def fail(self, why):
        self.process.kill()
        self.process.wait()
        hs.check(False, "%s; it shows:\n%s\n%s" % (why, self.text[-4000:].decode(errors="replace"),
                                                   self.errors.decode(errors="replace")))

    def read(self):
        """Some more of what it says; False at the end."""
        out, err = self.process.stdout.fileno(), self.process.stderr.fileno()
        ready, _, _ = select.select([out, err], [], [], max(0, self.end - time.monotonic()))
        if not ready:
            self.fail("nothing came for %d seconds" % self.patience)
        if err in ready:
            self.errors += os.read(err, 65536)
        if out not in ready:
            return True
        data = os.read(out, 65536)
        self.text += data
        return bool(data)

    def expect(self, what):
        """Waits until it is shown, behind what was waited for before."""
        while what.encode() not in self.text[self.seen:]:
            if not self.read():
                self.fail("it ended before '%s'" % what)
        self.seen = self.text.index(what.encode(), self.seen) + len(what)

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def finish(self):
        """Waits for the end; what was shown, as text."""
        while self.read():
            pass
        self.errors += self.process.stderr.read()
        if self.process.wait() != 0:
            self.fail("it ended with status %d" % self.process.returncode)
        return self.text.decode(errors="replace")
