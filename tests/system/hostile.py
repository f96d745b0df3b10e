"""hostile.py [--flips N] [--seed N] - damaged files, changed kernels, busy ports, garbage packets: a clear sentence each"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import os
import random
import re
import shutil
import socket
import subprocess

import hs

parser = argparse.ArgumentParser()
parser.add_argument("--flips", type=int, default=500)
parser.add_argument("--seed", type=int, default=1)
args = parser.parse_args()
rng = random.Random(args.seed)
CRASHES = ("AddressSanitizer", "runtime error:", "LeakSanitizer", "internal error")


def not_crashed(what, code, text):
    hs.check(code >= 0 and not any(c in text for c in CRASHES), "%s: status %d\n%s" % (what, code, text[-3000:]))


def refused(what, *argv, **kw):
    """Non-zero exit, and one sentence on stderr."""
    code, out, err = hs.run(*argv, **kw)
    not_crashed(what, code, err)
    hs.check(code != 0, "%s: exit status 0" % what)
    hs.check(len(err.strip().splitlines()) in (1, 2) and "hindsight: " in err,
             "%s: not one clear sentence:\n%s%s" % (what, out[-500:], err))
    print("%-28s %s" % (what, err.strip().splitlines()[0]))


def every_verb(what, path, good):
    for verb in "info", "dump", "verify", "replay":
        refused("%s %s" % (verb, what), verb, path, *(["-serial", "null"] if verb == "replay" else []))
    refused("diff %s" % what, "diff", path, good)


def flips(good, work):
    data = bytearray(open(good, "rb").read())
    bad = work.file("flipped.hsr")
    outcomes = {}
    for i in range(args.flips):
        at, bit = rng.randrange(len(data)), 1 << rng.randrange(8)
        data[at] ^= bit
        with open(bad, "wb") as f:
            f.write(data)
        data[at] ^= bit
        verb = ("info", "dump", "verify", "diff")[i % 4]
        code, out, err = hs.run(verb, bad, *([good] if verb == "diff" else []))
        not_crashed("%s with bit %d of byte %d flipped" % (verb, bit, at), code, out + err)
        hs.check("hindsight: " in err, "a flipped bit at %d goes unnoticed by %s" % (at, verb))
        hs.check(code != 0 or "index" in err, "a flipped bit at %d is only told, not refused, by %s" % (at, verb))
        outcomes[verb, code] = outcomes.get((verb, code), 0) + 1
    print("%d bit flips: %s" % (args.flips, ", ".join("%s -> %d: %d" % (*k, v) for k, v in sorted(outcomes.items()))))


def steps(text):
    return re.search(r"(\d+) steps", text).group(1)


def busy_port(good):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        refused("busy port", "replay", good, "-S", "-gdb", "tcp:127.0.0.1:%d" % s.getsockname()[1])


def garbage_packets(good, work):
    path = work.file("garbage.sock")
    p = hs.start([hs.PROGRAM, "replay", good, "-S", "-gdb", "unix:" + path, "-serial", "null"],
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    gdb = hs.Gdb(path, p)
    words = [b"m", b"M", b"X", b"Z2,", b"z0,", b"P", b"p", b"g", b"G", b"vCont;", b"vCont;r1,2", b"qXfer:features:read:",
             b"qRcmd,", b"qSearch:memory:", b"bc", b"bs", b"H", b"T", b"x", b"qSupported:"]
    for _ in range(2000):
        body = rng.choice(words) + bytes(rng.randrange(256) for _ in range(rng.randrange(24)))
        body = body.replace(b"$", b"").replace(b"#", b"").replace(b"\x03", b"")
        gdb.sock.sendall(b"$" + body + b"#%02x" % (sum(body) & 0xff))
        if rng.random() < 0.1:
            gdb.sock.sendall(bytes(rng.randrange(256) for _ in range(64)))
        gdb.sock.setblocking(False)
        try:
            while gdb.sock.recv(65536):
                pass
        except (BlockingIOError, ConnectionError):
            pass
        gdb.sock.setblocking(True)
    gdb.sock.close()
    again = hs.Gdb(path, p)
    hs.check(again.packet("?")[0] in "TS", "the server does not answer after garbage")
    again.close()
    err = p.communicate(timeout=hs.PATIENCE)[1].decode(errors="replace")
    not_crashed("garbage packets", p.returncode, err)
    print("2000 garbage packets: the server still answers")


with hs.Workdir() as work:
    good, kernel = work.file("good.hsr"), work.file("guest.elf")
    shutil.copy(hs.own_guest(32), kernel)
    hs.run_ok("record", "-o", good, "-m", "8", "-kernel", kernel, "-device", "isa-debug-exit,iobase=0xf4", "-serial", "null", status=3)

    data = open(good, "rb").read()
    for name, content in (("empty", b""), ("foreign", b"\x7fELF" + bytes(5000)), ("text", b"hello\n" * 100),
                          ("header only", data[:16])):
        path = work.file(name.replace(" ", "-"))
        with open(path, "wb") as f:
            f.write(content)
        every_verb(name, path, good)
    every_verb("missing", work.file("missing"), good)
    every_verb("folder", work.path, good)

    length = steps(hs.run_ok("info", good))
    for _ in range(20):
        path = work.file("truncated.hsr")
        with open(path, "wb") as f:
            f.write(data[:rng.randrange(len(data))])
        for verb in "info", "verify":
            code, out, err = hs.run(verb, path)
            not_crashed("truncated", code, out + err)
            # Where only the index at the end is lost, nothing is: then it must still be all there.
            hs.check("cut short" in out + err or code != 0 or steps(out) == length,
                     "%s of a truncated file does not say so:\n%s" % (verb, out))

    flips(good, work)
    busy_port(good)
    garbage_packets(good, work)

    with open(kernel, "r+b") as f:
        f.seek(100)
        f.write(b"changed")
    refused("changed kernel", "replay", good, "-serial", "null")
    os.unlink(kernel)
    refused("missing kernel", "replay", good, "-serial", "null")
    refused("unreadable kernel", "run", "-kernel", work.path)
    refused("unknown option", "run", "-frobnicate")
    refused("ill-formed option", "run", "-m", "12Q")
    refused("unknown verb", "rewind")
print("every bad input ended in a clear sentence")
