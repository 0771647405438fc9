"""A school's bells through /api/v1: sets that are changed, ended and removed, special days, and which lessons move."""
import datetime
import unittest

from county import County

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def local_now():
    return datetime.datetime.now(ZONE)


def date(days=0):
    return (local_now().date() + datetime.timedelta(days=days)).isoformat()


def day_number(text):
    return (datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days


def moment(day, minute):
    return int((datetime.datetime.fromisoformat(day).replace(tzinfo=ZONE) + datetime.timedelta(minutes=minute)).timestamp())


ANY = {"If-Match": "*"}  # whichever version a set has


class Bells(County):
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("书法老师", "master_teacher", 1)

    def setUp(self):
        """A school of its own, with a master room, a set of two periods and a lesson in each of the next seven days."""
        Bells.count += 1
        self.school = self.create("/organisations", {"parent": 1, "kind": "school", "name": f"铃声小学{self.count}"})
        room = self.create("/rooms", {"school": self.school, "name": "一号", "use": "master"})
        self.path = f"/organisations/{self.school}/bells"
        self.set = {"name": "秋季", "first_day": date(-30), "last_day": date(90), "periods": [[510, 550], [560, 600]]}
        self.id = self.create(self.path, self.set)
        term = self.create("/terms", {"organisation": self.school, "name": "学期", "first_day": date(-20), "last_day": date(6)})
        teacher = self.id_of("people", "书法老师")
        self.entries = [self.create("/timetable", {
            "term": term, "subject": "书法", "grade": 3, "room": room, "teacher": teacher, "period": 2,
            "weekday": datetime.date.fromisoformat(date(days)).isoweekday(), "first_week": 1, "last_week": 60})
            for days in range(1, 7)]

    def tearDown(self):
        for entry in self.entries:
            version = self.ask("coordinator", "GET", f"/timetable/{entry}").json()["version"]
            self.ask("coordinator", "DELETE", f"/timetable/{entry}", {"version": version})

    def create(self, path, body):
        answer = self.ask("coordinator", "POST", path, body)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["id"]

    def lesson(self, day):
        """A lesson of the first entry that is there already, whatever day it is."""
        name = f"e{self.entries[0]}-{day}"
        self.rows("INSERT INTO lessons (id, title, created, entry, day, period) VALUES (?, '书法', 0, ?, ?, 2)",
                  name, self.entries[0], day_number(day))
        self.addCleanup(self.rows, "DELETE FROM lessons WHERE id = ?", name)
        return name

    def times(self):
        """Of all lessons of the school, by id, in three weeks around today."""
        found = {}
        for days in (-7, 0, 7):
            for row in self.ask("coordinator", "GET", f"/organisations/{self.school}/weeks/{date(days)}").json()["lessons"]:
                found[row["id"]] = (row["start"], row["end"])
        return found

    def counts(self, answer):
        self.assertEqual(answer.status, 200, answer.body)
        return {key: answer.json()[key] for key in ("moved", "lost", "found", "kept")}

    def test_a_set_that_moves_takes_its_lessons_along_and_says_which(self):
        before = self.times()
        self.assertEqual(len(before), 6)
        later = {**self.set, "periods": [[510, 550], [570, 610]]}
        tried = self.ask("coordinator", "POST", f"{self.path}/check", {**later, "set": self.id})
        self.assertEqual(self.counts(tried), {"moved": 6, "lost": 0, "found": 0, "kept": 0})
        self.assertEqual(self.times(), before)
        done = self.ask("coordinator", "PUT", f"{self.path}/{self.id}", later, headers=ANY)
        self.assertEqual(done.json(), tried.json())
        self.assertEqual(self.times(), {name: (start + 600, end + 600) for name, (start, end) in before.items()})
        first = done.json()["lessons"][0]
        self.assertEqual((first["day"], first["subject"], first["period"]), (date(1), "书法", 2))
        self.assertEqual(first["from"], {"starts": moment(date(1), 560), "ends": moment(date(1), 600)})
        self.assertEqual(first["to"], {"starts": moment(date(1), 570), "ends": moment(date(1), 610)})

    def test_a_lesson_that_has_begun_keeps_its_time(self):
        minute = local_now().hour * 60 + local_now().minute
        far = (minute + 720) % 1440
        running = {**self.set, "periods": [[far, far + 10], [max(minute - 5, 0), minute + 30]]}
        moved = {**self.set, "periods": [[far, far + 10], [min(minute + 6, 1439), minute + 40]]}
        self.assertEqual(self.ask("coordinator", "PUT", f"{self.path}/{self.id}", running, headers=ANY).status, 200)
        kept = {self.lesson(date(0)), self.lesson(date(-7))}
        before = self.times()
        report = self.ask("coordinator", "PUT", f"{self.path}/{self.id}", moved, headers=ANY)
        self.assertEqual(self.counts(report), {"moved": 6, "lost": 0, "found": 0, "kept": 2})
        after = self.times()
        for name, time in before.items():
            self.assertEqual(after[name] == time, name in kept, name)
        # nor does anything later move them
        self.assertEqual(self.counts(self.ask("coordinator", "DELETE", f"{self.path}/{self.id}", headers=ANY))["lost"], 6)
        self.assertEqual({name: self.times()[name] for name in kept}, {name: before[name] for name in kept})

    def test_a_set_that_ends_takes_the_time_of_what_comes_after(self):
        ended = self.ask("coordinator", "PUT", f"{self.path}/{self.id}", {**self.set, "last_day": date(3)}, headers=ANY)
        self.assertEqual(self.counts(ended), {"moved": 0, "lost": 3, "found": 0, "kept": 0})
        self.assertEqual(ended.json()["lessons"][0]["to"], None)
        [row] = self.ask("coordinator", "GET", self.path).json()["sets"]
        self.assertEqual((row["id"], row["name"], row["last_day"]), (self.id, "秋季", date(3)))
        winter = self.ask("coordinator", "POST", f"{self.path}/check", {**self.set, "first_day": date(4)})
        self.assertEqual(self.counts(winter), {"moved": 0, "lost": 0, "found": 3, "kept": 0})

    def test_a_holiday_of_the_county_and_its_end(self):
        report = self.ask("coordinator", "PUT", f"/organisations/1/days/{date(2)}", {"holiday": True})
        mine = [lesson for lesson in report.json()["lessons"] if lesson["school"] == self.school]
        self.assertEqual([(lesson["day"], lesson["to"]) for lesson in mine], [(date(2), None)])
        [day] = [row for row in self.ask("coordinator", "GET", self.path).json()["days"] if row["day"] == date(2)]
        self.assertEqual(day, {"day": date(2), "holiday": True, "held_day": None, "organisation": 1})
        # the school itself holds an ordinary day
        self.assertEqual(self.counts(self.ask("coordinator", "PUT", f"/organisations/{self.school}/days/{date(2)}", {"held_day": date(2)}))["found"], 1)
        self.assertEqual(self.counts(self.ask("coordinator", "DELETE", f"/organisations/{self.school}/days/{date(2)}"))["lost"], 1)
        back = self.ask("coordinator", "DELETE", f"/organisations/1/days/{date(2)}").json()
        self.assertEqual([lesson["from"] for lesson in back["lessons"] if lesson["school"] == self.school], [None])

    def test_what_cannot_be_is_refused_and_changes_nothing(self):
        before = self.ask("coordinator", "GET", self.path).json()
        for method, path, body, status, word in [
                ("PUT", f"{self.path}/{self.id}", {**self.set, "periods": [[510, 550], [540, 600]]}, 422, "overlap"),
                ("PUT", f"{self.path}/{self.id}", {**self.set, "last_day": date(-40)}, 422, "last day"),
                ("PUT", f"{self.path}/{self.id}", {**self.set, "name": ""}, 422, "name"),
                ("PUT", f"{self.path}/{self.id}", {**self.set, "periods": []}, 400, "periods"),
                ("PUT", f"{self.path}/999999", self.set, 404, "no such set"),
                ("DELETE", f"{self.path}/999999", None, 404, "no such set"),
                ("DELETE", f"/organisations/1/bells/{self.id}", None, 404, "no such set"),
                ("POST", f"{self.path}/check", {"set": 999999, "remove": True}, 404, "no such set"),
                ("DELETE", f"/organisations/{self.school}/days/{date(1)}", None, 404, "nothing was said")]:
            with self.subTest(method + path):
                self.assert_problem(self.ask("coordinator", method, path, body, headers=ANY), status, word)
        self.assertEqual(self.ask("coordinator", "GET", self.path).json(), before)

    def test_of_two_who_change_a_set_the_later_one_is_told(self):
        one = f"{self.path}/{self.id}"
        [row] = self.ask("coordinator", "GET", self.path).json()["sets"]
        self.assertEqual(self.ask("coordinator", "PUT", one, {**self.set, "version": row["version"]}).status, 200)
        for method, body in (("PUT", {**self.set, "name": "冬季"}), ("DELETE", {})):
            self.assert_problem(self.ask("coordinator", method, one, body), 428)
            self.assert_problem(self.ask("coordinator", method, one, {**body, "version": row["version"]}), 412, "meanwhile")
            self.assert_problem(self.ask("coordinator", method, one, body, headers={"If-Match": f'"{row["version"]}"'}), 412, "meanwhile")
        [now] = self.ask("coordinator", "GET", self.path).json()["sets"]
        self.assertEqual(now, {**row, "version": row["version"] + 1})
        self.assertEqual(self.ask("coordinator", "DELETE", one, headers={"If-Match": f'"{now["version"]}"'}).status, 200)

    def test_a_set_has_its_version_as_etag(self):
        one = f"{self.path}/{self.id}"
        seen = self.ask("coordinator", "GET", one)
        [row] = self.ask("coordinator", "GET", self.path).json()["sets"]
        self.assertEqual((seen.status, seen.json(), seen.header("etag")), (200, row, f'"{row["version"]}"'))
        changed = self.ask("coordinator", "PUT", one, self.set, headers={"If-Match": seen.header("etag")})
        self.assertEqual((changed.status, changed.header("etag")), (200, f'"{row["version"] + 1}"'))
        self.assert_problem(self.ask("coordinator", "PUT", one, self.set, headers={"If-Match": seen.header("etag")}), 412, "meanwhile")
        self.assertEqual(self.ask("coordinator", "PUT", one, self.set, headers={"If-Match": changed.header("etag")}).status, 200)
        for path in (f"{self.path}/999999", f"/organisations/1/bells/{self.id}"):
            self.assert_problem(self.ask("coordinator", "GET", path), 404, "no such set")

    def test_a_special_day_can_be_tried_before(self):
        before, week = self.ask("coordinator", "GET", self.path).json(), self.times()
        path = f"/organisations/{self.school}/days/{date(2)}"
        for body in ({"holiday": True}, {"held_day": date(3)}, {"held_day": date(2)}):
            tried = self.ask("coordinator", "POST", f"{self.path}/check", {"day": date(2), **body})
            self.assertEqual((self.ask("coordinator", "GET", self.path).json(), self.times()), (before, week))
            done = self.ask("coordinator", "PUT", path, body)
            self.assertEqual((done.status, done.json()), (tried.status, tried.json()))
            back = self.ask("coordinator", "POST", f"{self.path}/check", {"day": date(2), "remove": True})
            self.assertEqual(self.ask("coordinator", "DELETE", path).json(), back.json())
        # another's day: its lesson comes and the day's own goes
        tried = self.ask("coordinator", "POST", f"{self.path}/check", {"day": date(2), "held_day": date(3)})
        self.assertEqual(self.counts(tried), {"moved": 0, "lost": 1, "found": 1, "kept": 0})
        for body, status in (({"day": date(2)}, 400), ({"day": "x", "holiday": True}, 400), ({"day": date(2), "remove": True}, 404)):
            self.assert_problem(self.ask("coordinator", "POST", f"{self.path}/check", body), status)

    def test_what_stands_in_for_a_lesson_that_goes_is_counted(self):
        lesson, other = f"e{self.entries[1]}-{date(2)}", f"e{self.entries[2]}-{date(3)}"
        room, = self.rows("SELECT room FROM timetable_entries WHERE id = ?", self.entries[1])[0]
        stand_ins = lambda: self.rows("SELECT lesson FROM substitutions WHERE lesson IN (?, ?) ORDER BY lesson", lesson, other)  # noqa: E731
        for name in (lesson, other):
            self.rows("INSERT INTO substitutions VALUES (?, ?, NULL, ?, '病', 'x', 0)", name, room, self.id_of("people", "王芳"))
        path = f"/organisations/{self.school}/days/{date(2)}"

        def told(method, body=None):
            answer = self.ask("coordinator", method, path, body).json()
            return {key: answer[key] for key in ("lost", "found", "substitutions")}

        # on a holiday it waits with its lesson
        self.assertEqual(told("PUT", {"holiday": True}), {"lost": 1, "found": 0, "substitutions": 1})
        self.assertEqual(told("DELETE"), {"lost": 0, "found": 1, "substitutions": 0})
        self.assertEqual(len(stand_ins()), 2)
        # where another day is held the lesson goes, and it with it
        tried = self.ask("coordinator", "POST", f"{self.path}/check", {"day": date(2), "held_day": date(4)}).json()
        self.assertEqual((tried["lost"], tried["found"], tried["substitutions"], len(stand_ins())), (1, 1, 1, 2))
        self.assertEqual(told("PUT", {"held_day": date(4)}), {"lost": 1, "found": 1, "substitutions": 1})
        self.assertEqual(stand_ins(), [(other,)])
        self.assertEqual(told("DELETE"), {"lost": 1, "found": 1, "substitutions": 0})
        # and so does the end of a set of bells tell it
        ended = self.ask("coordinator", "POST", f"{self.path}/check", {**self.set, "set": self.id, "last_day": date(1)}).json()
        self.assertEqual((ended["lost"], ended["substitutions"]), (5, 1))

    def test_every_change_stands_in_the_audit_log(self):
        self.ask("coordinator", "PUT", f"{self.path}/{self.id}", self.set, headers=ANY)
        self.ask("coordinator", "POST", f"{self.path}/check", {"set": self.id, "remove": True})
        self.ask("coordinator", "DELETE", f"{self.path}/{self.id}", headers=ANY)
        rows = self.rows("SELECT event, detail FROM audit_log WHERE object = ? ORDER BY number", f"organisation {self.school}")
        detail = f'{{"set":{self.id}}}'
        self.assertEqual(rows, [("bells.add", detail), ("bells.change", detail), ("bells.remove", detail)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
