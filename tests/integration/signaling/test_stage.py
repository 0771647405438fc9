"""/api/v1/lessons/<lesson>/stage: who may call a room to the stage, and who then sees it."""
import json
import signal
import time
import unittest

from harness import JSON
from slots_harness import STAGE, SlotsCase


class Stage(SlotsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.passwords = {
            name: cls.run_command("person", "add", name, "--role", role, "--lesson", "music")
            for name, role in [("wang", "master_teacher"), ("zhao", "local_teacher"), ("liu", "coordinator"),
                               ("sun", "inspector"), ("root", "system_admin")]}
        cls.passwords["far"] = cls.run_command("person", "add", "far", "--role", "coordinator", "--lesson", "art")
        cls.cookies = {}

    def setUp(self):
        self.assertEqual(self.stage("", self.token()).status, 200)

    def cookie(self, name):
        if name not in self.cookies:
            answer = self.call("POST", "/api/v1/login",
                               json.dumps({"name": name, "password": self.passwords[name]}), kind=JSON)
            self.cookies[name] = answer.header("set-cookie").split(";")[0]
        return self.cookies[name]

    def get(self, token=None, lesson="music", cookie=None):
        return self.call("GET", f"/api/v1/lessons/{lesson}/stage", token=token,
                         headers={"Cookie": cookie} if cookie else None)

    def test_who_may_set_it_and_who_may_know_it(self):
        self.relay()
        for what, token, cookie, lesson, put, get in [
            ("nobody", None, None, "music", 401, 401),
            ("the teacher's camera", self.token(publish="teacher-camera", watch=""), None, "music", 200, 200),
            ("a publisher of everything", self.token(publish="*", watch=""), None, "music", 200, 200),
            ("a coordinator's token", self.token("music", "", "*", "--role", "coordinator"), None, "music", 200, 200),
            ("the content alone", self.token(publish="teacher-content", watch=""), None, "music", 403, 200),
            ("a room", self.token(publish="room-1"), None, "music", 403, 200),
            ("a viewer", self.token(publish=""), None, "music", 403, 200),
            ("another lesson's teacher", self.token("art"), None, "music", 403, 403),
            ("a token for no lesson here", self.token(), None, "none", 404, 404),
            ("the master teacher", None, self.cookie("wang"), "music", 200, 200),
            ("the coordinator", None, self.cookie("liu"), "music", 200, 200),
            ("the local teacher", None, self.cookie("zhao"), "music", 403, 200),
            ("the inspector", None, self.cookie("sun"), "music", 403, 200),
            ("an administrator", None, self.cookie("root"), "music", 403, 200),
            ("another lesson's coordinator", None, self.cookie("far"), "music", 403, 403),
            ("the master teacher elsewhere", None, self.cookie("wang"), "art", 403, 403),
            ("a person and no lesson", None, self.cookie("wang"), "none", 404, 404),
        ]:
            with self.subTest(what):
                answer = self.stage("room-1", token, lesson, cookie)
                self.assertEqual(answer.status, put, answer.body)
                self.assertEqual(self.get(token, lesson, cookie).status, get)

    def test_a_foreign_page_cannot_use_a_teachers_cookie(self):
        answer = self.call("PUT", "/api/v1/lessons/music/stage", '{"source":"room-1"}', kind=JSON, headers={
            "Cookie": self.cookie("wang"), "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"})
        self.assert_problem(answer, 403)
        self.assertEqual(self.get(self.token()).json(), {"source": ""})

    def test_what_is_not_a_room_is_400(self):
        token = self.token()
        for body in ["", "nonsense", "[]", "{}", '{"source":1}', '{"source":null}', '{"source":"teacher-camera"}',
                     '{"source":"room-"}', '{"source":"room 1"}', '{"source":"*"}', '{"source":"wall"}',
                     '{"source":"room-1\\u0000x"}', json.dumps({"source": "room-" + "1" * 60}), "[" * 5000]:
            with self.subTest(body[:40]):
                self.assert_problem(self.stage(None, token, body=body), 400)
        self.assert_problem(self.call("PUT", "/api/v1/lessons/music/stage", "x", token, "text/plain"), 415)
        self.assert_problem(self.stage(None, token, body=" " * 20000), 413)
        self.assertEqual(self.get(token).json(), {"source": ""})

    def test_every_viewer_of_the_lesson_gets_it_in_its_stage_slots_and_nothing_else_changes(self):
        relay = self.relay()
        viewers = [(token := self.token(publish=""), *self.watch(token)) for _ in range(3)]
        token = self.token(publish="")
        wall, wall_session = self.watch(token, "/whep/music/wall", ("video",) * 4 + ("audio",) * 2)
        one, one_session = self.watch(token, "/whep/music/room-9", ("video", "audio"))
        other_token = self.token("art", "", "*")
        other, other_session = self.watch(other_token, "/whep/art")
        answer = self.stage("room-1", self.token())
        self.assertEqual((answer.status, answer.json()), (200, {"source": "room-1"}))
        asked = relay.wait_for("slots.set", 6)
        self.assertEqual({(r["session"], r["slot"]) for r in asked},
                         {(session, line) for _, _, session in viewers for line in STAGE.values()})
        for token, url, session in viewers:
            self.assertEqual(self.sources(url, token),
                             ["teacher-camera", "teacher-camera", "teacher-content", "room-1", "room-1"])
        self.assertEqual(self.stage("room-2", self.token()).status, 200)
        self.until(lambda: all(self.shown(relay, s) == ("room-2", "room-2") for _, _, s in viewers))
        self.assertEqual(self.stage("", self.token()).status, 200)
        self.until(lambda: all(self.shown(relay, s) == ("", "") for _, _, s in viewers))
        touched = {r["session"] for r in relay.wait_for("slots.set")}
        self.assertTrue(touched.isdisjoint({wall_session, one_session, other_session}))

    def test_the_same_stage_again_asks_no_relay(self):
        relay = self.relay()
        self.watch(self.token(publish=""))
        for _ in range(3):
            self.assertEqual(self.stage("room-1", self.token()).status, 200)
        self.watch(self.token(publish=""))
        time.sleep(0.3)
        self.assertEqual(len(relay.wait_for("slots.set", 4)), 4)

    def test_a_viewer_that_comes_later_gets_it_too(self):
        relay = self.relay()
        self.assertEqual(self.stage("room-1", self.token()).status, 200)
        _, session = self.watch(self.token(publish=""))
        self.until(lambda: self.shown(relay, session) == ("room-1", "room-1"))

    def test_rejected_m_lines_do_not_move_the_stage(self):
        relay = self.relay()
        token = self.token(publish="")
        self.assertEqual(self.stage("room-1", self.token()).status, 200)
        url, _ = self.watch(token, kinds=("-video", "-audio", "audio", "video", "video"))
        self.until(lambda: self.sources(url, token) == ["room-1", "teacher-content", "room-1"])
        short, short_session = self.watch(token, kinds=("video", "audio"))
        self.assertEqual(self.sources(short, token), ["teacher-camera", "teacher-camera"])
        self.assertNotIn(short_session, {r["session"] for r in relay.wait_for("slots.set", 2)})

    def test_a_room_never_gets_itself(self):
        relay = self.relay()
        self.assertEqual(self.stage("room-1", self.token()).status, 200)
        whole = self.token(publish="room-1")                         # one box publishes and plays
        twin = self.token("music", "", "*", "--subject", "box-1")    # another box of the room, which only plays
        camera = self.token("music", "room-1", "", "--subject", "box-1")
        other = self.token(publish="room-2")
        everything = self.token(publish="room-1,room-2")             # sits in no room
        sessions = {name: self.watch(token)[1] for name, token in
                    [("whole", whole), ("twin", twin), ("other", other), ("everything", everything)]}
        both, none = ("room-1", "room-1"), ("", "")
        self.until(lambda: self.shown(relay, sessions["twin"]) == both)  # nobody knows yet where it stands
        self.assertEqual(self.publish(camera, source="room-1").status, 201)
        self.until(lambda: self.shown(relay, sessions["twin"]) == none)
        self.assertEqual(self.shown(relay, sessions["whole"]), none)
        self.assertEqual(self.shown(relay, sessions["other"]), both)
        self.assertEqual(self.shown(relay, sessions["everything"]), both)
        _, late = self.watch(twin)
        self.assertEqual(self.stage("room-2", self.token()).status, 200)
        self.until(lambda: self.shown(relay, sessions["whole"]) == ("room-2", "room-2"))
        self.until(lambda: self.shown(relay, late) == ("room-2", "room-2"))
        self.until(lambda: self.shown(relay, sessions["other"]) == none)

    def test_a_local_teachers_own_room_is_known_by_the_account(self):
        relay = self.relay()
        answer = self.call("POST", "/api/v1/lessons/music/media-token", "{}", kind=JSON,
                           headers={"Cookie": self.cookie("zhao")}).json()
        room = answer["publish"][0]
        _, session = self.watch(answer["token"])
        self.assertEqual(self.stage(room, self.token()).status, 200)
        _, other = self.watch(self.token(publish=""))
        self.until(lambda: self.shown(relay, other) == (room, room))
        self.assertEqual(self.shown(relay, session), ("", ""))

    def test_a_viewer_gets_no_room_that_its_token_may_not_watch(self):
        relay = self.relay()
        self.assertEqual(self.stage("room-1", self.token()).status, 200)
        _, without = self.watch(self.token(publish="", watch="teacher-camera,room-2"))
        _, having = self.watch(self.token(publish="", watch="teacher-camera,room-1"))
        self.until(lambda: self.shown(relay, having) == ("room-1", "room-1"))
        self.assertEqual(self.shown(relay, without), ("", ""))

    def test_stage_and_seats_outlive_a_restart_of_signaling(self):
        relay = self.relay()
        token = self.token(publish="")
        url, session = self.watch(token)
        _, own = self.watch(self.token(publish="room-1"))
        _, narrow = self.watch(self.token(publish="", watch="teacher-camera"))
        self.assertEqual(self.stage("room-1", self.token()).status, 200)
        self.until(lambda: self.shown(relay, session) == ("room-1", "room-1"))
        port = self.port
        self.stop(signal.SIGKILL)
        relay.thread.join(5)
        lost = relay.sessions[session]["slots"][STAGE["audio"]]
        lost[3] = "room-9"  # as if the relay had missed the last change
        self.start(port)
        again = self.relay(sessions=list(relay.sessions.values()))
        self.assertEqual(self.get(self.token()).json(), {"source": "room-1"})
        self.until(lambda: self.sources(url, token)[3:] == ["room-1", "room-1"])
        asked = again.wait_for("slots.set")
        self.assertEqual([(r["session"], r["slot"], r["source"]) for r in asked],
                         [(session, STAGE["audio"], "room-1")])
        _, late = self.watch(self.token(publish=""))
        self.until(lambda: self.shown(again, late) == ("room-1", "room-1"))
        self.assertEqual(self.stage("room-2", self.token()).status, 200)
        self.until(lambda: self.shown(again, own) == ("room-2", "room-2"))
        self.assertEqual(self.shown(again, narrow), ("", ""))

    def test_a_stage_set_while_the_relay_was_away_is_made_up_for(self):
        relay = self.relay()
        token = self.token(publish="")
        url, session = self.watch(token)
        sessions = list(relay.sessions.values())
        relay.close()
        self.until(lambda: self.publish(self.token(publish="teacher-content"), source="teacher-content").status == 503)
        self.assertEqual(self.stage("room-1", self.token()).status, 200)
        self.assertEqual(self.sources(url, token)[3:], ["", ""])
        again = self.relay(sessions=sessions)
        self.until(lambda: self.shown(again, session) == ("room-1", "room-1"))


if __name__ == "__main__":
    unittest.main()
