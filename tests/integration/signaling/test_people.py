"""People from the first start to being disabled: links, passwords, rights over others, and the audit log of it all."""
import hashlib
import json
import re
import secrets
import sqlite3
import subprocess
import threading
import time
import unittest
import urllib.parse

from county import County
from harness import JSON, OFFER, PROGRAM, SDP, Signaling

GOOD = "four green kites rising"
ANY = {"If-Match": "*"}  # whichever version it is: test_school_changes.py looks at those


def at_once(calls):
    """What each of them returns, all begun together."""
    answers = []
    threads = [threading.Thread(target=lambda call=call: answers.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class FirstStart(Signaling):
    lessons = []

    @classmethod
    def start(cls, port=0):
        with open(cls.folder / "said", "w", encoding="utf-8") as said:
            cls.process = subprocess.Popen([PROGRAM, *cls.arguments, "--set", f"http.port={port}"], stdout=subprocess.PIPE, text=True,
                                           stderr=said)
        line = cls.process.stdout.readline()
        cls.said = (cls.folder / "said").read_text()
        assert "first.html" not in line
        cls.url = json.loads(line[6:])["url"]
        cls.port = int(cls.url.rstrip("/").rsplit(":", 1)[1])

    def post(self, path, body, **headers):
        return self.call("POST", "/api/v1" + path, json.dumps(body), kind=JSON, headers=headers)

    def test_the_console_link_makes_one_administrator_once(self):
        ticket = re.search(r"first\.html#ticket=([0-9a-f]{32})", self.said).group(1)
        self.assertTrue(self.call("GET", "/api/v1/first").json()["first"])
        body = {"ticket": ticket, "name": "root", "password": GOOD}
        self.assert_problem(self.post("/first", {**body, "ticket": "0" * 32}), 404, "again for a new one")
        for password, word in [("short", "8 characters"), ("password123", "tried first"), ("12345678", "tried first"), ("20081224", "tried first"),
                               ("abababab", "tried first"), ("woaini1314", "tried first"), ("xx-ROOT-yy", "your name"), ("x" * 257, "256")]:
            with self.subTest(password):
                answer = self.post("/first", {**body, "password": password})
                self.assertIn(answer.status, (400, 422), answer.body)
                self.assertIn(word, answer.json()["detail"])
        # Two at the same moment: hashing takes a while, and still there is only one.
        answers = at_once([lambda name=name: self.post("/first", {**body, "name": name}) for name in ("root", "rival")])
        self.assertEqual(sorted(answer.status for answer in answers), [200, 404])
        answer = next(answer for answer in answers if answer.status == 200)
        body["name"] = answer.json()["name"]
        cookie = answer.header("set-cookie").split(";")[0]
        self.assertEqual(self.call("GET", "/api/v1/me", headers={"Cookie": cookie}).json()["role"], "system_admin")
        self.assert_problem(self.post("/first", {**body, "name": "other"}), 404, "administrator already")
        self.assertFalse(self.call("GET", "/api/v1/first").json()["first"])
        type(self).stop()
        type(self).start(self.port)
        self.assertNotIn("first.html", self.said)
        self.assertEqual(self.post("/login", {"name": body["name"], "password": GOOD}).status, 200)


class Administered(County):
    """The county with an administrator of each kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("system_admin", "security_admin", "audit_admin", "inspector"):
            cls.add_person(role, role)
        # those of the seed do not come in: who is the last of their kind is one of the above
        cls.rows("UPDATE people SET disabled = 1 WHERE name IN ('sysadmin', 'secadmin', 'auditadmin')")

    def audit(self, outcome=None, **query):
        answer = self.ask("audit_admin", "GET", "/audit?" + urllib.parse.urlencode(query))
        self.assertEqual(answer.status, 200, answer.body)
        return [row for row in answer.json()["entries"] if outcome in (None, row["outcome"])]


class People(Administered):
    def added(self, name, role="local_teacher", by="coordinator", organisation=None):
        answer = self.ask(by, "POST", "/people", {"name": name, "role": role, "organisation": organisation or self.id_of("organisations", "白杨教学点")})
        self.assertEqual(answer.status, 201, answer.body)
        self.passwords[name] = answer.json()["one_time_password"]
        return answer.json()["id"]

    def chosen(self, name, password):
        answer = self.ask(name, "POST", "/me/password", {"old": self.passwords[name], "new": password})
        if answer.status == 200:
            self.passwords[name] = password
            self.cookies[name] = answer.header("set-cookie").split(";")[0]
        return answer

    def login(self, name, password):
        return self.call("POST", "/api/v1/login", json.dumps({"name": name, "password": password}), kind=JSON)

    # ---- passwords -------------------------------------------------------------------------------------

    def test_a_one_time_password_opens_only_the_choice_of_another(self):
        self.added("新老师")
        once = self.passwords["新老师"]
        answer = self.login("新老师", once)
        self.assertTrue(answer.json()["must_change"])
        self.assertEqual(self.ask("新老师", "GET", "/me").json()["must_change"], True)
        self.assert_problem(self.ask("新老师", "POST", "/lessons/x/media-token"), 403, "password of your own")
        self.assert_problem(self.chosen("新老师", "password1"), 422, "tried first")
        self.assert_problem(self.ask("新老师", "POST", "/me/password", {"old": "wrong", "new": GOOD}), 403, "old password")
        other = answer.header("set-cookie").split(";")[0]
        self.assertEqual(self.chosen("新老师", GOOD).status, 200)
        self.assertEqual(self.call("GET", "/api/v1/me", headers={"Cookie": other}).status, 401)  # every other login has ended
        self.assertEqual(self.ask("新老师", "GET", "/me").json()["must_change"], False)
        self.assertEqual(self.login("新老师", once).status, 401)
        self.assertEqual(self.login("新老师", GOOD).status, 200)
        self.assert_problem(self.ask("新老师", "POST", "/me/password", {"old": GOOD, "new": GOOD}), 422)
        self.assert_problem(self.chosen("新老师", "新老师的密码很长"), 422, "your name")
        self.assertEqual(self.chosen("新老师", "春眠不觉晓处处闻啼鸟").status, 200)

    def test_of_two_who_choose_at_the_same_moment_one_is_told(self):
        self.added("两台电脑")
        cookie, old, statuses = self.cookie("两台电脑"), self.passwords["两台电脑"], None
        while statuses != [200, 409]:
            new = [secrets.token_hex(16) for _ in range(2)]
            answers = at_once([lambda chosen=chosen: (chosen, self.call("POST", "/api/v1/me/password", json.dumps({"old": old, "new": chosen}), kind=JSON,
                                                                        headers={"Cookie": cookie})) for chosen in new])
            (old, chosen), (_, other) = sorted(answers, key=lambda pair: pair[1].status)
            statuses, cookie = [chosen.status, other.status], chosen.header("set-cookie").split(";")[0]
            self.assertIn(statuses, ([200, 409], [200, 401]))  # 401: the later one began when the earlier one was done
        self.assert_problem(other, 409, "log in again")

    def test_a_reset_ends_logins_and_the_old_password(self):
        person = self.added("健忘")
        self.assertEqual(self.chosen("健忘", GOOD).status, 200)
        answer = self.ask("security_admin", "POST", f"/people/{person}/password")
        self.assertEqual(self.ask("健忘", "GET", "/me").status, 401)
        self.assertEqual(self.login("健忘", GOOD).status, 401)
        self.assertTrue(self.login("健忘", answer.json()["one_time_password"]).json()["must_change"])

    def test_whoever_has_the_machine_can_reset_a_password(self):
        self.add_person("vergessen", "inspector")
        once = self.run_command("person", "reset", "vergessen")
        self.assertEqual(self.login("vergessen", self.passwords["vergessen"]).status, 401)
        self.assertTrue(self.login("vergessen", once).json()["must_change"])
        self.assertIn("nobody called", self.run_command("person", "reset", "niemand", check=False).stderr)
        entry = self.audit(event="person.reset")[0]
        self.assertEqual((entry["person"], json.loads(entry["detail"])), ("console", {"name": "vergessen"}))

    def test_no_password_and_no_hash_of_a_short_one_is_kept(self):
        self.added("某人")
        text = json.dumps(self.rows("SELECT * FROM people")) + json.dumps(self.rows("SELECT * FROM audit_log"))
        self.assertNotIn(self.passwords["某人"], text)
        self.assertTrue(all(hash.startswith("$argon2id$") for (hash,) in self.rows("SELECT password FROM people WHERE password != ''")))

    # ---- rights ----------------------------------------------------------------------------------------

    def test_a_coordinator_has_teachers_of_their_own_schools(self):
        for role in ("system_admin", "coordinator", "inspector", "audit_admin"):
            self.assert_problem(self.ask("coordinator", "POST", "/people", {"name": "x", "role": role, "organisation": 1}), 403, "teachers")
        self.add_person("headmaster", "coordinator", self.id_of("organisations", "石沟教学点"))
        person = self.added("别校")
        for method, path, body in [("PUT", f"/people/{person}", {"disabled": True}), ("POST", f"/people/{person}/password", {}),
                                   ("POST", "/people", {"name": "y", "role": "local_teacher", "organisation": self.id_of("organisations", "白杨教学点")})]:
            self.assert_problem(self.ask("headmaster", method, path, body), 403, "not yours")
        self.assertEqual({row["name"] for row in self.ask("headmaster", "GET", "/accounts").json()["accounts"]}, {"周强", "headmaster"})
        mine = self.added("本校", by="headmaster", organisation=self.id_of("organisations", "石沟教学点"))
        self.assert_problem(self.ask("headmaster", "PUT", f"/people/{mine}", {"role": "coordinator"}, headers=ANY), 403, "teachers")
        self.assert_problem(self.ask("headmaster", "PUT", f"/people/{mine}", {"organisation": 1}, headers=ANY), 403, "not yours")

    def test_nobody_raises_their_own_rights_or_takes_the_last_administrators_away(self):
        accounts = {row["name"]: row["id"] for row in self.ask("security_admin", "GET", "/accounts").json()["accounts"]}
        for name in ("coordinator", "security_admin", "system_admin"):
            self.assert_problem(self.ask(name, "PUT", f"/people/{accounts[name]}", {"role": "system_admin"}, headers=ANY), 403, "own rights")
        for change in ({"disabled": True}, {"role": "inspector"}):
            self.assert_problem(self.ask("security_admin", "PUT", f"/people/{accounts['system_admin']}", change, headers=ANY), 409, "last administrator")
        second = self.added("第二管理员", "security_admin", by="security_admin")
        self.assertEqual(self.chosen("第二管理员", GOOD).status, 200)
        self.assertEqual(self.ask("第二管理员", "PUT", f"/people/{accounts['security_admin']}", {"disabled": True}, headers=ANY).status, 200)
        self.assertEqual(self.ask("security_admin", "GET", "/me").status, 401)
        self.assert_problem(self.ask("第二管理员", "PUT", f"/people/{second}", {"disabled": True}, headers=ANY), 403, "own rights")
        self.assertEqual(self.ask("第二管理员", "PUT", f"/people/{accounts['security_admin']}", {"disabled": False}, headers=ANY).status, 200)
        self.cookies.pop("security_admin")
        self.assertEqual(self.ask("security_admin", "PUT", f"/people/{second}", {"disabled": True}, headers=ANY).status, 200)
        refused = [(row["event"], json.loads(row["detail"])["reason"]) for row in self.audit(outcome="denied") if row["event"] == "person.change"]
        self.assertEqual({reason for _, reason in refused} & {"self", "last"}, {"self", "last"})

    def test_the_system_administrator_keeps_accounts_only_while_there_is_no_security_administrator(self):
        self.added("别人的", by="security_admin")
        person = self.ask("security_admin", "GET", "/accounts").json()["accounts"][0]["id"]
        for method, path, body in [("POST", "/people", {"name": "z", "role": "local_teacher"}), ("PUT", f"/people/{person}", {"disabled": True}),
                                   ("POST", f"/people/{person}/password", {}), ("DELETE", f"/people/{person}/sessions", {})]:
            self.assert_problem(self.ask("system_admin", method, path, body), 403, "security administrator")
        # nor by files
        answer = self.call("POST", "/api/v1/imports/people", "姓名,角色,学校\n后门,教务,实验小学\n".encode(), kind="text/csv",
                           headers={"Cookie": self.cookie("system_admin")})
        self.assert_problem(answer, 403, "security administrator")
        self.assertNotIn("后门", {row["name"] for row in self.ask("security_admin", "GET", "/accounts").json()["accounts"]})
        self.assertIn(("system_admin", "person.import", "denied"), {(row["person"], row["event"], row["outcome"]) for row in self.audit()})
        self.assertEqual([self.ask(name, "GET", "/accounts").json()["may"] for name in ("system_admin", "security_admin", "coordinator")],
                         ["", "all", "teachers"])

    def test_two_of_one_name_have_logins_of_their_own(self):
        school = self.id_of("organisations", "白杨教学点")
        body = {"name": "同名", "role": "local_teacher", "organisation": school}
        answers = [self.ask("coordinator", "POST", "/people", {**body, **more}).json() for more in ({}, {"login": ""}, {"login": " T-1001 "})]
        self.assertEqual([answer["login"] for answer in answers], ["同名", "同名2", "T-1001"])
        for answer, typed in zip(answers, ("同名", "同名2", "ｔ-1001")):
            got = self.login(typed, answer["one_time_password"])
            self.assertEqual((got.status, got.json()["name"], got.json()["login"]), (200, "同名", answer["login"]))
        self.assertEqual(self.login("同名", answers[1]["one_time_password"]).status, 401)
        self.assertEqual({row["login"] for row in self.list("people") if row["name"] == "同名"}, {"同名", "同名2", "T-1001"})
        added = {json.loads(row["detail"])["login"]: json.loads(row["detail"])["id"] for row in self.audit(event="person.add") if row["object"] == "同名"}
        self.assertEqual(added, {answer["login"]: answer["id"] for answer in answers})
        # in the audit log each is known by their number, and found by their login
        for answer in answers:
            self.assertEqual({(row["person"], row["person_id"]) for row in self.audit(person=answer["login"], event="login")}, {("同名", answer["id"])})
        # taken, also in another width or case; and what cannot be one
        self.assert_problem(self.ask("coordinator", "POST", "/people", {**body, "login": "t-１００１"}), 409, "another login")
        for login in ("console", "a\u0007", "x" * 65):
            self.assertIn(self.ask("coordinator", "POST", "/people", {**body, "login": login}).status, (400, 422), login)
        # whoever is renamed logs in as before, until their login is changed as well
        path = f"/people/{answers[2]['id']}"
        self.assertEqual(self.ask("coordinator", "PUT", path, {"name": "异名"}, headers=ANY).json()["login"], "T-1001")
        self.assert_problem(self.ask("coordinator", "PUT", path, {"login": "同名2"}, headers=ANY), 409, "another login")
        self.assertEqual(self.ask("coordinator", "PUT", path, {"login": ""}, headers=ANY).json()["login"], "异名")
        self.assertEqual(self.login("T-1001", answers[2]["one_time_password"]).status, 401)
        self.assertEqual(self.login("异名", answers[2]["one_time_password"]).status, 200)
        change = self.audit(event="person.change")[0]
        self.assertEqual([json.loads(change["detail"])[key] for key in ("old_login", "login")], ["T-1001", "异名"])

    def test_guesses_are_counted_by_login_however_it_is_typed_and_a_password_is_not_the_login(self):
        answer = self.ask("coordinator", "POST", "/people", {"name": "猜", "login": "guess.me", "role": "local_teacher", "organisation": 2}).json()
        typed = ["guess.me", "GUESS.ME", "ｇｕｅｓｓ.me"]
        statuses = [self.login(typed[i % 3], "wrong password").status for i in range(9)]
        self.assertIn(429, statuses)
        self.passwords["who.else"] = self.ask("coordinator", "POST", "/people", {"name": "猜二", "login": "who.else", "role": "local_teacher",
                                                                                "organisation": 2}).json()["one_time_password"]
        self.assert_problem(self.chosen("who.else", "not Who.Else again"), 422, "log in with")
        self.assertEqual(self.chosen("who.else", GOOD).status, 200)
        self.assertNotEqual(answer["login"], "猜")

    def test_the_command_line_asks_which_of_two_is_meant(self):
        self.run_command("person", "add", "双名", "--role", "inspector")
        self.assertIn("--login", self.run_command("person", "add", "双名", "--role", "inspector", check=False).stderr)
        password = self.run_command("person", "add", "双名", "--role", "inspector", "--login", "shuang")
        self.assertEqual(self.login("shuang", password).status, 200)
        self.run_command("person", "add", "双名", "--role", "inspector", "--login", "shuang3")
        self.rows("UPDATE people SET disabled = 1 WHERE login = '双名'")
        self.assertIn("several", self.run_command("person", "reset", "双名", check=False).stderr)
        self.assertTrue(self.login("shuang3", self.run_command("person", "reset", "shuang3")).json()["must_change"])
        self.assertEqual(self.login("shuang", password).status, 200)

    def test_names_are_text(self):
        for name in ("", "console", "device 7", "a\u0007", "x" * 65):
            self.assertIn(self.ask("coordinator", "POST", "/people", {"name": name, "role": "local_teacher", "organisation": 2}).status, (400, 422))

    def test_a_disabled_person_loses_login_token_and_stream_within_five_seconds(self):
        relay = self.relay()
        person = self.added("离任", "master_teacher")
        self.assertEqual(self.chosen("离任", GOOD).status, 200)
        self.run_command("lesson", "add", "adhoc", "--title", "x")
        self.rows("INSERT INTO lesson_people VALUES ('adhoc', ?)", person)
        token = self.ask("离任", "POST", "/lessons/adhoc/media-token").json()["token"]
        self.assertEqual(self.call("POST", "/whip/adhoc/teacher-camera", OFFER, token, SDP).status, 201)
        begin = time.monotonic()
        self.assertEqual(self.ask("coordinator", "PUT", f"/people/{person}", {"disabled": True}, headers=ANY).status, 200)
        self.assertEqual(relay.wait_for("session.close")[0]["reason"], "revoked")
        self.assertLess(time.monotonic() - begin, 5)
        self.assertEqual(self.ask("离任", "GET", "/me").status, 401)
        self.assertEqual(self.login("离任", GOOD).status, 401)
        self.assert_problem(self.call("POST", "/whip/adhoc/teacher-camera", OFFER, token, SDP), 401, "disabled")
        self.assertEqual(self.ask("coordinator", "PUT", f"/people/{person}", {"disabled": False}, headers=ANY).status, 200)
        self.assertEqual(self.login("离任", GOOD).status, 200)

    # ---- the audit log ---------------------------------------------------------------------------------

    def test_logins_denied_and_done_stand_in_the_audit_log_which_only_its_administrator_reads(self):
        self.login("coordinator", "wrong password")
        self.login("nobody at all", "wrong password")
        self.login("coordinator", self.passwords["coordinator"])
        for name in ("system_admin", "security_admin", "coordinator"):
            self.assertEqual(self.ask(name, "GET", "/audit").status, 403)
            self.assertEqual(self.ask(name, "GET", "/audit/verify").status, 403)
        answer = self.ask("audit_admin", "GET", "/audit").json()
        logins = [(row["person"], row["outcome"]) for row in answer["entries"] if row["event"] == "login"]
        self.assertIn(("coordinator", "denied"), logins)
        self.assertIn(("", "denied"), logins)
        self.assertIn(("coordinator", "done"), logins)
        self.assertNotIn("nobody at all", json.dumps(answer))
        self.assertEqual(answer["entries"][0]["event"], "audit.read")
        seen, before = len(answer["entries"]), answer["next"]
        while before:
            page = self.ask("audit_admin", "GET", f"/audit?before={before}").json()
            self.assertTrue(all(row["number"] < before for row in page["entries"]))
            seen, before = seen + len(page["entries"]), page["next"]
        report = self.ask("audit_admin", "GET", "/audit/verify").json()
        self.assertEqual((report["broken"], report["more"], report["entries"] >= seen), (0, False, True))
        rest = self.ask("audit_admin", "GET", f"/audit/verify?after={report['entries'] - 3}").json()
        self.assertEqual((rest["broken"], rest["head"] != ""), (0, True))

    def test_the_audit_log_is_searched_by_person_event_and_time(self):
        self.login("coordinator", "wrong password")
        now = int(time.time())
        self.assertTrue(all(row["person"] == "coordinator" for row in self.audit(person="coordinator")))
        self.assertEqual({row["event"].split(".")[0] for row in self.audit(event="person")}, {"person"})
        self.assertEqual({row["event"] for row in self.audit(event="person.add")}, {"person.add"})
        self.assertEqual(self.audit(**{"from": now + 1000}), [])
        self.assertEqual(self.audit(to=946684800), [])
        self.assertTrue(self.audit(person="coordinator", event="login", **{"from": now - 60, "to": now + 60}))
        self.assertEqual(self.audit(person="' OR 1=1 --"), [])
        read = self.audit(event="audit.read")[0]
        self.assertEqual((read["person"], json.loads(read["detail"])), ("audit_admin", {"event": "audit.read"}))
        for query in ("from=x", "before=-1", "person=%00", "event=" + "x" * 100, "to=" + "9" * 30):
            self.assert_problem(self.ask("audit_admin", "GET", "/audit?" + query), 400)

    def test_nobody_can_delete_from_the_audit_log(self):
        for method in ("DELETE", "PUT", "PATCH", "POST"):
            self.assertEqual(self.ask("audit_admin", method, "/audit").status, 405)
        with self.assertRaises(sqlite3.IntegrityError):
            self.rows("DELETE FROM audit_log")


class Logins(Administered):
    """Where somebody is logged in, how long, and how often."""
    settings = [*County.settings, "sessions.per_person=3", "sessions.idle_minutes=30"]

    def test_a_person_sees_their_logins_and_ends_those_elsewhere(self):
        here = self.cookie_of("inspector", "Tablet/1.0 \u00e9")
        there = self.cookie_of("inspector", "Desk")
        rows = self.sessions(here)
        self.assertEqual([(row["browser"], row["current"]) for row in rows if row["current"]], [("Tablet/1.0 ??", True)])
        self.assertEqual({row["address"] for row in rows}, {"127.0.0.1"})
        self.assertNotIn(here.split("=")[1][:16], json.dumps(rows))
        other = next(row["id"] for row in rows if row["browser"] == "Desk")
        self.assert_problem(self.delete("coordinator", "/me/sessions/" + other), 404, "ended already")
        self.assertEqual(self.call("DELETE", "/api/v1/me/sessions/" + other, "{}", kind=JSON, headers={"Cookie": here}).json(), {"ended": 1})
        self.assertEqual(self.me(there), 401)
        there = self.cookie_of("inspector", "Desk")
        self.assertGreaterEqual(self.call("DELETE", "/api/v1/me/sessions", "{}", kind=JSON, headers={"Cookie": here}).json()["ended"], 1)
        self.assertEqual((self.me(here), self.me(there)), (200, 401))

    def test_the_language_of_the_pages_is_the_accounts(self):
        self.rows("DELETE FROM browser_sessions")  # of those of one second any may be the one too many
        cookie = self.cookie_of("周强", "Tablet")
        change = lambda body: self.call("PUT", "/api/v1/me", json.dumps(body), kind=JSON, headers={"Cookie": cookie})  # noqa: E731
        mine = lambda where: self.call("GET", "/api/v1/me", headers={"Cookie": where}).json()["language"]  # noqa: E731
        self.assertIsNone(mine(cookie))
        self.assertEqual(change({"language": "en"}).json(), {"language": "en"})
        self.assertEqual(mine(self.cookie_of("周强", "Desk")), "en")
        told = self.call("POST", "/api/v1/login", json.dumps({"name": "周强", "password": self.passwords["周强"]}), kind=JSON).json()
        self.assertEqual(told["language"], "en")
        self.assertIsNone(mine(self.cookie_of("李伟", "x")))
        for body, status in (({"language": "fr"}, 422), ({"language": ""}, 422), ({"language": 1}, 400), ({}, 400)):
            self.assert_problem(change(body), status)
        self.assertEqual(mine(cookie), "en")
        person = self.rows("SELECT id FROM people WHERE name = '周强'")[0][0]
        self.assertEqual(self.audit(event="person.language")[0]["object"], f"person {person}")

    def test_one_login_too_many_ends_the_one_that_was_used_longest_ago(self):
        cookies = [self.cookie_of("王芳", str(i)) for i in range(3)]
        for i, cookie in enumerate(cookies):
            self.rows("UPDATE browser_sessions SET used = used - ? WHERE secret_hash = ?", [20, 90, 50][i], digest(cookie))
        self.cookie_of("王芳", "new")
        self.assertEqual([self.me(cookie) for cookie in cookies], [200, 401, 200])

    def test_a_login_ends_when_it_is_idle_or_old(self):
        idle, old = self.cookie_of("李伟", "a"), self.cookie_of("李伟", "b")
        self.rows("UPDATE browser_sessions SET used = used - 1790 WHERE secret_hash = ?", digest(idle))
        self.assertEqual(self.me(idle), 200)  # and is fresh again
        self.assertLess(time.time() - self.rows("SELECT used FROM browser_sessions WHERE secret_hash = ?", digest(idle))[0][0], 60)
        self.rows("UPDATE browser_sessions SET used = used - 1810 WHERE secret_hash = ?", digest(idle))
        self.rows("UPDATE browser_sessions SET created = created - 12 * 3600 - 1 WHERE secret_hash = ?", digest(old))
        self.assertEqual((self.me(idle), self.me(old)), (401, 401))

    def test_logging_in_again_ends_the_login_before_it(self):
        before = self.cookie_of("周强", "x")
        answer = self.call("POST", "/api/v1/login", json.dumps({"name": "周强", "password": self.passwords["周强"]}), kind=JSON,
                           headers={"Cookie": before})
        self.assertEqual(answer.status, 200)
        self.assertEqual((self.me(before), self.me(answer.header("set-cookie").split(";")[0])), (401, 200))

    def test_an_administrator_ends_the_logins_of_another(self):
        cookie = self.cookie_of("inspector", "x")
        person = next(row["id"] for row in self.ask("security_admin", "GET", "/accounts").json()["accounts"] if row["name"] == "inspector")
        self.assertEqual(self.ask("security_admin", "DELETE", f"/people/{person}/sessions").status, 200)
        self.assertEqual(self.me(cookie), 401)
        self.assertEqual(self.me(self.cookie_of("inspector", "x")), 200)

    def cookie_of(self, name, browser):
        answer = self.call("POST", "/api/v1/login", json.dumps({"name": name, "password": self.passwords[name]}), kind=JSON,
                           headers={"User-Agent": browser})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.header("set-cookie").split(";")[0]

    def me(self, cookie):
        return self.call("GET", "/api/v1/me", headers={"Cookie": cookie}).status

    def sessions(self, cookie):
        return self.call("GET", "/api/v1/me/sessions", headers={"Cookie": cookie}).json()["sessions"]

    def delete(self, name, path):
        return self.ask(name, "DELETE", path)


def digest(cookie):
    return hashlib.sha256(cookie.split("=")[1].encode()).hexdigest()


class OldPasswords(County):
    settings = [*County.settings, "passwords.max_age_days=90"]

    def test_a_password_that_is_too_old_must_be_changed(self):
        self.rows("UPDATE people SET password_set = ? WHERE name = 'coordinator'", int(time.time()) - 91 * 86400)
        self.assertTrue(self.ask("coordinator", "GET", "/me").json()["must_change"])
        self.assertEqual(self.ask("coordinator", "GET", "/rooms").status, 403)


if __name__ == "__main__":
    unittest.main(verbosity=2)
