"""The seeded county, and the files that its people bring and take."""
import csv
import io
import json
import time

from county import County
from harness import JSON

CSV = "text/csv"


class Exchange(County):
    @classmethod
    def log_in(cls, name, password):
        return cls.call(cls, "POST", "/api/v1/login", json.dumps({"name": name, "password": password}), kind=JSON)

    def send(self, name, path, data, kind=CSV):
        return self.call("POST", f"/api/v1{path}", data, kind=kind, headers={"Cookie": self.cookie(name)} if name else {})

    def upload(self, kind, text, check=False, name="coordinator"):
        data = text if isinstance(text, bytes) else text.encode()
        return self.send(name, f"/imports/{kind}{'/check' if check else ''}", data)

    def table(self, path, name="coordinator"):
        answer = self.ask(name, "GET", path)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.header("content-type"), "text/csv; charset=utf-8")
        self.assertTrue(answer.body.startswith(b"\xef\xbb\xbf"))
        return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))

    def faults(self, kind, text, **options):
        """What the check says, as (row, column, code); the import must say the same and write nothing."""
        self.cookie(options.get("name", "coordinator"))  # a login stands in the audit log
        before = self.counts()
        checked = self.upload(kind, text, check=True, **options)
        self.assertEqual(checked.status, 200, checked.body)
        told = checked.json()
        if told["faults"]:
            answer = self.upload(kind, text, **options)
            self.assert_problem(answer, 422, "nothing")
            self.assertEqual(answer.json()["faults"], told["faults"])
        self.assertEqual(self.counts(), before)
        self.assertEqual(told["fault_count"], len(told["faults"]))
        for fault in told["faults"]:
            self.assertTrue(fault["text"].endswith("."), fault)
        return [(fault["row"], fault["column"], fault["code"]) for fault in told["faults"]]

    def counts(self):
        """Rows of each table, but those that logins make, and the bell, which goes on meanwhile."""
        names = [name for name, in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
                 if name not in ("browser_sessions", "lesson_moments", "attendance", "audit_log")]
        counts = {name: self.rows(f"SELECT count(*) FROM {name}")[0][0] for name in names}
        return {**counts, "audit_log": self.rows("SELECT count(*) FROM audit_log WHERE person != ''")[0][0]}

    def slowest_answer_while(self, thread):
        """The longest that GET /healthz took, in seconds, until the thread ended."""
        slowest = 0
        while thread.is_alive():
            start = time.monotonic()
            self.assertEqual(self.call("GET", "/healthz").status, 200)
            slowest = max(slowest, time.monotonic() - start)
        return slowest
