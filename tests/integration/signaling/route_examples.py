"""One example of each route that names a thing: what stands in its path and its body, given the things of a school."""
import pathlib
import re
from dataclasses import dataclass, field

from harness import FRAGMENT, JSON, OFFER, SDP, RESTART
from county import ROLES
from places import BELLS, TERM, next_slot, number

TABLE = pathlib.Path(__file__).resolve().parents[3] / "signaling/http/routes.c"
ROW = re.compile(r'\{HTTP_(\w+), +"([^"]+)", +HTTP_ACCESS_(\w+),')
ROUTES = ROW.findall(TABLE.read_text())  # method, pattern, access
ALLOWED = {
    "PERSON": set(ROLES),
    "OVERVIEW": {"system_admin", "coordinator", "inspector"},
    "SETUP": {"system_admin", "coordinator"},
    "SCHEDULE": {"coordinator"},
    "SYSTEM": {"system_admin"},
    "ACCOUNTS": {"system_admin", "security_admin", "coordinator"},
    "AUDIT": {"audit_admin"},
    "SELF": set(ROLES),
    "EITHER": set(ROLES),
}
OTHERS = {"OPEN", "TOKEN", "DEPARTED", "DEVICE", "METRICS", "SOCKET"}  # no login decides there
KEEPERS = {"security_admin", "coordinator"}  # the system administrator leaves accounts to the security administrator
TEACHERS = {"master_teacher", "local_teacher"}
WATCH = OFFER.replace("sendonly", "recvonly")
CSV = "text/csv"
SET = {**BELLS, "first_day": "2037-03-01", "last_day": "2037-04-01"}
DAY = TERM["first_day"]
ANY = {"If-Match": "*"}  # whichever version it is

#: Routes that name nothing of a school, and where each is looked at instead.
NAMELESS = {
    "GET /healthz", "GET /metrics", "POST /api/v1/login", "POST /api/v1/logout", "GET /api/v1/me", "PUT /api/v1/me", "GET /api/v1/first", "POST /api/v1/first",
    "POST /api/v1/me/password", "DELETE /api/v1/me/sessions", "GET /api/v1/me/weeks/<>", "POST /api/v1/tickets",  # the caller's own, or nobody's
    "GET /ws",  # the lesson is named by its first message: test_realtime.py
    "POST /api/v1/tickets/redeem", "GET /calendar/<>.ics", "POST /api/v1/devices",  # a secret opens it, wherever it is of
    "POST /api/v1/devices/<>/challenge", "POST /api/v1/devices/<>/session",  # the device's key does
    "GET /api/v1/device/day", "POST /api/v1/device/health", "GET /api/v1/device/commands",  # of the device that asks
    "GET /api/v1/audit", "GET /api/v1/audit/verify", "GET /api/v1/export", "GET /api/v1/system",  # of all schools, for who answers for all
    "GET /api/v1/subjects", "GET /api/v1/grades", "POST /api/v1/subjects", "PUT /api/v1/subjects/<>", "PUT /api/v1/grades/<>",  # the same: test_catalogue.py
    *(f"GET /api/v1/imports/{kind}/template/<>" for kind in ("schools", "people", "rooms", "bells", "timetable")),
}
LISTS = {f"GET /api/v1/{name}" for name in ("organisations", "rooms", "people", "terms", "textbooks", "pairings", "devices", "calendars", "accounts", "me/sessions")}


@dataclass
class Example:
    fill: object  # things → (what stands in the path, body)
    roles: set = field(default_factory=lambda: set(ROLES))  # whose own it can be, of those that the route lets in
    kind: str = JSON
    headers: dict = field(default_factory=dict)
    everywhere: set = field(default_factory=lambda: {"system_admin"})  # roles to which nothing is foreign
    whole_county: bool = False  # no person of one school may, only of the county
    refused: set = field(default_factory=lambda: {403, 404})


def entry(t, **more):
    t.pair()
    return {"term": t.term, "subject": "科学", "grade": 3, "room": t.room, "teacher": t.teacher, **next_slot(),
            "receiving": [{"room": t.receiving, "teacher": t.local}], **more}


def row(t):
    t.pair()
    slot = next_slot()
    return (f"{t.term_name},{t.school_name},{t.room_name},{t.teacher_name},科学,三,周{'一二三四五六日'[slot['weekday'] - 1]},{slot['period']},"
            f"{slot['first_week']}-{slot['last_week']},{t.school_name}/{t.receiving_name}")


def csv(name, header, line, also=(), **more):
    """A file is refused as a whole, with what is wrong in it; its check says the same with 200."""
    fill = lambda t: ([], f"{header}\r\n{line(t)}\r\n")  # noqa: E731
    return {f"POST /api/v1/imports/{name}": Example(fill, kind=CSV, refused={422, *also}, **more),
            f"POST /api/v1/imports/{name}/check": Example(fill, kind=CSV, refused={200, *also}, **more)}


EXAMPLES = {
    "GET /api/v1/organisations/<>/bells": Example(lambda t: ([t.school], None)),
    "POST /api/v1/organisations/<>/bells": Example(lambda t: ([t.school], {**SET, "name": f"铃{next(number)}"})),
    "POST /api/v1/organisations/<>/bells/check": Example(lambda t: ([t.school], {**SET, "set": t.bells})),
    "GET /api/v1/organisations/<>/bells/<>": Example(lambda t: ([t.school, t.bells], None)),
    "PUT /api/v1/organisations/<>/bells/<>": Example(lambda t: ([t.school, t.bells], {**SET, "version": 1})),
    "DELETE /api/v1/organisations/<>/bells/<>": Example(lambda t: ([t.school, t.bells], {"version": 1})),
    "PUT /api/v1/organisations/<>/days/<>": Example(lambda t: ([t.school, "2035-05-01"], {"holiday": True})),
    "DELETE /api/v1/organisations/<>/days/<>": Example(lambda t: ([t.school, t.holiday], {})),
    "GET /api/v1/organisations/<>/weeks/<>": Example(lambda t: ([t.school, DAY], None)),
    "GET /api/v1/organisations/<>/reports/<>/<>/<>": Example(lambda t: ([t.school, "room", DAY, DAY], None)),
    "GET /api/v1/organisations/<>/exceptions": Example(lambda t: ([t.school], None)),
    **{f"GET /api/v1/organisations/<>/weeks/<>/{name}": Example(lambda t: ([t.school, DAY], None)) for name in ("csv", "csv-en", "school")},
    **{f"GET /api/v1/organisations/<>/terms/<>/{name}": Example(lambda t: ([t.school, t.term], None)) for name in ("csv", "csv-en")},
    **{f"GET /api/v1/organisations/<>/{kind}/{name}": Example(lambda t: ([t.school], None))
       for kind in ("schools", "people", "rooms", "bells") for name in ("csv", "csv-en")},
    "POST /api/v1/organisations": Example(lambda t: ([], {"parent": t.county, "kind": "school", "name": f"校{next(number)}"}), whole_county=True),
    "PUT /api/v1/organisations/<>": Example(lambda t: ([t.school], {"zone": "Asia/Shanghai"}), headers=ANY),
    "DELETE /api/v1/organisations/<>": Example(lambda t: ([t.bare_school], {"version": 1}), whole_county=True),
    "POST /api/v1/rooms": Example(lambda t: ([], {"school": t.school, "name": f"室{next(number)}"})),
    "PUT /api/v1/rooms/<>": Example(lambda t: ([t.bare_room], {"name": f"室{next(number)}", "use": "master"}), headers=ANY),
    "DELETE /api/v1/rooms/<>": Example(lambda t: ([t.bare_room], {"version": 1})),
    "GET /api/v1/rooms/<>/usual": Example(lambda t: ([t.room], None)),
    "POST /api/v1/terms": Example(lambda t: ([], {**TERM, "organisation": t.school, "name": f"学期{next(number)}"})),
    "PUT /api/v1/terms/<>": Example(lambda t: ([t.old_term], {**TERM, "name": f"学期{next(number)}"}), headers=ANY),
    "DELETE /api/v1/terms/<>": Example(lambda t: ([t.old_term], {"version": 1})),
    "POST /api/v1/terms/<>/copy": Example(lambda t: ([t.term], {"from": t.old_term, "organisation": t.school})),

    "POST /api/v1/timetable": Example(lambda t: ([], entry(t))),
    "POST /api/v1/timetable/check": Example(lambda t: ([], entry(t, id=t.entry))),
    "GET /api/v1/timetable/<>": Example(lambda t: ([t.entry], None)),
    "PUT /api/v1/timetable/<>": Example(lambda t: ([t.entry], entry(t, version=1))),
    "DELETE /api/v1/timetable/<>": Example(lambda t: ([t.entry], {"version": 1})),
    "POST /api/v1/textbooks": Example(lambda t: ([], {"school": t.school, "subject": "书法", "edition": "人教版"})),
    "DELETE /api/v1/textbooks/<>": Example(lambda t: ([t.textbook], {})),
    "POST /api/v1/pairings": Example(lambda t: ([], {"term": t.term, "master_room": t.room, "receiving_room": t.receiving, "subject": "书法"})),
    "GET /api/v1/pairings/<>/lessons": Example(lambda t: ([t.pairing], None)),
    "PUT /api/v1/pairings/<>": Example(lambda t: ([t.pairing], {"version": 1, "frozen": True})),
    "DELETE /api/v1/pairings/<>": Example(lambda t: ([t.pairing], {"version": 1})),

    "GET /api/v1/lessons/<>/substitution": Example(lambda t: ([t.lesson], None)),
    "POST /api/v1/lessons/<>/substitution": Example(lambda t: ([t.lesson], {"place": t.room, "teacher": t.substitute, "room": t.spare, "reason": "病"})),
    "DELETE /api/v1/lessons/<>/substitution": Example(lambda t: ([t.substituted[0]], {"place": t.substituted[1]})),
    "POST /api/v1/clashes/ignored": Example(lambda t: ([], {**t.clash, "reason": "近"})),
    "DELETE /api/v1/clashes/ignored": Example(lambda t: ([], t.ignored_clash)),
    "POST /api/v1/lessons/<>/cancel": Example(lambda t: ([t.lesson], {"reason": "雪"})),
    "DELETE /api/v1/lessons/<>/cancel": Example(lambda t: ([t.cancelled], {})),
    # of who takes part; others come by the WebSocket
    "POST /api/v1/lessons/<>/media-token": Example(lambda t: ([t.lesson], {}), roles=TEACHERS, everywhere=set()),
    "GET /api/v1/lessons/<>/stage": Example(lambda t: ([t.lesson], None), roles=TEACHERS, everywhere=set()),
    "PUT /api/v1/lessons/<>/stage": Example(lambda t: ([t.lesson], {"source": ""}), roles={"master_teacher"}, everywhere=set()),
    "POST /api/v1/device/lessons/<>/media-token": Example(lambda t: ([t.lesson], {})),

    "DELETE /api/v1/me/sessions/<>": Example(lambda t: ([t.login], {}), everywhere=set()),
    "POST /api/v1/people": Example(lambda t: ([], {"name": f"人{next(number)}", "role": "local_teacher", "organisation": t.school}), roles=KEEPERS, everywhere={"security_admin"}),
    "PUT /api/v1/people/<>": Example(lambda t: ([t.person], {"name": f"人{next(number)}", "organisation": t.school}), headers=ANY, roles=KEEPERS, everywhere={"security_admin"}),
    "GET /api/v1/people/<>/lessons": Example(lambda t: ([t.person], None), everywhere={"system_admin", "security_admin"}),
    "POST /api/v1/people/<>/password": Example(lambda t: ([t.person], {}), roles=KEEPERS, everywhere={"security_admin"}),
    "DELETE /api/v1/people/<>/sessions": Example(lambda t: ([t.person], {}), roles=KEEPERS, everywhere={"security_admin"}),

    "GET /api/v1/devices/<>": Example(lambda t: ([t.device], None)),
    "DELETE /api/v1/devices/<>": Example(lambda t: ([t.device], {})),
    "POST /api/v1/devices/<>/commands": Example(lambda t: ([t.device], {"command": "check"})),
    "GET /api/v1/devices/<>/commands/<>": Example(lambda t: ([t.device, t.command], None)),
    "GET /api/v1/devices/<>/commands/<>/picture": Example(lambda t: ([t.device, t.pictured], None)),
    "POST /api/v1/device/commands/<>": Example(lambda t: ([t.command], {"outcome": "done", "version": "1", "health": {}})),
    "POST /api/v1/device-codes": Example(lambda t: ([], {"room": t.receiving, "kind": "player"})),
    "GET /api/v1/device-codes/<>": Example(lambda t: ([t.code], None)),
    "DELETE /api/v1/device-codes/<>": Example(lambda t: ([t.code], {})),

    "POST /api/v1/calendars": Example(lambda t: ([], t.watched), roles=set(ROLES) - {"security_admin", "audit_admin"}),
    "POST /api/v1/calendars/<>/rotate": Example(lambda t: ([t.calendar], {}), roles=set(ROLES) - {"security_admin", "audit_admin"}),
    "DELETE /api/v1/calendars/<>": Example(lambda t: ([t.calendar], {}), roles=set(ROLES) - {"security_admin", "audit_admin"}),

    **csv("schools", "县,学校", lambda t: f"{t.county_name},校{next(number)}", whole_county=True),
    **csv("people", "姓名,角色,学校", lambda t: f"人{next(number)},主讲教师,{t.school_name}", also={403}, roles=KEEPERS, everywhere=set()),
    **csv("rooms", "学校,教室,用途", lambda t: f"{t.school_name},室{next(number)},主讲"),
    **csv("bells", "学校,作息,开始日期,结束日期,节次,上课时间,下课时间", lambda t: f"{t.school_name},铃{next(number)},2037-05-01,2037-06-01,1,08:00,08:40"),
    **csv("timetable", "学期,学校,教室,教师,学科,年级,星期,节次,周次,接收教室", row),

    "POST /whip/<>/<>": Example(lambda t: ([t.lesson, "teacher-camera"], OFFER), kind=SDP),
    "GET /whip/<>/<>": Example(lambda t: ([t.lesson, "teacher-camera"], None)),
    "POST /whep/<>": Example(lambda t: ([t.lesson], WATCH), kind=SDP),
    "GET /whep/<>": Example(lambda t: ([t.lesson], None)),
    "POST /whep/<>/<>": Example(lambda t: ([t.lesson, "teacher-camera"], WATCH), kind=SDP),
    "GET /whep/<>/<>": Example(lambda t: ([t.lesson, "teacher-camera"], None)),
    "POST /whep/<>/wall": Example(lambda t: ([t.lesson], WATCH), kind=SDP),
    "GET /whep/<>/wall": Example(lambda t: ([t.lesson], None)),
    **{f"{method} /{kind}/sessions/<>": example for kind, thing in (("whip", "stream"), ("whep", "viewer")) for method, example in {
        "GET": Example(lambda t, thing=thing: ([getattr(t, thing)], None)),
        "PATCH": Example(lambda t, thing=thing: ([getattr(t, thing)], RESTART), kind=FRAGMENT, headers={"If-Match": "*"}),
        "DELETE": Example(lambda t, thing=thing: ([getattr(t, thing)], None))}.items()},
    "GET /whep/sessions/<>/slots": Example(lambda t: ([t.viewer], None)),
    "PUT /whep/sessions/<>/slots": Example(lambda t: ([t.viewer], {"slots": [{"slot": 0, "source": "teacher-camera"}]})),
}
