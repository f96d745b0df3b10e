"""rfb.py - a small VNC client: RFC 6143 with raw pixels, keys and pointer"""
# SPDX-License-Identifier: GPL-3.0-or-later
import struct
import threading

import hs

RAW, DESKTOP_SIZE = 0, -223
KEYS = {"\n": 0xff0d, "\b": 0xff08, "\t": 0xff09, "\x1b": 0xff1b}


class Rfb:
    def __init__(self, path):
        self.sock = hs.connect(path)
        self.changed = threading.Condition()
        hs.check(self.read(12) == b"RFB 003.008\n", "not an RFB server")
        self.sock.sendall(b"RFB 003.008\n")
        hs.check(1 in self.read(self.read(1)[0]), "there is no way in without a password")
        self.sock.sendall(b"\1")
        hs.check(self.read(4) == b"\0\0\0\0", "not let in")
        self.sock.sendall(b"\1")
        self.width, self.height = struct.unpack(">HH", self.read(4))
        self.read(16)
        self.title = self.read(struct.unpack(">I", self.read(4))[0]).decode()
        self.pixels = bytearray(self.width * self.height * 4)
        # 32 bits, big-endian, red first: three of four bytes are what a PPM has
        self.sock.sendall(struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 1, 1, 255, 255, 255, 16, 8, 0))
        self.sock.sendall(struct.pack(">BxHii", 2, 2, RAW, DESKTOP_SIZE))
        threading.Thread(target=self.run, daemon=True).start()

    def read(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError("the VNC server hung up")
            data += more
        return data

    def ask(self, incremental):
        self.sock.sendall(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def rectangle(self):
        x, y, w, h, encoding = struct.unpack(">HHHHi", self.read(12))
        if encoding == DESKTOP_SIZE:
            self.width, self.height = w, h
            self.pixels = bytearray(w * h * 4)
            return
        assert encoding == RAW
        data = self.read(w * h * 4)
        for row in range(h):
            at = ((y + row) * self.width + x) * 4
            self.pixels[at:at + w * 4] = data[row * w * 4:(row + 1) * w * 4]

    def run(self):
        """Updates are read as they come, and the next one is asked for: the server does not wait long."""
        try:
            while True:
                kind = self.read(1)[0]
                assert kind == 0, "a message of the server of kind %d" % kind
                count = struct.unpack(">xH", self.read(3))[0]
                with self.changed:
                    for _ in range(count):
                        self.rectangle()
                    self.changed.notify_all()
                self.ask(True)
        except OSError:
            pass
        except EOFError:
            pass

    def ppm(self):
        """What is shown, as a binary PPM."""
        rgb = bytearray(self.width * self.height * 3)
        for i in range(3):
            rgb[i::3] = self.pixels[i + 1::4]
        return b"P6\n%d %d\n255\n" % (self.width, self.height) + rgb

    def wait_for(self, ppm, what):
        """Until that is what is shown, all of it sent again."""
        with self.changed:
            self.pixels = bytearray(len(self.pixels))
        self.ask(False)
        with self.changed:
            same = self.changed.wait_for(lambda: self.ppm() == ppm, hs.PATIENCE)
        hs.check(same, "VNC shows something else than %s" % what)

    def key(self, keysym, down):
        self.sock.sendall(struct.pack(">BBxxI", 4, down, keysym))

    def type(self, text):
        for c in text:
            self.key(KEYS.get(c, ord(c)), True)
            self.key(KEYS.get(c, ord(c)), False)

    def point(self, x, y, buttons=0):
        self.sock.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def close(self):
        self.sock.close()
