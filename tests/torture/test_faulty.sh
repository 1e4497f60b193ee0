#!/bin/sh
# test_faulty.sh TORTURE - the torture finds what is wrong with each scene of scenes_faulty.c, and nothing in a good one; and that
# a program, silent.c, ends with 0 though it says nothing of what it leaves out. It lies beside TORTURE.
#
# Closes with "N passed, N failed".
set -u

torture=$1
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

# play SCENE [OPTION…] - with each of its calls for memory failing
play() {
    scene=$1
    shift
    "$torture" --faulty --only "$scene" --kind memory "$@" >"$printed" 2>&1
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

play bears_it
count $? "bears_it is not found to be good"
play bears_it --sample 1 --shift 7
count $? "nothing fails in a sample of bears_it"
finds leaks 'memory is left'
finds crashes 'Segmentation fault'
finds leaves_a_descriptor 'none of its descriptors are left'
finds is_silent 'there is a sentence'
finds goes_on_wrongly 'not so: sum == 1'
finds hangs 'it hangs' --patience 1
finds gives_back_too_much 'more memory came back than was given'
finds_program silent 'it prints something else without a sentence'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
