"""audio.py - Debian's kernel plays tones to a WAV file and captures another, recorded and replayed (AC97)"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random
import re
import shutil
import struct
import subprocess

import hs

RATE, FRAMES = 44100, 20000
SCRIPT = """
load_sound
wait_for /dev/dsp
/sound tone 1000 44100 400
/sound tone 3000 44100 400
/sound tone 500 8000 400
/sound capture %d %d
cat /proc/asound/cards
""" % (RATE, FRAMES)


def fnv(data):
    h = 0xcbf29ce484222325
    for b in data:
        h = (h ^ b) * 0x100000001b3 & 0xffffffffffffffff
    return "%016x" % h


def write_input(path):
    """Noise, so that no frame is like another; longer than what is captured of it."""
    rng = random.Random(4)
    data = b"".join(struct.pack("<hh", rng.randrange(-30000, 30000), rng.randrange(-30000, 30000))
                    for _ in range(FRAMES * 2))
    with open(path, "wb") as f:
        f.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                struct.pack("<IHHIIHH", 16, 1, 2, RATE, RATE * 4, 4, 16) + b"data" + struct.pack("<I", len(data)) + data)
    return fnv(data[:FRAMES * 4])


def peak(wav, start, seconds):
    """The strongest frequency in a part of the file, by sox's spectrum."""
    p = subprocess.run(["sox", wav, "-n", "trim", str(start), str(seconds), "remix", "1", "stat", "-freq"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    power = {}
    for line in p.stderr.splitlines():
        m = re.fullmatch(r"([\d.]+)\s+([\d.]+)", line)
        if m:
            power[float(m[1])] = power.get(float(m[1]), 0) + float(m[2])
    hs.check(power, "sox shows no spectrum: " + p.stderr)
    return max(power, key=power.get)


def check_tones(wav):
    """They were played one after the other, for 0.4 s each; sox's lines are 44100 / 4096 Hz apart."""
    for start, hz in (0.1, 1000), (0.5, 3000), (0.9, 500):
        found = peak(wav, start, 0.25)
        hs.check(abs(found - hz) < 12, "%s: %g Hz instead of %d at %g s" % (wav, found, hz, start))


def captured(console):
    m = re.search(r"captured (\w+)", console)
    hs.check(m and "played 500 Hz" in console, "the guest's program does not end:\n" + console[-3000:])
    return m[1]


def main(work):
    if not shutil.which("sox"):
        hs.skip("sox is not here")
    source, program = os.path.join(hs.ROOT, "tests/guest/sound.c"), work.file("sound")
    subprocess.run(["cc", "-O1", "-static", "-o", program, source, "-lm"], check=True)
    wanted = write_input(work.file("in.wav"))
    machine = hs.driver_args(hs.guests("drivers-amd64"), "amd64", work, SCRIPT, files=[program])
    machine += ["-device", "AC97,audiodev=snd", "-icount", "shift=3,sleep=off", "-serial", "stdio"]
    recording, out = work.file("r.hsr"), work.file("out.wav")
    audio = "wav,id=snd,path=%s,in.path=" + work.file("in.wav")

    console = hs.run_ok("record", "-o", recording, *machine, "-audiodev", audio % out)
    hs.check("Intel 82801AA-ICH" in console, "snd-intel8x0 does not find the card:\n" + console[-3000:])
    hs.check(captured(console) == wanted, "the guest captured %s instead of %s" % (captured(console), wanted))
    check_tones(out)

    os.unlink(work.file("in.wav"))
    again = hs.run_ok("replay", recording, "-serial", "stdio", "-audiodev", audio % work.file("again.wav"))
    hs.check(again == console, "the replay's console differs:\n" + again[-2000:])
    with open(out, "rb") as a, open(work.file("again.wav"), "rb") as b:
        hs.check(a.read() == b.read(), "the replay plays something else")
    hs.run_ok("verify", recording)
    print(hs.run_ok("info", recording))


with hs.Workdir() as workdir:
    main(workdir)
print("tones played and a file captured, and the same in the replay")
