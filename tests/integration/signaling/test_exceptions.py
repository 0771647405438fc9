"""What is out of the ordinary today: lessons that run, are over or come, moved to where the test wants them."""
import datetime
import time
import unittest

from county import County

ZONE = datetime.timezone(datetime.timedelta(hours=8))


class Exceptions(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("stranger", "coordinator", 3)
        cls.today = (datetime.datetime.now(ZONE).date() - datetime.date(1970, 1, 1)).days

    def setUp(self):
        """Nothing of the seed is today; attendance is written down since yesterday."""
        self.rows("DELETE FROM attendance")
        self.rows("DELETE FROM devices")
        self.rows("DELETE FROM lessons WHERE day BETWEEN ? AND ?", self.today - 1, self.today)
        self.rows("INSERT INTO attendance (lesson, source, subject, room, joined, left) SELECT id, 'teacher-camera', 'person-1', NULL, ?, ?"
                  " FROM lessons LIMIT 1", self.now() - 86400, self.now() - 86000)

    @staticmethod
    def now():
        return int(time.time())

    def lesson(self, entry, start_min, end_min, state="scheduled"):
        """A lesson of today that begins and ends so many minutes from now."""
        name = f"e{entry}-x"
        self.rows("INSERT INTO lessons (id, title, created, entry, day, period, state, starts, ends) VALUES (?, '', 0, ?, ?, 1, ?, ?, ?)",
                  name, entry, self.today, state, self.now() + start_min * 60, self.now() + end_min * 60)
        return name

    def rooms_of(self, entry):
        return [row[0] for row in self.rows("SELECT room FROM entry_rooms WHERE entry = ? ORDER BY room", entry)]

    def come(self, lesson, room=None, start_min=-60, end_min=None):
        self.rows("INSERT INTO attendance (lesson, source, subject, room, joined, left) VALUES (?, ?, 'person-2', ?, ?, ?)", lesson,
                  "teacher-camera" if room is None else f"room-{room}", room, self.now() + start_min * 60,
                  None if end_min is None else self.now() + end_min * 60)

    def look(self, organisation=1, name="coordinator"):
        answer = self.ask(name, "GET", f"/organisations/{organisation}/exceptions")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def causes(self, **kinds):
        return sorted((row["kind"], row["cause"]) for row in self.look(**kinds)["exceptions"])

    def test_a_lesson_over_midnight_is_still_of_today(self):
        entry, person, teacher = self.rows(
            "SELECT e.id, p.id, p.name FROM timetable_entries e JOIN people p ON p.id = e.teacher LIMIT 1")[0]
        lesson = self.lesson(entry, -600, -540, "live")
        self.rows("INSERT INTO lesson_people (lesson, person) VALUES (?, ?)", lesson, person)
        self.rows("UPDATE lessons SET day = ? WHERE id = ?", self.today - 1, lesson)
        listed = lambda: {row["id"]: row["zone"] for row in self.ask(teacher, "GET", "/me").json()["lessons"]}
        self.assertNotIn(lesson, listed())
        self.rows("UPDATE lessons SET starts = ?, ends = ? WHERE id = ?", self.now() - 600, self.now() + 1800, lesson)
        self.assertEqual(listed().get(lesson), "Asia/Shanghai")

    def test_nothing_to_say(self):
        self.addCleanup(self.rows, "UPDATE lessons SET state = 'scheduled' WHERE state = 'cancelled'")
        self.rows("UPDATE lessons SET state = 'cancelled' WHERE day > ?", self.today)
        day = self.look()
        self.assertEqual((day["exceptions"], day["exception_count"], day["next"]), ([], 0, None))
        self.assertEqual(set(day["lessons"].values()), {0})
        self.assertLess(abs(day["now"] - time.time()), 5)

    def test_a_lesson_that_runs_without_somebody(self):
        running = self.lesson(1, -10, 30)
        first, second = self.rooms_of(1)
        self.assertEqual(self.causes(), [("late", "nobody")] * 2)
        self.come(running)
        self.assertEqual(self.causes(), [("late", "room_late")] * 2)
        self.come(running, first)
        self.assertEqual(self.causes(), [("late", "room_late")])
        self.come(running, second, end_min=-1)
        self.assertEqual(self.causes(), [("late", "interrupted")])
        self.rows("UPDATE attendance SET left = NULL WHERE lesson = ?", running)
        self.assertEqual(self.causes(), [])
        self.assertEqual(self.look()["lessons"]["running"], 2)
        self.rows("UPDATE attendance SET left = ? WHERE lesson = ? AND source = 'teacher-camera'", self.now() - 60, running)
        self.assertEqual(self.causes(), [("late", "interrupted")] * 2)

    def test_nobody_is_late_in_the_first_three_minutes(self):
        self.lesson(1, -2, 38)
        self.assertEqual(self.causes(), [])
        counts = self.look()["lessons"]  # a room that plays it later has not begun
        self.assertEqual(counts["running"] + counts["coming"], 2)
        self.assertGreaterEqual(counts["running"], 1)

    def test_what_is_over_says_what_became_of_it(self):
        over = self.lesson(1, -90, -50)
        first, second = self.rooms_of(1)
        self.come(over, start_min=-90, end_min=-50)
        self.come(over, first, start_min=-90, end_min=-50)
        self.come(over, second, start_min=-70, end_min=-50)
        day = self.look()
        [short] = day["exceptions"]
        self.assertEqual((short["kind"], short["cause"], short["lesson"].split("-")[0]), ("short", "room_late", "e1"))
        self.assertEqual((short["subject"], short["teacher"]), ("音乐", "王芳"))
        self.assertEqual((day["lessons"]["held"], day["lessons"]["short"]), (1, 1))
        self.rows("DELETE FROM attendance WHERE lesson = ?", over)
        self.assertEqual(self.causes(), [("unheld", "nobody")] * 2)

    def test_a_cancelled_lesson_is_no_exception(self):
        self.lesson(1, -90, -50, "cancelled")
        day = self.look()
        self.assertEqual((day["exceptions"], day["lessons"]["cancelled"]), ([], 2))

    def test_a_silent_device_counts_while_its_room_has_a_lesson_to_come(self):
        first, second = self.rooms_of(1)
        for room, ago in [(first, 600), (second, 600)]:
            self.rows("INSERT INTO devices (room, kind, name, public_key, enrolled, seen, version, health) VALUES (?, 'player', '盒子', randomblob(32), 0, ?, '1', '{}')",
                      room, self.now() - ago)
        self.assertEqual(self.causes(), [])
        self.lesson(1, 30, 70)
        self.lesson(2, 80, 120)  # in the first room as well: it is told once
        self.rows("UPDATE devices SET seen = ? WHERE room = ?", self.now() - 20, second)
        [offline] = self.look()["exceptions"]
        self.assertEqual((offline["kind"], offline["cause"]), ("offline", ""))
        self.assertLess(abs(offline["seen"] - self.now() + 600), 5)
        self.rows("UPDATE devices SET revoked = 1 WHERE room = ?", first)
        self.assertEqual(self.causes(), [])

    def test_lessons_of_today_and_tomorrow_that_clash(self):
        self.lesson(1, 45, 85)
        self.rows("INSERT INTO lessons (id, title, created, entry, day, period, starts, ends) SELECT 'e3-x', '', 0, 3, ?, 1, ?, ?",
                  self.today + 1, self.now() + 60 * 60, self.now() + 100 * 60)  # of the same teacher and room
        found = [row for row in self.look()["exceptions"] if row["kind"] == "clash"]
        self.assertIn(("teacher", "王芳"), [(row["cause"], row["clash"]["name"]) for row in found])
        teacher = next(row for row in found if row["cause"] == "teacher" and row["clash"]["name"] == "王芳")
        self.assertEqual([row["id"] for row in teacher["clash"]["lessons"]], ["e1-x", "e3-x"])
        self.assertLess(abs(teacher["clash"]["end"] - teacher["clash"]["start"] - 25 * 60), 5)
        self.assertEqual((teacher["master_school"], teacher["teacher"]), ("实验小学", "王芳"))
        self.assertEqual(self.look()["exception_count"], len(self.look()["exceptions"]))
        self.rows("UPDATE lessons SET starts = starts - 86400, ends = ends - 86400 WHERE id IN ('e1-x', 'e3-x')")
        self.assertNotIn("clash", [row["kind"] for row in self.look()["exceptions"]])  # over: it can be helped no more
        self.rows("DELETE FROM lessons WHERE id = 'e3-x'")

    def test_the_next_bell(self):
        self.lesson(1, 45, 85)
        self.lesson(2, 20, 60)
        day = self.look()
        self.assertLess(abs(day["next"] - self.now() - 20 * 60), 5)
        self.assertEqual(day["lessons"]["coming"], len(self.rooms_of(1)) + len(self.rooms_of(2)))
        self.rows("DELETE FROM lessons WHERE day = ?", self.today)
        self.assertGreater(self.look()["next"], self.now())  # of another day

    def test_everybody_sees_their_own(self):
        self.lesson(1, -90, -50)
        self.assertEqual(len(self.look(3, "stranger")["exceptions"]), 1)
        self.assert_problem(self.ask("stranger", "GET", "/organisations/1/exceptions"), 403)
        self.assert_problem(self.ask("coordinator", "GET", "/organisations/x/exceptions"), 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
