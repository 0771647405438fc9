"""Idempotency-Key: a request that is sent again is answered again, and makes nothing twice."""
import json
import signal
import time
import unittest

from county import County
from harness import JSON, Connection

KEY = "Idempotency-Key"
CSV = "text/csv"
KEPT_OF_PERSON = 500


class Idempotency(County):
    def setUp(self):
        self.school = self.id_of("organisations", "白杨教学点")

    def post(self, path, body, key, name="coordinator"):
        return self.ask(name, "POST", path, body, headers={KEY: key})

    def add_room(self, name, key, person="coordinator"):
        return self.post("/rooms", {"school": self.school, "name": name, "use": "both"}, key, person)

    def rooms_named(self, name):
        return sum(row["name"] == name for row in self.list("rooms"))

    def assert_replay(self, first, again):
        self.assertEqual((again.status, again.body), (first.status, first.body))
        for header in ("location", "content-type", "cache-control"):
            self.assertEqual(again.all(header), first.all(header))
        self.assertEqual((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, "true"))

    def test_the_same_request_is_answered_again_and_made_once(self):
        first = self.add_room("重发教室", '"1d0a1e0c-4f0d"')
        self.assertEqual(first.status, 201)
        entries = self.rows("SELECT count(*) FROM audit_log")
        self.assert_replay(first, self.add_room("重发教室", '"1d0a1e0c-4f0d"'))
        self.assert_replay(first, self.add_room("重发教室", "1d0a1e0c-4f0d"))  # the quotes are not part of it
        self.assertEqual(self.rooms_named("重发教室"), 1)
        self.assertEqual(self.rows("SELECT count(*) FROM audit_log"), entries)

    def test_a_key_belongs_to_one_request(self):
        self.assertEqual(self.add_room("甲", "one-request").status, 201)
        self.assert_problem(self.add_room("乙", "one-request"), 422, "another request")
        self.assert_problem(self.post("/organisations", {"school": self.school, "name": "甲", "use": "both"}, "one-request"), 422, "another request")
        self.assertEqual(self.rooms_named("乙"), 0)

    def test_a_key_belongs_to_one_person(self):
        self.add_person("另一位", "coordinator", self.id_of("organisations", "青山县"))
        self.assertEqual(self.add_room("丙", "two-people").status, 201)
        self.assertEqual(self.add_room("丁", "two-people", "另一位").status, 201)
        self.assertEqual((self.rooms_named("丙"), self.rooms_named("丁")), (1, 1))

    def test_what_was_refused_may_be_tried_again(self):
        self.add_room("挡", "first")
        self.assert_problem(self.add_room("挡", "tried-again"), 409)
        self.rows("DELETE FROM rooms WHERE name = '挡'")
        self.assertEqual(self.add_room("挡", "tried-again").status, 201)

    def test_without_a_key_or_with_one_that_is_none(self):
        self.assert_problem(self.add_room("戊", "x" * 129), 400, KEY)
        self.assert_problem(self.add_room("戊", "with space"), 400, KEY)
        self.assert_problem(self.add_room("戊", '""'), 400, KEY)
        self.assertEqual(self.rooms_named("戊"), 0)
        body = {"school": self.school, "name": "戊", "use": "both"}
        self.assertEqual([self.ask("coordinator", "POST", "/rooms", body).status for _ in range(2)], [201, 409])

    def test_whom_it_is_not_for_is_refused_as_without_it(self):
        self.add_room("己", "role")
        self.assert_problem(self.add_room("己", "role", "王芳"), 403)
        self.assert_problem(self.add_room("己", "role", None), 401)

    def test_a_password_for_one_login_is_answered_again_and_stands_nowhere(self):
        body = {"name": "重发老师", "role": "local_teacher", "organisation": self.school}
        first = self.post("/people", body, "new-teacher-8f2c6a")
        self.assertEqual(first.status, 201, first.body)
        self.assert_replay(first, self.post("/people", body, "new-teacher-8f2c6a"))
        password = first.json()["one_time_password"].encode()
        files = b"".join(path.read_bytes() for path in self.folder.glob("duet.sqlite*") if path.is_file())
        self.assertIn("重发老师".encode(), files)
        self.assertNotIn(password, files)
        self.assertNotIn(b"new-teacher-8f2c6a", files)

    def test_nothing_is_made_when_its_answer_cannot_be_kept(self):
        self.rows("CREATE TRIGGER refuse BEFORE INSERT ON idempotent_answers BEGIN SELECT RAISE(ABORT, 'no'); END")
        try:
            entries = self.rows("SELECT count(*) FROM audit_log")
            answer = self.add_room("半间", "half")
        finally:
            self.rows("DROP TRIGGER refuse")
        self.assert_problem(answer, 503)
        self.assertEqual(answer.all("location"), [])
        self.assertEqual(self.rooms_named("半间"), 0)
        self.assertEqual(self.rows("SELECT count(*) FROM audit_log"), entries)
        self.assertEqual(self.add_room("半间", "half").status, 201)

    def lose(self, name, key, until):
        """Sends it, kills the server at some moment, and sends it again."""
        body = json.dumps({"school": self.school, "name": name, "use": "both"})
        headers = {"Cookie": self.cookie("coordinator"), KEY: key}
        connection = Connection(self.port)
        connection.request("POST", "/api/v1/rooms", body, {**headers, "Content-Type": JSON})
        until()
        self.stop(signal.SIGKILL)
        connection.close()
        type(self).start(self.port)
        return self.call("POST", "/api/v1/rooms", body, kind=JSON, headers=headers)

    def test_a_lost_answer_is_given_after_a_crash(self):
        for i in range(8):
            answer = self.lose(f"崩溃{i}", f"crash-{i}", lambda pause=0.001 * i: time.sleep(pause))
            self.assertEqual((answer.status, self.rooms_named(f"崩溃{i}")), (201, 1), answer.body)

    def test_what_is_there_before_a_crash_has_its_answer(self):
        def until():
            deadline = time.monotonic() + 5
            while not self.rows("SELECT 1 FROM rooms WHERE name = '已建'") and time.monotonic() < deadline:
                pass

        answer = self.lose("已建", "made-before", until)
        self.assertEqual((answer.status, answer.header("idempotent-replayed")), (201, "true"), answer.body)
        self.assertEqual(self.rooms_named("已建"), 1)

    def test_answers_are_forgotten_after_a_day_and_beyond_a_number(self):
        self.assertEqual(self.add_room("庚", "yesterday").status, 201)
        self.rows("UPDATE idempotent_answers SET made = made - 86401")
        self.assert_problem(self.add_room("庚", "yesterday"), 409)
        self.assertEqual(self.add_room("辛", "today").status, 201)
        self.assertEqual(self.rows("SELECT count(*) FROM idempotent_answers"), [(1,)])
        self.rows("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800)"
                  " INSERT INTO idempotent_answers SELECT a.person, 'k' || i, '', a.made - i, 201, x'00' FROM n, idempotent_answers a")
        self.assertEqual(self.add_room("壬", "one-more").status, 201)
        self.assertEqual(self.rows("SELECT count(*), count(*) FILTER (WHERE key_hash = 'k799') FROM idempotent_answers"), [(KEPT_OF_PERSON, 0)])
        self.assertEqual(self.add_room("壬", "one-more").header("idempotent-replayed"), "true")

    def test_an_answer_that_comes_later_is_waited_for_and_kept(self):
        rows = "\r\n".join(["学校,教室,用途", *(f"白杨教学点,导入{i},both" for i in range(400))])
        data = rows.encode()
        headers = {"Cookie": self.cookie("coordinator"), "Content-Type": CSV, KEY: "import-once", "Content-Length": len(data)}
        connections = [self.connect() for _ in range(2)]
        for connection in connections:
            connection.request("POST", "/api/v1/imports/rooms", data[:-1], headers)
        time.sleep(0.2)
        for connection in connections:
            connection.send(data[-1:])
        answers = sorted((connection.answer() for connection in connections), key=lambda answer: answer.status)
        self.assertEqual([answer.status for answer in answers], [200, 409], [answer.body for answer in answers])
        self.assert_problem(answers[1], 409, "under way")
        self.assertEqual(answers[1].header("retry-after"), "1")
        again = self.call("POST", "/api/v1/imports/rooms", data, kind=CSV, headers={"Cookie": self.cookie("coordinator"), KEY: "import-once"})
        self.assert_replay(answers[0], again)


if __name__ == "__main__":
    unittest.main(verbosity=2)
