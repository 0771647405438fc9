"""Lessons move by the bell: the server's clock is moved, and what its participants hear and the database keeps is looked at."""
import signal
import time
import unittest

from harness import OFFER, SDP
from moved_clock import MovedClock
from socket_client import Socket

MINUTE = 60


class Bell(MovedClock):
    settings = MovedClock.settings + ["limits.publish_burst=1000", "limits.watch_burst=1000"]
    used = set()

    def setUp(self):
        """A lesson that no other test has, with the people of it."""
        rows = self.rows(
            "SELECT l.id, l.day, e.room, e.id, m.name, t.name, x.room FROM lessons l JOIN timetable_entries e ON e.id = l.entry"
            " JOIN people m ON m.id = e.teacher JOIN entry_rooms x ON x.entry = e.id JOIN people t ON t.id = x.teacher"
            " WHERE l.state = 'scheduled' AND l.day > ? ORDER BY l.day, l.period", int(time.time() // 86400) + 1)
        used = {lesson for lesson, _ in self.used}
        days = {day for _, day in self.used}
        # a day for itself: what one test does to the clock is over on the next
        self.lesson, day, self.room, self.entry, self.master, self.local, self.receiving = next(
            row for row in rows if row[0] not in used and row[1] > max(days, default=0) + 1)
        self.used.add((self.lesson, day))
        self.set_clock(day * 86400)
        date = time.strftime("%Y-%m-%d", time.gmtime(day * 86400))
        week = self.ask("coordinator", "GET", f"/organisations/1/weeks/{date}").json()["lessons"]
        found = next(row for row in week if row["id"] == self.lesson)
        self.start_s, self.end_s = found["start"], found["end"]

    # ---- tools -----------------------------------------------------------------------------------

    def join(self, name):
        opened = Socket(self.port, {"Cookie": self.cookie(name)})
        self.addCleanup(opened.close)
        return opened, opened.join(self.lesson)

    def state(self):
        return self.rows("SELECT state FROM lessons WHERE id = ?", self.lesson)[0][0]

    def moments(self):
        return dict(self.rows("SELECT moment, time FROM lesson_moments WHERE lesson = ?", self.lesson))

    def audited(self):
        return [event for event, in self.rows("SELECT event FROM audit_log WHERE object = ? ORDER BY number", self.lesson)]

    def stays(self):
        return self.rows('SELECT source, room, joined, "left" FROM attendance WHERE lesson = ? ORDER BY id', self.lesson)

    def until(self, condition, timeout=8):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        self.fail(f"it did not come to pass: {self.state()} {self.moments()}")

    def send_picture(self, name, source):
        """A person publishes with the token that /ws gave; the URL of the session and its token."""
        opened, joined = self.join(name)
        answer = self.call("POST", f"/whip/{self.lesson}/{source or joined['publish'][0]}", OFFER, joined["token"], SDP)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.header("location"), joined["token"]

    def go_live(self):
        """The lesson is live ten seconds after its bell."""
        relay = self.relay()
        self.set_clock(self.start_s + 10)
        master = self.send_picture(self.master, "teacher-camera")
        local = self.send_picture(self.local, "")
        self.until(lambda: self.state() == "live")
        return relay, master, local

    # ---- the bell --------------------------------------------------------------------------------

    def test_a_lesson_opens_is_live_ends_and_is_archived(self):
        relay = self.relay()
        self.set_clock(self.start_s - 10 * MINUTE - 3)
        coordinator, joined = self.join("coordinator")
        self.assertEqual((joined["lesson"]["state"], joined["lesson"]["starts"], joined["lesson"]["ends"]),
                         ("scheduled", self.start_s, self.end_s))
        opened = coordinator.until("lesson", state="open")
        self.assertGreater(opened["seq"], joined["seq"])
        self.assertAlmostEqual(opened["now_ms"] / 1000, self.start_s - 10 * MINUTE, delta=2.5)

        # the master alone is not a lesson, and nothing is before the bell
        self.set_clock(self.start_s - 3)
        self.send_picture(self.master, "teacher-camera")
        coordinator, _ = self.join("coordinator")
        self.assertLessEqual({event["state"] for event in coordinator.heard(6, "lesson")}, {"open"})
        local = self.send_picture(self.local, "")
        coordinator.until("lesson", state="live")
        self.assertTrue(coordinator.until("recording")["on"])

        # the end bell is soft; a start in mid-lesson goes on
        self.restart_at(self.end_s + 5 * MINUTE - 4)
        coordinator, joined = self.join("coordinator")
        self.assertEqual(joined["lesson"]["state"], "live")
        coordinator.until("lesson", state="ended")
        self.assertFalse(coordinator.until("recording")["on"])

        self.set_clock(self.end_s + 86400)
        self.until(lambda: self.state() == "archived")
        self.assertEqual(self.audited(), ["lesson.open", "lesson.live", "lesson.recording", "lesson.ended",
                                          "lesson.recording_ended", "lesson.archived"])
        self.assertAlmostEqual(self.moments()["open"], self.start_s - 10 * MINUTE, delta=2)
        self.assertAlmostEqual(self.moments()["ended"], self.end_s + 5 * MINUTE, delta=2)
        self.assertTrue(relay and local)

    def test_without_a_master_teacher_there_is_an_alert_and_then_an_offer(self):
        self.set_clock(self.start_s + 3 * MINUTE - 2)
        local, _ = self.join(self.local)
        alert = local.until("alert")
        self.assertEqual(alert["alert"], "master_late")
        self.set_clock(self.start_s + 5 * MINUTE - 2)
        local.until("takeover")
        # once each, over a restart too
        self.restart_at(self.start_s + 6 * MINUTE)
        local, joined = self.join(self.local)
        self.assertEqual(joined["lesson"]["state"], "open")
        time.sleep(2.5)
        self.assertEqual([event for event in self.audited() if event in ("lesson.master_late", "lesson.takeover")],
                         ["lesson.master_late", "lesson.takeover"])
        self.set_clock(self.end_s + 5 * MINUTE + 1)
        local.until("lesson", state="ended")

    def test_a_server_that_was_off_all_day_catches_up(self):
        self.restart_at(self.end_s + 3600)
        self.until(lambda: self.state() == "ended")
        self.assertNotIn("lesson.live", self.audited())
        self.restart_at(self.end_s + 9 * 86400)
        self.until(lambda: self.state() == "archived")
        self.assertEqual(self.rows("SELECT count(*) FROM lessons WHERE day < ? AND day IS NOT NULL AND state NOT IN"
                                   " ('archived', 'cancelled')", int(self.now() // 86400) - 2)[0][0], 0)

    def test_a_cancelled_lesson_stays_what_it_is(self):
        self.rows("UPDATE lessons SET state = 'cancelled' WHERE id = ?", self.lesson)
        self.set_clock(self.start_s - MINUTE)
        time.sleep(2.5)
        self.set_clock(self.end_s + 86400)
        time.sleep(2.5)
        self.assertEqual((self.state(), self.audited()), ("cancelled", []))

    # ---- what is moved ---------------------------------------------------------------------------

    def test_a_bell_that_is_moved_is_followed(self):
        self.set_clock(self.start_s - 20 * MINUTE)
        coordinator, joined = self.join("coordinator")
        self.assertEqual(joined["lesson"]["state"], "scheduled")
        # the school rings a quarter of an hour earlier from now on, so that this lesson opens at once
        self.rows("UPDATE bell_periods SET start_minute = start_minute - 15, end_minute = end_minute - 15 WHERE bell_set IN"
                  " (SELECT b.id FROM bell_sets b JOIN rooms r ON r.school = b.school WHERE r.id = ?)", self.room)
        self.addCleanup(self.rows, "UPDATE bell_periods SET start_minute = start_minute + 15, end_minute = end_minute + 15 WHERE"
                        " bell_set IN (SELECT b.id FROM bell_sets b JOIN rooms r ON r.school = b.school WHERE r.id = ?)", self.room)
        moved = coordinator.until("lesson", state="scheduled")
        self.assertEqual(moved["starts"], self.start_s - 15 * MINUTE)
        coordinator.until("lesson", state="open")
        # and back: what had opened too early has not
        self.rows("UPDATE bell_periods SET start_minute = start_minute + 15, end_minute = end_minute + 15 WHERE bell_set IN"
                  " (SELECT b.id FROM bell_sets b JOIN rooms r ON r.school = b.school WHERE r.id = ?)", self.room)
        self.addCleanup(self.rows, "UPDATE bell_periods SET start_minute = start_minute - 15, end_minute = end_minute - 15 WHERE"
                        " bell_set IN (SELECT b.id FROM bell_sets b JOIN rooms r ON r.school = b.school WHERE r.id = ?)", self.room)
        self.assertEqual(coordinator.until("lesson", state="scheduled")["starts"], self.start_s)

    def test_an_entry_that_is_moved_is_followed(self):
        self.set_clock(self.start_s - 5 * MINUTE)
        coordinator, _ = self.join("coordinator")
        self.until(lambda: self.state() == "open")
        entry = self.ask("coordinator", "GET", f"/timetable/{self.entry}").json()
        entry["period"] = next(period for period in (6, 5, 4, 3, 2, 1) if period != entry["period"] and self.ask(
            "coordinator", "POST", "/timetable/check", {**entry, "period": period}).json()["conflicts"] == [])
        answer = self.ask("coordinator", "PUT", f"/timetable/{self.entry}", entry)
        self.assertEqual(answer.status, 200, answer.body)
        coordinator, joined = self.join("coordinator")
        self.assertNotEqual(joined["lesson"]["starts"], self.start_s)

    # ---- clocks that jump ------------------------------------------------------------------------

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

    # ---- who was there ---------------------------------------------------------------------------

    def test_attendance_is_written_and_goes_on_over_a_restart(self):
        relay, master, local = self.go_live()
        self.until(lambda: len(self.stays()) == 2)
        self.assertEqual(sorted(row[:2] for row in self.stays()),
                         sorted([("teacher-camera", self.room), (self.source_of_local(), self.receiving)]))
        self.assertEqual([row[3] for row in self.stays()], [None, None])
        joined = [row[2] for row in self.stays()]

        # the local teacher leaves, and comes back: two stays
        self.assertEqual(self.call("DELETE", local[0], token=local[1]).status, 200)
        self.until(lambda: sum(row[3] is None for row in self.stays()) == 1)
        self.send_picture(self.local, "")
        self.until(lambda: len(self.stays()) == 3)

        # killed: the relay tells of its sessions again, and both stays go on
        sessions = list(relay.sessions.values())
        port = self.port
        self.stop(signal.SIGKILL)
        relay.close()
        self.start(port)
        relay = self.relay(sessions=sessions)
        time.sleep(17)
        self.assertEqual(sum(row[3] is None for row in self.stays()), 2)
        self.assertEqual(self.stays()[0][2], joined[0])

        # killed for good: they ended when the server was last seen
        before = self.now()
        self.stop(signal.SIGKILL)
        relay.close()
        time.sleep(1)
        self.set_clock(self.now() + 600)
        self.start(port)
        self.until(lambda: all(row[3] for row in self.stays()), 25)
        self.assertAlmostEqual(max(row[3] for row in self.stays()), before, delta=12)
        self.assertTrue(master)

    def source_of_local(self):
        return "room-" + str(self.rows("SELECT id FROM people WHERE name = ?", self.local)[0][0])


if __name__ == "__main__":
    unittest.main()
