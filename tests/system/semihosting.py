"""semihosting.py - an Arm guest that lives by semihosting calls: console, files, exit; replayed with the files gone"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import random
import re
import shutil
import subprocess

import hs

COMPILER = "arm-linux-gnueabihf-gcc"
FLAGS = ["-O1", "-march=armv7-a", "-mfloat-abi=soft", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-nostdlib",
         "-nostartfiles", "-static", "-no-pie", "-Wl,-Ttext=0x40010000", "-Wl,-e,_start", "-Wl,--build-id=none",
         "-Wl,-z,noexecstack"]
MACHINE = ["-arch", "arm", "-m", "64"]
QUIET = ["-serial", "null", "-monitor", "none"]


def build(work, name, *flags):
    path = work.file(name)
    subprocess.run([COMPILER, *FLAGS, *flags, "-o", path, os.path.join(hs.ROOT, "tests/guest/semihosting.c")], check=True)
    return path


def run(folder, *args):
    """Exit status and what came on the console, which is stderr."""
    p = subprocess.run([hs.PROGRAM, *args], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=hs.PATIENCE)
    return p.returncode, p.stderr.decode(errors="replace")


def value(text, what):
    found = re.findall("^%s ?([0-9a-f]{8})$" % what, text, re.M)
    hs.check(found, "'%s' is not on the console:\n%s" % (what, text))
    return int(found[0], 16)


def digest(data):
    v = 0
    for byte in data:
        v = (v * 31 + byte) & 0xffffffff
    return v


def expect(text, data):
    for what, wanted in (("opened", 1), ("length", len(data)), ("left", 300000 - len(data)), ("sum", digest(data)),
                         ("at the end", 16), ("a file is a terminal:", 0), ("close", 0), ("closed again", 0xffffffff),
                         ("nothing there", 0xffffffff), ("why", 2), ("unwritten", 0), ("renamed", 0), ("removed", 0),
                         ("command line", 0), ("heap", 0), ("heap is large", 1), ("stack is", 1),
                         ("the console is a terminal:", 1), ("time goes on", 1), ("ticks", 1000000000),
                         ("no such handle", 5), ("nor this", 0xffffffff), ("wild name", 0xffffffff),
                         ("no such call", 0xffffffff)):
        hs.check(value(text, what) == wanted, "%s: %#x instead of %#x\n%s" % (what, value(text, what), wanted, text))
    hs.check("sum %08x\n" % digest(data[100000:100016]) in text, "what is read after seeking is wrong:\n" + text)
    hs.check("by its handle\n" in text, "the console's handle does not print:\n" + text)


if not shutil.which(COMPILER):
    hs.skip("there is no %s (package gcc-arm-linux-gnueabihf)" % COMPILER)
with hs.Workdir() as work:
    guests = [build(work, "a32"), build(work, "t32", "-mthumb"), build(work, "hlt", "-DWAY=1"),
              build(work, "thlt", "-mthumb", "-DWAY=1")]
    data = random.Random(4).randbytes(250000)
    with open(work.file("in.bin"), "wb") as f:
        f.write(data)

    for guest in guests:
        code, text = run(work.path, "run", *MACHINE, "-kernel", guest, "-append", "one,two three", "-semihosting", *QUIET)
        expect(text, data)
        hs.check(code == 42, "exit status %d instead of 42" % code)
        hs.check(guest + " one,two three\n" in text, "the command line is wrong:\n" + text)
        with open(work.file("out.txt")) as f:
            hs.check(f.read() == "written by THE guest\nand more\n", "out.txt is wrong")
        os.unlink(work.file("out.txt"))
        hs.check(not os.path.exists(work.file("renamed")), "a file was not removed")

    flat = work.file("flat.bin")  # loaded 64 KiB into memory, which is where it was linked to
    subprocess.run(["arm-linux-gnueabihf-objcopy", "-O", "binary", guests[0], flat], check=True)
    code, text = run(work.path, "run", *MACHINE, "-kernel", flat, "-semihosting", *QUIET)
    expect(text, data)
    hs.check(code == 42, "flat image: exit status %d" % code)

    recording, second = work.file("a.hsr"), work.file("b.hsr")
    config = ["-kernel", guests[1], "-semihosting-config", "enable=on,target=native,arg=name,arg=a,,b"]
    code, text = run(work.path, "record", "-o", recording, *MACHINE, *config, *QUIET)
    expect(text, data)
    hs.check(code == 42 and "\nname a,b\n" in text, "status %d, or the command line is wrong:\n%s" % (code, text))
    run(work.path, "record", "-o", second, *MACHINE, *config, *QUIET, "-accel", "interp")
    with open(recording, "rb") as a, open(second, "rb") as b:
        hs.check(a.read() == b.read(), "recordings under jit and interp differ")
    os.unlink(work.file("in.bin"))
    os.unlink(work.file("out.txt"))
    again = run(work.path, "replay", recording, *QUIET)
    hs.check(again == (42, text), "the replay prints something else:\n%s" % again[1])
    hs.run_ok("verify", recording)
    hs.run_ok("verify", recording, "-accel", "interp")
    hs.check(not os.path.exists(work.file("out.txt")), "a replay wrote a file")

    with hs.Replay(recording, work) as gdb:
        gdb.monitor("goto end")
        end = gdb.icount()
        rng = random.Random(5)
        places = sorted(rng.sample(range(end), 8))
        hs.seeks_agree(gdb, places, rng)

    code, text = run(work.path, "run", *MACHINE, "-kernel", guests[0], "-chardev", "file,id=c,path=" + work.file("console"),
                     "-semihosting-config", "chardev=c,arg=x", *QUIET)
    with open(work.file("console")) as f:
        hs.check(code == 42 and "semihosting\n" in f.read() and "semihosting" not in text, "the console is not in its file")
    code, text = run(work.path, "run", "-semihosting", "-kernel", guests[0])
    hs.check(code not in (0, 42) and "only Arm" in text, "a PC has semihosting: " + text)
print("semihosting: console, files, exit status; recorded, and replayed with the files gone")
