"""The server's clock is wrong, and is put right, in the middle of a lesson and of a term."""
import time
import unittest

from moved_lesson import MINUTE, MovedLesson


class WrongClock(MovedLesson):
    def test_a_clock_that_jumps_an_hour_and_back_drops_nothing(self):
        relay, master, _ = self.go_live()
        coordinator, _ = self.join("coordinator")
        for hours in (1, -2):
            self.move(self.ahead + hours * 3600)
            # where it stands may be told again, never that it stands elsewhere
            self.assertLessEqual({event["state"] for event in coordinator.heard(3, "lesson")}, {"live"})
            self.assertEqual(self.state(), "live")
            self.assertEqual(len(relay.sessions), 2)
        coordinator.send({"type": "time", "t0": 1})
        self.assertAlmostEqual(coordinator.until("time")["now_ms"] / 1000, self.now(), delta=2)
        self.move(self.ahead + 3600)
        time.sleep(1.5)
        self.assertEqual(self.state(), "live")
        self.assertTrue(master)

    def test_a_lesson_that_a_wrong_clock_has_ended_is_there_again(self):
        self.set_clock(self.start_s - MINUTE)
        self.until(lambda: self.state() == "open")
        self.move(self.ahead + 3600)
        self.until(lambda: self.state() == "ended")
        self.move(self.ahead - 3600)
        self.until(lambda: self.state() == "open")

    def test_what_a_clock_that_was_days_ahead_has_archived_is_there_again(self):
        day = self.rows("SELECT day FROM lessons WHERE id = ?", self.lesson)[0][0]
        far, far_day = self.rows("SELECT id, day FROM lessons WHERE day > ? AND state = 'scheduled' ORDER BY day LIMIT 1", day + 4)[0]
        state_of = lambda lesson: self.rows("SELECT state FROM lessons WHERE id = ?", lesson)[0][0]  # noqa: E731
        self.set_clock(self.start_s - MINUTE)
        self.until(lambda: self.state() == "open")
        for comes_back in (self.set_clock, self.restart_at):
            self.set_clock((far_day + 4) * 86400)
            self.until(lambda: (self.state(), state_of(far)) == ("archived", "archived"))
            comes_back(self.start_s - MINUTE)
            self.until(lambda: (self.state(), state_of(far)) == ("open", "scheduled"))
            self.assertEqual(self.rows("SELECT count(*) FROM lessons WHERE day > ? AND state NOT IN ('scheduled', 'cancelled')", day + 1)[0][0], 0)
        # and an hour over the midnight behind it
        midnight = self.end_s - (self.end_s + 8 * 3600) % 86400 + 86400
        self.set_clock(midnight - 30 * MINUTE)
        self.until(lambda: self.state() == "ended")
        self.move(self.ahead + 3600)
        self.until(lambda: self.state() == "archived")
        self.move(self.ahead - 3600)
        self.until(lambda: self.state() == "ended")


if __name__ == "__main__":
    unittest.main()
