/*
 * channel.pml - a channel's two ways in, waiting and closing (flow/channel.h) as a model for Spin, which goes through all of it:
 * a writer, a reader, and somebody who comes by and may close. What was accepted is read once, in order, before the end
 * is told, and nobody waits for ever.
 *
 * It is about the order of steps only: the barrier is taken for granted. What memory does to them is tried in
 * ../channel.cc, with the library's own code.
 */
#ifndef WEAK
#define WEAK 0
#endif
/* WEAK 1: who comes by the lock does not wait for those who are in the ring
   WEAK 2: a side looks at the mode, then says that it is in the ring
   WEAK 3: the ring's mode begins while somebody waits
   WEAK 4: the ring's mode begins when the channel is closed
   WEAK 5: who waits leaves after the look, and then stands in the queue
   WEAK 6: who closes wakes nobody
   WEAK 7: the end is told before all is read
   WEAK 8: who makes room gives it to nobody
   WEAK 9: an item goes into the ring while a reader waits
   WEAK 10: who writes does not look whether the channel is closed */

#define ITEMS 3
#define ROOM 1

#define WAITING 0
#define DONE 1
#define CLOSED 2

bool ring;             /* the mode; else everybody takes the lock */
bool writing, reading; /* in the ring */
bool locked, closed;
byte head, tail;
byte items[ROOM + 1];
bool reader_waits, writer_waits;
byte reader_woken, writer_woken; /* WAITING, or why */
byte for_reader, from_writer;    /* the item of the one who waits */
byte accepted, read;
bool over;

inline enter()
{
    atomic { !locked -> locked = true };
    if
    :: ring ->
        ring = false;
        if
        :: WEAK != 1 -> !writing && !reading
        :: else
        fi
    :: else
    fi
}

/* It may have been used often enough to change the mode, or not. */
inline leave()
{
    if
    :: ((!reader_waits && !writer_waits) || WEAK == 3) && (!closed || WEAK == 4) -> ring = true
    :: true
    fi;
    locked = false
}

inline note_read(item)
{
    assert(!over && item == read + 1);
    read++
}

inline shut()
{
    bool wake_reader, wake_writer;
    enter();
    if
    :: closed -> leave()
    :: else ->
        closed = true;
        wake_reader = reader_waits && WEAK != 6;
        wake_writer = writer_waits && WEAK != 6;
        if
        :: WEAK != 6 -> reader_waits = false; writer_waits = false
        :: else
        fi;
        leave();
        if
        :: wake_reader -> reader_woken = CLOSED
        :: else
        fi;
        if
        :: wake_writer -> writer_woken = CLOSED
        :: else
        fi
    fi
}

proctype writer()
{
    byte item = 1;
    bool in_ring;
    do
    :: item > ITEMS -> break
    :: else ->
        /* By the ring. */
        if
        :: WEAK == 2 -> in_ring = ring; writing = in_ring
        :: else -> writing = true; in_ring = ring
        fi;
        if
        :: in_ring && tail - head < ROOM ->
            items[tail % (ROOM + 1)] = item;
            accepted++;
            tail++;
            writing = false;
            item++
        :: else ->
            writing = false;
            /* By the lock. */
            enter();
            if
            :: closed && WEAK != 10 -> leave(); break
            :: (!closed || WEAK == 10) && reader_waits && WEAK != 9 ->
                for_reader = item;
                accepted++;
                reader_waits = false;
                leave();
                reader_woken = DONE;
                item++
            :: (!closed || WEAK == 10) && (!reader_waits || WEAK == 9) && tail - head < ROOM ->
                items[tail % (ROOM + 1)] = item;
                accepted++;
                tail++;
                leave();
                item++
            :: else ->
                if
                :: WEAK == 5 -> leave(); enter()
                :: else
                fi;
                from_writer = item;
                writer_woken = WAITING;
                writer_waits = true;
                leave();
                writer_woken != WAITING;
                if
                :: writer_woken == CLOSED -> break
                :: else -> item++
                fi
            fi
        fi
    od;
    shut()
}

proctype reader()
{
    bool in_ring;
    do
    :: true ->
        /* By the ring. */
        if
        :: WEAK == 2 -> in_ring = ring; reading = in_ring
        :: else -> reading = true; in_ring = ring
        fi;
        if
        :: in_ring && tail != head ->
            note_read(items[head % (ROOM + 1)]);
            head++;
            reading = false
        :: else ->
            reading = false;
            /* By the lock. */
            enter();
            if
            :: WEAK == 7 && closed -> leave(); break
            :: tail != head && (WEAK != 7 || !closed) ->
                note_read(items[head % (ROOM + 1)]);
                head++;
                if
                :: writer_waits && WEAK != 8 ->
                    items[tail % (ROOM + 1)] = from_writer;
                    accepted++;
                    tail++;
                    writer_waits = false;
                    leave();
                    writer_woken = DONE
                :: else -> leave()
                fi
            :: tail == head && closed && WEAK != 7 -> leave(); break
            :: else ->
                if
                :: WEAK == 5 -> leave(); enter()
                :: else
                fi;
                reader_woken = WAITING;
                reader_waits = true;
                leave();
                reader_woken != WAITING;
                if
                :: reader_woken == CLOSED -> break
                :: else -> note_read(for_reader)
                fi
            fi
        fi
    od;
    over = true
}

/* Looks at the channel, or closes it. */
proctype visitor()
{
    if
    :: enter(); leave()
    :: shut()
    fi
}

init
{
    atomic { run writer(); run reader(); run visitor() };
    _nr_pr == 1;
    assert(over && read == accepted)
}
