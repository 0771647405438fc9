"""What the demo's check counts, and when it calls the lesson good."""
import unittest

from report import make_report

GOOD = {name: {"exit": 0, "restarts": 0, "refusals": 0} for name in ("signaling", "relay", "capture", "player")}
FRAME_US = 33_333


def frames(first, count, start_us, delay_us=0):
    return [[first + i, start_us + i * FRAME_US + delay_us] for i in range(count)]


def player_of(seen, first_us, end_us, **more):
    """Each picture is taken 10 ms before it is encoded."""
    taken = dict(frames(0, 1000, 1_000_000 - 10_000))
    log = [[n, at, taken[n] if n >= 0 else 0] for n, at in seen]
    return {"frame_log": log, "first_frame_us": first_us, "end_us": end_us, "freezes": 0,
            "audio_rms_db": -24.0, **more}


def report(capture_log, player, programs=None):
    return make_report({"frame_log": capture_log}, player, programs or GOOD, 20.0, 500_000)


class Window(unittest.TestCase):
    def test_frames_on_their_way_at_the_end_are_not_held_against_the_player(self):
        sent = frames(0, 300, 1_000_000)
        seen = [[n, at + 40_000] for n, at in sent if at + 40_000 < 10_000_000]
        result = report(sent, player_of(seen, 1_040_000, 10_000_000))
        self.assertEqual(result["frames_encoded"], result["frames_decoded"])
        self.assertEqual(result["decoded_ratio"], 1.0)
        self.assertTrue(result["ok"])
        self.assertEqual(result["window_seconds"], 7.96)
        self.assertEqual(result["first_picture_ms"], 540)

    def test_frames_replayed_from_the_cache_are_not_counted(self):
        sent = frames(0, 300, 1_000_000)
        joined = 5_000_000
        replayed = [[n, joined + n] for n in range(60, 120)]
        seen = replayed + [[n, at + 40_000] for n, at in sent if at >= joined]
        result = report(sent, player_of(seen, joined, 10_000_000))
        self.assertLess(result["frames_encoded"], 125)
        self.assertEqual(result["frames_decoded"], result["frames_encoded"])

    def test_frames_shown_twice_count_once(self):
        sent = frames(0, 200, 1_000_000)
        seen = [[n, at + 40_000] for n, at in sent[::2] for _ in range(2)]
        result = report(sent, player_of(seen, 1_000_000, 7_000_000))
        self.assertAlmostEqual(result["decoded_ratio"], 0.5, delta=0.02)

    def test_without_counters_the_time_decides(self):
        sent = frames(0, 200, 1_000_000)
        seen = [[-1, at + 40_000] for _, at in sent]
        result = report(sent, player_of(seen, 1_000_000, 7_000_000))
        self.assertEqual(result["matched_by"], "time")
        self.assertGreaterEqual(result["decoded_ratio"], 0.98)


    def test_delays_are_those_of_pictures_taken_in_the_window(self):
        sent = frames(0, 300, 1_000_000)
        joined = 5_000_000
        replayed = [[n, joined + n] for n in range(60, 120)]
        seen = replayed + [[n, at + 40_000] for n, at in sent if at >= joined]
        seen[-40][1] += 100_000  # one late picture is no freeze
        result = report(sent, player_of(seen, joined, 10_000_000))
        self.assertEqual(result["latency_ms"], {"p50": 50.0, "p95": 50.0, "p99": 50.0})
        self.assertEqual(result["frames_frozen"], 0)

    def test_pictures_due_in_a_freeze_are_counted(self):
        sent = frames(0, 300, 1_000_000)
        seen = [[n, at + 40_000] for n, at in sent if not 100 <= n < 110]
        result = report(sent, player_of(seen, 1_040_000, 10_000_000))
        self.assertEqual(result["frames_frozen"], 10)


class Verdict(unittest.TestCase):
    def setUp(self):
        self.sent = frames(0, 300, 1_000_000)
        self.seen = [[n, at + 40_000] for n, at in self.sent]

    def verdict(self, seen=None, programs=None, **more):
        player = player_of(self.seen if seen is None else seen, 1_040_000, 10_000_000, **more)
        return report(self.sent, player, programs)

    def test_a_twentieth_lost_is_still_good_and_more_is_not(self):
        self.assertTrue(self.verdict([f for f in self.seen if f[0] % 25])["ok"])
        lost = self.verdict([f for f in self.seen if f[0] % 15])
        self.assertFalse(lost["ok"])
        self.assertIn("frames were decoded", lost["problems"][0])

    def test_silence_is_a_problem(self):
        for level in (None, -120.0, -61.0):
            self.assertEqual(self.verdict(audio_rms_db=level)["problems"], ["no sound arrived at the player"])

    def test_no_picture_is_a_problem(self):
        result = report(self.sent, {"first_frame_us": None, "end_us": 10_000_000, "audio_rms_db": -20.0})
        self.assertEqual(result["problems"], ["no picture arrived at the player"])
        self.assertEqual(result["latency_ms"], {"p50": None, "p95": None, "p99": None})

    def test_missing_figures_are_a_problem_and_no_crash(self):
        self.assertFalse(make_report({}, {}, GOOD, 20.0, 0)["ok"])

    def test_a_program_that_died_is_a_problem(self):
        for end in ({"exit": -11}, {"restarts": 1}, {"refusals": 1}):
            self.assertFalse(self.verdict(programs={**GOOD, "relay": {**GOOD["relay"], **end}})["ok"])


if __name__ == "__main__":
    unittest.main()
