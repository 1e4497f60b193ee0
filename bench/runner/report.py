"""Prints the tables, and writes the same as JSON."""
import json
import os

import jobs


def number(figure):
    """A figure with three or four digits that mean something."""
    if abs(figure) >= 1000:
        return f'{figure:,.0f}'
    return f'{figure:.1f}' if abs(figure) >= 100 else f'{figure:.3g}'


def spread(row):
    return f'{number(min(row.samples))} – {number(max(row.samples))}'


def best_peer(job, rows):
    peers = [row for row in rows if not row.is_vow]
    pick = max if job.more_is_better else min
    return pick(peers, key=lambda row: row.median) if peers else None


def cost_against(job, row, best):
    """How many times the cost of the best peer: below 1 is ahead of it."""
    if best is None or row.median <= 0 or best.median <= 0:
        return ''
    ratio = best.median / row.median if job.more_is_better else row.median / best.median
    return f'{ratio:.2f}'


def print_table(job, rows):
    best = best_peer(job, rows)
    print(f'  {"":36} {"median":>10} {"min – max":>22} {"cost, best peer = 1":>21}')
    sign = -1 if job.more_is_better else 1
    for row in sorted(rows, key=lambda row: (not row.is_vow, sign * row.median)):
        figures = f'{number(row.median):>10} {spread(row):>22} {cost_against(job, row, best):>21}'
        print(f'  {row.subject:36} {figures}')


def table_title(job, metric, placement):
    parts = [metric] if metric else []
    if len(job.placements) > 1:
        parts.append(jobs.PLACEMENT_TITLES[placement])
    return ', '.join(parts)


def print_job(job, rows):
    direction = 'more' if job.more_is_better else 'less'
    print(f'\n{job.name}  {job.title}')
    print(f'    {job.unit}, {direction} is better; goal of vow: {job.goal}')
    tables = dict.fromkeys((row.placement, row.metric) for row in rows)
    for placement, metric in tables:
        title = table_title(job, metric, placement)
        if title:
            print(f'  {title}:')
        print_table(job, [row for row in rows
                          if (row.placement, row.metric) == (placement, metric)])
    if not rows:
        print('  nobody here does it')


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
        'rows': [row.as_dict() for row in results.rows.values() if row.samples],
    }
    path = os.path.join(build, 'bench', 'results.json')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(content, file, indent=1, ensure_ascii=False)
        file.write('\n')
    return path
