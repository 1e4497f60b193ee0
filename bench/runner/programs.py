"""The programs: vow's and the peers', where the build leaves them, and which package brings what
is missing."""
import os
import shutil
from typing import NamedTuple

SOURCES = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Program(NamedTuple):
    path: str         # below BUILD/bench; a script's lies below bench/ itself
    jobs: tuple
    peer: str = ''    # '' is vow
    package: str = ''  # Debian's, that brings the peer
    pins: bool = True  # whether it can keep single threads on processors
    interpreter: str = ''

    def command(self, build):
        """The words to call it by, or None if it cannot be called."""
        if self.interpreter:
            interpreter = shutil.which(self.interpreter)
            return interpreter and [interpreter, os.path.join(SOURCES, self.path)]
        path = os.path.join(build, 'bench', self.path)
        return [path] if os.access(path, os.X_OK) else None


ALL = [
    Program('vow/vow_promise', ('P1', 'P2', 'P3', 'P4')),
    Program('vow/vow_combine', ('all',)),
    Program('vow/vow_pool', ('P5',)),
    Program('vow/vow_fork', ('P6',)),
    Program('vow/vow_trip', ('P7', 'P8')),
    Program('vow/vow_loop', ('P9',)),
    Program('vow/vow_timer', ('P10',)),
    Program('vow/vow_coroutine', ('P11', 'P13')),
    Program('vow/vow_wait', ('P12', 'P15', 'nested', 'sleep')),
    Program('vow/vow_parked', ('P14',)),
    Program('vow/vow_channel', ('P15', 'P16', 'P17')),
    Program('vow/vow_pipeline', ('P18', 'slow', 'chunk')),
    Program('vow/vow_message', ('P19',)),
    Program('peers/peer_plain_message', ('P19',), 'plain C', 'gcc'),
    Program('peers/peer_sigc', ('P19',), 'sigc++', 'libsigc++-2.0-dev'),
    Program('peers/peer_glib_signal', ('P19',), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_plain', ('P1', 'P2', 'P4'), 'plain C', 'gcc'),
    Program('peers/peer_standard_future', ('P1',), 'C++ standard library', 'g++'),
    Program('peers/peer_glib_task', ('P1', 'P2'), 'GLib GTask', 'libglib2.0-dev'),
    Program('peers/node_promise.js', ('P1', 'P2', 'P3', 'P4', 'all'), 'Node', 'nodejs',
            pins=False, interpreter='node'),
    Program('peers/node_timer.js', ('P10',), 'Node', 'nodejs', pins=False, interpreter='node'),
    Program('peers/peer_libuv_pool', ('P5', 'P7', 'P8'), 'libuv', 'libuv1-dev'),
    Program('peers/peer_libuv_post', ('P9',), 'libuv', 'libuv1-dev'),
    Program('peers/peer_libuv_timer', ('P10',), 'libuv', 'libuv1-dev'),
    Program('peers/peer_libevent_timer', ('P10',), 'libevent', 'libevent-dev'),
    Program('peers/peer_glib_channel', ('P16', 'P17'), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_glib_pool', ('P5', 'P7', 'P8'), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_glib_post', ('P9',), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_glib_timer', ('P10',), 'GLib', 'libglib2.0-dev'),
    Program('peers/peer_tbb_pool', ('P5',), 'oneTBB', 'libtbb-dev'),
    Program('peers/peer_serial_fork', ('P6',), 'plain C', 'gcc'),
    Program('peers/peer_tbb_fork', ('P6',), 'oneTBB', 'libtbb-dev'),
    Program('peers/peer_tbb_pipeline', ('P18', 'slow'), 'oneTBB', 'libtbb-dev'),
    Program('peers/peer_openmp_fork', ('P6',), 'OpenMP', 'gcc'),
    Program('peers/peer_rayon', ('P6',), 'rayon', 'cargo and librust-rayon-dev', pins=False),
    Program('peers/peer_crossbeam', ('P16', 'P17'), 'crossbeam',
            'cargo and librust-crossbeam-channel-dev', pins=False),
    Program('peers/peer_boost_context', ('P11', 'P13'), 'Boost.Context', 'libboost-context-dev'),
    Program('peers/peer_boost_fiber', ('P12', 'P14', 'P15', 'nested', 'sleep'), 'Boost.Fiber',
            'libboost-fiber-dev'),
    Program('peers/peer_plain_sleep', ('sleep',), 'plain C', 'gcc'),
    Program('peers/peer_ucontext', ('P11', 'P13'), 'ucontext', 'libc6-dev'),
    Program('peers/peer_go', ('P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P12', 'P14', 'P15', 'P16', 'P17',
                              'P18', 'nested', 'sleep'), 'Go', 'golang-go', pins=False),
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
