#!/usr/bin/env python3
"""How vowsum runs: Ctrl-C, the bar, threads, memory.

Nothing here waits for a time: a named pipe that vowsum has opened, or a line that it has written, says
how far it is.
"""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading

from vowsum_cases import VOWSUM, Skip, case, has_sanitizer, main, same, skip_where_sanitized, vowsum, write

HUGE = 1 << 42  # bytes of a sparse file that nobody will see the end of
CLEARED = b"\r\x1b[K"


def start(*arguments, **options):
    """Starts vowsum with its streams on pipes."""
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "bufsize": 0}
    return subprocess.Popen([VOWSUM, *arguments], **{**streams, **options})


def start_on_pipe(*arguments, **options):
    """Starts vowsum, and opens for writing the named pipe "pipe" that it reads: it is at work then."""
    os.mkfifo("pipe")
    process = start(*arguments, **options)
    return process, open("pipe", "wb", buffering=0)


def ended(process):
    """What a process has written since it was last read, and its status."""
    out, errors = process.communicate(timeout=60)
    return out, errors, process.returncode


def interrupt(process, number=signal.SIGINT):
    """Sends a signal. ThreadSanitizer keeps one that comes while a line runs on a stack of its own until that very line goes on:
    there it is sent again when the process has not ended for long."""
    process.send_signal(number)
    if has_sanitizer("t"):
        repeated = threading.Timer(10, lambda: process.poll() is None and interrupt(process, number))
        repeated.daemon = True
        repeated.start()


def write_huge(name="huge"):
    with open(name, "wb") as file:
        file.truncate(HUGE)


@case
def ctrl_c_ends_a_wait_for_a_silent_pipe():
    for jobs in "0", "1", "2":
        process, writer = start_on_pipe("-j", jobs, "pipe")
        interrupt(process)
        same(ended(process), (b"", b"", 130))
        writer.close()
        os.remove("pipe")


@case
def ctrl_c_ends_a_wait_for_a_silent_manifest():
    process, writer = start_on_pipe("-c", "pipe")
    interrupt(process)
    same(ended(process), (b"", b"", 130))
    writer.close()


@case
def ctrl_c_ends_a_wait_for_silent_standard_input():
    for jobs in "0", "2":
        process, writer = start_on_pipe("-j", jobs, "pipe", "-", stdin=subprocess.PIPE)
        writer.close()  # on to standard input
        interrupt(process)
        out, errors = process.stdout.read(), process.stderr.read()
        process.wait(timeout=60)
        same((out.count(b"\n"), errors, process.returncode), (len(out) // 71, b"", 130))
        process.stdin.close()
        os.remove("pipe")


@case
def what_has_become_a_link_since_its_folder_was_read_is_not_followed():
    for name in "tree/1", "tree/2", "tree/3/inside", "secret/inside":
        write(name, name.encode())
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGIO})
    with open("tree/1", "rb+") as leased:
        try:  # whoever opens it waits, and we are told
            fcntl.fcntl(leased, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError as error:
            raise Skip(f"no leases: {error}") from error
        process = start("-j", "0", "tree", "tree/4")
        signal.sigwait({signal.SIGIO})
        os.remove("tree/2")
        os.symlink("../secret/inside", "tree/2")
        os.rename("tree/3", "3")
        os.symlink("../secret", "tree/3")
        os.symlink("1", "tree/4")
        fcntl.fcntl(leased, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        out, errors, status = ended(process)
    same([line.split(b"  ")[1] for line in out.splitlines()], [b"tree/1", b"tree/4"])
    same([line.split(b": ")[1] for line in errors.splitlines()[:2]], [b"tree/2", b"tree/3"])
    same(status, 1)


@case
def ctrl_c_amid_a_large_file_leaves_whole_lines():
    for number in range(64):
        write(f"tree/{number:02}")
    write_huge("tree/zz")
    whole = vowsum(*sorted(f"tree/{number:02}" for number in range(64)))[0]
    for jobs in "0", "1", "2":
        process = start("-j", jobs, "tree")
        first = process.stdout.readline()
        interrupt(process)
        rest, errors, status = ended(process)
        same((errors, status), (b"", 130))
        assert whole.startswith(first + rest) and (first + rest).endswith(b"\n"), first + rest


@case
def a_polite_kill_ends_the_work_as_well():
    process, writer = start_on_pipe("pipe")
    interrupt(process, signal.SIGTERM)
    same(ended(process), (b"", b"", 128 + signal.SIGTERM))
    writer.close()


@case
def jobs_that_wait_their_turn_never_begin_after_ctrl_c():
    os.mkfifo("second pipe")
    process, writer = start_on_pipe("-j", "1", "pipe", "second pipe")
    interrupt(process)
    same(ended(process), (b"", b"", 130))
    writer.close()


def threads_of(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


@case
def jobs_zero_makes_no_threads():
    threads = {}
    for jobs in 0, 1, 3:
        process, writer = start_on_pipe("-j", str(jobs), "pipe")
        threads[jobs] = threads_of(process)
        writer.close()
        same(ended(process)[2], 0)
        os.remove("pipe")
    same(threads[3] - threads[1], 2)
    assert threads[0] < threads[1], threads  # a sanitizer may have one of its own beside the first


def or_skip(make):
    """What pty.openpty or pty.fork makes; skips the case where the system has no terminal to give."""
    try:
        return make()
    except OSError as error:
        raise Skip(f"there is no terminal to be had: {error}") from error


class Terminal:
    """A terminal whose far end belongs to vowsum."""

    def __init__(self, columns=100):
        self.near, self.far = or_skip(pty.openpty)
        fcntl.ioctl(self.far, termios.TIOCSWINSZ, struct.pack("HHHH", 25, columns, 0, 0))
        self.seen = b""

    def read_until(self, wanted):
        """Reads until `wanted` has been written."""
        while wanted not in self.seen:
            self.seen += os.read(self.near, 4096)

    def read_rest(self):
        """Reads what is there when all writers have gone; gives all that was ever written."""
        os.close(self.far)
        try:
            while data := os.read(self.near, 4096):
                self.seen += data
        except OSError:
            pass  # the way in which a terminal says that its far end is closed
        os.close(self.near)
        return self.seen


@case
def a_bar_is_drawn_on_a_terminal_and_taken_away():
    for jobs in "0", "2":
        terminal = Terminal()
        process, writer = start_on_pipe("-j", jobs, "pipe", stderr=terminal.far)
        writer.write(b"x" * 1000)
        terminal.read_until(b"1.0 kB")
        terminal.read_until(b"MB/s")
        writer.close()
        out, _, status = ended(process)
        write("file", b"x" * 1000)
        same((out[:64], status), (vowsum("file")[0][:64], 0))
        seen = terminal.read_rest()
        assert b"0 files  1.0 kB" in seen, seen
        assert seen.endswith(CLEARED), seen
        os.remove("pipe")


@case
def the_bar_knows_how_much_there_is():
    write_huge()
    write("small")
    write("manifest", vowsum("small")[0] + vowsum("small")[0].replace(b"small", b"huge"))
    for arguments in ["small", "huge"], ["-c", "manifest"], ["-j", "0", "small", "huge"]:
        terminal = Terminal()
        process = start(*arguments, stderr=terminal.far)
        terminal.read_until(b" of 4.4 TB  [")
        terminal.read_until(b" left")
        interrupt(process)
        same(ended(process)[2], 130)
        assert terminal.read_rest().endswith(CLEARED)


@case
def the_bar_keeps_within_the_line():
    terminal = Terminal(columns=20)
    process, writer = start_on_pipe("pipe", stderr=terminal.far)
    terminal.read_until(CLEARED + b"0 files  0 B  0.0 M")
    writer.close()
    ended(process)
    for part in terminal.read_rest().split(CLEARED):
        assert len(part) < 20, part


@case
def lines_on_the_same_terminal_are_not_mixed_with_the_bar():
    write("first")
    write("file", b"x" * 1000)
    terminal = Terminal()
    process, writer = start_on_pipe("-j", "1", "first", "pipe", "first", "missing",
                                    stdout=terminal.far, stderr=terminal.far)
    writer.write(b"x" * 1000)
    terminal.read_until(b"MB/s")
    writer.close()
    process.wait(timeout=60)
    seen = terminal.read_rest()
    plain = b"".join(part for part in seen.split(CLEARED) if b"MB/s" not in part)
    wanted = vowsum("first", "file", "first")[0].replace(b"file", b"pipe")
    wanted += b"vowsum: missing: No such file or directory\nvowsum: WARNING: 1 file could not be read\n"
    same(plain, wanted.replace(b"\n", b"\r\n"))


@case
def no_bar_is_drawn_where_there_is_no_terminal():
    with open("large", "wb") as file:
        file.truncate(1 << 29)
    same(vowsum("large")[1:], (b"", 0))


@case
def no_bar_is_drawn_on_a_terminal_where_none_is_wanted():
    with open("large", "wb") as file:
        file.truncate(1 << 29)
    write("manifest", vowsum("large")[0])
    for arguments in ["--no-progress", "large"], ["--quiet-progress", "large"], ["--status", "-c", "manifest"]:
        terminal = Terminal()
        process = start(*arguments, stderr=terminal.far)
        same(ended(process)[2], 0)
        same(terminal.read_rest(), b"")


@case
def a_bar_is_drawn_anywhere_where_it_is_asked_for():
    process, writer = start_on_pipe("--progress", "pipe")
    seen = b""
    while b"MB/s" not in seen:
        seen += process.stderr.read(4096)
    writer.close()
    same(ended(process)[2], 0)


@case
def ctrl_c_on_the_terminal_itself_is_heard():
    os.mkfifo("pipe")
    child, terminal = or_skip(pty.fork)
    if child == 0:
        os.execv(VOWSUM, [VOWSUM, "-j", "2", "pipe"])
    with open("pipe", "wb", buffering=0):
        os.write(terminal, b"\x03")
        _, status = os.waitpid(child, 0)
    os.close(terminal)
    same(os.waitstatus_to_exitcode(status), 130)


def peak_memory(*arguments):
    """The most memory, in kilobytes, that vowsum had."""
    process = start(*arguments, stdout=subprocess.DEVNULL, stderr=None)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    same(process.returncode, 0)
    return usage.ru_maxrss


@case
def a_large_file_takes_no_more_memory_than_a_small_one():
    skip_where_sanitized()
    write("small")
    with open("large", "wb") as file:
        file.truncate(4 << 30)
    growth = peak_memory("-j", "2", "large") - peak_memory("-j", "2", "small")
    assert growth < 8 << 10, f"{growth} kB"


@case
def many_more_files_than_are_under_way_take_hardly_more_memory():
    skip_where_sanitized()
    for number in range(150000):
        folder = f"tree/{number // 1000}"
        if number % 1000 == 0:
            os.makedirs(folder)
        if number % 50000 == 0:  # a file has 65,000 names at most
            write(f"file{number}")
        os.link(f"file{number // 50000 * 50000}", f"{folder}/{number}")  # sooner made than a file
    for jobs in "0", "2":
        some = [f"tree/{number}" for number in range(50)]  # more than are under way at once
        growth = peak_memory("-j", jobs, "tree") - peak_memory("-j", jobs, *some)
        assert growth < 8 << 10, f"{growth} kB"


def into_closed_pipe(*arguments, **options):
    """What becomes of vowsum where nobody reads its output: its status and messages."""
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*arguments, stdout=writer, **options)
    os.close(writer)
    _, errors, status = ended(process)
    return status, errors


@case
def a_closed_pipe_ends_it_as_it_ends_other_tools():
    write("file")
    for jobs in "0", "1", "2":
        same(into_closed_pipe("-j", jobs, "file"), (-signal.SIGPIPE, b""))
        status, errors = into_closed_pipe("-j", jobs, "file", restore_signals=False)  # SIGPIPE is ignored
        same((status, errors.split(b": ")[-1]), (1, b"write error\n"))


@case
def being_stopped_and_continued_changes_nothing():
    for number in range(300):
        write(f"tree/{number}", b"%d" % number * 2000)
    expected = vowsum("-j", "0", "tree")
    for jobs in "0", "1", "2":
        with open("sums", "wb") as sums:
            process = start("-j", jobs, "tree", stdout=sums)
        for _ in range(50):  # what sleeps in the system returns early then
            process.send_signal(signal.SIGSTOP)
            process.send_signal(signal.SIGCONT)
        _, errors, status = ended(process)
        with open("sums", "rb") as sums:
            same((sums.read(), errors, status), expected)


if __name__ == "__main__":
    main()
