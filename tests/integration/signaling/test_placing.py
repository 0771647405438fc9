"""What a weekly lesson may be placed with, and what a page is told of it: terms, people who are gone, names, what is usual."""
import unittest

from county import County, WeeklyLesson


class Placing(WeeklyLesson, County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("system_admin", "system_admin")

    def disable(self, name):
        number = self.id_of("people", name)
        self.assertEqual(self.ask("system_admin", "PUT", f"/people/{number}", {"disabled": True}, headers={"If-Match": "*"}).status, 200)
        self.addCleanup(self.ask, "system_admin", "PUT", f"/people/{number}", {"disabled": False}, {"If-Match": "*"})
        return number

    def assert_refused(self, answer, code):
        self.assertEqual((answer.status, answer.json().get("code")), (422, code), answer.body)

    def test_a_lesson_is_in_a_term_of_its_school_or_of_what_is_above_it(self):
        school = {row["name"]: row["id"] for row in self.list("organisations")}
        county_term = self.list("terms")[0]
        days = {name: county_term[name] for name in ("first_day", "last_day")}
        terms = {name: self.ask("coordinator", "POST", "/terms", {"organisation": school[name], "name": "校历", **days}).json()["id"]
                 for name in ("实验小学", "白杨教学点")}
        self.addCleanup(self.rows, "DELETE FROM terms WHERE name = '校历'")
        path = self.place()
        for method, where, body in (("POST", "/timetable", self.entry(period=6)), ("POST", "/timetable/check", self.entry(period=6)),
                                    ("PUT", path, self.ask("coordinator", "GET", path).json())):
            with self.subTest(f"{method} {where}"):
                answer = self.ask("coordinator", method, where, {**body, "term": terms["白杨教学点"]})
                self.assert_refused(answer, "term_of_others")
                self.assertEqual((answer.json()["term"], answer.json()["school"]), ("校历", "实验小学"))
        self.place(term=terms["实验小学"], period=6, receiving=[])
        self.assertEqual(self.rows("SELECT count(*) FROM timetable_entries WHERE term = ?", terms["白杨教学点"]), [(0,)])

    def test_nobody_new_is_planned_for_whose_account_is_disabled(self):
        wanted = self.entry()
        local = self.id_of("people", "周强")
        with_local = {**wanted, "receiving": [{**wanted["receiving"][0], "teacher": local}]}
        path = self.place()
        teacher = self.disable("王芳")
        self.assert_refused(self.ask("coordinator", "POST", "/timetable", {**wanted, "period": 6}), "account_disabled")
        self.assert_refused(self.ask("coordinator", "POST", "/timetable/check", {**wanted, "period": 6}), "account_disabled")
        other = self.id_of("people", "李伟")
        self.disable("周强")
        self.assert_refused(self.ask("coordinator", "POST", "/timetable", {**with_local, "teacher": other}), "account_disabled")
        # what stands, stays and can be moved, and is warned of
        old = self.ask("coordinator", "GET", path).json()
        report = self.ask("coordinator", "POST", "/timetable/check", old).json()
        self.assertIn({"kind": "disabled", "id": teacher, "name": "王芳"}, report["warnings"])
        moved = self.ask("coordinator", "PUT", path, {**old, "period": 6})
        self.assertEqual(moved.status, 200, moved.body)
        self.assert_refused(self.ask("coordinator", "PUT", path, {**moved.json(), "receiving": with_local["receiving"]}), "account_disabled")

    def test_an_entry_says_in_words_whom_it_names(self):
        entry = self.ask("coordinator", "GET", self.place()).json()
        self.assertEqual(entry["people"], [{"id": entry["teacher"], "name": "王芳", "login": "王芳", "disabled": False}])
        self.assertEqual([(row["id"], row["name"], row["school_name"]) for row in entry["rooms"]],
                         [(entry["room"], "录播教室一", "实验小学"), (entry["receiving"][0]["room"], "复式教室", "石沟教学点")])

    def test_an_entry_says_how_many_lessons_go_with_it(self):
        path = self.place()
        number = int(path.rsplit("/", 1)[1])
        [(day, count)] = self.rows("SELECT min(day), count(*) FROM lessons WHERE entry = ?", number)
        self.rows("UPDATE lessons SET state = 'ended' WHERE entry = ? AND day = ?", number, day)
        coming = self.ask("coordinator", "GET", path).json()["coming"]
        self.assertEqual(coming["lessons"], count - 1)
        self.assertLess(coming["first_day"], coming["last_day"])
        before = self.rows("SELECT count(*) FROM lessons")[0][0]
        self.ask("coordinator", "DELETE", path, {"version": 1})
        self.assertEqual(before - self.rows("SELECT count(*) FROM lessons")[0][0], coming["lessons"])

    def test_a_conflict_names_the_lesson_in_the_way(self):
        path = self.place()
        report = self.ask("coordinator", "POST", "/timetable/check", self.entry(room=self.id_of("rooms", "录播教室二"), receiving=[])).json()
        [conflict] = report["conflicts"]
        self.assertEqual(conflict["lesson"], {"subject": "科学", "period": 5, "school_name": "实验小学", "teacher_name": "王芳"})
        self.assertEqual(conflict["entry"], int(path.rsplit("/", 1)[1]))
        self.assertEqual(conflict["end"] - conflict["start"], conflict["overlap_s"])
        self.assertEqual(report["first_day"], conflict["first_day"])

    def test_what_is_usual_in_a_room_is_told_newest_first(self):
        local = self.id_of("people", "周强")
        entry = self.entry(teacher=self.id_of("people", "李伟"))
        entry["receiving"][0]["teacher"] = local
        self.place(**entry)
        usual = self.ask("coordinator", "GET", f"/rooms/{entry['room']}/usual").json()["lessons"]
        self.assertEqual(usual[0], {"subject": "科学", "teacher": entry["teacher"], "receiving": [{"room": entry["receiving"][0]["room"], "teacher": local}]})
        self.assertIn("音乐", [lesson["subject"] for lesson in usual[1:]])
        self.assert_problem(self.ask("coordinator", "GET", f"/rooms/{entry['receiving'][0]['room']}/usual"), 422)
        self.assert_problem(self.ask("coordinator", "GET", "/rooms/9999/usual"), 404)


if __name__ == "__main__":
    unittest.main()
