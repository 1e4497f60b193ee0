/*
 * word.pml - a promise's state word (control/promise.h) as a model for Spin, which goes through all of it: two producers that
 * fire, or leave, or a job, and a consumer that may cancel. The promise is settled once, with what was accepted; each
 * firing is told the truth; it ends once, after everybody, and so does its canceller.
 *
 * It is about the order of steps only; the promise has no bias. What memory does to them is tried in ../word.cc and
 * ../job.cc, with the library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: the right to fire is looked at, then taken
   WEAK 2: a cancel looks at the right to fire, then takes it
   WEAK 3: a cancel has nothing swallowed
   WEAK 4: every firing after a cancel is swallowed
   WEAK 5: producers look whether they are the last ones, then count themselves out
   WEAK 6: the last producer gives its reference back before it abandons
   WEAK 7: who abandons does not ask for the right to fire
   WEAK 8: a canceller is set after the promise has fired
   WEAK 9: a canceller is left where it was when it is taken
   WEAK 10: who fires forgets the canceller
   WEAK 11: a cancel does not look whether the job has begun
   WEAK 12: a job does not look whether it was canceled when it begins
   WEAK 13: a cancel takes the right to fire, then has a firing swallowed */

#define NOTHING 0
#define FIRST 1
#define SECOND 2
#define ABANDONED 3
#define CANCELED 4

/* The word: each of its changes is one step. */
bool fired, swallow, begun, cancelable;
byte references, producers;

/* What the lock guards. */
bool locked, has_canceller;
byte value = NOTHING;

/* What became of it all. */
bool ended, canceled, swallows;
byte firings, accepted, cancellers;

inline take() { atomic { !locked -> locked = true }; assert(!ended) }
inline give() { assert(!ended); locked = false }

inline unref()
{
    d_step {
        assert(!ended && references > 0);
        references--;
        last = (references == 0)
    }
    if
    :: last ->
        d_step {
            assert(value != NOTHING && !has_canceller && !locked);
            ended = true;
            last = false
        }
    :: else
    fi
}

/* Takes the right to fire, unless somebody has it. */
inline claim(weak)
{
    assert(!ended);
    if
    :: weak -> won = !fired; if :: won -> fired = true :: else fi
    :: else -> d_step { won = !fired; fired = true }
    fi
}

inline drop_canceller()
{
    take();
    if
    :: has_canceller ->
        has_canceller = (WEAK == 9);
        give();
        d_step { assert(cancellers == 1); cancellers-- }
        won = true
    :: else -> give(); won = false
    fi
}

/* The right to fire is the caller's. */
inline settle(what)
{
    if
    :: cancelable && WEAK != 10 -> drop_canceller()
    :: else
    fi;
    take();
    assert(value == NOTHING);
    value = what;
    give()
}

inline set_canceller()
{
    take();
    d_step {
        won = (WEAK == 8 || !fired) && value == NOTHING;
        if
        :: won -> cancelable = true
        :: else
        fi
    }
    if
    :: won -> d_step { has_canceller = true; cancellers++ }
    :: else
    fi;
    give()
}

inline fire(what)
{
    firings++;
    claim(WEAK == 1);
    if
    :: won -> accepted++; settle(what)
    :: else -> /* too late */
        d_step {
            won = swallow;
            swallow = (swallow && WEAK == 4);
            if
            :: won -> accepted++
            :: else
            fi
        }
    fi
}

inline leave()
{
    if
    :: WEAK == 5 -> last = (producers == 1 && !fired); producers--
    :: else -> d_step { assert(!ended); last = (producers == 1 && !fired); producers-- }
    fi;
    if
    :: last && WEAK == 6 -> unref()
    :: else
    fi;
    if
    :: last || (WEAK == 6 && references == 0) ->
        last = false;
        won = true;
        if
        :: WEAK != 7 -> claim(false)
        :: else
        fi;
        if
        :: won -> settle(ABANDONED)
        :: else
        fi
    :: else
    fi;
    unref()
}

proctype producer(byte what)
{
    bool won, last;
    if
    :: what == FIRST -> set_canceller()
    :: true
    fi;
    if
    :: fire(what)
    :: true
    fi;
    leave()
}

/* It alone fires once it has begun; its reference ends with it. */
proctype job()
{
    bool won, last;
    if
    :: set_canceller()
    :: true
    fi;
    d_step { won = !fired || WEAK == 12; if :: won -> begun = true :: else fi };
    if
    :: won -> firings++; claim(false); assert(won); accepted++; settle(FIRST)
    :: else
    fi;
    unref()
}

/* As a cancel does: not if a job has begun. What is swallowed is said in the same step. */
inline claim_unless_begun(swallowing)
{
    if
    :: WEAK == 2 -> won = !fired && !begun; if :: won -> fired = true :: else fi
    :: else ->
        d_step {
            won = !fired && (!begun || WEAK == 11);
            if
            :: won -> fired = true; swallow = swallowing && WEAK != 3 && WEAK != 13
            :: else
            fi
        }
    fi;
    if
    :: won -> swallows = swallowing
    :: else
    fi;
    if
    :: won && (WEAK == 2 || WEAK == 13) -> swallow = swallowing
    :: else
    fi
}

proctype consumer()
{
    bool won, last;
    if
    :: true ->
        canceled = true;
        take();
        won = (value == NOTHING);
        give();
        if
        :: won && cancelable ->
            drop_canceller(); /* having run it */
            if
            :: won -> claim_unless_begun(false)
            :: else
            fi
        :: won && !cancelable -> claim_unless_begun(true)
        :: else
        fi;
        if
        :: won -> settle(CANCELED)
        :: else
        fi
    :: true
    fi;
    unref()
}

init
{
    if
    :: atomic {
            references = 3; producers = 2;
            run producer(FIRST); run producer(SECOND); run consumer()
        }
    :: atomic { references = 2; run job(); run consumer() }
    fi;
    _nr_pr == 1;
    assert(ended && cancellers == 0);
    if
    :: value == ABANDONED -> assert(firings == 0)
    :: value == CANCELED -> assert(canceled && accepted == (swallows && firings > 0))
    :: else -> assert(accepted == 1)
    fi
}
