"""display_arm.py - Linux's driver draws on the VGA of an Arm board; the same pictures in a replay, also going back"""
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import struct
import zlib

import hs

MODULES = "drm", "drm_kms_helper", "ttm", "drm_ttm_helper", "drm_vram_helper", "bochs"
WIDTH, HEIGHT = 1024, 768
SCRIPT = """
for m in %s; do insmod /$m.ko; done
wait_for /dev/fb0
printf '\\033[?25l' >/dev/tty0
for i in 1 2; do
    yes "picture $i of two." | head -c %d >/picture
    dd if=/picture of=/dev/fb0 bs=1M 2>/dev/null # whole lines: of parts the driver loses pixels
    usleep 300000 # the driver copies it later
    echo "drawn: $i"
    read x
done
""" % (" ".join(MODULES), WIDTH * HEIGHT * 4)


def picture(path):
    """The pixels of a PNG of ours, 8 bits RGB without filters."""
    with open(path, "rb") as f:
        data = f.read()
    hs.check(struct.unpack(">II", data[16:24]) == (WIDTH, HEIGHT), "the picture has another size")
    packed, at = b"", 8
    while at < len(data):
        n, kind = struct.unpack(">I4s", data[at:at + 8])
        packed += data[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += 12 + n
    raw, line = zlib.decompress(packed), 1 + 3 * WIDTH
    return b"".join(raw[y * line + 1:(y + 1) * line] for y in range(HEIGHT))


def drawn(i):
    """What was written there: blue, green, red, and a byte that is not shown."""
    text = b"picture %d of two.\n" % i
    data = (text * (WIDTH * HEIGHT * 4 // len(text) + 1))[:WIDTH * HEIGHT * 4]
    out = bytearray(WIDTH * HEIGHT * 3)
    for colour in range(3):
        out[colour::3] = data[2 - colour::4]
    return bytes(out)


folder = hs.guests("drivers-armhf", "display-armhf")
with hs.Workdir() as work:
    machine = hs.driver_args(folder, "armhf", work, SCRIPT,
                             files=["%s/armhf/display/%s.ko" % (folder, m) for m in MODULES])
    recording = work.file("a.hsr")
    hs.talk(["record", "-o", recording, *machine, "-device", "VGA"], (b"drawn: 1", b"\n"), (b"drawn: 2", b"\n"))
    typed = [json.loads(line)["icount"] for line in
             hs.run_ok("dump", recording, "--source", "serial0", "--json").splitlines()]
    hs.check(len(typed) >= 2, "two lines were typed, not %s" % typed)
    with hs.Replay(recording, work) as gdb:
        for n, i in ((typed[0], 1), (typed[-1], 2), (typed[0], 1)):
            gdb.goto(n)
            gdb.monitor("screendump " + work.file("%d.png" % i))
            hs.check(picture(work.file("%d.png" % i)) == drawn(i), "picture %d is not what was drawn" % i)
print("both pictures were drawn, and are there in the replay")
