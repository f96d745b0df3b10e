"""gdb_armhf.py - gdb-multiarch on a recorded boot of Debian's armmp: registers, Thumb code, back and forth"""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import shutil

import hs

# Userland is Thumb code, the kernel A32: the last place of a window that is in USR mode with the T bit set,
# and where something is pushed soon.
SCRIPT = r"""
set pagination off
set confirm off
python
import gdb, re

def value(text):
    return int(gdb.parse_and_eval(text)) & 0xffffffff

def state():
    names = ["r%d" % i for i in range(13)] + ["sp", "lr", "pc", "cpsr"]
    return tuple(value("(unsigned)$" + n) for n in names)

def run(text):
    return gdb.execute(text, to_string=True)

def icount():
    return int(gdb.parse_and_eval("$icount"))

def go(n):
    run("monitor goto %d" % n)
    run("maintenance flush register-cache")

# The address of a word that a push changes within the next steps; 0 if there is none.
def pushed():
    for _ in range(60):
        text, at = run("x/i $pc"), value("$sp") - 4
        try:
            before = value("*(int *)%#x" % at)
        except gdb.error:
            return 0
        run("stepi")
        if re.search("\tpush|\tstmdb\tsp!", text) and value("$cpsr") & 0x1f == 0x10 and value("*(int *)%#x" % at) != before:
            return at
    return 0

end, word = int(END), 0
for n in range(end * 99 // 100, end // 2, -end // 997):
    go(n)
    cpsr = value("$cpsr")
    word = cpsr & 0x3f == 0x30 and pushed()
    if word:
        go(n)
        break
print("THUMB %s" % (cpsr & 0x3f == 0x30))
start, at = state(), icount()

# Single steps, and all of them back.
states = [start]
for _ in range(40):
    run("stepi")
    states.append(state())
back = [states[-1]]
for _ in range(40):
    run("reverse-stepi")
    back.append(state())
print("STEPS %s %s" % (states[::-1] == back, icount() == at))

# A breakpoint on a Thumb instruction, both ways.
pc = value("$pc")
run("break *%#x" % pc)
for _ in range(20):
    run("stepi")
run("reverse-continue")
print("BREAK %s %s" % (value("$pc") == pc, icount() >= at))
run("delete")
run("monitor goto %d" % at)
run("maintenance flush register-cache")

# A word on the stack, when it is stored to next: right behind the store; and back, to right before it.
word = "*(int *)%#x" % word
run("watch " + word)
run("continue")
hit, new = icount(), value(word)
print("WATCH %d %d %s" % (at, hit, word[8:]))
run("stepi 3")
run("reverse-continue")
print("BEFORE %s %s" % (icount() == hit - 1, value(word) != new))
run("stepi")
print("STEP %s %s" % (icount() == hit, value(word) == new))
run("reverse-stepi")
print("BACK %s %s" % (icount() == hit - 1, value(word) != new))
run("delete")
run("monitor goto %d" % hit)
run("maintenance flush register-cache")
run("reverse-stepi")
print("EXACT %s %s" % (icount() == hit - 1, value(word) != new))
run("monitor goto %d" % at)
run("maintenance flush register-cache")
print("SAME %s" % (state() == start))

# Other registers than the general ones.
print("VFP %s" % run("info registers d31").strip())
lanes = [value("$q%d.u32[%d]" % (n, k)) for n in range(16) for k in range(4)]
raw = re.findall(r"raw 0x([0-9a-f]{8})([0-9a-f]{8})", "".join(run("info registers d%d" % n) for n in range(32)))
print("QUAD %s" % (lanes == [int(half, 16) for pair in raw for half in pair[::-1]] and any(lanes)))
print("FPSCR %s" % run("print/x $fpscr").strip())
print("SYSREG %#x" % value("(unsigned)$sctlr"))
print("ASM %s" % run("x/4i $pc").replace("\n", " ; "))
end
"""

def without_gdb(recording, at, hit, word):
    """A debugger is told of the access before it is made; one that just goes on does not stay there."""
    with hs.Replay(recording, work) as gdb:
        gdb.goto(at)
        hs.check(gdb.packet("Z2,%x,4" % word) == "OK", "a watchpoint is refused")
        for packet, place in ("c", hit - 1), ("s", hit), ("bs", hit), ("bc", hit - 1), ("s", hit - 1), ("s", hit):
            reply = gdb.move(packet)
            hs.check("watch:%x;" % word in reply, "%s: no watchpoint is told of: %s" % (packet, reply))
            hs.check(gdb.icount() == place, "%s ended at %d, not at %d" % (packet, gdb.icount(), place))


if not shutil.which("gdb-multiarch"):
    hs.skip("gdb-multiarch is not here (scripts/install-deps brings it)")
folder = hs.guests("armhf")
with hs.Workdir() as work:
    recording, script = work.file("boot.hsr"), work.file("script.gdb")
    hs.run_ok("record", "-o", recording, "-arch", "arm", *hs.linux_args(folder, "armhf"), "-serial", "null")
    end = re.search(r"length +(\d+)", hs.run_ok("info", recording)).group(1)
    with open(script, "w") as f:
        f.write(SCRIPT.replace("END", end))
    code, out, err = hs.run("debug", recording, "--", "-q", "-batch", "-nx", "-x", script)
    hs.check(code == 0, "gdb ended with status %d\n%s%s" % (code, out, err))
    for line in "THUMB True", "STEPS True True", "BREAK True True", "BEFORE True True", \
            "STEP True True", "BACK True True", "EXACT True True", "QUAD True", "SAME True":
        hs.check(re.search("^%s$" % line, out, re.M), "'%s' is missing\n%s%s" % (line, out, err))
    for pattern in (r"VFP d31 .*raw 0x[0-9a-f]{16}", r"FPSCR \$\d+ = 0x", r"SYSREG 0x[0-9a-f]*[13579bdf]$", r"ASM .*:"):
        hs.check(re.search("^" + pattern, out, re.M), "no line is like '%s'\n%s%s" % (pattern, out, err))
    hs.check(out.count("Old value") == 4, "not every access was told of\n" + out)
    at, hit, word = re.search(r"^WATCH (\d+) (\d+) (0x[0-9a-f]+)$", out, re.M).groups()
    hs.check(int(hit) > int(at), "no access was found\n" + out)
    without_gdb(recording, int(at), int(hit), int(word, 16))
    print("\n".join(re.findall(r"^[A-Z]+ .*", out, re.M)))
