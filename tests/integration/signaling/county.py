"""A duet-signaling with the seeded county, and requests of its people and of devices with real keys."""
import base64
import json
import sqlite3

from harness import JSON, Signaling

ROLES = ("system_admin", "security_admin", "audit_admin", "coordinator", "master_teacher", "local_teacher", "inspector")


class County(Signaling):
    lessons = []
    settings = ["limits.address_burst=100000", "limits.address_per_second=100000"]
    seeded = True  # False: an empty database

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lines = cls.run_command("seed", "--demo").splitlines() if cls.seeded else []
        cls.passwords = {line.split("\t")[0]: line.split("\t")[2] for line in lines}
        cls.cookies = {}
        if cls.seeded:  # while there is one who may log in, system administrators keep no accounts
            cls.rows("UPDATE people SET disabled = 1 WHERE name = 'secadmin'")

    @classmethod
    def add_person(cls, name, role, organisation=None):
        words = [] if organisation is None else ["--organisation", str(organisation)]
        cls.passwords[name] = cls.run_command("person", "add", name, "--role", role, *words)

    @classmethod
    def cookie(cls, name):
        """Of somebody who logs in when they are first needed: that takes a while on purpose."""
        if name not in cls.cookies:
            cls.cookies[name] = cls.new_login(name)
        return cls.cookies[name]

    @classmethod
    def new_login(cls, name):
        """The cookie of one more login."""
        answer = cls.call(cls, "POST", "/api/v1/login", json.dumps({"name": name, "password": cls.passwords[name]}), kind=JSON)
        assert answer.status == 200, answer.body
        return answer.header("set-cookie").split(";")[0]

    @classmethod
    def ask(cls, name, method, path, body=None, headers=None):
        """name None: nobody is logged in."""
        data = None if method == "GET" else json.dumps({} if body is None else body)
        headers = {**({"Cookie": cls.cookie(name)} if name else {}), **(headers or {})}
        return cls.call(cls, method, "/api/v1" + path, data, kind=None if data is None else JSON, headers=headers)

    def list(self, kind, name="coordinator"):
        """All of it: long lists come in parts."""
        found, more = [], ""
        while more is not None:
            page = self.ask(name, "GET", f"/{kind}{more}").json()
            found += page[kind]
            more = f"?cursor={page['next']}" if page.get("next") else None
        return found

    def id_of(self, kind, name):
        return next(row["id"] for row in self.list(kind) if row["name"] == name)

    @classmethod
    def rows(cls, sql, *values):
        database = sqlite3.connect(cls.folder / "duet.sqlite")
        try:
            with database:
                return database.execute(sql, values).fetchall()
        finally:
            database.close()


class WeeklyLesson:
    """For tests of a seeded county: a weekly lesson, which is taken away again."""

    def entry(self, **changes):
        """On Friday at noon nobody of the seeded county teaches yet."""
        return {"term": self.list("terms")[0]["id"], "subject": "科学", "grade": 3, "weekday": 5, "period": 5,
                "teacher": self.id_of("people", "王芳"), "room": self.id_of("rooms", "录播教室一"),
                "receiving": [{"room": self.id_of("rooms", "复式教室")}], **changes}

    def place(self, **changes):
        answer = self.ask("coordinator", "POST", "/timetable", self.entry(**changes))
        self.assertEqual(answer.status, 201, answer.body)
        path = answer.header("location").removeprefix("/api/v1")
        self.addCleanup(self.take_away, path)
        return path

    def take_away(self, path):
        answer = self.ask("coordinator", "GET", path)
        if answer.status == 200:
            self.ask("coordinator", "DELETE", path, {"version": answer.json()["version"]})


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Device:
    """A box with a key of its own."""

    def __init__(self, county, name="教室电脑"):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        self.county, self.name, self.id, self.session = county, name, None, None
        self.key = Ed25519PrivateKey.generate()
        self.public_key = encode(self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))

    def post(self, path, body):
        return self.county.ask(None, "POST", path, body, headers={"Authorization": f"Bearer {self.session}"} if self.session else {})

    def get(self, path):
        return self.county.ask(None, "GET", path, headers={"Authorization": f"Bearer {self.session}"} if self.session else {})

    def enrol(self, number, **changes):
        answer = self.post("/devices", {"code": number, "public_key": self.public_key, "name": self.name, "version": "1.2.3", **changes})
        if answer.status == 201:
            self.id = answer.json()["device"]
        return answer

    def sign(self, challenge):
        return encode(self.key.sign(f"duet-device-session:{self.id}:{challenge}".encode()))

    def challenge(self):
        return self.post(f"/devices/{self.id}/challenge", {}).json()["challenge"]

    def prove(self, challenge=None, **changes):
        challenge = challenge or self.challenge()
        answer = self.post(f"/devices/{self.id}/session", {"challenge": challenge, "signature": self.sign(challenge), "version": "1.2.3",
                                                           "health": {"camera": "ok"}, **changes})
        if answer.status == 200:
            self.session = answer.json()["session"]
        return answer
