"""Counts what vow's side of a job takes: instructions and atomics by callgrind, system calls by strace, lines of
the cache by lackey.

The programs mark what is counted (../marks.h): callgrind then writes a file for each region between a mark of
its start and one of its end, strace and lackey a line for each mark. A region says whose it is and how many
operations it held. What is counted is so the work alone, with neither its preparation nor the warm-up.

Threads that wait for each other do so in turns under all three: their figures hold what they spend on waiting.
"""
import glob
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections import defaultdict
from typing import NamedTuple

import lines
import locked
import programs

TIME_LIMIT = 300  # seconds for one program under one tool; where nobody else is at work they take a few
TITLES = {'instructions': 'instructions', 'lines': 'lines', 'new_lines': 'new lines', 'atomics': 'atomics',
          'system_calls': 'system calls'}  # of the columns
COLUMNS = tuple(TITLES)
END = re.compile(r'bench end\t([^\t]*)\t(\d+)')


class Region(NamedTuple):
    subject: str
    operations: int
    totals: dict  # by column


class Tool(NamedTuple):
    program: str
    regions_of: object  # of the words of a command, a folder, and the parts of an operation
    scale: object       # the size of a job: it runs programs so much slower


def read_costs(lines):
    """The times that each instruction was executed, by object and address, of a file of callgrind's."""
    costs = defaultdict(lambda: defaultdict(int))
    inside, is_call = None, False
    for line in lines:
        if line.startswith('ob='):
            inside = line[3:].strip()
        elif line.startswith('calls='):
            is_call = True  # the next line's cost is that of the function called
        elif line.startswith('0x'):
            if not is_call:
                address, times = line.split()[:2]
                costs[inside][int(address, 16)] += int(times)
            is_call = False
    return costs


def region_of_callgrind(path, program):
    """None for the file of what comes after the last mark."""
    with open(path, encoding='utf-8', errors='replace') as file:
        lines = file.readlines()
    end = next((found for found in map(END.search, lines) if found), None)
    if end is None:
        return None
    costs = read_costs(lines)
    totals = {'instructions': sum(sum(times.values()) for times in costs.values())}
    if platform.machine() == 'x86_64':
        # callgrind does not name the object of a program without symbols of its own
        totals['atomics'] = sum(locked.code_of(program if inside == '???' else inside).atomics_in(times)
                                for inside, times in costs.items())
    return Region(end.group(1), int(end.group(2)), totals)


def regions_of_callgrind(command, folder, _parts):
    out = os.path.join(folder, 'callgrind')
    call(['valgrind', '--tool=callgrind', f'--callgrind-out-file={out}', '--dump-instr=yes',
          '--dump-line=no', '--compress-strings=no', '--compress-pos=no', *command])
    files = sorted(glob.glob(f'{out}.*'), key=lambda path: int(path.rsplit('.', 1)[1]))
    found = [region_of_callgrind(path, command[0]) for path in files]
    return [region for region in found if region]


def read_regions_of_strace(output):
    regions, calls = [], 0
    for line in output:
        end = END.search(line.replace('\\t', '\t'))
        if 'write(-1, "bench start' in line:
            calls = 0
        elif end:
            regions.append(Region(end.group(1), int(end.group(2)), {'system_calls': calls}))
        elif ' resumed>' not in line and '(' in line:
            calls += 1
    return regions


def regions_of_strace(command, folder, _parts):
    out = os.path.join(folder, 'strace')
    call(['strace', '-f', '-qq', '-s', '200', '-e', 'signal=none', '-o', out, *command])
    with open(out, encoding='utf-8', errors='replace') as file:
        return read_regions_of_strace(file)


def regions_of_lackey(command, _folder, parts):
    return [Region(region.subject, region.operations,
                   {'lines': lines.sum_of_shares(region, parts), 'new_lines': lines.sum_of_region(region)})
            for region in lines.trace(command, TIME_LIMIT)]


def call(words):
    subprocess.run(words, capture_output=True, timeout=TIME_LIMIT, check=True)


def figures_of(job, regions):
    """By column: what one operation takes, of the regions of one subject."""
    each = [{column: total / region.operations for column, total in region.totals.items()}
            for region in regions]
    figures = each[-1]
    if job.difference:
        figures = {column: figures[column] - each[-2][column] for column in figures}
    return {column: figure / job.parts for column, figure in figures.items()}


TOOLS = {'callgrind': Tool('valgrind', regions_of_callgrind, lambda job: 0.1 if job.grows else 0.02),
         'strace': Tool('strace', regions_of_strace, lambda job: 0.02),
         'lackey': Tool('valgrind', regions_of_lackey, lambda job: job.traced)}


def crowd_of(subject, objects):
    """What is counted for a number of objects alive is kept by that name."""
    return f'{subject}, {objects:,}'


def tools_for(job):
    """How the cost grows is told by the instructions."""
    return ('callgrind',) if job.grows else TOOLS


def count_program(job, command, tool):
    """By subject and column: what one operation takes."""
    words = [*command, '--cold', '--marks', '--rounds', '1', '--scale', str(TOOLS[tool].scale(job)), job.name]
    with tempfile.TemporaryDirectory() as folder:
        by_subject = defaultdict(list)
        for region in TOOLS[tool].regions_of(words, folder, 1 if job.difference else job.parts):
            by_subject[crowd_of(region.subject, region.operations) if job.grows else region.subject].append(region)
    return {subject: figures_of(job, regions) for subject, regions in by_subject.items()}


def count_job(job, options, results):
    """Fills results.counts with vow's subjects of the job; None where a tool is missing or fails."""
    for program in programs.of_vow(job.name) if job.counted else ():
        command = program.command(options.build)
        for tool in tools_for(job) if command else ():
            if shutil.which(TOOLS[tool].program) is None:
                continue
            try:
                found = count_program(job, command, tool)
            except (OSError, subprocess.SubprocessError) as error:
                results.fail(f'{job.name} by {program.path} under {tool}: {error}')
                continue
            for subject, figures in found.items():
                empty = dict.fromkeys(COLUMNS)
                results.counts.setdefault((job.name, subject), empty).update(figures)
