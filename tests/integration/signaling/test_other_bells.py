"""Receiving rooms whose bells change: how much later they play the lessons to come, and which of those fit them no more."""
import datetime
import unittest

import icalendar

from county import County, Device

ZONE = datetime.timezone(datetime.timedelta(hours=8))
ANY = {"If-Match": "*"}  # whichever version a set has


def date(days):
    return (datetime.datetime.now(ZONE).date() + datetime.timedelta(days=days)).isoformat()


def moment(days, minute):
    day = datetime.datetime.fromisoformat(date(days)).replace(tzinfo=ZONE)
    return int(day.timestamp()) + minute * 60


class WithOtherBells(County):
    count = 0

    def setUp(self):
        """A lesson of tomorrow and of the same day next week, that a room of another school has three minutes later."""
        WithOtherBells.count += 1
        self.school, self.other = (self.create("/organisations", {"parent": 1, "kind": "school", "name": f"{name}{self.count}"}) for name in ("主讲小学", "听课小学"))
        self.room = self.create("/rooms", {"school": self.school, "name": "主讲教室", "use": "master"})
        self.receiving = self.create("/rooms", {"school": self.other, "name": "听课教室", "use": "receiving"})
        self.own = self.create(f"/organisations/{self.school}/bells", self.bells(510))
        self.path = f"/organisations/{self.other}/bells"
        self.set = self.create(self.path, self.bells(513))
        name = f"老师{self.count}"
        self.add_person(name, "master_teacher", self.school)
        self.term = self.create("/terms", {"organisation": 1, "name": f"学期{self.count}", "first_day": date(0), "last_day": date(13)})
        self.create("/pairings", {"term": self.term, "master_room": self.room, "receiving_room": self.receiving, "subject": "书法"})
        self.body = {"term": self.term, "subject": "书法", "grade": 3, "room": self.room, "teacher": self.id_of("people", name), "period": 1,
                     "weekday": datetime.date.fromisoformat(date(1)).isoweekday(), "first_week": 1, "last_week": 60,
                     "receiving": [{"room": self.receiving, "delay_s": 180}]}
        self.entry = self.create("/timetable", self.body)
        self.lessons = [f"e{self.entry}-{date(1)}", f"e{self.entry}-{date(8)}"]

    def tearDown(self):
        self.ask("coordinator", "DELETE", f"/timetable/{self.entry}", headers=ANY)

    def create(self, path, body):
        answer = self.ask("coordinator", "POST", path, body)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()["id"]

    def bells(self, start, first=-30, last=90):
        """Two lessons of 40 minutes from that minute of the day on."""
        return {"name": "作息", "first_day": date(first), "last_day": date(last), "periods": [[start, start + 40], [start + 100, start + 140]]}

    def answer(self, method, path, body=None):
        answer = self.ask("coordinator", method, path, body, headers=ANY)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def change(self, start):
        return self.answer("PUT", f"{self.path}/{self.set}", self.bells(start))

    def entry_delay(self):
        row, = self.answer("GET", f"/timetable/{self.entry}")["receiving"]
        return row["delay_s"]

    def calendar(self):
        """How many seconds after its own bell the receiving room has each lesson."""
        made = self.create_calendar()
        events = icalendar.Calendar.from_ical(self.call("GET", made).body).walk("VEVENT")
        return {int(event["DTSTART"].dt.timestamp()) - moment(days, 510) for event in events
                for days in (1, 8) if event["DTSTART"].dt.astimezone(ZONE).date().isoformat() == date(days)}

    def create_calendar(self):
        answer = self.ask("coordinator", "POST", "/calendars", {"kind": "room", "subject": self.receiving, "language": "zh-CN"})
        return answer.json()["url"].split(str(self.port), 1)[1]

    def week_delays(self):
        """Of the two lessons, as their weeks have them."""
        weeks = [self.answer("GET", f"/organisations/{self.other}/weeks/{date(days)}")["lessons"] for days in (1, 8)]
        return [row["delays"] for lesson, week in zip(self.lessons, weeks) for row in week if row["id"] == lesson]

    def rows_of(self):
        """What is written of single lessons, in order of days."""
        return self.rows("SELECT l.id, d.delay_s FROM lesson_delays d JOIN lessons l ON l.id = d.lesson WHERE d.room = ? ORDER BY l.day", self.receiving)

    def rival(self, start, receiving=None):
        """A lesson of another school with a bell at that minute, that a room, the same one mostly, receives live."""
        school = self.create("/organisations", {"parent": 1, "kind": "school", "name": f"第三小学{self.count}"})
        room = self.create("/rooms", {"school": school, "name": "主讲教室", "use": "master"})
        self.create(f"/organisations/{school}/bells", self.bells(start))
        name = f"外校老师{self.count}"
        self.add_person(name, "master_teacher", school)
        receiving = receiving or self.receiving
        self.create("/pairings", {"term": self.term, "master_room": room, "receiving_room": receiving, "subject": "书法"})
        return {**self.body, "room": room, "teacher": self.id_of("people", name), "receiving": [{"room": receiving, "live": True}]}


class OtherBells(WithOtherBells):
    def counts(self, effect):
        return {key: effect[key] for key in ("moved", "lost", "found", "kept", "clashes")}

    def week(self, organisation, days=1):
        return [row for row in self.answer("GET", f"/organisations/{organisation}/weeks/{date(days)}")["clashes"] if row["kind"] == "bells"]

    def test_the_delay_follows_the_rooms_own_bells(self):
        code = self.ask("coordinator", "POST", "/device-codes", {"room": self.receiving, "kind": "player"}).json()["code"]
        box = Device(self)
        self.assertEqual((box.enrol(code).status, box.prove().status), (201, 200))
        before = self.rows("SELECT version FROM timetable_version")[0][0]
        self.assertEqual(self.calendar(), {180})
        tried = self.answer("POST", f"{self.path}/check", {**self.bells(518), "set": self.set})
        self.assertEqual(self.counts(tried), {"moved": 2, "lost": 0, "found": 0, "kept": 0, "clashes": 0})
        first = tried["lessons"][0]
        self.assertEqual((first["id"], first["school"], first["period"]), (self.lessons[0], self.other, 1))
        self.assertEqual((first["from"], first["to"]), tuple({"starts": moment(1, start), "ends": moment(1, start + 40)} for start in (513, 518)))
        self.assertEqual((self.calendar(), self.entry_delay()), ({180}, 180))
        version = self.answer("GET", f"/timetable/{self.entry}")["version"]
        self.assertEqual(self.change(518), tried)
        self.assertEqual((self.calendar(), self.entry_delay(), self.rows_of()), ({480}, 480, []))
        self.assertEqual(self.answer("GET", f"/timetable/{self.entry}")["version"], version + 1)
        told = next(row for row in box.get("/device/day").json()["lessons"] if row["id"] == self.lessons[0])
        self.assertEqual((told["start"], told["delay_s"]), (moment(1, 518), 480))
        self.assertGreater(self.rows("SELECT version FROM timetable_version")[0][0], before)
        # the same once more moves nothing
        self.assertEqual(self.counts(self.change(518))["moved"], 0)

    def test_the_bells_of_the_lesson_itself_count_too(self):
        effect = self.answer("PUT", f"/organisations/{self.school}/bells/{self.own}", self.bells(512))
        self.assertEqual(self.counts(effect), {"moved": 2, "lost": 0, "found": 0, "kept": 0, "clashes": 0})
        self.assertEqual((self.entry_delay(), self.calendar()), (60, {180}))

    def test_another_zone_of_the_room_has_its_delays_worked_out_anew(self):
        zone = lambda name: self.answer("PUT", f"/organisations/{self.other}", {"zone": name})["moved"]  # noqa: E731
        # 8:30 in Shanghai is 9:30 in Tokyo, where the room has a bell at 9:38
        self.answer("PUT", f"{self.path}/{self.set}", {**self.bells(513), "periods": [[513, 553], [578, 618]]})
        self.assertEqual(zone("Asia/Tokyo"), 2)
        self.assertEqual((self.entry_delay(), self.rows_of(), self.calendar()), (480, [], {480}))
        self.assertEqual(zone("Asia/Shanghai"), 2)
        self.assertEqual((self.entry_delay(), self.rows_of(), self.calendar()), (180, [], {180}))

    def test_each_season_has_its_own_delay(self):
        winter = self.create(self.path, self.bells(516, 5, 60))
        self.assertEqual((self.entry_delay(), self.rows_of(), self.calendar()), (180, [(self.lessons[1], 360)], {180, 360}))
        self.assertEqual(self.week_delays(), [[180], [360]])
        # a weekly lesson that is saved anew keeps that, as one that is made then
        version = self.answer("GET", f"/timetable/{self.entry}")["version"]
        self.answer("PUT", f"/timetable/{self.entry}", {**self.body, "version": version, "grade": 4})
        self.assertEqual((self.entry_delay(), self.rows_of()), (180, [(self.lessons[1], 360)]))
        # a swap brings a lesson of a day of that season
        swap = f"/organisations/{self.school}/days/{date(10)}"
        self.answer("PUT", swap, {"held_day": date(8)})
        self.assertEqual(self.rows_of(), [(self.lessons[1], 360), (f"e{self.entry}-{date(10)}", 360)])
        self.answer("DELETE", swap)
        self.assertEqual(self.counts(self.answer("DELETE", f"{self.path}/{winter}"))["moved"], 1)
        self.assertEqual((self.entry_delay(), self.rows_of(), self.calendar()), (180, [], {180}))

    def test_a_weekly_lesson_that_is_saved_in_another_season_keeps_the_delays_of_that_season(self):
        self.create(self.path, self.bells(516, 5, 60))
        self.rows("UPDATE lessons SET state = 'archived' WHERE id = ?", self.lessons[0])
        self.rows("UPDATE lessons SET day = day - 30 WHERE id = ?", self.lessons[0])  # the autumn is over
        version = self.answer("GET", f"/timetable/{self.entry}")["version"]
        self.answer("PUT", f"/timetable/{self.entry}", {**self.body, "version": version, "grade": 4, "first_week": 2})
        self.assertEqual(self.week_delays()[-1], [360])

    def test_a_longer_term_has_lessons_with_the_delays_of_their_season(self):
        self.create(self.path, self.bells(516, 14, 60))
        term = next(row for row in self.list("terms") if row["id"] == self.term)
        self.answer("PUT", f"/terms/{self.term}", {"name": term["name"], "first_day": term["first_day"], "last_day": date(20)})
        self.assertEqual(self.rows_of(), [(f"e{self.entry}-{date(15)}", 360)])

    def conflicts(self, body):
        return [(row["kind"], row["id"], row["first_day"], row["days"], row["overlap_s"]) for row in self.answer("POST", "/timetable/check", body)["conflicts"]]

    def test_a_lesson_is_placed_by_the_delay_that_each_of_its_days_has(self):
        other = self.rival(554)  # a minute after the room has played the first one, in the first week
        self.assertEqual(self.conflicts(other), [])
        self.create(self.path, self.bells(516, 5, 60))
        clash = [("room", self.receiving, date(8), 1, 120)]
        self.assertEqual(self.conflicts(other), clash)  # with the lessons that are there
        self.answer("DELETE", f"/timetable/{self.entry}")
        self.entry = self.create("/timetable", other)
        self.assertEqual(self.conflicts(self.body), clash)  # of the lesson that is new
        self.assertEqual(self.ask("coordinator", "POST", "/timetable", self.body).status, 409)

    def test_a_place_is_offered_by_the_delay_that_the_room_has_there(self):
        wanted = {"weekday": self.body["weekday"] % 5 + 1}
        self.answer("PUT", f"{self.path}/{self.set}", {**self.bells(513), "periods": [[513, 553], [610, 650]]})
        rival = {**self.rival(550), **wanted}
        for period in (1, 2):  # the second one begins at 650, when a second period that is played live is over
            other = self.create("/timetable", {**rival, "period": period})
            self.addCleanup(self.ask, "coordinator", "DELETE", f"/timetable/{other}", None, ANY)
        body = {**self.body, **wanted, "id": self.entry, "receiving": [{"room": self.receiving, "delay_s": 180}]}
        report = self.answer("POST", "/timetable/check", body)
        self.assertIn("room", [row["kind"] for row in report["conflicts"]])
        self.assertEqual(report["suggestions"][0], {"weekday": wanted["weekday"], "period": 2})

    def test_a_lesson_that_is_moved_has_the_delay_of_its_new_place(self):
        self.answer("PUT", f"{self.path}/{self.set}", {**self.bells(513), "periods": [[513, 553], [610, 650]]})
        self.assertEqual(self.entry_delay(), 180)
        entry = self.answer("GET", f"/timetable/{self.entry}")
        moved = self.answer("PUT", f"/timetable/{self.entry}", {**entry, "period": 2})  # where both bells ring at once
        self.assertEqual((moved["receiving"][0]["delay_s"], self.entry_delay(), self.week_delays()), (0, 0, [[0], [0]]))
        back = self.answer("PUT", f"/timetable/{self.entry}", {**moved, "period": 1})
        self.assertEqual((back["receiving"][0]["delay_s"], self.week_delays()), (180, [[180], [180]]))
        # what was changed at the same place stays as it was said
        kept = self.answer("PUT", f"/timetable/{self.entry}", {**back, "grade": 4, "receiving": [{"room": self.receiving, "delay_s": 60}]})
        self.assertEqual(kept["receiving"][0]["delay_s"], 60)
        self.assertEqual(self.answer("PUT", f"/timetable/{self.entry}", {**kept, "grade": 5})["receiving"][0]["delay_s"], 60)
        # and each season has its own at the new place too
        self.create(self.path, {**self.bells(513, 5, 60), "periods": [[513, 553], [614, 654]]})
        self.answer("PUT", f"/timetable/{self.entry}", {**self.answer("GET", f"/timetable/{self.entry}"), "period": 2})
        self.assertEqual(self.week_delays(), [[0], [240]])

    def test_a_lesson_that_has_begun_keeps_its_delay(self):
        # and is over: one that is live is put back by the server's bell, which does not ring till tomorrow
        self.rows("UPDATE lessons SET state = 'archived' WHERE id = ?", self.lessons[0])
        self.assertEqual(self.counts(self.change(518))["moved"], 1)
        self.assertEqual((self.entry_delay(), self.rows_of(), self.calendar()), (480, [(self.lessons[0], 180)], {180, 480}))

    def test_a_cancelled_lesson_is_held_after_all_with_the_new_delay(self):
        self.answer("POST", f"/lessons/{self.lessons[1]}/cancel", {"reason": "活动"})
        self.assertEqual(self.counts(self.change(518))["moved"], 1)
        self.answer("DELETE", f"/lessons/{self.lessons[1]}/cancel")
        self.assertEqual((self.entry_delay(), self.calendar()), (480, {480}))

    def test_a_room_that_is_booked_live_stays_live(self):
        version = self.answer("GET", f"/timetable/{self.entry}")["version"]
        self.answer("PUT", f"/timetable/{self.entry}", {**self.body, "version": version, "receiving": [{"room": self.receiving, "live": True}]})
        for start in (518, 530, 560):
            self.assertEqual(self.counts(self.change(start)), {"moved": 0, "lost": 0, "found": 0, "kept": 0, "clashes": 0})
        self.assertEqual((self.entry_delay(), self.calendar(), self.week(1)), (0, {0}, []))

    def test_bells_that_fit_no_more_are_a_standing_clash_until_the_room_is_booked_live(self):
        tried = self.answer("POST", f"{self.path}/check", {**self.bells(541), "set": self.set})
        self.assertEqual(self.counts(tried), {"moved": 0, "lost": 0, "found": 0, "kept": 0, "clashes": 2})
        self.assertEqual(self.week(self.other), [])
        self.assertEqual(self.change(541), tried)
        clash = tried["clashing"][0]
        self.assertEqual((clash["kind"], clash["id"], clash["name"]), ("bells", self.receiving, f"听课小学{self.count} 听课教室"))
        # ten minutes later than live 19 of its 40 minutes are left
        self.assertEqual((clash["period"], clash["overlap_s"], clash["ignored"]), (1, 19 * 60, None))
        self.assertEqual((clash["start"], clash["end"], [row["id"] for row in clash["lessons"]]), (moment(1, 513), moment(1, 553), self.lessons[:1]))
        for organisation in (self.school, self.other, 1):
            self.assertEqual([row["id"] for row in self.week(organisation)[0]["lessons"]], self.lessons[:1], organisation)
        self.assertEqual(self.week(self.id_of("organisations", "白杨教学点")), [])
        told = [row for row in self.answer("GET", f"/organisations/{self.other}/exceptions")["exceptions"] if row["kind"] == "clash"]
        self.assertEqual([(row["cause"], row["lesson"], row["clash"]) for row in told], [("bells", self.lessons[0], clash)])
        for kind in ("bells", "room"):
            answer = self.ask("coordinator", "POST", "/clashes/ignored", {"kind": kind, "id": self.receiving, "lessons": self.lessons[:1] * 2, "reason": "x"})
            self.assert_problem(answer, 400 if kind == "bells" else 404)
        # half of it is enough
        self.assertEqual(self.counts(self.change(540))["clashes"], 0)
        self.assertEqual((self.week(self.other), self.entry_delay()), ([], 600))
        self.change(541)
        version = self.answer("GET", f"/timetable/{self.entry}")["version"]
        self.answer("PUT", f"/timetable/{self.entry}", {**self.body, "version": version, "receiving": [{"room": self.receiving, "live": True}]})
        self.assertEqual(self.week(self.other), [])

    def test_no_clash_where_the_room_is_away_or_the_lesson_is_not_held(self):
        self.change(541)
        self.answer("PUT", f"/organisations/{self.other}/days/{date(1)}", {"holiday": True})
        self.assertEqual(self.week(self.other), [])
        self.answer("DELETE", f"/organisations/{self.other}/days/{date(1)}")
        self.assertEqual(len(self.week(self.other)), 1)
        self.answer("POST", f"/lessons/{self.lessons[0]}/cancel", {"reason": "活动"})
        self.assertEqual(self.week(self.other), [])


class FullRelays(WithOtherBells):
    """A lesson with one room needs five sessions: no two fit at once."""
    settings = [*County.settings, "relay.capacity=8"]

    def setUp(self):
        """Without the seeded lessons, which are on Mondays at that time, too."""
        for entry, in self.rows("SELECT id FROM timetable_entries WHERE NOT past"):
            self.answer("DELETE", f"/timetable/{entry}")
        super().setUp()

    def full(self, body):
        return [(row["first_day"], row["days"], row["needed"]) for row in self.answer("POST", "/timetable/check", body)["conflicts"] if row["kind"] == "capacity"]

    def test_relays_are_needed_as_long_as_the_rooms_of_each_day_play(self):
        room = self.create("/rooms", {"school": self.other, "name": "听课教室二", "use": "receiving"})
        other = self.rival(554, room)  # a minute after the first one is over, in the first week
        self.assertEqual(self.full(other), [])
        self.create(self.path, self.bells(516, 5, 60))
        self.assertEqual(self.full(other), [(date(8), 1, 10)])
        self.answer("DELETE", f"/timetable/{self.entry}")
        self.entry = self.create("/timetable", other)
        self.assertEqual(self.full(self.body), [(date(8), 1, 10)])


if __name__ == "__main__":
    unittest.main(verbosity=2)
