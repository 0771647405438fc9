"""Boxes of classrooms: enrolled once with a code, proven by their key ever after, and gone at once when they are revoked."""
import datetime
import hashlib
import hmac
import json
import re
import time
import unittest

import numpy
from pyzbar import pyzbar

from county import County, Device
from harness import JSON, OFFER, SDP
from moved_clock import MovedClock

ZONE = datetime.timezone(datetime.timedelta(hours=8))


def read_qr(svg):
    """What a reader that nobody here wrote sees in the picture; four pixels a module."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    pixels = numpy.full((size, size), 255, numpy.uint8)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        pixels[int(y), int(x):int(x) + int(width)] = 0
    return [found.data.decode() for found in pyzbar.decode(numpy.kron(pixels, numpy.ones((4, 4), numpy.uint8)))]


class Boxes(County):
    def make_code(self, room="三年级教室", kind="player", **headers):
        answer = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", room), "kind": kind}, headers)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertRegex(answer.json()["code"], r"^\d{6}$")
        return answer.json()

    def code(self, room="三年级教室", kind="player"):
        return self.make_code(room, kind)["code"]

    def enrolled(self, room="三年级教室", kind="player"):
        device = Device(self)
        self.assertEqual(device.enrol(self.code(room, kind)).status, 201)
        self.assertEqual(device.prove().status, 200)
        return device

    def lesson_now(self, device):
        """Lets one of the lessons of the device's room be live now, whatever the bells say."""
        now = int(time.time())
        today = now // 86400
        lesson, day, state = self.rows(
            "SELECT l.id, l.day, l.state FROM lessons l JOIN timetable_entries e ON e.id = l.entry JOIN devices d ON d.room = e.room"
            " WHERE d.id = ? AND NOT EXISTS (SELECT 1 FROM lessons WHERE entry = l.entry AND day = ?) LIMIT 1", device.id, today)[0]
        self.rows("UPDATE lessons SET state = 'live', day = ?, starts = ?, ends = ? WHERE id = ?", today, now - 600, now + 1800, lesson)
        self.addCleanup(self.rows, "UPDATE lessons SET state = ?, day = ?, starts = NULL, ends = NULL WHERE id = ?", state, day, lesson)
        return lesson

    def put_all_lessons_off(self):
        """So that none is today, whatever day of the week that is."""
        self.rows("UPDATE lessons SET day = day + 4000 WHERE day IS NOT NULL")
        self.addCleanup(self.rows, "UPDATE lessons SET day = day - 4000 WHERE day IS NOT NULL")

    def revoke(self, device, **body):
        return self.ask("coordinator", "DELETE", f"/devices/{device.id}", body)


class Devices(Boxes):
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

    def test_the_code_stands_hashed_with_a_key_that_is_not_in_the_database(self):
        """A million hashes without a key are made in a second."""
        code = self.code()
        hashes = {row[0] for row in self.rows("SELECT code_hash FROM device_codes")}
        plain = {hashlib.sha256(code.encode()).hexdigest(), hashlib.sha256(b"duet-device-code\0" + code.encode()).hexdigest()}
        key = bytes.fromhex((self.folder / "token.key").read_text().strip())
        self.assertFalse(hashes & plain)
        self.assertIn(hmac.digest(key, b"duet-device-code\0" + code.encode(), "sha256").hex(), hashes)

    def test_the_picture_holds_the_server_and_the_code(self):
        made = self.make_code()
        self.assertEqual(read_qr(made["qr"]), [f"duet-enrol:{self.url.rstrip('/')}#{made['code']}"])

    def test_who_made_a_code_sees_that_it_was_used(self):
        made = self.make_code()
        path = f"/device-codes/{made['id']}"
        answer = self.ask("coordinator", "GET", path)
        self.assertIsNone(answer.json()["device"])
        self.assertNotIn(made["code"], answer.body.decode())
        device = Device(self)
        device.enrol(made["code"])
        self.assertEqual(self.ask("coordinator", "GET", path).json()["device"], device.id)
        self.assert_problem(self.ask("coordinator", "DELETE", path), 404, "revoke the device")
        self.rows("UPDATE device_codes SET expires = ?", int(time.time()) - 1)
        self.assert_problem(self.ask("coordinator", "GET", path), 404, "ten minutes")

    def test_a_code_that_is_withdrawn_enrols_nobody(self):
        made = self.make_code()
        self.assertEqual(self.ask("coordinator", "DELETE", f"/device-codes/{made['id']}").status, 200)
        self.assert_problem(Device(self).enrol(made["code"]), 404)
        self.assertEqual(self.rows("SELECT event, person FROM audit_log ORDER BY number DESC LIMIT 1"), [("device.code_withdraw", "coordinator")])

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
        for lesson in shared:
            start = next(row["start"] for row in mine["lessons"] if row["id"] == lesson)
            day = datetime.datetime.fromtimestamp(start, ZONE).date()  # of the school: on Saturday its next lesson is next week's
            week = self.ask("coordinator", "GET", f"/organisations/1/weeks/{day}").json()["lessons"]
            self.assertEqual([row["start"] for row in week if row["id"] == lesson], [start])

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

    def test_what_a_box_told_is_shown_at_once_and_outlives_a_stop(self):
        device = self.enrolled()
        for number in range(3):
            device.post("/device/health", {"version": f"2.{number}", "health": {"disk": "full"}})
            rows = {row["id"]: row for row in self.ask("coordinator", "GET", "/devices").json()["devices"]}
            self.assertEqual((rows[device.id]["version"], rows[device.id]["health"]), (f"2.{number}", {"disk": "full"}))
        device.post("/device/health", {"version": "2.3", "health": {"disk": "ok"}})
        port = self.port
        type(self).stop()
        told = self.rows("SELECT version, health FROM devices WHERE id = ?", device.id)
        type(self).start(port)
        self.assertEqual(told, [("2.3", '{"disk":"ok"}')])
        self.assertEqual(self.rows("SELECT count(*) FROM device_events WHERE device = ? AND event = 'health'", device.id), [(4,)])

    # ---- the fleet -----------------------------------------------------------------------------------

    def test_what_happened_to_a_device_is_kept(self):
        device = self.enrolled()
        for health in ({"camera": "ok"}, {"camera": "missing"}, {"camera": "missing"}):
            device.post("/device/health", {"version": "1.2.3", "health": health})
        device.post("/device/health", {"version": "2.0", "health": {"camera": "missing"}})
        self.revoke(device, in_lesson=True)
        log = self.ask("coordinator", "GET", f"/devices/{device.id}").json()["log"]
        self.assertEqual([(row["event"], row["version"], row["health"].get("camera")) for row in log], [
            ("revoked", "2.0", "missing"), ("health", "2.0", "missing"), ("health", "1.2.3", "missing"),
            ("session", "1.2.3", "ok"), ("enrolled", "1.2.3", None)])
        self.assertTrue(all(abs(row["time"] - time.time()) < 5 for row in log))

    def test_the_log_of_a_device_that_changes_all_the_time_stays_small(self):
        device = self.enrolled()
        self.rows("INSERT INTO device_events (device, time, event, version, health) WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL"
                  " SELECT i + 1 FROM n WHERE i < 2000) SELECT ?, i, 'health', 'x', '' FROM n", device.id)
        device.post("/device/health", {"version": "3.0", "health": {}})
        self.assertEqual(self.ask("coordinator", "GET", f"/devices/{device.id}").json()["log"][0]["version"], "3.0")
        self.assertEqual(self.rows("SELECT count(*) FROM device_events WHERE device = ?", device.id), [(500,)])

    def test_the_list_tells_where_a_device_is_and_which_lesson_is_next(self):
        device, idle = self.enrolled(), self.enrolled("多功能教室", "capture")
        room = self.id_of("rooms", "三年级教室")
        self.put_all_lessons_off()
        self.rows("UPDATE entry_rooms SET delay_s = 300 WHERE room = ?", room)
        self.addCleanup(self.rows, "UPDATE entry_rooms SET delay_s = 0")
        lesson, day = self.rows("SELECT l.id, l.day FROM lessons l JOIN entry_rooms x ON x.entry = l.entry WHERE x.room = ? AND l.state = 'scheduled' LIMIT 1", room)[0]
        tomorrow = int(time.time()) // 86400 + 1
        self.rows("UPDATE lessons SET day = ? WHERE id = ?", tomorrow, lesson)
        self.addCleanup(self.rows, "UPDATE lessons SET day = ? WHERE id = ?", day, lesson)
        rows = {row["id"]: row for row in self.list("devices")}
        self.assertEqual((rows[device.id]["room_name"], rows[device.id]["school_name"], rows[device.id]["zone"]), ("三年级教室", "白杨教学点", "Asia/Shanghai"))
        self.assertIsNone(rows[idle.id]["next"])
        upcoming = rows[device.id]["next"]
        self.assertEqual((upcoming["id"], upcoming["running"]), (lesson, False))
        mine = next(row for row in device.get("/device/day").json()["lessons"] if row["id"] == lesson)
        self.assertEqual((upcoming["start"], upcoming["end"], upcoming["subject"]), (mine["start"], mine["end"], mine["subject"]))

    def test_a_room_that_stands_in_has_the_lesson_and_the_other_one_not(self):
        away, here = self.enrolled("录播教室一", "capture"), self.enrolled("录播教室二", "capture")
        self.put_all_lessons_off()
        lesson = self.lesson_now(away)
        place = self.rows("SELECT room FROM devices WHERE id = ?", away.id)[0][0]
        self.rows("INSERT INTO substitutions VALUES (?, ?, (SELECT room FROM devices WHERE id = ?), NULL, '', 'coordinator', 0)", lesson, place, here.id)
        self.addCleanup(self.rows, "DELETE FROM substitutions")
        rows = {row["id"]: row["next"] for row in self.list("devices")}
        self.assertEqual((rows[here.id]["id"], rows[here.id]["running"]), (lesson, True))
        self.assertIsNone(rows[away.id])
        self.assertEqual(self.revoke(away).status, 200)
        self.assert_problem(self.revoke(here), 409)

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
        self.assertEqual(self.revoke(device, in_lesson=True).status, 200)
        closed = relay.wait_for("session.close")[0]
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(closed["reason"], "revoked")
        self.assertEqual(device.get("/device/day").status, 401)
        self.assert_problem(device.prove(), 403)
        answer = self.call("POST", f"/whip/{lesson}/teacher-camera", OFFER, token, SDP)
        self.assert_problem(answer, 401, "disabled")
        self.assertNotIn(device.id, [row["id"] for row in self.list("devices")])
        self.assert_problem(self.ask("coordinator", "DELETE", f"/devices/{device.id}"), 404, "already")

    def test_a_device_whose_lesson_runs_is_revoked_only_when_that_is_confirmed(self):
        device = self.enrolled("录播教室一", "capture")
        self.put_all_lessons_off()
        self.lesson_now(device)
        self.assert_problem(self.revoke(device), 409, "going on")
        self.assert_problem(self.revoke(device, in_lesson=False), 409)
        self.assertEqual(device.get("/device/day").status, 200)
        self.assertEqual(self.revoke(device, in_lesson=True).status, 200)
        self.assertEqual(device.get("/device/day").status, 401)
        self.assertEqual(self.rows("SELECT object, detail FROM audit_log WHERE event = 'device.revoke' ORDER BY number DESC LIMIT 1"),
                         [(f"device {device.id}", '{"in_lesson":true}')])

    def test_a_session_ends_after_twelve_hours(self):
        device = self.enrolled()
        self.rows("UPDATE device_sessions SET expires = expires - 43140 WHERE device = ?", device.id)
        self.assertEqual(device.get("/device/day").status, 200)
        self.rows("UPDATE device_sessions SET expires = expires - 60 WHERE device = ?", device.id)
        self.assertEqual(device.get("/device/day").status, 401)
        self.assertEqual(device.prove().status, 200)

    def test_devices_of_another_school_are_not_there(self):
        self.add_person("headmaster", "coordinator", self.id_of("organisations", "石沟教学点"))
        device = self.enrolled()
        self.assertEqual(self.list("devices", "headmaster"), [])
        for method in ("GET", "DELETE"):
            self.assert_problem(self.ask("headmaster", method, f"/devices/{device.id}"), 403, "not yours")
        made = self.make_code()
        for method in ("GET", "DELETE"):
            self.assert_problem(self.ask("headmaster", method, f"/device-codes/{made['id']}"), 403, "not yours")
        self.assert_problem(self.ask("headmaster", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}), 403, "not yours")
        self.assert_problem(self.ask("coordinator", "POST", "/device-codes", {"room": 999, "kind": "player"}), 404)
        self.assert_problem(self.ask("coordinator", "POST", "/device-codes", {"room": 1, "kind": "oven"}), 400)


class WrongClock(MovedClock):
    def test_a_device_comes_in_after_the_servers_clock_was_put_back(self):
        device = Device(self)
        self.move(3600)
        code = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}).json()["code"]
        self.assertEqual(device.enrol(code).status, 201)
        self.assertEqual(device.prove().status, 200)
        self.move(0)
        challenge = device.challenge()
        self.assertEqual(device.prove(challenge).status, 200)
        self.assertEqual(device.get("/device/day").status, 200)
        # and none counts twice
        self.assertEqual(device.prove(challenge).status, 403)


class Guesses(Boxes):
    """It believes its proxy, so that one machine can be many."""
    settings = [*County.settings, "http.trusted_proxies=[127.0.0.1]"]

    def guess(self, address, number="000000"):
        device = Device(self)
        body = {"code": number, "public_key": device.public_key, "name": "x", "version": "1"}
        return self.ask(None, "POST", "/devices", body, headers={"X-Forwarded-For": address})


class Guessing(Guesses):
    """A signaling of its own: what was tried counts."""

    def test_one_address_is_slowed_down_and_nobody_else(self):
        statuses = [self.guess("192.0.2.1").status for _ in range(40)]
        self.assertEqual(statuses[:5], [404] * 5)
        self.assertEqual(set(statuses[5:]), {429})
        self.assertTrue(self.guess("192.0.2.1").header("retry-after"))
        self.assertEqual(self.guess("192.0.2.2", self.code()).status, 201)

    def test_a_network_of_ipv6_is_one_address(self):
        statuses = [self.guess(f"2001:db8::{number:x}").status for number in range(1, 11)]
        self.assertEqual(statuses, [404] * 5 + [429] * 5)


class GuessingTogether(Guesses):
    def test_many_addresses_together_are_slowed_down_too_but_not_for_ever(self):
        waiting = self.make_code(**{"X-Forwarded-For": "203.0.113.9"})["code"]  # and nobody has to log in any more
        begin = time.monotonic()
        tried = sum(self.guess(f"198.51.{number // 100}.{number % 100}").status == 404 for number in range(200))
        elapsed = time.monotonic() - begin
        self.assertGreaterEqual(tried, 100)
        self.assertLessEqual(tried, 101 + elapsed)
        self.assertEqual(self.guess("203.0.113.9", waiting).status, 201)  # from where the code was made, whatever is left for others
        self.wait_and_try("203.0.113.7", self.code())

    def wait_and_try(self, address, code):
        answer = self.guess(address, code)
        if answer.status == 429:
            time.sleep(int(answer.header("retry-after")))
            answer = self.guess(address, code)
        self.assertEqual(answer.status, 201, answer.body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
