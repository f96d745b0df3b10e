"""debian.py [--arch A] [--disk D] [--card C] [--all] - a Debian on a disk, recorded and replayed by QEMU's own lines

The guest is installed by tests/guests.sh. It boots by SeaBIOS and GRUB, gets its address by DHCP and fetches a file from
a server on this host. The replay does the same with the server gone; the image stays as it is; verify passes.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import functools
import hashlib
import http.server
import os
import random
import threading

import hs
from typed import Typed

parser = argparse.ArgumentParser()
parser.add_argument("--arch", choices=["i386", "amd64"], default="i386")
parser.add_argument("--disk", choices=["ide-hd", "virtio-blk-pci"], default="ide-hd")
parser.add_argument("--card", choices=["rtl8139", "e1000", "virtio-net-pci"], default="rtl8139")
parser.add_argument("--all", action="store_true", help="each architecture, disk and card with each other")
args = parser.parse_args()
SIZE = 3000000


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Server:
    """Serves one file of random bytes."""

    def __init__(self, work):
        data = random.randbytes(SIZE)
        self.sum = hashlib.sha256(data).hexdigest()
        os.makedirs(work.file("www"), exist_ok=True)
        with open(work.file("www/file"), "wb") as f:
            f.write(data)
        handler = functools.partial(Quiet, directory=work.file("www"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def file_digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def line(arch, disk, card, mode):
    """As QEMU's documentation has it (docs/system/replay.rst)."""
    program = os.path.join(hs.BUILD, "hindsight-system-" + {"amd64": "x86_64"}.get(arch, arch))
    return [program, *("-icount shift=7,rr=%s,rrfile=replay.bin "
                       "-drive file=disk.qcow2,if=none,snapshot,id=img-direct "
                       "-drive driver=blkreplay,if=none,image=img-direct,id=img-blkreplay "
                       "-device %s,drive=img-blkreplay -netdev user,id=net1 -device %s,netdev=net1 "
                       "-object filter-replay,id=replay,netdev=net1" % (mode, disk, card)).split()]


def record(arch, disk, card, work):
    server = Server(work)
    guest = Typed(*line(arch, disk, card, "record"), cwd=work.path)
    guest.expect("Configuring network interfaces")
    guest.expect("bound to 10.0.2.15")
    guest.expect("guest# ")
    guest.type("wget -q -O - http://10.0.2.2:%d/file | sha256sum; sync; poweroff -f\n" % server.port)
    text = guest.finish()
    server.close()
    hs.check(server.sum + "  -" in text, "the file did not arrive as it is:\n" + text[-3000:])
    return text


def try_one(arch, disk, card):
    folder = hs.guests("disk-" + arch)
    with hs.Workdir() as work:
        os.symlink("%s/disk-%s/disk.qcow2" % (folder, arch), work.file("disk.qcow2"))
        before = file_digest(work.file("disk.qcow2"))
        text = record(arch, disk, card, work)
        replayed = Typed(*line(arch, disk, card, "replay"), cwd=work.path).finish()
        hs.check(replayed == text, "the replay shows something else:\n" + replayed[-3000:])
        print(hs.run_ok("verify", work.file("replay.bin")).strip())
        hs.check(file_digest(work.file("disk.qcow2")) == before, "the image was changed")
        print("%s, %s, %s: recorded, replayed and verified; %d MiB" %
              (arch, disk, card, os.path.getsize(work.file("replay.bin")) >> 20), flush=True)


if args.all:
    for arch in "i386", "amd64":
        for disk in "ide-hd", "virtio-blk-pci":
            for card in "rtl8139", "e1000", "virtio-net-pci":
                try_one(arch, disk, card)
else:
    try_one(args.arch, args.disk, args.card)
