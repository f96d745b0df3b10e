"""inout.py - a disk and a network in the guest: ours recording, against QEMU's TCG that merely runs"""
# SPDX-License-Identifier: GPL-3.0-or-later
import functools
import http.server
import os
import subprocess
import sys
import threading
import time

import lib

BARS = {"disk-write": 1.0, "disk-read": 1.0, "download": 1.0}
ARM_BARS = dict.fromkeys(BARS)  # nobody set any; the devices are behind virtio-mmio
DISK_MIB, FILE_MIB = 1024, 200
WORK = {
    "disk-write": "dd if=/dev/zero of=/dev/vda bs=1M count=%d conv=fsync 2>/dev/null" % DISK_MIB,
    "disk-read": "dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null",
    "download": "wget -q -O /dev/null http://10.0.2.2:PORT/file",
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Server:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "file"), "wb") as f:
            f.write(os.urandom(FILE_MIB << 20))
        handler = functools.partial(Quiet, directory=folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def make_initrd(setup, names, port):
    """The drivers' initrd with a script behind it."""
    script = "wait_for /dev/vda\nip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0\n"
    for name in names:
        script += "echo 3 >/proc/sys/vm/drop_caches\necho begin %s\n%s || echo it failed\necho end %s\n" % (
            name, WORK[name].replace("PORT", str(port)), name)
    with open(setup.file("test.sh"), "w") as f:
        f.write(script)
    extra = subprocess.run("echo test.sh | cpio -o -H newc --quiet -R 0:0 | gzip -9n", shell=True, cwd=setup.work,
                           stdout=subprocess.PIPE, check=True).stdout
    path = setup.file("inout.gz")
    with open(setup.guest + "/drivers.gz", "rb") as base, open(path, "wb") as out:
        out.write(base.read() + extra)
    return path


def timed(command, names):
    """Seconds from mark to mark on the console, by name."""
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    marks, text = {}, b""
    for line in p.stdout:
        words = line.decode(errors="replace").split()
        text += line
        if len(words) == 2 and words[0] in ("begin", "end") and words[1] in names:
            now = lib.Seconds(time.monotonic(), lib.busiest_thread(p.pid))
            if words[0] == "end":
                start = marks[words[1]]
                now = lib.Seconds(now.wall - start.wall, now.cpu - start.cpu)
            marks[words[1]] = now
    if p.wait() or len(marks) != len(names) or b"it failed" in text:
        sys.exit("bench: %s\n%s" % (" ".join(command), text[-3000:].decode(errors="replace")))
    return marks


def measure(setup, figures, names):
    if not names:
        return
    lib.fetch("drivers-" + setup.arch)
    disk, recording = setup.file("inout.raw"), setup.file("inout.hsr")
    subprocess.run(["truncate", "-s", "%dM" % DISK_MIB, disk], check=True)
    server = Server(setup.file("www"))
    machine = setup.machine(make_initrd(setup, names, server.port), "quiet nokaslr")
    at = machine.index("-net")
    transport = "device" if setup.arch == "armhf" else "pci"
    machine[at:at + 2] = ["-drive", "file=%s,format=raw,if=none,snapshot=on,id=d" % disk, "-device",
                          "virtio-blk-%s,drive=d" % transport, "-netdev", "user,id=n", "-device",
                          "virtio-net-%s,netdev=n" % transport]
    for _ in range(setup.options.rounds):
        ours = timed([setup.ours, "-icount", "shift=%d,rr=record,rrfile=%s" % (setup.options.shift, recording),
                      *machine], names)
        size = os.path.getsize(recording)
        os.remove(recording)
        theirs = timed([setup.theirs, "-accel", "tcg", *machine], names)
        for name in names:
            figures.add(name, ours[name], theirs[name], names[name])
        lib.say("inout: %s; the recording has %d MiB" % (
            ", ".join("%s %.2f s, theirs %.2f s" % (n, ours[n].wall, theirs[n].wall) for n in names), size >> 20))
    server.close()
