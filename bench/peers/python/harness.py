"""The command line, the rounds and the rows, and crowds: what bench/harness.c and bench/crowd.c do for C."""
import argparse
import json
import os
import random
import time
from typing import Callable, NamedTuple

WARM_UP = 0.3  # seconds
METRICS = ('1,000', '10,000', '100,000', '1,000,000')

options = argparse.Namespace(scale_now=1)


class Job(NamedTuple):
    name: str
    subject: str
    unit: str
    measure: Callable  # the figures of one round
    metrics: tuple = ('',)


def scaled(count):
    return max(1, int(count * options.scale_now))


def now():
    return time.perf_counter_ns()


def each(started, count):
    return (now() - started) / count


def percentiles(samples):
    samples = sorted(samples)
    return [samples[len(samples) // 2], samples[len(samples) * 99 // 100]]


def timer_plan(count):
    """Delays of 10 s to 70 s, and every index once."""
    dice = random.Random(88172645)
    order = list(range(count))
    dice.shuffle(order)
    return [10 + dice.randrange(60000) / 1000 for _ in range(count)], order


def resident_bytes():
    with open('/proc/self/statm', encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE')


def crowd_costs(begin):
    """The ns for each of so many objects. `begin(count)` gives two functions: fill and drain."""
    figures = []
    for count in (10 ** power for power in (3, 4, 5, 6)):
        if count > max(1000, scaled(1000000)):
            figures.append(None)
            continue
        fill, drain = begin(count)
        started = now()
        fill()
        drain()
        figures.append(each(started, count))
    return figures


def crowd_bytes(begin, count, bookkeeping):
    """The growth of resident memory, in a child: memory of an earlier round would hide it."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        fill, _ = begin(count)
        before = resident_bytes()
        fill()
        figure = (resident_bytes() - before) / count - bookkeeping
        os.write(writing, repr(figure).encode())
        os._exit(0)
    os.wait()
    figure = float(os.read(reading, 100))
    os.close(reading)
    os.close(writing)
    return [figure]


def sample(job):
    started = now()
    options.scale_now = options.scale / 10
    job.measure()
    options.scale_now = options.scale
    while now() - started < WARM_UP * 1e9:
        job.measure()
    return list(zip(*(job.measure() for _ in range(options.rounds))))


def run_all(version, jobs):
    parser = argparse.ArgumentParser()
    parser.add_argument('jobs', nargs='*')
    parser.add_argument('--json', action='store_true')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--scale', type=float, default=1)
    parser.add_argument('--placement', default='free')
    parser.parse_intermixed_args(namespace=options)
    for job in jobs:
        if options.jobs and job.name not in options.jobs:
            continue
        for metric, samples in zip(job.metrics, sample(job)):
            row = {'job': job.name, 'subject': job.subject, 'metric': metric, 'unit': job.unit,
                   'version': version, 'placement': options.placement, 'samples': samples}
            print(json.dumps(row) if options.json else f'{job.name} {job.subject} {metric} {samples}')
