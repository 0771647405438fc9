"""Roles × routes × scope, deny by default: every row of the route table is tried by every role, on things of their own part of
the tree and on those of a foreign school and a foreign county. A route that nobody gave an example for fails here."""
import hashlib
import json
import re
import sqlite3
import unittest

from county import ROLES, County, Device
from harness import JSON
from places import SCOPED, Mixed, Place, Things
from route_examples import ALLOWED, EXAMPLES, LISTS, NAMELESS, OTHERS, ROUTES, Example

NOT_FOR_ROLE = "This is not for your role."
#: What goes on by itself: refusals are written down, streams that were begun count as being there, the server says when it was at work.
MOVING = ("audit_log", "attendance", "timetable_version")
#: When a login was used last goes on as well.
KEPT = {"browser_sessions": "secret_hash, person, created, login"}


class Roles(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in sorted(set(ROLES) - set(cls.passwords)):
            cls.add_person(role, role, 1)

    @staticmethod
    def path_of(pattern):
        path = pattern.replace("reports/<>/<>/<>", "reports/room/2026-10-01/2026-10-02")
        path = re.sub(r"(days|weeks)/<>", r"\1/2026-10-01", path).replace("template/<>", "template/en")
        return path.replace("<>", "999").removeprefix("/api/v1")

    def test_every_role_on_every_route(self):
        self.assertGreater(len(ROUTES), 30)
        for method, pattern, access in ROUTES:
            self.assertIn(access, set(ALLOWED) | OTHERS, "a new kind of access: say whom it lets in")
            path = self.path_of(pattern)
            if access == "DEVICE":
                for role in (None, *ROLES):
                    self.assert_problem(self.ask(role, method, path), 401)
            if access not in ALLOWED or pattern == "/api/v1/logout":
                continue
            self.assert_problem(self.ask(None, method, path), 401)
            for role in ROLES:
                with self.subTest(method=method, path=path, role=role):
                    answer = self.ask(role, method, path)
                    refused = answer.status == 403 and answer.json()["detail"] == NOT_FOR_ROLE
                    self.assertEqual(refused, role not in ALLOWED[access], answer.body)
                    self.assertLess(answer.status, 500)

    def test_a_device_session_opens_nothing_but_what_is_for_devices(self):
        device = Device(self)
        made = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}).json()
        self.assertEqual((device.enrol(made["code"]).status, device.prove().status), (201, 200))
        headers = {"Authorization": f"Bearer {device.session}"}
        # what is waited for is there, so that no answer is held
        self.assertEqual(self.ask("coordinator", "POST", f"/devices/{device.id}/commands", {"command": "check"}).status, 201)
        for method, pattern, access in ROUTES:
            if access in ("OPEN", "METRICS"):
                continue
            path = "/api/v1" * pattern.startswith("/api") + self.path_of(pattern)
            kind = None if method == "GET" else "application/sdp" if path.startswith("/wh") else JSON
            with self.subTest(method=method, path=path, access=access):
                answer = self.call(method, path, None if method == "GET" else "{}", kind=kind, headers=headers)
                self.assertEqual(answer.status == 401, access not in ("DEVICE", "SOCKET"), answer.body)
                self.assertLess(answer.status, 500)


class Meanwhile(County):
    """What is taken away while a body is still on its way is not there any more when it has come."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("system_admin", "system_admin", 1)

    def begin(self, path, body, headers):
        """A request that the server has admitted, and of whose body half has been sent."""
        text = json.dumps(body)
        connection = self.connect()
        connection.request("POST", "/api/v1" + path, None, {**headers, "Content-Type": JSON, "Content-Length": len(text), "Expect": "100-continue"})
        self.assertEqual(connection.answer().status, 100)
        connection.send(text[:5])
        return connection, text[5:]

    def end(self, begun):
        connection, rest = begun
        connection.send(rest)
        return connection.answer()

    def add_room(self, name):
        self.add_person(name, "coordinator", 1)
        return self.begin("/rooms", {"school": 2, "name": name, "use": "both"}, {"Cookie": self.cookie(name)})

    def test_whoever_still_may_is_heard(self):
        self.assertEqual(self.end(self.add_room("stays")).status, 201)

    def test_a_body_comes_too_late_for_who_lost_the_right_to_send_it(self):
        def change(name, **changes):
            self.assertEqual(self.ask("system_admin", "PUT", f"/people/{self.id_of('people', name)}", changes, headers={"If-Match": "*"}).status, 200)

        for name, take_away in [("disabled", lambda: change("disabled", disabled=True)), ("demoted", lambda: change("demoted", role="inspector")),
                                ("leaving", lambda: self.ask("leaving", "POST", "/logout"))]:
            with self.subTest(name):
                begun = self.add_room(name)
                take_away()
                self.assertIn(self.end(begun).status, (401, 403))
                self.assertNotIn(name, [row["name"] for row in self.list("rooms")])

    def test_a_revoked_devices_body_comes_too_late(self):
        device = Device(self)
        made = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}).json()
        self.assertEqual((device.enrol(made["code"]).status, device.prove().status), (201, 200))
        begun = self.begin("/device/health", {"version": "9.9", "health": {}}, {"Authorization": f"Bearer {device.session}"})
        self.assertEqual(self.ask("coordinator", "DELETE", f"/devices/{device.id}").status, 200)
        self.assert_problem(self.end(begun), 401)
        self.assertEqual(self.ask("coordinator", "GET", f"/devices/{device.id}").json()["version"], "1.2.3")


class Caller:
    """Somebody of a role, or a device or a media token; foreign are the places that are not theirs."""

    def __init__(self, role, own, foreign, name=None, whole_county=False):
        self.role, self.own, self.foreign, self.whole_county = role, own, foreign, whole_county
        self.name = name or own.name_of(role)
        self.things = self.new_things()

    def new_things(self):
        return Things(self.own, self.role, self.name) if self.role in ROLES else Things(self.own)

    def headers(self, things):
        if self.role == "device":
            return {"Authorization": f"Bearer {things.box.session}"}
        if self.role == "token":
            return {"Authorization": f"Bearer {things.token}"}
        return {"Cookie": things.place.county.cookie(self.name)}


class Scope(County):
    lessons = []
    seeded = False
    settings = [*County.settings, "limits.watch_burst=10000", "limits.publish_burst=10000", "sessions.per_person=100"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in set(ROLES) - set(SCOPED):
            cls.add_person(role, role)
        counties = [cls.ask("system_admin", "POST", "/organisations", {"kind": "county", "name": name}).json()["id"] for name in ("甲县", "乙县")]
        cls.own, cls.beside, cls.far = Place(cls, "甲", counties[0]), Place(cls, "邻", counties[0]), Place(cls, "乙", counties[1])
        everybody = [Caller(role, cls.own, (cls.beside, cls.far)) for role in (*ROLES, "device", "token")]
        for role in ("coordinator", "inspector"):
            cls.add_person(f"县{role}", role, counties[0])
            everybody.append(Caller(role, cls.own, (cls.far,), f"县{role}", True))
        cls.everybody = everybody
        cls.strange = {place: Things(place) for place in (cls.beside, cls.far)}

    def callers(self, access):
        """Those that the route asks who they are."""
        roles = set(ROLES) if access in ALLOWED else set()
        roles |= {"DEVICE": {"device"}, "TOKEN": {"token"}, "DEPARTED": {"token"}, "EITHER": {"token"}}.get(access, set())
        return [caller for caller in self.everybody if caller.role in roles]

    def send(self, caller, route, example, things):
        method, pattern = route.split(" ")
        params, body = example.fill(things)
        for param in params:
            pattern = pattern.replace("<>", str(param), 1)
        text = json.dumps(body) if isinstance(body, dict) else body
        who = things.own if isinstance(things, Mixed) else things if things.place is self.own else caller.things
        return self.call(method, pattern, text, kind=example.kind if text else None, headers={**caller.headers(who), **example.headers})

    def dump(self):
        """All that the database keeps, but what goes on by itself."""
        database = sqlite3.connect(self.folder / "duet.sqlite")
        tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1") if name not in MOVING]
        text = {name: hashlib.sha256(repr(database.execute(f"SELECT {KEPT.get(name, '*')} FROM {name} ORDER BY 1").fetchall()).encode()).hexdigest() for name in tables}
        database.close()
        return text

    def examples(self):
        for method, pattern, access in ROUTES:
            if f"{method} {pattern}" in EXAMPLES:
                yield f"{method} {pattern}", access, EXAMPLES[f"{method} {pattern}"]

    def may(self, caller, access, example):
        """Whether what is their own is for this caller; None: it depends on more than role and place."""
        if caller.role not in ROLES:
            return None if access == "EITHER" else True
        if caller.role not in ALLOWED[access]:
            return False
        if caller.role not in example.roles or (example.whole_county and caller.role in SCOPED and not caller.whole_county):
            return None
        return not (caller.whole_county and caller.role in SCOPED and access == "PERSON" and example.roles != set(ROLES)) or None

    def assert_refused(self, answer, example, what):
        self.assertIn(answer.status, example.refused, f"{what}: {answer.body[:300]}")
        if answer.status == 200:
            self.assertGreater(answer.json()["fault_count"], 0, what)

    # ---- the tests ---------------------------------------------------------------------------------------

    def test_every_route_has_an_example_or_names_nothing(self):
        routes = {f"{method} {pattern}" for method, pattern, _ in ROUTES}
        known = [*EXAMPLES, *NAMELESS, *LISTS]
        self.assertEqual(sorted(known), sorted(routes), "say in route_examples.py what this route names")

    def test_what_is_their_own_is_for_those_whom_the_route_lets_in(self):
        self.relay()
        for route, access, example in self.examples():
            for caller in self.callers(access):
                may = self.may(caller, access, example)
                if may is None:
                    continue
                with self.subTest(route=route, caller=caller.name, role=caller.role):
                    answer = self.send(caller, route, example, caller.new_things() if may else caller.things)
                    if may:
                        self.assertIn(answer.status, (200, 201, 204), answer.body)
                        self.assertEqual(answer.json().get("fault_count", 0) if answer.body.startswith(b'{"') else 0, 0, answer.body)
                    else:
                        self.assertEqual((answer.status, answer.json()["detail"]), (403, NOT_FOR_ROLE))

    def test_what_is_foreign_is_refused_and_stays_as_it_is(self):
        self.relay()
        for route, access, example in self.examples():
            strangers = [caller for caller in self.callers(access) if caller.role not in example.everywhere]
            for caller in strangers:
                for place in caller.foreign:
                    example.fill(self.strange[place])  # made before the dump
                    caller.headers(caller.things)
            before = self.dump()
            for caller in strangers:
                for place in caller.foreign:
                    with self.subTest(route=route, caller=caller.name, role=caller.role, place=place.tag):
                        self.assert_refused(self.send(caller, route, example, self.strange[place]), self.for_role(caller, access, example), place.tag)
            self.assertEqual(self.dump(), before, route)

    def test_one_foreign_thing_among_own_ones_is_refused_as_well(self):
        self.relay()
        for route, access, example in self.examples():
            for caller in self.callers(access):
                if not self.may(caller, access, example) or caller.role in example.everywhere:
                    continue
                own = caller.new_things()
                asked = Mixed(own)
                example.fill(asked)
                for place in caller.foreign if len(asked.used) > 1 else ():
                    for name in sorted(asked.used):
                        mixed = Mixed(own, self.strange[place], name)
                        example.fill(mixed)
                        before = self.dump()
                        with self.subTest(route=route, caller=caller.name, place=place.tag, foreign=name):
                            self.assert_refused(self.send(caller, route, example, mixed), example, name)
                            self.assertEqual(self.dump(), before)

    def for_role(self, caller, access, example):
        """Whom the role alone keeps out gets the same 403 from all routes."""
        return example if caller.role not in ROLES or caller.role in ALLOWED[access] else Example(example.fill, refused={403})

    def test_lists_hold_nothing_foreign(self):
        for place in (self.beside, self.far):
            things = self.strange[place]
            self.assertTrue(all((things.entry, things.textbook, things.calendar, things.device, things.person)))
        access_of = {f"{method} {pattern}": access for method, pattern, access in ROUTES}
        for route in sorted(LISTS):
            for caller in self.callers(access_of[route]):
                if caller.role in ("system_admin", "security_admin") or caller.role not in ALLOWED[access_of[route]]:
                    continue
                with self.subTest(route=route, caller=caller.name):
                    self.look_through(route, caller)

    def look_through(self, route, caller):
        answer = self.ask(caller.name, "GET", route.removeprefix("GET /api/v1") + ("" if "me/" in route else "?limit=500"))
        self.assertEqual(answer.status, 200, answer.body)
        text = json.dumps(answer.json(), ensure_ascii=False)
        for place in caller.foreign:
            things = self.strange[place]
            self.assertNotIn(f'"{place.tag}', text)
            for row in next(value for value in answer.json().values() if isinstance(value, list)):
                self.assertNotIn(place.school, (row.get("school"), row.get("organisation")), row)
                self.assertFalse(route.endswith("pairings") and row["id"] == things.pairing, row)
                self.assertFalse(route.endswith("calendars") and row["id"] == things.calendar, row)


if __name__ == "__main__":
    unittest.main(verbosity=2)
