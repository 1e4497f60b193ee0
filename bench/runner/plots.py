"""Draws a picture for each job, as SVG and as PNG, by gnuplot: bars, or curves where the cost grows with a number."""
import os
import shutil
import subprocess

import figures
import jobs

COLOURS = {True: '#1f6fb4', False: '#b8b8b8'}  # by whether it is vow
MOST_EVEN = 15  # bars that differ by more than this factor are drawn on a logarithmic scale
TERMINALS = {'svg': "svg size 720,{height} font 'sans-serif,12' background 'white'",
             'png': "pngcairo size 720,{height} font 'sans,10' background 'white'"}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def title_of(job):
    better = 'more is better' if job.more_is_better else 'less is better'
    return f'set title {quoted(f"{job.name}: {job.title} ({job.unit}, {better})")} noenhanced'


def data_block(name, lines):
    return f'${name} << END\n' + ''.join(f'{line}\n' for line in lines) + 'END\n'


def bars(job, rows):
    """Of the rows of the first placement: a bar to the median, a line from the least to the greatest."""
    rows = [row for row in rows if row.placement == rows[0].placement and row.median > 0]
    sign = -1 if job.more_is_better else 1
    rows = sorted(rows, key=lambda row: (row.metric, sign * row.median))
    names = [' '.join(filter(None, (row.subject, row.metric))) for row in rows]
    least = min(min(row.samples) for row in rows)
    greatest = max(max(row.samples) for row in rows)
    even = greatest < MOST_EVEN * least
    start = 0 if even else least / 2
    lines = [f'{row.median:.6g} {place} {min(row.samples):.6g} {max(row.samples):.6g}'
             f' {COLOURS[row.is_vow].replace("#", "0x")} "{figures.number(row.median)}"'
             for place, row in enumerate(rows)]
    tics = ', '.join(f'{quoted(name)} {place}' for place, name in enumerate(names))
    end = greatest * (1.2 if even else (greatest / start) ** 0.12)
    height = 90 + 22 * len(rows)
    return height, data_block('bars', lines) + f'''
unset key
{'' if even else 'set logscale x'}
set xrange [{start:.6g}:{end:.6g}]
set yrange [{len(rows) - 0.4}:-0.6]
set ytics ({tics}) noenhanced scale 0
set style fill solid noborder
set grid xtics
plot $bars using ($1):($2):({start:.6g}):($1):($2-0.38):($2+0.38):5 with boxxyerror linecolor rgb variable, \\
     $bars using 1:2:3:4 with xerrorbars pointtype 0 linecolor rgb 'black', \\
     $bars using 4:2:6 with labels left offset 0.6,0
'''


def curves(_job, rows):
    """A curve for each subject: its cost over the number of objects. Vow is blue and thick."""
    subjects = list(dict.fromkeys(row.subject for row in rows))
    blocks, plots = '', []
    for place, subject in enumerate(subjects):
        points = [row for row in rows if row.subject == subject]
        blocks += data_block(f's{place}', [f'{row.metric.replace(",", "")} {row.median:.6g}'
                                           for row in points])
        width = 3 if points[0].is_vow else 1
        colour = f'linecolor rgb {quoted(COLOURS[True])}' if points[0].is_vow else ''
        plots.append(f'$s{place} using 1:2 with linespoints linewidth {width} {colour}'
                     f' pointtype {place + 4} pointsize 0.7 title {quoted(subject)} noenhanced')
    return 380, blocks + '''
set logscale xy
set xrange [700:*]
set format x '10^{%L}'
set xlabel 'objects'
set ylabel 'ns each'
set key outside right
set grid
plot ''' + ', \\\n     '.join(plots) + '\n'


def draw(job, rows, folder):
    """Writes FOLDER/JOB.svg and .png; the sentence of what went wrong, or ''."""
    height, body = (curves if job.grows else bars)(job, rows)
    for kind, terminal in TERMINALS.items():
        script = (f'set terminal {terminal.format(height=height)}\n'
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
