"""Which instructions of a program are atomic: those with a lock prefix, and exchanges with memory."""
import functools
import re
import shutil
import subprocess

ATOMIC = re.compile(r'^ *([0-9a-f]+):\t(?:lock |xchg .*\()')
INSTRUCTION = re.compile(r'^ *([0-9a-f]+):\t\S')
PROGRAMS_START = 0x108000  # where valgrind puts a program that may lie anywhere


class Code:
    """The addresses of an object file: of all instructions, and of the atomic ones."""

    def __init__(self, lines):
        self.instructions = set()
        self.atomics = set()
        for line in lines:
            found = INSTRUCTION.match(line)
            if found:
                self.instructions.add(int(found.group(1), 16))
                if ATOMIC.match(line):
                    self.atomics.add(int(found.group(1), 16))

    def atomics_in(self, costs):
        """How many atomic instructions were executed, of `costs`: times by address."""
        start = max((0, PROGRAMS_START), key=lambda start: sum(
            address - start in self.instructions for address in costs))
        return sum(times for address, times in costs.items() if address - start in self.atomics)


@functools.lru_cache(maxsize=None)
def code_of(path):
    if shutil.which('objdump') is None:
        return Code([])
    done = subprocess.run(['objdump', '-d', '--no-show-raw-insn', path], capture_output=True,
                          text=True, check=False)
    return Code(done.stdout.splitlines())
