"""/whep/sessions/<id>/slots: what a session's slots show, and a wall whose viewer fills them."""
import json
import time
import unittest

from harness import SDP, Connection
from relay_script import refusal
from slots_harness import LESSON, SlotsCase, offer

WALL = "/whep/music/wall"


class Slots(SlotsCase):
    def wall(self, *kinds, token=None):
        token = token or self.token(publish="")
        url, session = self.watch(token, WALL, kinds or ("video", "video", "audio"))
        return token, url, session

    def test_slots_are_told_in_m_line_order_with_kind_source_and_state(self):
        self.relay()
        token = self.token(publish="")
        url, _ = self.watch(token)
        self.assertEqual(self.slots(url, token), [
            {"slot": 0, "kind": "video", "source": "teacher-camera", "state": "waiting"},
            {"slot": 1, "kind": "audio", "source": "teacher-camera", "state": "waiting"},
            {"slot": 2, "kind": "video", "source": "teacher-content", "state": "waiting"},
            {"slot": 3, "kind": "video", "source": "", "state": "empty"},
            {"slot": 4, "kind": "audio", "source": "", "state": "empty"}])

    def test_a_source_on_its_own_has_slots_too(self):
        self.relay()
        token = self.token(publish="")
        url, _ = self.watch(token, "/whep/music/room-7", ("audio", "video"))
        self.assertEqual([(s["kind"], s["source"]) for s in self.slots(url, token)],
                         [("audio", "room-7"), ("video", "room-7")])

    def test_rejected_m_lines_are_no_slots_but_count_in_the_order(self):
        self.relay()
        token = self.token(publish="")
        url, _ = self.watch(token, kinds=("-video", "audio", "video", "video"))
        self.assertEqual([(s["slot"], s["source"]) for s in self.slots(url, token)],
                         [(1, "teacher-camera"), (2, "teacher-content"), (3, "")])

    def test_states_come_from_the_relay(self):
        relay = self.relay()
        token = self.token(publish="")
        url, session = self.watch(token)
        for state, told in [("playing", "playing"), ("paused", "paused"), ("no_codec", "no_codec"), ("empty", "waiting")]:
            relay.event(type="slot.state", session=session, slot=2, state=state)
            self.until(lambda wanted=told: self.slots(url, token)[2]["state"] == wanted)
        for strange in [{"session": "0" * 32, "slot": 0}, {"session": session, "slot": 23}]:
            relay.event(type="slot.state", state="playing", **strange)
        self.assertNotIn("playing", [slot["state"] for slot in self.slots(url, token)])

    def test_a_new_source_does_not_inherit_the_state_of_the_old(self):
        relay = self.relay()
        token, url, session = self.wall()
        self.put(url, [(0, "room-1")], token)
        relay.event(type="slot.state", session=session, slot=0, state="no_codec")
        self.until(lambda: self.slots(url, token)[0]["state"] == "no_codec")
        self.put(url, [(0, "room-1")], token)
        self.assertEqual(self.slots(url, token)[0]["state"], "no_codec")
        self.put(url, [(0, "room-2")], token)
        self.assertEqual(self.slots(url, token)[0]["state"], "waiting")

    def test_a_relay_cannot_change_the_slots_of_another(self):
        owner = self.relay()
        token = self.token(publish="")
        url, session = self.watch(token)
        self.relay(name="stranger").event(type="slot.state", session=session, slot=2, state="no_codec")
        owner.event(type="slot.state", session=session, slot=0, state="playing")
        self.until(lambda: self.slots(url, token)[0]["state"] == "playing")
        self.assertEqual(self.slots(url, token)[2]["state"], "waiting")

    def test_a_wall_shows_what_its_viewer_chooses(self):
        relay = self.relay()
        token, url, session = self.wall("video", "audio", "video")
        answer = self.put(url, [(2, "room-1"), (1, "room-1"), (0, "teacher-camera")], token)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual([(s["slot"], s["kind"], s["source"]) for s in answer.json()["slots"]],
                         [(0, "video", "teacher-camera"), (1, "audio", "room-1"), (2, "video", "room-1")])
        asked = relay.wait_for("slots.set", 3)
        self.assertEqual([(r["session"], r["slot"], r["source"]) for r in asked],
                         [(session, 2, "room-1"), (session, 1, "room-1"), (session, 0, "teacher-camera")])
        self.assertEqual(self.put(url, [(2, "")], token).status, 200)
        self.assertEqual(self.sources(url, token), ["teacher-camera", "room-1", ""])

    def test_a_source_that_nobody_publishes_is_waited_for(self):
        self.relay()
        token, url, _ = self.wall()
        self.assertEqual(self.put(url, [(0, "room-of-tomorrow")], token).status, 200)
        self.assertEqual(self.slots(url, token)[0]["state"], "waiting")

    def test_the_same_again_is_the_same(self):
        self.relay()
        token, url, _ = self.wall()
        bodies = [self.put(url, [(0, "room-1")], token).body for _ in range(3)]
        self.assertEqual(len(set(bodies)), 1)

    def test_bodies_that_are_no_choice_are_400_and_change_nothing(self):
        relay = self.relay()
        token, url, _ = self.wall()
        for body in ["", "nonsense", "[]", "{}", '{"slots":{}}', '{"slots":[]}', '{"slots":[1]}',
                     '{"slots":[{"slot":0}]}', '{"slots":[{"source":"room-1"}]}', '{"slots":[{"slot":"0","source":""}]}',
                     '{"slots":[{"slot":-1,"source":""}]}', '{"slots":[{"slot":99999999999,"source":""}]}',
                     '{"slots":[{"slot":0,"source":"a b"}]}', '{"slots":[{"slot":0,"source":"room-1\\u0000"}]}',
                     '{"slots":[{"slot":0,"source":"*"}]}', json.dumps({"slots": [{"slot": 0, "source": "r" * 65}]}),
                     '{"slots":[{"slot":0,"source":"a"},{"slot":0,"source":"b"}]}',
                     json.dumps({"slots": [{"slot": i % 24, "source": ""} for i in range(25)]}), "[" * 5000]:
            with self.subTest(body[:50]):
                self.assert_problem(self.put(url, body, token), 400)
        for slot in [3, 23]:  # numbers that could be slots, but not of this wall
            self.assert_problem(self.put(url, [(0, "room-1"), (slot, "room-1")], token), 400, f"no slot {slot}")
        self.assert_problem(self.put(url, "slots=0", token, kind="application/x-www-form-urlencoded"), 415)
        self.assert_problem(self.put(url, " " * 20000, token), 413)
        self.assertEqual(self.sources(url, token), ["", "", ""])
        self.assertEqual([r for r in relay.requests if r["type"] == "slots.set"], [])

    def test_who_may_see_and_choose(self):
        relay = self.relay()
        token, url, _ = self.wall(token=self.token("music", "", "*", "--subject", "patrol-1"))
        lesson_url, _ = self.watch(token)
        source_url, _ = self.watch(token, "/whep/music/room-7", ("video",))
        narrow = self.token("music", "", "room-1", "--subject", "patrol-1")
        elsewhere = self.token("art", "", "*", "--subject", "patrol-1")
        choice = [(0, "room-2")]
        for what, target, given, get, put in [
            ("no token", url, None, 401, 401),
            ("somebody else's token", url, self.token(), 404, 404),
            ("the same subject's token for another lesson", url, elsewhere, 404, 404),
            ("an unknown session", url[:-32] + "0" * 32, token, 404, 404),
            ("a token that may not watch the source", url, narrow, 200, 403),
            ("a lesson's slots", lesson_url, token, 200, 409),
            ("a source's slots", source_url, token, 200, 409),
        ]:
            with self.subTest(what):
                self.assertEqual(self.call("GET", target + "/slots", token=given).status, get)
                self.assert_problem(self.put(target, choice, given), put)
        self.assertEqual([r for r in relay.requests if r["type"] == "slots.set"], [])
        self.assertEqual(self.put(url, [(0, "room-1"), (1, "")], narrow).status, 200)

    def test_other_methods_are_405_and_other_pages_may_put(self):
        self.relay()
        token, url, _ = self.wall()
        for method in ["POST", "PATCH", "DELETE"]:
            answer = self.call(method, url + "/slots", "", token)
            self.assert_problem(answer, 405)
            self.assertEqual(set(answer.header("allow").split(", ")), {"OPTIONS", "GET", "HEAD", "PUT"})
        self.assertIn("PUT", self.call("OPTIONS", url + "/slots").header("access-control-allow-methods"))

    def test_what_the_relay_refuses_is_told(self):
        relay = self.relay(answers={"slots.set": lambda r: refusal(503, "full", "No memory.") if r["slot"] else {}})
        token, url, _ = self.wall()
        self.assert_problem(self.put(url, [(0, "room-1"), (1, "room-2"), (2, "room-3")], token), 503, "No memory.")
        relay.answers["slots.set"] = lambda _: refusal(404, "no_session", "Gone.")
        self.assert_problem(self.put(url, [(0, "room-1")], token), 404)
        self.assert_problem(self.call("GET", url + "/slots", token=token), 404)

    def test_without_an_answer_of_the_relay_it_is_504_and_without_the_relay_503(self):
        relay = self.relay(answers={"slots.set": lambda _: None})
        token, url, _ = self.wall()
        self.assert_problem(self.put(url, [(0, "room-1"), (1, "room-2")], token), 504)
        relay.close()
        self.until(lambda: self.put(url, [(0, "room-1")], token).status == 503)

    def test_a_client_that_leaves_before_the_answer_does_no_harm(self):
        waiting = []
        relay = self.relay(answers={"slots.set": lambda r: waiting.append(r) or (time.sleep(0.2) or {})})
        token, url, _ = self.wall()
        connection = Connection(self.port)
        connection.request("PUT", url.removeprefix(self.url.rstrip("/")) + "/slots",
                           json.dumps({"slots": [{"slot": i, "source": "room-1"} for i in range(3)]}),
                           {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        relay.wait_for("slots.set", 1)
        connection.close()
        relay.wait_for("slots.set", 3)
        self.until(lambda: self.sources(url, token) == ["room-1"] * 3)

    def test_slots_outlive_a_restart_of_signaling(self):
        relay = self.relay()
        token, url, session = self.wall("video", "audio")
        self.assertEqual(self.put(url, [(0, "room-1"), (1, "room-2")], token).status, 200)
        relay.sessions[session]["slots"][0][4] = "paused"
        port = self.port
        self.stop()
        relay.thread.join(5)
        self.start(port)
        again = self.relay(sessions=list(relay.sessions.values()))
        self.assertEqual([(s["source"], s["state"]) for s in self.slots(url, token)],
                         [("room-1", "paused"), ("room-2", "waiting")])
        self.assertEqual(self.put(url, [(1, "")], token).status, 200)
        self.assertEqual(again.wait_for("slots.set")[0]["slot"], 1)

    def test_a_relay_back_with_other_slots_is_believed(self):
        relay = self.relay()
        token, url, session = self.wall("video", "audio")
        record = json.loads(json.dumps(relay.sessions[session]))
        self.assertEqual(self.put(url, [(0, "room-1")], token).status, 200)
        relay.close()
        self.relay(sessions=[record])
        self.assertEqual(self.sources(url, token), ["", ""])

    def test_an_answer_with_slots_that_make_no_sense_still_plays(self):
        token = self.token(publish="")
        for slots in [{}, [[0]], [[0, "smell", 0, "", "empty"]], [[99, "video", 0, "", "empty"]],
                      [[0, "video", 0, "a b", "empty"]], [[0, "video", 0, "", "asleep"]],
                      [[1, "video", 0, "", "empty"], [1, "video", 1, "", "empty"]]]:
            relay = self.relay(answers={"session.create": lambda _, s=slots: {"answer": "v=0", "slots": s}})
            answer = self.call("POST", "/whep/music", offer(*LESSON), token, SDP)
            self.assertEqual(answer.status, 201)
            self.assertEqual(self.slots(answer.header("location"), token), [])
            relay.close()


if __name__ == "__main__":
    unittest.main()
