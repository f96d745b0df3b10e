"""gdb_boot.py - stock gdb on the recorded boot of a nokaslr kernel: to the end, back, and every write of system_state"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import statistics
import subprocess
import sys
import time

import hs

folder = hs.guests("amd64", "dbg-amd64")
SCRIPT = r"""
set pagination off
set confirm off
python
import gdb, time
def timed(command):
    start = time.monotonic()
    gdb.execute(command, to_string=True)
    return (time.monotonic() - start) * 1000
end
hbreak *kernel_power_off
continue
python print("AT %s" % gdb.execute("info symbol $pc", to_string=True))
# As a person would; gdb reads the debug information of these files now, which takes it a third of a second.
python gdb.execute("backtrace", to_string=True)
delete
python print("FIRST %f" % timed("reverse-stepi"))
python print("NEXT %s" % " ".join("%f" % timed("reverse-stepi") for _ in range(100)))
hbreak start_kernel
python print("BACK %f" % timed("reverse-continue"))
python print("AT %s" % gdb.execute("info symbol $pc", to_string=True))
delete
hbreak *kernel_power_off
continue
delete
watch -location system_state
python
for _ in range(20):
    gdb.execute("reverse-continue", to_string=True)
    if gdb.parse_and_eval("$icount") == 0:
        break  # the beginning of history
    value = gdb.execute("print (int)system_state", to_string=True).split()[-1]
    print("WRITE to-be-undone value=%s at %s" % (value, gdb.execute("info symbol $pc", to_string=True).strip()))
end
"""


def main():
    with hs.Workdir() as work:
        recording = sys.argv[1] if len(sys.argv) > 1 else work.file("boot.hsr")
        if len(sys.argv) <= 1:
            hs.run_ok("record", "-o", recording, *hs.linux_args(folder, "amd64", "nokaslr"), "-serial", "null")
        script = work.file("script.gdb")
        with open(script, "w") as f:
            f.write(SCRIPT)
        code, out, err = hs.run("debug", recording, "--", "-q", "-batch", "-nx", "-x", script,
                                os.path.join(folder, "amd64/vmlinux"))
        hs.check(code == 0, "gdb ended with status %d\n%s%s" % (code, out, err))
        places = re.findall(r"^AT (\S+)", out, re.M)
        hs.check(places == ["kernel_power_off", "start_kernel"], "stopped at %s\n%s%s" % (places, out, err))
        first = float(re.search(r"^FIRST (\S+)", out, re.M).group(1))
        following = [float(x) for x in re.search(r"^NEXT (.*)", out, re.M).group(1).split()]
        print("reverse-stepi: %.1f ms the first time, %.2f ms then (median of %d)"
              % (first, statistics.median(following), len(following)))
        print("reverse-continue to start_kernel: %.1f s"
              % (float(re.search(r"^BACK (\S+)", out, re.M).group(1)) / 1000))
        writes = re.findall(r"^WRITE .*", out, re.M)
        print("\n".join(writes))
        hs.check(len(writes) >= 3, "only %d writes of system_state were found\n%s" % (len(writes), out))
        interrupt(recording, work)


def interrupt(recording, work):
    """^C ends a reverse-continue that would go on for long."""
    took = 0
    with hs.Replay(recording, work) as gdb:
        hs.check(gdb.packet("Z1,1234567,1") == "OK", "a breakpoint was refused")
        for packet, start_from in ("bc", "end"), ("c", "0"):
            gdb.monitor("goto " + start_from)
            gdb.send(packet)
            time.sleep(0.3)  # the interrupt is to come in the middle of it
            start = time.monotonic()
            gdb.interrupt()
            reply = gdb.stopped("^C")
            hs.check(reply[:3] in ("T02", "T05"), "^C was answered by " + reply)
            took = max(took, time.monotonic() - start)
    hs.check(took < 20, "^C took %.1f s" % took)  # on a busy machine; the whole of it would take longer
    print("^C interrupts both directions, within %.2f s" % took)


main()
