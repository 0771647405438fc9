"""Reports of what was held, from attendance rows in the database."""
import datetime
import threading
import time
import unittest

from exchange import Exchange

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def date(days=0):
    return (datetime.datetime.now(ZONE).date() + datetime.timedelta(days=days)).isoformat()


class Reports(Exchange):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("headmaster", "coordinator", 3)
        cls.add_person("stranger", "coordinator")

    def setUp(self):
        """Attendance has been written down for a month; of the last two weeks nobody has come yet."""
        self.rows("DELETE FROM attendance")
        self.rows("UPDATE lessons SET state = 'archived' WHERE state = 'cancelled'")
        self.rows("INSERT INTO attendance (lesson, source, subject, room, joined, left) SELECT id, 'teacher-camera', 'person-1', NULL, ?, ?"
                  " FROM lessons WHERE entry IS NOT NULL LIMIT 1", self.ago(35), self.ago(35) + 60)
        self.lessons = sorted((lesson for days in (-7, -14) for lesson in self.week(date(days))), key=lambda row: row["start"])
        self.first, self.last = self.lessons[0]["day"], self.lessons[-1]["day"]
        self.units = sum(len(lesson["receiving"]) for lesson in self.lessons)

    @staticmethod
    def ago(days):
        return int(datetime.datetime.now().timestamp()) - days * 86400

    def week(self, day):
        return self.ask("coordinator", "GET", f"/organisations/1/weeks/{day}").json()["lessons"]

    def report(self, by="school", organisation=1, first=None, last=None, name="coordinator"):
        answer = self.ask(name, "GET", f"/organisations/{organisation}/reports/{by}/{first or self.first}/{last or self.last}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def come(self, lesson, room=None, start=0, end=40):
        """The master teacher, or somebody of a room, from minute start to minute end of the lesson."""
        delay = 0 if room is None else self.rows("SELECT delay_s FROM entry_rooms WHERE entry = ? AND room = ?", lesson["entry"], room)[0][0]
        self.rows("INSERT INTO attendance (lesson, source, subject, room, joined, left) VALUES (?, ?, ?, ?, ?, ?)", lesson["id"],
                  "teacher-camera" if room is None else f"room-{room}", "person-2", room,
                  lesson["start"] + delay + start * 60, None if end is None else lesson["start"] + delay + end * 60)

    def hold(self, lesson):
        self.come(lesson)
        for room in lesson["receiving"]:
            self.come(lesson, room)

    def test_nothing_was_held_where_nobody_came(self):
        total = self.report()["total"]
        self.assertEqual((total["planned"], total["unheld"], total["held"], total["lessons"]), (self.units, self.units, 0, len(self.lessons)))
        self.assertEqual(total["causes"], {"nobody": self.units})
        self.assertGreater(total["planned_min"], 0)
        self.assertEqual(total["held_min"], 0)

    def test_held_short_and_unheld_with_their_causes(self):
        for lesson in self.lessons:
            self.hold(lesson)
        lesson, other = [row for row in self.lessons if len(row["receiving"]) == 2][:2]
        room, second = lesson["receiving"]
        self.rows("DELETE FROM attendance WHERE lesson IN (?, ?)", lesson["id"], other["id"])
        self.come(lesson)
        self.come(lesson, room, start=12)  # late
        for each in other["receiving"]:
            self.come(other, each)  # the teacher never came
        report = self.report()
        total = report["total"]
        self.assertEqual((total["held"], total["short"], total["unheld"]), (self.units - 4, 1, 3))
        self.assertEqual(total["causes"], {"room_late": 1, "room_absent": 1, "master_absent": 2})
        problems = {(row["lesson"], row["room"]): row for row in report["problems"]}
        self.assertEqual(report["problem_count"], 4)
        names = {row["id"]: row["name"] for row in self.list("rooms")}
        late = problems[lesson["id"], names[room]]
        self.assertEqual((late["status"], late["cause"], late["planned_min"], late["held_min"]), ("short", "room_late", 40, 28))
        self.assertEqual((late["day"], late["period"], late["subject"]), (lesson["day"], lesson["period"], lesson["subject"]))
        self.assertEqual(problems[lesson["id"], names[second]]["cause"], "room_absent")

    def test_every_way_of_grouping_adds_up_to_the_total(self):
        for lesson in self.lessons[::2]:
            self.hold(lesson)
        totals = []
        for by in ("school", "room", "teacher", "subject"):
            report = self.report(by)
            totals.append(report["total"])
            for key in ("planned", "held", "short", "unheld", "planned_min", "held_min"):
                total = report["total"][key]
                self.assertEqual(sum(row[key] for row in report["rows"]), total, f"{by} {key}")
        self.assertTrue(all(total == totals[0] for total in totals))
        self.assertEqual({row["name"] for row in self.report("teacher")["rows"]}, {"王芳", "李伟", "陈静"})
        self.assertEqual({row["name"] for row in self.report("subject")["rows"]}, {"音乐", "英语", "美术", "科学"})
        room = self.report("room")["rows"][0]
        self.assertEqual((room["name"], room["school"]), ("三年级教室", "白杨教学点"))

    def test_a_school_sees_what_it_teaches_and_what_it_receives(self):
        own = self.report("school", 3)
        self.assertEqual([row["name"] for row in own["rows"]], ["白杨教学点"])
        teaching = self.report("school", 2)
        self.assertIn("白杨教学点", [row["name"] for row in teaching["rows"]])
        self.assertLess(own["total"]["planned"], teaching["total"]["planned"])
        self.assertEqual(self.report("school", 3, name="headmaster"), {**own, "now": self.report("school", 3, name="headmaster")["now"]})
        self.assert_problem(self.ask("headmaster", "GET", f"/organisations/1/reports/school/{self.first}/{self.last}"), 403)
        self.assert_problem(self.ask("stranger", "GET", f"/organisations/1/reports/school/{self.first}/{self.last}"), 403)

    def test_what_falls_on_a_holiday_is_neither_planned_nor_missing(self):
        day = self.lessons[0]["day"]
        there = [lesson for lesson in self.lessons if lesson["day"] == day]
        self.rows("UPDATE lessons SET state = 'cancelled', cancel_reason = '教师生病' WHERE id = ?", there[0]["id"])
        self.assertEqual(self.ask("coordinator", "PUT", f"/organisations/1/days/{day}", {"holiday": True}).status, 200)
        self.addCleanup(self.ask, "coordinator", "DELETE", f"/organisations/1/days/{day}")
        self.rows("UPDATE lessons SET starts = NULL, ends = NULL WHERE day = (SELECT day FROM lessons WHERE id = ?)", there[0]["id"])
        report = self.report()
        self.assertEqual(report["without_bell"], 0)
        self.assertEqual(report["total"]["planned"], self.units - sum(len(lesson["receiving"]) for lesson in there))
        self.assertEqual({(row["start"], row["holiday"]) for row in self.week(day) if row["day"] == day}, {(0, True)})
        self.assertFalse(any(row["holiday"] for row in self.week(day) if row["day"] != day))

    def test_problems_are_told_by_the_bells_of_the_school_that_is_asked_about(self):
        lesson = next(row for row in self.lessons if 300 in row["delays"])
        room = lesson["receiving"][lesson["delays"].index(300)]
        school = next(row["school"] for row in self.list("rooms") if row["id"] == room)

        def told(organisation):
            names = {row["id"]: row["name"] for row in self.list("rooms")}
            return next((row["starts"], row["ends"], row["delay_s"], row["period"]) for row in self.report("school", organisation)["problems"]
                        if row["lesson"] == lesson["id"] and row["room"] == names[room])
        times = (lesson["start"], lesson["end"], 0, lesson["period"])
        self.assertEqual(told(1), times)
        self.assertEqual(told(next(row["school"] for row in self.list("rooms") if row["id"] == lesson["room"])), times)
        self.assertEqual(told(school), (lesson["start"] + 300, lesson["end"] + 300, 300, lesson["period"]))
        # of one lesson a room may have another delay than the weekly lesson says
        self.addCleanup(self.rows, "DELETE FROM lesson_delays")
        self.rows("INSERT INTO lesson_delays (lesson, room, delay_s) VALUES (?, ?, 60)", lesson["id"], room)
        self.assertEqual(told(school), (lesson["start"] + 60, lesson["end"] + 60, 60, lesson["period"]))
        self.rows("DELETE FROM lesson_delays")
        # its periods have other numbers: those of its own are told
        self.rows("UPDATE bell_periods SET number = number + 100 WHERE bell_set IN (SELECT id FROM bell_sets WHERE school = ?)", school)
        try:
            self.assertEqual(told(school), (lesson["start"] + 300, lesson["end"] + 300, 300, lesson["period"] + 100))
        finally:
            self.rows("UPDATE bell_periods SET number = number - 100 WHERE bell_set IN (SELECT id FROM bell_sets WHERE school = ?)", school)

    def test_what_was_cancelled_is_unheld_and_says_so(self):
        self.hold(self.lessons[0])
        self.rows("UPDATE lessons SET state = 'cancelled', cancel_reason = '教师生病' WHERE id = ?", self.lessons[0]["id"])
        told = [row["reason"] for row in self.report()["problems"] if row["cause"] == "cancelled"]
        self.assertEqual(told, ["教师生病"] * len(self.lessons[0]["receiving"]))
        self.assertEqual(self.report()["total"]["causes"]["cancelled"], len(self.lessons[0]["receiving"]))

    def test_who_stands_in_is_the_one_who_taught_and_the_room_used_instead_the_one_that_came(self):
        lesson = next(row for row in self.lessons if row["teacher"] == self.id_of("people", "王芳") and len(row["receiving"]) == 2)
        room, other = lesson["receiving"][0], self.id_of("rooms", "多功能教室")
        self.addCleanup(self.rows, "DELETE FROM substitutions")
        for place, used, teacher in [(lesson["room"], None, self.id_of("people", "headmaster")), (room, other, None)]:
            self.rows("INSERT INTO substitutions VALUES (?, ?, ?, ?, '病假', 'coordinator', 0)", lesson["id"], place, used, teacher)
        self.hold(lesson)
        rows = {row["name"]: row for row in self.report("teacher", first=lesson["day"], last=lesson["day"])["rows"]}
        self.assertEqual((rows["headmaster"]["held"], rows["headmaster"]["unheld"]), (1, 1))
        problems = self.report(first=lesson["day"], last=lesson["day"])["problems"]
        self.assertEqual([row["teacher"] for row in problems if row["lesson"] == lesson["id"]], ["headmaster"])
        self.rows("UPDATE attendance SET room = ? WHERE room = ?", other, room)
        rows = {row["name"]: row for row in self.report("teacher", first=lesson["day"], last=lesson["day"])["rows"]}
        self.assertEqual((rows["headmaster"]["held"], rows["headmaster"]["unheld"]), (2, 0))

    def test_what_was_taught_stays_what_it_was_whatever_becomes_of_its_weekly_lesson(self):
        for lesson in self.lessons:
            self.hold(lesson)
        self.rows("DELETE FROM attendance WHERE lesson = ?", self.lessons[0]["id"])  # so that problems have something to tell
        lesson = next(row for row in self.lessons if len(row["receiving"]) == 2 and row["entry"] != self.lessons[0]["entry"])
        self.add_person("新老师", "master_teacher", self.id_of("organisations", "实验小学"))
        for path, change in [(f"/timetable/{lesson['entry']}", {"teacher": self.id_of("people", "新老师"), "subject": "体育", "grade": 5}),
                             (f"/timetable/{lesson['entry']}", {"receiving": 1}), (f"/timetable/{self.lessons[0]['entry']}", {"subject": "书法"}),
                             (f"/timetable/{lesson['entry']}", None), (f"/timetable/{self.lessons[0]['entry']}", None)]:
            with self.subTest(path=path, change=change):
                before = self.past()
                entry = self.ask("coordinator", "GET", path).json()
                change = {"receiving": entry["receiving"][:1]} if change == {"receiving": 1} else change
                answer = self.ask("coordinator", "DELETE" if change is None else "PUT", path, {**entry, **(change or {})})
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(self.past(), before)
        # an entry that is taken away is not to be changed any more
        entry = self.ask("coordinator", "GET", f"/timetable/{lesson['entry']}").json()
        for method in ("PUT", "DELETE"):
            self.assert_problem(self.ask("coordinator", method, f"/timetable/{lesson['entry']}", entry), 404)

    def past(self):
        """Reports and weeks of the last two weeks, but of which entries they are and that time goes on."""
        reports = [{**self.report(by), "now": None} for by in ("school", "room", "teacher", "subject")]
        return reports, [[{**row, "entry": None} for row in self.week(date(days))] for days in (-7, -14)]

    def test_partial_figures_are_told_apart(self):
        coming = self.report(first=date(1), last=date(8))["total"]
        self.assertEqual((coming["planned"], coming["unheld"]), (0, 0))
        self.assertGreater(coming["running"], 0)
        before = self.report(first=date(-60), last=date(-40))["total"]
        self.assertEqual((before["planned"], before["unheld"]), (0, 0))
        self.assertGreater(before["unrecorded"], 0)

    def test_who_is_still_there_was_there_to_the_end(self):
        lesson = self.lessons[-1]
        self.come(lesson, end=None)
        for room in lesson["receiving"]:
            self.come(lesson, room, end=None)
        self.assertEqual(self.report(first=lesson["day"])["total"]["held"], len(lesson["receiving"]))

    def test_a_long_report_holds_nobody_up(self):
        """The bell, sockets and everybody's requests go on while one is made."""
        lesson = self.lessons[0]
        self.rows("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
                  " INSERT INTO attendance (lesson, source, subject, room, joined, left) SELECT ?, '', 'person-' || i, ?, ? + i, ? + i + 1 FROM n",
                  lesson["id"], lesson["receiving"][0], lesson["start"], lesson["start"])
        self.cookie("coordinator")
        told = []
        asking = threading.Thread(target=lambda: told.append(self.report()))
        start = time.monotonic()
        asking.start()
        slowest = self.slowest_answer_while(asking)
        took = time.monotonic() - start
        print(f"a report of 300,000 presences in {took:.2f} s, other answers within {slowest * 1000:.0f} ms")
        self.assertLess(slowest, took / 2)
        self.assertEqual(told[0]["total"]["planned"], self.units)

    def test_strange_questions_are_refused(self):
        for path, status, word in [("1/reports/weather/2026-10-01/2026-10-02", 404, "by school"), ("1/reports/room/2026-10-01/2026-02-30", 400, "date"),
                                   ("1/reports/room/2026-10-02/2026-10-01", 422, "after"), ("1/reports/room/2025-10-02/2027-10-01", 422, "399"),
                                   ("x/reports/room/2026-10-01/2026-10-02", 404, "")]:
            with self.subTest(path):
                self.assert_problem(self.ask("coordinator", "GET", f"/organisations/{path}"), status, word)
        self.assert_problem(self.ask("coordinator", "GET", "/organisations/999/reports/room/2026-10-01/2026-10-02"), 403)


if __name__ == "__main__":
    unittest.main(verbosity=2)
