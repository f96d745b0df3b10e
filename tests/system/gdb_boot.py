"""gdb_boot.py [RECORDING | armhf] - stock gdb on the recorded boot of a nokaslr kernel: to the end, back, every write of system_state

Debian's amd64 kernel has its debug information. Of armmp's symbols those of functions are taken that it shows of itself, in
/proc/kallsyms; and system_state is where kernel_power_off stores SYSTEM_POWER_OFF.
"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import statistics
import subprocess
import sys
import time

import hs

ARM = sys.argv[1:] == ["armhf"]
folder = hs.guests(*(["drivers-armhf"] if ARM else ["amd64", "dbg-amd64"]))
NAMES = "kernel_power_off", "start_kernel"
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


# In gdb's Python: from the start of kernel_power_off to the first store of 5 that is not on the stack; and back.
FIND_STATE = r"""python
import re
def register(name):
    return int(gdb.parse_and_eval("(unsigned)$" + name)) & 0xffffffff
start = int(gdb.parse_and_eval("$icount"))
for _ in range(20000):
    store = re.search(r"\tstr\t(r\d+), \[(r\d+)(?:, #(\d+))?\]", gdb.execute("x/i $pc", to_string=True))
    if store and register(store.group(1)) == 5:
        state = register(store.group(2)) + int(store.group(3) or 0)
        if abs(state - register("sp")) > 16384:
            break
    gdb.execute("stepi", to_string=True)
gdb.execute("monitor goto %d" % start)
gdb.execute("maintenance flush register-cache")
gdb.execute("set $state = %d" % state)
end
"""


def with_addresses(script, console):
    """The script for a gdb without symbols: AT tells an address then, and each name is one."""
    found = {name: at for at, name in re.findall(r"^([0-9a-f]{8}) \S (\S+)\s*$", console, re.M)}
    hs.check(all(name in found for name in NAMES), "kallsyms does not have all symbols:\n" + console)
    for text, name in (("hbreak *kernel_power_off", NAMES[0]), ("hbreak start_kernel", NAMES[1])):
        script = script.replace(text, "hbreak *0x" + found[name])
    script = script.replace("watch -location system_state", FIND_STATE + "watch *(int *)$state")
    script = script.replace("(int)system_state", "*(int *)$state")
    return found, script.replace('"info symbol $pc"', '"print/x (unsigned)$pc"')


def record(recording, work):
    """The guest's symbols, or none, and the script."""
    if not ARM:
        hs.run_ok("record", "-o", recording, *hs.linux_args(folder, "amd64", "nokaslr"), "-serial", "null")
        return {}, SCRIPT
    show = "grep -E ' (%s)$' /proc/kallsyms\n" % "|".join(NAMES)
    return with_addresses(SCRIPT, hs.run_ok("record", "-o", recording, *hs.driver_args(folder, "armhf", work, show),
                                            "-serial", "stdio", "-monitor", "none"))


def main():
    with hs.Workdir() as work:
        given = sys.argv[1:] and not ARM
        recording = sys.argv[1] if given else work.file("boot.hsr")
        symbols, text = ({}, SCRIPT) if given else record(recording, work)
        script = work.file("script.gdb")
        with open(script, "w") as f:
            f.write(text)
        code, out, err = hs.run("debug", recording, "--", "-q", "-batch", "-nx", "-x", script,
                                *([] if ARM else [os.path.join(folder, "amd64/vmlinux")]))
        hs.check(code == 0, "gdb ended with status %d\n%s%s" % (code, out, err))
        places = re.findall(r"^AT (?:\$\d+ = 0x)?(\S+)", out, re.M)
        wanted = [symbols.get(name, name) for name in NAMES[:2]]
        hs.check(places == wanted, "stopped at %s, not at %s\n%s%s" % (places, wanted, out, err))
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
