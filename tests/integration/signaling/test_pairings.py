"""Pairings: which rooms may be planned together, frozen and active again, and whose they are."""
import unittest

from county import County


class Pairings(County):
    def entry(self, **changes):
        """On Friday at noon nobody of the seeded county teaches yet."""
        return {"term": self.list("terms")[0]["id"], "subject": "科学", "grade": 3, "weekday": 5, "period": 5, "teacher": self.id_of("people", "王芳"),
                "room": self.id_of("rooms", "录播教室一"), "receiving": [{"room": self.id_of("rooms", "复式教室")}], **changes}

    def pairing(self, receiving="复式教室"):
        rooms = self.id_of("rooms", "录播教室一"), self.id_of("rooms", receiving)
        return next(row for row in self.list("pairings") if (row["master_room"], row["receiving_room"]) == rooms)

    def change(self, pairing, **changes):
        answer = self.ask("coordinator", "PUT", f"/pairings/{pairing['id']}", {"version": pairing["version"], **changes})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_a_frozen_pairing_is_a_conflict_until_it_is_active_again(self):
        frozen = self.change(self.pairing(), frozen=True)
        self.addCleanup(lambda: self.change(self.pairing(), frozen=False))
        self.assertEqual((frozen["state"], frozen["version"]), ("frozen", self.pairing()["version"]))
        wanted = [{"kind": "pairing", "id": frozen["receiving_room"]}]
        self.assertEqual(self.ask("coordinator", "POST", "/timetable/check", self.entry()).json()["conflicts"], wanted)
        answer = self.ask("coordinator", "POST", "/timetable", self.entry())
        self.assert_problem(answer, 409, "not paired")
        self.assertEqual(answer.json()["conflicts"], wanted)
        self.change(frozen, frozen=False)
        self.assertEqual(self.ask("coordinator", "POST", "/timetable/check", self.entry()).json()["conflicts"], [])

    def test_a_pairing_is_in_a_term_of_the_master_rooms_school_or_of_what_is_above_it(self):
        days = {"first_day": "2030-09-01", "last_day": "2031-01-20"}
        for organisation, status in (("白杨教学点", 422), ("实验小学", 201), ("青山县", 201)):
            term = self.ask("coordinator", "POST", "/terms", {"organisation": self.id_of("organisations", organisation), "name": f"结对{organisation}", **days}).json()["id"]
            self.addCleanup(self.rows, "DELETE FROM terms WHERE id = ?", term)
            answer = self.ask("coordinator", "POST", "/pairings", {"term": term, "master_room": self.id_of("rooms", "录播教室一"), "receiving_room": self.id_of("rooms", "三年级教室")})
            self.addCleanup(self.rows, "DELETE FROM pairings WHERE term = ?", term)
            with self.subTest(organisation):
                self.assertEqual(answer.status, status, answer.body)
                if status == 422:
                    self.assertEqual((answer.json()["code"], answer.json()["term"], answer.json()["school"]), ("term_of_others", "结对白杨教学点", "实验小学"))

    def test_a_change_over_another_one_is_refused(self):
        pairing = self.pairing()
        self.change(pairing, consent=False)
        self.assert_problem(self.ask("coordinator", "PUT", f"/pairings/{pairing['id']}", {"version": pairing["version"], "frozen": True}), 412)
        self.assert_problem(self.ask("coordinator", "DELETE", f"/pairings/{pairing['id']}", {"version": pairing["version"]}), 412)
        self.assert_problem(self.ask("coordinator", "PUT", f"/pairings/{pairing['id']}", {"frozen": True}), 428, "version")

    def test_consent_is_recorded_with_who_and_when(self):
        pairing = self.change(self.pairing("三年级教室"), consent=False)
        self.assertEqual((pairing["consent"], pairing["consent_by"]), (None, ""))
        pairing = self.change(pairing, consent=True)
        self.assertGreater(pairing["consent"], 1700000000)
        self.assertEqual(pairing["consent_by"], "coordinator")
        rows = self.rows("SELECT person, event FROM audit_log WHERE object = ? ORDER BY number DESC LIMIT 1", f"pairing {pairing['id']}")
        self.assertEqual(rows, [("coordinator", "pairing.change")])

    def test_one_is_placed_with_the_weekly_lesson_that_it_covers(self):
        def placed(subject):
            return next(row["placed"] for row in self.list("pairings") if row["subject"] == subject and row["receiving_room"] == room)

        room = self.id_of("rooms", "复式教室")
        ids = []
        for subject in ("科学", "劳动"):
            answer = self.ask("coordinator", "POST", "/pairings", {"term": self.list("terms")[0]["id"], "master_room": self.id_of("rooms", "录播教室一"), "receiving_room": room, "subject": subject})
            self.assertEqual(answer.status, 201, answer.body)
            ids.append(answer.json()["id"])
            self.addCleanup(self.ask, "coordinator", "DELETE", f"/pairings/{ids[-1]}", {"version": 1})
        self.assertTrue(placed("")) # the whole class: the seeded county teaches it something
        self.assertEqual((placed("科学"), placed("劳动")), (False, False))
        entry = self.ask("coordinator", "POST", "/timetable", self.entry()).json()["id"]
        self.assertEqual((placed("科学"), placed("劳动")), (True, False))
        self.ask("coordinator", "DELETE", f"/timetable/{entry}", {"version": 1})
        self.assertEqual((placed("科学"), placed("劳动")), (False, False))

    def test_one_is_added_for_a_subject_and_taken_away(self):
        body = {"term": self.list("terms")[0]["id"], "master_room": self.id_of("rooms", "多功能教室"), "receiving_room": self.id_of("rooms", "三年级1班"), "subject": "体育"}
        answer = self.ask("coordinator", "POST", "/pairings", body)
        self.assertEqual(answer.status, 201, answer.body)
        self.assert_problem(self.ask("coordinator", "POST", "/pairings", body), 409, "already")
        for change in [{"receiving_room": body["master_room"]}, {"master_room": body["receiving_room"]}, {"subject": "a\u0007"}]:
            self.assert_problem(self.ask("coordinator", "POST", "/pairings", {**body, **change}), 422)
        self.assert_problem(self.ask("coordinator", "POST", "/pairings", {**body, "term": 999}), 404)
        path = f"/pairings/{answer.json()['id']}"
        self.assertEqual(self.ask("coordinator", "DELETE", path, {"version": 1}).status, 200)
        self.assert_problem(self.ask("coordinator", "DELETE", path, {"version": 1}), 404)

    def test_those_of_other_schools_are_seen_where_they_concern_ours_and_changed_by_who_has_both(self):
        self.add_person("headmaster", "coordinator", self.id_of("organisations", "白杨教学点"))
        mine = self.list("pairings", "headmaster")
        self.assertTrue(mine)
        self.assertEqual({row["receiving_room"] for row in mine}, {self.id_of("rooms", "三年级教室")})
        self.assert_problem(self.ask("headmaster", "PUT", f"/pairings/{mine[0]['id']}", {"version": mine[0]["version"], "frozen": True}), 403, "not yours")


if __name__ == "__main__":
    unittest.main(verbosity=2)
