# find-the-bug.gdb - from the panic back to the store that caused it
# SPDX-License-Identifier: GPL-3.0-or-later
set pagination off
set confirm off
set print frame-arguments none
set width 100

echo \n-- Run to the panic: the audit met a sample that does not belong to the timer.\n
hbreak panic
continue
backtrace
set $bad = n
set $noticed = $icount
printf "node %d has owner %d (0 free, 1 main loop, 2 timer)\n", $bad - nodes, $bad->owner

echo \n-- Who made it somebody else's? Watch its owner, and run backwards to the last write.\n
delete
watch -location $bad->owner
reverse-continue
backtrace
printf "that is the main loop, which took the node from the pool %u steps before the panic\n", $noticed - $icount
set $main_loop = $icount

echo \n-- And who owned it before that? Once more backwards.\n
reverse-continue
backtrace
printf "%u steps earlier the timer had taken the very same node: its interrupt came inside pool_take(),\n", $main_loop - $icount
printf "after the head of the pool was read and before it was moved on, at the instruction marked here:\n"
frame function pool_take
disassemble
printf "The main loop must call pool_take() with interrupts off, as it does with pool_give().\n"
