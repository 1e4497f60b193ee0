"""The programs: vow's and the peers', where the build leaves them, and which package brings what
is missing."""
import functools
import os
import shutil
import subprocess
from typing import NamedTuple

SOURCES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Program(NamedTuple):
    path: str         # below BUILD/bench; a script's lies below bench/ itself
    jobs: tuple
    peer: str = ''    # '' is vow
    package: str = ''  # Debian's, that brings the peer
    pins: bool = True  # whether it can keep single threads on processors
    interpreter: str = ''
    words: tuple = ()  # after the path; BUILD stands for the build folder
    module: str = ''   # of Python's, without which it cannot be called

    def command(self, build):
        """The words to call it by, or None if it cannot be called."""
        if self.interpreter:
            return self.interpreted(build)
        path = os.path.join(build, 'bench', self.path)
        return [path] if os.access(path, os.X_OK) else None

    def interpreted(self, build):
        interpreter = shutil.which(self.interpreter)
        if interpreter is None or (self.module and not has_module(interpreter, self.module)):
            return None
        words = [build if word == 'BUILD' else word for word in self.words]
        return [interpreter, os.path.join(SOURCES, self.path), *words]


@functools.lru_cache(maxsize=None)
def has_module(interpreter, module):
    return subprocess.run([interpreter, '-c', f'import {module}'], capture_output=True,
                          check=False).returncode == 0


PYTHON = '/usr/bin/python3'  # Debian's, which knows Debian's packages


ALL = [
    Program('vow/vow_promise', ('P1', 'P2', 'P3', 'P4', 'many-promises')),
    Program('vow/vow_combine', ('all',)),
    Program('vow/vow_pool', ('P5',)),
    Program('vow/vow_fork', ('P6',)),
    Program('vow/vow_trip', ('P7', 'P8')),
    Program('vow/vow_loop', ('P9',)),
    Program('vow/vow_timer', ('P10', 'timer-memory', 'many-timers')),
    Program('vow/vow_coroutine', ('P11', 'P13')),
    Program('vow/vow_wait', ('P12', 'P15', 'nested', 'sleep')),
    Program('vow/vow_parked', ('P14', 'many-lines')),
    Program('vow/vow_items', ('item-memory', 'many-items')),
    Program('checksums.py', ('P20',), interpreter=PYTHON, words=('vow', 'BUILD')),
    Program('checksums.py', ('P20',), 'OpenSSL', 'openssl', interpreter=PYTHON, words=('openssl', 'BUILD')),
    Program('checksums.py', ('P20',), 'coreutils', 'coreutils', interpreter=PYTHON, words=('coreutils', 'BUILD')),
    Program('vow/vow_channel', ('P15', 'P16', 'P17')),
    Program('vow/vow_pipeline', ('P18', 'slow', 'chunk')),
    Program('vow/vow_message', ('P19',)),
    Program('peers/peer_plain_message', ('P19',), 'plain C', 'gcc'),
    Program('peers/peer_sigc', ('P19',), 'sigc++', 'libsigc++-2.0-dev'),
    Program('peers/peer_glib_signal', ('P19',), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_plain', ('P1', 'P2', 'P4', 'many-promises'), 'plain C', 'gcc'),
    Program('peers/peer_standard_future', ('P1',), 'C++ standard library', 'g++'),
    Program('peers/peer_glib_task', ('P1', 'P2'), 'GLib GTask', 'libglib2.0-dev'),
    Program('peers/node_promise.js', ('P1', 'P2', 'P3', 'P4', 'all', 'many-promises'), 'Node', 'nodejs',
            pins=False, interpreter='node'),
    Program('peers/node_timer.js', ('P10', 'timer-memory', 'many-timers'), 'Node', 'nodejs', pins=False, interpreter='node'),
    Program('peers/peer_libuv_pool', ('P5', 'P7', 'P8'), 'libuv', 'libuv1-dev'),
    Program('peers/peer_libuv_post', ('P9',), 'libuv', 'libuv1-dev'),
    Program('peers/peer_libuv_timer', ('P10', 'timer-memory', 'many-timers'), 'libuv', 'libuv1-dev'),
    Program('peers/peer_libevent_timer', ('P10', 'timer-memory', 'many-timers'), 'libevent', 'libevent-dev'),
    Program('peers/peer_glib_channel', ('P16', 'P17'), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_glib_items', ('item-memory', 'many-items'), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_concurrency_kit', ('P16', 'P17', 'item-memory', 'many-items'),
            'Concurrency Kit', 'libck-dev'),
    Program('peers/peer_moodycamel', ('P16', 'P17', 'item-memory', 'many-items'),
            'moodycamel', 'libconcurrentqueue-dev'),
    Program('peers/peer_glib_pool', ('P5', 'P7', 'P8'), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_glib_post', ('P9',), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_glib_timer', ('P10', 'timer-memory', 'many-timers'), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_tbb_pool', ('P5',), 'oneTBB', 'libtbb-dev'),
    Program('peers/peer_serial_fork', ('P6',), 'plain C', 'gcc'),
    Program('peers/peer_tbb_fork', ('P6',), 'oneTBB', 'libtbb-dev'),
    Program('peers/peer_tbb_pipeline', ('P18', 'slow'), 'oneTBB', 'libtbb-dev'),
    Program('peers/peer_openmp_fork', ('P6',), 'OpenMP', 'gcc'),
    Program('peers/peer_rayon', ('P5', 'P6'), 'rayon', 'cargo and librust-rayon-dev', pins=False),
    Program('peers/peer_tokio', ('P1', 'P5', 'P7', 'P8', 'P10', 'P12', 'P15', 'P16', 'many-promises',
                                 'many-timers', 'many-lines', 'many-items'),
            'tokio', 'cargo and librust-tokio-dev', pins=False),
    Program('peers/python/asyncio_jobs.py', ('P1', 'P4', 'P7', 'P8', 'P9', 'P10', 'P12', 'all', 'timer-memory',
                                             'many-promises', 'many-timers'),
            'asyncio', 'python3', pins=False, interpreter=PYTHON),
    Program('peers/python/twisted_jobs.py', ('P1', 'P2', 'P4', 'P7', 'P8', 'P9', 'P10', 'all', 'timer-memory',
                                             'many-promises', 'many-timers'),
            'Twisted', 'python3-twisted', pins=False, interpreter=PYTHON, module='twisted'),
    Program('peers/peer_crossbeam', ('P16', 'P17', 'many-items'), 'crossbeam',
            'cargo and librust-crossbeam-channel-dev', pins=False),
    Program('peers/peer_boost_context', ('P11', 'P13'), 'Boost.Context', 'libboost-context-dev'),
    Program('peers/peer_boost_fiber', ('P12', 'P14', 'P15', 'nested', 'sleep', 'many-lines'), 'Boost.Fiber',
            'libboost-fiber-dev'),
    Program('peers/peer_plain_sleep', ('sleep',), 'plain C', 'gcc'),
    Program('peers/peer_ucontext', ('P11', 'P13'), 'ucontext', 'libc6-dev'),
    Program('peers/peer_go', ('P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P12', 'P14', 'P15', 'P16', 'P17',
                              'P18', 'nested', 'sleep', 'timer-memory', 'item-memory', 'many-timers',
                              'many-lines', 'many-items'), 'Go', 'golang-go', pins=False),
]


def of_vow(job):
    return [program for program in ALL if not program.peer and job in program.jobs]


def look_for(build):
    """What can be called, and a sentence for each peer that cannot."""
    found = [program for program in ALL if program.command(build)]
    missing = []
    for program in ALL:
        if program not in found:
            reason = f'Debian has it in {program.package}' if program.peer else 'it is not built'
            missing.append(f'{program.peer or "vow"}, {"/".join(program.jobs)}: left out; {reason}')
    return found, missing
