"""net_socket.py - two guests on one cable talk; each of them replays alone"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import time

import hs

SERVER = """
ip addr add 10.1.1.1/24 dev eth0; ip link set eth0 up
nc -l -p 1000 | sha256sum
"""
CLIENT = """
ip addr add 10.1.1.2/24 dev eth0; ip link set eth0 up
until ping -c 1 -W 1 10.1.1.1 >/dev/null; do :; done
seq 1 50000 >/data; sha256sum </data
until nc 10.1.1.1 1000 </data; do sleep 1; done
echo sent
"""


def machine(name, script, where, card):
    class Place:
        def file(self, n):
            os.makedirs(work.file(name), exist_ok=True)
            return os.path.join(work.file(name), n)
    return hs.driver_args(folder, "amd64", Place(), script) + ["-nic", "socket,%s,model=%s" % (where, card)]


folder = hs.guests("drivers-amd64")
with hs.Workdir() as work:
    address = "127.0.0.1:%d" % hs.free_port()
    a, b = work.file("a.hsr"), work.file("b.hsr")
    rest = ["-serial", "stdio", "-monitor", "none"]
    first = hs.start([hs.PROGRAM, "record", "-o", a, *machine("a", SERVER, "listen=" + address,
                                                              "virtio-net-pci"), *rest],
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    # It listens before it makes the recording: there is no other event to wait for.
    while not os.path.exists(a):
        hs.check(first.poll() is None, "the guest that listens did not start")
        time.sleep(0.02)
    out_b = hs.run_ok("record", "-o", b, *machine("b", CLIENT, "connect=" + address + ",mac=52:54:00:12:34:57",
                                                  "virtio-net-pci"), *rest)
    out_a = first.communicate(timeout=hs.PATIENCE)[0].decode(errors="replace")
    wanted = "".join("%d\n" % n for n in range(1, 50001)).encode()
    digest = subprocess.run(["sha256sum"], input=wanted, stdout=subprocess.PIPE, check=True).stdout.decode().split()[0]
    hs.check(digest in out_a and digest in out_b and "sent" in out_b, "the file did not arrive:\n" + out_a + out_b)
    hs.check(hs.run_ok("replay", a, *rest) == out_a, "the replay of the one that listened prints something else")
    hs.check(hs.run_ok("replay", b, *rest) == out_b, "the replay of the one that connected prints something else")
    hs.run_ok("verify", a)
    hs.run_ok("verify", b)
print("net_socket: two guests talked, and replay alone")
