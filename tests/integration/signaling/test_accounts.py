"""People, logins, media tokens and tickets through /api/v1."""
import json
import sqlite3
import threading
import time
import unittest

from harness import JSON, OFFER, SDP, Signaling


class Accounts(Signaling):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.passwords = {
            name: cls.run_command("person", "add", name, "--role", role, "--lesson", "music")
            for name, role in [("wang", "master_teacher"), ("赵老师", "local_teacher"), ("inspector", "inspector")]}

    def post(self, path, body=None, cookie=None, token=None, **headers):
        if cookie:
            headers["Cookie"] = cookie
        return self.call("POST", path, json.dumps({} if body is None else body), token, JSON,
                         {k.replace("_", "-"): v for k, v in headers.items()})

    def login(self, name="wang", password=None):
        answer = self.post("/api/v1/login", {"name": name, "password": password or self.passwords[name]})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.header("set-cookie").split(";")[0]

    def test_a_login_gives_a_cookie_that_scripts_and_other_sites_cannot_use(self):
        answer = self.post("/api/v1/login", {"name": "wang", "password": self.passwords["wang"]})
        cookie = answer.header("set-cookie")
        self.assertRegex(cookie, r"^duet=[0-9a-f]{32}; ")
        for part in ["HttpOnly", "SameSite=Strict", "Path=/"]:
            self.assertIn(part, cookie)
        self.assertEqual(answer.json(), {"name": "wang", "login": "wang", "role": "master_teacher", "must_change": False, "language": None})
        self.assertNotEqual(self.login(), self.login(), "rotated at each login")

    def test_me_tells_name_role_and_lessons(self):
        answer = self.call("GET", "/api/v1/me", headers={"Cookie": "a=b; " + self.login("赵老师")})
        self.assertEqual(answer.json(), {"name": "赵老师", "login": "赵老师", "role": "local_teacher", "organisation": 0, "must_change": False,
                                         "language": None,
                                         "lessons": [{"id": "music", "title": "music 课"}]})
        self.assertEqual(answer.header("cache-control"), "no-store")

    def test_wrong_name_and_wrong_password_look_the_same(self):
        wrong = self.post("/api/v1/login", {"name": "wang", "password": "not the password"})
        nobody = self.post("/api/v1/login", {"name": "nobody", "password": "not the password"})
        self.assert_problem(wrong, 401)
        self.assertEqual(wrong.body, nobody.body)

    def test_strange_login_bodies_are_400(self):
        for body in ["", "nonsense", "[]", "{}", '{"name":"wang"}', '{"name":1,"password":2}', '{"name":"wang","pass',
                     json.dumps({"name": "wang", "password": "a" * 300}), json.dumps({"name": "w" * 100, "password": "a"}),
                     '{"name":"wang","password":"a\\u0000b"}', "[" * 5000]:
            with self.subTest(body[:30]):
                self.assert_problem(self.call("POST", "/api/v1/login", body, kind=JSON), 400)
        self.assert_problem(self.call("POST", "/api/v1/login", "name=wang", kind="application/x-www-form-urlencoded"), 415)
        self.assert_problem(self.call("POST", "/api/v1/login", "x" * 20000, kind=JSON), 413)

    def test_guessing_is_slowed_per_name_but_the_school_behind_the_address_gets_in(self):
        statuses = [self.post("/api/v1/login", {"name": "inspector", "password": f"guess {i}"}).status for i in range(8)]
        self.assertEqual(statuses[:5], [401] * 5)
        self.assertIn(429, statuses)
        answer = self.post("/api/v1/login", {"name": "inspector", "password": self.passwords["inspector"]})
        while answer.status != 429:
            answer = self.post("/api/v1/login", {"name": "inspector", "password": "guess"})
        self.assertGreaterEqual(int(answer.header("retry-after")), 1)
        self.login("wang")

    def test_many_logins_at_once_do_not_stop_the_loop(self):
        results = []

        def attempt(i):
            results.append(self.post("/api/v1/login", {"name": f"nobody-{i}", "password": "x" * 20}).status)
        threads = [threading.Thread(target=attempt, args=(i,)) for i in range(20)]
        for thread in threads:
            thread.start()
        slowest = 0
        while any(thread.is_alive() for thread in threads):
            begin = time.monotonic()
            self.assertEqual(self.call("GET", "/healthz").status, 200)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        self.assertEqual(set(results), {401})
        self.assertLess(slowest, 1)

    def test_a_client_that_leaves_during_its_login_does_no_harm(self):
        for _ in range(5):
            connection = self.connect()
            connection.request("POST", "/api/v1/login", '{"name":"gone","password":"xxxxxxxx"}', {"Content-Type": JSON})
            connection.close()
        time.sleep(1)
        self.assertEqual(self.call("GET", "/healthz").status, 200)

    def test_logout_ends_the_session_on_the_server(self):
        cookie = self.login()
        self.assertEqual(self.post("/api/v1/logout", cookie=cookie).status, 204)
        self.assert_problem(self.call("GET", "/api/v1/me", headers={"Cookie": cookie}), 401)

    def test_logins_outlive_a_restart_and_end_when_the_person_is_disabled(self):
        password = self.run_command("person", "add", "li", "--role", "inspector", "--lesson", "music")
        cookie = self.login("li", password)
        port = self.port
        self.stop()
        self.start(port)
        self.assertEqual(self.call("GET", "/api/v1/me", headers={"Cookie": cookie}).status, 200)
        with sqlite3.connect(self.folder / "duet.sqlite") as database:
            database.execute("UPDATE people SET disabled = 1 WHERE name = 'li'")
        database.close()
        self.assert_problem(self.call("GET", "/api/v1/me", headers={"Cookie": cookie}), 401)
        self.assert_problem(self.post("/api/v1/login", {"name": "li", "password": password}), 401)

    def test_media_tokens_follow_the_role(self):
        for name, publish in [("wang", ["teacher-camera", "teacher-content"]), ("inspector", [])]:
            answer = self.post("/api/v1/lessons/music/media-token", cookie=self.login(name))
            self.assertEqual(answer.status, 200)
            self.assertEqual((answer.json()["publish"], answer.json()["watch"]), (publish, ["*"]))
            self.assertGreater(answer.json()["expires"], time.time() + 600)
        rights = self.post("/api/v1/lessons/music/media-token", cookie=self.login("赵老师")).json()
        self.assertRegex(rights["publish"][0], r"^room-\d+$")
        self.assertEqual(len(rights["publish"]), 1)

    def test_a_media_token_of_the_api_publishes_and_the_next_one_of_the_same_person_takes_over(self):
        relay = self.relay()
        cookie = self.login()
        first, second = (self.post("/api/v1/lessons/music/media-token", cookie=cookie).json()["token"] for _ in range(2))
        url = self.publish(first).header("location")
        self.assertEqual(self.publish(second).status, 201)
        self.assertIn("replace", relay.wait_for("session.create", 2)[1])
        self.assertEqual(self.call("DELETE", url, token=second).status, 200)

    def test_a_stranger_to_the_lesson_gets_no_token(self):
        cookie = self.login()
        self.assert_problem(self.post("/api/v1/lessons/art/media-token", cookie=cookie), 403)
        self.assert_problem(self.post("/api/v1/lessons/none/media-token", cookie=cookie), 404)
        self.assert_problem(self.post("/api/v1/lessons/music/media-token"), 401)

    def test_pages_of_other_sites_cannot_use_the_cookie(self):
        cookie = self.login()
        own = self.url.rstrip("/")
        for headers, status in [
            ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Sec_Fetch_Site": "cross-site"}, 403),
            ({"Sec_Fetch_Site": "same-site"}, 403), ({"Origin": own}, 200), ({"Origin": own, "Sec_Fetch_Site": "same-origin"}, 200),
            ({"Origin": own.replace("http:", "https:")}, 403), ({}, 200),
        ]:
            with self.subTest(headers):
                answer = self.post("/api/v1/lessons/music/media-token", cookie=cookie, **headers)
                self.assertEqual(answer.status, status)
                self.assertIsNone(answer.header("access-control-allow-origin"))
        self.assert_problem(self.post("/api/v1/login", {"name": "wang", "password": "x"}, Origin="https://evil.example"), 403)

    def test_a_ticket_of_a_person_logs_in_once(self):
        ticket = self.post("/api/v1/tickets", cookie=self.login()).json()["ticket"]
        answer = self.post("/api/v1/tickets/redeem", {"ticket": ticket})
        self.assertEqual(answer.status, 200)
        cookie = answer.header("set-cookie").split(";")[0]
        self.assertEqual(self.call("GET", "/api/v1/me", headers={"Cookie": cookie}).json()["name"], "wang")
        self.assert_problem(self.post("/api/v1/tickets/redeem", {"ticket": ticket}), 404)

    def test_a_ticket_of_a_media_token_gives_the_same_rights_once(self):
        token = self.token(publish="", watch="teacher-camera")
        ticket = self.post("/api/v1/tickets", token=token).json()["ticket"]
        answer = self.post("/api/v1/tickets/redeem", {"ticket": ticket}).json()
        self.assertEqual((answer["publish"], answer["watch"], answer["lesson"]), ([], ["teacher-camera"], "music"))
        self.relay()
        self.assertEqual(self.call("POST", "/whep/music/teacher-camera", OFFER, answer["token"], SDP).status, 201)
        self.assert_problem(self.post("/api/v1/tickets/redeem", {"ticket": ticket}), 404)

    def test_two_who_redeem_at_once_do_not_both_get_in(self):
        ticket = self.post("/api/v1/tickets", cookie=self.login()).json()["ticket"]
        results = []
        threads = [threading.Thread(target=lambda: results.append(
            self.post("/api/v1/tickets/redeem", {"ticket": ticket}).status)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(results), [200] + [404] * 7)

    def test_wrong_tickets(self):
        for ticket in ["0" * 32, "", "x", None, 7, "a" * 100]:
            answer = self.post("/api/v1/tickets/redeem", {"ticket": ticket})
            self.assertIn(answer.status, (400, 404))
        self.assert_problem(self.post("/api/v1/tickets"), 401)

    def test_a_locked_database_costs_2_s_and_says_503(self):
        cookie = self.login()
        lock = sqlite3.connect(self.folder / "duet.sqlite", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        answer = self.post("/api/v1/tickets", cookie=cookie)
        self.assert_problem(answer, 503)
        self.assertIsNotNone(answer.header("retry-after"))
        self.assertLess(time.monotonic() - begin, 3.5)
        self.assertEqual(self.call("GET", "/api/v1/me", headers={"Cookie": cookie}).status, 200)
        lock.execute("ROLLBACK")
        lock.close()
        self.assertEqual(self.post("/api/v1/tickets", cookie=cookie).status, 201)

    def test_secrets_do_not_stand_in_the_database(self):
        cookie = self.login()
        ticket = self.post("/api/v1/tickets", cookie=cookie).json()["ticket"]
        data = b"".join(file.read_bytes() for file in self.folder.rglob("duet*.sqlite*") if file.is_file())
        for secret in [cookie.split("=")[1], ticket, self.passwords["wang"]]:
            self.assertNotIn(secret.encode(), data)
        for file in [*(file for file in self.folder.rglob("duet*.sqlite*") if file.is_file()), self.folder / "token.key"]:
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)


if __name__ == "__main__":
    unittest.main()
