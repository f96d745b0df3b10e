"""hs.py - run the hindsight program, and talk to its GDB port and by QMP, for the tests of the whole"""
# SPDX-License-Identifier: GPL-3.0-or-later
import atexit
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HINDSIGHT_BUILD", os.path.join(ROOT, "build"))
PROGRAM = os.path.join(BUILD, "hindsight")
SKIPPED = 77
PATIENCE = 900  # s for what surely comes, on a machine however slow; CTest's limits are what ends a test that hangs
STARTED = []


def start(*args, **kw):
    """subprocess.Popen() of something that does not outlive the test, however that ends."""
    STARTED.append(subprocess.Popen(*args, **kw))
    return STARTED[-1]


@atexit.register
def end_started():
    for p in STARTED:
        if p.poll() is None:
            p.kill()
            p.wait()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what is registered above is done then too


def connect(path, process=None):
    """A connection to a Unix socket, as soon as somebody listens there: there is no event to wait for."""
    end = time.monotonic() + PATIENCE
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE)
    while True:
        try:
            sock.connect(path)
            return sock
        except OSError:
            check(time.monotonic() < end and (not process or process.poll() is None), "nobody listens at %s" % path)
            time.sleep(0.02)


def free_port():
    """A TCP port of this host; not one that the kernel gives to whoever asks for any."""
    while True:
        port = random.SystemRandom().randrange(12000, 30000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def skip(why):
    print("SKIPPED: " + why)
    sys.exit(SKIPPED)


def check(condition, message):
    """The one assertion of these tests: says what was wrong and ends the test."""
    if not condition:
        print("FAILED: " + message)
        sys.exit(1)


def guests(*names):
    """The folder with Debian's guests, fetched if need be; skips the test without a network."""
    p = subprocess.run([os.path.join(ROOT, "tests/guests.sh"), *names], stdout=subprocess.PIPE, text=True)
    if p.returncode == SKIPPED:
        skip("the guests cannot be downloaded")
    check(p.returncode == 0, "tests/guests.sh failed")
    return p.stdout.strip()


def own_guest(bits=64):
    return os.path.join(BUILD, "tests/guest/guest%s.elf" % bits)


def own_guest_args(bits=64):
    if bits == "_arm":
        return ["-arch", "arm", "-m", "16", "-kernel", own_guest(bits)]
    return ["-m", "16", "-kernel", own_guest(bits), "-device", "isa-debug-exit,iobase=0xf4"]


SYSTEMS = {"amd64": "x86_64", "i386": "i386", "armhf": "arm", "armhf-lpae": "arm"}


def system(arch):
    """The program of a Debian architecture's system."""
    return PROGRAM + "-system-" + SYSTEMS[arch]


def console(arch):
    return "console=" + ("ttyAMA0" if SYSTEMS[arch] == "arm" else "ttyS0")


def linux_args(folder, arch, append="", memory="256"):
    return ["-m", memory, "-no-reboot", "-kernel", "%s/%s/vmlinuz" % (folder, arch), "-initrd",
            "%s/%s/initrd.gz" % (folder, arch), "-append", ("%s %s" % (console(arch), append)).strip()]


def driver_args(folder, arch, work, script, memory="256", append="nokaslr", files=()):
    """Debian's kernel with drivers; the guest runs `script` (sh) once they are loaded. `files` are copied to its /."""
    initrd = work.file("initrd.gz")
    os.makedirs(work.file("extra"), exist_ok=True)
    with open(work.file("extra/test.sh"), "w") as f:
        f.write(script)
    os.utime(work.file("extra/test.sh"), (0, 0))
    for path in files:
        copy = shutil.copy(path, work.file("extra"))
        os.utime(copy, (0, 0))
    extra = subprocess.run("ls | LC_ALL=C sort | cpio -o -H newc --reproducible --quiet -R 0:0 | gzip -9n", shell=True,
                           cwd=work.file("extra"), stdout=subprocess.PIPE, check=True).stdout
    with open("%s/%s/drivers.gz" % (folder, arch), "rb") as base, open(initrd, "wb") as out:
        out.write(base.read() + extra)
    return ["-arch", SYSTEMS[arch], "-m", memory, "-no-reboot", "-kernel",
            "%s/%s/vmlinuz" % (folder, arch), "-initrd", initrd, "-append",
            "%s quiet %s" % (console(arch), append)]


def run(*args, timeout=1800, stdin=subprocess.DEVNULL, program=PROGRAM):
    """Runs to the end; returns (exit status, stdout, stderr) as text."""
    p = subprocess.run([program, *args], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       timeout=timeout)
    return p.returncode, p.stdout.decode(errors="replace"), p.stderr.decode(errors="replace")


def run_ok(*args, status=0, **kw):
    code, out, err = run(*args, **kw)
    check(code == status, "%s: exit status %d instead of %d\n%s%s" % (" ".join(args), code, status, out, err))
    return out


def talk(args, *steps):
    """Types each answer when its text is seen; returns all of the console, at the end of the program.

    U-Boot's "autoboot" waits two seconds of the guest's, which may be over when we have read of it: so it is answered at
    each line before it, too, and takes what was typed early.
    """
    p = start([PROGRAM, *args, "-serial", "stdio", "-monitor", "none"], bufsize=0, stdin=subprocess.PIPE,
              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    text = b""
    for wanted, answer in steps:
        seen = len(text)
        while wanted not in text[seen:]:
            data = p.stdout.read(1)
            check(data, "'%s' does not come:\n%s" % (wanted.decode(), text.decode(errors="replace")))
            text += data
            if data == b"\n" and wanted == b"autoboot":
                p.stdin.write(answer)
        p.stdin.write(answer)
    text += p.stdout.read()
    check(p.wait() == 0, "exit status %d\n%s" % (p.returncode, text.decode(errors="replace")))
    return text


def vexpress_args(folder, work):
    """-M vexpress-a9 with Debian's device tree, and a panel of 640x480 at the CoreTile's display."""
    fdtput = shutil.which("fdtput") or skip("fdtput is not here (package device-tree-compiler)")
    tree = shutil.copy(folder + "/armhf/vexpress-v2p-ca9.dtb", work.file("panel.dtb"))
    display = "/clcd@10020000/port/endpoint"
    phandle = subprocess.run(["fdtget", "-t", "x", tree, display, "phandle"], stdout=subprocess.PIPE, text=True,
                             check=True).stdout.strip()
    timing = {"clock-frequency": 25175000, "hactive": 640, "hback-porch": 48, "hfront-porch": 16, "hsync-len": 96,
              "vactive": 480, "vback-porch": 33, "vfront-porch": 10, "vsync-len": 2}
    for change in (["-cp", "/panel/port/endpoint", "/panel/panel-timing"],
                   ["-ts", "/panel", "compatible", "panel-dpi"],
                   ["-tx", "/panel/port/endpoint", "remote-endpoint", phandle],
                   ["-tx", "/panel/port/endpoint", "phandle", "80"], ["-tx", display, "remote-endpoint", "80"],
                   *(["-ti", "/panel/panel-timing", k, str(v)] for k, v in timing.items())):
        subprocess.run([fdtput, change[0], tree, *change[1:]], check=True)
    return ["-M", "vexpress-a9", "-dtb", tree]


class Workdir:
    """A scratch folder that goes away."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="hindsight-test-")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.path, name)


class Gdb:
    """A GDB remote connection: packets, and the commands the tests use in words."""

    def __init__(self, path, process=None):
        self.sock = connect(path, process)
        self.pending = b""
        self.packet("qSupported:swbreak+;hwbreak+")
        self.packet("QStartNoAckMode")
        self.sock.sendall(b"+")
        self.pid = self.arm = None

    def send(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.sock.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))

    def receive(self):
        while True:
            start = self.pending.find(b"$")
            end = self.pending.find(b"#", start) if start >= 0 else -1
            if end >= 0 and len(self.pending) >= end + 3:
                body = self.pending[start + 1:end]
                self.pending = self.pending[end + 3:]
                return body.decode(errors="replace")
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the server closed the connection")
            self.pending += data

    def packet(self, text):
        self.send(text)
        return self.receive()

    def monitor(self, command):
        self.send("qRcmd," + command.encode().hex())
        out = b""
        while True:
            reply = self.receive()
            if reply.startswith("O") and reply != "OK":
                out += bytes.fromhex(reply[1:])
                continue
            out = out.decode(errors="replace")
            check(not reply.startswith("E"), "monitor %s: %s %s" % (command, reply, out))
            return out

    def move(self, packet):
        """c, s, bc, bs or vCont: the stop reply."""
        self.send(packet)
        return self.stopped(packet)

    def stopped(self, why):
        """The stop reply, behind what the monitor may have to say before."""
        reply = self.receive()
        while reply.startswith("O") and reply != "OK":
            reply = self.receive()
        check(reply[0] in "TSWX", "%s was answered by '%s'" % (why, reply))
        return reply

    def interrupt(self):
        self.sock.sendall(b"\x03")

    def icount(self):
        return int(re.search(r"\d+", self.monitor("when")).group())

    def digest(self):
        return re.search(r"(?:0x)?[0-9a-f]{16}", self.monitor("digest")).group()

    def goto(self, n):
        self.monitor("goto %d" % n)
        now = self.icount()
        check(now == n, "goto %d ended at %d" % (n, now))

    def general(self, arm, x86):
        """A general register: its number in Arm's view, and in the 64-bit x86 one."""
        if self.arm is None:
            self.arm = "<architecture>arm" in self.packet("qXfer:features:read:target.xml:0,400")
        n, size = (arm, 4) if self.arm else (x86, 8)
        return int.from_bytes(bytes.fromhex(self.packet("g"))[n * size:(n + 1) * size], "little")

    def pc(self):
        return self.general(15, 16)

    def sp(self):
        return self.general(13, 7)

    def close(self):
        try:
            self.send("k")
        except OSError:
            pass
        self.sock.close()


class Replay:
    """A `hindsight replay` that waits at its start for the GDB connection it is given."""

    def __init__(self, recording, work, *args):
        path = work.file("gdb-%d.sock" % time.monotonic_ns())
        self.process = start([PROGRAM, "replay", recording, "-S", "-gdb", "unix:" + path, "-serial",
                              "null", *args], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.gdb = Gdb(path, self.process)

    def __enter__(self):
        return self.gdb

    def __exit__(self, *_):
        self.gdb.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


def seeks_agree(gdb, places, rng):
    """Each place has the digest that it has on the way forward, in whatever order they are gone to."""
    forward = {}
    for n in places:
        gdb.goto(n)
        forward[n] = gdb.digest()
    rng.shuffle(places)
    for n in places:
        gdb.goto(n)
        check(gdb.digest() == forward[n], "the digest at %d depends on how it was come to" % n)


class Qmp:
    """One QMP connection: commands in their order, events kept."""

    def __init__(self, path, process=None):
        self.sock = connect(path, process)
        self.pending, self.events, self.id = b"", [], 0
        check("QMP" in self.message(), "no greeting")
        self.ask("qmp_capabilities")

    def message(self):
        while b"\r\n" not in self.pending:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("the connection was closed")
            self.pending += data
        line, self.pending = self.pending.split(b"\r\n", 1)
        return json.loads(line)

    def answer(self, name, **arguments):
        self.id += 1
        request = {"execute": name, "id": self.id}
        if arguments:
            request["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.sock.sendall(json.dumps(request).encode())
        while True:
            m = self.message()
            if "event" in m:
                self.events.append(m)
                continue
            check(m["id"] == self.id, "%s: an answer to something else: %s" % (name, m))
            return m

    def ask(self, name, **arguments):
        m = self.answer(name, **arguments)
        check("return" in m, "%s: %s" % (name, m))
        return m["return"]

    def error(self, name, **arguments):
        m = self.answer(name, **arguments)
        check("error" in m, "%s was not refused: %s" % (name, m))
        return m["error"]["desc"]

    def human(self, line):
        return self.ask("human-monitor-command", command_line=line)

    def wait(self, event, **wanted):
        """The next event of that name (and data), also one that has come already."""
        while True:
            while self.events:
                e = self.events.pop(0)
                data = e.get("data", {})
                if e["event"] == event and all(data.get(k) == v for k, v in wanted.items()):
                    return data
            m = self.message()
            check("event" in m, "not an event: %s" % m)
            self.events.append(m)

    def go(self, name, **arguments):
        """A command that moves the machine; waits for its stop."""
        self.events.clear()
        self.ask(name, **arguments)
        return self.wait("STOP")

    def icount(self):
        return self.ask("query-replay")["icount"]

    def status(self):
        return self.ask("query-status")["status"]

    def job(self, name, tag, id):
        self.ask(name, job_id=id, tag=tag, devices=[], **({} if name == "snapshot-delete" else {"vmstate": "x"}))
        self.wait("JOB_STATUS_CHANGE", status="concluded", id=id)
        error = [j.get("error") for j in self.ask("query-jobs") if j["id"] == id][0]
        self.ask("job-dismiss", id=id)
        return error


class Program:
    """A hindsight with a QMP connection."""

    def __init__(self, work, *args, program=PROGRAM):
        self.path = work.file("qmp-%d.sock" % time.monotonic_ns())
        self.process = start([program, *args, "-qmp", "unix:%s,server,nowait" % self.path],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.qmp = Qmp(self.path, self.process)

    def end(self, status=0):
        err = self.process.communicate(timeout=PATIENCE)[1].decode(errors="replace")
        check(self.process.returncode == status, "exit status %d\n%s" % (self.process.returncode, err))

    def quit(self):
        self.qmp.ask("quit")
        check(self.qmp.wait("SHUTDOWN") == {"guest": False, "reason": "host-qmp-quit"}, "another reason")
        self.end()
