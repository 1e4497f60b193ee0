"""What a table says beyond its samples: spread, the best peer, the floor; and how figures are written."""
import jobs

NANOSECONDS = {'ns': 1, 'us': 1e3, 'ms': 1e6}


def number(figure):
    """A figure with three or four digits that mean something."""
    if abs(figure) >= 1000:
        return f'{figure:,.0f}'
    return f'{figure:.1f}' if abs(figure) >= 100 else f'{figure:.3g}'


def unit(name):
    """A unit as people write it: the programs keep to ASCII."""
    return 'µs' if name == 'us' else name


def spread(row):
    return f'{number(min(row.samples))} – {number(max(row.samples))}'


def kind_of(job, row):
    """What sets the row apart from others of its job; '' for the most of them."""
    return next((kind for kind in job.kinds if row.subject.endswith(kind)), '')


def tables_of(job, rows):
    """The rows that are compared with each other, with the title of each such table."""
    def key_of(row):
        return row.placement, row.metric, kind_of(job, row)
    keys = sorted(dict.fromkeys(map(key_of, rows)), key=lambda key: (jobs.EVERY_PLACEMENT.index(key[0]), key[2]))
    return [(table_title(job, key), [row for row in rows if key_of(row) == key]) for key in keys]


def table_title(job, key):
    placement, metric, kind = key
    parts = [part for part in (metric, kind or ('singly' if job.kinds else '')) if part]
    if len(job.placements) > 1:
        parts.append(jobs.PLACEMENT_TITLES[placement])
    return ', '.join(parts)


def in_order(job, rows):
    """Vow's rows first, then the peers', the best of each first."""
    sign = -1 if job.more_is_better else 1
    return sorted(rows, key=lambda row: (not row.is_vow, sign * row.median))


def best_peer(job, rows):
    peers = [row for row in rows if not row.is_vow]
    pick = max if job.more_is_better else min
    return pick(peers, key=lambda row: row.median) if peers else None


def ratio(job, row, best):
    """How many times the cost of the best peer: below 1 is ahead of it. None without a peer."""
    if best is None or row.median <= 0 or best.median <= 0:
        return None
    return best.median / row.median if job.more_is_better else row.median / best.median


def cost_against(job, row, best):
    found = ratio(job, row, best)
    return '' if found is None else f'{found:.2f}'


def behind(job, rows):
    """Vow's rows that a peer is ahead of: (title of the table, row, the peer, the ratio)."""
    return [(title, row, best_peer(job, table), ratio(job, row, best_peer(job, table)))
            for title, table in tables_of(job, rows) for row in in_order(job, table)
            if row.is_vow and (ratio(job, row, best_peer(job, table)) or 0) > 1]


def floor_of(job, limits):
    """What the machine alone asks for the job, in ns or bytes; None where that is not known."""
    known = {**jobs.CONSTANTS, **{row.subject: row.median for row in limits}}
    if not job.floor or any(name not in known for name, _ in job.floor):
        return None
    return sum(known[name] * times for name, times in job.floor)


def floor_in_words(job):
    return ' + '.join(f'{times:g} × {name}' for name, times in job.floor)


def times_the_floor(row, floor):
    """How far a row is from the floor, as a multiple of it; '' where there is none."""
    if floor is None or row.median <= 0:
        return ''
    cost = 1000 / row.median if row.unit == 'M/s' else row.median * NANOSECONDS.get(row.unit, 1)
    return f'{cost / floor:.1f}'
