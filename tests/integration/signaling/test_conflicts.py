"""What is in a lesson's way beside people and rooms: relays that are full, bells that do not fit; and rooms without their device."""
import datetime
import time
import unittest

from county import County, Device


def wait_until(condition):
    deadline = time.monotonic() + 8
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


class Conflicts(County):
    def setUp(self):
        self.places = []

    def tearDown(self):
        for path in self.places:
            version = self.ask("coordinator", "GET", path).json()["version"]
            self.assertEqual(self.ask("coordinator", "DELETE", path, {"version": version}).status, 200)

    def entry(self, **changes):
        return {"term": self.list("terms")[0]["id"], "subject": "科学", "grade": 3, "weekday": 5, "period": 5, "teacher": self.id_of("people", "王芳"),
                "room": self.id_of("rooms", "录播教室一"), "receiving": [], **changes}

    def receiving(self, *names, **more):
        return [{"room": self.id_of("rooms", name), "teacher": 0, "delay_s": 0, **more} for name in names]

    def place(self, status=201, **changes):
        answer = self.ask("coordinator", "POST", "/timetable", self.entry(**changes))
        self.assertEqual(answer.status, status, answer.body)
        if status == 201:
            self.places.append(answer.header("location").removeprefix("/api/v1"))
        return answer.json()

    def check(self, **changes):
        answer = self.ask("coordinator", "POST", "/timetable/check", self.entry(**changes))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    # ---- relays ----------------------------------------------------------------------------------

    def announce(self, capacity):
        self.relay(name="west", capacity=capacity)
        wait_until(lambda: self.rows("SELECT sessions FROM relay_capacities WHERE relay = 'west'") == [(capacity,)])

    def test_lessons_that_relays_cannot_carry_together_are_refused_with_figures(self):
        self.addCleanup(self.announce, 1000)
        # the teacher publishes two sources and watches the wall of one room, that publishes one and watches: with another teacher alone seven
        self.announce(7)
        self.place(receiving=self.receiving("三年级1班"))
        other = {"room": self.id_of("rooms", "录播教室二"), "teacher": self.id_of("people", "李伟")}
        self.place(**other)
        self.announce(6)
        # what stands stays, until somebody touches it
        answer = self.ask("coordinator", "PUT", self.places[-1], {**self.entry(**other), "version": 1})
        self.assert_problem(answer, 409, "more sessions than the relays carry")
        [conflict] = answer.json()["conflicts"]
        self.assertEqual((conflict["kind"], conflict["needed"], conflict["available"]), ("capacity", 7, 6))
        self.assertEqual(conflict["end"] - conflict["start"], 2400)
        start = datetime.datetime.fromtimestamp(conflict["start"], datetime.timezone(datetime.timedelta(hours=8)))
        self.assertEqual((start.strftime("%H:%M"), start.date().isoformat()), ("14:00", conflict["first_day"]))
        self.assertGreater(conflict["days"], 1)
        suggestions = answer.json()["suggestions"]
        self.assertEqual(len(suggestions), 3)
        self.assertNotIn({"weekday": 5, "period": 5}, suggestions)
        moved = self.ask("coordinator", "PUT", self.places[-1], {**self.entry(**other), "version": 1, **suggestions[0]})
        self.assertEqual(moved.status, 200, moved.body)

    # ---- bells -----------------------------------------------------------------------------------

    def test_a_room_whose_bells_do_not_fit_is_refused_offered_other_places_and_may_be_booked_live(self):
        school = self.ask("coordinator", "POST", "/organisations", {"parent": 1, "kind": "school", "name": "夜校", "zone": "Asia/Shanghai"}).json()["id"]
        term = self.list("terms")[0]
        bells = {"name": "夜", "first_day": term["first_day"], "last_day": term["last_day"], "periods": [[510, 550], [875, 915]]}
        self.assertEqual(self.ask("coordinator", "POST", f"/organisations/{school}/bells", bells).status, 201)
        room = self.ask("coordinator", "POST", "/rooms", {"school": school, "name": "夜校教室", "use": "receiving"}).json()["id"]
        pairing = {"term": term["id"], "master_room": self.entry()["room"], "receiving_room": room}
        self.assertEqual(self.ask("coordinator", "POST", "/pairings", pairing).status, 201)
        receiving = [{"room": room}]
        report = self.check(receiving=receiving)
        [conflict] = report["conflicts"]
        self.assertEqual((conflict["kind"], conflict["id"], conflict["period"], conflict["overlap_s"]), ("bells", room, 2, 900))
        self.assertEqual(self.check(receiving=receiving, period=4)["conflicts"][0]["period"], None)
        answer = self.ask("coordinator", "POST", "/timetable", self.entry(receiving=receiving))
        self.assert_problem(answer, 409, "book it live")
        self.assertEqual(answer.json()["conflicts"], report["conflicts"])
        # its own two periods are the town's first and sixth
        self.assertEqual({place["period"] for place in report["suggestions"]} - {1, 6}, set())
        self.place(receiving=receiving, **report["suggestions"][0])
        self.place(receiving=[{"room": room, "live": True}])
        shown = self.ask("coordinator", "GET", self.places[-1]).json()
        self.assertEqual(shown["receiving"], [{"room": room, "teacher": 0, "delay_s": 0, "live": True}])
        self.assertEqual(self.ask("coordinator", "PUT", self.places[-1], shown).status, 200)
        late = self.entry(receiving=[{"room": room, "live": True, "delay_s": 60}])
        self.assert_problem(self.ask("coordinator", "POST", "/timetable/check", late), 422, "delay")

    # ---- devices ---------------------------------------------------------------------------------

    def warnings(self):
        report = self.check(period=6, receiving=self.receiving("三年级1班"))
        return {(row["id"], row["device"]) for row in report["warnings"] if row["kind"] == "device"}

    def enrol(self, room, kind):
        made = self.ask("coordinator", "POST", "/device-codes", {"room": room, "kind": kind}).json()
        device = Device(self)
        self.assertEqual(device.enrol(made["code"]).status, 201)
        return device

    def test_a_room_without_its_device_is_a_warning(self):
        studio, classroom = self.id_of("rooms", "录播教室一"), self.id_of("rooms", "三年级1班")
        self.assertEqual(self.warnings(), {(studio, "capture"), (classroom, "player")})
        self.enrol(studio, "capture")
        device = self.enrol(classroom, "player")
        self.assertEqual(self.warnings(), set())
        self.assertEqual(self.ask("coordinator", "DELETE", f"/devices/{device.id}").status, 200)
        self.assertEqual(self.warnings(), {(classroom, "player")})
        self.place(period=6, receiving=self.receiving("三年级1班"))


class OperatorsWord(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stop()
        cls.arguments += ["--set", "relay.capacity=4"]
        cls.start()

    def test_the_setting_comes_before_what_relays_announce(self):
        self.relay(name="east", capacity=1000)
        wait_until(lambda: self.rows("SELECT sessions FROM relay_capacities ORDER BY relay") == [(4,), (1000,)])
        entry = {"term": self.list("terms")[0]["id"], "subject": "科学", "grade": 3, "weekday": 5, "period": 5, "teacher": self.id_of("people", "王芳"),
                 "room": self.id_of("rooms", "录播教室一"), "receiving": [{"room": self.id_of("rooms", "三年级1班")}]}
        answer = self.ask("coordinator", "POST", "/timetable", entry)
        self.assert_problem(answer, 409)
        self.assertEqual([(row["kind"], row["needed"], row["available"]) for row in answer.json()["conflicts"]], [("capacity", 5, 4)])
        self.assertEqual(answer.json()["suggestions"], [])
        self.assertEqual(self.ask("coordinator", "POST", "/timetable", {**entry, "mode": "recorded"}).status, 201)


if __name__ == "__main__":
    unittest.main()
