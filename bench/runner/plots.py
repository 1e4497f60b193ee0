"""Draws a picture for each job, as SVG and as PNG, by gnuplot: bars, or curves where the cost grows with a number."""
import os
import shutil
import subprocess

import figures
import jobs

COLOURS = {True: '#1f6fb4', False: '#b8b8b8'}  # of bars, by whether it is vow's
CURVES = ('#c23b22', '#2e8b57', '#8e44ad', '#b8860b', '#444444', '#e377c2', '#17a2a2', '#8c564b')  # the peers'
GOAL = '#d97706'
MOST_EVEN = 15  # bars that differ by more than this factor are drawn on a logarithmic scale
WIDTH = 760
TERMINALS = {'svg': "svg size {width},{height} font 'sans-serif,12' background 'white'",
             'png': "pngcairo size {width},{height} font 'sans,10' background 'white'"}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def words_at(place, offset, text):
    """In the middle of the whole picture, which is wider than what lies between its axes."""
    return f'set label {quoted(text)} at screen 0.5, graph {place} center offset 0,{offset} noenhanced\n'


def title_of(job):
    return 'set tmargin 3\n' + words_at(1, 1.2, f'{job.name}: {job.title}')


def data_block(name, lines):
    return f'${name} << END\n' + ''.join(f'{line}\n' for line in lines) + 'END\n'


def scale_of(job, rows):
    """Where the axis of the bars starts and ends, and whether it is logarithmic."""
    figures_shown = [sample for row in rows for sample in row.samples] + list(job.goals)
    least, greatest = min(figures_shown), max(figures_shown)
    if greatest < MOST_EVEN * least:
        return 0, greatest * 1.2, False
    return least / 2, greatest * (2 * greatest / least) ** 0.15, True


def axis_of(job, logarithmic):
    better = 'more is better' if job.more_is_better else 'less is better'
    parts = [f'{figures.unit(job.unit)}, {better}', 'logarithmic' if logarithmic else '',
             f"dashed: the goal, {job.goal.replace('`', '')}" if job.goals else '']
    return '; '.join(filter(None, parts))


def places_of(job, rows):
    """(place, title) of each table that has one, and (place, row) of each bar, the best of a table first."""
    sign = -1 if job.more_is_better else 1
    titles, bars_of_rows, place = [], [], 0
    for title, table in figures.tables_of(job, rows):
        if title:
            titles.append((place, title))
            place += 1
        for row in sorted(table, key=lambda row: sign * row.median):
            bars_of_rows.append((place, row))
            place += 1
    return titles, bars_of_rows


def goal_lines(job, count):
    return ''.join(f"set arrow from {goal:g},-0.6 to {goal:g},{count - 0.4:g} nohead dashtype 2 linewidth 1.5"
                   f" linecolor rgb '{GOAL}' front\n" for goal in job.goals)


def bars(job, rows):
    """A bar to the median of each row, a line from the least to the greatest; below a title where there are more tables."""
    titles, places = places_of(job, rows)
    start, end, logarithmic = scale_of(job, rows)
    lines = [f'{row.median:.6g} {place} {min(row.samples):.6g} {max(row.samples):.6g}'
             f' {COLOURS[row.is_vow].replace("#", "0x")} "{figures.number(row.median)}"'
             for place, row in places]
    tics = ', '.join(f'{quoted(row.subject)} {place}' for place, row in places)
    headings = ''.join(f'set label {quoted(title)} at graph 0, first {place} left offset 0.5,0 noenhanced\n'
                       for place, title in titles)
    count = len(titles) + len(places)
    return 100 + 20 * count, data_block('bars', lines) + headings + goal_lines(job, count) + f'''
unset key
{'set logscale x' if logarithmic else ''}
set xrange [{start:.6g}:{end:.6g}]
set yrange [{count - 0.4:g}:-0.6]
set bmargin 4.5
{words_at(0, -2.6, axis_of(job, logarithmic))}
set ytics ({tics}) noenhanced scale 0
set style fill solid noborder
set grid xtics
plot $bars using ($1):($2):({start:.6g}):($1):($2-0.38):($2+0.38):5 with boxxyerror linecolor rgb variable, \\
     $bars using 1:2:3:4 with xerrorbars pointtype 0 linecolor rgb 'black', \\
     $bars using 4:2:6 with labels left offset 0.6,0
'''


def curve_style(place, is_vow):
    """Vow's is blue and thick."""
    colour = COLOURS[True] if is_vow else CURVES[place % len(CURVES)]
    return (f'with linespoints linewidth {3 if is_vow else 1.3} linecolor rgb {quoted(colour)}'
            f' pointtype {place + 4} pointsize 0.7')


def curves(job, rows):
    """A curve for each subject: its cost over the number of objects."""
    subjects = list(dict.fromkeys(row.subject for row in rows))
    blocks, plots = '', []
    for place, subject in enumerate(subjects):
        points = [row for row in rows if row.subject == subject]
        blocks += data_block(f's{place}', [f'{row.metric.replace(",", "")} {row.median:.6g}'
                                           for row in points])
        plots.append(f'$s{place} using 1:2 {curve_style(place, points[0].is_vow)} title {quoted(subject)} noenhanced')
    return 400, blocks + f'''
set logscale xy
set xrange [700:1400000]
set format x '10^{{%L}}'
set xlabel 'objects alive at the same time'
set ylabel {quoted(f'{figures.unit(job.unit)} each, less is better')}
set key outside right Left reverse
set grid
plot ''' + ', \\\n     '.join(plots) + '\n'


def draw(job, rows, folder):
    """Writes FOLDER/JOB.svg and .png; the sentence of what went wrong, or ''."""
    height, body = (curves if job.grows else bars)(job, rows)
    for kind, terminal in TERMINALS.items():
        script = (f'set terminal {terminal.format(width=WIDTH, height=height)}\n'
                  f'set output {quoted(os.path.join(folder, f"{job.name}.{kind}"))}\n'
                  f'{title_of(job)}\n{body}')
        done = subprocess.run(['gnuplot'], input=script, capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            return f'plot of {job.name}: {done.stderr.strip().splitlines()[-1:]}'
    return ''


def draw_all(results, folder):
    """The names of the jobs that have plots now, and what is to be said of the others."""
    if shutil.which('gnuplot') is None:
        return set(), ['no plots: gnuplot is missing; Debian has it in gnuplot-nox']
    os.makedirs(folder, exist_ok=True)
    drawn, said = set(), []
    for job in jobs.ALL:
        rows = [row for row in results.rows_of(job.name) if row.median > 0]
        wrong = draw(job, rows, folder) if rows else None
        if wrong == '':
            drawn.add(job.name)
        elif wrong:
            said.append(wrong)
    return drawn, said
