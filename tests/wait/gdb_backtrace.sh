#!/bin/sh
# gdb_backtrace.sh PROGRAM - a debugger's backtrace from a stack of ours shows its frames, and ends at the first one: in the
# function that runs there, and at each instruction on the way to it, through the switch that enters the stack.
#
# PROGRAM is wait_stack. Skipped (77) where there is no gdb, or it may not trace.
set -u

command -v gdb >/dev/null 2>&1 || exit 77

program=$1
steps=56 # more than the instructions of the switch and of the stack's first frame
set -- -ex 'set debuginfod enabled off' -ex 'set breakpoint pending on' -ex 'set confirm off' \
    -ex 'handle SIGSEGV nostop noprint pass' -ex 'break *vow_switch_own' -ex run \
    -ex 'delete breakpoints' -ex 'break take_turns'
for step in $(seq $steps); do
    set -- "$@" -ex "printf \"step $step\\n\"" -ex backtrace -ex stepi
done
trace=$(CMOCKA_TEST_FILTER=a_stack_runs_its_function_and_goes_back_and_forth timeout 100 \
    gdb -q -batch -nx "$@" -ex kill "$program" 2>&1)

case $trace in
*'Breakpoint 1, '*'Breakpoint 2, '*) ;;
*) echo "gdb did not come to a stack: $trace"; exit 77 ;;
esac

complain() {
    echo "$1:"
    printf '%s\n' "$trace"
    exit 1
}

# Where the backtrace of each step begins and ends, on a line: "vow_switch_own vow_switch_begin".
ends=$(printf '%s\n' "$trace" | awk '
    function name() { return $2 ~ /^0x/ ? $4 : $2 }
    /^step / { if (first != "") print first, last; first = "" }
    /^#/ { last = name(); if ($1 == "#0") first = last }
    END { if (first != "") print first, last }' | sort -u)

for wanted in 'vow_switch_own main' 'vow_switch_own vow_switch_begin' 'take_turns vow_switch_begin'; do
    printf '%s\n' "$ends" | grep -qx "$wanted" || complain "there is no backtrace from ${wanted% *} to ${wanted#* }"
done
if printf '%s\n' "$ends" | grep -qvE ' (main|vow_switch_begin)$'; then
    complain "a backtrace ends neither where the program nor where the stack begins"
fi
case $trace in
*corrupt* | *'previous frame'*) complain 'gdb is confused' ;;
esac
