"""The races' statistics against known values, and what the harness reads from others' output."""
import os
import random
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "bench"))

from harness import allocators, benchres, chart, measure  # noqa: E402
from harness import statistics as s  # noqa: E402


class Statistics(unittest.TestCase):
    def test_median_and_quartiles_are_those_of_r(self):
        self.assertEqual(s.median([3, 1, 2]), 2)
        self.assertEqual(s.median([4, 1, 3, 2]), 2.5)
        self.assertEqual(s.quantile([1, 2, 3, 4], 0.25), 1.75)  # quantile(1:4, .25), type 7
        self.assertEqual(s.quantile([5], 0.9), 5)

    def test_spread_is_a_part_of_the_median(self):
        self.assertAlmostEqual(s.spread([1, 2, 3, 4, 5]), 2 / 3)
        self.assertEqual(s.spread([7, 7, 7]), 0)

    def test_geometric_mean(self):
        self.assertAlmostEqual(s.geometric_mean([2, 8]), 4)
        self.assertAlmostEqual(s.geometric_mean([0.5, 2]), 1)

    def test_interval_of_equal_runs_is_a_point(self):
        self.assertEqual(s.ratio_interval([2.0] * 7, [4.0] * 7, "seed"), (0.5, 0.5, 0.5))

    def test_noise_that_both_met_cancels(self):
        noise = [1, 1.5, 0.9, 2, 1.1, 1, 3]
        ratio, lower, upper = s.ratio_interval([2 * n for n in noise], noise, "seed")
        self.assertEqual((ratio, lower, upper), (2, 2, 2))

    def test_interval_covers_the_truth_about_as_often_as_it_says(self):
        dice, covered = random.Random(1), 0
        for trial in range(200):
            ours = [dice.gauss(1.1, 0.05) for _ in range(15)]
            theirs = [dice.gauss(1.0, 0.05) for _ in range(15)]
            _, lower, upper = s.ratio_interval(ours, theirs, trial, draws=300)
            covered += lower <= 1.1 <= upper
        self.assertGreater(covered, 170)
        self.assertLess(covered, 200)

    def test_the_same_seed_gives_the_same_interval(self):
        ours, theirs = [1, 2, 3, 4, 5], [2, 2, 3, 3, 4]
        self.assertEqual(s.ratio_interval(ours, theirs, "a"), s.ratio_interval(ours, theirs, "a"))

    def test_interval_of_means(self):
        middle, lower, upper = s.mean_interval([([2.0] * 3, [1.0] * 3), ([1.0] * 3, [2.0] * 3)], "seed")
        self.assertAlmostEqual(middle, 1)
        self.assertAlmostEqual(lower, 1)
        self.assertAlmostEqual(upper, 1)


class Reading(unittest.TestCase):
    LOG = ("  7:\tbinding file prog [0] to /x/lib.so [0]: normal symbol `malloc' [GLIBC_2.2.5]\n"
           "  7:\tbinding file prog [0] to /x/lib.so [0]: normal symbol `free'\n")

    def test_a_library_that_serves_all_has_taken(self):
        self.assertIsNone(allocators.why_not_taken(self.LOG, "/x/lib.so"))

    def test_a_second_server_is_found_out(self):
        log = self.LOG + "  7:\tbinding file /x/b.so [0] to /x/libc.so [0]: normal symbol `free'\n"
        self.assertIn("/x/b.so", allocators.why_not_taken(log, "/x/lib.so"))

    def test_a_program_that_lends_its_own_name_is_no_other_server(self):
        log = self.LOG + "  7:\tbinding file /x/b.so [0] to prog [0]: normal symbol `free'\n"
        self.assertIsNone(allocators.why_not_taken(log, "/x/lib.so"))

    def test_a_static_program_is_found_out(self):
        self.assertIn("statically", allocators.why_not_taken("", "/x/lib.so"))

    def test_a_peer_has_its_version_and_the_date_of_its_release(self):
        peer = allocators.given("mimalloc-3.4.3=%s@2026-10-02" % __file__)
        self.assertEqual((peer.name, peer.version, peer.released, peer.loader),
                         ("mimalloc-3.4.3", "3.4.3", "2026-10-02", None))
        self.assertEqual(allocators.given("mine=" + __file__).released, "")
        for wrong in ("mine=/no/such/file", "mine=%s@2026-13-02" % __file__, "m n=" + __file__):
            self.assertRaises(ValueError, allocators.given, wrong)

    def test_measurements_and_figures(self):
        sample = measure.parse("task 1500000000 1000000 200000 2048 99 3\n",
                               "x\nfigure operations 10\nfigure rss_mib 2.5\n", 0)
        self.assertEqual((sample.wall, sample.user, sample.system, sample.rss, sample.faults,
                          sample.major_faults), (1.5, 1.0, 0.2, 2048, 99, 3))
        self.assertEqual(sample.figures, {"operations": 10, "rss_mib": 2.5})

    def test_a_run_that_ends_badly_is_a_failure(self):
        self.assertEqual(measure.parse("task 1 1 1 1 1 1", "", 139).failure, "signal 11")
        self.assertEqual(measure.parse("task 1 1 1 1 1 1", "", 1).failure, "exit status 1")
        self.assertTrue(measure.parse("", "", 0).failure)

    def test_time_is_the_clients_and_all_else_the_servers(self):
        sample = measure.parse("client 1000000000 9 9 9 9 9\nclient 500000000 9 9 9 9 9\n"
                               "server 7 1000000 200000 2048 99 3\ntask 9 9 9 9 9 9\n", "", 0)
        self.assertEqual((sample.wall, sample.user, sample.system, sample.rss, sample.faults,
                          sample.major_faults), (1.5, 1.0, 0.2, 2048, 99, 3))

    def test_a_server_without_clients_is_timed_itself(self):
        self.assertEqual(measure.parse("server 2000000000 1 1 1 1 1\ntask 9 9 9 9 9 9\n", "", 0).wall, 2.0)

    def test_the_chart_keeps_far_ratios_within_its_edges(self):
        self.assertEqual(chart.place(0, 0.01), 0)
        self.assertAlmostEqual(chart.place(0, 100), chart.PANEL)
        self.assertLess(chart.place(0, 0.9), chart.place(0, 1.1))

    def test_each_good_run_is_a_line_as_mimalloc_bench_writes_it(self):
        good = measure.Sample(61.25, 1.5, 0.25, 2048, 99, 3).as_dict()
        bad = measure.Sample(failure="signal 11").as_dict()
        results = {"tasks": [{"name": "pairs-16", "samples": {"halloc": [good], "mi": [bad, good]}}]}
        self.assertEqual(benchres.text(results).splitlines(), [
            "# benchmark allocator elapsed rss user sys page-faults page-reclaims",
            "pairs-16    halloc 61.250 2048 1.500 0.250 3 99",
            "pairs-16    mi    61.250 2048 1.500 0.250 3 99"])


unittest.main()
