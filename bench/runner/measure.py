"""Runs the programs in turn, and gathers what they print."""
import json
import os
import subprocess
import sys
from statistics import median

ENVIRONMENT = {**os.environ, 'PYTHONDONTWRITEBYTECODE': '1'}  # nothing is written beside the sources
TIME_LIMIT = 120  # seconds for one call of a program


class Row:
    """The samples of one figure: of a job, by one subject, in one placement."""

    def __init__(self, printed, is_vow):
        for name in ('job', 'subject', 'metric', 'unit', 'version', 'placement'):
            setattr(self, name, printed[name])
        self.is_vow = is_vow
        self.samples = []

    @property
    def key(self):
        return self.job, self.subject, self.metric, self.placement

    @property
    def median(self):
        return median(self.samples)

    def as_dict(self):
        spread = {'median': self.median, 'min': min(self.samples), 'max': max(self.samples)}
        return {**vars(self), **spread}


class Results:
    """All rows, in the order in which they were first seen, and what went wrong."""

    def __init__(self):
        self.rows = {}
        self.failures = []
        self.ours_failed = False  # not a peer, that is
        self.counts = {}  # what an operation of vow takes, by (job, subject) and column

    def fail(self, sentence, peer=False):
        self.failures.append(sentence)
        self.ours_failed |= not peer

    def add(self, line, is_vow):
        printed = json.loads(line)
        row = Row(printed, is_vow)
        row = self.rows.setdefault(row.key, row)
        row.samples += [sample for sample in printed['samples'] if sample is not None]

    def take_over(self, content):
        """Takes what an earlier run wrote as JSON."""
        for kept in content['rows']:
            row = Row(kept, kept['is_vow'])
            row.samples = kept['samples']
            self.rows[row.key] = row
        for count in content.get('counts', []):
            subject = (count.pop('job'), count.pop('subject'))
            self.counts[subject] = count
        self.failures += content['failures']

    def rows_of(self, job):
        return [row for row in self.rows.values() if row.job == job and row.samples]

    def versions(self):
        """The version of each subject but the limits', by name."""
        return {row.subject: row.version for row in self.rows.values() if row.job != 'limit'}


def placements_here(job):
    processors = len(os.sched_getaffinity(0))
    return job.placements if processors > 1 else ('free',)


def keep_on_one_processor():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def call(command, placement):
    """What the program prints, as lines. Raises with a sentence if it fails."""
    before = keep_on_one_processor if placement == 'one' else None
    try:
        done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, text=True, timeout=TIME_LIMIT,
                              preexec_fn=before, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f'did not end within {TIME_LIMIT} s') from error
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ['no message']
        raise RuntimeError(f'ended with {done.returncode}: {last[0]}')
    return done.stdout.splitlines()


def run_once(program, job, placement, options, results):
    """One round of one program. False if it failed: it is then not called again."""
    command = [*program.command(options.build), '--json', '--rounds', '1',
               '--scale', str(options.scale), '--placement', placement, job.name]
    try:
        for line in call(command, placement):
            results.add(line, not program.peer)
    except (RuntimeError, ValueError) as error:
        results.fail(f'{job.name} by {program.path}: {error}', program.peer)
        return False
    return True


def tell_progress(text):
    if sys.stderr.isatty():
        print(f'\r\033[K{text}', end='', file=sys.stderr, flush=True)


def run_job(job, found, options, results):
    """All programs that do the job, in turn, round by round, in each placement."""
    for placement in placements_here(job):
        able = [program for program in found
                if job.name in program.jobs and (program.pins or placement != 'apart')]
        for number in range(options.rounds):
            tell_progress(f'{job.name}, {placement}: round {number + 1} of {options.rounds}')
            able = [program for program in able
                    if run_once(program, job, placement, options, results)]
    tell_progress('')


def run_limits(options, results):
    """The machine's limits, in a program of their own, with as many rounds."""
    command = [os.path.join(options.build, 'bench', 'limits'), '--json',
               '--rounds', str(options.rounds), '--scale', str(options.scale)]
    tell_progress('limits')
    try:
        for line in call(command, 'free'):
            results.add(line, False)
    except (RuntimeError, OSError) as error:
        results.fail(f'limits: {error}')
    tell_progress('')
