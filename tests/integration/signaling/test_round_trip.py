"""What a county exports as CSV makes the same county again in an empty database, in either language."""
import datetime
import unittest

from exchange import Exchange

#: Signs that separate names in a file, quote them, or make a spreadsheet calculate.
ROOMS = ["三/四年级复式班", "三/1班;A：B", "=1+1", "'=1", "a\\b", "\\/:", "引\"号,逗号", "一；二:三", "''@1"]
COMPARED = {
    "schools": "SELECT p.name, o.name, o.zone FROM organisations o JOIN organisations p ON p.id = o.parent WHERE o.kind = 'school'",
    "people": "SELECT p.name, p.login, p.role, o.name, c.name FROM people p JOIN organisations o ON o.id = p.organisation LEFT JOIN organisations c ON c.id = o.parent"
              " WHERE p.role NOT LIKE '%_admin'",
    "rooms": "SELECT c.name, o.name, r.name, r.use FROM rooms r JOIN organisations o ON o.id = r.school JOIN organisations c ON c.id = o.parent",
    "bells": "SELECT c.name, o.name, s.name, s.first_day, s.last_day, p.number, p.start_minute, p.end_minute FROM bell_sets s JOIN bell_periods p"
             " ON p.bell_set = s.id JOIN organisations o ON o.id = s.school JOIN organisations c ON c.id = o.parent",
    "timetable": "SELECT m.name, o.name, r.name, t.login, e.subject, e.grade, e.weekday, e.period, e.weeks, e.first_week, e.last_week, e.mode,"
                 "  os.name, rr.name, ifnull(lt.login, ''), er.live, er.delay_s"
                 " FROM timetable_entries e JOIN terms m ON m.id = e.term JOIN rooms r ON r.id = e.room JOIN organisations o ON o.id = r.school"
                 " JOIN people t ON t.id = e.teacher LEFT JOIN entry_rooms er ON er.entry = e.id LEFT JOIN rooms rr ON rr.id = er.room"
                 " LEFT JOIN organisations os ON os.id = rr.school LEFT JOIN people lt ON lt.id = er.teacher WHERE NOT e.past",
}
KINDS = list(COMPARED)  # in the order in which they need each other
COUNTIES = ("青山县", "东/山县")


class Empty(Exchange):
    """Where it goes."""
    seeded = False


class RoundTrip(Exchange):
    def post(self, path, body, name="root", status=201):
        answer = self.ask(name, "POST", path, body)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("root", "system_admin")

    def fill(self):
        """Beside the seeded county one with a school of the same name, rooms that are called as files are written, and lessons of every sort."""
        other = self.post("/organisations", {"kind": "county", "name": COUNTIES[1]})["id"]
        twin = self.post("/organisations", {"kind": "school", "parent": other, "name": "实验小学", "zone": "Asia/Urumqi"})["id"]
        self.post("/rooms", {"school": twin, "name": "多/功能", "use": "both"})
        self.post("/people", {"name": "阿/里", "role": "master_teacher", "organisation": twin})
        self.post("/people", {"name": "看;的", "role": "inspector", "organisation": other})
        village, term = self.id_of("organisations", "石沟教学点"), self.list("terms")[0]
        bells = {"name": "夜,里", "first_day": "2033-09-01", "last_day": "2034-01-31", "periods": [[1260, 1300], [1430, 1450]]}
        for school in (village, twin):
            self.post(f"/organisations/{school}/bells", bells)
        local = self.post("/people", {"name": "钱:多;多", "role": "local_teacher", "organisation": village})["id"]
        namesakes = [self.post("/people", {"name": name, "login": login, "role": role, "organisation": village})["id"] for name, login, role in [
            ("钱:多;多", "qian:2", "local_teacher"), ("陈静", "chen;2", "master_teacher"), ("chen;2", "3", "master_teacher")]]
        rooms = [self.post("/rooms", {"school": village, "name": name, "use": "both"})["id"] for name in ROOMS]
        master, receiving = rooms[0], rooms[1:]
        for room in receiving:
            self.post("/pairings", {"term": term["id"], "master_room": master, "receiving_room": room}, "coordinator")
        week = (datetime.date.today() - datetime.date.fromisoformat(term["first_day"])).days // 7 + 1
        entry = {"term": term["id"], "subject": "书法", "grade": 4, "room": master, "teacher": self.id_of("people", "陈静")}
        teachers = [entry["teacher"], *namesakes[1:], entry["teacher"]]
        for number, (mode, weeks) in enumerate([("co_teaching", "all"), ("delivery", "odd"), ("recorded", "even"), ("research", "all")]):
            to = [{"room": room, "live": i % 2 == 1, **({"teacher": [local, namesakes[0]][number % 2]} if i == number else {})} for i, room in enumerate(receiving[:2 * number + 1])]
            self.post("/timetable", {**entry, "teacher": teachers[number], "weekday": number + 1, "period": 5, "mode": mode, "weeks": weeks, "first_week": week + 1,
                                     "last_week": week + 4 + number, "receiving": to}, "coordinator")

    def files(self, language):
        """Of each kind those of both counties; a term is of one."""
        suffix = {"zh-CN": "csv", "en": "csv-en"}[language]
        term, made = self.list("terms")[0]["id"], {}
        for kind in KINDS:
            for county in COUNTIES if kind != "timetable" else COUNTIES[:1]:
                path = f"terms/{term}" if kind == "timetable" else kind
                answer = self.ask("root", "GET", f"/organisations/{self.county_id(county)}/{path}/{suffix}")
                self.assertEqual(answer.status, 200, answer.body)
                self.assertTrue(answer.header("content-disposition").startswith("attachment; filename=\"duet-"))
                made.setdefault(kind, []).append(answer.body)
        return made

    def county_id(self, name):
        return next(row["id"] for row in self.list("organisations", "root") if row["name"] == name and row["kind"] == "county")

    def prepare(self, empty):
        """What no file brings: who imports, counties, terms and pairings."""
        empty.add_person("root", "system_admin")
        ids = {county: empty.ask("root", "POST", "/organisations", {"kind": "county", "name": county}).json()["id"] for county in COUNTIES}
        empty.add_person("coordinator", "coordinator", ids[COUNTIES[0]])
        for term in self.list("terms"):
            body = {key: term[key] for key in ("name", "first_day", "last_day")}
            self.assertEqual(empty.ask("coordinator", "POST", "/terms", {**body, "organisation": ids[COUNTIES[0]]}).status, 201)

    def pair(self, empty):
        def names(server):
            return {room["id"]: (room["school"], room["name"]) for room in server.list("rooms", "root")}

        def schools(server):
            called = {row["id"]: row for row in server.list("organisations", "root")}
            return {number: (called[row["parent"]]["name"], row["name"]) for number, row in called.items() if row["parent"]}
        rooms, of, theirs = names(self), schools(self), schools(empty)
        by_name = {(theirs[school], name): number for number, (school, name) in names(empty).items()}
        terms = {term["name"]: term["id"] for term in empty.list("terms")}
        mine = {term["id"]: term["name"] for term in self.list("terms")}
        for pairing in self.list("pairings"):
            master, receiving = (by_name[of[rooms[pairing[key]][0]], rooms[pairing[key]][1]] for key in ("master_room", "receiving_room"))
            body = {"term": terms[mine[pairing["term"]]], "master_room": master, "receiving_room": receiving, "subject": pairing["subject"]}
            self.assertEqual(empty.ask("coordinator", "POST", "/pairings", body).status, 201)

    def bring(self, empty, made):
        """Each kind, and what the databases then have of it."""
        for kind in KINDS:
            if kind == "timetable":
                self.pair(empty)
            for file in made[kind]:
                lines = file.decode("utf-8-sig").split("\r\n")
                if kind == "people":  # who imports is there already
                    lines = [line for line in lines if not line.startswith("coordinator,")]
                answer = empty.upload(kind, "\r\n".join(lines), name="coordinator" if kind == "timetable" else "root")
                self.assertEqual(answer.status, 200, answer.body.decode()[:2000])
            self.assertEqual(sorted(empty.rows(COMPARED[kind]), key=str), sorted(self.rows(COMPARED[kind]), key=str), kind)

    def test_what_is_exported_makes_the_same_county_in_an_empty_database(self):
        self.fill()
        sorts = self.rows("SELECT count(DISTINCT mode), count(DISTINCT weeks), count(DISTINCT first_week), max(live), count(er.teacher)"
                          " FROM timetable_entries e JOIN entry_rooms er ON er.entry = e.id")[0]
        self.assertTrue(sorts[:2] == (4, 3) and sorts[2] > 1 and sorts[3] == 1 and sorts[4] > 0, sorts)
        for language in ("zh-CN", "en"):
            with self.subTest(language):
                Empty.setUpClass()
                try:
                    self.prepare(Empty())
                    self.bring(Empty(), self.files(language))
                finally:
                    Empty.doClassCleanups()

    def test_a_file_of_people_has_no_password_and_nobody_who_is_made_by_hand(self):
        rows = self.table(f"/organisations/{self.county_id('青山县')}/people/csv")
        self.assertEqual(set(rows[0]), {"姓名", "角色", "学校", "账号"})
        self.assertLessEqual({row["角色"] for row in rows}, {"排课管理员", "主讲教师", "辅助教师", "教研员"})
        self.add_person("auditor", "audit_admin", self.county_id("青山县"))
        self.assertEqual(self.table(f"/organisations/{self.county_id('青山县')}/people/csv"), rows)
        self.rows("UPDATE people SET disabled = 1 WHERE name = '赵敏'")
        again = self.table(f"/organisations/{self.county_id('青山县')}/people/csv")
        self.rows("UPDATE people SET disabled = 0 WHERE name = '赵敏'")
        self.assertEqual({row["姓名"] for row in rows} - {row["姓名"] for row in again}, {"赵敏"})

    def test_a_school_exports_its_own(self):
        school = self.id_of("organisations", "白杨教学点")
        self.assertEqual({row["School"] for row in self.table(f"/organisations/{school}/rooms/csv-en")}, {"白杨教学点"})
        self.assertEqual([row["学校"] for row in self.table(f"/organisations/{school}/schools/csv")], ["白杨教学点"])


if __name__ == "__main__":
    unittest.main()
