"""Counts the cache lines that an operation touches, of what valgrind's lackey tells of each access to memory.

Lackey prints a line for each access, and valgrind the words of the marks among them (../marks.h). What was accessed
between two marks, by all threads in the order in which valgrind let them run, is cut into shares of the same length, as
many as there were operations: a share is as long as one operation, though it may begin in the middle of one.
"""
import re
import subprocess
import threading
from array import array
from typing import NamedTuple

LINE = 64  # bytes
END = re.compile(r'bench end\t([^\t]*)\t(\d+)')


class Region(NamedTuple):
    subject: str
    operations: int
    touched: array  # the number of the cache line of each access, in order


def lines_of(access):
    """The numbers of the cache lines of b' L 1ffeffe7e0,8': two where it lies across a border."""
    address, size = access[3:].split(b',')
    first = int(address, 16)
    return range(first // LINE, (first + int(size) - 1) // LINE + 1)


def read_regions(output):
    """The regions between the marks, of what lackey and valgrind print."""
    regions, touched = [], None
    for line in output:
        if line[:1] == b' ' and touched is not None:
            touched.extend(lines_of(line))
        elif line[:2] == b'**':
            words = line.decode(errors='replace')
            end = END.search(words)
            if 'bench start' in words:
                touched = array('Q')
            elif end and touched is not None:
                regions.append(Region(end.group(1), int(end.group(2)), touched))
                touched = None
    return regions


def sum_of_shares(region, parts):
    """The sum of the distinct cache lines of each share; an operation consists of `parts` shares."""
    shares = region.operations * parts
    borders = [share * len(region.touched) // shares for share in range(shares + 1)]
    return sum(len(set(region.touched[start:end])) for start, end in zip(borders, borders[1:]))


def sum_of_region(region):
    """The distinct cache lines of the whole region."""
    return len(set(region.touched))


def trace(command, limit):
    """The regions of a program that is run under lackey, for `limit` seconds at most."""
    words = ['valgrind', '--tool=lackey', '--basic-counts=no', '--trace-mem=yes', *command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        clock = threading.Timer(limit, process.kill)
        clock.start()
        try:
            regions = read_regions(process.stderr)
            status = process.wait()
        finally:
            clock.cancel()
            process.kill()
    if status != 0:
        raise subprocess.CalledProcessError(status, words)
    return regions
