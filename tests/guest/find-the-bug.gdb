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
printf "node %d has owner %d (0 free, 1 main loop, 2 timer)\n", $bad - nodes, $bad->owner

echo \n-- Who made it somebody else's? Watch its owner, and run backwards to the last write.\n
delete
watch -location $bad->owner
reverse-continue
backtrace
printf "that is the main loop, which took the node from the pool at tick %u\n", ticks

echo \n-- And who owned it before that? Once more backwards.\n
reverse-continue
backtrace
printf "the timer had taken the very same node, %u ticks in: the interrupt came inside pool_take(),\n", ticks
printf "between reading the head of the pool and moving it on. pool_take() must run with interrupts off.\n"

echo \n-- The instruction that was interrupted:\n
frame function pool_take
up 0
x/3i $pc - 7
