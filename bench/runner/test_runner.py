#!/usr/bin/env python3
"""Tests of the runner: what it makes of the programs' words, callgrind's and strace's."""
import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import counts  # noqa: E402
import figures  # noqa: E402
import jobs  # noqa: E402
import lines  # noqa: E402
import locked  # noqa: E402
import markdown  # noqa: E402
import measure  # noqa: E402
import plots  # noqa: E402

PROMISE = next(job for job in jobs.ALL if job.name == 'P1')
FURTHER = next(job for job in jobs.ALL if job.name == 'P2')
TRIPS = next(job for job in jobs.ALL if job.name == 'P8')
MANY = next(job for job in jobs.ALL if job.name == 'many-items')


def results_of(*rows):
    """Of (job, subject, unit, samples, is vow, metric)."""
    results = measure.Results()
    for job, subject, unit, samples, is_vow, metric in rows:
        line = {'job': job, 'subject': subject, 'metric': metric, 'unit': unit, 'version': '1',
                'placement': 'free', 'samples': samples}
        results.add(json.dumps(line), is_vow)
    return results


def report_of(results):
    return markdown.Report(results, {'versions': {}}, [], 'plots', set())


class Figures(unittest.TestCase):
    def test_less_time_than_the_best_peer_costs_less_than_one(self):
        rows = results_of(('P1', 'vow', 'ns', [20], True, ''), ('P1', 'list', 'ns', [25], False, ''),
                          ('P1', 'task', 'ns', [50], False, '')).rows_of('P1')
        self.assertEqual(figures.cost_against(PROMISE, rows[0], figures.best_peer(PROMISE, rows)), '0.80')
        self.assertEqual(figures.behind(PROMISE, rows), [])

    def test_fewer_per_second_than_the_best_peer_is_behind(self):
        rows = results_of(('P8', 'vow', 'M/s', [10], True, ''),
                          ('P8', 'Go', 'M/s', [15], False, '')).rows_of('P8')
        (_, row, peer, ratio), = figures.behind(TRIPS, rows)
        self.assertEqual((row.subject, peer.subject, ratio), ('vow', 'Go', 1.5))

    def test_batches_are_compared_with_batches(self):
        job = next(job for job in jobs.ALL if job.name == 'P17')
        rows = results_of(('P17', 'vow', 'ns', [5], True, ''), ('P17', 'vow, batches of 64', 'ns', [3], True, ''),
                          ('P17', 'queue', 'ns', [6], False, ''),
                          ('P17', 'queue, batches of 64', 'ns', [2], False, '')).rows_of('P17')
        self.assertEqual([title for title, _ in figures.tables_of(job, rows)], ['singly', 'batches of 64'])
        self.assertEqual([row.subject for _, row, _, _ in figures.behind(job, rows)], ['vow, batches of 64'])

    def test_a_floor_is_the_sum_of_its_limits(self):
        limits = results_of(('limit', jobs.CALL, 'ns', [1], False, ''),
                            ('limit', jobs.ALLOCATION, 'ns', [9], False, '')).rows_of('limit')
        row = results_of(('P1', 'vow', 'ns', [20], True, '')).rows_of('P1')[0]
        self.assertEqual(figures.times_the_floor(row, figures.floor_of(PROMISE, limits)), '2.0')

    def test_there_is_no_floor_where_a_limit_was_not_measured(self):
        self.assertIsNone(figures.floor_of(PROMISE, []))

    def test_samples_that_are_null_are_left_out(self):
        results = results_of(('P1', 'vow', 'ns', [None], True, ''))
        self.assertEqual(results.rows_of('P1'), [])


class Failures(unittest.TestCase):
    def test_a_peer_that_fails_is_told_and_does_not_fail_the_run(self):
        results = measure.Results()
        results.fail('P17 by a peer: did not end', peer=True)
        self.assertEqual((results.failures, results.ours_failed), (['P17 by a peer: did not end'], False))

    def test_a_failure_of_our_own_fails_the_run(self):
        results = measure.Results()
        results.fail('P17 by vow: did not end')
        self.assertTrue(results.ours_failed)


class Counts(unittest.TestCase):
    def test_the_cost_of_a_function_called_is_not_counted_twice(self):
        lines = ['ob=/lib/a.so', '0x10 5', 'calls=1 0x20', '0x11 700', '0x12 5']
        self.assertEqual(counts.read_costs(lines), {'/lib/a.so': {0x10: 5, 0x12: 5}})

    def test_instructions_with_a_lock_and_exchanges_with_memory_are_atomic(self):
        code = locked.Code(['    10:\tlock xadd %eax,(%rdi)', '    14:\txchg   %rax,(%rdi)',
                            '    18:\txchg   %ax,%ax', '    1a:\tmov    %eax,%ebx'])
        self.assertEqual(code.atomics_in({0x10: 3, 0x14: 2, 0x18: 50, 0x1a: 7}), 5)

    def test_a_program_that_valgrind_has_moved_is_recognised(self):
        code = locked.Code(['    10:\tlock xadd %eax,(%rdi)', '    14:\tret'])
        self.assertEqual(code.atomics_in({0x108010: 3, 0x108014: 1}), 3)

    def test_system_calls_are_counted_between_the_marks(self):
        lines = ['7  write(1, "before", 6) = 6', '7  write(-1, "bench start", 11) = -1 EBADF',
                 '8  futex(0x1, FUTEX_WAIT, 1 <unfinished ...>', '7  futex(0x1, FUTEX_WAKE, 1) = 1',
                 '8  <... futex resumed>) = 0',
                 '7  write(-1, "bench end\\tvow\\t50", 19) = -1 EBADF', '7  exit_group(0) = ?']
        self.assertEqual(counts.read_regions_of_strace(lines),
                         [counts.Region('vow', 50, {'system_calls': 2})])

    def test_one_operation_of_a_difference_is_a_part_of_it(self):
        regions = [counts.Region('vow', 10, {'instructions': 1000}),
                   counts.Region('vow', 10, {'instructions': 10000})]
        self.assertEqual(counts.figures_of(FURTHER, regions), {'instructions': 100})


class Lines(unittest.TestCase):
    """Cache lines: of 64 bytes, from what lackey says."""

    OUTPUT = [b' S 00000000,8\n', b'**7** bench start\n', b'I  00400000,3\n', b' L 00001000,8\n',
              b' S 00001008,8\n', b' L 00001000,8\n', b' M 0000107c,8\n', b'**7** bench end\tvow\t2\n',
              b' S 00009000,8\n', b'==7== ended\n']

    def test_accesses_between_the_marks_are_kept_and_instructions_left_out(self):
        region, = lines.read_regions(self.OUTPUT)
        self.assertEqual((region.subject, region.operations, list(region.touched)),
                         ('vow', 2, [0x40, 0x40, 0x40, 0x41, 0x42]))

    def test_an_access_across_a_border_touches_two_lines(self):
        self.assertEqual(list(lines.lines_of(b' L 0000003f,2\n')), [0, 1])
        self.assertEqual(list(lines.lines_of(b' L 0000003f,1\n')), [0])

    def test_a_line_counts_once_in_each_share_of_an_operation(self):
        region = lines.Region('vow', 2, [1, 1, 2, 1, 3, 3])
        self.assertEqual(lines.sum_of_shares(region, 1), 4)
        self.assertEqual(lines.sum_of_shares(region, 3), 6)

    def test_a_line_is_new_once_in_a_region(self):
        self.assertEqual(lines.sum_of_region(lines.Region('vow', 2, [1, 1, 2, 1, 3, 3])), 3)

    def test_a_region_without_its_end_is_left_out(self):
        self.assertEqual(lines.read_regions(self.OUTPUT[:5]), [])


class Reports(unittest.TestCase):
    def test_the_report_says_where_vow_is_behind(self):
        text = markdown.write(report_of(results_of(('P8', 'vow', 'M/s', [10], True, ''),
                                                   ('P8', 'Go', 'M/s', [15], False, ''))))
        self.assertIn('| P8 |  | **vow** | 10 | 1.50 × Go | 15 | M/s |', text)

    def test_the_report_puts_what_was_reached_beside_the_goal(self):
        text = markdown.write(report_of(results_of(('P8', 'vow', 'M/s', [10], True, ''),
                                                   ('P8', 'Go', 'M/s', [12], False, ''))))
        self.assertIn("| P8 | ≥ 14 |  | **vow** | 10 | Go | 12 | M/s |", text)

    def test_the_report_says_that_vow_is_nowhere_behind(self):
        text = markdown.write(report_of(results_of(('P8', 'vow', 'M/s', [20], True, ''))))
        self.assertIn('Nowhere in this run.', text)

    def test_all_ways_of_vow_have_one_version(self):
        results = results_of(('P1', 'vow', 'ns', [1], True, ''), ('P5', 'vow, bare', 'ns', [1], True, ''),
                             ('P5', 'Go', 'ns', [1], False, ''))
        report = report_of(results)._replace(surroundings={'versions': results.versions()})
        self.assertEqual(markdown.subjects_by_version(report), {'1': ['vow', 'Go']})

    def test_growth_is_the_last_number_against_the_first(self):
        results = results_of(('many-items', 'vow', 'ns', [10], True, '1,000'),
                             ('many-items', 'vow', 'ns', [12], True, '10,000'))
        results.counts['many-items', 'vow, 1,000'] = {'instructions': 100.0}
        results.counts['many-items', 'vow, 10,000'] = {'instructions': 103.0}
        self.assertIn('| vow | 10 | 12 | 1.20 | 1.03 |', markdown.write(report_of(results)))

    def test_growth_is_left_out_where_the_last_number_is_missing(self):
        results = results_of(('many-items', 'vow', 'ns', [10], True, '1,000'), ('many-items', 'Go', 'ns', [9], False, '1,000'),
                             ('many-items', 'Go', 'ns', [18], False, '10,000'))
        text = markdown.write(report_of(results))
        self.assertIn('| vow | 10 |  |  |  |', text)
        self.assertIn('| Go | 9 | 18 | 2.00 |  |', text)

    def test_what_was_counted_stands_beside_vow(self):
        results = results_of(('P1', 'vow', 'ns', [20], True, ''))
        results.counts['P1', 'vow'] = {'instructions': 400.0, 'lines': 24.0, 'atomics': 1.0, 'system_calls': None}
        self.assertIn('| 400.0 | 24 |  | 1 |  |', markdown.write(report_of(results)))

    def test_a_job_in_which_vow_is_behind_wants_its_reason(self):
        results = results_of(('P8', 'vow', 'M/s', [10], True, ''), ('P8', 'Go', 'M/s', [15], False, ''),
                             ('P1', 'vow', 'ns', [20], True, ''), ('P1', 'list', 'ns', [10], False, ''))
        page = f'{markdown.REASONS}\n\n- **P8, P9\n  so** for this, P1.\n\n## More\n\n- **P1** no reason\n'
        self.assertEqual(markdown.unexplained(page, results), ['P1'])

    def test_a_page_keeps_what_is_around_the_report(self):
        page = f'before\n{markdown.BEGIN}old\n{markdown.END}after\n'
        self.assertEqual(markdown.put_into(page, 'new'),
                         f'before\n{markdown.BEGIN}\nnew\n{markdown.END}after\n')

    def test_a_page_without_a_place_for_the_report_is_refused(self):
        with self.assertRaises(ValueError):
            markdown.put_into('no marks', 'new')

    def test_bars_that_differ_much_are_on_a_logarithmic_scale(self):
        rows = results_of(('P1', 'vow', 'ns', [20], True, ''),
                          ('P1', 'task', 'ns', [2000], False, '')).rows_of('P1')
        self.assertIn('set logscale x', plots.bars(PROMISE, rows)[1])
        self.assertNotIn('set logscale x', plots.bars(PROMISE, rows[:1])[1])

    def test_the_goal_is_a_line_that_lies_inside_the_plot(self):
        rows = results_of(('P1', 'vow', 'ns', [5], True, '')).rows_of('P1')
        self.assertIn('set arrow from 22,', plots.bars(PROMISE, rows)[1])
        self.assertGreater(plots.scale_of(PROMISE, rows)[1], 22)

    def test_each_table_has_its_title_and_its_bars_in_the_plot(self):
        rows = results_of(('P7', 'vow', 'us', [1], True, 'p50'), ('P7', 'vow', 'us', [2], True, 'p99'),
                          ('P7', 'Go', 'us', [1], False, 'p99')).rows_of('P7')
        job = next(job for job in jobs.ALL if job.name == 'P7')
        titles, places = plots.places_of(job, rows)
        self.assertEqual([place for place, _ in titles], [0, 2])
        self.assertEqual([(place, row.subject) for place, row in places], [(1, 'vow'), (3, 'Go'), (4, 'vow')])

    def test_each_subject_has_a_curve(self):
        rows = results_of(('many-items', 'vow', 'ns', [10], True, '1,000'),
                          ('many-items', 'Go', 'ns', [12], False, '1,000')).rows_of('many-items')
        self.assertEqual(plots.curves(MANY, rows)[1].count('with linespoints'), 2)


if __name__ == '__main__':
    unittest.main()
