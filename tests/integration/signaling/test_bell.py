"""Lessons move by the bell: the server's clock is moved, and what its participants hear and the database keeps is looked at."""
import time
import unittest

from moved_lesson import MINUTE, MovedLesson


class Bell(MovedLesson):
    def test_a_lesson_opens_is_live_ends_and_is_archived(self):
        relay = self.relay()
        self.set_clock(self.start_s - 11 * MINUTE)
        coordinator, joined = self.join("coordinator")
        self.assertEqual((joined["lesson"]["state"], joined["lesson"]["starts"], joined["lesson"]["ends"]),
                         ("scheduled", self.start_s, self.end_s))
        self.set_clock(self.start_s - 10 * MINUTE - 1)
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
        self.restart_at(self.end_s + 5 * MINUTE - 10)
        coordinator, joined = self.join("coordinator")
        self.assertEqual(joined["lesson"]["state"], "live")
        coordinator.until("lesson", timeout=20, state="ended")
        self.assertFalse(coordinator.until("recording")["on"])

        self.set_clock(self.end_s + 86400)
        self.until(lambda: self.state() == "archived")
        self.assertEqual(self.audited(), ["lesson.open", "lesson.live", "lesson.recording", "lesson.ended",
                                          "lesson.recording_ended", "lesson.archived"])
        self.assertAlmostEqual(self.moments()["open"], self.start_s - 10 * MINUTE, delta=2)
        self.assertAlmostEqual(self.moments()["ended"], self.end_s + 5 * MINUTE, delta=2)
        self.assertTrue(relay and local)

    def test_without_a_master_teacher_there_is_an_alert_and_then_an_offer(self):
        self.set_clock(self.start_s + MINUTE)
        local, _ = self.join(self.local)  # to hear it, however long the join takes
        self.set_clock(self.start_s + 3 * MINUTE - 1)
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

    def test_a_lesson_that_is_taught_goes_on_to_its_own_bell_whatever_becomes_of_bells_and_weekly_lesson(self):
        self.go_live()
        [school] = self.rows("SELECT school FROM rooms WHERE id = ?", self.room)[0]
        day = time.strftime("%Y-%m-%d", time.gmtime(self.start_s + 8 * 3600))
        path = f"/organisations/{school}/bells"
        early = {"name": "早作息", "first_day": day, "last_day": day, "periods": [[10 + 20 * i, 20 + 20 * i] for i in range(8)]}
        answer = self.ask("coordinator", "POST", path, early)
        self.assertEqual(answer.status, 201, answer.body)
        self.addCleanup(lambda: self.ask("coordinator", "DELETE", f"{path}/{answer.json()['id']}", {"version": 1}))
        entry = self.ask("coordinator", "GET", f"/timetable/{self.entry}").json()
        self.assertEqual(self.ask("coordinator", "DELETE", f"/timetable/{self.entry}", {"version": entry["version"]}).status, 200)
        time.sleep(2.5)
        self.assertEqual(self.state(), "live")
        self.restart_at(self.end_s + 5 * MINUTE - 4)
        self.until(lambda: self.state() == "ended")
        self.assertAlmostEqual(self.moments()["ended"], self.end_s + 5 * MINUTE, delta=2)

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


if __name__ == "__main__":
    unittest.main()
