"""What the figures depend on: the machine, its system, the compiler, and who else was at work."""
import json
import os
import platform
import re
import subprocess
import time


def first_match(path, pattern, otherwise):
    try:
        with open(path, encoding='utf-8') as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
    except OSError:
        return otherwise
    return found.group(1) if found else otherwise


class Noise:
    """How much of the processors other processes used since this was made."""

    def __init__(self):
        self.started = time.monotonic()
        self.busy = self.busy_seconds()
        self.own = self.own_seconds()

    @staticmethod
    def busy_seconds():
        ticks = first_match('/proc/stat', r'^cpu +(.*)$', '0 0 0 0 0 0 0 0').split()
        columns = [int(column) for column in ticks[:8]]
        idle_and_waiting = columns[3] + columns[4]
        return (sum(columns) - idle_and_waiting) / os.sysconf('SC_CLK_TCK')

    @staticmethod
    def own_seconds():
        own = os.times()
        return own.user + own.system + own.children_user + own.children_system

    def share_of_others(self):
        passed = (time.monotonic() - self.started) * os.cpu_count()
        others = (self.busy_seconds() - self.busy) - (self.own_seconds() - self.own)
        return max(0.0, others / passed) if passed > 0 else 0.0


def build_type(build):
    """How the build was told to optimise; '' where it does not say."""
    command = ['meson', 'introspect', '--buildoptions', build]
    try:
        options = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ''
    return next((o['value'] for o in json.loads(options) if o['name'] == 'buildtype'), '')


def describe(build, results, noise):
    return {
        'processor': first_match('/proc/cpuinfo', r'^model name\s*: (.*)$', platform.machine()),
        'processors': len(os.sched_getaffinity(0)),
        'kernel': f'{platform.system()} {platform.release()}',
        'compiler': next((row.version for row in results.rows_of('limit')), ''),
        'build type': build_type(build),
        'used by others meanwhile': f'{noise.share_of_others():.0%} of the processors',
        'versions': results.versions(),
    }
