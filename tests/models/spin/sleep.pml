/*
 * sleep.pml - how workers go to sleep and are woken (execution/sleep.h) as a model for Spin, which goes through all of it: no
 * call is left lying while a worker sleeps.
 *
 * It is about the order of steps only, without the watchman. What memory does to them is tried in ../sleep.cc, with the
 * library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: who goes to sleep does not look once more
   WEAK 2: who found something does not look whether there is more
   WEAK 3: who makes a call available looks at the word first
   WEAK 4: a worker takes its bell back after it has entered the list
   WEAK 5: who finds something when it looks once more does not look whether there is more
   WEAK 6: a sleeper is woken without being taken out of the list */

#define WORKERS 2
#define CALLS 3

byte calls;        /* that lie there */
byte begun;        /* that have been taken; the first one waits for the second */
bool searching;
byte sleepers;     /* how many are in the list */
bool listed[WORKERS];
bool bell[WORKERS];
bool locked;

inline take() { atomic { !locked -> locked = true } }
inline give() { locked = false }

/* Wakes one sleeper, unless somebody searches. */
inline wake_one()
{
    if
    :: searching || sleepers == 0
    :: else ->
        take();
        if
        :: searching || sleepers == 0
        :: else ->
            if
            :: listed[0] -> woken = 0
            :: listed[1] -> woken = 1
            fi;
            d_step {
                if
                :: WEAK != 6 -> listed[woken] = false; sleepers--
                :: else
                fi;
                searching = true;
            }
            bell[woken] = true
        fi;
        give()
    fi
}

proctype submitter()
{
    byte woken, i;
    bool idle;
    for (i : 1 .. CALLS) {
        if
        :: WEAK == 3 ->
            idle = !searching && sleepers != 0;
            calls++;
            if
            :: idle -> wake_one()
            :: else
            fi
        :: else -> calls++; wake_one()
        fi
    }
}

proctype worker(byte me)
{
    byte woken;
    bool mine = false; /* I search */
    bool back = false; /* I was about to sleep */
    bool got;
again:
    skip;
    d_step { got = (calls != 0); if :: got -> calls--; begun++ :: else fi }
    if
    :: got && mine ->
        mine = false;
        searching = false;
        if
        :: WEAK != 2 && calls != 0 -> wake_one()
        :: else
        fi;
        begun >= 2;
        goto again
    :: got && !mine ->
        if
        :: WEAK != 5 && back && calls != 0 -> wake_one()
        :: else
        fi;
        back = false;
        begun >= 2;
        goto again
    :: else
    fi;
    back = false;
    if
    :: !mine -> d_step { if :: !searching -> searching = true; mine = true :: else fi };
        if
        :: mine -> goto again
        :: else
        fi
    :: else
    fi;
    /* To sleep. */
    if
    :: WEAK != 4 -> bell[me] = false
    :: else
    fi;
    take();
    d_step { listed[me] = true; sleepers++; if :: mine -> searching = false; mine = false :: else fi }
    give();
    if
    :: WEAK == 4 -> bell[me] = false
    :: else
    fi;
    if
    :: WEAK != 1 && calls != 0 ->
        take();
        if
        :: listed[me] -> d_step { listed[me] = false; sleepers-- }; give(); back = true; goto again
        :: else -> give() /* somebody wakes me */
        fi
    :: else
    fi;
end:
    bell[me];
    mine = true;
    goto again
}

/* When nothing moves any more, nothing is left. */
proctype watcher()
{
end:
    timeout -> assert(calls == 0)
}

init
{
    atomic { run submitter(); run worker(0); run worker(1); run watcher() }
}
