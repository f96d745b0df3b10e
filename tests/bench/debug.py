"""debug.py - what a person at gdb waits for, and what a breakpoint costs that is never hit"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess
import sys
import threading

import lib
import loops

sys.path.insert(1, os.path.join(lib.ROOT, "tests/system"))
import hs

# Most milliseconds, or most times as long as without the breakpoint.
BARS = {
    "stepi-first": 20, "stepi": 1, "goto": 150, "next": 60,
    "break-run": 1.10, "break-replay": 1.10, "break-kernel-run": 1.10, "break-kernel-replay": 1.10,
}

BOOT_SCRIPT = r"""
set pagination off
set confirm off
python
import gdb, random, re, time
def timed(command):
    start = time.monotonic()
    text = gdb.execute(command, to_string=True)
    return (time.monotonic() - start) * 1000, text
def when():
    return int(re.search(r"\d+", timed("monitor when")[1]).group())
def times(name, values):
    print("%s %s" % (name, " ".join("%f" % v for v in values)))
end
hbreak *kernel_power_off
continue
# As a person would; gdb reads the debug information of these files now, which is not ours to be timed.
python gdb.execute("backtrace", to_string=True)
delete
python times("stepi-first", [timed("reverse-stepi")[0]])
python times("stepi", [timed("reverse-stepi")[0] for _ in range(100)])
python end = when()
python random.seed(SEED)
python times("goto", [timed("monitor goto %d" % random.randrange(end))[0] for _ in range(40)])
"""

LINE_SCRIPT = r"""
set pagination off
set confirm off
python
import gdb, re, time
def when():
    return int(re.search(r"\d+", gdb.execute("monitor when", to_string=True)).group())
end
hbreak line.c:AFTER
# The first time, the line takes page faults.
ignore 1 500
continue
python
for _ in range(10):
    was, start = when(), time.monotonic()
    gdb.execute("reverse-next", to_string=True)
    took, line = time.monotonic() - start, gdb.selected_frame().find_sal().line
    print("next %f %d %d" % (took * 1000, line, was - when()))
    gdb.execute("continue", to_string=True)  # to where we were, and to the next time
    gdb.execute("continue", to_string=True)
end
"""


def gdb(setup, recording, script, symbols):
    """What a script for gdb prints, on a replay of the recording."""
    path = setup.file("script.gdb")
    with open(path, "w") as f:
        f.write(script)
    p = subprocess.run([setup.program, "debug", recording, "--", "-q", "-batch", "-nx", "-x", path, symbols],
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=setup.options.timeout)
    text = p.stdout.decode(errors="replace")
    if p.returncode:
        sys.exit("bench: gdb ended with status %d\n%s" % (p.returncode, text))
    return text


def numbers(name, text):
    found = re.search(r"^%s (.*)$" % name, text, re.M)
    if not found:
        sys.exit("bench: gdb did not measure %s:\n%s" % (name, text[-3000:]))
    return [float(v) for v in found.group(1).split()]


def add(figures, name, values, note=""):
    for v in values:
        figures.add(name, lib.Seconds(v / 1000, v / 1000), None, BARS[name] / 1000, note)


def boot(setup, figures, names, kernel):
    recording = setup.file("boot.hsr")
    lib.timed([setup.program, "record", "-o", recording, *setup.machine(append="nokaslr")], setup.options.timeout)
    for number in range(setup.options.rounds):
        lib.say("debug, round %d of %d: after the boot" % (number + 1, setup.options.rounds))
        text = gdb(setup, recording, BOOT_SCRIPT.replace("SEED", str(number + 1)), kernel)
        for name in names:
            values = numbers(name, text)
            lib.say("  %-12s %s" % (name, " ".join("%.1f" % v for v in values[:10])))
            # For a median of all, all are given; of places, the worst of each round counts.
            add(figures, name, [max(values)] if name == "goto" else values)
    os.remove(recording)


def source_line(words):
    with open(os.path.join(lib.HERE, "work/line.c")) as f:
        return next(n for n, text in enumerate(f, 1) if words in text)


def long_line(setup, figures, machine):
    recording = setup.file("line.hsr")
    lib.timed([setup.program, "record", "-o", recording, *machine], setup.options.timeout)
    script = LINE_SCRIPT.replace("AFTER", str(source_line("the line after it")))
    for number in range(setup.options.rounds):
        text = gdb(setup, recording, script, setup.loops)
        found = re.findall(r"^next (\S+) (\d+) (\d+)$", text, re.M)
        found = [(float(took), int(steps)) for took, line, steps in found
                 if int(line) == source_line("the long line")]
        if len(found) < 5:
            sys.exit("bench: reverse-next did not go back over the long line:\n" + text)
        lib.say("debug, round %d of %d: reverse-next over %s steps: %s ms" %
                (number + 1, setup.options.rounds, found[-1][1], " ".join("%.0f" % t for t, _ in found)))
        add(figures, "next", [took for took, _ in found], "  %d steps" % found[-1][1])
    os.remove(recording)


# ---- breakpoints ----

def symbols(path):
    """Addresses by name."""
    text = subprocess.run(["nm", path], stdout=subprocess.PIPE, check=True).stdout.decode()
    return {name: int(at, 16) for at, kind, name in re.findall(r"^(\w+) ([tT]) (\S+)$", text, re.M)}


def never_hit(path, hot, cold):
    """The address of a function that is not executed, on the page of one that is."""
    found = symbols(path)
    for name in cold:
        if name in found and found[name] != found[hot] and found[name] >> 12 == found[hot] >> 12:
            return found[name]
    sys.exit("bench: none of %s is on %s's page of %s" % (", ".join(cold), hot, path))


def with_stub(setup, command, loop, address):
    """Runs to the end under a debugger's hand, which has set a breakpoint there or none; the loop's time."""
    socket = setup.file("gdb.sock")
    p = subprocess.Popen([*command, "-S", "-gdb", "unix:" + socket], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    marks = loops.Marks(p)
    client = hs.Gdb(socket, setup.options.timeout)
    if address and client.packet("Z1,%x,1" % address) != "OK":
        sys.exit("bench: the breakpoint was refused")
    client.send("c")
    killer = threading.Timer(setup.options.timeout, p.kill)
    killer.start()
    marks.read(until=loop)
    killer.cancel()
    client.close()
    p.stdout.close()
    p.kill()
    p.wait()
    os.remove(socket)
    if loop not in marks.seconds:
        sys.exit("bench: %s did not end; was the breakpoint hit?\n%s" % (loop, "\n".join(marks.log[-20:])))
    return marks.seconds[loop]


def breakpoints(setup, figures, machine, loop, names, address):
    recording = setup.file("break.hsr")
    lib.timed([setup.program, "record", "-o", recording, *machine], setup.options.timeout)
    commands = {"run": [setup.program, "run", *machine],
                "replay": [setup.program, "replay", recording, "-serial", "stdio"]}
    for number in range(setup.options.rounds):
        for name in names:
            command = commands[name.rpartition("-")[2]]
            pair = [with_stub(setup, command, loop, a) for a in (address, 0)]
            figures.add(name, *pair, BARS[name], "  (theirs: without it)")
            lib.say("debug, round %d of %d: %-20s %.2f %.2f" %
                    (number + 1, setup.options.rounds, name, *(s.wall for s in pair)))
    os.remove(recording)


def measure(setup, figures, names):
    if not names:
        return
    if setup.arch != "amd64":
        lib.say("debug: only measured on amd64, whose kernel's symbols are at hand")
        return
    kernel = lib.fetch("dbg-amd64") + "/amd64/vmlinux"
    hs.BUILD, hs.PROGRAM = setup.build, setup.program
    at_boot = [n for n in names if n in ("stepi-first", "stepi", "goto")]
    if at_boot:
        boot(setup, figures, at_boot, kernel)
    initrd = loops.make_initrd(setup)

    def machine(loop):
        return setup.machine(initrd, "quiet nokaslr rdinit=/bench/init bench=" + loop)

    if "next" in names:
        long_line(setup, figures, machine("line"))
    user = [n for n in names if n in ("break-run", "break-replay")]
    if user:
        address = never_hit(setup.loops, "work_core", ["compare", "work_qsort"])
        breakpoints(setup, figures, machine("core"), "core", user, address)
    inside = [n for n in names if n.startswith("break-kernel")]
    if inside:
        address = never_hit(kernel, "__x64_sys_getppid", ["__ia32_sys_setfsgid", "__ia32_sys_getpgid"])
        breakpoints(setup, figures, machine("getppid"), "getppid", inside, address)
