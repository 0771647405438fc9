"""docs/openapi.yaml against the running server: every route is there, every documented status is answered, and what is
answered has the documented shape. Left to files of their own are WHIP, WHEP (test_whip.py, test_whep.py, test_slots.py),
the WebSocket (test_realtime.py) and figures (test_metrics.py), and the few statuses that are named at the end."""
import datetime
import json
import pathlib
import re
import unittest

import jsonschema
import yaml
from county import County, Device
from harness import JSON

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROW = re.compile(r'\{HTTP_(\w+), +"([^"]+)",')
ELSEWHERE = re.compile(r"^/(whip|whep|metrics|ws)\b")
GOOD, OTHER = "four green kites rising", "seven quiet rivers bend"


def load():
    return yaml.safe_load((ROOT / "docs/openapi.yaml").read_text(encoding="utf-8"))


def closed(node):
    """The same, where no object has members that it does not name; problems may have more."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: closed(value) for key, value in node.items()}
    if node.get("type") == "object" and "properties" in node and "title" not in node["properties"]:
        node.setdefault("additionalProperties", False)
    return node


class Document(unittest.TestCase):
    def test_it_has_every_route_and_no_other(self):
        routes = {(method.lower(), pattern) for method, pattern in ROW.findall((ROOT / "signaling/http/routes.c").read_text())}
        self.assertGreater(len(routes), 60)
        documented = {(method, re.sub(r"\{\w+\}", "<>", path)) for path, item in load()["paths"].items() for method in item}
        self.assertEqual(documented, routes)

    def test_everything_it_refers_to_is_there(self):
        document = load()
        for reference in re.findall(r"\$ref: '?#/([\w/]+)", (ROOT / "docs/openapi.yaml").read_text()):
            node = document
            for key in reference.split("/"):
                self.assertIn(key, node, reference)
                node = node[key]


class Server(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("system_admin", "security_admin", "audit_admin"):
            cls.add_person(role, role)
        cls.document = closed(load())
        cls.seen = set()

    def check(self, method, path, answer):
        """Notes the status and holds the body against its schema."""
        responses = self.document["paths"][path][method.lower()]["responses"]
        self.assertIn(str(answer.status), responses, f"{method} {path}: {answer.status} is not documented: {answer.body[:200]}")
        self.seen.add((method.lower(), path, str(answer.status)))
        response = responses[str(answer.status)]
        if "$ref" in response:
            response = self.document["components"]["responses"]["Problem"]
        for kind, content in response.get("content", {}).items():
            self.assertEqual(answer.header("content-type").split(";")[0], kind, path)
            if "schema" in content:
                jsonschema.validate(answer.json(), {**content["schema"], "components": self.document["components"]})
        return answer

    def send(self, name, method, path, body=None, *params, **headers):
        url = path.removeprefix("/api/v1")
        for param in params:
            url = re.sub(r"\{\w+\}", str(param), url, count=1)
        return self.check(method, path, self.ask(name, method, url, body, headers=headers))

    # ---- what every route has in common ------------------------------------------------------------------

    def refusals(self, method, path, operation):
        url = re.sub(r"\{date\}", "2026-10-01", path)
        url = re.sub(r"\{\w+\}", "999999", url)
        wanted = set(operation["responses"])
        body = next(iter(operation.get("requestBody", {}).get("content", {})), None)
        who = {"For audit administrator.": "audit_admin", "For an enrolled device.": None}.get(operation["description"], "coordinator")
        headers = {"Cookie": self.cookie(who)} if who else {"Authorization": f"Bearer {self.device.session}"}
        call = lambda text, kind, headers: self.check(method, path, self.call(method, url, text, kind=kind, headers=headers))  # noqa: E731
        if "anyone" in operation["description"]:
            wanted -= {"401"}
        if "401" in wanted and method != "GET":
            self.assertEqual(call("{}" if body == JSON else "x", body, {}).status, 401)
        elif "401" in wanted:
            self.assertEqual(call(None, None, {}).status, 401)
        if "403" in wanted and who and "everybody" not in operation["description"] and "anyone" not in operation["description"]:
            stranger = {"Cookie": self.cookie("王芳")}
            self.assertEqual(call("{}" if body else None, body, stranger).status, 403)
        if "415" in wanted:
            self.assertEqual(call("x", "text/plain", headers).status, 415)
        if "400" in wanted and body and "{" not in path:
            self.assertEqual(call("[", JSON, headers).status, 400)
        if "404" in wanted and "{" in path and "challenge" not in path and not path.endswith("/session") and body in (None, JSON):
            # who sees all of the tree is told that there is nothing; others only that it is not theirs
            everything = {"Cookie": self.cookie("system_admin")} if "system administrator" in operation["description"] else headers
            call(json.dumps(self.filling(path)) if body else None, body, everything)

    @staticmethod
    def filling(path):
        """A body that says enough for the number in the path to be looked up."""
        if "bells" in path:
            return {"name": "x", "first_day": "2026-11-01", "last_day": "2026-12-01", "periods": [[510, 550]]}
        if "days" in path:
            return {"holiday": True}
        return {"version": 1, "term": 1, "subject": "x", "grade": 1, "room": 1, "teacher": 1, "weekday": 1, "period": 1}

    # ---- each route's own --------------------------------------------------------------------------------

    def drive_schools(self):
        county, school = self.id_of("organisations", "青山县"), self.id_of("organisations", "白杨教学点")
        new = {"parent": county, "kind": "school", "name": "河东小学"}
        for name, status in (("河东小学", 201), ("河东小学", 409)):
            self.assertEqual(self.send("coordinator", "POST", "/api/v1/organisations", {**new, "name": name}).status, status)
        self.send("coordinator", "POST", "/api/v1/organisations", {**new, "zone": "Mars/Olympus"})
        for body in ({"school": school, "name": "新教室", "use": "both"}, {"school": school, "name": "新教室", "use": "both"}, {"school": school, "name": "a\u0007"}):
            self.send("coordinator", "POST", "/api/v1/rooms", body)
        term = {"organisation": county, "name": "明年春", "first_day": "2027-03-01", "last_day": "2027-07-01"}
        for body in (term, term, {**term, "name": "x", "last_day": "2027-02-01"}):
            self.send("coordinator", "POST", "/api/v1/terms", body)
        for kind in ("organisations", "rooms", "people", "terms", "pairings", "devices"):
            self.send("coordinator", "GET", f"/api/v1/{kind}")
        for kind in ("organisations", "rooms", "people", "terms"):
            self.check("GET", f"/api/v1/{kind}", self.ask("coordinator", "GET", f"/{kind}?limit=0"))
        self.send("coordinator", "GET", "/api/v1/organisations/{organisation}/weeks/{date}", None, county, "2026-10-08")
        for day in ("2026-10-08", "2026-02-30"):
            self.send("coordinator", "GET", "/api/v1/organisations/{organisation}/weeks/{date}/school", None, county, day)
        self.send("王芳", "GET", "/api/v1/me/weeks/{date}", None, str(datetime.date.today() + datetime.timedelta(days=7)))
        self.send("王芳", "GET", "/api/v1/me/weeks/{date}", None, "2026-02-30")
        self.check("GET", "/api/v1/organisations/{organisation}/weeks/{date}", self.ask("coordinator", "GET", f"/organisations/{county}/weeks/2026-10-08?teacher=x"))
        self.send("system_admin", "GET", "/api/v1/system")
        self.send("coordinator", "GET", "/api/v1/organisations/{organisation}/exceptions", None, county)
        self.drive_bells(school)
        self.drive_school_changes(county, school)

    def drive_school_changes(self, county, school):
        empty = self.ask("coordinator", "POST", "/organisations", {"parent": county, "kind": "school", "name": "空校"}).json()["id"]
        room = self.ask("coordinator", "POST", "/rooms", {"school": school, "name": "空室"}).json()["id"]
        term = self.ask("coordinator", "POST", "/terms", {"organisation": county, "name": "空", "first_day": "2027-09-01", "last_day": "2027-12-01"}).json()["id"]
        for kind, param, number, taken, used in (("organisations", "organisation", empty, "白杨教学点", school), ("rooms", "room", room, "新教室", self.id_of("rooms", "三年级教室")),
                                                 ("terms", "term", term, "明年春", self.id_of("terms", "本学期"))):
            one = f"/api/v1/{kind}/{{{param}}}"
            for body in ({}, {"version": 9}, {"version": 1, "name": " "}, {"version": 1, "name": taken}, {"version": "1"}, {"version": 1, "name": f"改{kind}"}):
                self.send("coordinator", "PUT", one, body, number)
            self.send("coordinator", "DELETE", one, {"version": 1}, used)
            for body in ({}, {"version": 9}, {"version": "2"}, {"version": 2}, {"version": 2}):
                self.send("coordinator", "DELETE", one, body, number)

    def drive_bells(self, school):
        base = "/api/v1/organisations/{organisation}"
        bells = {"name": "春季", "first_day": "2027-03-01", "last_day": "2027-07-01", "periods": [[510, 550], [560, 600]]}
        overlap = {**bells, "periods": [[510, 550], [540, 600]]}
        self.send("coordinator", "POST", base + "/bells/check", bells, school)
        self.send("coordinator", "POST", base + "/bells/check", overlap, school)
        self.send("coordinator", "POST", base + "/bells", overlap, school)
        number = self.send("coordinator", "POST", base + "/bells", bells, school).json()["id"]
        self.send("coordinator", "GET", base + "/bells", None, school)
        self.send("coordinator", "GET", base + "/bells/{set}", None, school, number)
        for seen in ({}, {"version": 9}, {"version": 1}):
            self.send("coordinator", "PUT", base + "/bells/{set}", seen, school, number)
            self.send("coordinator", "PUT", base + "/bells/{set}", {**overlap, **seen}, school, number)
            self.send("coordinator", "PUT", base + "/bells/{set}", {**bells, **seen}, school, number)
        for seen in ({}, {"version": 9}, {"version": 2}):
            self.send("coordinator", "DELETE", base + "/bells/{set}", seen, school, number)
        self.send("coordinator", "PUT", base + "/days/{date}", {"holiday": True}, school, "2026-12-25")
        self.send("coordinator", "DELETE", base + "/days/{date}", {}, school, "2026-12-25")
        for method, path, params in (("POST", "/bells", ()), ("POST", "/bells/check", ()), ("PUT", "/bells/{set}", (1,))):
            self.send("coordinator", method, base + path, {}, school, *params)
        self.send("coordinator", "PUT", base + "/days/{date}", {}, school, "2026-12-25")

    def drive_timetable(self):
        entry = {"term": next(row["id"] for row in self.list("terms") if row["name"] == "本学期"), "subject": "科学", "grade": 3, "weekday": 5, "period": 5,
                 "teacher": self.id_of("people", "王芳"), "room": self.id_of("rooms", "录播教室一"), "receiving": [{"room": self.id_of("rooms", "复式教室")}]}
        county, new = self.id_of("organisations", "青山县"), self.id_of("organisations", "河东小学")
        for term, organisation, status in ((999999, new, 404), (entry["term"], new, 422), (self.id_of("terms", "明年春"), new, 200)):
            self.assertEqual(self.send("coordinator", "POST", "/api/v1/terms/{term}/copy", {"from": entry["term"], "organisation": organisation}, term).status, status)
        for body, status in (({"from": entry["term"], "organisation": county}, 409), ({}, 400)):
            self.assertEqual(self.send("coordinator", "POST", "/api/v1/terms/{term}/copy", body, self.id_of("terms", "明年春")).status, status)
        path, one = "/api/v1/timetable", "/api/v1/timetable/{entry}"
        self.send("coordinator", "POST", path + "/check", entry)
        number = int(self.send("coordinator", "POST", path, entry).header("location").rsplit("/", 1)[1])
        self.assertEqual(self.send("coordinator", "POST", path, {**entry, "subject": "数学"}).status, 409)
        for tail, method, params in ((path, "POST", ()), (path + "/check", "POST", ()), (one, "PUT", (number,))):
            self.assertEqual(self.send("coordinator", method, tail, {**entry, "version": 1, "subject": "a\u0007"}, *params).status, 422)
        self.send("coordinator", "GET", one, None, number)
        for room, status in ((entry["room"], 200), (entry["receiving"][0]["room"], 422)):
            self.assertEqual(self.send("coordinator", "GET", "/api/v1/rooms/{room}/usual", None, room).status, status)
        other = int(self.send("coordinator", "POST", path, {**entry, "period": 6}).header("location").rsplit("/", 1)[1])
        self.assertEqual(self.send("coordinator", "PUT", one, {**entry, "version": 1}, other).status, 409)
        self.send("coordinator", "PUT", one, {**entry, "version": 1, "subject": "数学"}, number)
        self.send("coordinator", "PUT", one, {**entry, "version": 1}, number)
        for bad in ({}, {"version": "1"}):
            self.send("coordinator", "PUT", one, bad, number)
            self.send("coordinator", "DELETE", one, bad, number)
        for version in (9, 1):
            self.send("coordinator", "DELETE", one, {"version": version}, other)
        self.send("coordinator", "DELETE", one, {}, number)

    def drive_pairings(self):
        path, one = "/api/v1/pairings", "/api/v1/pairings/{pairing}"
        body = {"term": self.list("terms")[-1]["id"], "master_room": self.id_of("rooms", "多功能教室"), "receiving_room": self.id_of("rooms", "三年级1班"), "subject": "书法"}
        number = self.send("coordinator", "POST", path, body).json()["id"]
        self.send("coordinator", "POST", path, body)
        self.send("coordinator", "POST", path, {**body, "receiving_room": body["master_room"]})
        self.send("coordinator", "GET", one + "/lessons", None, number)
        self.send("coordinator", "PUT", one, {"version": 1, "frozen": True}, number)
        self.send("coordinator", "PUT", one, {"version": 1, "frozen": True}, number)
        for bad in ({}, {"version": "1"}):
            self.send("coordinator", "PUT", one, bad, number)
            self.send("coordinator", "DELETE", one, bad, number)
        for version in (1, 2):
            self.send("coordinator", "DELETE", one, {"version": version}, number)

    def drive_catalogue(self):
        path, one = "/api/v1/subjects", "/api/v1/subjects/{subject}"
        number = self.send("coordinator", "POST", path, {"name": "围棋"}).json()["id"]
        self.send("coordinator", "GET", path)
        for name in ("围棋", "a\u0007"):
            self.send("coordinator", "POST", path, {"name": name})
        for name, status in (("棋类", 200), ("语文", 409), ("a\u0007", 422)):
            self.assertEqual(self.send("coordinator", "PUT", one, {"name": name}, number).status, status)
        self.send("coordinator", "PUT", one, {"name": "无"}, 9999)
        self.send("coordinator", "GET", "/api/v1/grades")
        for grade, body in ((12, {"retired": True}), (12, {"retired": False}), (13, {"retired": True}), (12, {})):
            self.send("coordinator", "PUT", "/api/v1/grades/{grade}", body, grade)

    def drive_textbooks(self):
        path, one = "/api/v1/textbooks", "/api/v1/textbooks/{textbook}"
        body = {"school": self.id_of("organisations", "白杨教学点"), "subject": "书法", "edition": "人教版"}
        number = self.send("coordinator", "POST", path, body).json()["id"]
        self.send("coordinator", "GET", path)
        self.send("coordinator", "POST", path, {**body, "school": self.id_of("organisations", "青山县")})
        self.send("coordinator", "POST", path, {**body, "edition": "a\u0007"})
        self.send("coordinator", "DELETE", one, {}, number)

    def drive_lessons(self):
        """Cancelling, standing in, the stage and clashes, on lessons that have not begun and one that is over."""
        base, today = "/api/v1/lessons/{lesson}", (datetime.date.today() - datetime.date(1970, 1, 1)).days
        lessons = self.rows("SELECT l.id, e.room FROM lessons l JOIN timetable_entries e ON e.id = l.entry WHERE e.teacher = ? AND l.day > ?"
                            " ORDER BY l.day DESC, l.period LIMIT 2", self.id_of("people", "王芳"), today + 1)
        (lesson, place), (other, _) = lessons
        (over, old_place), = self.rows("SELECT l.id, e.room FROM lessons l JOIN timetable_entries e ON e.id = l.entry WHERE l.day < ?"
                                       " ORDER BY l.day LIMIT 1", today - 1)
        stand_in = {"place": place, "teacher": self.id_of("people", "陈静"), "reason": "病假"}
        self.send("coordinator", "GET", base + "/substitution", None, lesson)
        for name, body, status in ((lesson, stand_in, 200), (lesson, {"place": place}, 400), (lesson, {**stand_in, "reason": "a\u0007"}, 422), ("none", stand_in, 404),
                                   (over, {**stand_in, "place": old_place}, 409)):
            self.assertEqual(self.send("coordinator", "POST", base + "/substitution", body, name).status, status)
        for name, body, status in ((lesson, {"place": place}, 200), (lesson, {}, 400), ("none", {}, 404), (over, {"place": old_place}, 409)):
            self.assertEqual(self.send("coordinator", "DELETE", base + "/substitution", body, name).status, status)
        for name, body, status in ((lesson, {"reason": "雪"}, 200), (lesson, {}, 400), (other, {"reason": "a\u0007"}, 422), ("none", {"reason": "雪"}, 404), (over, {"reason": "雪"}, 409)):
            self.assertEqual(self.send("coordinator", "POST", base + "/cancel", body, name).status, status)
        for name, status in ((lesson, 200), ("none", 404), (over, 409)):
            self.assertEqual(self.send("coordinator", "DELETE", base + "/cancel", {}, name).status, status)
        for who, name, status in (("王芳", lesson, 200), ("王芳", "none", 404), ("coordinator", lesson, 403)):
            self.assertEqual(self.send(who, "GET", base + "/stage", None, name).status, status)
            self.assertEqual(self.send(who, "PUT", base + "/stage", {"source": ""}, name).status, status)
        self.assertEqual(self.send("王芳", "PUT", base + "/stage", {"source": "x"}, lesson).status, 400)
        self.rows("UPDATE lessons SET (day, period) = (SELECT day, period FROM lessons WHERE id = ?) WHERE id = ?", lesson, other)
        path, clash = "/api/v1/clashes/ignored", {"kind": "teacher", "id": self.id_of("people", "王芳"), "lessons": [lesson, other]}
        for body, status in (({**clash, "reason": "近"}, 200), ({**clash, "reason": "a\u0007"}, 422), ({**clash, "id": 999999, "reason": "近"}, 404), (clash, 400)):
            self.assertEqual(self.send("coordinator", "POST", path, body).status, status)
        for body, status in ((clash, 200), ({**clash, "id": 999999}, 404)):
            self.assertEqual(self.send("coordinator", "DELETE", path, body).status, status)

    def drive_files(self):
        """What comes in and goes out as CSV and JSON, and reports."""
        county, term = self.id_of("organisations", "青山县"), self.id_of("terms", "本学期")
        tables = {"schools": "县,学校\n青山县,文件小学\n", "people": "姓名,角色,学校\n文件人,主讲,实验小学\n", "rooms": "学校,教室\n实验小学,文件室\n",
                  "bells": "学校,作息,开始日期,结束日期,节次,上课时间,下课时间\n实验小学,文件,2035-03-01,2035-07-01,1,08:00,08:40\n",
                  "timetable": "学期,学校,教室,教师,学科,年级,星期,节次\n本学期,实验小学,录播教室二,李伟,劳动,5,周五,6\n"}
        headers = {"Cookie": self.cookie("coordinator")}
        for kind, text in tables.items():
            path = f"/api/v1/imports/{kind}"
            for tail, body, status in (("/check", text, 200), ("", text, 200), ("/check", text, 200), ("", text, 422), ("", "x" * (2 * 1024 * 1024 + 1), 413), ("/check", "x" * (2 * 1024 * 1024 + 1), 413)):
                self.assertEqual(self.check("POST", path + tail, self.call("POST", path + tail, body.encode(), kind="text/csv", headers=headers)).status, status)
            for language, status in (("en", 200), ("fr", 404)):
                self.assertEqual(self.send("coordinator", "GET", path + "/template/{language}", None, language).status, status)
        base = "/api/v1/organisations/{organisation}"
        for csv in ("csv", "csv-en"):
            for kind in ("schools", "people", "rooms", "bells"):
                self.assertEqual(self.send("coordinator", "GET", f"{base}/{kind}/{csv}", None, county).status, 200)
            self.assertEqual(self.send("coordinator", "GET", base + "/weeks/{date}/" + csv, None, county, "2026-10-08").status, 200)
            self.assertEqual(self.send("coordinator", "GET", base + "/terms/{term}/" + csv, None, county, term).status, 200)
        self.assertEqual(self.send("system_admin", "GET", "/api/v1/export").status, 200)
        report, first = base + "/reports/{by}/{first_day}/{last_day}", datetime.date.today() - datetime.timedelta(14)
        for by, last, status in (("school", first, 200), ("teacher", first, 200), ("x", first, 404), ("room", first - datetime.timedelta(1), 422)):
            self.assertEqual(self.send("coordinator", "GET", report, None, county, by, first, last).status, status)

    def drive_calendars(self):
        path, one = "/api/v1/calendars", "/api/v1/calendars/{calendar}"
        wang = {"kind": "teacher", "subject": self.id_of("people", "王芳")}
        for who, body, status in (("王芳", wang, 201), ("李伟", wang, 403), ("王芳", {"kind": "x", "subject": 1}, 400)):
            answer = self.send(who, "POST", path, body)
            self.assertEqual(answer.status, status)
            made = answer.json() if status == 201 else made
        while self.send("王芳", "POST", path, wang).status != 409:
            pass
        self.assertGreater(len(self.send("王芳", "GET", path).json()["calendars"]), 1)
        for who, number, status in (("王芳", made["id"], 200), ("李伟", made["id"], 403), ("王芳", 999999, 404)):
            answer = self.send(who, "POST", one + "/rotate", {}, number)
            self.assertEqual(answer.status, status)
            made = answer.json() if status == 200 else made
        feed = made["url"].split(str(self.port), 1)[1]
        answer = self.check("GET", "/calendar/{secret}.ics", self.call("GET", feed))
        same = self.call("GET", feed, headers={"If-None-Match": answer.header("etag")})
        self.assertEqual((answer.status, self.check("GET", "/calendar/{secret}.ics", same).status), (200, 304))
        for who, number, status in (("李伟", made["id"], 403), ("王芳", made["id"], 200), ("王芳", made["id"], 404)):
            self.assertEqual(self.send(who, "DELETE", one, {}, number).status, status)

    def drive_people(self):
        school = self.id_of("organisations", "白杨教学点")
        new = {"name": "接口", "role": "local_teacher", "organisation": school}
        answer = self.send("coordinator", "POST", "/api/v1/people", new).json()
        self.assertEqual(self.send("coordinator", "POST", "/api/v1/people", {**new, "login": "接口"}).status, 409)
        self.send("coordinator", "POST", "/api/v1/people", {**new, "name": "console"})
        for body in ({**new, "name": "a\u0007"}, {**new, "name": "x", "organisation": 999999}):
            self.send("security_admin", "POST", "/api/v1/people", body)
        person, self.passwords["接口"] = answer["id"], answer["one_time_password"]
        self.send("coordinator", "GET", "/api/v1/accounts")
        self.send(None, "POST", "/api/v1/login", {"name": "接口", "password": self.passwords["接口"]})
        for method, path, more in (("GET", "/api/v1/me/sessions", ()), ("GET", "/api/v1/me/weeks/{date}", ("2026-10-08",)), ("DELETE", "/api/v1/me/sessions", ()), ("DELETE", "/api/v1/me/sessions/{login}", ("x",)),
                                   ("POST", "/api/v1/tickets", ()), ("POST", "/api/v1/lessons/{lesson}/media-token", ("x",))):
            self.assertEqual(self.send("接口", method, path, {}, *more).status, 403)  # nothing before a password of one's own
        for old, new_one in (("wrong", GOOD), (self.passwords["接口"], "password1"), (self.passwords["接口"], GOOD)):
            answer = self.send("接口", "POST", "/api/v1/me/password", {"old": old, "new": new_one})
        self.passwords["接口"], self.cookies["接口"] = GOOD, answer.header("set-cookie").split(";")[0]
        self.send("接口", "GET", "/api/v1/me")
        for language in ("en", "fr"):
            self.send("接口", "PUT", "/api/v1/me", {"language": language})
        while self.send("接口", "POST", "/api/v1/me/password", {"old": "wrong", "new": OTHER}).status != 429:
            pass
        for body in ({"disabled": False}, {"disabled": False, "version": 9}, {"disabled": False, "version": 1}):
            self.send("coordinator", "PUT", "/api/v1/people/{person}", body, person)
        for body in ({"role": "king"}, {"name": "a\u0007"}, {"login": "李伟"}):
            self.send("coordinator", "PUT", "/api/v1/people/{person}", {"version": 2, **body}, person)
        self.send("coordinator", "GET", "/api/v1/people/{person}/lessons", None, person)
        self.drive_links()
        self.send("coordinator", "POST", "/api/v1/people/{person}/password", {}, person)
        self.send("system_admin", "POST", "/api/v1/logout", {})
        self.cookies.pop("system_admin")
        for password in ("wrong password",) * 7:
            self.send(None, "POST", "/api/v1/login", {"name": "李伟", "password": password})
        for path in ("/api/v1/login", "/api/v1/first"):
            self.send(None, "POST", path, {})
        self.send(None, "GET", "/api/v1/first")
        self.send(None, "POST", "/api/v1/first", {"ticket": "0" * 32, "name": "x", "password": GOOD})
        self.send("audit_admin", "GET", "/api/v1/audit")
        self.check("GET", "/api/v1/audit", self.ask("audit_admin", "GET", "/audit?before=5&event=login"))
        self.check("GET", "/api/v1/audit", self.ask("audit_admin", "GET", "/audit?before=x"))
        self.send("audit_admin", "GET", "/api/v1/audit/verify")
        self.check("GET", "/api/v1/audit/verify", self.ask("audit_admin", "GET", "/audit/verify?after=x"))
        self.send("coordinator", "DELETE", "/api/v1/people/{person}/sessions", {}, person)
        mine = self.send("coordinator", "GET", "/api/v1/me/sessions").json()["sessions"]
        self.send(None, "POST", "/api/v1/login", {"name": "coordinator", "password": self.passwords["coordinator"]})
        other = next(row["id"] for row in self.send("coordinator", "GET", "/api/v1/me/sessions").json()["sessions"] if row["id"] not in [each["id"] for each in mine])
        for _ in range(2):
            self.send("coordinator", "DELETE", "/api/v1/me/sessions/{login}", {}, other)
        self.send("coordinator", "DELETE", "/api/v1/me/sessions", {})

    def drive_commands(self, device, session):
        base, answer = "/api/v1/devices/{device}/commands", "/api/v1/device/commands/{command}"
        body = {"outcome": "done", "version": "1", "health": {}, "picture": "/9j/" + "A" * 40}
        self.rows("UPDATE pairings SET consent = 1")
        asked = self.send("coordinator", "POST", base, {"command": "check", "picture": True}, device.id).json()["id"]
        self.send(None, "GET", "/api/v1/device/commands", None, **session)
        for given in ({**body, "outcome": "x"}, body, body):
            self.send(None, "POST", answer, given, asked, **session)
        self.send("coordinator", "GET", base + "/{command}", None, device.id, asked)
        self.send("coordinator", "GET", base + "/{command}/picture", None, device.id, asked)

    def drive_revoked(self, device):
        self.send("coordinator", "POST", "/api/v1/devices/{device}/commands", {"command": "check"}, device.id)

    def drive_links(self):
        media = "/api/v1/lessons/{lesson}/media-token"
        # theirs is on at any moment
        lesson = self.send("刘洋", "GET", "/api/v1/me").json()["lessons"][0]["id"]
        token = self.send("刘洋", "POST", media, {}, lesson).json()["token"]
        self.send("接口", "POST", media, {}, lesson)
        self.send("刘洋", "POST", media, {}, "none")
        for name, headers in (("刘洋", {}), (None, {"Authorization": f"Bearer {token}"})):
            ticket = self.send(name, "POST", "/api/v1/tickets", {}, **headers).json()["ticket"]
            for _ in range(2):
                self.send(None, "POST", "/api/v1/tickets/redeem", {"ticket": ticket})

    def drive_devices(self):
        room = self.id_of("rooms", "三年级教室")
        code = self.send("coordinator", "POST", "/api/v1/device-codes", {"room": room, "kind": "player"}).json()["code"]
        number = self.ask("coordinator", "POST", "/device-codes", {"room": room, "kind": "player"}).json()["id"]
        self.send("coordinator", "GET", "/api/v1/device-codes/{code}", None, number)
        self.send("coordinator", "DELETE", "/api/v1/device-codes/{code}", {}, number)
        device = self.device
        body = {"code": code, "public_key": Device(self).public_key, "name": "x", "version": "1"}
        self.send(None, "POST", "/api/v1/devices", {**body, "name": "a\u0007"})
        self.send(None, "POST", "/api/v1/devices", {**body, "public_key": device.public_key})
        self.send(None, "POST", "/api/v1/devices", body)
        while self.send(None, "POST", "/api/v1/devices", body).status != 429:
            pass
        challenge = self.send(None, "POST", "/api/v1/devices/{device}/challenge", {}, device.id).json()["challenge"]
        proof = {"challenge": challenge, "signature": device.sign(challenge), "version": "1"}
        for given in (proof, proof, {}):
            self.send(None, "POST", "/api/v1/devices/{device}/session", given, device.id)
        for tail in ("challenge", "session"):
            self.send(None, "POST", f"/api/v1/devices/{{device}}/{tail}", {}, "x")
        session = {"Authorization": f"Bearer {device.session}"}
        self.send(None, "GET", "/api/v1/device/day", None, **session)
        for given in ({"version": "1"}, {}):
            self.send(None, "POST", "/api/v1/device/health", given, **session)
        media = "/api/v1/device/lessons/{lesson}/media-token"
        lesson, = self.rows("SELECT min(l.id) FROM lessons l JOIN entry_rooms er ON er.entry = l.entry WHERE er.room = ?", room)[0]
        for name, status in ((lesson, 200), ("none", 403)):
            self.assertEqual(self.send(None, "POST", media, {}, name, **session).status, status)
        self.drive_commands(device, session)
        self.send("coordinator", "GET", "/api/v1/devices/{device}", None, device.id)
        self.send("coordinator", "DELETE", "/api/v1/devices/{device}", {}, device.id)
        self.drive_revoked(device)

    def test_every_documented_status_is_answered_as_documented(self):
        code = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}).json()["code"]
        self.device = Device(self)
        self.assertEqual(self.device.enrol(code).status, 201)
        self.assertEqual(self.device.prove().status, 200)
        self.check("GET", "/healthz", self.call("GET", "/healthz"))
        operations = [(method.upper(), path, operation) for path, item in self.document["paths"].items() for method, operation in item.items()
                      if not ELSEWHERE.search(path)]
        for method, path, operation in operations:
            with self.subTest(method=method, path=path):
                self.refusals(method, path, operation)
        for drive in (self.drive_schools, self.drive_timetable, self.drive_pairings, self.drive_catalogue, self.drive_textbooks, self.drive_lessons, self.drive_files, self.drive_calendars,
                      self.drive_people, self.drive_devices):
            with self.subTest(drive.__name__):
                drive()
        wanted = {(method.lower(), path, status) for method, path, operation in operations for status in operation["responses"]}
        # needs a server without anybody, or two at the same moment: test_people.py
        apart = {("post", "/api/v1/first", "200"), ("post", "/api/v1/first", "422"), ("post", "/api/v1/me/password", "409")}
        self.maxDiff = None
        self.assertEqual(sorted(wanted - self.seen - apart), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
