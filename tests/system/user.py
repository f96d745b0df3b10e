"""user.py - what users do that is ill-formed or unusual: options, streams, files; and scripts on the monitor"""
# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import resource
import signal
import subprocess

import hs

MACHINE = hs.own_guest_args()
STARTED = MACHINE + ["-serial", "null"]


def refused(words, *argv):
    """Non-zero exit, and one sentence that has these words in it."""
    code, out, err = hs.run(*argv)
    hs.check(code in (1, 2), "%s: exit status %d\n%s" % (" ".join(argv), code, err))
    hs.check(len(err.splitlines()) == 1 and err.startswith("hindsight: ") and words in err,
             "%s: not one sentence with '%s' in it:\n%s%s" % (" ".join(argv), words, out, err))


def options():
    for words, *bad in (
            ("-m 16x", "-m", "16x"), ("-m", "-m", "1M"), ("-m", "-m", ""), ("-m 16,slots=2", "-m", "16,slots=2"),
            ("-icount shift=11", "-icount", "shift=11"), ("-icount auto", "-icount", "auto"),
            ("-icount", "-icount", "shift=3,rr=record"), ("-rtc base=2024-02-30", "-rtc", "base=2024-02-30"),
            ("-rtc base=x", "-rtc", "base=x"), ("-rtc", "-rtc", ""), ("-serial tcp::99999", "-serial", "tcp::99999"),
            ("-gdb tcp::65536:", "-gdb", "tcp::65536"), ("-gdb unix:/nowhere/x:", "-gdb", "unix:/nowhere/x"),
            ("-gdb x", "-gdb", "x"), ("-d: 'frob'", "-d", "frob"), ("-d: '*:frob'", "-d", "*:frob"),
            ("-d: 'in_asn'", "-d", "in_asn"), ("-dfilter 1..", "-dfilter", "1.."), ("-D /nowhere/x", "-D", "/nowhere/x"), ("-cpu", "-cpu", "frob"),
            ("-M frob", "-M", "frob"), ("-accel kvm", "-accel", "kvm"), ("-accel: \"tb-size=1\"", "-accel", "jit,tb-size=1"),
            ("-accel: \"frob\"", "-accel", "jit,off=copy+frob"), ("-accel: \"warm=x\"", "-accel", "tcg,warm=x"), ("-frob", "-frob"), ("frob", "frob"),
            ("-append", "-append"), ("-o", "-o", "x"), ("-monitor frob", "-monitor", "frob")):
        refused(words, "run", *STARTED, *bad)
    code, out, err = hs.run("run", *STARTED, "-d", "int")
    hs.check(code == 3 and "interrupt 32" in err, "-d int shows no interrupts:\n" + err[:500])


def files(work):
    fifo, kernel, rec = work.file("fifo"), work.file("kernel"), work.file("a.hsr")
    os.mkfifo(fifo)
    refused("not a regular file", "info", fifo)
    refused("-kernel " + fifo, "run", *STARTED, "-kernel", fifo)
    with open(hs.own_guest(), "rb") as f:
        image = f.read()
    with open(kernel, "wb") as f:
        f.write(image)
    refused("not a recording", "record", "-o", kernel, *STARTED, "-kernel", kernel)
    hs.check(open(kernel, "rb").read() == image, "the kernel was overwritten")
    for _ in range(2):  # a recording may take an older one's place
        hs.run_ok("record", "-o", rec, *STARTED, status=3)


def a_file_that_may_not_grow(work):
    path = work.file("limited.hsr")
    p = subprocess.run([hs.PROGRAM, "record", "-o", path, *STARTED], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
    hs.check(p.returncode == 1 and b"cannot write the recording" in p.stderr, "file size limit: %d %s"
             % (p.returncode, p.stderr))
    hs.check("cut short" in hs.run_ok("verify", path), "what was written is not used")


def standard_streams(work):
    path = work.file("closed.hsr")
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        p = subprocess.run(["sh", "-c", 'exec "$@" ' + closed, "sh", hs.PROGRAM, "record", "-o", path, *MACHINE],
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        hs.check(p.returncode == 3, "with %s: exit status %d" % (closed, p.returncode))
        hs.run_ok("verify", path)
    p = subprocess.run(["sh", "-c", '"$@" >/dev/full', "sh", hs.PROGRAM, "run", *MACHINE], stdin=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True)
    hs.check(p.returncode == 3 and p.stderr.count("cannot write") == 1, "lost output is not said once:\n" + p.stderr)


def scripts_on_the_monitor(work):
    """All lines at once: each is executed where the move before it ended."""
    script = "goto 1000\nwhen\ngoto 5_000k\nwhen\nstep 5\nwhen\nreverse-step 2\nwhen\ngoto start\nwhen\nquit\n"
    p = subprocess.run([hs.PROGRAM, "replay", work.file("a.hsr"), "-S", "-serial", "null", "-monitor", "stdio"],
                       input=script, stdout=subprocess.PIPE, text=True)
    places = [int(n) for n in re.findall(r"icount (\d+),[^\n]*history", p.stdout)]
    hs.check(places == [1000, 5000000, 5000005, 5000003, 0], "places of the script: %s\n%s" % (places, p.stdout))


with hs.Workdir() as work:
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    options()
    files(work)
    a_file_that_may_not_grow(work)
    standard_streams(work)
    scripts_on_the_monitor(work)
print("ill-formed options, odd files and streams, and scripts on the monitor: as they should be")
