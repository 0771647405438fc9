"""What keeps browsers from being used against their owners: foreign pages, forms, frames, cookies and headers. Over every
route of the table that heeds a cookie."""
import json
import pathlib
import re
import ssl
import subprocess
import unittest

from county import County
from harness import JSON, PROGRAM, Signaling

ROUTES = pathlib.Path(__file__).resolve().parents[3] / "signaling" / "http" / "routes.c"
ROW = re.compile(r'\{HTTP_(GET|POST|PUT|PATCH|DELETE),\s*"([^"]+)",\s*HTTP_ACCESS_(\w+),\s*(\w+),\s*\w+,\s*(true|false)')
FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]


def routes():
    """(method, path, access, body type, cross origin) of every row."""
    rows = ROW.findall(ROUTES.read_text(encoding="utf-8"))
    assert len(rows) > 60, "the table is written differently now"
    return [(method, path.replace("<>", "1"), access, kind, cross == "true") for method, path, access, kind, cross in rows]


def of_cookies():
    return [row for row in routes() if row[1].startswith("/api/") and row[2] not in ("OPEN", "TOKEN", "DEPARTED", "DEVICE", "METRICS", "FEED")]


class ForeignPages(County):
    def test_a_foreign_page_moves_nothing_with_the_cookie_of_its_visitor(self):
        cookie = self.cookie("coordinator")
        done = "SELECT count(*) FROM audit_log WHERE outcome = 'done' AND person = 'coordinator'"
        before = self.rows(done)
        for method, path, _access, kind, _cross in of_cookies():
            for headers in FOREIGN:
                with self.subTest(method=method, path=path, **headers):
                    answer = self.call(method, path, None if kind == "NULL" else "{}", kind=None if kind == "NULL" else JSON,
                                       headers={"Cookie": cookie, **headers})
                    self.assertEqual(answer.status, 403, answer.body)
                    self.assertIsNone(answer.header("access-control-allow-origin"))
        self.assertEqual(self.rows(done), before)

    def test_what_forms_can_send_is_no_request(self):
        """The three types that a page may send anywhere without asking first."""
        cookie = self.cookie("coordinator")
        for method, path, access, kind, _cross in routes():
            if kind != "JSON" or access in ("TOKEN", "DEPARTED", "DEVICE"):
                continue
            for form in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
                with self.subTest(method=method, path=path, form=form):
                    answer = self.call(method, path, "{}", headers={"Cookie": cookie, **({"Content-Type": form} if form else {})})
                    self.assertIn(answer.status, (403, 415), answer.body)

    def test_a_foreign_page_cannot_log_its_visitor_in_or_make_the_first_administrator(self):
        for path, body in [("/api/v1/login", {"name": "coordinator", "password": self.passwords["coordinator"]}),
                           ("/api/v1/first", {"ticket": "0" * 32, "name": "x", "password": "four green kites"}),
                           ("/api/v1/tickets/redeem", {"ticket": "0" * 32})]:
            for headers in FOREIGN:
                answer = self.call("POST", path, json.dumps(body), kind=JSON, headers=headers)
                self.assertEqual(answer.status, 403, (path, headers))
                self.assertIsNone(answer.header("set-cookie"))

    def test_a_preflight_opens_only_what_takes_tokens(self):
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
        for _method, path, _access, _kind, cross in routes():
            answer = self.call("OPTIONS", path, headers=asked)
            self.assertEqual(answer.header("access-control-allow-origin") is not None, cross, path)
            self.assertIsNone(answer.header("access-control-allow-credentials"), path)


class Headers(Signaling):
    settings = ["http.certificate=FOLDER/duet.pem", "http.key=FOLDER/duet.key", "http.web_root=FOLDER/web"]

    @classmethod
    def start(cls, port=0):
        if port == 0:
            subprocess.run([PROGRAM, "cert", "--out", str(cls.folder), "--host", "127.0.0.1"], check=True, capture_output=True)
            (cls.folder / "web").mkdir()
            (cls.folder / "web" / "index.html").write_text("<!doctype html>home")
        super().start(port)

    def connect(self):
        connection = super().connect()
        context = ssl.create_default_context(cafile=str(self.folder / "duet-ca.pem"))
        connection.socket = context.wrap_socket(connection.socket, server_hostname="127.0.0.1")
        return connection

    def ask(self, method, path, body=None, **headers):
        connection = self.connect()
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.answer()

    def test_every_answer_says_how_it_may_be_used(self):
        for method, path, body in [("GET", "/", None), ("GET", "/none.html", None), ("GET", "/api/v1/me", None), ("GET", "/api/v1/first", None),
                                   ("POST", "/api/v1/login", "{}"), ("DELETE", "/api/v1/login", None), ("GET", "/healthz", None),
                                   ("OPTIONS", "/api/v1/login", None), ("POST", "/whip/a/b", "x")]:
            with self.subTest(method=method, path=path):
                answer = self.ask(method, path, body, Content_Type=JSON)
                self.assertEqual(answer.header("strict-transport-security"), "max-age=31536000")
                self.assertEqual(answer.header("x-content-type-options"), "nosniff")
                self.assertEqual(answer.header("referrer-policy"), "no-referrer")

    def test_pages_run_no_script_but_their_own_files_and_stand_in_no_frame(self):
        policy = dict(part.strip().split(" ", 1) for part in self.ask("GET", "/").header("content-security-policy").split(";"))
        self.assertEqual((policy["default-src"], policy["script-src"], policy["style-src"], policy["frame-ancestors"], policy["base-uri"]),
                         ("'none'", "'self'", "'self'", "'none'", "'none'"))
        self.assertNotIn("unsafe", str(policy))

    def test_the_cookie_is_of_this_host_and_https_only_and_is_taken_away_with_the_same_words(self):
        password = self.run_command("person", "add", "wang", "--role", "master_teacher")
        answer = self.ask("POST", "/api/v1/login", json.dumps({"name": "wang", "password": password}), Content_Type=JSON)
        cookie, *words = answer.header("set-cookie").split("; ")
        self.assertRegex(cookie, r"^__Host-duet=[0-9a-f]{32}$")
        self.assertEqual(set(words), {"Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict", "Secure"})
        self.assertEqual(self.ask("GET", "/api/v1/me", Cookie=cookie).status, 200)
        self.assertEqual(self.ask("GET", "/api/v1/me", Cookie=cookie.replace("__Host-", "")).status, 401)  # of plain HTTP, or planted
        answer = self.ask("POST", "/api/v1/logout", "{}", Content_Type=JSON, Cookie=cookie)
        gone, *words = answer.header("set-cookie").split("; ")
        self.assertEqual((gone, set(words)), ("__Host-duet=", {"Path=/", "Max-Age=0", "HttpOnly", "SameSite=Strict", "Secure"}))
        self.assertEqual(self.ask("GET", "/api/v1/me", Cookie=cookie).status, 401)

    def test_a_session_that_somebody_planted_is_not_taken_over_by_the_login(self):
        password = self.run_command("person", "add", "zhao", "--role", "local_teacher")
        planted = "__Host-duet=" + "0123456789abcdef" * 2
        answer = self.ask("POST", "/api/v1/login", json.dumps({"name": "zhao", "password": password}), Content_Type=JSON, Cookie=planted)
        self.assertNotIn(planted, answer.header("set-cookie"))
        self.assertEqual(self.ask("GET", "/api/v1/me", Cookie=planted).status, 401)


if __name__ == "__main__":
    unittest.main()
