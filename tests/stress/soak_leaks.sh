#!/bin/sh
# soak_leaks.sh SOAK - what each round loses is found: the soak has to fail, and to say by what.
set -u

# lost KIND SENTENCE [NAME=VALUE…]
lost() {
    kind=$1 sentence=$2
    shift 2
    said=$(env VOW_SOAK_LEAK="$kind" VOW_SOAK_ACTORS=2 "$@" "$soak" 2>&1) && {
        echo "FAILED: a soak that loses a $kind passes"
        exit 1
    }
    echo "$said" | grep -q "$sentence" || {
        echo "$said"
        echo "FAILED: a soak that loses a $kind does not say '$sentence'"
        exit 1
    }
}

soak=$1
lost handle 'not so: now.handles == first->handles' VOW_SOAK_SECONDS=1
lost object 'not so: objects_have_come_to(first->objects)' VOW_SOAK_SECONDS=1 VOW_SOAK_PATIENCE=5
# Sanitizers keep memory of their own: there it is not compared.
[ "${2:-}" = sanitized ] ||
    lost memory '^FAILED: allocated by vow at rest' VOW_SOAK_SECONDS=12 VOW_SOAK_ROUND=1 VOW_SOAK_SHORT=1 \
        VOW_SOAK_LEAK_BYTES=50000
echo "passed"
