"""/ws as its participants see it: who may join, what they hear, how they come back, and what a bad client gets."""
import json
import time
import unittest

from county import County, Device
from harness import JSON, OFFER, SDP
from socket_client import CLOSE, PING, TEXT, Refused, Socket, frame


class Realtime(County):
    lessons = ["music", "art"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("stranger", "coordinator")
        cls.add_person("inspector", "inspector", 1)
        cls.add_person("system_admin", "system_admin")
        for name in ("waiting", "leaving"):
            cls.passwords[name] = cls.run_command("person", "add", name, "--role", "master_teacher", "--lesson", "music", "--organisation", "1")

    def open(self, name=None, token=None, headers=None, **options):
        headers = dict(headers or {})
        if name:
            headers["Cookie"] = self.cookie(name)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        opened = Socket(self.port, headers, **options)
        self.addCleanup(opened.close)
        return opened

    def joined(self, lesson="music", subject="alice", **options):
        opened = self.open(token=self.token(lesson, None, "*", "--subject", subject), **options)
        opened.join(lesson)
        return opened

    def stage(self, source, lesson="music"):
        token = self.token(lesson, "teacher-camera")
        answer = self.call("PUT", f"/api/v1/lessons/{lesson}/stage", json.dumps({"source": source}), token, JSON)
        self.assertEqual(answer.status, 200, answer.body)

    # ---- who may join ----------------------------------------------------------------------------

    def test_a_media_token_and_a_login_join(self):
        for opened, subject in [
                (self.open(token=self.token("music", "room-7", "*", "--subject", "box")), "box"),
                (self.open("waiting"), None),
                (self.open(headers={}, protocol="duet-lesson, duet-token." + self.token("music", None, "*", "--subject", "page")), "page")]:
            before = time.time()
            joined = opened.join("music")
            if subject:
                self.assertEqual(joined["participant"], subject)
            else:
                self.assertRegex(joined["participant"], r"^person-\d+$")
            self.assertLess(abs(joined["now_ms"] / 1000 - before), 5)
            self.assertEqual(joined["lesson"]["id"], "music")
            self.assertEqual(joined["lesson"]["state"], "open")
            self.assertIsNone(joined["lesson"]["starts"])
            self.assertIn(joined["participant"], [row["participant"] for row in joined["presence"]])
            # the token is good for media at once
            answer = self.call("GET", "/whep/music", token=joined["token"])
            self.assertEqual(answer.status, 204)
            self.assertGreater(joined["token_expires"], before)

    def test_nobody_gets_in_without_a_name(self):
        for headers, protocol in [({}, "duet-lesson"), ({"Cookie": "duet=" + "0" * 32}, "duet-lesson"),
                                  ({"Authorization": "Bearer x.y.z"}, "duet-lesson"), ({}, "duet-lesson, duet-token.x.y.z")]:
            with self.subTest(headers=headers), self.assertRaises(Refused) as caught:
                self.open(headers=headers, protocol=protocol)
            self.assertEqual(caught.exception.status, 401)

    def test_a_foreign_page_does_not_get_in_with_a_cookie(self):
        for headers in [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]:
            with self.subTest(headers), self.assertRaises(Refused) as caught:
                self.open("waiting", headers=headers)
            self.assertEqual(caught.exception.status, 403)
        self.open("waiting", headers={"Origin": f"http://127.0.0.1:{self.port}"}).join("music")

    def test_a_lesson_of_others_closes_the_socket(self):
        other = self.token("art")
        for opened, lesson, code in [(self.open("waiting"), "art", 4403), (self.open("stranger"), "music", 4403),
                                     (self.open(token=other), "music", 4403), (self.open("waiting"), "nothing", 4404)]:
            opened.send({"type": "join", "lesson": lesson})
            self.assertEqual(opened.closed(), code)

    def planned(self, room):
        """A lesson that the room receives."""
        return self.rows("SELECT l.id FROM lessons l JOIN entry_rooms r ON r.entry = l.entry WHERE r.room = ? ORDER BY l.day DESC LIMIT 1",
                         self.id_of("rooms", room))[0][0]

    def test_whoever_oversees_a_room_of_the_lesson_joins_it(self):
        lesson = self.planned("复式教室")
        for name in ("coordinator", "inspector"):
            joined = self.open(name).join(lesson)
            self.assertEqual((joined["role"], joined["room"], joined["publish"]), (name, None, []))
            self.assertIn("复式教室", [room["name"] for room in joined["lesson"]["rooms"]])
            self.assertEqual(joined["lesson"]["ends"] - joined["lesson"]["starts"], 2400)
        stranger = self.open("stranger")
        stranger.send({"type": "join", "lesson": lesson})
        self.assertEqual(stranger.closed(), 4403)

    def enrolled(self, room):
        device = Device(self)
        code = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", room), "kind": "player"}).json()["code"]
        self.assertEqual(device.enrol(code).status, 201)
        self.assertEqual(device.prove().status, 200)
        return device

    def test_a_device_joins_the_lessons_of_its_room_until_it_is_revoked(self):
        device = self.enrolled("复式教室")
        lesson = self.planned("复式教室")
        opened = self.open(token=device.session)
        joined = opened.join(lesson)
        room = self.id_of("rooms", "复式教室")
        self.assertEqual((joined["participant"], joined["role"], joined["room"]), (f"device-{device.id}", "receiving_room", room))
        self.assertEqual((joined["publish"], joined["watch"]), ([f"room-{room}"], ["*"]))
        foreign = self.open(token=device.session)
        foreign.send({"type": "join", "lesson": "music"})
        self.assertEqual(foreign.closed(), 4403)
        self.ask("coordinator", "DELETE", f"/devices/{device.id}")
        self.assertEqual(opened.closed(timeout=5), 4403)
        with self.assertRaises(Refused):
            self.open(token=device.session)

    def test_a_disabled_person_is_gone_within_5_seconds(self):
        opened = self.open("leaving")
        opened.join("music")
        person = self.id_of("people", "leaving")
        answer = self.ask("coordinator", "PUT", f"/people/{person}", {"disabled": True}, headers={"If-Match": "*"})
        self.assertLess(answer.status, 300, answer.body)
        self.assertEqual(opened.closed(timeout=5), 4403)

    def test_what_is_no_websocket_of_ours_is_told_what_to_send(self):
        token = self.token()
        for headers in [{}, {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13",
                             "Sec-WebSocket-Protocol": "duet-lesson"}]:
            answer = self.call("GET", "/ws", token=token, headers=headers)
            self.assert_problem(answer, 426, "duet-lesson")
        for options in [{"protocol": "chat"}, {"protocol": "duet-relay-link"}]:
            with self.assertRaises(Refused) as caught:
                self.open(token=token, **options)
            self.assertEqual(caught.exception.status, 426)

    # ---- what they hear --------------------------------------------------------------------------

    def test_presence_is_told_once_for_somebody_with_two_sockets(self):
        alice = self.joined(subject="alice")
        bob, again = self.joined(subject="bob"), self.joined(subject="bob")
        came = alice.until("presence", participant="bob")
        self.assertTrue(came["here"])
        bob.close()
        self.assertTrue(alice.quiet(0.5, "presence"))
        again.close()
        self.assertFalse(alice.until("presence", participant="bob")["here"])

    def test_time_is_told_with_the_clients_own(self):
        alice = self.open("waiting")
        for t0 in (12, 1234.5):
            alice.send({"type": "time", "t0": t0})
            answer = alice.until("time")
            self.assertEqual(answer["t0"], t0)
            self.assertLess(abs(answer["now_ms"] / 1000 - time.time()), 5)

    def test_a_new_token_is_there_for_the_asking(self):
        person = self.open("waiting")
        first = person.join("music")
        person.send({"type": "token"})
        second = person.until("token")
        self.assertNotEqual(first["token"], second["token"])
        self.assertEqual(self.call("GET", "/whep/music", token=second["token"]).status, 204)

    def test_the_stage_is_told(self):
        alice = self.joined()
        self.stage("room-7")
        self.assertEqual(alice.until("stage")["source"], "room-7")
        self.assertEqual(self.joined(subject="late").last["lesson"]["stage"], "room-7")

    def test_slots_of_a_wall_are_set_as_over_http(self):
        relay = self.relay()
        token = self.token("music", None, "*", "--subject", "viewer")
        sessions = {}
        for path in ("/whep/music/wall", "/whep/music"):
            body = OFFER.replace("m=audio", "m=video").replace("sendonly", "recvonly")
            answer = self.call("POST", path, body, token, SDP)
            self.assertEqual(answer.status, 201, answer.body)
            sessions[path] = answer.header("location").rsplit("/", 1)[1]
        viewer, stranger = self.open(token=token), self.joined(subject="stranger")
        viewer.join("music")
        wall = sessions["/whep/music/wall"]
        viewer.send({"type": "slots.set", "id": 1, "session": wall, "slots": [{"slot": 0, "source": "room-2"}]})
        done = viewer.until("slots", id=1)
        self.assertEqual(done["slots"], [{"slot": 0, "kind": "video", "source": "room-2", "state": "waiting"}])
        self.assertEqual(relay.sessions[wall]["slots"][0][3], "room-2")
        viewer.send({"type": "slots", "id": 2, "session": wall})
        self.assertEqual(viewer.until("slots", id=2)["slots"], done["slots"])
        for session, slot, source, status in [(wall, 9, "room-1", 400), (sessions["/whep/music"], 0, "room-1", 409),
                                              ("0" * 32, 0, "room-1", 404)]:
            viewer.send({"type": "slots.set", "id": 3, "session": session, "slots": [{"slot": slot, "source": source}]})
            self.assertEqual(viewer.until("error", id=3)["status"], status)
        stranger.send({"type": "slots", "id": 4, "session": wall})
        self.assertEqual(stranger.until("error", id=4)["status"], 404)

    # ---- coming back -----------------------------------------------------------------------------

    def test_what_was_missed_comes_once_after_a_drop(self):
        witness = self.joined(subject="witness")
        alice = self.joined(subject="alice")
        self.stage("room-1")
        seen = alice.until("stage")["seq"]
        alice.close()
        witness.until("presence", participant="alice", here=False)
        self.stage("room-2")
        self.stage("room-3")
        again = self.open(token=self.token("music", None, "*", "--subject", "alice"))
        joined = again.join("music", seq=seen)
        self.assertEqual((joined["resumed"], joined["seq"]), (True, seen))
        missed = [again.message() for _ in range(4)]
        self.assertEqual([event["seq"] for event in missed], list(range(seen + 1, seen + 5)))
        self.assertEqual([event.get("source", event.get("here")) for event in missed], [False, "room-2", "room-3", True])
        self.assertTrue(again.quiet(0.5))

    def test_what_is_too_old_or_of_another_run_gets_where_things_stand(self):
        alice = self.joined(subject="alice")
        now = alice.last["seq"]
        for seq in (0, 17, now - 5000, now + 1000):
            other = self.open(token=self.token("music", None, "*", "--subject", "other"))
            joined = other.join("music", seq=seq)
            self.assertFalse(joined["resumed"])
            self.assertGreaterEqual(joined["seq"], now)
            other.close()

    def test_a_reader_that_stands_still_gets_a_snapshot_and_nobody_else_waits(self):
        alice = self.joined(subject="alice")
        slow = self.joined(subject="slow", receive_buffer=4096)
        token = self.token("music", "teacher-camera")
        connection = self.connect()
        slowest = 0
        for i in range(900):
            began = time.monotonic()
            connection.request("PUT", "/api/v1/lessons/music/stage", json.dumps({"source": f"room-{i}"}),
                               {"Authorization": f"Bearer {token}", "Content-Type": JSON})
            self.assertEqual(connection.answer().status, 200)
            alice.until("stage", source=f"room-{i}")
            slowest = max(slowest, time.monotonic() - began)
        self.assertLess(slowest, 2)
        snapshot = slow.until("snapshot")
        self.assertEqual(snapshot["lesson"]["stage"], "room-899")
        self.assertIn("alice", [row["participant"] for row in snapshot["presence"]])
        self.stage("room-1000")
        self.assertEqual(slow.until("stage")["seq"], snapshot["seq"] + 1)

    def test_what_is_said_right_behind_the_join_is_answered_behind_it(self):
        opened = self.open("waiting")
        said = ({"type": "join", "lesson": "music"}, {"type": "time", "t0": 7}, {"type": "token"})
        opened.send_bytes(b"".join(frame(TEXT, json.dumps(message).encode()) for message in said))
        heard = [opened.message()["type"] for _ in said]
        self.assertEqual(heard, ["joined", "time", "token"])

    # ---- what a bad client gets ------------------------------------------------------------------

    def test_what_cannot_be_read_ends_the_socket_with_a_code(self):
        deep = '{"type":"time","t0":' + "[" * 40 + "]" * 40 + "}"
        for data, code in [(frame(TEXT, b"nonsense"), 4400), (frame(TEXT, b"{}"), 4400), (frame(TEXT, b'{"type":"token"}'), 4400),
                           (frame(TEXT, deep.encode()), 4400), (frame(TEXT, b'{"type":"time","t0":"\xff"}'), 4400),
                           (frame(2, b"binary"), 1003), (frame(TEXT, b"x" * 9000), 1009),
                           (frame(TEXT, b"x" * 6000, False) + frame(0, b"x" * 6000), 1009), (frame(0, b"x"), 1002),
                           (frame(PING, b"x" * 126), 1002), (frame(PING, b"x", False), 1002), (b"\xc1\x80\x00\x00\x00\x00", 1002),
                           (b"\x81\x01x", 1002), (frame(3, b"x"), 1002), (frame(CLOSE, b"\x03\xe8"), 1000)]:
            with self.subTest(data[:30]):
                opened = self.open("waiting")
                opened.send_bytes(data)
                self.assertEqual(opened.closed(), code)

    def test_a_message_in_pieces_and_bytes_one_by_one_is_one_message(self):
        opened = self.open("waiting")
        opened.send_bytes(frame(TEXT, b'{"type":"ti', False) + frame(PING, b"hello") + frame(0, b'me","t0":1}'))
        opened.until("time")
        self.assertEqual(opened.pongs, 1)
        for byte in frame(TEXT, b'{"type":"time","t0":2}'):
            opened.send_bytes(bytes([byte]))
        self.assertEqual(opened.until("time")["t0"], 2)

    def test_a_flood_of_messages_ends_the_socket(self):
        opened = self.open("waiting")
        for _ in range(40):
            opened.send({"type": "time", "t0": 1})
        self.assertEqual(opened.closed(), 4429)

    def test_a_type_of_tomorrow_is_refused_and_the_socket_stays(self):
        opened = self.joined()
        opened.send({"type": "wave", "id": 5})
        self.assertEqual(opened.until("error")["id"], 5)
        opened.send({"type": "time", "t0": 1})
        opened.until("time")

    def test_who_joins_nothing_is_sent_away(self):
        opened = self.open("waiting")
        self.assertEqual(opened.closed(timeout=14), 4408)

    def test_a_silent_peer_is_gone_within_15_seconds(self):
        alice, silent = self.joined(subject="alice"), self.joined(subject="silent")
        silent.answer_pings = False
        alice.until("presence", participant="silent", here=True)
        began = time.monotonic()
        alice.until("presence", timeout=16, participant="silent", here=False)
        self.assertLess(time.monotonic() - began, 15)

    # ---- restarts --------------------------------------------------------------------------------

    def test_a_server_that_stops_says_so(self):
        alice = self.joined()
        port = self.port
        self.stop()
        try:
            self.assertEqual(alice.closed(), 1001)
        finally:
            self.start(port)
        self.joined()


if __name__ == "__main__":
    unittest.main()
