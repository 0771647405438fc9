"""WHIP (RFC 9725) as clients see it, against a scripted relay."""
import re
import threading
import time
import unittest

from harness import FRAGMENT, OFFER, RESTART, SDP, TRICKLE, Signaling
from relay_script import refusal


class Whip(Signaling):
    settings = [
        "limits.publish_burst=1000",
        "ice.servers=[\"stun:stun.example.net\", \"turn:turn.example.net?transport=udp user secret\"]",
    ]

    def test_a_post_is_answered_with_session_etag_and_ice_servers(self):
        relay = self.relay()
        answer = self.publish(self.token())
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.header("content-type"), SDP)
        self.assertRegex(answer.header("location"),
                         rf"^http://127\.0\.0\.1:{self.port}/whip/sessions/[0-9a-f]{{32}}$")
        self.assertRegex(answer.header("etag"), r'^"[^"]+"$')
        self.assertEqual(answer.all("link"), [
            '<stun:stun.example.net>; rel="ice-server"',
            '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="user"; '
            'credential="secret"; credential-type="password"'])
        self.assertTrue(answer.body.startswith(b"v=0"))
        request = relay.wait_for("session.create")[0]
        self.assertEqual((request["kind"], request["lesson"], request["source"]),
                         ("publish", "music", "teacher-camera"))
        self.assertEqual(request["offer"], OFFER)

    def test_the_location_follows_the_host_that_the_client_used(self):
        self.relay()
        token = self.token()
        for host, expected in [("school.example:9", "http://school.example:9/"), ("[::1]:80", "http://[::1]:80/")]:
            answer = self.call("POST", "/whip/music/teacher-camera", OFFER, token, SDP, {"Host": host})
            self.assertTrue(answer.header("location").startswith(expected), answer.header("location"))

    def test_forwarded_headers_of_strangers_are_not_believed(self):
        self.relay()
        answer = self.call("POST", "/whip/music/teacher-camera", OFFER, self.token(), SDP,
                           {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
        self.assertTrue(answer.header("location").startswith(self.url))

    def test_status_codes(self):
        self.relay()
        good = self.token()
        many = [
            # what, method, path, body, token, type, headers, status
            ("no token", "POST", "/whip/music/teacher-camera", OFFER, None, SDP, {}, 401),
            ("a token that is none", "POST", "/whip/music/teacher-camera", OFFER, "x.y.z", SDP, {}, 401),
            ("a changed token", "POST", "/whip/music/teacher-camera", OFFER, good[:-2] + "AA", SDP, {}, 401),
            ("an expired token", "POST", "/whip/music/teacher-camera", OFFER,
             self.token("music", "*", "*", "--ttl", "0s"), SDP, {}, 401),
            ("another lesson's token", "POST", "/whip/art/teacher-camera", OFFER, good, SDP, {}, 403),
            ("another source", "POST", "/whip/music/room-7", OFFER, good, SDP, {}, 403),
            ("a viewer's token", "POST", "/whip/music/teacher-camera", OFFER,
             self.token(publish=""), SDP, {}, 403),
            ("an unknown lesson", "POST", "/whip/nothing/teacher-camera", OFFER, good, SDP, {}, 404),
            ("a wrong type", "POST", "/whip/music/teacher-camera", OFFER, good, "text/plain", {}, 415),
            ("no type", "POST", "/whip/music/teacher-camera", OFFER, good, None, {}, 415),
            ("an empty body", "POST", "/whip/music/teacher-camera", "", good, SDP, {}, 400),
            ("no SDP", "POST", "/whip/music/teacher-camera", "hello", good, SDP, {}, 400),
            ("a zero byte", "POST", "/whip/music/teacher-camera", OFFER + "\0", good, SDP, {}, 400),
            ("no UTF-8", "POST", "/whip/music/teacher-camera", OFFER.encode() + b"\xff", good, SDP, {}, 400),
            ("1 MiB", "POST", "/whip/music/teacher-camera", OFFER + "a" * (1 << 20), good, SDP, {}, 413),
            ("5 MiB", "POST", "/whip/music/teacher-camera", OFFER + "a" * (5 << 20), good, SDP, {}, 413),
            ("PUT", "PUT", "/whip/music/teacher-camera", OFFER, good, SDP, {}, 405),
            ("PATCH on the endpoint", "PATCH", "/whip/music/teacher-camera", TRICKLE, good, FRAGMENT, {}, 405),
            ("POST on a session", "POST", "/whip/sessions/" + "0" * 32, OFFER, good, SDP, {}, 405),
            ("too deep a path", "POST", "/whip/music/teacher-camera/more", OFFER, good, SDP, {}, 404),
        ]
        for what, method, path, body, token, kind, headers, status in many:
            with self.subTest(what):
                self.assert_problem(self.call(method, path, body, token, kind, headers), status)

    def test_a_type_may_have_parameters_and_any_case(self):
        self.relay()
        answer = self.call("POST", "/whip/music/teacher-camera", OFFER, self.token(),
                           "Application/SDP; charset=utf-8")
        self.assertEqual(answer.status, 201)

    def test_401_says_how_to_authenticate(self):
        answer = self.call("POST", "/whip/music/teacher-camera", OFFER, None, SDP)
        self.assertIn("Bearer", answer.header("www-authenticate"))
        answer = self.call("POST", "/whip/music/teacher-camera", OFFER, "nonsense", SDP)
        self.assertIn('error="invalid_token"', answer.header("www-authenticate"))

    def test_errors_of_the_relay_reach_the_client(self):
        for status, code in [(400, "bad_sdp"), (422, "no_codec"), (422, "too_many_tracks"), (503, "full")]:
            with self.subTest(code):
                relay = self.relay(answers={"session.create": lambda _, s=status, c=code: refusal(
                    s, c, f"The relay says {c}.")})
                answer = self.publish(self.token())
                self.assert_problem(answer, status, code)
                if status == 503:
                    self.assertIsNotNone(answer.header("retry-after"))
                relay.close()

    def test_without_a_relay_503_says_when_to_try_again(self):
        answer = self.publish(self.token("art", "*"), "art")
        self.assert_problem(answer, 503)
        self.assertTrue(answer.header("retry-after").isdigit())

    def test_a_silent_relay_costs_504_after_5_s_and_the_session_is_closed(self):
        relay = self.relay(answers={"session.create": lambda _: None})
        begin = time.monotonic()
        answer = self.publish(self.token())
        self.assert_problem(answer, 504)
        self.assertTrue(4.5 < time.monotonic() - begin < 6.5)
        created = relay.wait_for("session.create")[0]["session"]
        self.assertEqual(relay.wait_for("session.close")[0]["session"], created)

    def test_a_client_that_hangs_up_has_its_session_closed(self):
        relay = self.relay(answers={"session.create": lambda _: None})
        connection = self.connect()
        connection.request("POST", "/whip/music/teacher-camera", OFFER,
                           {"Authorization": f"Bearer {self.token()}", "Content-Type": SDP})
        created = relay.wait_for("session.create")[0]["session"]
        connection.close()
        self.assertEqual(relay.wait_for("session.close", timeout=3)[0]["session"], created)

    def test_other_requests_are_answered_while_one_waits_for_the_relay(self):
        relay = self.relay(answers={"session.create": lambda _: None})
        thread = threading.Thread(target=self.publish, args=(self.token(),))
        thread.start()
        relay.wait_for("session.create")
        begin = time.monotonic()
        self.assertEqual(self.call("GET", "/healthz").status, 200)
        self.assertLess(time.monotonic() - begin, 1)
        thread.join()

    def test_the_same_token_replaces_its_own_publisher_and_others_get_409(self):
        relay = self.relay()
        mine, other = self.token(), self.token()
        first = self.publish(mine)
        self.assert_problem(self.publish(other), 409)
        second = self.publish(mine)
        self.assertEqual((first.status, second.status), (201, 201))
        requests = relay.wait_for("session.create", 2)
        self.assertNotIn("replace", requests[0])
        self.assertEqual(requests[1]["replace"], requests[0]["session"])
        self.assertEqual(self.call("DELETE", second.header("location"), token=mine).status, 200)
        self.assertEqual(self.call("DELETE", first.header("location"), token=mine).status, 200)
        self.assertEqual(self.publish(other).status, 201)

    def test_a_session_that_the_relay_ended_frees_the_source_and_its_url(self):
        relay = self.relay()
        token = self.token()
        answer = self.publish(token)
        session = relay.wait_for("session.create")[0]["session"]
        relay.event(type="session.state", session=session, state="closed", reason="consent")
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline and self.call(
                "GET", answer.header("location"), token=token).status != 404:
            time.sleep(0.05)
        self.assert_problem(self.call("DELETE", answer.header("location"), token=token), 404)
        self.assertEqual(self.publish(self.token()).status, 201)

    def test_trickle_gives_204_without_etag_and_restart_200_with_a_new_one(self):
        relay = self.relay()
        token = self.token()
        created = self.publish(token)
        url, etag = created.header("location"), created.header("etag")
        trickle = self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": etag})
        self.assertEqual((trickle.status, trickle.header("etag"), trickle.body), (204, None, b""))
        restart = self.call("PATCH", url, RESTART, token, FRAGMENT, {"If-Match": "*"})
        self.assertEqual(restart.status, 200)
        self.assertEqual(restart.header("content-type"), FRAGMENT)
        self.assertIn(b"a=ice-ufrag:newf", restart.body)
        self.assertNotEqual(restart.header("etag"), etag)
        self.assertRegex(restart.header("etag"), r'^"[^"]+"$')
        self.assert_problem(self.call("PATCH", url, RESTART, token, FRAGMENT, {"If-Match": etag}), 412)
        again = self.call("PATCH", url, RESTART, token, FRAGMENT, {"If-Match": restart.header("etag")})
        self.assertEqual(again.status, 204)
        record = relay.wait_for("session.restart")[0]["record"]
        self.assertIn(record["etag"], restart.header("etag"))

    def test_preconditions_and_types_of_patch(self):
        self.relay()
        token, other = self.token(), self.token()
        created = self.publish(token)
        url, etag = created.header("location"), created.header("etag")
        for what, body, who, kind, headers, status in [
            ("no If-Match", TRICKLE, token, FRAGMENT, {}, 428),
            ("a stale tag", TRICKLE, token, FRAGMENT, {"If-Match": '"old"'}, 412),
            ("a weak tag", TRICKLE, token, FRAGMENT, {"If-Match": f"W/{etag}"}, 412),
            ("several tags", TRICKLE, token, FRAGMENT, {"If-Match": f'"x", {etag}'}, 204),
            ("a wrong type", TRICKLE, token, SDP, {"If-Match": etag}, 415),
            ("no fragment", "hello", token, FRAGMENT, {"If-Match": etag}, 400),
            ("nothing", "", token, FRAGMENT, {"If-Match": etag}, 400),
            ("too much", TRICKLE + "a" * 20000, token, FRAGMENT, {"If-Match": etag}, 413),
            ("no token", TRICKLE, None, FRAGMENT, {"If-Match": etag}, 401),
            ("a foreign token", TRICKLE, other, FRAGMENT, {"If-Match": etag}, 404),
        ]:
            with self.subTest(what):
                answer = self.call("PATCH", url, body, who, kind, headers)
                self.assertEqual(answer.status, status, answer.body)

    def test_a_failed_restart_keeps_session_and_etag(self):
        relay = self.relay(answers={"session.restart": lambda _: refusal(422, "unsupported_sdp", "No.")})
        token = self.token()
        created = self.publish(token)
        url, etag = created.header("location"), created.header("etag")
        self.assert_problem(self.call("PATCH", url, RESTART, token, FRAGMENT, {"If-Match": "*"}), 422)
        self.assertEqual(self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": etag}).status, 204)
        relay.close()

    def test_delete_needs_the_owner_and_heeds_no_etag(self):
        relay = self.relay()
        token = self.token()
        created = self.publish(token)
        url = created.header("location")
        self.assert_problem(self.call("DELETE", url), 401)
        self.assert_problem(self.call("DELETE", url, token=self.token()), 404)
        self.assert_problem(self.call("DELETE", url, token=self.token("art", "*")), 404)
        self.assert_problem(self.call("DELETE", url.replace("/whip/", "/whep/"), token=token), 404)
        self.assertEqual(relay.requests[-1]["type"], "session.create")
        answer = self.call("DELETE", url, token=token, headers={"If-Match": '"whatever"'})
        self.assertEqual(answer.status, 200)
        self.assert_problem(self.call("DELETE", url, token=token), 404)
        self.assert_problem(self.call("PATCH", url, TRICKLE, token, FRAGMENT, {"If-Match": "*"}), 404)

    def test_the_token_that_made_a_session_may_end_it_after_its_time(self):
        self.relay()
        token = self.token("music", "*", "*", "--ttl", "2s")
        created = self.publish(token)
        self.assertEqual(created.status, 201)
        time.sleep(2.1)
        self.assert_problem(self.publish(token), 401)
        self.assertEqual(self.call("DELETE", created.header("location"), token=token).status, 200)

    def test_get_and_head_say_2xx_without_content(self):
        self.relay()
        token = self.token()
        url = self.publish(token).header("location")
        for path in ["/whip/music/teacher-camera", url]:
            for method in ["GET", "HEAD"]:
                with self.subTest(f"{method} {path}"):
                    answer = self.call(method, path, token=token)
                    self.assertEqual((answer.status, answer.body), (204, b""))
                    self.assertEqual(self.call(method, path).status, 401)

    def test_options_needs_no_token_and_names_all_that_is_allowed(self):
        answer = self.call("OPTIONS", "/whip/music/teacher-camera", headers={
            "Origin": "https://studio.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type"})
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.header("accept-post"), SDP)
        self.assertIn("POST", answer.header("allow"))
        methods = answer.header("access-control-allow-methods")
        for method in ["POST", "PATCH", "DELETE", "OPTIONS", "GET", "HEAD"]:
            self.assertIn(method, methods)
        allowed = answer.header("access-control-allow-headers").lower()
        for header in ["authorization", "content-type", "if-match"]:
            self.assertIn(header, allowed)
        answer = self.call("OPTIONS", "/whip/sessions/" + "0" * 32, headers={"Origin": "https://a.example"})
        self.assertEqual(answer.header("accept-patch"), FRAGMENT)

    def test_answers_and_errors_can_be_read_by_pages_elsewhere(self):
        self.relay()
        token = self.token()
        headers = {"Origin": "https://studio.example"}
        for answer in [self.call("POST", "/whip/music/teacher-camera", OFFER, token, SDP, headers),
                       self.call("POST", "/whip/music/teacher-camera", OFFER, None, SDP, headers),
                       self.call("PUT", "/whip/music/teacher-camera", OFFER, token, SDP, headers)]:
            self.assertEqual(answer.header("access-control-allow-origin"), "*")
            for name in ["Location", "ETag", "Link", "Accept-Post", "Accept-Patch", "Retry-After"]:
                self.assertIn(name, answer.header("access-control-expose-headers"))

    def test_session_urls_cannot_be_guessed(self):
        self.relay()
        token = self.token()
        ids = {re.search(r"[0-9a-f]{32}$", self.publish(token).header("location")).group()
               for _ in range(20)}
        self.assertEqual(len(ids), 20)


class Allowlist(Signaling):
    settings = ["http.cors_origins=[https://studio.example]"]

    def test_only_listed_origins_are_allowed(self):
        for origin, expected in [("https://studio.example", "https://studio.example"),
                                 ("https://evil.example", None)]:
            answer = self.call("OPTIONS", "/whip/music/teacher-camera", headers={"Origin": origin})
            self.assertEqual(answer.header("access-control-allow-origin"), expected)


class Proxy(Signaling):
    settings = ["http.trusted_proxies=[127.0.0.0/8]"]

    def test_a_trusted_proxy_says_how_the_client_came(self):
        self.relay()
        answer = self.call("POST", "/whip/music/teacher-camera", OFFER, self.token(), SDP, {
            "X-Forwarded-Host": "lessons.example", "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "203.0.113.9"})
        self.assertTrue(answer.header("location").startswith("https://lessons.example/whip/sessions/"))
        self.assertIsNotNone(answer.header("strict-transport-security"))


class Flood(Signaling):
    settings = ["limits.publish_burst=5", "limits.publish_per_second=1"]

    def test_a_flood_gets_429_and_does_not_touch_other_tokens(self):
        self.relay()
        token = self.token()
        statuses = [self.publish(token).status for _ in range(12)]
        self.assertEqual(statuses[:5], [201] * 5)
        self.assertIn(429, statuses)
        answer = self.publish(token)
        while answer.status != 429:
            answer = self.publish(token)
        self.assert_problem(answer, 429)
        self.assertGreaterEqual(int(answer.header("retry-after")), 1)
        other = self.token(publish="teacher-content")
        self.assertEqual(self.publish(other, source="teacher-content").status, 201)


if __name__ == "__main__":
    unittest.main()
