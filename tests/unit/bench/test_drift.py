import unittest

from drift import drift_of, slope


class Drift(unittest.TestCase):
    def test_a_line_has_its_slope_whatever_its_height(self):
        hours = [0, 0.5, 1, 2]
        for height in (0, 1000):
            self.assertAlmostEqual(slope(hours, [height + 3 * hour for hour in hours]), 3)

    def test_a_flat_figure_does_not_drift(self):
        drift = drift_of([0, 1, 2, 3, 4], [7, 7, 7, 7, 7])
        self.assertEqual(drift, {"per_hour": 0.0, "first_quarter": 7.0, "last_quarter": 7.0, "max": 7.0})

    def test_quarters_are_the_ends(self):
        drift = drift_of(list(range(8)), [1, 1, 5, 5, 5, 5, 9, 9])
        self.assertEqual((drift["first_quarter"], drift["last_quarter"]), (1.0, 9.0))

    def test_few_values_say_nothing(self):
        self.assertIsNone(drift_of([0, 1, 2], [1, 2, 3]))

    def test_one_moment_has_no_slope(self):
        self.assertEqual(drift_of([1, 1, 1, 1], [1, 2, 3, 4])["per_hour"], 0.0)


unittest.main()
