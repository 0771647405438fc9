"""Schools, rooms, terms and accounts that are corrected or taken away: versions, what stands in the way, what it does to lessons."""
import datetime
import sqlite3
import threading
import unittest

from county import County
from places import BELLS, TERM, Place, Things

BLANKS = (" ", "  ", "\u3000", "\u00a0\u2003", "\t", "\u200b")


class SchoolChanges(County):
    seeded = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("system_admin", "security_admin", "audit_admin"):
            cls.add_person(role, role)
        county = cls.ask("system_admin", "POST", "/organisations", {"kind": "county", "name": "甲县"}).json()["id"]
        cls.county = county
        cls.place = Place(cls, "甲", county)
        cls.add_person("县", "coordinator", county)

    def row(self, kind, number):
        return next(row for row in self.list(kind, "县") if row["id"] == number)

    def send(self, method, kind, number, body=None, who="县", **headers):
        return self.ask(who, method, f"/{kind}/{number}", body, headers=headers)

    def change(self, kind, number, **changes):
        answer = self.send("PUT", kind, number, {"version": self.row(kind, number)["version"], **changes})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def refused(self, code, kind, number, method="PUT", status=409, **body):
        answer = self.send(method, kind, number, {"version": self.row(kind, number)["version"], **body})
        self.assertEqual((answer.status, answer.json().get("code")), (status, code), answer.body)
        return answer.json()

    def removed(self, kind, number):
        answer = self.send("DELETE", kind, number, {"version": self.row(kind, number)["version"]})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertNotIn(number, [row["id"] for row in self.list(kind, "县")])

    def audited(self, what):
        return [event for (event,) in self.rows("SELECT event FROM audit_log WHERE object = ? AND outcome = 'done' ORDER BY number", what)]

    def things(self):
        return Things(self.place)

    # ---- versions ----------------------------------------------------------------------------------------

    def test_who_has_not_seen_the_last_change_is_told(self):
        things = self.things()
        for kind, number in (("organisations", things.bare_school), ("rooms", things.bare_room), ("terms", things.old_term)):
            with self.subTest(kind):
                changed = self.send("PUT", kind, number, {"version": 1, "name": f"新{kind}"})
                self.assertEqual((changed.status, changed.header("etag"), changed.json()["version"], changed.json()["name"]), (200, '"2"', 2, f"新{kind}"))
                for method in ("PUT", "DELETE"):
                    self.assertEqual(self.send(method, kind, number, {"version": 1}).json()["code"], "changed_meanwhile")
                    self.assertEqual(self.send(method, kind, number, {}, **{"If-Match": '"1"'}).status, 412)
                    self.assertEqual(self.send(method, kind, number, {}).status, 428)
                self.assertEqual(self.send("PUT", kind, number, {}, **{"If-Match": '"2"'}).json()["name"], f"新{kind}")
                self.removed(kind, number)
                what = f"{kind.removesuffix('s')} {number}"
                self.assertEqual(self.audited(what), [f"{kind.removesuffix('s')}.change"] * 2 + [f"{kind.removesuffix('s')}.remove"])
                self.assertEqual(self.send("DELETE", kind, number, {"version": 3}).status, 404)

    def test_of_two_who_change_an_account_the_later_one_is_told(self):
        person = self.things().person
        seen = next(row for row in self.ask("县", "GET", "/accounts").json()["accounts"] if row["id"] == person)
        first = self.send("PUT", "people", person, {"version": seen["version"], "role": "master_teacher"})
        self.assertEqual((first.status, first.json()["version"], first.header("etag")), (200, seen["version"] + 1, f'"{seen["version"] + 1}"'))
        late = self.send("PUT", "people", person, {"version": seen["version"], "name": "后来的", "role": "local_teacher"})
        self.assertEqual((late.status, late.json()["code"]), (412, "changed_meanwhile"))
        self.assertEqual(self.rows("SELECT role FROM people WHERE id = ?", person), [("master_teacher",)])
        self.assertEqual(self.send("PUT", "people", person, {"name": "后来的"}).status, 428)

    # ---- names -------------------------------------------------------------------------------------------

    def test_a_name_stays_unique_among_its_own(self):
        things = self.things()
        self.refused("room_exists", "rooms", things.bare_room, name=things.room_name)
        self.refused("organisation_exists", "organisations", things.bare_school, name=things.school_name)
        self.refused("term_exists", "terms", things.old_term, name=things.term_name)
        self.assertEqual(self.change("rooms", things.bare_room, name=self.row("rooms", things.bare_room)["name"])["version"], 2)

    def test_blanks_at_the_ends_of_a_name_are_not_there(self):
        things = self.things()
        school = things.school
        doors = {
            "organisations": {"parent": self.county, "kind": "school"},
            "rooms": {"school": school, "use": "both"},
            "terms": {**TERM, "organisation": school},
            "people": {"role": "local_teacher", "organisation": school},
        }
        for kind, body in doors.items():
            with self.subTest(kind):
                one = {**body, "name": f"净{kind}"}
                unique = "login" if kind == "people" else "name"  # several people may have one name
                for blank in BLANKS:
                    self.assertEqual(self.ask("县", "POST", f"/{kind}", {**body, "name": blank}).status, 422, repr(blank))
                self.assertEqual(self.ask("县", "POST", f"/{kind}", one).status, 201)
                for name in (f"净{kind} ", f"\u3000净{kind}", f"净{kind}\u00a0\u200b", f"\t净{kind}\n"):
                    self.assertEqual(self.ask("县", "POST", f"/{kind}", {**one, unique: name}).status, 409, repr(name))
                self.assertEqual(self.ask("县", "POST", f"/{kind}", {**body, "name": f" 净 {kind}\u3000"}).status, 201)
                self.assertEqual(self.rows(f"SELECT count(*) FROM {kind} WHERE name = ?", f"净 {kind}"), [(1,)])
        for kind, number in (("organisations", things.bare_school), ("rooms", things.bare_room), ("terms", things.old_term), ("people", things.person)):
            with self.subTest(kind, what="changed"):
                for blank in BLANKS:
                    self.assertEqual(self.send("PUT", kind, number, {"name": blank}, **{"If-Match": "*"}).status, 422, repr(blank))
                answer = self.send("PUT", kind, number, {"name": f"\u3000改{kind} "}, **{"If-Match": "*"})
                self.assertEqual((answer.status, answer.json()["name"]), (200, f"改{kind}"))
        self.assertEqual(self.ask("system_admin", "POST", "/subjects", {"name": "\u3000"}).status, 422)
        self.assertEqual(self.ask("system_admin", "POST", "/subjects", {"name": "音乐\u3000"}).status, 409)
        self.assertEqual(self.ask("县", "POST", "/textbooks", {"school": school, "subject": "音乐", "edition": " "}).status, 422)

    # ---- what hangs on it --------------------------------------------------------------------------------

    def test_a_room_goes_when_nothing_hangs_on_it(self):
        things = self.things()
        self.assertTrue(things.entry)
        for room in (things.room, things.receiving):
            self.assertGreater(self.refused("has_lessons", "rooms", room, "DELETE")["count"], 0)
        self.place.ask("甲coordinator", "DELETE", f"/timetable/{things.entry}", {"version": 1})
        self.assertEqual(self.refused("has_pairings", "rooms", things.receiving, "DELETE")["count"], 1)
        self.place.ask("甲coordinator", "DELETE", f"/pairings/{things.pairing}", {"version": 1})
        self.assertTrue(things.device)
        self.assertEqual(self.refused("has_devices", "rooms", things.receiving, "DELETE")["count"], 1)
        self.place.post("/calendars", {"kind": "room", "subject": things.room})
        self.removed("rooms", things.room)
        self.assertEqual(self.rows("SELECT * FROM calendars WHERE kind = 'room' AND subject = ?", things.room), [])

    def test_a_room_that_a_lesson_was_held_in_stays(self):
        things = self.things()
        self.rows("UPDATE lessons SET state = 'ended' WHERE id = ?", things.lesson)
        self.place.ask("甲coordinator", "DELETE", f"/timetable/{things.entry}", {"version": 1})
        self.assertEqual(self.refused("has_lessons", "rooms", things.room, "DELETE")["count"], 1)
        self.refused("has_lessons", "terms", things.term, "DELETE")
        stand_in = things.spare
        other = self.things()
        self.place.post(f"/lessons/{other.lesson}/substitution", {"place": other.room, "room": stand_in, "reason": "修"})
        self.refused("has_lessons", "rooms", stand_in, "DELETE")

    def test_a_school_goes_when_nothing_hangs_on_it(self):
        self.refused("has_schools", "organisations", self.county, "DELETE")
        school = self.things().bare_school
        room = self.ask("县", "POST", "/rooms", {"school": school, "name": "一"}).json()["id"]
        self.refused("has_rooms", "organisations", school, "DELETE")
        self.removed("rooms", room)
        person = self.ask("县", "POST", "/people", {"name": "留下的", "role": "local_teacher", "organisation": school}).json()["id"]
        self.send("PUT", "people", person, {"version": 1, "disabled": True})
        self.refused("has_people", "organisations", school, "DELETE")
        self.send("PUT", "people", person, {"version": 2, "organisation": self.place.school})
        term = self.ask("县", "POST", "/terms", {**TERM, "organisation": school, "name": "x"}).json()["id"]
        self.refused("has_terms", "organisations", school, "DELETE")
        self.removed("terms", term)
        self.ask("县", "PUT", f"/organisations/{school}/days/2036-05-01", {"holiday": True})
        self.assertEqual(self.refused("has_bells", "organisations", school, "DELETE")["count"], 1)
        self.ask("县", "DELETE", f"/organisations/{school}/days/2036-05-01")
        book = self.ask("县", "POST", "/textbooks", {"school": school, "subject": "音乐", "edition": "人教版"}).json()["id"]
        self.refused("has_textbooks", "organisations", school, "DELETE")
        self.ask("县", "DELETE", f"/textbooks/{book}")
        self.removed("organisations", school)

    def test_a_rooms_use_stays_while_it_is_needed(self):
        things = self.things()
        self.assertTrue(things.entry)
        self.assertEqual([self.refused("room_use_needed", "rooms", things.room, use="receiving")[each] for each in ("lessons", "pairings")], [1, 1])
        self.refused("room_use_needed", "rooms", things.receiving, use="master")
        self.assertEqual(self.change("rooms", things.room, use="both")["use"], "both")
        self.assertEqual(self.change("rooms", things.room, use="master")["use"], "master")
        self.place.ask("甲coordinator", "DELETE", f"/timetable/{things.entry}", {"version": 1})
        self.place.ask("甲coordinator", "DELETE", f"/pairings/{things.pairing}", {"version": 1})
        self.assertEqual(self.change("rooms", things.room, use="receiving")["use"], "receiving")

    # ---- a school's clock --------------------------------------------------------------------------------

    def test_another_zone_moves_lessons_to_come_and_none_that_have_begun(self):
        place = Place(self, "西", self.county)
        come, begun = Things(place), Things(place)
        starts = lambda things: self.rows("SELECT starts FROM lessons WHERE id = ?", things.lesson)[0][0]  # noqa: E731
        self.rows("UPDATE lessons SET state = 'ended' WHERE id = ?", begun.lesson)
        day = self.rows("SELECT day FROM lessons WHERE id = ?", come.lesson)[0][0]
        week = lambda: {row["id"]: row["start"] for row in self.ask("县", "GET", f"/organisations/{place.school}/weeks/{datetime.date(1970, 1, 1) + datetime.timedelta(day)}").json()["lessons"]}  # noqa: E731
        before = week()
        self.assertIn(come.lesson, before)
        version = self.rows("SELECT version FROM timetable_version")[0][0]
        changed = self.change("organisations", place.school, zone="Asia/Urumqi")
        self.assertEqual((changed["zone"], changed["moved"]), ("Asia/Urumqi", 1))
        self.assertEqual(week()[come.lesson], before[come.lesson] + 2 * 3600)
        self.assertEqual((starts(come), starts(begun) is not None), (None, True))
        self.assertGreater(self.rows("SELECT version FROM timetable_version")[0][0], version)  # the bell looks again
        self.refused("organisation_invalid", "organisations", place.school, status=422, zone="Mars/Olympus")

    # ---- a term's days -----------------------------------------------------------------------------------

    def placed(self, place=None, **weeks):
        """A term of two weeks and a weekly lesson on Tuesdays in it."""
        place = place or self.place
        things = Things(place)
        first = datetime.date.fromisoformat(TERM["first_day"])
        term = place.post("/terms", {"organisation": things.school, "name": f"短{things.bare_room}", "first_day": str(first), "last_day": str(first + datetime.timedelta(13))})["id"]
        place.post("/pairings", {"term": term, "master_room": things.room, "receiving_room": things.receiving})
        teacher = place.post("/people", {"name": f"师{things.room}", "role": "master_teacher", "organisation": things.school})["id"]
        entry = place.post("/timetable", {"term": term, "subject": "科学", "grade": 3, "room": things.room, "teacher": teacher, "weekday": 2, "period": 20,
                                          "receiving": [{"room": things.receiving}], **weeks})["id"]
        return term, entry, first

    def days(self, entry, first):
        return [day - (first - datetime.date(1970, 1, 1)).days for day, in self.rows("SELECT day FROM lessons WHERE entry = ? ORDER BY day", entry)]

    def test_a_longer_term_has_the_lessons_that_go_on_to_its_end(self):
        term, entry, first = self.placed()
        other, short, _ = self.placed(last_week=2)
        self.assertEqual(self.days(entry, first), [1, 8])
        version = self.rows("SELECT version FROM timetable_version")[0][0]
        changed = self.change("terms", term, last_day=str(first + datetime.timedelta(20)))
        self.assertEqual((changed["added"], changed["clashes"]), (1, 0))
        self.assertEqual(self.days(entry, first), [1, 8, 15])
        self.assertGreater(self.rows("SELECT version FROM timetable_version")[0][0], version)
        self.assertEqual(self.change("terms", other, last_day=str(first + datetime.timedelta(20)))["added"], 0)
        self.assertEqual(self.days(short, first), [1, 8])
        self.assertEqual(self.rows("SELECT count(*) FROM lesson_people p JOIN lessons l ON l.id = p.lesson WHERE l.entry = ?", entry), [(3,)])

    def test_a_longer_term_has_its_lessons_where_there_are_bells_and_the_others_when_there_are(self):
        place = Place(self, "远", self.county)
        term, entry, first = self.placed(place)
        bells, = self.ask("县", "GET", f"/organisations/{place.school}/bells").json()["sets"]
        change = lambda days: self.send("PUT", f"organisations/{place.school}/bells", bells["id"], {**BELLS, "last_day": str(first + datetime.timedelta(days))}, **{"If-Match": "*"}).json()  # noqa: E731
        self.assertEqual(change(20)["moved"], 0)
        self.assertEqual(self.change("terms", term, last_day=str(first + datetime.timedelta(27)))["added"], 1)
        self.assertEqual(self.days(entry, first), [1, 8, 15])
        self.assertEqual(change(40)["found"], 1)
        self.assertEqual(self.days(entry, first), [1, 8, 15, 22])

    def test_a_longer_term_is_made_beside_the_loop(self):
        term, entry, first = self.placed()
        body = {"version": self.row("terms", term)["version"], "last_day": str(first + datetime.timedelta(20))}
        other = sqlite3.connect(self.folder / "duet.sqlite", isolation_level=None)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.send("PUT", "terms", term, body)))
        thread.start()
        # the loop waits a quarter of a second for the database, and 2 s is waited beside it
        self.assertEqual(self.ask("县", "POST", "/rooms", {"school": self.place.school, "name": "被锁", "use": "both"}).status, 503)
        other.execute("ROLLBACK")
        thread.join()
        self.assertEqual((answers[0].status, answers[0].json().get("added")), (200, 1), answers[0].body)
        self.assertEqual(self.days(entry, first), [1, 8, 15])

    def test_what_comes_with_a_longer_term_says_how_much_of_it_clashes(self):
        term, entry, first = self.placed()
        later = self.place.post("/terms", {"organisation": self.place.school, "name": f"后{term}", "first_day": str(first + datetime.timedelta(14)), "last_day": str(first + datetime.timedelta(20))})["id"]
        room, teacher = self.rows("SELECT room, teacher FROM timetable_entries WHERE id = ?", entry)[0]
        self.place.post("/timetable", {"term": later, "subject": "科学", "grade": 3, "room": room, "teacher": teacher, "weekday": 2, "period": 20, "receiving": []})
        self.assertEqual(self.change("terms", term, last_day=str(first + datetime.timedelta(20)))["clashes"], 2)  # of the room and of the teacher

    def test_a_shorter_term_leaves_no_lesson_outside(self):
        term, entry, first = self.placed()
        self.assertEqual(self.refused("term_lessons_outside", "terms", term, last_day=str(first + datetime.timedelta(7)))["count"], 1)
        self.assertEqual(self.refused("term_lessons_outside", "terms", term, last_day=str(first))["count"], 2)
        self.assertEqual(self.days(entry, first), [1, 8])
        self.assertEqual(self.change("terms", term, last_day=str(first + datetime.timedelta(8)))["last_day"], str(first + datetime.timedelta(8)))
        lesson = self.rows("SELECT id FROM lessons WHERE entry = ? ORDER BY day DESC", entry)[0][0]
        self.place.post(f"/lessons/{lesson}/cancel", {"reason": "雪"})
        self.change("terms", term, last_day=str(first + datetime.timedelta(7)))  # one that is cancelled is not planned any more
        self.assertEqual(self.days(entry, first), [1])

    def test_weeks_are_counted_from_the_same_week_as_before(self):
        term, entry, first = self.placed()
        self.assertEqual(self.refused("term_weeks_counted", "terms", term, first_day=str(first - datetime.timedelta(7)))["count"], 1)
        self.assertEqual(self.change("terms", term, first_day=str(first + datetime.timedelta(1)))["first_day"], str(first + datetime.timedelta(1)))
        self.refused("term_days", "terms", term, status=422, last_day=str(first))
        self.assertEqual(self.send("PUT", "terms", term, {"last_day": "2026-02-30"}, **{"If-Match": "*"}).json()["code"], "bad_date")
        bare = self.things().old_term
        self.assertEqual(self.change("terms", bare, first_day=str(first - datetime.timedelta(7)))["first_day"], str(first - datetime.timedelta(7)))

    def test_a_countys_term_is_changed_by_who_answers_for_the_county(self):
        term = self.ask("县", "POST", "/terms", {**TERM, "organisation": self.county, "name": "全县"}).json()["id"]
        self.assertIn(term, [row["id"] for row in self.list("terms", "甲coordinator")])
        for method in ("PUT", "DELETE"):
            self.assert_problem(self.send(method, "terms", term, {"version": 1}, "甲coordinator"), 403, "not yours")


if __name__ == "__main__":
    unittest.main(verbosity=2)
