/*
 * home.pml - a channel that is one thread's own (flow/channel.h, the mode `thread`) as a model for Spin, which goes through all
 * of it: two threads that write and read, without waiting; each may have the channel for its own once it has come by the lock.
 * One is inside at a time; what was accepted is read once, in its writer's order, or is still there.
 *
 * It is about the order of steps only: the barrier is taken for granted. What memory does to them is tried in
 * ../channel.cc, with the library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: who comes by the lock does not wait until the thread has left
   WEAK 2: a thread looks at the mode, then says that it is inside
   WEAK 3: who comes too late takes back the mark of the thread whose it is now, too
   WEAK 4: both threads have the same mark
   WEAK 5: a mode begins when the lock has been given back
   WEAK 6: who comes by the lock waits until the thread has left, then ends the mode */

#define TURNS 4
#define ROOM 2

/* The mode is this, or OWN(a thread). */
#define LOCKED 0
#define OWN(thread) (thread + 1)
#define MARK(mode) inside[(WEAK == 4 -> 0 : mode - 1)]

byte mode = LOCKED;
bool inside[2]; /* the marks: each thread's own, without the lock */
bool locked;
byte head, tail;
byte items[ROOM]; /* each is twice its number, and its writer */
byte accepted[2], read[2];
byte users; /* how many are inside, one way or the other */

inline take() { atomic { !locked -> locked = true } }
inline give() { locked = false }

/* By the lock. */
inline revoke()
{
    ended = mode;
    if
    :: WEAK != 6 -> mode = LOCKED
    :: else
    fi;
    if
    :: WEAK != 1 -> !MARK(ended)
    :: else
    fi;
    if
    :: WEAK == 6 -> mode = LOCKED
    :: else
    fi
}

/* Between the two looks at the mode a thread may be kept for long. */
inline enter()
{
    by_lock = (mode != OWN(me));
    if
    :: !by_lock ->
        MARK(OWN(me)) = true;
        if
        :: mode == OWN(me) || WEAK == 2
        :: else ->
            by_lock = true;
            MARK(OWN(me)) = false;
            d_step {
                if
                :: WEAK == 3 && mode != LOCKED -> MARK(mode) = false
                :: else
                fi
            }
        fi
    :: else
    fi;
    if
    :: by_lock ->
        take();
        if
        :: mode != LOCKED -> revoke()
        :: else
        fi
    :: else
    fi;
    d_step { assert(users == 0); users++ }
}

/* This thread may have come by the lock often enough to have the channel for its own, or not. */
inline leave()
{
    users--;
    if
    :: !by_lock -> MARK(OWN(me)) = false
    :: by_lock && WEAK != 5 -> mode = OWN(me); give()
    :: by_lock && WEAK == 5 -> give(); mode = OWN(me)
    :: by_lock -> give()
    fi
}

inline try_write()
{
    enter();
    if
    :: tail - head < ROOM ->
        items[tail % ROOM] = 2 * (accepted[me] + 1) + me;
        accepted[me]++;
        tail++
    :: else
    fi;
    leave()
}

inline note_read(item)
{
    d_step { assert(item / 2 == read[item % 2] + 1); read[item % 2]++ }
}

inline try_read()
{
    enter();
    if
    :: tail != head ->
        note_read(items[head % ROOM]);
        head++
    :: else
    fi;
    leave()
}

proctype user(byte me)
{
    byte turn, ended;
    bool by_lock;
    for (turn : 1 .. TURNS) {
        if
        :: try_write()
        :: try_read()
        fi
    }
}

init
{
    atomic { run user(0); run user(1) };
    _nr_pr == 1;
    assert(!inside[0] && !inside[1] && !locked);
    assert(accepted[0] + accepted[1] == read[0] + read[1] + (tail - head))
}
