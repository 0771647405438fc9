"""Subjects and grades: one list for all, that lessons, pairings, textbooks and imports keep to; what is retired stays where it stands."""
import unittest

from county import County

LESSONS = "学期,学校,教室,教师,学科,年级,星期,节次\n"


class Catalogue(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("admin", "system_admin")
        cls.add_person("director", "coordinator", 2)

    def entry(self, **changes):
        return {"term": self.list("terms")[0]["id"], "subject": "书法", "grade": 3, "weekday": 5, "period": 5, "receiving": [],
                "teacher": self.id_of("people", "王芳"), "room": self.id_of("rooms", "录播教室一"), **changes}

    def add(self, name, status=201):
        answer = self.ask("coordinator", "POST", "/subjects", {"name": name})
        self.assertEqual(answer.status, status, answer.body)
        return answer.json().get("id")

    def change(self, number, status=200, **body):
        answer = self.ask("coordinator", "PUT", f"/subjects/{number}", body)
        self.assertEqual(answer.status, status, answer.body)

    def retire(self, grade, retired=True):
        self.assertEqual(self.ask("coordinator", "PUT", f"/grades/{grade}", {"retired": retired}).status, 200)

    def pairing(self, subject):
        return {"term": self.list("terms")[0]["id"], "master_room": self.id_of("rooms", "多功能教室"),
                "receiving_room": self.id_of("rooms", "三年级1班"), "subject": subject}

    def textbook(self, subject, grade=0):
        return {"school": self.id_of("organisations", "白杨教学点"), "subject": subject, "grade": grade, "edition": "人教版"}

    def faults(self, subject, grade):
        line = f"本学期,实验小学,录播教室二,李伟,{subject},{grade},周五,6\n"
        answer = self.call("POST", "/api/v1/imports/timetable/check", LESSONS + line, kind="text/csv", headers={"Cookie": self.cookie("coordinator")})
        return [(fault["column"], fault["code"]) for fault in answer.json()["faults"]]

    def statuses(self, subject, grade=3):
        """Of a new lesson, a pairing and a textbook that name them; the first is only looked at."""
        asked = [("/timetable/check", self.entry(subject=subject, grade=grade)), ("/timetable", self.entry(subject=subject, grade=grade, period=99)),
                 ("/pairings", self.pairing(subject)), ("/textbooks", self.textbook(subject, grade))]
        return [self.ask("coordinator", "POST", path, body).status for path, body in asked]

    def test_what_is_not_in_the_lists_is_named_nowhere(self):
        names = [row["name"] for row in self.list("subjects")]
        self.assertEqual(names[:3], ["语文", "数学", "英语"])
        self.assertEqual([row["number"] for row in self.list("grades")], list(range(1, 13)))
        self.assertEqual(self.statuses("围棋课"), [422, 422, 422, 422])
        self.assertEqual(self.faults("围棋课", 3), [(5, "unknown_subject")])
        number = self.add("围棋课")
        self.add("围棋课", 409)
        for name in ("", "a\u0007", "字" * 22):
            self.add(name, 400 if len(name) > 20 else 422)
        self.assertEqual(self.statuses("围棋课"), [200, 409, 201, 201])  # there is no period 99
        self.assertEqual(self.faults("围棋课", 3), [])
        self.assertEqual(self.list("subjects")[-1], {"id": number, "name": "围棋课", "retired": False})

    def test_a_new_name_is_the_name_wherever_it_stands(self):
        number = self.add("信息技术")
        place = self.ask("coordinator", "POST", "/timetable", self.entry(subject="信息技术")).header("location").removeprefix("/api/v1")
        self.assertEqual(self.ask("coordinator", "POST", "/pairings", self.pairing("信息技术")).status, 201)
        self.assertEqual(self.ask("coordinator", "POST", "/textbooks", self.textbook("信息技术")).status, 201)
        self.change(number, 409, name="数学")
        self.change(number, name="人工智能")
        self.assertEqual(self.ask("coordinator", "GET", place).json()["subject"], "人工智能")
        self.assertIn("人工智能", {row["subject"] for row in self.list("pairings")})
        self.assertIn("人工智能", {row["subject"] for row in self.list("textbooks")})
        self.assertEqual(self.rows("SELECT DISTINCT title FROM lessons WHERE entry = ?", int(place.rsplit("/", 1)[1])), [("人工智能",)])
        for kind in ("pairings", "textbooks", "subjects"):
            self.assertNotIn("信息技术", str(self.list(kind)))
        self.change(9999, 404, name="没有")
        self.assertEqual(self.rows("SELECT event, object FROM audit_log WHERE event LIKE 'subject.%' AND object = ? ORDER BY number",
                                   f"subject {number}"), [("subject.add", f"subject {number}"), ("subject.change", f"subject {number}")])
        self.assertEqual(self.ask("coordinator", "DELETE", place, {"version": 1}).status, 200)

    def test_what_is_retired_stays_where_it_stands_and_is_offered_no_more(self):
        number = self.add("珠算")
        entry = self.entry(subject="珠算", grade=9)
        place = self.ask("coordinator", "POST", "/timetable", entry).header("location").removeprefix("/api/v1")
        self.change(number, name="珠算", retired=True)
        self.retire(9)
        self.assertEqual(self.statuses("珠算"), [422, 422, 422, 422])
        self.assertEqual(self.statuses("数学", 9)[:2] + self.statuses("数学", 9)[3:], [422, 422, 422])
        self.assertEqual(self.faults("珠算", 9), [(5, "unknown_subject"), (6, "retired_grade")])
        # the lesson that has them may move, and may not take another that is retired
        self.assertEqual(self.ask("coordinator", "PUT", place, {**entry, "period": 6, "version": 1}).status, 200)
        self.assertEqual(self.ask("coordinator", "POST", "/timetable/check", {**entry, "id": int(place.rsplit("/", 1)[1])}).status, 200)
        self.retire(8)
        self.assert_problem(self.ask("coordinator", "PUT", place, {**entry, "grade": 8, "version": 2}), 422, "offered")
        self.change(number, name="珠算")
        for grade in (8, 9):
            self.retire(grade, False)
        self.assertEqual(self.statuses("珠算", 9), [200, 409, 201, 201])
        self.assertEqual([row[0] for row in self.rows("SELECT event FROM audit_log WHERE object = 'grade 9' ORDER BY number")], ["grade.retire", "grade.change"])
        self.assertEqual(self.ask("coordinator", "PUT", "/grades/13", {"retired": True}).status, 404)
        self.assertEqual(self.ask("coordinator", "DELETE", place, {"version": 2}).status, 200)

    def test_the_lists_of_all_are_nobody_s_own(self):
        self.assertEqual(self.ask("director", "GET", "/subjects").status, 200)
        self.assert_problem(self.ask("director", "POST", "/subjects", {"name": "校本课程"}), 403, "system administrator")
        self.assert_problem(self.ask("director", "PUT", "/subjects/1", {"name": "语文", "retired": True}), 403)
        self.assert_problem(self.ask("director", "PUT", "/grades/1", {"retired": True}), 403)
        self.assertEqual(self.ask("王芳", "POST", "/subjects", {"name": "校本课程"}).status, 403)


class TwoCounties(County):
    def test_of_two_counties_none_changes_the_other_s_subjects(self):
        self.add_person("admin", "system_admin")
        self.assertEqual(self.ask("admin", "POST", "/organisations", {"kind": "county", "name": "邻县"}).status, 201)
        self.assert_problem(self.ask("coordinator", "POST", "/subjects", {"name": "乡土"}), 403, "system administrator")
        self.assertEqual(self.ask("admin", "POST", "/subjects", {"name": "乡土"}).status, 201)
        self.assertEqual(self.ask("admin", "PUT", "/grades/12", {"retired": True}).status, 200)


if __name__ == "__main__":
    unittest.main()
