#!/usr/bin/env python3
"""Random Arm code on our engines and under Debian's qemu-arm: same registers, flags and memory."""
# SPDX-License-Identifier: GPL-3.0-or-later
# Usage: fuzz_arm.py [options of tests/fuzz_arm]. Needs gcc-arm-linux-gnueabihf, libc6-dev-armhf-cross and qemu-user.
import os
import shutil
import subprocess
import sys
import tempfile

COMPILER = "arm-linux-gnueabihf-gcc"
here = os.path.dirname(os.path.abspath(__file__))
build = os.environ.get("HINDSIGHT_BUILD", os.path.join(here, "../../build"))


def main():
    for tool in (COMPILER, "qemu-arm"):
        if not shutil.which(tool):
            print(f"skipped: there is no {tool} (packages gcc-arm-linux-gnueabihf, libc6-dev-armhf-cross, qemu-user)")
            return 77
    options = sys.argv[1:] or ["--seed", "random", "--instructions", "150000"]
    with tempfile.TemporaryDirectory() as tmp:
        runner = os.path.join(tmp, "runner")
        subprocess.run([COMPILER, "-O2", "-static", "-o", runner, os.path.join(here, "../fuzz_arm/runner.c")], check=True)
        return subprocess.run([os.path.join(build, "tests/fuzz_arm"), "--runner", runner, *options]).returncode


sys.exit(main())
