"""One lesson of the timetable is taught by somebody else, elsewhere, or not at all; the weekly entry stays as it is."""
import datetime
import unittest

from county import County, Device

ZONE = datetime.timezone(datetime.timedelta(hours=8))


class Planning(County):
    def setUp(self):
        self.monday = datetime.datetime.now(ZONE).date() + datetime.timedelta(days=7 - datetime.datetime.now(ZONE).weekday())

    def week(self, name="coordinator", organisation=1):
        return self.ask(name, "GET", f"/organisations/{organisation}/weeks/{self.monday}").json()["lessons"]

    def lesson(self, weekday, period, subject):
        """Of next week, as the seed has it."""
        day = (self.monday + datetime.timedelta(days=weekday - 1)).isoformat()
        return next(row for row in self.week() if (row["day"], row["period"], row["subject"]) == (day, period, subject))

    def change(self, method, lesson, what, body, status=200, name="coordinator"):
        answer = self.ask(name, method, f"/lessons/{lesson['id']}/{what}", body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def substitute(self, lesson, status=200, name="coordinator", **change):
        return self.change("POST", lesson, "substitution", {"reason": "病假", **change}, status, name)

    def undo(self, lesson, place):
        return self.change("DELETE", lesson, "substitution", {"place": place})

    def people_of(self, lesson):
        rows = self.rows("SELECT p.name FROM lesson_people l JOIN people p ON p.id = l.person WHERE l.lesson = ? ORDER BY p.name", lesson["id"])
        return {row[0] for row in rows}

    def add_teacher(self, name, role="master_teacher"):
        self.add_person(name, role, self.id_of("organisations", "实验小学"))
        return self.id_of("people", name)

    def test_another_teacher_stands_in_for_one_lesson_and_belongs_to_it(self):
        lesson = self.lesson(1, 1, "音乐")
        stand_in = self.add_teacher("高老师")
        changed = self.substitute(lesson, place=lesson["room"], teacher=stand_in)
        self.assertEqual([(row["master"], row["teacher"], row["reason"]) for row in changed["places"] if row["substituted"]], [(True, stand_in, "病假")])
        self.assertEqual(self.people_of(lesson), {"高老师", "赵敏", "周强"})
        [shown] = [row for row in self.week() if row["id"] == lesson["id"]]
        self.assertEqual((shown["teacher"], shown["substituted"], shown["reason"]), (stand_in, True, "病假"))
        self.assertEqual(self.ask("coordinator", "GET", f"/timetable/{lesson['entry']}").json()["teacher"], lesson["teacher"])
        self.assertEqual(self.ask("高老师", "POST", f"/lessons/{lesson['id']}/media-token", {}).status, 200)
        self.assert_problem(self.ask("王芳", "POST", f"/lessons/{lesson['id']}/media-token", {}), 403)
        self.undo(lesson, lesson["room"])
        self.assertEqual(self.people_of(lesson), {"王芳", "赵敏", "周强"})
        self.assertIn(lesson, self.week())
        events = self.rows("SELECT person, event FROM audit_log WHERE object = ? ORDER BY number", f"lesson {lesson['id']}")
        self.assertEqual(events, [("coordinator", "lesson.substitute"), ("coordinator", "lesson.substitute_undo")])

    def test_a_local_teacher_and_a_room_stand_in(self):
        lesson = self.lesson(2, 2, "美术")
        place = self.id_of("rooms", "复式教室")
        room = self.ask("coordinator", "POST", "/rooms", {"school": self.id_of("organisations", "石沟教学点"), "name": "备用教室", "use": "receiving"}).json()["id"]
        self.substitute(lesson, place=place, room=room, teacher=self.id_of("people", "赵敏"))
        [shown] = [row for row in self.week() if row["id"] == lesson["id"]]
        self.assertEqual(shown["receiving"], [room])
        self.assertEqual(self.people_of(lesson), {"王芳", "赵敏"})
        self.undo(lesson, place)

    def test_who_is_needed_elsewhere_cannot_stand_in_and_who_stands_in_is_not_free(self):
        lesson, other = self.lesson(5, 2, "音乐"), self.lesson(5, 4, "科学")
        self.substitute(lesson, place=lesson["room"], teacher=self.id_of("people", "陈静"))
        busy = self.add_teacher("毕老师")
        entry = {"term": self.list("terms")[0]["id"], "subject": "体育", "grade": 3, "weekday": 5, "period": 2, "receiving": [],
                 "room": self.id_of("rooms", "录播教室二"), "teacher": self.id_of("people", "陈静")}
        report = self.ask("coordinator", "POST", "/timetable/check", entry).json()
        self.assertEqual([(row["kind"], row["id"], row["entry"], row["days"], row["first_day"]) for row in report["conflicts"]],
                         [("teacher", entry["teacher"], lesson["entry"], 1, lesson["day"])])
        self.assert_problem(self.ask("coordinator", "POST", "/timetable", entry), 409)
        self.assertEqual(self.ask("coordinator", "POST", "/timetable", {**entry, "teacher": busy}).status, 201)
        answer = self.ask("coordinator", "POST", f"/lessons/{lesson['id']}/substitution", {"place": lesson["room"], "teacher": busy, "reason": "x"})
        self.assert_problem(answer, 409, "needed in another lesson")
        self.assertEqual([(row["kind"], row["id"], row["overlap_s"]) for row in answer.json()["conflicts"]], [("teacher", busy, 2400)])
        shown = self.ask("coordinator", "GET", f"/lessons/{lesson['id']}/substitution").json()
        self.assertIn(busy, shown["busy"]["people"])
        self.assertNotIn(self.id_of("people", "王芳"), shown["busy"]["people"])
        self.undo(lesson, lesson["room"])
        self.assertEqual(self.ask("coordinator", "POST", "/timetable/check", entry).json()["conflicts"][0]["kind"], "room")
        self.assertEqual(other["state"], "scheduled")

    def test_nobody_and_no_room_is_twice_in_a_lesson_nor_where_they_may_not_be(self):
        lesson = self.lesson(2, 3, "英语")
        place = lesson["receiving"][0]
        for change, status in [({"place": place, "room": lesson["receiving"][1]}, 422), ({"place": 999, "teacher": 1}, 404),
                               ({"place": lesson["room"], "teacher": self.id_of("people", "赵敏")}, 422),
                               ({"place": place, "teacher": self.id_of("people", "王芳")}, 422), ({"place": place, "teacher": 999}, 404),
                               ({"place": lesson["room"], "room": place}, 422), ({"place": place}, 400), ({"place": place, "teacher": 5, "reason": ""}, 422)]:
            with self.subTest(change):
                self.substitute(lesson, status, **change)
        self.assert_problem(self.ask("coordinator", "POST", "/lessons/nothing/substitution", {"place": 1, "teacher": 1, "reason": "x"}), 404)

    def test_a_school_changes_its_own_place_and_no_other(self):
        self.add_person("headmaster", "coordinator", self.id_of("organisations", "白杨教学点"))
        lesson = self.lesson(3, 2, "音乐")
        place = self.id_of("rooms", "三年级教室")
        self.add_person("钱老师", "local_teacher", self.id_of("organisations", "白杨教学点"))
        self.substitute(lesson, name="headmaster", place=place, teacher=self.id_of("people", "钱老师"))
        self.substitute(lesson, 403, "headmaster", place=place, teacher=self.id_of("people", "周强"))
        self.substitute(lesson, 403, "headmaster", place=lesson["room"], teacher=self.id_of("people", "钱老师"))
        self.change("POST", lesson, "cancel", {"reason": "x"}, 403, "headmaster")
        self.assertEqual(self.ask("headmaster", "GET", f"/lessons/{lesson['id']}/substitution").status, 200)
        self.assertEqual(self.ask("headmaster", "GET", f"/lessons/{self.lesson(5, 2, '音乐')['id']}/substitution").status, 403)
        self.undo(lesson, place)

    def test_a_cancelled_lesson_lets_nobody_in_until_it_is_held_after_all(self):
        lesson = self.lesson(4, 1, "英语")
        self.assert_problem(self.ask("coordinator", "POST", f"/lessons/{lesson['id']}/cancel", {}), 400, "reason")
        self.change("POST", lesson, "cancel", {"reason": "运动会"})
        [shown] = [row for row in self.week() if row["id"] == lesson["id"]]
        self.assertEqual((shown["state"], shown["reason"]), ("cancelled", "运动会"))
        self.assert_problem(self.ask("李伟", "POST", f"/lessons/{lesson['id']}/media-token", {}), 403)
        self.substitute(lesson, 409, place=lesson["room"], teacher=self.id_of("people", "王芳"))
        self.change("POST", lesson, "cancel", {"reason": "x"}, 409)
        self.assertEqual(self.change("DELETE", lesson, "cancel", {})["state"], "scheduled")
        self.change("DELETE", lesson, "cancel", {}, 409)
        self.assertEqual(self.ask("李伟", "POST", f"/lessons/{lesson['id']}/media-token", {}).status, 200)

    def test_a_change_of_the_weekly_lesson_says_that_it_drops_what_stands_in(self):
        lesson = self.lesson(3, 2, "音乐")
        self.substitute(lesson, place=lesson["room"], teacher=self.id_of("people", "陈静"))
        entry = self.ask("coordinator", "GET", f"/timetable/{lesson['entry']}").json()
        self.assertEqual(self.ask("coordinator", "POST", "/timetable/check", entry).json()["substitutions"], 1)
        self.assertEqual(self.ask("coordinator", "PUT", f"/timetable/{lesson['entry']}", entry).status, 200)
        self.assertEqual(self.people_of(lesson), {"王芳", "赵敏", "孙丽"})
        self.assertEqual(self.rows("SELECT count(*) FROM substitutions WHERE lesson = ?", lesson["id"]), [(0,)])

    # ---- textbooks -------------------------------------------------------------------------------

    def entry(self, **changes):
        return {"term": self.list("terms")[0]["id"], "subject": "音乐", "grade": 3, "weekday": 5, "period": 5, "teacher": self.id_of("people", "王芳"),
                "room": self.id_of("rooms", "录播教室一"), "receiving": [{"room": self.id_of("rooms", name)} for name in ("三年级教室", "复式教室", "三年级1班")], **changes}

    def warnings(self, **changes):
        report = self.ask("coordinator", "POST", "/timetable/check", self.entry(**changes)).json()
        self.assertEqual(report["conflicts"], [])
        return [row for row in report["warnings"] if row["kind"] == "textbook"]

    def test_another_edition_is_a_warning_and_no_conflict(self):
        warning = {"kind": "textbook", "id": self.id_of("rooms", "复式教室"), "edition": "苏教版", "master_edition": "人教版"}
        self.assertEqual(self.warnings(), [warning])
        self.assertEqual(self.warnings(subject="科学"), [])
        # the edition of one grade comes before that of all
        school = self.id_of("organisations", "石沟教学点")
        answer = self.ask("coordinator", "POST", "/textbooks", {"school": school, "subject": "音乐", "grade": 3, "edition": "人教版"})
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(self.warnings(), [])
        self.assertEqual(self.warnings(grade=4), [warning])
        # who says it again says it anew
        again = self.ask("coordinator", "POST", "/textbooks", {"school": school, "subject": "音乐", "grade": 3, "edition": "北师大版"})
        self.assertEqual(again.json(), answer.json())
        self.assertEqual(self.warnings(), [{**warning, "edition": "北师大版"}])
        self.assertEqual(self.ask("coordinator", "DELETE", f"/textbooks/{again.json()['id']}").status, 200)
        self.assert_problem(self.ask("coordinator", "DELETE", f"/textbooks/{again.json()['id']}"), 404)
        self.assertEqual(self.warnings(), [warning])
        placed = self.ask("coordinator", "POST", "/timetable", self.entry())
        self.assertEqual(placed.status, 201, placed.body)
        self.ask("coordinator", "DELETE", f"/timetable/{placed.json()['id']}", {"version": 1})

    def test_editions_that_cannot_be_or_are_others(self):
        school = self.id_of("organisations", "石沟教学点")
        body = {"school": school, "subject": "音乐", "edition": "人教版"}
        for change, status in [({"school": 999}, 403), ({"school": 1}, 404), ({"grade": 13}, 400), ({"edition": ""}, 422), ({"subject": "a\u0007"}, 422)]:
            with self.subTest(change):
                self.assertEqual(self.ask("coordinator", "POST", "/textbooks", {**body, **change}).status, status)
        self.add_person("director", "coordinator", self.id_of("organisations", "白杨教学点"))
        self.assertEqual({row["school"] for row in self.list("textbooks", "director")}, {self.id_of("organisations", "白杨教学点")})
        self.assert_problem(self.ask("director", "POST", "/textbooks", body), 403, "not yours")
        other = next(row for row in self.list("textbooks") if row["school"] == school)
        self.assert_problem(self.ask("director", "DELETE", f"/textbooks/{other['id']}"), 403, "not yours")

    def test_what_is_over_stays(self):
        past = self.rows("SELECT l.id, e.room, e.teacher FROM lessons l JOIN timetable_entries e ON e.id = l.entry"
                         " WHERE l.day < ? ORDER BY l.day LIMIT 1", (datetime.date.today() - datetime.date(1970, 1, 1)).days - 2)[0]
        lesson = {"id": past[0]}
        self.change("POST", lesson, "cancel", {"reason": "x"}, 409)
        self.substitute(lesson, 409, place=past[1], teacher=self.id_of("people", "陈静"))

    def test_a_lesson_and_its_devices_go_where_its_room_is(self):
        lesson = self.lesson(1, 2, "英语")
        place, room = self.id_of("rooms", "三年级教室"), self.id_of("rooms", "三年级1班")
        old, new = self.device_in(place), self.device_in(room)
        self.assertEqual([self.token(device, lesson) for device in (old, new)], [200, 403])
        self.substitute(lesson, place=place, room=room)
        self.assertEqual([self.token(device, lesson) for device in (old, new)], [403, 200])
        self.assertIn(lesson["id"], {row["id"] for row in self.week(organisation=self.id_of("organisations", "红旗小学"))})
        self.undo(lesson, place)
        self.assertEqual([self.token(device, lesson) for device in (old, new)], [200, 403])
        self.change("POST", lesson, "cancel", {"reason": "停电"})
        self.assertEqual([self.token(device, lesson) for device in (old, new)], [403, 403])
        self.change("DELETE", lesson, "cancel", {})

    def device_in(self, room):
        device = Device(self)
        code = self.ask("coordinator", "POST", "/device-codes", {"room": room, "kind": "player"})
        self.assertEqual(device.enrol(code.json()["code"]).status, 201)
        self.assertEqual(device.prove().status, 200)
        return device

    def token(self, device, lesson):
        return device.post(f"/device/lessons/{lesson['id']}/media-token", {}).status


if __name__ == "__main__":
    unittest.main(verbosity=2)
