"""net.py - a guest gets its address and a file over a network card; replayed with nobody there, gone back in, captured"""
# SPDX-License-Identifier: GPL-3.0-or-later
import functools
import hashlib
import http.server
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

import hs

ARCH, CARD = sys.argv[1], sys.argv[2]
SIZE = 3000000
CALL = random.Random(9).randbytes(100000)

DHCP = """
cat >/dhcp <<'X'
#!/bin/sh
case $1 in
deconfig) ip link set $interface up ;;
bound) ip addr add $ip/$mask dev $interface; [ -z "$router" ] || ip route add default via $router dev $interface
    echo "address $ip router $router" ;;
esac
X
chmod +x /dhcp
udhcpc -i eth0 -s /dhcp -n -q 2>/dev/null
"""
VEXPRESS = "for m in libphy smsc smsc911x; do insmod /modules/$m.ko; done\n"
FETCH = DHCP + """
wget -q -O - http://10.0.2.2:PORT/file | sha256sum
ping -c 1 10.0.2.2 >/dev/null && echo "the host answers"
wget -q -O - http://10.0.2.2:PORT/more | sha256sum
echo "the guest hears" | nc -l -p 7000 | sha256sum
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        super().do_GET()
        if self.path == "/more":
            threading.Thread(target=call, daemon=True).start()


def call():
    """Sends to the guest as soon as it listens. Until then it refuses, and there is no event to wait for."""
    heard = b""
    while not heard:
        try:
            with socket.create_connection(("127.0.0.1", forwarded), 600) as s:
                s.sendall(CALL)
                s.shutdown(socket.SHUT_WR)
                heard = s.recv(100)
        except OSError:
            pass
        if not heard:
            time.sleep(0.02)


class Server:
    """An HTTP server on this host with two files."""

    def __init__(self, work, size):
        os.makedirs(work.file("www"), exist_ok=True)
        self.sums = [hashlib.sha256(CALL).hexdigest()]
        for seed, name in enumerate(("file", "more")):
            data = random.Random(seed).randbytes(size)
            self.sums.append(hashlib.sha256(data).hexdigest())
            with open(work.file("www/" + name), "wb") as f:
                f.write(data)
        handler = functools.partial(Quiet, directory=work.file("www"))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def check_output(out, sums):
    hs.check("address 10.0.2.15 router 10.0.2.2" in out, "the guest got no address:\n" + out)
    hs.check("the host answers" in out, "the host does not answer a ping:\n" + out)
    for s in sums:
        hs.check(s in out, "a file did not arrive, or not well:\n" + out)


def check_capture(path, port):
    """tshark finds the whole of it: the address, and two downloads without a gap."""
    def fields(what, *names):
        args = [tshark, "-r", path, "-d", "tcp.port==%d,http" % port, "-Y", what, "-T", "fields"]
        for n in names or ["frame.number"]:
            args += ["-e", n]
        return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                              text=True).stdout.split("\n")[:-1]
    kinds = fields("dhcp", "dhcp.option.dhcp")
    hs.check(kinds[:4] == ["1", "2", "3", "5"], "DHCP messages are %s" % kinds)
    uris = fields("http.request", "http.request.uri")
    hs.check(uris == ["/file", "/more"], "requests are %s" % uris)
    lengths = fields("http.response", "http.content_length")
    hs.check(lengths == [str(SIZE)] * 2, "answers are of %s bytes" % lengths)
    hs.check(not fields("tcp.analysis.lost_segment"), "the capture lacks segments")
    times = [float(t) for t in fields("frame", "frame.time_epoch")]
    hs.check(times == sorted(times), "time goes backwards in the capture")
    hs.check(len(fields("icmp")) == 2, "a ping and its answer are not there once each")


def seeks(recording):
    with hs.Replay(recording, work) as gdb:
        gdb.monitor("goto end")
        end = gdb.icount()
        rng = random.Random(5)
        places = sorted(rng.sample(range(end * 9 // 10, end), 6))
        hs.seeks_agree(gdb, places, rng)


def branch(gdb, n):
    """What a debugger's write makes of the past talks to nobody."""
    value = gdb.packet("p0")
    hs.check(gdb.packet("P0=" + value) == "OK", "a register cannot be written")
    gdb.monitor("replay_break %d" % (n + 20000000))
    gdb.move("c")


def returns(machine, wires, server):
    """Goes back in the middle of it and returns: nothing is lost, and what comes meanwhile waits."""
    path, serial = work.file("live.sock"), work.file("live.txt")
    p = hs.start([system, *machine, *wires, "-S", "-gdb", "unix:" + path, "-monitor", "none", "-serial",
                  "file:" + serial], stdin=subprocess.DEVNULL)
    gdb = hs.Gdb(path, p)
    places = [end * 70 // 100, end * 85 // 100, end * 95 // 100]
    for n in places:
        gdb.monitor("replay_break %d" % n)
        gdb.move("c")
        hs.check(gdb.icount() == n, "it stopped at %d, not at %d" % (gdb.icount(), n))
        digest = gdb.digest()
        gdb.goto(n - 40000000)
        gdb.goto(n - 1000)
        branch(gdb, n)
        gdb.goto(n)
        hs.check(gdb.digest() == digest, "the state at %d is another one after going back" % n)
    gdb.monitor("replay_delete_break")
    gdb.move("c")
    with open(serial, errors="replace") as f:
        check_output(f.read(), server.sums)
    gdb.close()
    p.wait(hs.PATIENCE)


tshark = shutil.which("tshark") or hs.skip("tshark is not here (scripts/install-deps brings it)")
folder = hs.guests("drivers-" + ARCH)
with hs.Workdir() as work:
    server = Server(work, SIZE)
    script = (VEXPRESS if CARD == "lan9118" else "") + FETCH.replace("PORT", str(server.port))
    machine = hs.driver_args(folder, ARCH, work, script)[2:]
    if CARD == "lan9118":
        machine += hs.vexpress_args(folder, work)
    forwarded = hs.free_port()
    wires = ["-netdev", "user,id=net1,hostfwd=tcp:127.0.0.1:%d-:7000" % forwarded, "-device", CARD + ",netdev=net1", "-object",
             "filter-replay,id=replay,netdev=net1"]
    system = hs.system(ARCH)
    rest = ["-serial", "stdio", "-monitor", "none"]
    dump = "filter-dump,id=d,netdev=net1,file="

    recording = work.file("a.hsr")
    out = hs.run_ok("-icount", "shift=7,rr=record,rrfile=" + recording, *machine, *wires, *rest, "-object",
                    dump + work.file("live.pcap"), program=system)
    check_output(out, server.sums)
    end = int(re.search(r"length +(\d+)", hs.run_ok("info", recording)).group(1))
    returns(machine + ["-icount", "shift=7"], wires, server)
    server.close()

    again = hs.run_ok("-icount", "shift=7,rr=replay,rrfile=" + recording, *machine, *wires, *rest, "-object",
                      dump + work.file("replay.pcap"), program=system)
    hs.check(again == out, "the replay prints something else")
    hs.run_ok("verify", recording, "-accel", "interp" if CARD == "e1000" and ARCH == "i386" else "jit")
    hs.run_ok("pcap", recording, "-o", work.file("after.pcap"))
    with open(work.file("live.pcap"), "rb") as a, open(work.file("replay.pcap"), "rb") as b, \
            open(work.file("after.pcap"), "rb") as c:
        live = a.read()
        hs.check(live == b.read(), "the capture of the replay is another one")
        hs.check(live == c.read(), "the capture of the recording is another one")
    check_capture(work.file("after.pcap"), server.port)
    seeks(recording)
print("net: fetched, recorded, replayed with nobody there, gone back in, and captured")
