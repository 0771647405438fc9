"""Every route with values that nobody foresaw, one in each place of a request that is good otherwise: the answer is one of those that
docs/openapi.yaml promises, nothing is half written, and what was accepted can be read again."""
import copy
import json
import re
import sqlite3
import unittest
import urllib.parse

from county import ROLES, County
from harness import JSON
from places import MONDAY, Place, Things
from route_examples import ALLOWED, EXAMPLES, LISTS, ROUTES
from test_openapi import load

VALUES = [
    None, True, 0, -1, 7, 1.5, 1e308, 2**31, 2**53, 2**63 - 1, -2**63, 2**63,
    "", " ", "0", "x", "\0", "a\nb", "\u202eabc", "\ud800", "长" * 400, "../../x", "2026-02-30", "0000-01-01", "9999-12-31", "24:00",
    [], [None], [1, 1], [[1, 2]], [{}], {}, {"a": {"b": []}}, list(range(3000)),
]
WORDS = ["0", "-1", "1.0", "9223372036854775807", "9223372036854775808", "x", "2026-02-30", "0000-01-01", "9999-12-31", "\0", "长", "a" * 300, "..", "\ud800"]
QUERIES = ["limit=0", "limit=-1", "limit=9999999999999999999", "limit=x", "cursor=x", "cursor=%00", "cursor=" + "A" * 500, "limit=1&limit=2", "%ff=%ff", "=", "a" * 2000]


def quote(word):
    return urllib.parse.quote(word.encode("utf-8", "surrogatepass"), safe="")


def places_of(value, path=()):
    """Where values stand in a body: members and elements, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        if len(path) < 3 and key not in (1, 2, 3) and not (isinstance(key, int) and key > 3):
            yield from places_of(each, (*path, key))


def replaced(body, path, value):
    body = copy.deepcopy(body)
    *way, last = path
    for key in way:
        body = body[key]
    body[last] = value
    return body


def removed(body, path):
    body = copy.deepcopy(body)
    *way, last = path
    for key in way:
        body = body[key]
    del body[last]
    return body


class Mutations(County):
    lessons = []
    seeded = False
    settings = [*County.settings, "limits.watch_burst=100000", "limits.publish_burst=100000", "sessions.per_person=100"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("system_admin", "security_admin", "audit_admin"):
            cls.add_person(role, role)
        county = cls.ask("system_admin", "POST", "/organisations", {"kind": "county", "name": "甲县"}).json()["id"]
        cls.place = Place(cls, "甲", county)
        cls.documented = {(method.upper(), re.sub(r"\{\w+\}", "<>", path)): set(item["responses"])
                          for path, methods in load()["paths"].items() for method, item in methods.items()}

    def role_for(self, access, example):
        """One that may: what is refused by role alone is not looked at."""
        return next((role for role in ("coordinator", *ROLES) if role in ALLOWED.get(access, ()) and role in example.roles), None)

    def headers(self, role, access, things):
        if access == "DEVICE":
            return {"Authorization": f"Bearer {things.box.session}"}
        if role is None:
            return {"Authorization": f"Bearer {things.token}"}
        return {"Cookie": self.cookie(self.place.name_of(role))}

    def new_things(self, role):
        return Things(self.place, role, self.place.name_of(role)) if role else Things(self.place)

    def routes(self):
        self.relay()
        for method, pattern, access in ROUTES:
            example = EXAMPLES.get(f"{method} {pattern}")
            if example:
                yield method, pattern, access, example, self.role_for(access, example)

    def look(self, method, pattern, answer, sent):
        what = f"{method} {pattern} {sent!r:.300}"
        self.assertIsNotNone(answer, what)
        self.assertLess(answer.status, 500, f"{what}: {answer.body[:300]}")
        # what is refused before the route is asked stands in docs/api.md, not with each route
        self.assertIn(str(answer.status), self.documented[method, pattern] | {"400", "404", "413", "414"}, f"{what}: {answer.body[:300]}")
        if answer.status >= 400:
            self.assertEqual(answer.header("content-type"), "application/problem+json", what)
            self.assertTrue(answer.json()["detail"], what)
        return answer

    # ---- the tests ---------------------------------------------------------------------------------------

    def test_a_body_with_one_value_that_nobody_foresaw(self):
        sent = 0
        for method, pattern, access, example, role in self.routes():
            if example.kind != JSON or method == "GET":
                continue
            things = self.new_things(role)
            params, body = example.fill(things)
            if not body:
                continue
            for path in list(places_of(body)):
                bodies = [replaced(body, path, value) for value in VALUES] + [removed(body, path)]
                for mutated in bodies:
                    url = self.filled(pattern, params)
                    answer = self.call(method, url, json.dumps(mutated), kind=JSON, headers={**self.headers(role, access, things), **example.headers})
                    self.look(method, pattern, answer, mutated)
                    sent += 1
                    if answer.status < 300 and method != "POST":
                        things = self.new_things(role)
                        params, _ = example.fill(things)
        self.assertGreater(sent, 3000)
        self.look_at_the_database()

    def test_a_body_that_is_no_object(self):
        for method, pattern, access, example, role in self.routes():
            if example.kind != JSON or method == "GET":
                continue
            things = self.new_things(role)
            params, _ = example.fill(things)
            for text in ("", "null", "[]", "7", '"x"', "{", '{"a":1,"a":2}', "[" * 5000, "{}x", "\ufeff{}", "\x00"):
                answer = self.call(method, self.filled(pattern, params), text, kind=JSON, headers={**self.headers(role, access, things), **example.headers})
                self.look(method, pattern, answer, text)
        self.look_at_the_database()

    def test_a_path_that_names_something_that_nobody_foresaw(self):
        for method, pattern, access, example, role in self.routes():
            things = self.new_things(role)
            params, body = example.fill(things)
            for at in range(len(params)):
                for word in WORDS:
                    mutated = [quote(str(each)) if i != at else quote(word) for i, each in enumerate(params)]
                    text = json.dumps(body) if isinstance(body, dict) else body
                    answer = self.call(method, self.filled(pattern, mutated), text, kind=example.kind if text else None,
                                       headers={**self.headers(role, access, things), **example.headers})
                    self.look(method, pattern, answer, mutated)
        self.look_at_the_database()

    def test_a_query_that_nobody_foresaw(self):
        for route in sorted(LISTS):
            path = route.removeprefix("GET ")
            for query in QUERIES:
                answer = self.ask(self.place.name_of("coordinator"), "GET", f"{path.removeprefix('/api/v1')}?{query}")
                self.look("GET", path, answer, query)

    # ---- what they share ---------------------------------------------------------------------------------

    @staticmethod
    def filled(pattern, params):
        for param in params:
            pattern = pattern.replace("<>", str(param), 1)
        return pattern

    def look_at_the_database(self):
        database = sqlite3.connect(self.folder / "duet.sqlite")
        try:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])
        finally:
            database.close()
        # what was accepted does not break the pages that show it
        for name in (self.place.name_of("coordinator"), "system_admin"):
            for route in sorted(LISTS):
                path = route.removeprefix("GET /api/v1")
                if self.ask(name, "GET", path).status != 403:
                    self.assertTrue(isinstance(self.list(path.lstrip("/"), name) if "sessions" not in path else [], list), path)
        school = self.place.school
        for path in (f"/organisations/{school}/bells", f"/organisations/{school}/weeks/{MONDAY}", f"/organisations/{school}/exceptions",
                     f"/organisations/{school}/weeks/{MONDAY}/csv", "/export"):
            who = "system_admin" if path == "/export" else self.place.name_of("coordinator")
            answer = self.ask(who, "GET", path)
            self.assertEqual(answer.status, 200, f"{path}: {answer.body[:200]}")


if __name__ == "__main__":
    unittest.main()
