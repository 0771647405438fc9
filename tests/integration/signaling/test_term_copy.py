"""Last term's timetable in the next one: all of it with its pairings, or nothing and what is in the way."""
import datetime
import json
import unittest

from county import County

ZONE = datetime.timezone(datetime.timedelta(hours=8))


class TermCopy(County):
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = datetime.datetime.now(ZONE).date()
        cls.monday = today + datetime.timedelta(days=7 - today.weekday())

    def setUp(self):
        """A master room and a receiving one, paired with consent, with lessons on Monday and Wednesday of the old term."""
        TermCopy.count += 1
        self.schools = [self.create("/organisations", {"parent": 1, "kind": "school", "name": f"{name}{self.count}"}) for name in ("东小学", "西小学")]
        for school in self.schools:
            self.create(f"/organisations/{school}/bells", {"name": "作息", "first_day": self.day(-60), "last_day": self.day(300), "periods": [[510, 550], [560, 600]]})
        self.rooms = [self.create("/rooms", {"school": school, "name": "一号", "use": use}) for school, use in zip(self.schools, ("master", "receiving"))]
        self.teacher = self.person("主讲", "master_teacher", self.schools[0])
        self.local = self.person("辅助", "local_teacher", self.schools[1])
        self.old, self.new = self.term("上学期", 0, 20), self.term("下学期", 28, 48)
        self.pairing = self.create("/pairings", {"term": self.old, "master_room": self.rooms[0], "receiving_room": self.rooms[1], "subject": "", "consent": True})
        self.entries = [self.place(self.old, 1, 1), self.place(self.old, 3, 2, weeks="odd")]

    def day(self, days):
        return (self.monday + datetime.timedelta(days=days)).isoformat()

    def person(self, name, role, school):
        self.add_person(f"{name}{self.count}", role, school)
        return self.id_of("people", f"{name}{self.count}")

    def term(self, name, first, last):
        return self.create("/terms", {"organisation": 1, "name": f"{name}{self.count}", "first_day": self.day(first), "last_day": self.day(last)})

    def create(self, path, body):
        answer = self.ask("coordinator", "POST", path, body)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["id"]

    def place(self, term, weekday, period, **changes):
        return self.create("/timetable", {"term": term, "subject": "书法", "grade": 3, "room": self.rooms[0], "teacher": self.teacher, "weekday": weekday, "period": period,
                                          "first_week": 1, "last_week": 60, "receiving": [{"room": self.rooms[1], "teacher": self.local}], **changes})

    def copy(self, name="coordinator", into=None, **changes):
        return self.ask(name, "POST", f"/terms/{into or self.new}/copy", {"from": self.old, "organisation": self.schools[0], **changes})

    def refused(self, **changes):
        answer = self.copy(**changes)
        self.assert_problem(answer, 409, "nothing was copied")
        self.assertEqual(self.state(), self.before)
        return [{key: problem[key] for key in ("entry", "kind", "id", "other", "day")} for problem in answer.json()["problems"]]

    def state(self):
        return [self.rows(f"SELECT count(*) FROM {table}") for table in ("timetable_entries", "lessons", "pairings", "entry_rooms", "audit_log WHERE event = 'term.copy'")]

    def week(self, days):
        return [(lesson["day"], lesson["period"], lesson["receiving"]) for lesson in self.ask("coordinator", "GET", f"/organisations/{self.schools[0]}/weeks/{self.day(days)}").json()["lessons"]]

    def test_everything_is_there_again_with_its_pairings_but_without_consent(self):
        answer = self.copy()
        self.assertEqual((answer.status, answer.json()), (200, {"entries": 2, "pairings": 1, "lessons": 3 + 2}), answer.body)
        self.assertEqual(self.week(28), [(self.day(28), 1, [self.rooms[1]]), (self.day(30), 2, [self.rooms[1]])])
        self.assertEqual(self.week(35), [(self.day(35), 1, [self.rooms[1]])])  # an even week
        pairing = next(row for row in self.list("pairings") if row["term"] == self.new)
        self.assertEqual((pairing["state"], pairing["consent"], pairing["consent_by"], pairing["placed"]), ("active", None, "", True))
        (person, outcome, detail), = self.rows("SELECT person, outcome, detail FROM audit_log WHERE event = 'term.copy' AND object = ?", f"term {self.new}")
        self.assertEqual((person, outcome, json.loads(detail)), ("coordinator", "done", {"from": self.old, "organisation": self.schools[0], "entries": 2}))
        self.assertEqual(len(self.week(0)), 2)  # the old ones stay

    def test_what_is_needed_twice_is_reported_and_can_be_left_out(self):
        self.create("/pairings", {"term": self.new, "master_room": self.rooms[0], "receiving_room": self.rooms[1], "subject": ""})
        there = self.place(self.new, 3, 2, subject="美术", teacher=self.person("另一位", "master_teacher", self.schools[0]), receiving=[])
        self.before = self.state()
        self.assertEqual(self.refused(), [{"entry": self.entries[1], "kind": "room", "id": self.rooms[0], "other": there, "day": self.day(30)}])
        answer = self.copy(without=[self.entries[1]])
        self.assertEqual((answer.status, answer.json()), (200, {"entries": 1, "pairings": 0, "lessons": 3}), answer.body)
        self.before = self.state()
        again = self.refused(without=[self.entries[1]])
        self.assertEqual({(problem["entry"], problem["kind"]) for problem in again}, {(self.entries[0], "teacher"), (self.entries[0], "room")})

    def test_a_frozen_pairing_and_a_day_that_is_not_there_are_in_the_way(self):
        self.assertEqual(self.ask("coordinator", "PUT", f"/pairings/{self.pairing}", {"version": 1, "frozen": True}).status, 200)
        days = self.term("两天", 56, 57)
        self.before = self.state()
        unpaired = [{"entry": entry, "kind": "pairing", "id": self.rooms[1], "other": None, "day": None} for entry in self.entries]
        self.assertEqual(self.refused(), unpaired)
        self.assertEqual(self.refused(into=days), [unpaired[0], {**unpaired[1], "kind": "no_lesson", "id": None}, unpaired[1]])

    def test_a_retired_subject_and_bells_that_do_not_fit_are_in_the_way(self):
        name = f"剪纸{self.count}"
        subject = self.ask("coordinator", "POST", "/subjects", {"name": name}).json()["id"]
        retired = self.place(self.old, 2, 1, subject=name)
        self.assertEqual(self.ask("coordinator", "PUT", f"/subjects/{subject}", {"name": name, "retired": True}).status, 200)
        self.create(f"/organisations/{self.schools[1]}/bells", {"name": "下学期", "first_day": self.day(28), "last_day": self.day(60), "periods": [[545, 570], [600, 640]]})
        self.place(self.old, 5, 1, receiving=[{"room": self.rooms[1], "live": True}])  # as it is held, whatever those bells say
        self.before = self.state()
        told = {(problem["entry"], problem["kind"], problem["id"]) for problem in self.refused()}
        self.assertEqual(told, {(retired, "retired", None), *((entry, "bells", self.rooms[1]) for entry in (*self.entries, retired))})

    def test_nobody_copies_for_people_and_rooms_of_others(self):
        name = f"校长{self.count}"
        self.add_person(name, "coordinator", self.schools[0])
        alone = self.place(self.old, 5, 1, receiving=[])
        self.before = self.state()
        self.assertEqual([(problem["entry"], problem["kind"]) for problem in self.refused(name=name)], [(entry, "not_yours") for entry in self.entries])
        self.assert_problem(self.copy(name=name, organisation=self.schools[1]), 403, "not yours")
        self.assertEqual(self.copy(name=name, without=self.entries).json(), {"entries": 1, "pairings": 0, "lessons": 3})
        self.assertIsNotNone(alone)

    def test_who_is_disabled_is_in_the_way(self):
        self.rows("UPDATE people SET disabled = 1 WHERE id = ?", self.local)
        self.before = self.state()
        self.assertEqual([(row["entry"], row["kind"], row["id"]) for row in self.refused()], [(entry, "disabled", self.local) for entry in self.entries])

    def test_nothing_is_copied_into_the_term_of_another_school(self):
        days = {"first_day": self.day(28), "last_day": self.day(48)}
        own, others = [self.create("/terms", {"organisation": school, "name": "校历", **days}) for school in self.schools]
        self.before = self.state()
        answer = self.copy(into=others)
        self.assertEqual((answer.status, answer.json()["code"]), (422, "term_of_others"))
        self.assertEqual(self.state(), self.before)
        self.assertEqual(self.copy(into=own).status, 200)

    def test_what_cannot_be_is_refused(self):
        self.before = self.state()
        self.assert_problem(self.copy(into=self.old), 422, "another")
        for changes in ({"into": 9999}, {"from": 9999}):
            self.assert_problem(self.copy(**changes), 404, "term")
        for changes in ({"from": "x"}, {"organisation": 0}, {"without": 3}, {"without": ["x"]}, {"without": [1] * 1001}):
            self.assert_problem(self.copy(**changes), 400)
        self.assertEqual(self.copy(organisation=self.schools[1]).json(), {"entries": 0, "pairings": 0, "lessons": 0})  # no master room
        self.assertEqual(self.state()[:4], self.before[:4])


if __name__ == "__main__":
    unittest.main(verbosity=2)
