"""Lessons that are there and clash: bells that move, day swaps and substitutions undone bring it about."""
import datetime
import unittest

from county import County

ZONE = datetime.timezone(datetime.timedelta(hours=8))


class Clashes(County):
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.monday = datetime.datetime.now(ZONE).date() + datetime.timedelta(days=7 - datetime.datetime.now(ZONE).weekday())
        cls.add_person("stranger", "coordinator", 3)

    def setUp(self):
        """Two schools with the same bells and a teacher of the county who gives lessons in both, one after the other."""
        Clashes.count += 1
        self.schools, self.rooms, self.sets = [], [], []
        for name in ("东小学", "西小学"):
            school = self.create("/organisations", {"parent": 1, "kind": "school", "name": f"{name}{self.count}"})
            self.schools.append(school)
            self.rooms.append(self.create("/rooms", {"school": school, "name": "一号", "use": "master"}))
            self.sets.append(self.create(f"/organisations/{school}/bells", self.bells()))
        self.name = f"走教老师{self.count}"
        self.add_person(self.name, "master_teacher", 1)
        self.teacher = self.id_of("people", self.name)
        self.term = self.create("/terms", {"organisation": 1, "name": f"学期{self.count}", "first_day": self.day(0), "last_day": self.day(13)})
        self.entries = [self.place(0, 3, 1), self.place(1, 3, 2)]
        self.lessons = [f"e{entry}-{self.day(2)}" for entry in self.entries]

    def tearDown(self):
        for entry in self.entries:
            self.remove(entry)

    def bells(self, *periods):
        return {"name": "作息", "first_day": self.day(-30), "last_day": self.day(90), "periods": periods or [[510, 550], [560, 600], [610, 650]]}

    def day(self, days):
        return (self.monday + datetime.timedelta(days=days)).isoformat()

    def moment(self, days, minute):
        return int(datetime.datetime.combine(self.monday + datetime.timedelta(days=days), datetime.time(), ZONE).timestamp()) + minute * 60

    def create(self, path, body):
        answer = self.ask("coordinator", "POST", path, body)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["id"]

    def place(self, school, weekday, period, subject="书法", **changes):
        return self.create("/timetable", {"term": self.term, "subject": subject, "grade": 3, "room": self.rooms[school], "teacher": self.teacher,
                                          "weekday": weekday, "period": period, "receiving": [], "first_week": 1, "last_week": 60, **changes})

    def remove(self, entry):
        version = self.ask("coordinator", "GET", f"/timetable/{entry}").json().get("version")
        self.ask("coordinator", "DELETE", f"/timetable/{entry}", {"version": version})

    def week(self, school, days=0, name="coordinator"):
        return self.ask(name, "GET", f"/organisations/{school}/weeks/{self.day(days)}").json()["clashes"]

    def move_bells(self, school, check=False):
        """So that its first period lies over the other school's second one."""
        later = self.bells([535, 575], [580, 610], [610, 650])
        path = f"/organisations/{self.schools[school]}/bells"
        if check:
            return self.ask("coordinator", "POST", f"{path}/check", {**later, "set": self.sets[school]}).json()
        version = next(each["version"] for each in self.ask("coordinator", "GET", path).json()["sets"] if each["id"] == self.sets[school])
        return self.ask("coordinator", "PUT", f"{path}/{self.sets[school]}", {**later, "version": version}).json()

    def test_a_week_can_be_of_one_teacher_in_all_schools(self):
        path = f"/organisations/1/weeks/{self.day(0)}"
        everybody = self.ask("coordinator", "GET", path).json()["lessons"]
        own = self.ask("coordinator", "GET", f"{path}?teacher={self.teacher}").json()["lessons"]
        self.assertEqual([lesson["id"] for lesson in own], self.lessons)
        self.assertEqual(own, [lesson for lesson in everybody if lesson["teacher"] == self.teacher])
        self.assertGreater(len(everybody), len(own))
        self.assertEqual(self.ask("coordinator", "GET", f"{path}?teacher=999999").json()["lessons"], [])
        for bad in ("", "x", "0", "-1", "9" * 30):
            self.assert_problem(self.ask("coordinator", "GET", f"{path}?teacher={bad}"), 400, "teacher")

    def test_nothing_clashes_that_was_saved(self):
        self.assertEqual(self.week(self.schools[0]), [])
        self.assertEqual([row for row in self.week(1) if row["id"] == self.teacher], [])

    def test_bells_that_move_say_who_is_needed_twice_before_and_after(self):
        tried = self.move_bells(0, check=True)
        self.assertEqual((tried["moved"], tried["clashes"]), (2, 2))
        first = tried["clashing"][0]
        self.assertEqual((first["kind"], first["id"], first["name"]), ("teacher", self.teacher, self.name))
        self.assertEqual([row["id"] for row in first["lessons"]], self.lessons)
        self.assertEqual([row["school_name"] for row in first["lessons"]], [f"东小学{self.count}", f"西小学{self.count}"])
        self.assertEqual((first["start"], first["end"]), (self.moment(2, 560), self.moment(2, 575)))
        self.assertEqual(self.week(self.schools[0]), [])
        done = self.move_bells(0)
        self.assertEqual(done, tried)
        # both schools see it, and the county
        for organisation in (*self.schools, 1):
            clashes = [row for row in self.week(organisation) if row["id"] == self.teacher]
            self.assertEqual(len(clashes), 1)
            self.assertEqual([(row["start"], row["end"]) for row in clashes[0]["lessons"]],
                             [(self.moment(2, 535), self.moment(2, 575)), (self.moment(2, 560), self.moment(2, 600))])
        self.assertEqual([row["in_scope"] for row in self.week(self.schools[1])[0]["lessons"]], [False, True])
        self.assertEqual(len(self.week(self.schools[0], 7)), 1)
        self.assertEqual(self.week(self.id_of("organisations", "白杨教学点")), [])

    def test_a_change_tells_of_the_lessons_that_it_moves_alone(self):
        self.move_bells(0)
        # another period of the other school: what clashes already is not its doing
        later = self.bells([510, 550], [560, 600], [620, 660])
        effect = self.ask("coordinator", "POST", f"/organisations/{self.schools[1]}/bells/check", {**later, "set": self.sets[1]}).json()
        self.assertEqual((effect["moved"], effect["clashes"]), (0, 0))

    def put_day(self, organisation, days, body):
        answer = self.ask("coordinator", "PUT", f"/organisations/{organisation}/days/{self.day(days)}", body)
        self.assertEqual(answer.status, 200, answer.body)
        self.addCleanup(self.ask, "coordinator", "DELETE", f"/organisations/{organisation}/days/{self.day(days)}")
        return answer.json()

    def clear_day(self, organisation, days):
        answer = self.ask("coordinator", "DELETE", f"/organisations/{organisation}/days/{self.day(days)}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def held(self, school, days=0):
        """(day, id) of a week's lessons of a school that have a time."""
        lessons = self.ask("coordinator", "GET", f"/organisations/{self.schools[school]}/weeks/{self.day(days)}").json()["lessons"]
        return sorted((row["day"], row["id"]) for row in lessons if row["start"])

    def counts(self, effect):
        return {key: effect[key] for key in ("moved", "lost", "found", "kept", "clashes")}

    def test_a_day_swap_that_comes_after_the_lessons_brings_them(self):
        wednesday = (self.day(2), self.lessons[0])
        saturday = (self.day(5), f"e{self.entries[0]}-{self.day(5)}")
        effect = self.put_day(self.schools[0], 5, {"held_day": self.day(2)})
        self.assertEqual(self.counts(effect), {"moved": 0, "lost": 0, "found": 1, "kept": 0, "clashes": 0})
        [told] = effect["lessons"]
        self.assertEqual((told["id"], told["from"], told["to"]), (saturday[1], None, {"starts": self.moment(5, 510), "ends": self.moment(5, 550)}))
        self.assertEqual(self.held(0), [wednesday, saturday])
        self.assertEqual(self.rows("SELECT person FROM lesson_people WHERE lesson = ?", saturday[1]), [(self.teacher,)])
        # said once more it is the same
        self.assertEqual(self.counts(self.put_day(self.schools[0], 5, {"held_day": self.day(2)}))["found"], 0)
        # the day that it was held for is free, and is taught again when the holiday is given up
        self.assertEqual(self.counts(self.put_day(self.schools[0], 2, {"holiday": True}))["lost"], 1)
        self.assertEqual(self.held(0), [saturday])
        self.assertEqual(self.counts(self.clear_day(self.schools[0], 5))["lost"], 1)
        self.assertEqual(self.held(0), [])
        self.assertEqual(self.rows("SELECT count(*) FROM lessons WHERE id = ?", saturday[1]), [(0,)])
        self.assertEqual(self.counts(self.clear_day(self.schools[0], 2))["found"], 1)
        self.assertEqual(self.held(0), [wednesday])

    def test_a_day_swap_of_the_county_reaches_its_schools_and_says_who_is_needed_twice(self):
        other = self.place(1, 6, 2)  # on Saturdays, over what the other school's Wednesday begins then
        self.entries.append(other)
        mine, theirs = [f"e{self.entries[0]}-{self.day(5)}", f"e{self.entries[1]}-{self.day(5)}"], f"e{other}-{self.day(5)}"
        later = self.bells([535, 575], [580, 610], [610, 650])
        version = self.ask("coordinator", "GET", f"/organisations/{self.schools[0]}/bells").json()["sets"][0]["version"]
        self.ask("coordinator", "PUT", f"/organisations/{self.schools[0]}/bells/{self.sets[0]}", {**later, "version": version})
        own = self.put_day(self.schools[0], 5, {"held_day": self.day(2)})
        self.assertEqual(self.counts(own), {"moved": 0, "lost": 0, "found": 1, "kept": 0, "clashes": 1})
        self.assertEqual({row["id"] for row in own["clashing"][0]["lessons"]}, {mine[0], theirs})
        self.assertIn({mine[0], theirs}, [{row["id"] for row in clash["lessons"]} for clash in self.week(self.schools[0])])
        self.clear_day(self.schools[0], 5)
        # the county's day counts for both schools: Saturday's own lesson goes, Wednesday's two come
        effect = self.put_day(1, 5, {"held_day": self.day(2)})
        ids = {row["id"]: bool(row["to"]) for row in effect["lessons"] if row["school"] in self.schools}
        self.assertEqual(ids, {mine[0]: True, mine[1]: True, theirs: False})
        self.assertEqual([row[1] for row in self.held(1)], [self.lessons[1], mine[1]])
        # a school that keeps to the ordinary day
        self.assertEqual(self.counts(self.put_day(self.schools[1], 5, {"held_day": self.day(5)})), {"moved": 0, "lost": 1, "found": 1, "kept": 0, "clashes": 1})
        self.assertEqual([row[1] for row in self.held(1)], [self.lessons[1], theirs])
        self.clear_day(self.schools[1], 5)
        self.clear_day(1, 5)
        self.assertEqual(self.held(0), [(self.day(2), self.lessons[0])])
        self.assertEqual([row[1] for row in self.held(1)], [self.lessons[1], theirs])

    def test_an_exemption_brings_lessons_that_the_holiday_had_kept_from_being_made(self):
        self.put_day(1, 3, {"holiday": True})
        entry = self.place(0, 4, 2)
        self.entries.append(entry)
        thursday = f"e{entry}-{self.day(3)}"
        self.assertEqual(self.rows("SELECT count(*) FROM lessons WHERE id = ?", thursday), [(0,)])
        self.assertEqual(self.counts(self.put_day(self.schools[0], 3, {"held_day": self.day(3)}))["found"], 1)
        self.assertIn((self.day(3), thursday), self.held(0))

    def test_what_people_decided_stays_where_the_lesson_goes_on(self):
        lesson = self.lessons[0]
        stand_in = f"代课老师{self.count}"
        self.add_person(stand_in, "master_teacher", 1)
        self.ask("coordinator", "POST", f"/lessons/{lesson}/substitution",
                 {"place": self.rooms[0], "teacher": self.id_of("people", stand_in), "reason": "病假"})
        self.assertEqual(self.ask("coordinator", "POST", f"/lessons/{self.lessons[1]}/cancel", {"reason": "活动"}).status, 200)
        for body in ({"holiday": True}, {"held_day": self.day(9)}, {"held_day": self.day(2)}):  # the Wednesday after: the same lessons
            self.put_day(1, 2, body)
            self.clear_day(1, 2)
        self.assertEqual(self.rows("SELECT count(*) FROM substitutions WHERE lesson = ?", lesson), [(1,)])
        self.assertEqual(self.rows("SELECT state FROM lessons WHERE id = ?", self.lessons[1]), [("cancelled",)])
        # a Thursday has neither of them
        self.assertEqual(self.counts(self.put_day(self.schools[0], 2, {"held_day": self.day(3)}))["lost"], 1)
        self.assertEqual(self.rows("SELECT count(*) FROM substitutions WHERE lesson = ?", lesson), [(0,)])

    def test_a_cancelled_lesson_is_not_held_after_all_when_a_special_day_is_given_up(self):
        self.ask("coordinator", "POST", f"/lessons/{self.lessons[1]}/cancel", {"reason": "活动"})
        self.put_day(1, 2, {"held_day": self.day(3)})  # a Thursday, which has not got it
        self.clear_day(1, 2)
        self.assertEqual(self.rows("SELECT state, cancel_reason FROM lessons WHERE id = ?", self.lessons[1]), [("cancelled", "活动")])

    def test_what_has_begun_or_is_over_is_left_alone(self):
        self.rows("UPDATE lessons SET state = 'live' WHERE id = ?", self.lessons[0])
        self.assertEqual(self.counts(self.put_day(self.schools[0], 2, {"held_day": self.day(3)})), {"moved": 0, "lost": 0, "found": 0, "kept": 0, "clashes": 0})
        self.assertEqual(self.held(0), [(self.day(2), self.lessons[0])])
        # a term that has been going on: nothing comes in the past
        self.rows("UPDATE terms SET first_day = first_day - 70 WHERE id = ?", self.term)
        self.assertEqual(self.counts(self.put_day(self.schools[0], -9, {"held_day": self.day(-5)})), {"moved": 0, "lost": 0, "found": 0, "kept": 0, "clashes": 0})

    def test_periods_that_are_added_bring_the_lessons_that_had_none(self):
        short = self.bells([510, 550], [560, 600])
        path = f"/organisations/{self.schools[0]}/bells"

        def put(body):
            version = self.ask("coordinator", "GET", path).json()["sets"][0]["version"]
            return self.ask("coordinator", "PUT", f"{path}/{self.sets[0]}", {**body, "version": version}).json()

        put({**short, "last_day": self.day(6)})
        entry = self.place(0, 5, 1)  # in the first week alone
        self.entries.append(entry)
        effect = put(short)
        self.assertEqual(self.counts(effect)["found"], 2)  # Wednesday's comes back, Friday's was never made
        self.assertIn(f"e{entry}-{self.day(11)}", [row["id"] for row in effect["lessons"]])

    def test_a_holiday_that_is_given_up_brings_back_what_clashes(self):
        path = f"/organisations/{self.schools[0]}/days/{self.day(2)}"
        self.assertEqual(self.ask("coordinator", "PUT", path, {"holiday": True}).json()["clashes"], 0)
        self.assertEqual(self.move_bells(0)["clashes"], 1)  # that of the week after
        self.assertEqual(self.week(self.schools[0]), [])
        back = self.ask("coordinator", "DELETE", path).json()
        self.assertEqual((back["found"], back["clashes"]), (1, 1))
        self.assertEqual({row["id"] for row in back["clashing"][0]["lessons"]}, set(self.lessons))
        self.assertEqual(len(self.week(self.schools[0])), 1)

    def test_a_substitution_that_is_undone_and_a_room(self):
        stand_in = f"代课老师{self.count}"
        self.add_person(stand_in, "master_teacher", 1)
        lesson = self.lessons[0]
        answer = self.ask("coordinator", "POST", f"/lessons/{lesson}/substitution",
                          {"place": self.rooms[0], "teacher": self.id_of("people", stand_in), "reason": "病假"})
        self.assertEqual(answer.status, 200, answer.body)
        self.move_bells(0)
        self.assertEqual(self.week(self.schools[0]), [])
        self.assertEqual(len(self.week(self.schools[0], 7)), 1)
        # nobody may put the teacher back, so that the clash is there only where the database says so
        self.rows("DELETE FROM substitutions WHERE lesson = ?", lesson)
        self.assertEqual([row["kind"] for row in self.week(self.schools[0])], ["teacher"])
        self.rows("UPDATE timetable_entries SET room = ? WHERE id = ?", self.rooms[1], self.entries[0])
        self.rows("UPDATE lessons SET period = 2 WHERE id = ?", lesson)
        found = self.week(self.schools[1])
        self.assertEqual([(row["kind"], row["id"]) for row in found if row["kind"] == "room"], [("room", self.rooms[1])])
        self.assertEqual(next(row for row in found if row["kind"] == "room")["name"], f"西小学{self.count} 一号")
        self.rows("UPDATE timetable_entries SET room = ? WHERE id = ?", self.rooms[0], self.entries[0])

    def ignored(self, days=0):
        return [clash["ignored"] and clash["ignored"]["reason"] for clash in self.week(self.schools[0], days)]

    def name_of(self, **changes):
        clash, = self.week(self.schools[0])
        return {"kind": clash["kind"], "id": clash["id"], "lessons": [row["id"] for row in clash["lessons"]], **changes}

    def test_one_is_left_as_it_is_for_a_reason_until_it_gets_worse(self):
        self.move_bells(0)
        name = self.name_of()
        answer = self.ask("coordinator", "POST", "/clashes/ignored", {**name, "lessons": name["lessons"][::-1], "reason": "两间教室相邻"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((self.ignored(), self.ignored(7)), (["两间教室相邻"], ["两间教室相邻"]))  # each week
        self.assertEqual(self.week(self.schools[1])[0]["ignored"]["by"], "coordinator")
        check = f"/organisations/{self.schools[0]}/bells/check"
        for start, clashes in ((530, 0), (545, 2)):  # 10 minutes instead of 15, or 25
            later = self.bells([start, start + 40], [590, 605], [610, 650])
            self.assertEqual(self.ask("coordinator", "POST", check, {**later, "set": self.sets[0]}).json()["clashes"], clashes)
        self.assertEqual(self.ask("coordinator", "DELETE", "/clashes/ignored", name).status, 200)
        self.assertEqual(self.ignored(), [None])
        self.assert_problem(self.ask("coordinator", "DELETE", "/clashes/ignored", name), 404, "clash")
        log = self.rows("SELECT person, event, detail FROM audit_log WHERE object = ? ORDER BY number", "entries {} {}".format(*self.entries))
        self.assertEqual(log, [("coordinator", "clash.ignore", '{"reason":"两间教室相邻"}'), ("coordinator", "clash.heed", "")])

    def test_what_is_no_clash_or_has_no_reason_is_not_ignored(self):
        self.move_bells(0)
        name = self.name_of()

        def ask(changes, who="coordinator"):
            return self.ask(who, "POST", "/clashes/ignored", {**name, "reason": "x", **changes})

        for changes in ({"id": self.teacher + 1}, {"kind": "room"}, {"lessons": [self.lessons[0], "e1-2020-01-01"]}, {"lessons": ["nothing", self.lessons[0]]}):
            self.assert_problem(ask(changes), 404, "clash")
        self.assert_problem(ask({}, "stranger"), 404, "clash")  # of another school
        for changes in ({"reason": None}, {"kind": "device"}, {"lessons": [self.lessons[0]]}, {"lessons": "x"}, {"id": "x"}, {"reason": "x" * 121}):
            self.assert_problem(ask(changes), 400)
        for reason in ("", "a\nb"):
            self.assert_problem(ask({"reason": reason}), 422, "reason")
        self.assertEqual(self.ignored(), [None])
        self.assertEqual(ask({}).status, 200)
        self.remove(self.entries[1])
        self.assertEqual(self.rows("SELECT count(*) FROM ignored_clashes WHERE subject = ?", name["id"]), [(0,)])

    def test_who_stands_in_elsewhere_is_needed_there(self):
        other = f"另一位{self.count}"
        self.add_person(other, "master_teacher", 1)
        entry = self.place(1, 3, 1, teacher=self.id_of("people", other))
        self.entries.append(entry)
        self.rows("INSERT INTO substitutions VALUES (?, ?, NULL, ?, '病假', 'x', 1)", f"e{entry}-{self.day(2)}", self.rooms[1], self.teacher)
        self.assertEqual([{row["id"] for row in clash["lessons"]} for clash in self.week(self.schools[0])],
                         [{self.lessons[0], f"e{entry}-{self.day(2)}"}])
        self.assertEqual(self.ask("coordinator", "POST", f"/lessons/{self.lessons[0]}/cancel", {"reason": "活动"}).status, 200)
        self.assertEqual(self.week(self.schools[0]), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
