#!/bin/sh
# gdb_backtrace.sh PROGRAM - a debugger's backtrace from a stack of ours shows its frames, and ends at the first one.
#
# PROGRAM is wait_stack. Skipped (77) where there is no gdb, or it may not trace.
set -u

command -v gdb >/dev/null 2>&1 || exit 77

trace=$(CMOCKA_TEST_FILTER=a_stack_runs_its_function_and_goes_back_and_forth timeout 60 gdb -q -batch -nx \
    -ex 'set debuginfod enabled off' -ex 'set breakpoint pending on' -ex 'set confirm off' \
    -ex 'handle SIGSEGV nostop noprint pass' \
    -ex 'break take_turns' -ex run -ex 'printf "on a stack\n"' -ex backtrace \
    -ex 'break vow_switch_own' -ex continue -ex 'stepi 12' -ex 'printf "in a switch\n"' -ex backtrace \
    -ex kill "$1" 2>&1)

case $trace in
*'Breakpoint 1, '*) ;;
*) echo "gdb did not come to a stack: $trace"; exit 77 ;;
esac

failed=0
ends() { # ends WHERE - the backtrace after the line WHERE ends with vow_switch_begin
    frames=$(printf '%s\n' "$trace" | sed "1,/^$1\$/d" | sed '/^in a switch$/,$d' | grep '^#')
    case $(printf '%s\n' "$frames" | tail -n 1) in
    *vow_switch_begin*) ;;
    *) echo "the backtrace $1 does not end where the stack begins:"; printf '%s\n' "$trace"; failed=1 ;;
    esac
}

ends 'on a stack'
case $trace in
*corrupt* | *'previous frame'*) echo "gdb is confused:"; printf '%s\n' "$trace"; failed=1 ;;
esac
exit $failed
