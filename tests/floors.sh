#!/usr/bin/env bash
# floors.sh - check that includes only point down: see the table in docs/architecture.md
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
cd "$(dirname "$0")/.." || exit 1

status=0
check() { # FILES-PATTERN ALLOWED-FOLDERS-REGEX
    local bad
    bad=$(git ls-files -- $1 | grep '\.[ch]$' | grep -vE '^emu/(main|cli[^/]*)\.[ch]$' |
        xargs -r grep -nE '^#include "' -- /dev/null | grep -vE "#include \"($2)/[^/]*\"")
    if [ -n "$bad" ]; then
        echo "includes that point upwards (allowed: $2):"
        echo "$bad"
        status=1
    fi
}

check 'emu/*.c emu/*.h' 'emu|emu/host' # narrowed below
check 'arch/x86' 'emu|arch/x86'
check 'arch/arm' 'emu|arch/arm'
check 'hw' 'emu|hw'
check 'snapshot' 'emu|snapshot'
check 'replay' 'emu|snapshot|replay'
check 'gdbstub' 'emu|replay|snapshot|gdbstub'

# The core of emu/ knows nothing of emu/host, and floors 0 and 1 nothing of what is above them.
bad=$(git ls-files 'emu/*.c' 'emu/*.h' | grep -v '^emu/host/' | grep -vE '^emu/(main|cli[^/]*)\.[ch]$' |
    xargs grep -n '#include "emu/host/' -- /dev/null)
low='types|check|log|buf|state|clock'
bad="$bad$(ls emu | grep -E "^($low)\.[ch]$" | sed 's#^#emu/#' |
    xargs grep -nE '^#include "' -- /dev/null | grep -vE "#include \"emu/($low)\.h\"")"
if [ -n "$bad" ]; then
    echo "includes that point upwards inside emu/:"
    echo "$bad"
    status=1
fi
[ $status = 0 ] && echo "all includes point down"
exit $status
