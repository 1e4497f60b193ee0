#!/bin/sh
# test_faulty.sh TORTURE [cancel] - the torture finds what is wrong with each scene of scenes_faulty.c, and nothing in a good one; and that
# a program, silent.c, ends with 0 though it says nothing of what it leaves out. It lies beside TORTURE. With `cancel`: scenes that
# bear cancels badly, which checked builds alone have.
#
# Closes with "N passed, N failed".
set -u

torture=$1
kind=memory
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
passed=0
failed=0

count() {
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$2"
        cat "$printed"
    fi
}

# play SCENE [OPTION…] - with each of its calls of that kind failing
play() {
    scene=$1
    shift
    "$torture" --faulty --only "$scene" --kind "$kind" "$@" >"$printed" 2>&1
}

# good SCENE [OPTION…] - nothing is found
good() {
    play "$@"
    count $? "$1 is not found to be good"
}

# finds SCENE TEXT [OPTION…] - the sweep fails, and says so
finds() {
    scene=$1 text=$2
    shift 2
    ! play "$scene" "$@" && grep -qF -- "$text" "$printed"
    count $? "not found: $scene: $text"
}

# finds_program NAME TEXT - the sweeps of a program of these sources fail, and say so
finds_program() {
    ! "$torture" --only "$1" --program "${torture%/*}/$1" "${0%/*}/$1.expected" --kind memory >"$printed" 2>&1 &&
        grep -qF -- "$2" "$printed"
    count $? "not found: $1: $2"
}

if [ "${2:-}" = cancel ]; then
    kind=cancel
    good bears_a_cancel --way VOW_TORTURE_PLACE=pool
    finds overlooks_a_cancel 'not so: vow_sleep(' --way VOW_TORTURE_PLACE=pool
    finds leaks_when_canceled leaks_when_canceled --way VOW_TORTURE_PLACE=pool
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
fi

good bears_it
play bears_it --sample 1 --shift 7
count $? "nothing fails in a sample of bears_it"
finds leaks 'memory is left'
finds crashes 'Segmentation fault'
finds leaves_a_descriptor 'none of its descriptors are left'
finds is_silent 'there is a sentence'
finds goes_on_wrongly 'not so: sum == 1'
finds hangs 'it hangs' --patience 1
finds gives_back_too_much 'more memory came back than was given'
kind=system
good bears_a_lack_of_descriptors
finds takes_any_descriptor 'not so: fd >= 0'
finds_program silent 'it prints something else without a sentence'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
