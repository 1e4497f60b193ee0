"""Writes the report: one table for each job, where vow is behind, how the cost grows, and the machine."""
import re
from typing import NamedTuple

import counts
import figures
import jobs

BEGIN = '<!-- The report of bench/run begins. -->\n'
END = '<!-- The report of bench/run ends. -->\n'


class Report(NamedTuple):
    """What a report is made of."""
    results: object      # measure.Results
    surroundings: dict   # of machine.describe
    notes: list          # sentences: what is missing, what failed
    plots: str           # the folder of the plots, as the report's reader finds it
    drawn: set           # the jobs that have one


def table(head, rows):
    yield '| ' + ' | '.join(head) + ' |'
    yield '|' + ' --- |' * len(head)
    for row in rows:
        yield '| ' + ' | '.join(row) + ' |'
    yield ''


def count_cells(report, row):
    counted = report.results.counts.get((row.job, row.subject), {}) if row.is_vow else {}
    found = (counted.get(column) for column in counts.COLUMNS)
    return ['' if figure is None else figures.number(figure) for figure in found]


def cells(report, job, row, best):
    floor = figures.floor_of(job, report.results.rows_of('limit'))
    name = f'**{row.subject}**' if row.is_vow else row.subject
    extra = count_cells(report, row) if job.counted else []
    above = [figures.times_the_floor(row, floor)] if job.floor else []
    return [name, figures.number(row.median), figures.spread(row),
            figures.cost_against(job, row, best), *above, *extra]


def head_of(job):
    head = ['', f'median, {figures.unit(job.unit)}', 'least – greatest', 'cost, best peer = 1']
    if job.floor:
        head.append('times the floor')
    return head + (list(counts.TITLES.values()) if job.counted else [])


def section(report, job):
    rows = report.results.rows_of(job.name)
    better = 'more' if job.more_is_better else 'less'
    yield f'### {job.name}: {job.title}'
    yield ''
    yield f'In {figures.unit(job.unit)}; {better} is better. Goal of vow: {job.goal}.'
    floor = figures.floor_of(job, report.results.rows_of('limit'))
    if floor is not None:
        unit = 'bytes' if job.unit == 'bytes' else 'ns'
        yield f'The floor: {figures.floor_in_words(job)} = {figures.number(floor)} {unit}.'
    yield ''
    for title, rows_of_table in figures.tables_of(job, rows):
        if title:
            yield from (f'With {title}:' if job.grows else f'{title[0].upper()}{title[1:]}:', '')
        best = figures.best_peer(job, rows_of_table)
        yield from table(head_of(job), [cells(report, job, row, best)
                                        for row in figures.in_order(job, rows_of_table)])
    yield from plot(report, job)


def plot(report, job):
    if job.name in report.drawn:
        yield from (f'![{job.name}]({report.plots}/{job.name}.svg)', '')


def growth(found):
    """The last against the first, of figures that may be missing."""
    return f'{found[-1] / found[0]:.2f}' if found and found[0] and found[-1] else ''


def instructions_of(report, job, subject, numbers):
    """Of those numbers of objects for which they were counted."""
    found = (report.results.counts.get((job.name, counts.crowd_of(subject, int(number.replace(',', ''))))) or {}
             for number in numbers)
    return [each['instructions'] for each in found if each.get('instructions')]


def growth_section(report, job):
    """One table: a row for each subject, a column for each number of objects."""
    rows = report.results.rows_of(job.name)
    numbers = list(dict.fromkeys(row.metric for row in rows))
    medians = {(row.subject, row.metric): row.median for row in rows}
    yield from (f'### {job.name}: {job.title}', '', f'In {figures.unit(job.unit)} each; {job.goal} is good.', '')
    lines = []
    for subject in dict.fromkeys(row.subject for row in rows):
        found = [medians.get((subject, number)) for number in numbers]
        counted = growth(instructions_of(report, job, subject, numbers))
        lines.append([subject, *('' if median is None else figures.number(median) for median in found),
                      growth(found), counted])
    yield from table(['', *numbers, 'last / first', 'instructions'], lines)
    yield from plot(report, job)


def goals_of(report, job):
    """Each way of vow, with the best peer in its table."""
    for title, rows in figures.tables_of(job, report.results.rows_of(job.name)):
        best = figures.best_peer(job, rows)
        peer = [best.subject, figures.number(best.median)] if best else ['', '']
        for row in figures.in_order(job, rows):
            if row.is_vow:
                yield [job.name, job.goal, title, f'**{row.subject}**', figures.number(row.median), *peer,
                       figures.unit(job.unit)]


def goals_section(report, wanted):
    yield from ('## Goals', '', 'Where a number is the goal: what it is, and what was reached.', '')
    yield from table(['job', 'goal', '', 'way of vow', 'median', 'best peer', "the peer's", 'unit'],
                     [line for job in wanted if re.search(r'\d', job.goal) for line in goals_of(report, job)])


def behind_section(report, wanted):
    lines = [[job.name, *([title] if title else ['']), f'**{row.subject}**',
              figures.number(row.median), f'{ratio:.2f} × {best.subject}', figures.number(best.median),
              figures.unit(job.unit)]
             for job in wanted
             for title, row, best, ratio in figures.behind(job, report.results.rows_of(job.name))]
    yield from ('## Where vow is behind', '')
    if lines:
        yield from ('Every row of vow whose cost is above that of the best peer in its table:', '')
        yield from table(['job', '', 'way of vow', 'median', 'cost', "the peer's", 'unit'], lines)
    else:
        yield from ('Nowhere in this run.', '')


def limits_section(report):
    yield from ('## Limits of the machine', '', 'Measured in the same run.', '')
    yield from table(['', 'median', 'least – greatest', 'unit'],
                     [[row.subject, figures.number(row.median), figures.spread(row), row.unit]
                      for row in report.results.rows_of('limit')])


def subjects_by_version(report):
    """All ways of vow are one subject."""
    vows = {row.subject for row in report.results.rows.values() if row.is_vow}
    found = {}
    for subject, version in sorted(report.surroundings['versions'].items(), key=lambda item: item[1]):
        of_version = found.setdefault(version, [])
        name = 'vow' if subject in vows else subject
        if name not in of_version:
            of_version.append(name)
    return found


def surroundings_section(report):
    yield from ('## The run', '', 'The machine, then each version with those that have it.', '')
    for name, value in report.surroundings.items():
        if name != 'versions' and value:
            yield f'- {name}: {value}'
    for version, subjects in subjects_by_version(report).items():
        yield f'- {version}: {"; ".join(subjects)}'
    yield from (f'- {note}' for note in report.notes)
    yield ''


INTRODUCTION = '''\
Medians of the rounds, vow and its peers in turn in one run. The cost is a multiple of the best peer's: below 1 is ahead
of it. Instructions, atomics (instructions that lock) and system calls are those of one operation, counted by callgrind
and strace in runs of their own, at a fiftieth of the size. Lines are the cache lines that one operation touches, new lines
those that nothing had touched before since the clock started, both counted by lackey at a thousandth of the size (P18: a
hundredth). Where threads wait for each other, all of these hold what is spent on waiting. The floor is what the machine
alone asks for, put together from its limits as measured in the same run.
'''


GROWTH = '''\
The cost of one object, with so many of them alive at the same time. What grows with their number is mostly the way to
memory: a million do not fit the caches. The last column shows the growth beyond that: the instructions for each of
100,000, divided by those for each of 1,000. Flat is up to 1.5.
'''


def write(report):
    """The report's text."""
    measured = [job for job in jobs.ALL if report.results.rows_of(job.name)]
    growing = [job for job in measured if job.grows]
    lines = [INTRODUCTION, *goals_section(report, measured), *behind_section(report, measured), '## Job by job', '']
    for job in measured:
        if not job.grows:
            lines += section(report, job)
    if growing:
        lines += ['## How the cost grows', '', GROWTH]
    for job in growing:
        lines += growth_section(report, job)
    lines += [*limits_section(report), *surroundings_section(report)]
    return '\n'.join(lines).rstrip() + '\n'


REASONS = '## Why vow is behind'  # the heading of what people write on it


def unexplained(page, results):
    """The jobs in which vow is behind and of which the page does not say why."""
    reasons = page.partition(REASONS)[2].partition('\n## ')[0]
    named = set(re.findall(r'[\w-]+', ' '.join(re.findall(r'^- \*\*(.*?)\*\*', reasons, re.MULTILINE | re.DOTALL))))
    return [job.name for job in jobs.ALL if job.name not in named and figures.behind(job, results.rows_of(job.name))]


def put_into(page, text):
    """The page with the text between its marks. Raises ValueError without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError('the page has no place for the report')
    return f'{before}{BEGIN}\n{text}\n{END}{after}'
