"""Runs vow's side of a job alone under a profiler."""
import os
import shutil
import subprocess
import sys

import programs

CALLGRIND_SLOWER = 50  # callgrind runs programs about so many times slower: the jobs are cut by it


def perf_commands(program, job, folder, scale):
    data = os.path.join(folder, f'{job.name}.perf.data')
    yield ['perf', 'record', '-o', data, '--',
           *program, '--cold', '--rounds', '5', '--scale', str(scale), job.name]
    yield ['perf', 'report', '-i', data, '--stdio', '--percent-limit', '1']


def callgrind_commands(program, job, folder, scale):
    data = os.path.join(folder, f'{job.name}.callgrind')
    yield ['valgrind', '--tool=callgrind', f'--callgrind-out-file={data}', '--dump-instr=yes',
           *program, '--cold', '--rounds', '1', '--scale', str(scale / CALLGRIND_SLOWER), job.name]
    yield ['callgrind_annotate', '--threshold=95', data]


TOOLS = {'perf': ('linux-perf', perf_commands), 'valgrind': ('valgrind', callgrind_commands)}


def run(options, wanted):
    tool = 'perf' if options.perf else 'valgrind'
    package, commands_for = TOOLS[tool]
    if shutil.which(tool) is None:
        print(f'{tool} is missing; Debian has it in {package}', file=sys.stderr)
        return 1
    for job in wanted:
        for program in programs.of_vow(job.name):
            command = program.command(options.build)
            folder = os.path.join(options.build, 'bench')
            for words in commands_for(command, job, folder, options.scale) if command else ():
                subprocess.run(words, check=True)
    return 0
