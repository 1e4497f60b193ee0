"""Prints the tables, and writes the same as JSON."""
import json
import os

import counts
from figures import best_peer, cost_against, in_order, number, spread, tables_of, unit


def print_table(job, rows):
    best = best_peer(job, rows)
    print(f'  {"":36} {"median":>10} {"min – max":>22} {"cost, best peer = 1":>21}')
    for row in in_order(job, rows):
        figures = f'{number(row.median):>10} {spread(row):>22} {cost_against(job, row, best):>21}'
        print(f'  {row.subject:36} {figures}')


def print_job(job, rows):
    direction = 'more' if job.more_is_better else 'less'
    print(f'\n{job.name}  {job.title}')
    print(f'    {unit(job.unit)}, {direction} is better; goal of vow: {job.goal}')
    for title, table in tables_of(job, rows):
        if title:
            print(f'  {title}:')
        print_table(job, table)
    if not rows:
        print('  nobody here does it')


def print_counts(found):
    widths = [max(len(title), 8) for title in counts.TITLES.values()]
    if found:
        print('\nWhat one operation of vow takes')
        print(f'  {"":42} ' + ' '.join(f'{title:>{width}}' for title, width in zip(counts.TITLES.values(), widths)))
    for (job, subject), count in found.items():
        cells = ' '.join(f'{"" if count.get(column) is None else number(count[column]):>{width}}'
                         for column, width in zip(counts.COLUMNS, widths))
        print(f'  {job:5} {subject:36} {cells}')


def print_limits(rows):
    print('\nLimits of this machine, measured in the same run')
    for row in rows:
        print(f'  {row.subject:36} {number(row.median):>10} {spread(row):>22} {row.unit}')


def print_surroundings(surroundings, missing, failures):
    print()
    for name, value in surroundings.items():
        if name != 'versions' and value:
            print(f'{name}: {value}')
    print('versions:')
    for subject, version in surroundings['versions'].items():
        print(f'  {subject}: {version}')
    for sentence in missing:
        print(sentence)
    for sentence in failures:
        print(f'FAILED {sentence}')


def write_json(build, surroundings, missing, results):
    """Writes BUILD/bench/results.json; its path."""
    content = {
        'machine': surroundings,
        'missing': missing,
        'failures': results.failures,
        'counts': [{'job': job, 'subject': subject, **count}
                   for (job, subject), count in results.counts.items()],
        'rows': [row.as_dict() for row in results.rows.values() if row.samples],
    }
    path = os.path.join(build, 'bench', 'results.json')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write('\n')
    return path
