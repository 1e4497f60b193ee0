/*
 * deque.pml - a worker's calls and the thieves (execution/deque.h) as a model for Spin, which goes through all of it: each call
 * is taken once, a slot is written again only when its thief has read it, and who looks surely finds what is there.
 *
 * It is about the order of steps only: the fences are taken for granted, and the array does not grow. What memory does to
 * them is tried in ../deque.cc, with the library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: a thief does not look again when it has made its claim
   WEAK 2: the owner looks at the head, then moves the bottom
   WEAK 3: a thief keeps what it claimed and cannot have
   WEAK 4: an owner that meets a claim takes the call without the lock
   WEAK 5: thieves take no lock
   WEAK 6: the owner pushes where there is no room
   WEAK 7: a thief reads its slots when it has given the lock
   WEAK 8: the owner's last look is not a sure one
   WEAK 9: an owner that meets a claim leaves the bottom where it tried */

#define CALLS 4
#define SIZE 2
#define MOST 2

byte head, bottom;
byte room = SIZE;
byte slots[SIZE];
bool locked;
bool taken[CALLS + 1];
byte count; /* of them */

inline take() { atomic { !locked -> locked = true } }
inline give() { locked = false }

inline run_call(call)
{
    d_step { assert(call != 0 && !taken[call]); taken[call] = true; count++ }
}

/* The owner: under the lock. */
inline pop_surely()
{
    take();
    if
    :: bottom != head ->
        got = slots[(bottom - 1) % SIZE];
        bottom--
    :: else -> got = 0
    fi;
    give()
}

inline pop()
{
    got = 0;
    if
    :: bottom <= head
    :: else ->
        if
        :: WEAK == 2 ->
            seen = head;
            bottom--
        :: else ->
            bottom--;
            seen = head
        fi;
        if
        :: bottom >= seen || WEAK == 4 -> got = slots[bottom % SIZE]
        :: else ->
            if
            :: WEAK != 9 -> bottom++
            :: else
            fi;
            pop_surely()
        fi
    fi
}

proctype owner()
{
    byte pushed, got, seen;
    do
    :: pushed < CALLS && (bottom < room || WEAK == 6) ->
        slots[bottom % SIZE] = pushed + 1;
        pushed++;
        bottom++
    :: pushed < CALLS && bottom == room && WEAK != 6 ->
        take();
        room = head + SIZE;
        give();
        if
        :: bottom == room -> /* it would grow */
            pop();
            if
            :: got != 0 -> run_call(got)
            :: else
            fi
        :: else
        fi
    :: pushed > 0 ->
        pop();
        if
        :: got != 0 -> run_call(got)
        :: pushed == CALLS && got == 0 -> break
        :: else
        fi
    od;
    /* Before it sleeps. */
    if
    :: WEAK != 8 ->
        do
        :: pop_surely();
            if
            :: got != 0 -> run_call(got)
            :: else -> break
            fi
        od
    :: else
    fi
}

proctype thief()
{
    byte first, wanted, there, i, got[MOST];
    if
    :: WEAK != 5 -> take()
    :: else
    fi;
    first = head;
    there = (bottom > first -> bottom - first : 0);
    wanted = ((there + 1) / 2 < MOST -> (there + 1) / 2 : MOST);
    if
    :: wanted != 0 ->
        head = first + wanted;
        if
        :: WEAK != 1 -> there = (bottom > first -> bottom - first : 0)
        :: else
        fi;
        if
        :: there < wanted ->
            wanted = there;
            if
            :: WEAK != 3 -> head = first + wanted
            :: else
            fi
        :: else
        fi
    :: else
    fi;
    if
    :: WEAK == 7 -> give()
    :: else
    fi;
    i = 0;
    do
    :: i < wanted -> got[i] = slots[(first + i) % SIZE]; i++
    :: else -> break
    od;
    if
    :: WEAK != 5 && WEAK != 7 -> give()
    :: else
    fi;
    i = 0;
    do
    :: i < wanted -> run_call(got[i]); i++
    :: else -> break
    od
}

/* When all have gone, nothing is left. */
init
{
    atomic { run owner(); run thief(); run thief() };
    _nr_pr == 1;
    assert(count == CALLS)
}
