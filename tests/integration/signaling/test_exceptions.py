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

    # ---- lessons that go on without what they need -------------------------------------------------------

    def found(self, *kinds, **where):
        return [row for row in self.look(**where)["exceptions"] if row["kind"] in kinds]

    def coming(self, entry, days=7):
        """Those of the seed."""
        return [row for row, in self.rows("SELECT id FROM lessons WHERE entry = ? AND day BETWEEN ? AND ? AND state = 'scheduled'", entry, self.today, self.today + days)]

    def disable(self, name, disabled=True):
        person = self.rows("SELECT id FROM people WHERE name = ?", name)[0][0]
        answer = self.ask("coordinator", "PUT", f"/people/{person}", {"disabled": disabled}, headers={"If-Match": "*"})
        self.assertEqual(answer.status, 200, answer.body)
        return person

    def test_lessons_of_the_coming_days_whose_teacher_is_disabled(self):
        self.assertEqual(self.found("disabled"), [])
        first, second = self.rooms_of(1)
        local = self.rows("SELECT p.id, p.name FROM entry_rooms x JOIN people p ON p.id = x.teacher WHERE x.entry = 1 AND x.room = ?", first)[0]
        today = self.lesson(1, 30, 70)
        self.disable("王芳")
        self.addCleanup(self.disable, "王芳", False)
        found = self.found("disabled")
        self.assertEqual({row["person"] for row in found}, {"王芳"})
        taught = [entry for entry, in self.rows("SELECT id FROM timetable_entries WHERE teacher = (SELECT id FROM people WHERE name = '王芳')")]
        self.assertEqual(sorted(row["lesson"] for row in found), sorted(lesson for entry in taught for lesson in self.coming(entry)))
        self.assertGreater(len(found), 1)  # today's, and one at least of each week
        mine = next(row for row in found if row["lesson"] == today)
        self.assertEqual((mine["master_room"], mine["room"], mine["master_school_id"]), ("录播教室一", "录播教室一", self.id_of("organisations", "实验小学")))
        self.rows("UPDATE lessons SET state = 'cancelled' WHERE id = ?", today)
        self.assertNotIn(today, [row["lesson"] for row in self.found("disabled")])
        self.rows("UPDATE lessons SET state = 'scheduled' WHERE id = ?", today)
        self.assertIn(today, [row["lesson"] for row in self.found("disabled")])
        place = self.rows("SELECT room FROM timetable_entries WHERE id = 1")[0][0]
        self.addCleanup(self.rows, "DELETE FROM substitutions WHERE lesson = ?", today)
        self.rows("INSERT INTO substitutions VALUES (?, ?, NULL, ?, '病', 'x', 0)", today, place, self.rows("SELECT id FROM people WHERE name = '李伟'")[0][0])
        self.assertNotIn(today, [row["lesson"] for row in self.found("disabled")])
        # and of a local teacher, in the room of theirs
        self.disable(local[1])
        self.addCleanup(self.disable, local[1], False)
        theirs = [row for row in self.found("disabled") if row["lesson"] == today]
        self.assertEqual([(row["person"], row["room"]) for row in theirs], [(local[1], self.rows("SELECT name FROM rooms WHERE id = ?", first)[0][0])])
        self.rows("UPDATE lessons SET starts = starts - 7200, ends = ends - 7200 WHERE id = ?", today)
        self.assertNotIn(today, [row["lesson"] for row in self.found("disabled")])  # it is over

    def test_how_many_lessons_somebody_has_is_told_before(self):
        person = self.rows("SELECT id FROM people WHERE name = '王芳'")[0][0]
        told = lambda: self.ask("coordinator", "GET", f"/people/{person}/lessons").json()  # noqa: E731
        day = lambda number: str(datetime.date(1970, 1, 1) + datetime.timedelta(number))  # noqa: E731
        taught = "entry IN (SELECT id FROM timetable_entries WHERE teacher = ?) AND day >= ? AND state = 'scheduled'"
        count, soon, first, last = self.rows(f"SELECT count(*), count(*) FILTER (WHERE day <= ?), min(day), max(day) FROM lessons WHERE {taught}", self.today + 7, person, self.today)[0]
        self.assertGreater(count, soon)
        self.assertEqual(told(), {"count": count, "soon": soon, "first_day": day(first), "last_day": day(last)})
        today = self.lesson(1, 30, 70)
        self.assertEqual(told(), {"count": count + 1, "soon": soon + 1, "first_day": day(self.today), "last_day": day(last)})
        place = self.rows("SELECT room FROM timetable_entries WHERE id = 1")[0][0]
        self.addCleanup(self.rows, "DELETE FROM substitutions WHERE lesson = ?", today)
        self.rows("INSERT INTO substitutions VALUES (?, ?, NULL, ?, '病', 'x', 0)", today, place, self.rows("SELECT id FROM people WHERE name = '李伟'")[0][0])
        self.assertEqual(told()["count"], count)
        nobody = self.rows("SELECT id FROM people WHERE name = 'stranger'")[0][0]
        self.assertEqual(self.ask("coordinator", "GET", f"/people/{nobody}/lessons").json(), {"count": 0, "soon": 0, "first_day": None, "last_day": None})

    def test_lessons_whose_pairing_is_frozen_or_removed(self):
        first, second = self.rooms_of(1)
        today = self.lesson(1, 30, 70)
        self.assertEqual(self.found("frozen", "unpaired"), [])
        master = self.rows("SELECT room FROM timetable_entries WHERE id = 1")[0][0]
        pairing = next(row for row in self.list("pairings") if (row["master_room"], row["receiving_room"], row["subject"]) == (master, first, ""))
        hanging = self.ask("coordinator", "GET", f"/pairings/{pairing['id']}/lessons").json()
        self.assertEqual(hanging["count"], self.rows(
            "SELECT count(*) FROM lessons l JOIN timetable_entries e ON e.id = l.entry JOIN entry_rooms x ON x.entry = e.id"
            " WHERE e.room = ? AND x.room = ? AND e.term = ? AND l.day >= ? AND l.state = 'scheduled'", master, first, pairing["term"], self.today)[0][0])
        self.assertGreater(hanging["count"], hanging["soon"])
        self.assertEqual(self.ask("coordinator", "PUT", f"/pairings/{pairing['id']}", {"version": pairing["version"], "frozen": True}).status, 200)
        self.addCleanup(self.rows, "INSERT INTO pairings (term, master_room, receiving_room, subject, consent, consent_by, created) VALUES (?, ?, ?, '', 0, '', 0)", pairing["term"], master, first)
        found = self.found("frozen", "unpaired")
        self.assertEqual({(row["kind"], row["room"]) for row in found}, {("frozen", self.rows("SELECT name FROM rooms WHERE id = ?", first)[0][0])})
        self.assertEqual(len(found), hanging["soon"])
        self.assertIn(today, [row["lesson"] for row in found])
        # one for the subject alone covers it
        subject = {"term": pairing["term"], "master_room": master, "receiving_room": first, "subject": "音乐"}
        answer = self.ask("coordinator", "POST", "/pairings", subject)
        self.assertNotIn(today, [row["lesson"] for row in self.found("frozen", "unpaired")])
        self.assertEqual(self.ask("coordinator", "DELETE", f"/pairings/{answer.json()['id']}", {"version": 1}).status, 200)
        self.assertEqual(self.ask("coordinator", "DELETE", f"/pairings/{pairing['id']}", {"version": pairing["version"] + 1}).status, 200)
        self.assertEqual({row["kind"] for row in self.found("frozen", "unpaired")}, {"unpaired"})
        self.assertEqual(self.found("unpaired", organisation=3, name="stranger") != [], self.rows("SELECT school FROM rooms WHERE id = ?", first)[0][0] == 3)

    def test_the_week_tells_which_lessons_lack_what_they_need(self):
        first, second = self.rooms_of(1)
        master = self.rows("SELECT room FROM timetable_entries WHERE id = 1")[0][0]
        monday = datetime.date(1970, 1, 1) + datetime.timedelta(self.rows("SELECT max(day) FROM lessons WHERE entry = 1 AND state = 'scheduled'")[0][0])
        told = lambda: {row["entry"]: row["doubts"] for row in self.ask("coordinator", "GET", f"/organisations/1/weeks/{monday}").json()["lessons"]}  # noqa: E731
        self.assertEqual(told()[1], [])
        self.addCleanup(self.rows, "UPDATE pairings SET frozen = 0")
        self.rows("UPDATE pairings SET frozen = 1 WHERE master_room = ? AND receiving_room = ?", master, second)
        self.assertEqual(told()[1], [{"kind": "frozen", "place": second}])
        teacher = self.rows("SELECT teacher FROM timetable_entries WHERE id = 1")[0][0]
        self.addCleanup(self.rows, "UPDATE people SET disabled = 0 WHERE id = ?", teacher)
        self.rows("UPDATE people SET disabled = 1 WHERE id = ?", teacher)
        self.assertEqual(sorted((row["kind"], row["place"]) for row in told()[1]), [("disabled", master), ("frozen", second)])
        self.rows("UPDATE lessons SET state = 'archived' WHERE entry = 1 AND day = (SELECT max(day) FROM lessons WHERE entry = 1)")
        self.assertEqual(told()[1], [])  # it is over

    def test_everybody_sees_their_own(self):
        self.lesson(1, -90, -50)
        self.assertEqual(len(self.look(3, "stranger")["exceptions"]), 1)
        self.assert_problem(self.ask("stranger", "GET", "/organisations/1/exceptions"), 403)
        self.assert_problem(self.ask("coordinator", "GET", "/organisations/x/exceptions"), 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
