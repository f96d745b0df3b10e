"""net_closed.py - a world without a way out repeats: the same state at the end, each time, on a busy host"""
# SPDX-License-Identifier: GPL-3.0-or-later
import filecmp
import subprocess
import sys

import hs

ARCH, CARD, RUNS = sys.argv[1], sys.argv[2], int(sys.argv[3])

SCRIPT = """
cat >/dhcp <<'X'
#!/bin/sh
case $1 in
deconfig) ip link set $interface up ;;
bound) ip addr add $ip/$mask dev $interface; ip route add default via 10.0.2.2 dev $interface; echo "address $ip" ;;
esac
X
chmod +x /dhcp
udhcpc -i eth0 -s /dhcp -n -q 2>/dev/null
ping -c 2 -i 0.2 10.0.2.2 | grep -c from
ping -c 1 -s 4000 10.0.2.2 | grep -c from
nc 10.0.2.2 9 </dev/null 2>&1
usleep 300000
cat /proc/net/if_inet6 /proc/net/dev
"""


def once(work, machine, i):
    """The whole run; the digest and the place of its end."""
    path, serial = work.file("%d.sock" % i), work.file("%d.txt" % i)
    p = hs.start([hs.PROGRAM, "run", *machine, "-icount", "shift=7", "-rtc", "clock=vm", "-netdev",
                  "user,id=n,restrict=on", "-device", CARD + ",netdev=n", "-S", "-gdb", "unix:" + path,
                  "-monitor", "none", "-serial", "file:" + serial], stdin=subprocess.DEVNULL)
    gdb = hs.Gdb(path, p)
    gdb.move("c")
    result = gdb.icount(), gdb.digest()
    gdb.close()
    p.wait(hs.PATIENCE)
    with open(serial, errors="replace") as f:
        out = f.read()
    hs.check("address 10.0.2.15" in out and "init: done" in out, "the guest got no address:\n" + out)
    hs.check("refused" in out, "there is a way out:\n" + out)
    return result, out


def record(work, machine, name, accel):
    hs.run_ok("record", "-o", work.file(name), *machine, "-icount", "shift=7", "-netdev", "user,id=n,restrict=on",
              "-device", CARD + ",netdev=n", "-monitor", "none", "-serial", "stdio", "-accel", accel)


folder = hs.guests("drivers-" + ARCH)
with hs.Workdir() as work:
    machine = hs.driver_args(folder, ARCH, work, SCRIPT)
    load = [hs.start([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        first, out = once(work, machine, 0)
        for i in range(1, RUNS):
            load[i % 2].kill()
            load[i % 2].wait()
            load[i % 2] = hs.start([sys.executable, "-c", "while True: pass"])
            again, text = once(work, machine, i)
            hs.check(again == first, "run %d ends at %s, the first one at %s\n%s\n%s" % (i, again, first, text, out))
        record(work, machine, "a.hsr", "jit")
        record(work, machine, "b.hsr", "jit,max-insns=3")
        hs.check(filecmp.cmp(work.file("a.hsr"), work.file("b.hsr"), shallow=False), "two recordings differ")
    finally:
        for p in load:
            p.kill()
            p.wait()
print("net_closed: %d runs of %d ended in the same state, and two recordings are equal" % (RUNS, RUNS))
