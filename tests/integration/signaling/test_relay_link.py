"""The relay link as relays see it, honest and not; and who survives whom."""
import os
import signal
import time
import unittest

from harness import FRAGMENT, TRICKLE, Signaling
from relay_script import KEY, Relay, WebSocket, proof


class Link(Signaling):
    settings = ["limits.publish_burst=1000"]

    def setUp(self):
        """Each test begins without the relays of the last one."""
        self.stop()
        self.start()

    def until(self, condition, timeout=8):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        self.fail("it did not come to pass")

    def open(self):
        link = WebSocket("127.0.0.1", self.port)
        self.addCleanup(link.close)
        return link

    def test_a_wrong_key_is_refused_with_4401(self):
        link = self.open()
        hello = link.receive()
        self.assertRegex(hello["nonce"], r"^[0-9a-f]{32}$")
        link.send({"type": "register", "relay": "bad", "version": "1", "nonce": "0" * 32,
                   "mac": proof("another-key-0123456789", "relay", "bad", hello["nonce"], "0" * 32),
                   "capacity": {"sessions": 1}, "sessions": []})
        self.assertEqual(link.receive()["type"], "refused")
        self.assertIsNone(link.receive())
        self.assertEqual(link.close_code, 4401)

    def test_a_proof_cannot_be_replayed(self):
        old = self.open()
        nonce, first = "1" * 32, old.receive()["nonce"]
        message = {"type": "register", "relay": "r", "version": "1", "nonce": nonce,
                   "mac": proof(KEY, "relay", "r", first, nonce), "capacity": {"sessions": 1}, "sessions": []}
        new = self.open()
        self.assertNotEqual(new.receive()["nonce"], first)
        new.send(message)
        self.assertEqual(new.receive()["type"], "refused")

    def test_nothing_is_accepted_before_the_proof(self):
        for text in ['{"type":"load","sessions":1}', '{"id":1,"type":"reply","ok":true}', "nonsense", "[]",
                     '{"type":"register"}', '{"type":"register","relay":"","nonce":"x"}', "[" * 100]:
            with self.subTest(text):
                link = self.open()
                link.receive()
                link.send(text)
                self.assertIsNone(link.receive())

    def test_a_relay_without_a_word_is_dropped(self):
        link = self.open()
        link.receive()
        begin = time.monotonic()
        self.assertIsNone(link.receive())
        self.assertLess(time.monotonic() - begin, 9)

    def test_endless_and_binary_messages_end_the_link(self):
        link = self.open()
        link.receive()
        chunk = b'"' + b"a" * 65000
        try:
            for i in range(100):
                link.send_frame(1 if i == 0 else 0, chunk, final=False)
        except OSError:
            pass
        self.assertIsNone(link.receive())
        link = self.open()
        link.receive()
        link.send_frame(2, b"{}")
        self.assertIsNone(link.receive())
        self.assertEqual(self.call("GET", "/healthz").status, 200)

    def test_other_paths_are_no_link(self):
        with self.assertRaises(ConnectionError):
            WebSocket("127.0.0.1", self.port, path="/")

    def test_without_a_relay_key_no_relay_connects(self):
        arguments, process = type(self).arguments, type(self).process
        type(self).arguments = [*arguments, "--set", "relay.key=", "--set", f"store.path={self.folder / 'other.sqlite'}"]
        port = self.port
        self.start()
        try:
            with self.assertRaises(ConnectionError):
                WebSocket("127.0.0.1", self.port)
        finally:
            self.stop()
            type(self).arguments, type(self).process, type(self).port = arguments, process, port

    def test_a_request_that_is_not_known_is_answered(self):
        relay = self.relay()
        relay.answers["reply"] = lambda message: None
        relay.event(id=9, type="something.new")
        reply = relay.wait_for("reply")[0]
        self.assertEqual((reply["id"], reply["ok"], reply["error"]["code"]), (9, False, "bad_request"))
        relay.event(type="something.new")
        self.assertEqual(self.publish(self.token()).status, 201)

    def test_the_same_relay_back_sooner_replaces_its_old_link(self):
        old = self.relay()
        created = self.publish(token := self.token())
        new = self.relay(sessions=list(old.sessions.values()))
        old.thread.join(5)
        self.assertEqual(old.link.close_code, 4409)
        self.assertEqual(self.call("DELETE", created.header("location"), token=token).status, 200)
        self.assertEqual(len(new.wait_for("session.close")), 1)

    def test_sessions_outlive_a_restart_of_signaling(self):
        relay = self.relay()
        token, other = self.token(), self.token()
        created = self.publish(token)
        url, etag = created.header("location"), created.header("etag")
        port = self.port
        self.stop(signal.SIGKILL)
        relay.thread.join(5)
        self.start(port)
        again = self.relay(sessions=list(relay.sessions.values()))
        self.assertEqual(self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": etag}).status, 204)
        self.assert_problem(self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": '"x"'}), 412)
        self.assert_problem(self.call("DELETE", url, token=other), 404)
        self.assert_problem(self.publish(other), 409)
        replacing = self.publish(token)
        self.assertEqual(replacing.status, 201)
        self.assertEqual(again.wait_for("session.create")[0]["replace"],
                         again.wait_for("session.trickle")[0]["session"])
        self.assertEqual(self.call("DELETE", url, token=token).status, 200)

    def test_sessions_that_signaling_cannot_read_are_closed(self):
        good = {"session": "a" * 32, "kind": "publish", "lesson": "music", "source": "teacher-camera",
                "owner": "device-1", "etag": "b" * 32, "ufrag": "u", "expires": 9999999999, "state": "connected"}
        relay = self.relay(sessions=[
            good, {**good, "session": "c" * 32, "kind": "dance"}, {**good, "session": "d" * 32, "owner": ""},
            {"session": "e" * 32}, {"session": "../x"}, {**good, "session": "f" * 32, "lesson": "a b"}])
        closed = {r["session"] for r in relay.wait_for("session.close", 4)}
        self.assertEqual(closed, {"c" * 32, "d" * 32, "e" * 32, "f" * 32})

    def test_a_session_ended_while_its_relay_was_away_is_closed_when_it_is_back(self):
        relay = self.relay(name="away")
        token = self.token()
        url = self.publish(token).header("location")
        sessions = list(relay.sessions.values())
        relay.close()
        self.until(lambda: self.publish(self.token(publish="teacher-content"), source="teacher-content").status == 503)
        self.assertEqual(self.call("DELETE", url, token=token).status, 200)
        again = self.relay(name="away", sessions=sessions)
        self.assertEqual(again.wait_for("session.close")[0]["session"], sessions[0]["session"])

    def test_a_relay_that_stays_away_loses_its_sessions(self):
        relay = self.relay(name="gone")
        token = self.token()
        url = self.publish(token).header("location")
        self.assertEqual(self.call("GET", url, token=token).status, 204)
        relay.close()
        self.until(lambda: self.call("GET", url, token=token).status == 404, 9)
        other = self.token()
        self.relay(name="other")
        self.assertEqual(self.publish(other).status, 201)

    def test_a_restarted_relay_frees_its_sources_at_once(self):
        relay = self.relay(name="phoenix")
        self.assertEqual(self.publish(self.token()).status, 201)
        relay.close()
        self.relay(name="phoenix")
        self.assertEqual(self.publish(self.token()).status, 201)

    def test_a_lesson_stays_on_its_relay_and_new_lessons_go_to_the_least_loaded(self):
        first, second = self.relay(name="first"), self.relay(name="second")
        first.event(type="load", sessions=50, cpu=0.5, rtp_out_pps=1)
        second.event(type="load", sessions=5, cpu=0.1, rtp_out_pps=1)
        time.sleep(0.2)
        self.assertEqual(self.publish(self.token()).status, 201)
        self.assertEqual(len(second.requests), 1)
        second.event(type="load", sessions=90, cpu=0.9, rtp_out_pps=1)
        time.sleep(0.2)
        self.assertEqual(self.publish(self.token(), source="teacher-content").status, 201)
        self.assertEqual(len(second.requests), 2)
        art = self.token("art", "*")
        self.assertEqual(self.publish(art, "art").status, 201)
        self.assertEqual(len(first.requests), 1)

    def test_a_relay_lost_in_the_middle_of_a_request_gives_503(self):
        relay = self.relay(answers={"session.create": lambda _: relay.link.close()})
        begin = time.monotonic()
        self.assert_problem(self.publish(self.token()), 503)
        self.assertLess(time.monotonic() - begin, 3)

    def test_a_silent_relay_is_noticed(self):
        relay = self.relay(name="frozen")
        relay.link.send_frame = lambda *args, **kwargs: None
        self.assertEqual(self.call("GET", "/healthz").status, 200)
        begin = time.monotonic()
        self.until(lambda: not relay.thread.is_alive(), 12)
        self.assertTrue(4 < time.monotonic() - begin < 10)

    def test_thousands_of_sessions_are_announced_again_at_once(self):
        records = [{"session": os.urandom(16).hex(), "kind": "watch", "lesson": "music", "source": "",
                    "owner": f"device-{i}", "etag": os.urandom(16).hex(), "ufrag": "abcd",
                    "expires": 9999999999, "state": "connected"} for i in range(10_000)]
        self.relay(name="big", sessions=records, capacity=20_000)
        begin = time.monotonic()
        self.relay(name="big", sessions=records, capacity=20_000)
        self.assertEqual(self.call("GET", "/healthz").status, 200)
        self.assertLess(time.monotonic() - begin, 4)


if __name__ == "__main__":
    unittest.main()
