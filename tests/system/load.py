"""load.py [--arch amd64|armhf] [--count N] [--mib N] [--seed N] - recordings made while the host is busy and its disks' caches are dropped

N of each kind: heavy use of disks (dd, tar, fsync), of the network (a download through libslirp), of the console. All
verify, no image is changed, and random seeks in one of each kind agree with a forward run.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import argparse
import functools
import hashlib
import http.server
import os
import random
import shutil
import subprocess
import sys
import threading

import hs
from typed import Typed

parser = argparse.ArgumentParser()
parser.add_argument("--arch", default="amd64", choices=["amd64", "armhf"])
parser.add_argument("--count", type=int, default=1)
parser.add_argument("--mib", type=int, default=100, help="size of the download")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seeks", type=int, default=20)
args = parser.parse_args()
rng = random.Random(args.seed)

DISKS = """
for d in FIRST SECOND; do
    wait_for /dev/$d && mkdir -p /mnt/$d && mount -t ext4 /dev/$d /mnt/$d || exit
    dd if=/dev/zero of=/mnt/$d/zeros bs=1M count=20 conv=fsync 2>/dev/null
    tar -xf /mnt/$d/files.tar -C /mnt/$d
    for i in $(seq 1 40); do echo $i >>/mnt/$d/log; fsync /mnt/$d/log; done
done
(cd /mnt/FIRST && tar -c files) | tar -x -C /mnt/SECOND
sync; echo 3 >/proc/sys/vm/drop_caches
for d in FIRST SECOND; do
    cat /mnt/$d/files/* /mnt/$d/log /mnt/$d/zeros | sha256sum
    umount /mnt/$d
done
"""
NETWORK = """
cat >/dhcp <<'X'
[ $1 != bound ] || ip addr add $ip/$mask dev $interface
X
chmod +x /dhcp
ip link set eth0 up
udhcpc -i eth0 -s /dhcp -n -q 2>/dev/null
wget -q -O - http://10.0.2.2:PORT/file | sha256sum
"""
# Names in the guest, interfaces here.
TWO_DISKS = {"amd64": {"vda": "virtio", "sda": "ide"}, "armhf": {"vda": "virtio", "vdb": "virtio"}}[args.arch]
CARDS = {"amd64": ["rtl8139", "e1000", "virtio-net-pci"], "armhf": ["virtio-net-device"]}[args.arch]
COMMANDS = ["uname -a", "ls /bin | head -5", "echo $((6*7))", "cat /proc/uptime", "ps | head -4",
            "head -c 4 /dev/urandom | od -x", "sleep 0.3", "date", "dd if=/dev/zero bs=1M count=8 | md5sum"]


class Busy:
    """Keeps both cores busy for as long as it lasts."""

    def __enter__(self):
        spin = "import signal; signal.alarm(3600)\nwhile True: pass"  # no longer than that, whatever comes
        self.processes = [hs.start([sys.executable, "-c", spin]) for _ in range(2)]

    def __exit__(self, *_):
        for p in self.processes:
            p.kill()
            p.wait()


def drop_caches():
    subprocess.run(["sync"], check=True)
    try:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3\n")
        return True
    except OSError:
        return False


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def tool(name):
    return shutil.which(name) or shutil.which(name, path="/sbin:/usr/sbin") or hs.skip("%s is not here" % name)


def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def make_image(work):
    """A file system with an archive of forty files; what the guest prints of them in the end."""
    os.makedirs(work.file("root"))
    os.makedirs(work.file("files"))
    every = b""
    for i in range(40):
        data = random.Random(i).randbytes(rng.randrange(100000))
        every += data
        with open(work.file("files/%02d" % i), "wb") as f:
            f.write(data)
    subprocess.run(["tar", "-cf", work.file("root/files.tar"), "-C", work.path, "files"], check=True)
    subprocess.run(["truncate", "-s", "64M", work.file("disk.raw")], check=True)
    subprocess.run([tool("mke2fs"), "-q", "-t", "ext4", "-d", work.file("root"), work.file("disk.raw")], check=True)
    log = "".join("%d\n" % i for i in range(1, 41)).encode()
    return hashlib.sha256(every + log + bytes(20 << 20)).hexdigest()


def record(work, name, script, *more):
    """The console's text of a guest that runs the script."""
    return hs.run_ok("record", "-o", work.file(name), *hs.driver_args(folder, args.arch, work, script), *more,
                     "-serial", "stdio", "-monitor", "none")


def disks(work, name):
    drives = []
    for interface in TWO_DISKS.values():
        drives += ["-drive", "file=%s,format=raw,if=%s" % (work.file("disk.raw"), interface)]
    first, second = TWO_DISKS
    text = record(work, name, DISKS.replace("FIRST", first).replace("SECOND", second), *drives)
    hs.check(text.count(work.sum) == 2, "the guest's files are not what they should be:\n" + text[-3000:])


def network(work, name):
    data = rng.randbytes(args.mib << 20)
    os.makedirs(work.file("www"), exist_ok=True)
    with open(work.file("www/file"), "wb") as f:
        f.write(data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=work.file("www")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    card = rng.choice(CARDS)
    text = record(work, name, NETWORK.replace("PORT", str(server.server_address[1])), "-netdev", "user,id=n",
                  "-device", card + ",netdev=n")
    server.shutdown()
    server.server_close()
    hs.check(hashlib.sha256(data).hexdigest() in text, "%s: the file did not arrive:\n%s" % (card, text[-3000:]))


def interactive(work, name):
    guest = Typed(hs.PROGRAM, "record", "-o", work.file(name), "-arch", hs.SYSTEMS[args.arch],
                  *hs.linux_args(folder, args.arch, "hindsight.shell"), "-serial", "stdio", "-monitor", "none")
    guest.expect("# ")
    for _ in range(8):
        for c in rng.choice(COMMANDS) + "\n":
            guest.type(c)
        guest.expect("# ")
    guest.type("poweroff -f\n")
    guest.finish()


def seeks(recording):
    p = subprocess.run([sys.executable, "-B", os.path.join(hs.ROOT, "tests/system/seeks.py"), "--count",
                        str(args.seeks), "--window", "1000", recording], stdout=subprocess.PIPE, text=True)
    hs.check(p.returncode == 0, "seeks in %s:\n%s" % (recording, p.stdout))


folder = hs.guests("drivers-" + args.arch)
if not drop_caches():
    print("the host's caches cannot be dropped here (this takes root): they stay warm")
with hs.Workdir() as work:
    work.sum = make_image(work)
    before = digest(work.file("disk.raw"))
    for make in disks, network, interactive:
        for i in range(args.count):
            name = "%s%d.hsr" % (make.__name__, i)
            with Busy():
                drop_caches()
                make(work, name)
                drop_caches()
                hs.run_ok("verify", work.file(name))
            if i == 0:
                seeks(work.file(name))
            os.remove(work.file(name))
        hs.check(digest(work.file("disk.raw")) == before, "a recording changed the image")
        print("%d recordings, %s: all verify" % (args.count, make.__name__), flush=True)
