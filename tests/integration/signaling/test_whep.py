"""WHEP (draft-ietf-wish-whep) as clients see it, against a scripted relay."""
import unittest

from harness import FRAGMENT, OFFER, RESTART, SDP, TRICKLE, Signaling
from relay_script import refusal


class Whep(Signaling):
    def watch(self, token, path="/whep/music"):
        return self.call("POST", path, OFFER.replace("sendonly", "recvonly"), token, SDP)

    def test_a_lesson_has_slots_in_fixed_order(self):
        relay = self.relay()
        answer = self.watch(self.token(publish=""))
        self.assertEqual(answer.status, 201)
        self.assertRegex(answer.header("location"), r"/whep/sessions/[0-9a-f]{32}$")
        request = relay.wait_for("session.create")[0]
        self.assertEqual(request["kind"], "watch")
        self.assertNotIn("source", request)
        self.assertEqual(request["slots"], {
            "video": ["teacher-camera", "teacher-content", ""], "audio": ["teacher-camera", ""]})

    def test_slots_that_the_token_may_not_watch_stay_empty(self):
        relay = self.relay()
        self.assertEqual(self.watch(self.token(publish="", watch="teacher-content")).status, 201)
        self.assertEqual(relay.wait_for("session.create")[0]["slots"], {
            "video": ["", "teacher-content", ""], "audio": ["", ""]})

    def test_a_wall_has_sixteen_video_and_two_audio_slots_all_empty(self):
        relay = self.relay()
        answer = self.watch(self.token(publish=""), "/whep/music/wall")
        self.assertEqual(answer.status, 201)
        self.assertRegex(answer.header("location"), r"/whep/sessions/[0-9a-f]{32}$")
        request = relay.wait_for("session.create")[0]
        self.assertNotIn("source", request)
        self.assertEqual(request["slots"], {"video": [""] * 16, "audio": [""] * 2})

    def test_one_source_before_its_publisher(self):
        relay = self.relay()
        answer = self.watch(self.token(publish="", watch="room-7"), "/whep/music/room-7")
        self.assertEqual(answer.status, 201)
        request = relay.wait_for("session.create")[0]
        self.assertEqual(request["source"], "room-7")
        self.assertNotIn("slots", request)

    def test_rights(self):
        self.relay()
        for what, token, path, status in [
            ("no token", None, "/whep/music", 401),
            ("a publisher's token", self.token(watch=""), "/whep/music", 403),
            ("a room's token on the lesson", self.token(watch="room-7"), "/whep/music", 403),
            ("another source", self.token(watch="room-7"), "/whep/music/room-8", 403),
            ("another lesson", self.token(), "/whep/art", 403),
            ("an unknown lesson", self.token(), "/whep/none", 404),
            ("a wall of part of it", self.token(watch="teacher-camera,room-7"), "/whep/music/wall", 403),
            ("a wall of another lesson", self.token(), "/whep/art/wall", 403),
            ("a wall of an unknown lesson", self.token(), "/whep/none/wall", 404),
            ("a wall without a token", None, "/whep/music/wall", 401),
        ]:
            with self.subTest(what):
                self.assert_problem(self.watch(token, path), status)

    def test_head_and_get_discover_the_endpoint(self):
        token = self.token()
        for path in ["/whep/music", "/whep/music/teacher-camera", "/whep/music/wall"]:
            for method in ["HEAD", "GET"]:
                answer = self.call(method, path, token=token)
                self.assertEqual((answer.status, answer.body, answer.header("accept-post")), (204, b"", SDP))

    def test_many_viewers_may_share_a_token(self):
        self.relay()
        token = self.token()
        urls = {self.watch(token).header("location") for _ in range(5)}
        self.assertEqual(len(urls), 5)

    def test_session_resources_work_as_with_whip(self):
        self.relay()
        token = self.token()
        created = self.watch(token)
        url, etag = created.header("location"), created.header("etag")
        self.assertEqual(self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": etag}).status, 204)
        self.assert_problem(self.call("PATCH", url, TRICKLE, token, FRAGMENT), 428)
        restart = self.call("PATCH", url, RESTART, token, FRAGMENT, {"If-Match": "*"})
        self.assertEqual(restart.status, 200)
        self.assert_problem(self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": etag}), 412)
        self.assert_problem(self.call("DELETE", url, token=self.token()), 404)
        self.assertEqual(self.call("DELETE", url, token=token).status, 200)
        self.assert_problem(self.call("DELETE", url, token=token), 404)

    def test_new_ice_credentials_are_a_restart_whatever_if_match_says(self):
        relay = self.relay()
        token = self.token()
        created = self.watch(token)
        answer = self.call("PATCH", created.header("location"), RESTART, token, FRAGMENT,
                           {"If-Match": created.header("etag")})
        self.assertEqual(answer.status, 200)
        self.assertEqual(len(relay.wait_for("session.restart")), 1)

    def test_large_offers_of_a_wall_are_taken_and_larger_ones_refused(self):
        self.relay()
        token = self.token()
        line = "a=x:" + "y" * 60 + "\r\n"
        for size, status in [(81_601, 201), (250_000, 201), (263_000, 413), (1 << 20, 413)]:
            with self.subTest(size):
                offer = OFFER + line * ((size - len(OFFER)) // len(line))
                self.assertEqual(self.call("POST", "/whep/music", offer, token, SDP).status, status)

    def test_a_session_that_the_relay_does_not_know_is_gone(self):
        self.relay(answers={"session.trickle": lambda _: refusal(404, "no_session", "Gone.")})
        token = self.token()
        created = self.watch(token)
        url, etag = created.header("location"), created.header("etag")
        for _ in range(2):
            answer = self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": etag})
            self.assert_problem(answer, 404)


if __name__ == "__main__":
    unittest.main()
