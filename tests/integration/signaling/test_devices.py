"""Boxes of classrooms: enrolled once with a code, proven by their key ever after, and gone at once when they are revoked."""
import json
import time
import unittest

from county import County, Device
from harness import JSON, OFFER, SDP


class Devices(County):
    def code(self, room="三年级教室", kind="player"):
        answer = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", room), "kind": kind})
        self.assertEqual(answer.status, 201, answer.body)
        self.assertRegex(answer.json()["code"], r"^\d{6}$")
        return answer.json()["code"]

    def enrolled(self, room="三年级教室", kind="player"):
        device = Device(self)
        self.assertEqual(device.enrol(self.code(room, kind)).status, 201)
        self.assertEqual(device.prove().status, 200)
        return device

    # ---- enrolling -----------------------------------------------------------------------------------

    def test_a_code_enrols_one_device_in_its_room(self):
        code, device = self.code(), Device(self)
        answer = device.enrol(code)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.json()["room"]["name"], "三年级教室")
        self.assertEqual({key: answer.json()["school"][key] for key in ("name", "zone")}, {"name": "白杨教学点", "zone": "Asia/Shanghai"})
        self.assertEqual(answer.json()["kind"], "player")
        self.assert_problem(Device(self).enrol(code), 404, "used or older")
        row = next(row for row in self.list("devices") if row["id"] == device.id)
        self.assertEqual((row["version"], row["name"], row["kind"]), ("1.2.3", "教室电脑", "player"))
        self.assertEqual(self.rows("SELECT person, event, object FROM audit_log WHERE event LIKE 'device%' ORDER BY number DESC LIMIT 2"),
                         [(f"device {device.id}", "device.enrol", f"room {row['room']}"), ("coordinator", "device.code", f"room {row['room']}")])

    def test_the_code_is_not_in_the_database(self):
        code = self.code()
        self.assertNotIn(code, json.dumps(self.rows("SELECT * FROM device_codes")))
        self.assertNotIn(code, json.dumps(self.rows("SELECT * FROM audit_log")))

    def test_a_code_that_is_too_old_enrols_nobody(self):
        code = self.code()
        self.rows("UPDATE device_codes SET expires = ?", int(time.time()) - 1)
        self.assert_problem(Device(self).enrol(code), 404, "ask for a new one")

    def test_what_cannot_be_is_refused_and_the_code_stays(self):
        code = self.code()
        for change in [{"public_key": "abc"}, {"public_key": "!" * 43}, {"name": ""}, {"name": "a\nb"}, {"version": "x" * 33}, {"code": "1234567"}]:
            with self.subTest(change):
                self.assertIn(Device(self).enrol(code, **change).status, (400, 422))
        device = Device(self)
        self.assertEqual(device.enrol(code).status, 201)
        self.assert_problem(device.enrol(self.code()), 409, "enrolled already")

    # ---- proving -------------------------------------------------------------------------------------

    def test_only_its_own_key_and_a_fresh_challenge_prove_a_device(self):
        device, other = self.enrolled(), self.enrolled()
        used = device.challenge()
        self.assertEqual(device.prove(used).status, 200)
        self.assert_problem(device.prove(used), 403, "enrol it")
        self.assert_problem(device.prove(other.challenge()), 403)
        self.assert_problem(device.prove(device.challenge(), signature=other.sign(used)), 403)
        self.assert_problem(device.prove(signature="x"), 403)
        self.assert_problem(device.prove("A" * 43), 403)
        early, late = device.challenge(), None
        time.sleep(0.005)
        late = device.challenge()
        self.assertEqual(device.prove(late).status, 200)
        self.assert_problem(device.prove(early), 403)  # only later ones count
        device.id = 999999
        self.assert_problem(device.prove(device.challenge()), 403)

    def test_a_device_is_no_person_and_a_person_no_device(self):
        device = self.enrolled()
        self.assertEqual(device.get("/me").status, 401)
        self.assertEqual(device.get("/rooms").status, 401)
        self.assertEqual(device.post("/lessons/x/media-token", {}).status, 401)
        self.assertEqual(self.ask("coordinator", "GET", "/device/day").status, 401)
        token = self.token("music")
        self.assertEqual(self.ask(None, "GET", "/device/day", headers={"Authorization": f"Bearer {token}"}).status, 401)

    # ---- the day -------------------------------------------------------------------------------------

    def test_the_day_of_a_room_with_other_bells_is_shifted(self):
        """周三第2节 of the county is played five minutes later at 石沟."""
        self.rows("UPDATE entry_rooms SET delay_s = 300 WHERE room = ?", self.id_of("rooms", "三年级教室"))
        self.addCleanup(self.rows, "UPDATE entry_rooms SET delay_s = 0")
        master, receiving = self.enrolled("录播教室一", "capture"), self.enrolled()
        mine, theirs = (device.get("/device/day").json() for device in (master, receiving))
        self.assertEqual((mine["room"]["name"], mine["zone"] if "zone" in mine else mine["school"]["zone"]), ("录播教室一", "Asia/Shanghai"))
        self.assertLess(abs(mine["now_ms"] / 1000 - time.time()), 5)
        shared = {row["id"] for row in mine["lessons"]} & {row["id"] for row in theirs["lessons"]}
        self.assertTrue(shared)
        for lesson in shared:
            there, here = (next(row for row in day["lessons"] if row["id"] == lesson) for day in (mine, theirs))
            self.assertEqual((here["start"] - there["start"], here["end"] - there["end"]), (300, 300))
            self.assertEqual((there["path"], there["publish"]), (f"/whip/{lesson}/teacher-camera", ["teacher-camera", "teacher-content"]))
            self.assertEqual((here["path"], here["publish"]), (f"/whep/{lesson}", [f"room-{theirs['room']['id']}"]))
            self.assertEqual((here["master_room"]["name"], here["teacher"]), ("录播教室一", "王芳"))
        week = self.ask("coordinator", "GET", f"/organisations/1/weeks/{time.strftime('%Y-%m-%d')}").json()["lessons"]
        self.assertTrue({row["start"] for row in mine["lessons"]} & {row["start"] for row in week})

    def test_health_and_version_are_seen(self):
        device = self.enrolled()
        self.rows("UPDATE devices SET seen = 0 WHERE id = ?", device.id)
        answer = device.post("/device/health", {"version": "2.0", "health": {"camera": "missing"}})
        self.assertLess(abs(answer.json()["now_ms"] / 1000 - time.time()), 5)
        row = self.ask("coordinator", "GET", f"/devices/{device.id}").json()
        self.assertEqual((row["version"], row["health"]), ("2.0", {"camera": "missing"}))
        self.assertLess(abs(row["seen"] - time.time()), 5)
        self.assertEqual(device.post("/device/health", {"version": "2.0", "health": {"x": "y" * 2000}}).status, 200)
        self.assertEqual(self.ask("coordinator", "GET", f"/devices/{device.id}").json()["health"], {"camera": "missing"})

    # ---- tokens, and being revoked ---------------------------------------------------------------------

    def lesson_of(self, device):
        return device.get("/device/day").json()["lessons"][0]["id"]

    def test_a_media_token_is_for_the_lessons_of_its_room(self):
        master, receiving = self.enrolled("录播教室一", "capture"), self.enrolled()
        lesson = self.lesson_of(master)
        self.assertEqual(master.post(f"/device/lessons/{lesson}/media-token", {}).json()["publish"], ["teacher-camera", "teacher-content"])
        answer = receiving.post(f"/device/lessons/{self.lesson_of(receiving)}/media-token", {}).json()
        self.assertEqual((answer["publish"], answer["watch"]), ([f"room-{self.id_of('rooms', '三年级教室')}"], ["*"]))
        other = self.enrolled("录播教室二", "capture")
        self.assert_problem(other.post(f"/device/lessons/{lesson}/media-token", {}), 403, "takes no part")
        self.assert_problem(other.post("/device/lessons/none/media-token", {}), 403)

    def test_a_revoked_device_loses_session_token_and_stream_within_five_seconds(self):
        relay = self.relay()
        device = self.enrolled("录播教室一", "capture")
        lesson = self.lesson_of(device)
        token = device.post(f"/device/lessons/{lesson}/media-token", {}).json()["token"]
        self.assertEqual(self.call("POST", f"/whip/{lesson}/teacher-camera", OFFER, token, SDP).status, 201)
        begin = time.monotonic()
        self.assertEqual(self.ask("coordinator", "DELETE", f"/devices/{device.id}").status, 200)
        closed = relay.wait_for("session.close")[0]
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(closed["reason"], "revoked")
        self.assertEqual(device.get("/device/day").status, 401)
        self.assert_problem(device.prove(), 403)
        answer = self.call("POST", f"/whip/{lesson}/teacher-camera", OFFER, token, SDP)
        self.assert_problem(answer, 401, "disabled")
        self.assertNotIn(device.id, [row["id"] for row in self.list("devices")])
        self.assert_problem(self.ask("coordinator", "DELETE", f"/devices/{device.id}"), 404, "already")

    def test_devices_of_another_school_are_not_there(self):
        self.add_person("headmaster", "coordinator", self.id_of("organisations", "石沟教学点"))
        device = self.enrolled()
        self.assertEqual(self.list("devices", "headmaster"), [])
        for method in ("GET", "DELETE"):
            self.assert_problem(self.ask("headmaster", method, f"/devices/{device.id}"), 403, "not yours")
        self.assert_problem(self.ask("headmaster", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}), 403, "not yours")
        self.assert_problem(self.ask("coordinator", "POST", "/device-codes", {"room": 999, "kind": "player"}), 404)
        self.assert_problem(self.ask("coordinator", "POST", "/device-codes", {"room": 1, "kind": "oven"}), 400)


class Guessing(County):
    """A signaling of its own: what was tried here counts for the address."""

    def test_codes_cannot_be_guessed(self):
        statuses = [Device(self).enrol(f"{number:06d}").status for number in range(12)]
        self.assertEqual(statuses[:5], [404] * 5)
        self.assertEqual(set(statuses[5:]), {429})
        self.assertTrue(Device(self).enrol("000000").header("retry-after"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
