/*
 * waiter.pml - the waiter's protocol (docs/waiting.md, wait/waiter.h) as a model for Spin, which goes through all of it: one
 * outcome, one wake, no lost wake-up, and nobody touches the waiter once the wait is over.
 *
 * It is about the order of steps only. What memory does to them is tried in ../waiter.cc, with the library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: a claim looks, then writes
   WEAK 2: the winner touches the waiter after the wake
   WEAK 3: the claim is made outside of the lock
   WEAK 4: the loser wakes, too
   WEAK 5: whose deadline passed does not wait for the one who was first
   WEAK 6: the wait leaves its place in the queue
   WEAK 7: the winner does not wake */

#define WAITING 0
#define DONE 1
#define CLOSED 2
#define TIMED_OUT 3

byte outcome = WAITING;
bool awake, queued, settled, locked;
bool over; /* the waiter's stack is somebody else's */

inline take() { atomic { !locked -> locked = true } }
inline give() { locked = false }

inline claim(what, won)
{
    assert(!over);
    if
    :: WEAK != 1 -> d_step { won = (outcome == WAITING); if :: won -> outcome = what :: else fi }
    :: else -> won = (outcome == WAITING); if :: won -> outcome = what :: else fi
    fi
}

inline wake()
{
    assert(!over && !awake);
    awake = true;
    if
    :: WEAK == 2 -> assert(!over)
    :: else
    fi
}

/* Who completes takes the waiter out of the queue; who closes leaves it there. */
proctype ender(byte what; bool takes_out)
{
    bool seen, won = false;
    take();
    seen = queued;
    settled = true;
    if
    :: takes_out -> queued = false
    :: else
    fi;
    if
    :: WEAK == 3 -> give()
    :: else
    fi;
    if
    :: seen -> claim(what, won)
    :: else
    fi;
    if
    :: WEAK != 3 -> give()
    :: else
    fi;
    if
    :: (won && WEAK != 7) || (seen && WEAK == 4) -> wake()
    :: else
    fi
}

proctype owner()
{
    bool won;
    take();
    if
    :: settled -> give(); goto out
    :: else -> queued = true; give()
    fi;
    if
    :: awake
    :: true -> /* the deadline passes */
        claim(TIMED_OUT, won);
        if
        :: won || WEAK == 5
        :: else -> awake
        fi
    fi;
    assert(outcome != WAITING);
    if
    :: outcome != DONE && WEAK != 6 -> take(); queued = false; give()
    :: else
    fi;
    over = true;
out:
    skip
}

init
{
    atomic { run owner(); run ender(DONE, true); run ender(CLOSED, false) }
}
