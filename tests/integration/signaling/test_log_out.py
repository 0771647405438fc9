"""What a login opened ends with it: media tokens, streams and sockets of the same person's other logins go on."""
import json
import time
import unittest

from county import County
from harness import JSON, OFFER, SDP
from socket_client import Socket

PERSON = "王芳"
GOOD = "four green kites rising"


class Place:
    """A browser that the person has logged in with, in a lesson by a socket and with a stream."""

    def __init__(self, test, source):
        self.test, self.cookie = test, test.new_login(PERSON)
        self.token = self.ask("POST", "/lessons/music/media-token").json()["token"]
        self.socket = Socket(test.port, {"Cookie": self.cookie})
        test.addCleanup(self.socket.close)
        self.socket.join("music")
        self.publish = lambda token: test.call("POST", f"/whip/music/{source}", OFFER, token, SDP)
        answer = self.publish(self.token)
        assert answer.status == 201, answer.body
        self.stream = answer.header("location")

    def ask(self, method, path, body=None):
        return self.test.call(method, "/api/v1" + path, None if method == "GET" else json.dumps(body or {}), kind=JSON, headers={"Cookie": self.cookie})

    def is_there(self):
        """By all that it has: login, token, stream, socket."""
        self.socket.send({"type": "time", "t0": 1})
        return (self.ask("GET", "/me").status, self.test.call("GET", self.stream, token=self.token).status, self.socket.until("time")["t0"]) == (200, 204, 1)


class LogOut(County):
    lessons = ["music"]
    settings = [*County.settings, "limits.publish_burst=100", "limits.watch_burst=100"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows("INSERT INTO lesson_people SELECT 'music', id FROM people WHERE name = ?", PERSON)

    def setUp(self):
        self.scripted = self.relay()
        self.here, self.there = Place(self, "teacher-camera"), Place(self, "teacher-content")

    def assert_ended(self, place, begin):
        self.assertEqual(place.socket.closed(timeout=5), 4403)
        closed = self.scripted.wait_for("session.close", timeout=5)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual([(request["session"], request["reason"]) for request in closed], [(place.stream.rsplit("/", 1)[1], "revoked")])
        self.assertEqual(place.ask("GET", "/me").status, 401)
        self.assert_problem(place.publish(place.token), 401, "login")

    def test_logging_out_elsewhere_ends_streams_and_sockets_there_and_none_here(self):
        begin = time.monotonic()
        self.assertGreaterEqual(self.here.ask("DELETE", "/me/sessions").json()["ended"], 1)
        self.assert_ended(self.there, begin)
        self.assertTrue(self.here.is_there())

    def test_one_login_is_ended_by_its_number(self):
        third = Place(self, "teacher-content")  # takes the source over from the second
        rows = self.here.ask("GET", "/me/sessions").json()["sessions"]
        mine = next(row["id"] for row in self.there.ask("GET", "/me/sessions").json()["sessions"] if row["current"])
        self.assertIn(mine, [row["id"] for row in rows])
        self.scripted.requests.clear()
        self.assertEqual(self.here.ask("DELETE", f"/me/sessions/{mine}").json(), {"ended": 1})
        self.assertEqual(self.there.socket.closed(timeout=5), 4403)
        self.assertTrue(self.here.is_there() and third.is_there())

    def test_a_token_of_the_socket_and_one_of_a_link_end_too(self):
        self.there.socket.send({"type": "token"})
        renewed = self.there.socket.until("token")["token"]
        ticket = self.call("POST", "/api/v1/tickets", "{}", token=renewed, kind=JSON).json()["ticket"]
        self.assertEqual(self.call("GET", self.there.stream, token=renewed).status, 204)
        by_token = Socket(self.port, {"Authorization": f"Bearer {renewed}"})
        self.addCleanup(by_token.close)
        by_token.join("music")
        self.here.ask("DELETE", "/me/sessions")
        self.assertEqual(by_token.closed(timeout=5), 4403)
        redeemed = self.call("POST", "/api/v1/tickets/redeem", json.dumps({"ticket": ticket}), kind=JSON).json()["token"]
        for token in (renewed, redeemed):
            self.assert_problem(self.there.publish(token), 401, "login")

    def test_logging_out_ends_what_this_login_opened(self):
        begin = time.monotonic()
        self.assertEqual(self.there.ask("POST", "/logout").status, 204)
        self.assert_ended(self.there, begin)
        self.assertTrue(self.here.is_there())

    def test_another_password_ends_what_others_opened_and_not_what_its_chooser_did(self):
        begin = time.monotonic()
        answer = self.here.ask("POST", "/me/password", {"old": self.passwords[PERSON], "new": GOOD + str(begin)})
        self.assertEqual(answer.status, 200, answer.body)
        self.passwords[PERSON], self.here.cookie = GOOD + str(begin), answer.header("set-cookie").split(";")[0]
        self.assert_ended(self.there, begin)
        self.assertTrue(self.here.is_there())

    def test_what_was_opened_before_another_password_ends_from_elsewhere(self):
        answer = self.here.ask("POST", "/me/password", {"old": self.passwords[PERSON], "new": GOOD + " from here"})
        self.assertEqual(answer.status, 200, answer.body)
        self.passwords[PERSON], self.here.cookie = GOOD + " from here", answer.header("set-cookie").split(";")[0]
        self.assertTrue(self.here.is_there())
        self.scripted.requests.clear()
        third, begin = self.new_login(PERSON), time.monotonic()
        self.assertEqual(self.call("DELETE", "/api/v1/me/sessions", "{}", kind=JSON, headers={"Cookie": third}).json(), {"ended": 1})
        self.assert_ended(self.here, begin)

    def test_what_was_opened_before_logging_in_once_more_ends_too(self):
        again = {"name": PERSON, "password": self.passwords[PERSON]}
        self.there.cookie = self.there.ask("POST", "/login", again).header("set-cookie").split(";")[0]
        self.assertTrue(self.there.is_there())
        begin = time.monotonic()
        self.here.ask("DELETE", "/me/sessions")
        self.assert_ended(self.there, begin)

    def test_what_a_login_opened_that_has_become_too_old_is_ended_from_elsewhere(self):
        self.rows("UPDATE browser_sessions SET used = used - 100000")
        third = self.new_login(PERSON)  # the cookies of the others are forgotten
        self.assertEqual(self.rows("SELECT count(*) FROM browser_sessions")[0][0], 1)
        self.assertEqual(self.call("GET", self.there.stream, token=self.there.token).status, 204)
        self.assertEqual(self.call("DELETE", "/api/v1/me/sessions", "{}", kind=JSON, headers={"Cookie": third}).json(), {"ended": 0})
        for place in (self.here, self.there):
            self.assertEqual(place.socket.closed(timeout=5), 4403)
            self.assert_problem(place.publish(place.token), 401, "login")
        closed = self.scripted.wait_for("session.close", 2, timeout=5)
        self.assertEqual({request["session"] for request in closed}, {place.stream.rsplit("/", 1)[1] for place in (self.here, self.there)})

    def test_a_stream_of_before_a_restart_knows_its_login(self):
        self.stop()
        sessions, port = list(self.scripted.sessions.values()), self.port
        self.start(port)
        self.scripted.close()
        self.scripted = self.relay(sessions=sessions)
        self.assertEqual(self.here.ask("DELETE", "/me/sessions").status, 200)
        self.assertEqual(self.scripted.wait_for("session.close", timeout=5)[0]["session"], self.there.stream.rsplit("/", 1)[1])
        self.assertEqual(self.call("GET", self.here.stream, token=self.here.token).status, 204)

    def test_a_login_that_only_became_too_old_stops_no_lesson(self):
        self.rows("UPDATE browser_sessions SET used = used - 100000, created = created - 100000")
        self.assertEqual(self.there.ask("GET", "/me").status, 401)
        self.assertEqual(self.call("GET", self.there.stream, token=self.there.token).status, 204)
        self.assertEqual(self.there.publish(self.there.token).status, 201)


if __name__ == "__main__":
    unittest.main(verbosity=2)
