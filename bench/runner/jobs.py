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


# Latencies mostly show where the system put the threads: they are measured in each placement.
EVERY_PLACEMENT = ('free', 'one', 'apart')

PLACEMENT_TITLES = {
    'free': 'threads where the system puts them',
    'one': 'all threads on one processor',
    'apart': 'the loop on one processor, the worker on another',
}

ALL = [
    Job('P1', 'promise: create, one callback, fire, release', 'ns', '≤ 22'),
    Job('P2', 'one further callback in a chain of 10', 'ns', '≤ 8'),
    Job('P3', '`then` giving a new promise, in a chain of 10, each link', 'ns', '≤ 22'),
    Job('P4', 'memory of a pending promise with one callback', 'bytes', '≤ 128'),
    Job('P5', 'submit 1,000,000 empty jobs from one outside thread to 2 workers, each', 'ns',
        '≤ 35 bare, ≤ 60 with a promise'),
    Job('P6', 'fork and join: fib(32), without cut-off, 2 workers', 'ms',
        '≤ 4.5 inlined, ≤ 10 through `vow_fn`'),
    Job('P7', 'offload from a loop to a worker and back, one at a time', 'us',
        'p50 ≤ 0.35, p99 ≤ 0.5', placements=EVERY_PLACEMENT),
    Job('P8', 'offload from a loop to 2 workers and back, 10,000 under way', 'M/s', '≥ 14',
        more_is_better=True),
    Job('P9', 'functions posted to a loop from another thread, each', 'ns', '≤ 20'),
    Job('P10', 'timers: start and stop one of 1,000,000, in random order', 'ns', '≤ 30'),
    Job('P11', 'coroutine: resume and yield, with values both ways', 'ns', '≤ 11'),
    Job('P12', 'two yields through the scheduler, two lines on one worker', 'ns', '≤ 16'),
    Job('P13', 'coroutine: create, run and destroy', 'ns', '≤ 30'),
    Job('P14', 'resident memory of a parked line, of 100,000', 'bytes', '≤ 4,300'),
    Job('P15', 'ping-pong between two parked lines on one worker, each round trip', 'ns', '≤ 45'),
    Job('all', '1,000 pending promises made, gathered into one and fired, each promise', 'ns',
        'ahead of the peers'),
    Job('P19', 'dispatcher: one delivery to one of 10 subscribers', 'ns', '≤ 4'),
    Job('nested', 'waits 10,000 deep, each', 'ns', 'ahead of the peers'),
    Job('sleep', 'how late a sleep of 1 ms ends', 'us', 'as the kernel'),
    Job('P16', 'channel of 1,024: from one thread to another, an item', 'ns',
        '≤ 12 single, ≤ 1.5 in batches of 64', placements=('free', 'apart')),
    Job('P17', 'channel of 1,024: from two threads to two others, an item', 'ns', '≤ 25'),
    Job('P18', 'pipeline, ordered: 1,000,000 integers squared, doubled, summed, an item', 'ns', '≤ 5'),
    Job('slow', 'pipeline with a stage of 10 µs, an item', 'ns', 'ahead of the peers'),
    Job('chunk', 'pipeline of P18 with chunks of a given size, an item', 'ns', 'flat where it suits'),
]
