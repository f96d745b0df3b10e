"""watchdog_vexpress.py - Debian's sp805_wdt driver, and a guest that stops feeding the watchdog, recorded and replayed"""
# SPDX-License-Identifier: GPL-3.0-or-later
import hs

# It bites a minute after it was fed last.
SCRIPT = """
insmod /modules/watchdog.ko 2>/dev/null
insmod /modules/sp805_wdt.ko
wait_for /dev/watchdog0
exec 3>/dev/watchdog0
echo x >&3
sleep 50
echo x >&3
for i in 1 2 3 4 5 6 7 8; do sleep 10; echo "unfed $i"; done
"""

folder = hs.guests("drivers-armhf")
with hs.Workdir() as work:
    name = work.file("a.hsr")
    machine = hs.driver_args(folder, "armhf", work, SCRIPT) + hs.vexpress_args(folder, work)
    quiet = ["-serial", "stdio", "-monitor", "none"]
    out = hs.run_ok("record", "-o", name, *machine, "-icount", "shift=7,sleep=off", *quiet)
    hs.check("unfed 5" in out and "unfed 7" not in out and "init: done" not in out, "it is not reset in time: " + out)
    hs.check(hs.run_ok("replay", name, *quiet) == out, "the replay prints something else")
    hs.run_ok("verify", name)
    hs.check("reset" in hs.run_ok("info", name), "the recording does not end with a reset: " + hs.run_ok("info", name))
print("fed, not fed, and reset")
