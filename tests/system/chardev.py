"""chardev.py - four serial ports, the monitor and the debug console on streams of all kinds; other ones in the replay"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import socket
import subprocess

import hs

EXIT = 0x10 * 2 + 1
SAID = ["port %d\n%s" % (i, "abcd"[i]) for i in range(4)]
SEABIOS = "/usr/share/seabios/bios-256k.bin"


def machine():
    return ["-m", "2", "-vga", "none", "-bios", os.path.join(hs.BUILD, "tests/guest/serials.bin"), "-icount",
            "shift=3,sleep=off", "-device", "isa-debug-exit,iobase=0xf4"]


def until(read, wanted):
    text = ""
    while wanted not in text:
        data = read()
        hs.check(data, "it did not say '%s': %s" % (wanted, text))
        text += data.decode()
    return text


def record(work, name):
    """A socket, a pty, two fifos and a server that is not waited for; the monitor is on one, and QMP on another."""
    debug, server, qmp, fifo = work.file("debug"), work.file("s"), work.file("q"), work.file("fifo")
    for end in ".in", ".out":
        os.mkfifo(fifo + end)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(work.file("listener"))
    listener.listen()
    listener.settimeout(hs.PATIENCE)
    p = hs.start(
        [hs.PROGRAM, "record", "-S", "-o", name, *machine(),
         "-chardev", "socket,id=zero,path=%s,server=on,wait=off" % server, "-serial", "chardev:zero",
         "-chardev", "pty,id=one", "-serial", "chardev:one", "-chardev", "pipe,id=two,path=" + fifo, "-serial",
         "chardev:two", "-serial", "unix:" + work.file("listener"), "-chardev", "file,id=d,path=" + debug, "-device",
         "isa-debugcon,iobase=0xe9,chardev=d", "-chardev", "stdio,id=m", "-mon", "chardev=m,mode=readline",
         "-chardev", "socket,id=q,path=%s,server=on,wait=off" % qmp, "-mon", "chardev=q,mode=control"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = until(lambda: os.read(p.stderr.fileno(), 4096), "/dev/pts/")
    while not said.endswith("\n"):
        said += os.read(p.stderr.fileno(), 4096).decode()
    pty = os.open(re.search(r"/dev/pts/\d+", said)[0], os.O_RDWR | os.O_NOCTTY)
    three = listener.accept()[0]
    three.settimeout(hs.PATIENCE)
    fifo_out, fifo_in = os.open(fifo + ".out", os.O_RDWR), os.open(fifo + ".in", os.O_RDWR)
    zero = hs.connect(server, p)
    hs.check(hs.Qmp(qmp, p).status() == "prelaunch", "no QMP there")
    p.stdin.write(b"cont\n")
    p.stdin.flush()
    ends = [(lambda: zero.recv(99), zero.send), (lambda: os.read(pty, 99), lambda b: os.write(pty, b)),
            (lambda: os.read(fifo_out, 99), lambda b: os.write(fifo_in, b)), (lambda: three.recv(99), three.send)]
    for i, (read, write) in enumerate(ends):
        until(read, "port %d\n" % i)
        write(b"abcd"[i:i + 1])
    monitor, _ = p.communicate(timeout=hs.PATIENCE)
    hs.check(b"the guest exited" in monitor, "the monitor said: %s" % monitor)
    hs.check(p.returncode == EXIT, "exit status %d" % p.returncode)
    hs.check(open(debug).read() == "".join(SAID), "the debug console has: " + open(debug).read())


def replay(work, name):
    files = [work.file("replay%d" % i) for i in range(3)]
    out = hs.run_ok("replay", name, "-serial", "file:" + files[0], "-serial", "stdio", "-serial", "null", "-chardev",
                    "file,id=x,path=" + files[1], "-serial", "chardev:x", "-monitor", "none", status=EXIT)
    hs.check([open(files[0]).read(), out, open(files[1]).read()] == [SAID[0], SAID[1], SAID[3]], "other words")
    hs.run_ok("replay", name, "-serial", "null", "-chardev", "file,id=d,path=" + files[2], "-monitor", "none",
              status=EXIT)
    hs.check(open(files[2]).read() == "".join(SAID), "the replay's debug console has: " + open(files[2]).read())
    hs.run_ok("verify", name, "-accel", "interp")
    hs.run_ok("verify", name, "-accel", "jit,warm=1")


def shared():
    """QEMU's way to say mon:stdio."""
    p = hs.start([hs.PROGRAM, "run", *machine(), "-chardev", "stdio,mux=on,id=c", "-serial", "chardev:c", "-mon",
                          "chardev=c"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    until(lambda: os.read(p.stdout.fileno(), 99), "port 0\n")
    p.stdin.write(b"\x01c")
    p.stdin.flush()
    until(lambda: os.read(p.stdout.fileno(), 99), "(hindsight) ")
    p.stdin.write(b"info status\nquit\n")
    p.stdin.flush()
    until(lambda: os.read(p.stdout.fileno(), 99), "VM status: running")
    p.communicate(timeout=hs.PATIENCE)
    hs.check(p.returncode == 0, "exit status %d" % p.returncode)


def firmware_messages(work):
    """QEMU's line for SeaBIOS's messages; the stream may be another one in a replay, and need not be."""
    if not os.path.exists(SEABIOS):
        hs.skip("the package seabios is not installed; the rest passed")
    system, name, log = os.path.join(hs.BUILD, "hindsight-system-x86_64"), work.file("b.hsr"), work.file("bios")
    base = ["-m", "16", "-serial", "none", "-monitor", "none", "-global", "isa-debugcon.iobase=0x402", "-device",
            "isa-debug-exit"]
    recording = hs.start([system, *base, "-debugcon", "stdio", "-icount", "shift=3,sleep=off,rr=record,rrfile=" + name,
                                  "-qmp", "unix:%s,server,nowait" % work.file("bios-qmp")], stdout=subprocess.PIPE,
                                 stdin=subprocess.DEVNULL)
    text = until(lambda: os.read(recording.stdout.fileno(), 4096), "No bootable device")
    q = hs.Qmp(work.file("bios-qmp"), recording)
    q.ask("quit")
    text += recording.communicate(timeout=hs.PATIENCE)[0].decode()
    hs.check("SeaBIOS (version" in text, "it says: " + text)
    hs.run_ok(*base, "-debugcon", "file:" + log, "-icount", "shift=3,sleep=off,rr=replay,rrfile=" + name, program=system)
    hs.check(open(log).read() == text, "the replay's messages are others")


def refused(work):
    for args, why in ((["-serial", "chardev:none"], "no -chardev of this name"),
                      (["-chardev", "null,id=a", "-serial", "chardev:a", "-serial", "chardev:a"], "in use"),
                      (["-chardev", "null,id=a", "-chardev", "null,id=a"], "another stream"),
                      (["-chardev", "file,id=a"], "path=FILE"), (["-chardev", "null"], "id=ID is missing"),
                      (["-chardev", "null,id=a,x=1"], "not known"), (["-device", "isa-debugcon"], "chardev=ID"),
                      (["-device", "isa-debugcon,chardev=no"], "no -chardev"), (["-global", "x.y=1"], "isa-debugcon")):
        code, _, err = hs.run("run", *machine(), *args, timeout=hs.PATIENCE)
        hs.check(code in (1, 2) and why in err, "%s: %d %s" % (args, code, err))


with hs.Workdir() as work:
    name = work.file("a.hsr")
    record(work, name)
    replay(work, name)
    shared()
    refused(work)
    firmware_messages(work)
print("four serial ports, monitor, QMP and debug console on streams of all kinds, and others in the replay")
