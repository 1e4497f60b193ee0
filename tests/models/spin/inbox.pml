/*
 * inbox.pml - calls that other threads hand to one, which sleeps while there are none (execution/inbox.h), as a model for Spin,
 * which goes through all of it: each call is taken once, in its maker's order, or refused; no wake-up is lost.
 *
 * It is about the order of steps only. What memory does to them is tried in ../inbox.cc, with the library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: the owner marks its sleep without a look
   WEAK 2: who replaces the mark does not wake
   WEAK 3: the owner takes its bell back after it has made the mark
   WEAK 4: a push does not check its guess
   WEAK 5: what was taken is not turned round
   WEAK 6: the owner reads the head, then empties it
   WEAK 7: who closes reads the head, then marks it
   WEAK 8: a push does not look whether it is closed */

#define PUSHERS 2
#define EACH 2
#define CALLS 4

/* The head is one of these marks, or FIRST and the number of a call. */
#define NONE 0
#define SLEEPING 1
#define CLOSED 2
#define FIRST 3

byte head = NONE;
byte next[CALLS];
bool bell;
byte settled;         /* calls that were taken or refused */
bool gone[CALLS];     /* which ones */
byte expected[PUSHERS]; /* the number of a maker's call that comes next */

inline settle(call)
{
    assert(!gone[call]);
    gone[call] = true;
    settled++
}

proctype pusher(byte me)
{
    byte guess, call;
    bool done;
    for (call : me * EACH .. me * EACH + EACH - 1) {
        guess = head;
        done = false;
        do
        :: done -> break
        :: !done && guess == CLOSED && WEAK != 8 -> d_step { settle(call) }; goto refused
        :: !done && (guess != CLOSED || WEAK == 8) ->
            next[call] = (guess < FIRST -> NONE : guess);
            d_step {
                if
                :: head == guess || WEAK == 4 -> head = FIRST + call; done = true
                :: else -> guess = head
                fi
            }
        od;
        if
        :: guess == SLEEPING && WEAK != 2 -> bell = true
        :: else
        fi
    }
refused:
    /* What comes after it is refused as well. */
    if
    :: guess == CLOSED && WEAK != 8 ->
        d_step {
            call++;
            do
            :: call < me * EACH + EACH -> settle(call); call++
            :: else -> break
            od
        }
    :: else
    fi
}

/* Takes what `list` begins with, the newest first, in the order of pushing. */
inline run_all()
{
    d_step {
        byte at = list, oldest = NONE, after;
        do
        :: at >= FIRST && WEAK != 5 ->
            after = next[at - FIRST];
            next[at - FIRST] = oldest;
            oldest = at;
            at = after
        :: else -> break
        od;
        if
        :: WEAK == 5 -> oldest = at
        :: else
        fi;
        do
        :: oldest >= FIRST ->
            settle(oldest - FIRST);
            assert((oldest - FIRST) % EACH == expected[(oldest - FIRST) / EACH]);
            expected[(oldest - FIRST) / EACH]++;
            oldest = next[oldest - FIRST]
        :: else -> break
        od;
        at = NONE; oldest = NONE; after = NONE; list = NONE
    }
}

proctype owner()
{
    byte list;
    bool sleeps;
    do
    :: settled == CALLS -> break
    :: else ->
        /* Take. */
        if
        :: WEAK == 6 -> list = head; head = NONE
        :: else -> d_step { list = head; head = NONE }
        fi;
        if
        :: list >= FIRST -> run_all()
        :: else ->
            /* Sleep, or close. */
            if
            :: true ->
                if
                :: WEAK != 3 -> bell = false
                :: else
                fi;
                d_step { sleeps = (head == NONE || WEAK == 1); if :: sleeps -> head = SLEEPING :: else fi };
                if
                :: WEAK == 3 -> bell = false
                :: else
                fi;
                if
                :: sleeps -> bell
                :: else
                fi
            :: true ->
                if
                :: WEAK == 7 -> list = head; head = CLOSED
                :: else -> d_step { list = head; head = CLOSED }
                fi;
                run_all();
                settled == CALLS
            fi
        fi
    od
}

init
{
    atomic { run owner(); run pusher(0); run pusher(1) }
}
