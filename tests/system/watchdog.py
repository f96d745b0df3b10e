"""watchdog.py - Debian's i6300esb driver, and a guest that stops feeding the watchdog: what -action says, recorded and replayed"""
# SPDX-License-Identifier: GPL-3.0-or-later

import hs

# The driver's bootstatus is 32 (CARDRESET) when the watchdog was the cause of the last reset.
SCRIPT = """
insmod /modules/watchdog.ko
insmod /modules/i6300esb.ko heartbeat=4
wait_for /dev/watchdog0
status=$(cat /sys/class/watchdog/watchdog0/bootstatus)
echo "bootstatus $status"
if [ "$status" = 0 ]; then
    exec 3>/dev/watchdog0
    echo x >&3
    sleep 3
    echo x >&3
    echo "last fed $(cut -d. -f1 /proc/uptime)"
    for i in 1 2 3 4 5 6 7 8; do sleep 1; echo "unfed $i"; done
fi
"""


def machine(work, *more):
    args = hs.driver_args(hs.guests("drivers-amd64"), "amd64", work, SCRIPT, memory="128")
    args.remove("-no-reboot")
    return [*args, "-device", "i6300esb", "-icount", "shift=3,sleep=off", *more]


def check_barks(out):
    """Heartbeats of 3 s do not let it bark, and then it does so after four seconds."""
    hs.check("last fed" in out and "unfed 2" in out and "unfed 5" not in out, "the guest said: " + out)


def resets(work):
    name = work.file("a.hsr")
    out = hs.run_ok("record", "-o", name, *machine(work), "-serial", "stdio", "-monitor", "none")
    hs.check(out.count("bootstatus") == 2, "it does not start twice: " + out)
    first, second = out.rsplit("bootstatus 32", 1) if "bootstatus 32" in out else (out, "")
    hs.check("bootstatus 0" in first and "init: done" in second, "it is not reset once: " + out)
    check_barks(first)
    hs.check(hs.run_ok("replay", name, "-serial", "stdio", "-monitor", "none") == out, "the replay prints something else")
    hs.run_ok("verify", name)


def pauses(work):
    """The machine stops, and goes on as if nothing had been; a replay does not stop."""
    name = work.file("b.hsr")
    p = hs.Program(work, "record", "-S", "-o", name, *machine(work, "-action", "watchdog=pause"), "-serial",
                   "file:" + work.file("out"), "-monitor", "none")
    p.qmp.ask("cont")
    hs.check(p.qmp.wait("WATCHDOG") == {"action": "pause"}, "another action")
    p.qmp.wait("STOP")
    hs.check(p.qmp.status() == "paused", "it is " + p.qmp.status())
    at = p.qmp.icount()
    check_barks(open(work.file("out")).read())
    p.qmp.ask("cont")
    hs.check(p.qmp.wait("SHUTDOWN")["reason"] == "guest-shutdown", "another end")
    p.end()
    out = open(work.file("out"), newline="").read()
    hs.check("unfed 8" in out, "it does not go on: " + out)
    hs.check(hs.run_ok("replay", name, "-serial", "stdio", "-monitor", "none") == out, "the replay prints something else")
    hs.check(at > 0, "it stopped at the start")


def ends(work):
    out = hs.run_ok("run", *machine(work, "-watchdog-action", "poweroff"), "-serial", "stdio", "-monitor", "none")
    check_barks(out)
    code, _, err = hs.run("run", "-watchdog", "i6300esb", "-action", "watchdog=fly")
    hs.check(code == 2 and "debug" in err, "an action that is none: " + err)


with hs.Workdir() as work:
    resets(work)
    pauses(work)
    ends(work)
print("the watchdog resets, pauses and powers off; recorded and replayed")
