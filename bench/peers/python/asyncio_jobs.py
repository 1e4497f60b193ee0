"""P1, P4, P7, P8, P9, P10, P12, all, and many promises and timers by asyncio.

Counted as vow's; P1, P8, P9, P10 and P12 are a tenth or a hundredth of the size of vow's, for Python is slow.

The idioms: futures of the running loop with `add_done_callback`; `run_in_executor` with a pool of threads;
`call_soon_threadsafe`; `call_later` and `cancel`; `sleep(0)`; `gather`.
"""
import asyncio
import platform
import threading
from concurrent.futures import ThreadPoolExecutor

from harness import (METRICS, Job, crowd_bytes, crowd_costs, each, now, percentiles, run_all, scaled,
                     timer_plan)

LOOP = asyncio.new_event_loop()
BATCH = 1000  # futures that are fired before the loop turns


def work():
    return 1


def ignore(_future):
    pass


def in_loop(coroutine_function):
    return lambda: LOOP.run_until_complete(coroutine_function())


async def promise():
    count = scaled(200000)
    started = now()
    for _ in range(0, count, BATCH):
        for value in range(BATCH):
            future = LOOP.create_future()
            future.add_done_callback(ignore)
            future.set_result(value)
        await asyncio.sleep(0)
    return [each(started, -(-count // BATCH) * BATCH)]


def crowd_of_promises(count):
    futures = [None] * count

    def fill():
        for index in range(count):
            futures[index] = LOOP.create_future()
            futures[index].add_done_callback(ignore)

    def drain():
        for index, future in enumerate(futures):
            future.set_result(index)
        LOOP.run_until_complete(asyncio.sleep(0))

    return fill, drain


def crowd_of_timers(count):
    delays, order = timer_plan(count)
    handles = [None] * count

    def fill():
        for index, delay in enumerate(delays):
            handles[index] = LOOP.call_later(delay, work)

    def drain():
        for index in order:
            handles[index].cancel()

    return fill, drain


def timers():
    count = scaled(1000000)
    fill, drain = crowd_of_timers(count)
    started = now()
    fill()
    drain()
    return [each(started, count)]


async def trips_one_by_one():
    times = []
    with ThreadPoolExecutor(1) as pool:
        for _ in range(scaled(10000)):
            started = now()
            await LOOP.run_in_executor(pool, work)
            times.append((now() - started) / 1000)
    return percentiles(times)


async def trips():
    total, under_way = scaled(100000), scaled(10000)
    started = now()
    with ThreadPoolExecutor(2) as pool:
        async def line():
            for _ in range(total // under_way):
                await LOOP.run_in_executor(pool, work)
        await asyncio.gather(*(line() for _ in range(under_way)))
    return [1000 / each(started, total // under_way * under_way)]


async def posts():
    count = scaled(100000)
    ended = LOOP.create_future()
    left = count

    def function():
        nonlocal left
        left -= 1
        if left == 0:
            ended.set_result(None)

    def post():
        for _ in range(count):
            LOOP.call_soon_threadsafe(function)

    started = now()
    thread = threading.Thread(target=post)
    thread.start()
    await ended
    figure = each(started, count)
    thread.join()
    return [figure]


async def yields():
    count = scaled(100000)

    async def line():
        for _ in range(count):
            await asyncio.sleep(0)

    started = now()
    await asyncio.gather(line(), line())
    return [each(started, count)]


async def gathered():
    times = scaled(100)
    started = now()
    for _ in range(times):
        futures = [LOOP.create_future() for _ in range(1000)]
        everything = asyncio.gather(*futures)
        for value, future in enumerate(futures):
            future.set_result(value)
        assert len(await everything) == 1000
    return [each(started, times * 1000)]


run_all(f'Python {platform.python_version()}', [
    Job('P1', 'asyncio future', 'ns', in_loop(promise)),
    Job('P4', 'asyncio future', 'bytes', lambda: crowd_bytes(crowd_of_promises, scaled(1000000), 0)),
    Job('P7', 'asyncio run_in_executor', 'us', in_loop(trips_one_by_one), ('p50', 'p99')),
    Job('P8', 'asyncio run_in_executor', 'M/s', in_loop(trips)),
    Job('P9', 'asyncio call_soon_threadsafe', 'ns', in_loop(posts)),
    Job('P10', 'asyncio call_later', 'ns', timers),
    Job('P12', 'asyncio sleep(0)', 'ns', in_loop(yields)),
    Job('all', 'asyncio gather', 'ns', in_loop(gathered)),
    Job('timer-memory', 'asyncio call_later', 'bytes',
        lambda: crowd_bytes(crowd_of_timers, scaled(1000000), 0)),
    Job('many-promises', 'asyncio future', 'ns', lambda: crowd_costs(crowd_of_promises), METRICS),
    Job('many-timers', 'asyncio call_later', 'ns', lambda: crowd_costs(crowd_of_timers), METRICS),
])
