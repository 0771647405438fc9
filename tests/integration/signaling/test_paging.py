"""Long lists come in parts: each row once, in order, whatever is added meanwhile, and with cursors of the server's own only."""
import base64
import unittest

from county import County

KINDS = ("organisations", "rooms", "people", "terms")


class Paging(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("system", "system_admin")

    def page(self, kind, limit=None, cursor=None, name="coordinator", more=""):
        query = [*([f"limit={limit}"] if limit is not None else []), *([f"cursor={cursor}"] if cursor is not None else [])]
        return self.ask(name, "GET", f"/{kind}" + ("?" + "&".join(query) if query else "") + more)

    def walk(self, kind, limit, name="coordinator"):
        rows, cursor = [], None
        while True:
            answer = self.page(kind, limit, cursor, name)
            self.assertEqual(answer.status, 200, answer.body)
            body = answer.json()
            self.assertLessEqual(len(body[kind]), limit)
            rows += body[kind]
            cursor = body["next"]
            if cursor is None:
                return rows
            self.assertEqual(len(body[kind]), limit)

    def add_rooms(self, count, prefix):
        school = self.id_of("organisations", "白杨教学点")
        for i in range(count):
            self.assertEqual(self.ask("coordinator", "POST", "/rooms", {"school": school, "name": f"{prefix}{i:03}", "use": "both"}).status, 201)

    def test_the_parts_make_up_the_whole(self):
        for start in ("2027-03-01", "2028-03-01"):
            for name in ("甲", "乙"):
                self.rows("INSERT INTO terms (organisation, name, first_day, last_day) SELECT organisation, ?, first_day, last_day FROM terms LIMIT 1", start + name)
        for name in ("coordinator", "system"):
            for kind in KINDS:
                whole = self.page(kind, 500, name=name).json()
                self.assertIsNone(whole["next"])
                self.assertGreater(len(whole[kind]), 2, kind)
                for limit in (1, 2, len(whole[kind]) - 1, len(whole[kind])):
                    with self.subTest(kind, limit=limit, name=name):
                        self.assertEqual(self.walk(kind, limit, name), whole[kind])

    def test_without_a_limit_there_are_a_hundred(self):
        self.add_rooms(101, "多")
        body = self.page("rooms").json()
        self.assertEqual(len(body["rooms"]), 100)
        self.assertGreater(len(self.page("rooms", 500).json()["rooms"]), 100)
        rest = self.page("rooms", None, body["next"]).json()
        self.assertIsNone(rest["next"])
        self.assertFalse({row["id"] for row in rest["rooms"]} & {row["id"] for row in body["rooms"]})

    def test_rows_that_come_between_two_parts_shift_nothing(self):
        before = self.page("people", 500).json()["people"]
        first = self.page("people", 2).json()
        self.add_person("!最前", "local_teacher", self.id_of("organisations", "白杨教学点"))
        rest = self.page("people", 500, first["next"]).json()["people"]
        self.assertEqual(first["people"] + rest, before)

    def test_a_limit_is_one_to_five_hundred(self):
        for kind in KINDS:
            for limit in ("0", "501", "-1", "x", "", "1.0", "99999999999", "1%00"):
                self.assert_problem(self.page(kind, limit), 400, "limit")

    def test_only_the_servers_own_cursor_for_this_person_and_list_counts(self):
        cursor = self.page("rooms", 1).json()["next"]
        self.assertEqual(self.page("rooms", 1, cursor).status, 200)
        raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        raw[7] ^= 1  # another row
        forged = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
        for wrong in ("", "x", cursor[:-1], cursor + "A", cursor + "=", forged, "A" * 32, "A" * 900):
            self.assert_problem(self.page("rooms", 1, wrong), 400, "cursor")
        for kind in ("organisations", "people", "terms"):
            self.assert_problem(self.page(kind, 1, cursor), 400, "cursor")
        self.assert_problem(self.page("rooms", 1, cursor, "system"), 400, "cursor")


if __name__ == "__main__":
    unittest.main(verbosity=2)
