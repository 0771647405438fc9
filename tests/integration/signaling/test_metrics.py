"""/metrics: read by Prometheus' own parser, open to nobody by accident, and never waiting for a relay."""
import pathlib
import subprocess
import threading
import time
import unittest

from harness import PROGRAM, SDP, Signaling
from prometheus_client.parser import text_string_to_metric_families

STATS = {"version": "test", "process": {"resident_bytes": 1000, "cpu_us": 2500000}, "workers": [{
    "index": 0, "cpu_us": 1, "sessions": {"now": 3, "rtp_out_packets": 70},
    "loop": {"bounds_us": [1000, 10000], "counts": [4, 2, 1], "sum_us": 30000, "count": 7},
    "drops": {"malformed": 9}, "udp": {}, "tcp": {}, "routing": {
        "lessons_left_out": 0, "lessons": [{"lesson": "music", "viewers": 2, "rtp_out_packets": 70,
                                            "drops": {"late": 1}, "pictures": [2, 0, 0]}]}}]}
TOKEN = "a-token-for-scrapes-0123"


def samples(answer):
    """(name, labels) → value. The parser fails on what Prometheus would not read."""
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        assert family.documentation and family.type != "unknown", family.name
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in found, key
            found[key] = sample.value
    return found


class Metrics(Signaling):
    def setUp(self):
        """Each test begins without an answer that is kept for some seconds."""
        self.stop()
        self.start()

    def scrape(self):
        answer = self.call("GET", "/metrics")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8")
        return samples(answer)

    def test_figures_of_a_relay_stand_under_its_name(self):
        self.relay(name="east", answers={"stats.get": lambda request: {"stats": STATS}})
        found = self.scrape()
        self.assertEqual(found["duet_relay_up", ("relay", "east")], 1)
        lesson = (("lesson", "music"), ("relay", "east"), ("worker", "0"))
        self.assertEqual(found["duet_relay_rtp_out_packets_total", *lesson], 70)
        self.assertEqual(found["duet_relay_cpu_seconds_total", ("relay", "east")], 2.5)
        worker = (("relay", "east"), ("worker", "0"))
        self.assertEqual(found["duet_relay_loop_turn_seconds_count", *worker], 7)
        self.assertEqual(found["duet_relay_loop_turn_seconds_bucket", ("le", "+Inf"), *worker], 7)

    def test_its_own_figures_count_requests_by_route_and_status(self):
        for _ in range(3):
            self.call("GET", "/healthz")
        self.call("POST", "/whip/music/teacher-camera", "x", kind=SDP)
        self.call("GET", "/no/such/file")
        found = self.scrape()

        def requests(method, route, status):
            return found.get(("duet_signaling_http_requests_total", ("method", method), ("route", route),
                              ("status", status)))
        self.assertEqual(requests("GET", "/healthz", "200"), 3)
        self.assertEqual(requests("POST", "/whip/<>/<>", "401"), 1)
        self.assertEqual(requests("GET", "other", "404"), 1)
        self.assertGreater(found["process_resident_memory_bytes",], 1000000)
        self.assertGreater(found["process_open_fds",], 3)
        self.assertAlmostEqual(found["process_start_time_seconds",], time.time(), delta=60)
        self.assertEqual(found["duet_signaling_relays_connected",], 0)

    def test_a_silent_relay_is_down_and_holds_up_nobody(self):
        self.relay(name="silent", answers={"stats.get": lambda request: None})
        self.relay(name="well", answers={"stats.get": lambda request: {"stats": STATS}})
        begin = time.monotonic()
        scraping = threading.Thread(target=lambda: setattr(self, "found", self.scrape()))
        scraping.start()
        time.sleep(0.3)
        asked = time.monotonic()
        self.assertEqual(self.call("GET", "/healthz").status, 200)
        self.assertLess(time.monotonic() - asked, 1)
        scraping.join(10)
        self.assertGreater(time.monotonic() - begin, 1.5)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.found["duet_relay_up", ("relay", "silent")], 0)
        self.assertEqual(self.found["duet_relay_up", ("relay", "well")], 1)

    def test_a_relay_that_refuses_or_talks_nonsense_is_down(self):
        self.relay(name="refusing", answers={"stats.get": lambda request: {
            "ok": False, "error": {"status": 500, "code": "x", "detail": "y"}}})
        self.relay(name="odd", answers={"stats.get": lambda request: {"stats": [1]}})
        found = self.scrape()
        self.assertEqual(found["duet_relay_up", ("relay", "refusing")], 0)
        self.assertEqual(found["duet_relay_up", ("relay", "odd")], 0)

    def test_relays_are_asked_once_in_five_seconds_however_often_somebody_scrapes(self):
        relay = self.relay(answers={"stats.get": lambda request: {"stats": STATS}})
        for _ in range(20):
            self.scrape()
        self.assertEqual(len([r for r in relay.requests if r["type"] == "stats.get"]), 1)

    def test_a_scrape_that_is_broken_off_disturbs_nothing(self):
        self.relay(name="silent", answers={"stats.get": lambda request: None})
        for _ in range(5):
            connection = self.connect()
            connection.request("GET", "/metrics")
            time.sleep(0.05)
            connection.close()
        self.assertEqual(self.scrape()["duet_relay_up", ("relay", "silent")], 0)

    def test_more_scrapes_than_anyone_needs_are_refused(self):
        self.relay(answers={"stats.get": lambda request: None})
        connections = [self.connect() for _ in range(20)]
        for connection in connections:
            connection.request("GET", "/metrics")
        statuses = [connection.answer().status for connection in connections]
        self.assertEqual((statuses.count(200), statuses.count(503)), (16, 4))

    def test_head_has_the_length_and_no_body(self):
        self.assertGreater(int(self.call("HEAD", "/metrics").header("content-length")), 1000)

    def test_without_a_token_only_this_machine_is_served(self):
        for headers in ({"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-Host": "duet.example"},
                        {"X-Forwarded-Proto": "https"}, {"Host": "duet.example"},
                        {"Host": "127.0.0.1.example"}, {"Origin": "https://evil.example"},
                        {"Sec-Fetch-Site": "cross-site"}):
            with self.subTest(headers):
                self.assert_problem(self.call("GET", "/metrics", headers=headers), 403, "token_file")
        for host in ("localhost", "localhost:80", "127.0.0.1", f"[::1]:{self.port}"):
            self.assertEqual(self.call("GET", "/metrics", headers={"Host": host}).status, 200, host)


class BehindAProxy(Signaling):
    settings = ["http.trusted_proxies=[127.0.0.1]"]

    def test_who_comes_through_the_proxy_is_not_this_machine(self):
        self.assertEqual(self.call("GET", "/metrics").status, 200)
        for client in ("192.0.2.1", "127.0.0.1"):
            answer = self.call("GET", "/metrics", headers={"X-Forwarded-For": client})
            self.assert_problem(answer, 403)


class WithAToken(Signaling):
    settings = ["metrics.token_file=FOLDER/metrics.token"]

    @classmethod
    def start(cls, port=0):
        (pathlib.Path(cls.folder) / "metrics.token").write_text(TOKEN + "\n", encoding="ascii")
        super().start(port)

    def test_the_token_opens_it_for_everybody_and_nothing_else_does(self):
        far = {"X-Forwarded-For": "192.0.2.1", "Host": "duet.example"}
        self.assertEqual(self.call("GET", "/metrics", token=TOKEN, headers=far).status, 200)
        for wrong in (None, "x", TOKEN + "x", TOKEN[:-1], self.token()):
            answer = self.call("GET", "/metrics", token=wrong)
            self.assert_problem(answer, 401, "metrics.token_file")
            self.assertTrue(answer.header("www-authenticate").startswith("Bearer"))

    def test_a_short_or_missing_token_file_is_named(self):
        name = pathlib.Path(self.folder) / "short.token"
        name.write_text("short\n", encoding="ascii")
        for path, word in ((name, "at least 16"), ("/nonexistent/token", "/nonexistent/token")):
            done = subprocess.run([PROGRAM, *self.arguments, "--set", f"metrics.token_file={path}"],
                                  capture_output=True, text=True, timeout=10, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("metrics.token_file", done.stderr)


if __name__ == "__main__":
    unittest.main()
