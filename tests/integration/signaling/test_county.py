"""A county of a thousand rooms with a term's lessons: what everybody asks for all day costs what their own lessons cost."""
import time
import unittest

from county import County, Device
from harness import Connection

ASKED = 100
ENTRIES = 6000  # 300 master rooms, five days, four periods, two receiving rooms each


class WholeCounty(County):
    def cpu_s(self):
        """What the server has computed so far, whatever else runs on this machine."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def cost(self, path, headers):
        connection = Connection(self.port)
        self.addCleanup(connection.close)
        before = self.cpu_s()
        for _ in range(ASKED):
            connection.request("GET", f"/api/v1{path}", headers=headers)
            answer = connection.answer()
            self.assertEqual(answer.status, 200)
        return self.cpu_s() - before, [lesson["id"] for lesson in answer.json()["lessons"]]

    def add_county(self):
        today = int(time.time() // 86400)
        number = f"WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < {ENTRIES - 1})"
        school = self.id_of("organisations", "红旗小学")
        self.rows(f"{number} INSERT INTO rooms (id, school, name, use, created) SELECT 1000 + i, ?, 'r' || i, 'both', 1 FROM n WHERE i < 1000", school)
        self.rows(f"{number} INSERT INTO timetable_entries (id, term, subject, grade, mode, room, teacher, weekday, period, weeks, first_week, last_week,"
                  " created) SELECT 10000 + i, 1, 'x', 3, 'co_teaching', 1000 + i % 300, ?, 1 + i / 300 % 5, 1 + i / 1500, 'all', 1, 18, 1 FROM n",
                  self.id_of("people", "陈静"))
        for half in (0, 1):
            self.rows("INSERT INTO entry_rooms (entry, room, teacher, delay_s) SELECT id, 1300 + (2 * id + ?) % 700, NULL, 0 FROM timetable_entries"
                      " WHERE id >= 10000", half)
        self.rows("WITH RECURSIVE w (k) AS (VALUES (-9) UNION ALL SELECT k + 1 FROM w WHERE k < 8) INSERT INTO lessons (id, title, created, entry, day,"
                  " period) SELECT 'e' || e.id || '-' || k, 'x', 1, e.id, ? + 7 * k + e.weekday, e.period FROM timetable_entries e, w"
                  " WHERE e.id >= 10000", today)

    def test_a_day_and_a_home_page_cost_no_more_in_a_county_than_in_a_village(self):
        device = Device(self)
        code = self.ask("coordinator", "POST", "/device-codes", {"room": self.id_of("rooms", "三年级教室"), "kind": "player"}).json()["code"]
        self.assertEqual(device.enrol(code).status, 201)
        self.assertEqual(device.prove().status, 200)
        asking = {"/device/day": {"Authorization": f"Bearer {device.session}"}, "/me": {"Cookie": self.cookie("王芳")}}
        alone = {path: self.cost(path, headers) for path, headers in asking.items()}
        self.assertGreater(len(alone["/device/day"][1]), 0)
        self.add_county()
        time.sleep(2)  # the bell has looked at all of it
        for path, headers in asking.items():
            cpu_s, lessons = self.cost(path, headers)
            print(f"{path}: {alone[path][0] * 1000 / ASKED:.1f} ms of computing alone, {cpu_s * 1000 / ASKED:.1f} ms in a county")
            self.assertEqual(lessons, alone[path][1])
            self.assertLess(cpu_s, 3 * alone[path][0] + 0.1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
