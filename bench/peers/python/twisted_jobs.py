"""P1, P2, P4, P7, P8, P9, P10, all, and many promises and timers by Twisted.

Counted as vow's, at a tenth or a hundredth of the size, for Python is slow.

The idioms: Deferreds with `addCallback`; `deferToThread` of the reactor's pool, set to one thread or two;
`callFromThread`; `callLater` and `cancel`; `gatherResults`.
"""
import threading

import twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread

from harness import (METRICS, Job, crowd_bytes, crowd_costs, each, now, percentiles, run_all, scaled,
                     timer_plan)


def work():
    return 1


def add_one(value):
    return value + 1


def until_fired(start):
    """Runs the reactor until the Deferred that `start` gives has fired; its result."""
    results = []

    def begin():
        start().addCallback(results.append).addCallback(lambda _: reactor.crash())

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    return results[0]


def cost_of_a_life(lives, callbacks):
    started = now()
    for value in range(lives):
        deferred = Deferred()
        for _ in range(callbacks):
            deferred.addCallback(add_one)
        deferred.callback(value)
    return each(started, lives)


def callback():
    with_one, with_all = (cost_of_a_life(scaled(20000), callbacks) for callbacks in (1, 10))
    return [(with_all - with_one) / 9]


def crowd_of_promises(count):
    deferreds = [None] * count

    def fill():
        for index in range(count):
            deferreds[index] = Deferred().addCallback(add_one)

    def drain():
        for index, deferred in enumerate(deferreds):
            deferred.callback(index)

    return fill, drain


def crowd_of_timers(count):
    delays, order = timer_plan(count)
    calls = [None] * count

    def fill():
        for index, delay in enumerate(delays):
            calls[index] = reactor.callLater(delay, work)

    def drain():
        for index in order:
            calls[index].cancel()

    return fill, drain


def timers():
    count = scaled(100000)
    fill, drain = crowd_of_timers(count)
    started = now()
    fill()
    drain()
    return [each(started, count)]


def trips_one_by_one():
    times, count = [], scaled(5000)
    reactor.suggestThreadPoolSize(1)
    ended = Deferred()

    def trip():
        started = now()

        def note(_):
            times.append((now() - started) / 1000)
            if len(times) < count:
                trip()
            else:
                ended.callback(percentiles(times))

        deferToThread(work).addCallback(note)

    trip()
    return ended


def trips():
    total, under_way = scaled(50000), scaled(10000)
    begun = finished = 0
    reactor.suggestThreadPoolSize(2)
    ended = Deferred()
    started = now()

    def trip():
        nonlocal begun
        begun += 1
        deferToThread(work).addCallback(note)

    def note(_):
        nonlocal finished
        finished += 1
        if begun < total:
            trip()
        if finished == total:
            ended.callback([1000 / each(started, total)])

    for _ in range(min(under_way, total)):
        trip()
    return ended


def posts():
    count = left = scaled(100000)
    ended = Deferred()

    def function():
        nonlocal left
        left -= 1
        if left == 0:
            ended.callback([each(started, count)])

    def post():
        for _ in range(count):
            reactor.callFromThread(function)

    started = now()
    threading.Thread(target=post).start()
    return ended


def gathered():
    times = scaled(50)
    started = now()
    for _ in range(times):
        deferreds = [Deferred() for _ in range(1000)]
        everything = gatherResults(deferreds)
        for value, deferred in enumerate(deferreds):
            deferred.callback(value)
        assert len(everything.result) == 1000
    return [each(started, times * 1000)]


# threads of the pool are started by the reactor, which runs once for each round
reactor.getThreadPool().start()

run_all(twisted.__version__, [
    Job('P1', 'Twisted Deferred', 'ns', lambda: [cost_of_a_life(scaled(200000), 1)]),
    Job('P2', 'Twisted Deferred', 'ns', callback),
    Job('P4', 'Twisted Deferred', 'bytes', lambda: crowd_bytes(crowd_of_promises, scaled(200000), 0)),
    Job('P7', 'Twisted deferToThread', 'us', lambda: until_fired(trips_one_by_one), ('p50', 'p99')),
    Job('P8', 'Twisted deferToThread', 'M/s', lambda: until_fired(trips)),
    Job('P9', 'Twisted callFromThread', 'ns', lambda: until_fired(posts)),
    Job('P10', 'Twisted callLater', 'ns', timers),
    Job('all', 'Twisted gatherResults', 'ns', gathered),
    Job('timer-memory', 'Twisted callLater', 'bytes',
        lambda: crowd_bytes(crowd_of_timers, scaled(200000), 0)),
    Job('many-promises', 'Twisted Deferred', 'ns', lambda: crowd_costs(crowd_of_promises), METRICS),
    Job('many-timers', 'Twisted callLater', 'ns', lambda: crowd_costs(crowd_of_timers), METRICS),
])
reactor.getThreadPool().stop()
