"""The county's timetable through /api/v1: who may do what, conflicts and their repairs, changes that cross."""
import datetime
import json
import sqlite3
import unittest
from concurrent.futures import ThreadPoolExecutor

from county import County, WeeklyLesson
from harness import JSON


class Timetable(WeeklyLesson, County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("system_admin", "system_admin")
        cls.add_person("stranger", "coordinator")
        cls.add_person("headmaster", "coordinator", 3)

    # ---- who may do what -------------------------------------------------------------------------

    def test_everybody_sees_and_changes_their_own_part_of_the_tree(self):
        self.assertEqual(self.list("organisations"), self.list("organisations", "system_admin"))
        self.assertLessEqual({"青山县", "实验小学", "白杨教学点"}, {row["name"] for row in self.list("organisations")})
        self.assertEqual([row["name"] for row in self.list("organisations", "headmaster")], ["白杨教学点"])
        self.assertEqual([row["name"] for row in self.list("rooms", "headmaster")], ["三年级教室"])
        self.assertEqual({row["name"] for row in self.list("people", "headmaster")}, {"赵敏", "headmaster"})
        self.assert_problem(self.ask("stranger", "GET", "/rooms"), 403, "no school or county")
        other = self.id_of("organisations", "石沟教学点")
        for method, path, body in [("GET", f"/organisations/{other}/bells", None), ("GET", f"/organisations/{other}/weeks/2026-10-01", None),
                                   ("POST", "/rooms", {"school": other, "name": "x"}), ("POST", "/timetable", self.entry()),
                                   ("POST", "/organisations", {"kind": "county", "name": "x"}),
                                   ("POST", "/terms", {"organisation": other, "name": "x", "first_day": "2026-09-01", "last_day": "2027-01-01"}),
                                   ("PUT", f"/organisations/{other}/days/2026-10-01", {"holiday": True})]:
            with self.subTest(path):
                self.assert_problem(self.ask("headmaster", method, path, body), 403, "not yours")

    def test_nobody_plans_for_rooms_and_people_of_others(self):
        own = {"term": self.list("terms")[0]["id"], "subject": "书法", "grade": 3, "weekday": 5, "period": 5, "receiving": []}
        answer = self.ask("coordinator", "POST", "/rooms", {"school": self.id_of("organisations", "白杨教学点"), "name": "自己的", "use": "both"})
        own |= {"room": answer.json()["id"], "teacher": self.id_of("people", "赵敏")}
        self.assertEqual(self.ask("headmaster", "POST", "/timetable/check", own).status, 200)
        for change in [{"teacher": self.id_of("people", "王芳")}, {"receiving": [{"room": self.id_of("rooms", "复式教室")}]},
                       {"receiving": [{"room": self.id_of("rooms", "三年级教室"), "teacher": self.id_of("people", "周强")}]}]:
            with self.subTest(change):
                self.assert_problem(self.ask("headmaster", "POST", "/timetable", {**own, **change}), 403, "not yours")
        self.assert_problem(self.ask("coordinator", "POST", "/timetable", {**own, "teacher": 999}), 404)

    def test_strange_bodies_and_numbers_are_refused(self):
        for body in ["", "[]", "{", '{"term":1}', json.dumps(self.entry(grade=13)), json.dumps(self.entry(weeks="some")),
                     json.dumps(self.entry(receiving=[{"room": "x"}])), json.dumps(self.entry(receiving=[{}] * 33)),
                     json.dumps(self.entry(subject="x" * 65)), json.dumps(self.entry(period=-1))]:
            with self.subTest(body[:40]):
                answer = self.call("POST", "/api/v1/timetable", body, kind=JSON, headers={"Cookie": self.cookie("coordinator")})
                self.assert_problem(answer, 400)
        self.assert_problem(self.ask("coordinator", "POST", "/timetable", self.entry(first_week=9, last_week=3)), 422, "weeks")
        self.assert_problem(self.ask("coordinator", "POST", "/timetable", self.entry(room=999)), 404)
        self.assert_problem(self.ask("coordinator", "POST", "/timetable", self.entry(room=self.id_of("rooms", "复式教室"))), 422, "no master room")
        self.assert_problem(self.ask("coordinator", "GET", "/timetable/x"), 404)
        self.assert_problem(self.ask("coordinator", "GET", "/organisations/1/weeks/2026-02-30"), 400)

    # ---- the timetable ---------------------------------------------------------------------------

    def week(self, path):
        first = next(iter(self.ask("coordinator", "GET", path).json()["receiving"]))
        self.assertTrue(first["room"])
        day = datetime.date.today() + datetime.timedelta(days=7)
        answer = self.ask("coordinator", "GET", f"/organisations/1/weeks/{day}").json()
        return [lesson for lesson in answer["lessons"] if lesson["entry"] == int(path.rsplit("/", 1)[1])]

    def test_a_lesson_that_was_placed_stands_in_its_week(self):
        path = self.place()
        [lesson] = self.week(path)
        self.assertEqual((lesson["subject"], lesson["period"], lesson["state"]), ("科学", 5, "scheduled"))
        self.assertEqual(datetime.date.fromisoformat(lesson["day"]).isoweekday(), 5)
        self.assertEqual(lesson["receiving"], [self.id_of("rooms", "复式教室")])
        # 14:00 to 14:40 in Shanghai
        start = datetime.datetime.fromtimestamp(lesson["start"], datetime.timezone(datetime.timedelta(hours=8)))
        self.assertEqual((start.strftime("%H:%M"), lesson["end"] - lesson["start"]), ("14:00", 2400))

    def test_the_week_of_a_county_opens_at_a_school_with_lessons_else_with_bells(self):
        county = self.id_of("organisations", "青山县")
        monday = datetime.date(1970, 1, 1) + datetime.timedelta(self.rows("SELECT max(day) FROM lessons")[0][0])
        first = lambda organisation, day: self.ask("coordinator", "GET", f"/organisations/{organisation}/weeks/{day}/school").json()["school"]  # noqa: E731
        busy = {row["room"] for row in self.ask("coordinator", "GET", f"/organisations/{county}/weeks/{monday}").json()["lessons"]}
        empty = self.ask("coordinator", "POST", "/organisations", {"parent": county, "kind": "school", "name": "0校"}).json()["id"]  # before all others
        self.addCleanup(self.rows, "DELETE FROM organisations WHERE id = ?", empty)
        found = first(county, monday)
        self.assertNotEqual(found, empty)
        received = {room for room, in self.rows("SELECT room FROM entry_rooms")}
        self.assertTrue({room["id"] for room in self.list("rooms") if room["school"] == found} & (busy | received))
        self.assertIsNone(first(county, "2031-06-02"))  # neither lessons nor bells
        self.assertIsNone(first(empty, monday))
        bells = {"name": "夏", "first_day": "2031-05-01", "last_day": "2031-07-01", "periods": [[510, 550]]}
        made = self.ask("coordinator", "POST", f"/organisations/{empty}/bells", bells).json()["id"]
        self.assertEqual((first(county, "2031-06-02"), first(county, "2031-08-04")), (empty, None))
        self.assertEqual(first(county, monday), found)
        self.assertEqual(self.ask("coordinator", "DELETE", f"/organisations/{empty}/bells/{made}", {"version": 1}).status, 200)

    def test_a_teacher_is_shown_the_lessons_of_today(self):
        zone = datetime.timezone(datetime.timedelta(hours=8))
        for weekday in {datetime.datetime.now(zone).isoweekday(), 3}:
            self.place(weekday=weekday, period=6, receiving=[])
        today = datetime.datetime.now(zone).date().isoformat()
        teacher = self.id_of("people", "王芳")
        week = self.ask("coordinator", "GET", f"/organisations/1/weeks/{today}").json()["lessons"]
        expected = [lesson["id"] for lesson in week if lesson["teacher"] == teacher and lesson["day"] == today]
        self.assertTrue(expected)
        shown = self.ask("王芳", "GET", "/me").json()["lessons"]
        self.assertEqual([lesson["id"] for lesson in shown], expected)
        self.assertEqual(shown[-1]["end"] - shown[-1]["start"], 2400)

    def test_a_conflict_is_named_with_a_place_that_is_free_and_that_place_is(self):
        self.place()
        wanted = self.entry(room=self.id_of("rooms", "录播教室二"), receiving=[])
        report = self.ask("coordinator", "POST", "/timetable/check", wanted).json()
        self.assertEqual([(row["kind"], row["id"]) for row in report["conflicts"]], [("teacher", wanted["teacher"])])
        answer = self.ask("coordinator", "POST", "/timetable", wanted)
        self.assert_problem(answer, 409, "twice")
        self.assertEqual(answer.json()["conflicts"], report["conflicts"])
        self.assertEqual(answer.json()["suggestions"], report["suggestions"])
        self.assertEqual(report["suggestions"][0], {"weekday": 5, "period": 4})
        self.place(**{**wanted, **report["suggestions"][0]})

    def test_of_two_who_place_at_once_one_is_refused(self):
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.ask("coordinator", "POST", "/timetable", self.entry()), range(4)))
        self.assertEqual(sorted(answer.status for answer in answers), [201, 409, 409, 409])
        self.take_away(next(a for a in answers if a.status == 201).header("location").removeprefix("/api/v1"))

    def test_a_change_over_another_one_is_refused(self):
        path = self.place()
        entry = self.ask("coordinator", "GET", path).json()
        moved = self.ask("coordinator", "PUT", path, {**entry, "period": 6})
        self.assertEqual((moved.status, moved.json()["version"]), (200, entry["version"] + 1))
        self.assert_problem(self.ask("coordinator", "PUT", path, {**entry, "period": 4}), 412)
        self.assert_problem(self.ask("coordinator", "DELETE", path, {"version": entry["version"]}), 412)
        self.assertEqual(self.week(path)[0]["period"], 6)
        self.assertEqual(self.ask("coordinator", "DELETE", path, {"version": moved.json()["version"]}).status, 200)
        self.assert_problem(self.ask("coordinator", "GET", path), 404)

    def test_if_match_names_the_version_that_was_seen(self):
        path = self.place()
        seen = self.ask("coordinator", "GET", path)
        tag, entry = seen.header("etag"), seen.json()
        bare = {name: value for name, value in entry.items() if name != "version"}
        self.assertEqual(tag, f'"{entry["version"]}"')
        change = lambda body, *tags: self.ask("coordinator", "PUT", path, body, headers={"If-Match": ", ".join(tags)} if tags else {})  # noqa: E731
        self.assert_problem(change({**bare, "period": 6}), 428, "If-Match")
        for wrong in ('"999"', f"W/{tag}", tag.strip('"'), '"', ","):
            self.assert_problem(change({**bare, "period": 6}, wrong), 412)
        self.assertEqual(self.week(path)[0]["period"], entry["period"])
        moved = change({**bare, "period": 6}, '"999"', tag)
        self.assertEqual((moved.status, moved.header("etag")), (200, f'"{entry["version"] + 1}"'))
        self.assert_problem(change({**bare, "period": 4}, tag), 412)
        self.assert_problem(change({**entry, "period": 4}, moved.header("etag")), 412)  # the body names the one before
        self.assert_problem(self.ask("coordinator", "DELETE", path, {}, headers={"If-Match": tag}), 412)
        self.assert_problem(self.ask("coordinator", "DELETE", path, {}), 428)
        self.assertEqual(self.ask("coordinator", "DELETE", path, {}, headers={"If-Match": "*"}).status, 200)

    def test_a_room_with_other_bells_is_offered_a_later_start(self):
        report = self.ask("coordinator", "POST", "/timetable/check",
                          self.entry(receiving=[{"room": self.id_of("rooms", "三年级教室")}])).json()
        self.assertEqual(report["conflicts"], [])
        self.assertEqual(report["offers"], [{"room": self.id_of("rooms", "三年级教室"), "period": 5, "delay_s": 300,
                                             "overlap_s": 2400, "whole": True}])

    # ---- schools ---------------------------------------------------------------------------------

    def test_a_school_its_room_and_its_bells(self):
        answer = self.ask("system_admin", "POST", "/organisations", {"parent": 1, "kind": "school", "name": "河西小学"})
        self.assertEqual(answer.status, 201, answer.body)
        school = answer.json()["id"]
        self.assert_problem(self.ask("coordinator", "POST", "/organisations", {"parent": 1, "kind": "school", "name": "河西小学"}), 409)
        self.assertEqual(self.ask("coordinator", "POST", "/rooms", {"school": school, "name": "一号", "use": "receiving"}).status, 201)
        self.assert_problem(self.ask("coordinator", "POST", "/rooms", {"school": school, "name": "一号"}), 409)
        bells = {"name": "冬季", "first_day": "2026-11-01", "last_day": "2027-03-31", "periods": [[510, 550], [560, 600]]}
        self.assert_problem(self.ask("coordinator", "POST", f"/organisations/{school}/bells",
                                     {**bells, "periods": [[510, 550], [540, 600]]}), 422, "Periods 1 and 2 overlap")
        made = self.ask("coordinator", "POST", f"/organisations/{school}/bells", bells)
        self.assertEqual(made.status, 201)
        seeded = self.ask("coordinator", "GET", f"/organisations/{school}/bells").json()["days"]  # the county's
        self.assertEqual(self.ask("coordinator", "PUT", f"/organisations/{school}/days/2026-12-25", {"holiday": True}).status, 200)
        self.assertEqual(self.ask("coordinator", "PUT", "/organisations/1/days/2026-12-26", {"held_day": "2026-12-25"}).status, 200)
        self.assertEqual(self.ask("coordinator", "GET", f"/organisations/{school}/bells").json(), {
            "sets": [{"id": made.json()["id"], "version": 1, "name": "冬季", "first_day": "2026-11-01", "last_day": "2027-03-31", "periods": [
                {"number": 1, "start_minute": 510, "end_minute": 550}, {"number": 2, "start_minute": 560, "end_minute": 600}]}],
            "days": sorted(seeded + [{"day": "2026-12-25", "holiday": True, "held_day": None, "organisation": school},
                                     {"day": "2026-12-26", "holiday": False, "held_day": "2026-12-25", "organisation": 1}], key=lambda row: row["day"])})
        self.assertEqual(self.ask("coordinator", "DELETE", "/organisations/1/days/2026-12-26").status, 200)
        self.assert_problem(self.ask("coordinator", "DELETE", "/organisations/1/days/2026-12-26"), 404)
        with sqlite3.connect(self.folder / "duet.sqlite") as database:
            rows = database.execute("SELECT person, event FROM audit_log WHERE person != 'console' AND object LIKE ?",
                                    (f"organisation {school}%",)).fetchall()
        self.assertEqual(rows, [("coordinator", "bells.add"), ("coordinator", "holiday.set")])
        database.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
