"""The jobs: what each is called, what is counted, and which way is better.

The programs know how to do them; `sizes.h` says how large they are.
"""
from typing import NamedTuple


class Job(NamedTuple):
    name: str
    title: str
    unit: str
    goal: str
    more_is_better: bool = False
    placements: tuple = ('free',)
    floor: tuple = ()         # what no way can do without: (limit of the machine, how often)
    grows: bool = False       # the metrics are numbers of objects: a curve, not bars
    counted: bool = True      # instructions, cache lines, atomics and system calls are counted
    parts: int = 1            # operations in what the programs' clock takes for one
    goals: tuple = ()         # the numbers of the goal, for a line in the plot
    kinds: tuple = ()         # ends of subjects' names that say that they do something else: compared among themselves
    traced: float = 0.001     # its size where each access to memory is traced
    difference: bool = False  # between the last two regions that the clock measures


# Latencies mostly show where the system put the threads: they are measured in each placement.
EVERY_PLACEMENT = ('free', 'one', 'apart')

PLACEMENT_TITLES = {
    'free': 'threads where the system puts them',
    'one': 'all threads on one processor',
    'apart': 'the loop on one processor, the worker on another',
}

# What floors are made of: rows of limits.c, and what is the same on all machines.
CALL = 'indirect call'
ALLOCATION = 'malloc and free of 64 bytes'
LINE = 'cache line from core to core'
VISIT = 'memory at random, of 64 MB'
WAKE = 'futex wake to running, one core'
PAGE = 'a page of memory'
CONSTANTS = {PAGE: 4096}

SHARE_OF_LINE = (LINE, 0.125)  # a line brings eight pointers

ALL = [
    Job('P1', 'promise: create, one callback, fire, release', 'ns', '≤ 22',
        floor=((CALL, 1), (ALLOCATION, 1)), goals=(22,)),
    Job('P2', 'one further callback in a chain of 10', 'ns', '≤ 8', floor=((CALL, 1),),
        parts=9, difference=True, goals=(8,)),
    Job('P3', '`then` giving a new promise, in a chain of 10, each link', 'ns', '≤ 22',
        floor=((CALL, 1), (ALLOCATION, 1)), parts=10, goals=(22,)),
    Job('P4', 'memory of a pending promise with one callback', 'bytes', '≤ 128', counted=False, goals=(128,)),
    Job('P5', 'submit 1,000,000 empty jobs from one outside thread to 2 workers, each', 'ns',
        '≤ 35 bare, ≤ 60 with a promise', floor=((CALL, 1), SHARE_OF_LINE), goals=(35, 60)),
    Job('P6', 'fork and join: fib(32), without cut-off, 2 workers', 'ms',
        '≤ 4.5 inlined, ≤ 10 through `vow_fn`', counted=False, goals=(4.5, 10)),
    Job('P7', 'offload from a loop to a worker and back, one at a time', 'us',
        'p50 ≤ 0.35, p99 ≤ 0.5', placements=EVERY_PLACEMENT, floor=((LINE, 2), (CALL, 2)), goals=(0.35, 0.5)),
    Job('P8', 'offload from a loop to 2 workers and back, 10,000 under way', 'M/s', '≥ 14',
        more_is_better=True, floor=((CALL, 2), (LINE, 0.25)), goals=(14,)),
    Job('P9', 'functions posted to a loop from another thread, each', 'ns', '≤ 20',
        floor=((CALL, 1), SHARE_OF_LINE), goals=(20,)),
    Job('P10', 'timers: start and stop one of 1,000,000, in random order', 'ns', '≤ 30',
        floor=((VISIT, 1),), goals=(30,)),
    Job('P11', 'coroutine: resume and yield, with values both ways', 'ns', '≤ 11',
        floor=((CALL, 2),), goals=(11,)),
    Job('P12', 'two yields through the scheduler, two lines on one worker', 'ns', '≤ 16',
        floor=((CALL, 2),), goals=(16,)),
    Job('P13', 'coroutine: create, run and destroy', 'ns', '≤ 30',
        floor=((CALL, 2), (ALLOCATION, 1)), goals=(30,)),
    Job('P14', 'resident memory of a parked line, of 100,000', 'bytes', '≤ 4,300', counted=False,
        floor=((PAGE, 1),), goals=(4300,)),
    Job('P15', 'ping-pong between two parked lines on one worker, each round trip', 'ns', '≤ 45',
        floor=((CALL, 4),), goals=(45,)),
    Job('all', '1,000 pending promises made, gathered into one and fired, each promise', 'ns',
        'ahead of the peers', floor=((CALL, 1), (ALLOCATION, 1)), parts=1000),
    Job('P19', 'dispatcher: one delivery to one of 10 subscribers', 'ns', '≤ 4',
        floor=((CALL, 1),), goals=(4,)),
    Job('nested', 'waits 10,000 deep, each', 'ns', 'ahead of the peers', floor=((CALL, 2),)),
    Job('sleep', 'how late a sleep of 1 ms ends', 'us', 'as the kernel', floor=((WAKE, 1),),
        counted=False),
    Job('P16', 'channel of 1,024: from one thread to another, an item', 'ns',
        '≤ 12 single, ≤ 1.5 in batches of 64', placements=('free', 'apart'),
        floor=(SHARE_OF_LINE,), goals=(1.5, 12),
        kinds=('batches of 64',)),
    Job('P17', 'channel of 1,024: from two threads to two others, an item', 'ns', '≤ 25',
        floor=(SHARE_OF_LINE,), goals=(25,), kinds=('batches of 64',)),
    Job('P18', 'pipeline, ordered: 1,000,000 integers squared, doubled, summed, an item', 'ns',
        '≤ 5', floor=((CALL, 3),), goals=(5,), traced=0.01),
    Job('slow', 'pipeline with a stage of 10 µs, an item', 'ns', 'ahead of the peers',
        counted=False),
    Job('chunk', 'pipeline of P18 with chunks of a given size, an item', 'ns',
        'flat where it suits', counted=False),
    Job('P20', 'checksums of a warm tree, by vowsum and by others', 'ms',
        '2 workers ≥ 1.9 times as fast as 1, ahead of the peers', counted=False),
    Job('timer-memory', 'memory of a started timer, of 1,000,000', 'bytes', 'ahead of the peers',
        counted=False),
    Job('item-memory', 'memory of an item in a channel, of 1,000,000', 'bytes',
        'ahead of the peers', counted=False),
    Job('many-promises', 'that many promises pending at once: create, one callback, fire, release',
        'ns', 'flat', grows=True),
    Job('many-timers', 'that many timers started, and stopped in random order', 'ns', 'flat',
        grows=True),
    Job('many-lines', 'that many lines started, parked, woken and ended', 'ns', 'flat', grows=True,
        counted=False),
    Job('many-items', 'that many items written into a channel, and read', 'ns', 'flat', grows=True),
]
