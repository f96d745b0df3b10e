"""gdb_armhf.py - gdb-multiarch on a recorded boot of Debian's armmp: registers, Thumb code, back and forth"""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
import shutil

import hs

# Userland is Thumb code, the kernel A32: the last place of a window that is in USR mode with the T bit set.
SCRIPT = r"""
set pagination off
set confirm off
python
import gdb

def value(text):
    return int(gdb.parse_and_eval(text)) & 0xffffffff

def state():
    names = ["r%d" % i for i in range(13)] + ["sp", "lr", "pc", "cpsr"]
    return tuple(value("(unsigned)$" + n) for n in names)

def run(text):
    return gdb.execute(text, to_string=True)

def icount():
    return int(gdb.parse_and_eval("$icount"))

end = int(END)
for n in range(end * 99 // 100, end // 2, -end // 997):
    run("monitor goto %d" % n)
    run("maintenance flush register-cache")
    cpsr = value("$cpsr")
    if cpsr & 0x3f == 0x30:
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

# A word on the stack, where it is stored to next; and back from there to before the store.
sp = value("$sp")
run("watch *(int *)%#x" % (sp - 4))
run("continue")
hit, new = icount(), value("*(int *)%#x" % (sp - 4))
run("delete")
for _ in range(2):  # gdb thinks that Arm processors stop before the store, and makes a step more
    run("reverse-stepi")
old = value("*(int *)%#x" % (sp - 4))
print("WATCH %s %s" % (hit > at, old != new))
run("monitor goto %d" % at)
run("maintenance flush register-cache")
print("SAME %s" % (state() == start))

# Other registers than the general ones.
print("VFP %s" % run("info registers d31").strip())
print("FPSCR %s" % run("print/x $fpscr").strip())
print("SYSREG %#x" % value("(unsigned)$sctlr"))
print("ASM %s" % run("x/4i $pc").replace("\n", " ; "))
end
"""

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
    for line in "THUMB True", "STEPS True True", "BREAK True True", "WATCH True True", "SAME True":
        hs.check(re.search("^%s$" % line, out, re.M), "'%s' is missing\n%s%s" % (line, out, err))
    for pattern in (r"VFP d31 .*raw 0x[0-9a-f]{16}", r"FPSCR \$\d+ = 0x", r"SYSREG 0x[0-9a-f]*[13579bdf]$", r"ASM .*:"):
        hs.check(re.search("^" + pattern, out, re.M), "no line is like '%s'\n%s%s" % (pattern, out, err))
    print("\n".join(re.findall(r"^[A-Z]+ .*", out, re.M)))
