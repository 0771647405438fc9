"""Schools in counties with the same things in each, made through /api/v1 when a test first asks for them."""
import datetime
import base64
import functools
import itertools

from county import Device
from harness import OFFER, SDP

TODAY = datetime.date.today()
BELLS = {"name": "铃", "first_day": str(TODAY - datetime.timedelta(30)), "last_day": str(TODAY + datetime.timedelta(90)),
         "periods": [[30 * i, 30 * i + 25] for i in range(24)]}
MONDAY = TODAY + datetime.timedelta(14 - TODAY.weekday())  # none of its lessons has begun, whichever day the school has
TERM = {"first_day": str(MONDAY), "last_day": str(MONDAY + datetime.timedelta(34))}
SCOPED = ("coordinator", "inspector", "master_teacher", "local_teacher")
number = itertools.count(1)
slots = itertools.cycle(itertools.product(range(1, 6), range(1, 8), range(1, 25)))


def next_slot():
    """A week, a weekday and a period that no lesson has been at yet: teachers are needed in each once."""
    week, weekday, period = next(slots)
    return {"first_week": week, "last_week": week, "weekday": weekday, "period": period}


class Place:
    """A school, and people of each role there: the name of each is its role and the school's. All names begin with tag, so
    that it is seen where one turns up."""

    def __init__(self, county, tag, parent):
        self.county, self.tag, self.parent = county, tag, parent
        self.school = self.ask("system_admin", "POST", "/organisations", {"parent": parent, "kind": "school", "name": f"{tag}校"})["id"]
        for role in SCOPED:
            county.add_person(f"{tag}{role}", role, self.school)
        self.people = dict(county.rows("SELECT name, id FROM people WHERE organisation = ?", self.school))
        self.post(f"/organisations/{self.school}/bells", BELLS)
        self.term = self.post("/terms", {**TERM, "organisation": self.school, "name": f"{tag}学期"})["id"]
        self.add_subject(f"{tag}科")

    def ask(self, name, method, path, body=None):
        answer = self.county.ask(name, method, path, body)
        assert answer.status < 300, (method, path, body, answer.body)
        return answer.json()

    def post(self, path, body):
        return self.ask(f"{self.tag}coordinator", "POST", path, body)

    def add_subject(self, name):
        """To the list of all schools."""
        self.ask("system_admin", "POST", "/subjects", {"name": name})

    def name_of(self, role):
        """Who logs in: administrators are of no school."""
        return f"{self.tag}{role}" if role in SCOPED else role


class Things:
    """Of one place, for somebody of one role there: each is made when it is first asked for, and kept."""

    def __init__(self, place, role="coordinator", name=None):
        """name: of who logs in, where that is not the place's person of that role."""
        self.place, self.role, self.name = place, role, name or place.name_of(role)
        self.county, self.school, self.term, self.tag = place.parent, place.school, place.term, place.tag
        self.teacher, self.local = (place.people[place.name_of(role)] for role in ("master_teacher", "local_teacher"))

        self.school_name, self.teacher_name, self.term_name = f"{self.tag}校", f"{self.tag}master_teacher", f"{self.tag}学期"
        self.county_name = place.county.rows("SELECT name FROM organisations WHERE id = ?", self.county)[0][0]

    def name_of_room(self, room):
        return self.place.county.rows("SELECT name FROM rooms WHERE id = ?", room)[0][0]

    @property
    def room_name(self):
        return self.name_of_room(self.room)

    @property
    def receiving_name(self):
        return self.name_of_room(self.receiving)

    def room_for(self, use):
        return self.place.post("/rooms", {"school": self.school, "name": f"{self.tag}室{next(number)}", "use": use})["id"]

    @functools.cached_property
    def room(self):
        return self.room_for("master")

    @functools.cached_property
    def receiving(self):
        return self.room_for("receiving")

    @functools.cached_property
    def spare(self):
        return self.room_for("master")

    @functools.cached_property
    def bare_room(self):
        """That nothing hangs on."""
        return self.room_for("both")

    @functools.cached_property
    def bare_school(self):
        return self.place.ask("system_admin", "POST", "/organisations", {"parent": self.county, "kind": "school", "name": f"{self.tag}空校{next(number)}"})["id"]

    @functools.cached_property
    def pairing(self):
        return self.place.post("/pairings", {"term": self.term, "master_room": self.room, "receiving_room": self.receiving})["id"]

    def pair(self):
        """So that lessons can be in the two rooms."""
        assert self.pairing

    @functools.cached_property
    def entry(self):
        self.pair()
        return self.place.post("/timetable", {
            "term": self.term, "subject": f"{self.tag}科", "grade": 3, "room": self.room, "teacher": self.teacher, **next_slot(),
            "receiving": [{"room": self.receiving, "teacher": self.local}]})["id"]

    @functools.cached_property
    def lesson(self):
        return self.place.county.rows("SELECT min(id) FROM lessons WHERE entry = ?", self.entry)[0][0]

    @functools.cached_property
    def cancelled(self):
        lesson = Things(self.place).lesson  # one of its own: nothing else can be done with it
        self.place.post(f"/lessons/{lesson}/cancel", {"reason": "雪"})
        return lesson

    @functools.cached_property
    def old_term(self):
        return self.place.post("/terms", {**TERM, "organisation": self.school, "name": f"{self.tag}旧{next(number)}"})["id"]

    @functools.cached_property
    def clash(self):
        """Two lessons of the teacher at once, as only bells that move bring it about."""
        lessons = [Things(self.place).lesson for _ in range(2)]
        self.place.county.rows("UPDATE lessons SET (day, period) = (SELECT day, period FROM lessons WHERE id = ?) WHERE id = ?", *lessons)
        return {"kind": "teacher", "id": self.teacher, "lessons": lessons}

    @functools.cached_property
    def ignored_clash(self):
        clash = Things(self.place).clash
        self.place.post("/clashes/ignored", {**clash, "reason": "近"})
        return clash

    @functools.cached_property
    def substitute(self):
        return self.place.post("/people", {"name": f"{self.tag}代{next(number)}", "role": "master_teacher", "organisation": self.school})["id"]

    @functools.cached_property
    def substituted(self):
        """A lesson of its own with somebody standing in, and the place of theirs."""
        other = Things(self.place)
        self.place.post(f"/lessons/{other.lesson}/substitution", {"place": other.room, "teacher": self.substitute, "reason": "病"})
        return other.lesson, other.room

    @functools.cached_property
    def person(self):
        return self.place.post("/people", {"name": f"{self.tag}人{next(number)}", "role": "local_teacher", "organisation": self.school})["id"]

    @functools.cached_property
    def bells(self):
        days = {"first_day": "2037-01-01", "last_day": "2037-02-01"}
        return self.place.post(f"/organisations/{self.school}/bells", {**BELLS, **days, "name": f"{self.tag}{next(number)}"})["id"]

    @functools.cached_property
    def holiday(self):
        day = str(datetime.date(2036, 1, 1) + datetime.timedelta(next(number)))
        self.place.ask(f"{self.tag}coordinator", "PUT", f"/organisations/{self.school}/days/{day}", {"holiday": True})
        return day

    @functools.cached_property
    def textbook(self):
        subject = f"{self.tag}{next(number)}"
        self.place.add_subject(subject)
        return self.place.post("/textbooks", {"school": self.school, "subject": subject, "edition": "人教版"})["id"]

    @functools.cached_property
    def code(self):
        return self.place.post("/device-codes", {"room": self.receiving, "kind": "player"})["id"]

    @functools.cached_property
    def box(self):
        """An enrolled device that has proved its key."""
        device = Device(self.place.county, f"{self.tag}盒")
        code = self.place.post("/device-codes", {"room": self.receiving, "kind": "player"})["code"]
        assert (device.enrol(code).status, device.prove().status) == (201, 200)
        return device

    @property
    def device(self):
        return self.box.id

    @functools.cached_property
    def command(self):
        """That the box has heard."""
        number = self.place.post(f"/devices/{self.device}/commands", {"command": "check", "picture": True})["id"]
        heard = self.box.get("/device/commands").json()["commands"]
        assert number in [each["id"] for each in heard], heard
        return number

    @functools.cached_property
    def pictured(self):
        """It has answered as well."""
        jpeg = base64.b64encode(b"\xff\xd8\xff\xe0" + b"picture" * 20).decode()
        told = self.box.post(f"/device/commands/{self.command}", {"outcome": "done", "version": "1", "health": {}, "picture": jpeg})
        assert told.status == 200, told.body
        return self.command

    @property
    def watched(self):
        """What somebody of this role may have a calendar of."""
        teacher = self.role in ("master_teacher", "local_teacher")
        return {"kind": "teacher", "subject": self.place.people[self.name]} if teacher else {"kind": "organisation", "subject": self.school}

    @functools.cached_property
    def calendar(self):
        return self.place.ask(self.name, "POST", "/calendars", self.watched)["id"]

    @functools.cached_property
    def login(self):
        """Another one of the same person."""
        name, county = self.name, self.place.county
        known = {row["id"] for row in self.place.ask(name, "GET", "/me/sessions")["sessions"]}
        county.new_login(name)
        return next(row["id"] for row in self.place.ask(name, "GET", "/me/sessions")["sessions"] if row["id"] not in known)

    # ---- media -------------------------------------------------------------------------------------------

    @functools.cached_property
    def token(self):
        """The master teacher's, for the lesson."""
        return self.place.ask(self.place.name_of("master_teacher"), "POST", f"/lessons/{self.lesson}/media-token")["token"]

    def session(self, path, offer):
        answer = self.place.county.call(self.place.county, "POST", path, offer, self.token, SDP)
        assert answer.status == 201, answer.body
        return answer.header("location").rsplit("/", 1)[1]

    @functools.cached_property
    def stream(self):
        return self.session(f"/whip/{self.lesson}/teacher-camera", OFFER)

    @functools.cached_property
    def viewer(self):
        """Of a wall, which may choose what it shows."""
        return self.session(f"/whep/{self.lesson}/wall", OFFER.replace("sendonly", "recvonly"))


class Mixed:
    """Own things but for the one of that name, which is the foreign place's. Notes which it was asked for."""

    def __init__(self, own, foreign=None, name=None):
        self.own, self.foreign, self.name, self.used = own, foreign, name, set()

    def __getattr__(self, name):
        self.used.add(name)
        return getattr(self.foreign if name == self.name else self.own, name)

    def pair(self):
        self.own.pair()
