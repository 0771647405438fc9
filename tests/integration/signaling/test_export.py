"""What leaves: calendars that a foreign parser reads, the timetable as CSV, everything as JSON."""
import datetime
import json
import os
import re
import time
import unittest

import icalendar

from exchange import Exchange
from harness import Connection

LINE = re.compile(rb"[^\r\n]*\r\n")


def utc(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


class Export(Exchange):
    # ---- calendars -------------------------------------------------------------------------------

    def subscribe(self, kind, subject, name="coordinator", language="zh-CN"):
        answer = self.ask(name, "POST", "/calendars", {"kind": kind, "subject": subject, "language": language})
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.header("cache-control"), "no-store")
        made = answer.json()
        self.assertRegex(made["url"], r"^http://127\.0\.0\.1:\d+/calendar/[0-9a-f]{32}\.ics$")
        return made["id"], made["url"].split(str(self.port), 1)[1]

    def fetch(self, path, **headers):
        return self.call("GET", path, headers=headers)

    def events(self, path):
        answer = self.fetch(path)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.header("content-type"), "text/calendar; charset=utf-8")
        self.assertEqual(b"".join(LINE.findall(answer.body)), answer.body)
        for line in answer.body.split(b"\r\n"):
            self.assertLessEqual(len(line), 75)
            line.decode()  # no character was cut
        calendar = icalendar.Calendar.from_ical(answer.body)
        self.assertEqual(calendar["VERSION"], "2.0")
        self.assertEqual([problem for event in calendar.walk() for problem in event.errors], [])
        return {str(event["UID"]): event for event in calendar.walk("VEVENT")}

    def weeks(self, organisation, first, count):
        days = [(first + datetime.timedelta(7 * week)).isoformat() for week in range(count)]
        return [lesson for day in days for lesson in self.ask("coordinator", "GET", f"/organisations/{organisation}/weeks/{day}").json()["lessons"]]

    def test_a_teachers_calendar_says_what_the_week_says(self):
        teacher, county = self.id_of("people", "王芳"), self.id_of("organisations", "青山县")
        _, path = self.subscribe("teacher", teacher)
        events = self.events(path)
        today = datetime.date.today()
        for lesson in self.weeks(county, today, 4):
            uids = [uid for uid in events if uid.startswith(lesson["id"] + "@")]
            self.assertEqual(len(uids), 1 if lesson["teacher"] == teacher else 0)
            if not uids:
                continue
            event = events[uids[0]]
            self.assertEqual(event["DTSTART"].dt, utc(lesson["start"]))
            self.assertEqual(event["DTEND"].dt, utc(lesson["end"]))
            self.assertIn(lesson["subject"], event["SUMMARY"])
            self.assertEqual(event["STATUS"], "CANCELLED" if lesson["state"] == "cancelled" else "CONFIRMED")
            self.assertIn("王芳", event["DESCRIPTION"])
            self.assertEqual(event["LOCATION"], "实验小学 录播教室一")
        self.assertGreater(len(events), 20)

    def test_a_receiving_room_has_a_lesson_when_it_plays_it(self):
        room = self.id_of("rooms", "三年级教室")
        entry, delay = self.rows("SELECT entry, delay_s FROM entry_rooms WHERE room = ? AND delay_s > 0 LIMIT 1", room)[0]
        events = self.events(self.subscribe("room", room)[1])
        starts = {lesson["id"]: lesson["start"] for lesson in self.weeks(self.id_of("organisations", "青山县"), datetime.date.today(), 3)
                  if lesson["entry"] == entry}
        self.assertTrue(starts)
        for lesson, start in starts.items():
            event = next(event for uid, event in events.items() if uid.startswith(f"{lesson}-r{room}@"))
            self.assertEqual(event["DTSTART"].dt, utc(start + delay))
            self.assertEqual(event["LOCATION"], "白杨教学点 三年级教室")

    def test_a_county_and_a_school(self):
        county, school = (self.id_of("organisations", name) for name in ("青山县", "石沟教学点"))
        lessons = self.weeks(county, datetime.date.today(), 4)
        whole = self.events(self.subscribe("organisation", county, language="en")[1])
        for lesson in lessons:
            self.assertEqual(len([uid for uid in whole if uid.startswith(lesson["id"] + "@")]), 1)
        own = self.events(self.subscribe("organisation", school)[1])
        self.assertTrue(0 < len(own) < len(whole))
        self.assertIn("grade 3", str(next(iter(whole.values()))["SUMMARY"]))

    def test_sequence_and_last_modified_tell_of_every_change(self):
        teacher = self.id_of("people", "李伟")
        path = self.subscribe("teacher", teacher)[1]
        before, again = self.events(path), self.events(path)
        self.assertEqual({uid: event.to_ical() for uid, event in before.items()}, {uid: event.to_ical() for uid, event in again.items()})
        tomorrow = (datetime.date.today() + datetime.timedelta(1) - datetime.date(1970, 1, 1)).days
        (cancelled, entry), = self.rows("SELECT id, entry FROM lessons WHERE day >= ? AND entry IN (SELECT id FROM timetable_entries"
                                        " WHERE teacher = ?) ORDER BY day LIMIT 1", tomorrow, teacher)
        self.rows("UPDATE lessons SET state = 'cancelled' WHERE id = ?", cancelled)
        after = self.events(path)
        for uid, event in after.items():
            changed = uid.startswith(cancelled + "@")
            self.assertEqual(event["STATUS"], "CANCELLED" if changed else "CONFIRMED")
            self.assertEqual(event["SEQUENCE"] - before[uid]["SEQUENCE"], 1 if changed else 0)
            self.assertGreaterEqual(event["LAST-MODIFIED"].dt, before[uid]["LAST-MODIFIED"].dt)
        # made anew by a change of its entry, a lesson keeps its name and counts on
        self.rows("UPDATE lessons SET state = 'scheduled' WHERE id = ?", cancelled)
        seen = self.ask("coordinator", "GET", f"/timetable/{entry}").json()
        answer = self.ask("coordinator", "PUT", f"/timetable/{entry}", {**seen, "grade": 6})
        self.assertEqual(answer.status, 200, answer.body)
        uid = next(uid for uid in after if uid.startswith(cancelled + "@"))
        event = self.events(path)[uid]
        self.assertIn("6", event["SUMMARY"])
        self.assertEqual(event["SEQUENCE"], after[uid]["SEQUENCE"] + 1)

    def test_who_stands_in_has_the_lesson_and_the_other_not(self):
        chen, wang = self.id_of("people", "陈静"), self.id_of("people", "王芳")
        paths = [self.subscribe("teacher", person)[1] for person in (chen, wang)]
        before = self.events(paths[1])
        today = (datetime.date.today() - datetime.date(1970, 1, 1)).days
        lesson, place = self.rows("SELECT l.id, e.room FROM lessons l JOIN timetable_entries e ON e.id = l.entry WHERE e.teacher = ?"
                                  " AND l.day > ? ORDER BY l.day, l.period LIMIT 1", wang, today + 1)[0]
        answer = self.ask("coordinator", "POST", f"/lessons/{lesson}/substitution", {"place": place, "teacher": chen, "reason": "病假"})
        self.assertEqual(answer.status, 200, answer.body)
        uid = next(uid for uid in before if uid.startswith(lesson + "@"))
        theirs, hers = (self.events(path) for path in paths)
        self.assertNotIn(uid, hers)
        self.assertIn("陈静", theirs[uid]["DESCRIPTION"])
        self.assertEqual(theirs[uid]["SEQUENCE"], before[uid]["SEQUENCE"] + 1)

    def test_text_is_escaped_and_folded_between_characters(self):
        name = "多媒体,教室;\\\"一\"" + "很长的名字" * 6
        answer = self.ask("coordinator", "POST", "/rooms", {"school": self.id_of("organisations", "红旗小学"), "name": name, "use": "both"})
        room = answer.json()["id"]
        self.assertEqual(self.ask("coordinator", "POST", "/subjects", {"name": "语文,;\\"}).status, 201)
        entry = {"term": self.list("terms")[0]["id"], "subject": "语文,;\\", "grade": 3, "weekday": 2, "period": 6, "room": room,
                 "teacher": self.id_of("people", "陈静"), "receiving": []}
        self.assertEqual(self.ask("coordinator", "POST", "/timetable", entry).status, 201)
        path = self.subscribe("room", room)[1]
        event = next(iter(self.events(path).values()))
        self.assertEqual(str(event["LOCATION"]), f"红旗小学 {name}")
        self.assertTrue(str(event["SUMMARY"]).startswith("语文,;\\ "))

    def test_a_lesson_of_many_rooms_with_long_names_says_all_of_them(self):
        school = self.id_of("organisations", "红旗小学")
        names = [f"{'很长的教室名字' * 5}{number:02}号" for number in range(32)]
        rooms = [self.ask("coordinator", "POST", "/rooms", {"school": school, "name": name, "use": "both"}).json()["id"] for name in ["甲"] + names]
        term = self.list("terms")[0]["id"]
        for room in rooms[1:]:
            self.ask("coordinator", "POST", "/pairings", {"term": term, "master_room": rooms[0], "receiving_room": room, "consent": True})
        entry = {"term": term, "subject": "音乐", "grade": 3, "weekday": 1, "period": 6, "room": rooms[0], "teacher": self.id_of("people", "陈静"),
                 "receiving": [{"room": room} for room in rooms[1:]]}
        answer = self.ask("coordinator", "POST", "/timetable", entry)
        self.assertEqual(answer.status, 201, answer.body)
        event = next(iter(self.events(self.subscribe("room", rooms[0])[1]).values()))
        self.assertEqual([line for line in str(event["DESCRIPTION"]).split("\n") if line.startswith("红旗小学")],
                         [f"红旗小学 {name}" for name in names])

    def test_an_unchanged_calendar_is_not_sent_twice(self):
        path = self.subscribe("room", self.id_of("rooms", "录播教室一"))[1]
        first = self.fetch(path)
        same = self.fetch(path, **{"If-None-Match": first.header("etag")})
        self.assertEqual((same.status, same.body), (304, b""))
        self.assertEqual(self.fetch(path, **{"If-None-Match": '"other"'}).status, 200)
        head = self.call("HEAD", path)
        self.assertEqual(head.header("content-length"), str(len(first.body)))

    def test_addresses_are_rotated_and_revoked(self):
        number, path = self.subscribe("teacher", self.id_of("people", "王芳"))
        listed = [row for row in self.list("calendars") if row["id"] == number]
        self.assertEqual([(row["kind"], row["language"]) for row in listed], [("teacher", "zh-CN")])
        secret = path.split("/")[-1].split(".")[0]
        self.assertNotIn(secret, json.dumps(listed))
        self.assertNotIn(secret, json.dumps(self.rows("SELECT * FROM calendars") + self.rows("SELECT * FROM audit_log"), ensure_ascii=False))
        rotated = self.ask("coordinator", "POST", f"/calendars/{number}/rotate").json()["url"].split(str(self.port), 1)[1]
        self.assert_problem(self.fetch(path), 404)
        self.assertEqual(self.fetch(rotated).status, 200)
        self.assertEqual(self.ask("coordinator", "DELETE", f"/calendars/{number}").status, 200)
        self.assert_problem(self.fetch(rotated), 404)
        self.assert_problem(self.ask("coordinator", "DELETE", f"/calendars/{number}"), 404)
        self.assert_problem(self.fetch("/calendar/" + "0" * 32 + ".ics"), 404)
        events = [event for event, in self.rows("SELECT event FROM audit_log WHERE object = ?", f"calendar {number}")]
        self.assertEqual(events, ["calendar.add", "calendar.rotate", "calendar.remove"])

    def test_a_rush_for_calendars_holds_no_import_up(self):
        _, path = self.subscribe("organisation", 1)
        slowest, statuses = 0, []
        for _ in range(5):
            rush = [self.connect() for _ in range(50)]
            for number, connection in enumerate(rush):
                connection.request("GET", path if number % 2 else f"/calendar/{number:032x}.ics")
            begin = time.monotonic()
            answer = self.send("coordinator", "/imports/rooms/check", "学校,教室,用途\n石沟教学点,新教室,接收\n".encode())
            slowest = max(slowest, time.monotonic() - begin)
            self.assertEqual(answer.status, 200, answer.body)
            answers = [connection.answer() for connection in rush]
            self.assertEqual({answer.status for answer in answers[0::2]}, {404})
            self.assertEqual({answer.header("retry-after") for answer in answers[1::2] if answer.status == 503} - {"5"}, set())
            statuses += [answer.status for answer in answers[1::2]]
            for connection in rush:
                connection.close()
        counts = {status: statuses.count(status) for status in set(statuses)}
        print(f"an import beside 50 calendars at once: {slowest * 1000:.0f} ms at most, calendars {counts}")
        self.assertLessEqual(set(counts), {200, 503})
        self.assertGreaterEqual(counts[200], 5 * 8)

    def test_whose_calendars_are_whose(self):
        wang, li = self.id_of("people", "王芳"), self.id_of("people", "李伟")
        number, path = self.subscribe("teacher", wang, name="王芳")
        self.assertEqual([row["id"] for row in self.list("calendars", "王芳") if row["owner"] == wang], [number])
        self.assert_problem(self.ask("王芳", "POST", "/calendars", {"kind": "teacher", "subject": li}), 403)
        self.assert_problem(self.ask("王芳", "POST", "/calendars", {"kind": "room", "subject": 1}), 403)
        self.assert_problem(self.ask("李伟", "POST", f"/calendars/{number}/rotate"), 403)
        self.assert_problem(self.ask(None, "GET", "/calendars"), 401)
        if "headmaster" not in self.passwords:
            self.add_person("headmaster", "coordinator", self.id_of("organisations", "白杨教学点"))
        self.assert_problem(self.ask("headmaster", "POST", "/calendars", {"kind": "organisation", "subject": 1}), 403)
        self.assert_problem(self.ask("headmaster", "DELETE", f"/calendars/{number}"), 403)
        # who may not see the lessons any more does not through an old address either
        county = self.subscribe("organisation", self.id_of("organisations", "白杨教学点"), name="headmaster")[1]
        self.rows("UPDATE people SET role = 'local_teacher' WHERE name = 'headmaster'")
        self.assert_problem(self.fetch(county), 404)
        self.rows("UPDATE people SET disabled = 1 WHERE id = ?", wang)
        self.assert_problem(self.fetch(path), 404)
        self.rows("UPDATE people SET disabled = 0 WHERE id = ?", wang)
        self.assertEqual(self.fetch(path).status, 200)

    def test_who_makes_an_address_anew_answers_for_it(self):
        """Else an address that a coordinator has seen would outlive the account, by the rights of whoever made it first."""
        self.add_person("principal", "coordinator", self.id_of("organisations", "石沟教学点"))
        number, path = self.subscribe("organisation", self.id_of("organisations", "石沟教学点"))
        rotated = self.ask("principal", "POST", f"/calendars/{number}/rotate").json()["url"].split(str(self.port), 1)[1]
        self.assert_problem(self.fetch(path), 404)
        self.assertEqual(self.fetch(rotated).status, 200)
        self.rows("UPDATE people SET disabled = 1 WHERE name = 'principal'")
        self.assert_problem(self.fetch(rotated), 404)

    # ---- CSV -------------------------------------------------------------------------------------

    def test_a_week_as_csv(self):
        county, day = self.id_of("organisations", "青山县"), datetime.date.today().isoformat()
        lessons = self.ask("coordinator", "GET", f"/organisations/{county}/weeks/{day}").json()["lessons"]
        rows = self.table(f"/organisations/{county}/weeks/{day}/csv")
        self.assertEqual(len(rows), len(lessons))
        for row, lesson in zip(rows, lessons):
            self.assertEqual((row["日期"], row["节次"], row["学科"]), (lesson["day"], str(lesson["period"]), lesson["subject"]))
            self.assertEqual(row["上课"], utc(lesson["start"] + 8 * 3600).strftime("%H:%M"))
            self.assertEqual((row["按哪所学校的作息"], row["推迟分钟"]), (row["教室"].split("/")[0], "0"))
        english = self.table(f"/organisations/{county}/weeks/{day}/csv-en")
        self.assertEqual(english[0]["Weekday"], "Mon")

    def test_a_schools_week_as_csv_is_by_its_own_bells(self):
        school, day = self.id_of("organisations", "白杨教学点"), (datetime.date.today() + datetime.timedelta(7)).isoformat()
        lessons = self.ask("coordinator", "GET", f"/organisations/{school}/weeks/{day}").json()["lessons"]
        own = {room["id"] for room in self.list("rooms") if room["school"] == school}
        rows = self.table(f"/organisations/{school}/weeks/{day}/csv")
        self.assertEqual(len(rows), len(lessons))
        delays = set()
        for row, lesson in zip(rows, lessons):
            delay = next(late for room, late in zip(lesson["receiving"], lesson["delays"]) if room in own)
            delays.add(delay)
            self.assertEqual((row["上课"], row["下课"]), tuple(utc(lesson[key] + delay + 8 * 3600).strftime("%H:%M") for key in ("start", "end")))
            self.assertEqual((row["按哪所学校的作息"], row["推迟分钟"]), ("白杨教学点", str(delay // 60)))
        self.assertIn(300, delays)
        holiday = lessons[0]["day"]
        self.assertEqual(self.ask("coordinator", "PUT", f"/organisations/1/days/{holiday}", {"holiday": True}).status, 200)
        first = self.table(f"/organisations/{school}/weeks/{day}/csv")[0]
        self.assertEqual(self.ask("coordinator", "DELETE", f"/organisations/1/days/{holiday}").status, 200)
        self.assertEqual((first["日期"], first["上课"], first["下课"], first["状态"]), (holiday, "", "", "放假"))

    def test_a_term_as_csv_can_be_imported_and_runs_nothing(self):
        school = self.id_of("organisations", "红旗小学")
        room = self.ask("coordinator", "POST", "/rooms", {"school": school, "name": "=HYPERLINK(\"x\")", "use": "both"}).json()["id"]
        term = self.list("terms")[0]["id"]
        self.assertEqual(self.ask("coordinator", "POST", "/subjects", {"name": "+2"}).status, 201)
        entry = {"term": term, "subject": "+2", "grade": 4, "weekday": 4, "period": 6, "room": room, "teacher": self.id_of("people", "陈静"), "receiving": []}
        path = self.ask("coordinator", "POST", "/timetable", entry).header("location").removeprefix("/api/v1")
        answer = self.ask("coordinator", "GET", f"/organisations/{school}/terms/{term}/csv")
        rows = self.table(f"/organisations/{school}/terms/{term}/csv")
        row = next(row for row in rows if row["星期"] == "周四" and row["节次"] == "6")
        self.assertEqual((row["教室"], row["学科"]), ("'=HYPERLINK(\"x\")", "'+2"))
        for row in rows:
            for cell in row.values():
                self.assertNotRegex(cell, r"^[=+\-@\t\r]")
        # what was exported is what would be imported, and is there already
        faults = self.faults("timetable", answer.body)
        self.assertEqual({code for _, _, code in faults}, {"room_busy", "teacher_busy"})
        self.assertEqual(self.ask("coordinator", "DELETE", path, {"version": 1}).status, 200)
        for header in (answer.body.split(b"\r\n")[0],):
            line = next(line for line in answer.body.split(b"\r\n") if "'+2".encode() in line)
            self.assertEqual(self.upload("timetable", header + b"\r\n" + line + b"\r\n").status, 200)
        (placed, version), = self.rows("SELECT id, version FROM timetable_entries WHERE subject = '+2' AND room = ?", room)
        self.assertEqual(self.ask("coordinator", "DELETE", f"/timetable/{placed}", {"version": version}).status, 200)  # others look at this week
        self.assert_problem(self.ask("headmaster2", "GET", f"/organisations/{school}/terms/{term}/csv"), 403)

    # ---- everything ------------------------------------------------------------------------------

    def check_export(self, text):
        data = json.loads(text)
        self.assertEqual((data["format"], data["version"]), ("duet-export", 1))
        self.assertEqual(data["schema"], self.rows("PRAGMA user_version")[0][0])
        self.assertEqual(set(data["tables"]), {name for name, in self.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")})
        for name, rows in data["tables"].items():
            columns = [column[1] for column in self.rows(f"PRAGMA table_info({name})")]
            secret = {column for column in columns if re.search(r"^password$|secret|token|_hash$", column)}
            stored = [dict(zip(columns, row)) for row in self.rows(f"SELECT * FROM {name}")]
            self.assertEqual(len(rows), len(stored), name)
            for row, kept in zip(rows, stored):
                self.assertEqual(row, {column: value.hex() if isinstance(value, bytes) else value
                                       for column, value in kept.items() if column not in secret})
        for value, in self.rows("SELECT password FROM people UNION SELECT one_time_hash FROM people UNION SELECT secret_hash FROM calendars"
                                " UNION SELECT secret_hash FROM browser_sessions"):
            if value:
                self.assertNotIn(value, text)
        return data

    def test_everything_as_json_for_the_system_administrator(self):
        self.subscribe("teacher", self.id_of("people", "王芳"))
        self.upload("people", "姓名,角色,学校\n导出人,主讲,实验小学\n")
        self.add_person("root", "system_admin")
        self.cookie("root")
        self.assert_problem(self.ask("coordinator", "GET", "/export"), 403)
        answer = self.ask("root", "GET", "/export")
        self.assertRegex(answer.header("content-disposition"), r'^attachment; filename="duet-export-\d{4}-\d\d-\d\d\.json"$')
        self.assertEqual(answer.header("cache-control"), "no-store")
        data = self.check_export(answer.body.decode())
        self.assertGreater(len(data["tables"]["lessons"]), 100)
        last = self.rows("SELECT person, event FROM audit_log ORDER BY number DESC LIMIT 1")[0]
        self.assertEqual(last, ("root", "export.all"))

    def test_everything_as_json_from_the_command_line(self):
        path = self.folder / "all.json"
        self.assertEqual(self.run_command("export", str(path)), str(path))
        self.check_export(path.read_text())
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        again = self.run_command("export", str(path), check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("File exists", again.stderr)
        self.assertEqual(self.run_command("export", check=False).returncode, 2)

    def test_an_export_of_any_size_takes_no_memory_and_waits_for_a_slow_reader(self):
        if "root2" not in self.passwords:
            self.add_person("root2", "system_admin")
        cookie = self.cookie("root2")
        self.rows("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
                  " INSERT INTO lessons (id, title, created) SELECT 'bulk-' || i, printf('%.200c', 'x'), 1 FROM n")
        process = f"/proc/{self.process.pid}"
        with open(f"{process}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")  # the peak is now what it has
        before = self.peak_bytes(process)
        connection = Connection(self.port, timeout=30)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/export", headers={"Cookie": cookie})
        self.assertEqual(connection.socket.recv(9), b"HTTP/1.1 ")  # it is on its way
        self.assertEqual(self.call("GET", "/healthz").status, 200)
        connection.buffer = b"HTTP/1.1 "
        answer = connection.answer()
        most = self.peak_bytes(process)
        self.rows("DELETE FROM lessons WHERE id LIKE 'bulk-%'")
        print(f"an export of {len(answer.body) / 1e6:.0f} MB took {(most - before) / 1e6:.1f} MB of memory")
        self.assertGreater(len(answer.body), 12e6)
        self.assertEqual(len(json.loads(answer.body)["tables"]["people"]), self.rows("SELECT count(*) FROM people")[0][0])
        if not os.environ.get("DUET_SANITIZED"):  # which keep what is freed
            self.assertLess(most - before, 6e6)
        self.assertEqual(list(self.folder.glob(".duet-spool*")), [])

    @staticmethod
    def peak_bytes(process):
        with open(f"{process}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+) kB", file.read())[1]) * 1024

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("headmaster2", "coordinator", 3)


class Silence(Exchange):
    settings = [*Exchange.settings]

    @classmethod
    def start(cls, port=0):
        cls.log = open(cls.folder / "log", "wb")
        os.environ["DUET_LOG"] = "debug"
        stderr = os.dup(2)
        os.dup2(cls.log.fileno(), 2)
        try:
            super().start(port)
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            os.environ["DUET_LOG"] = "error"

    def test_a_calendars_secret_stands_in_no_log(self):
        url = self.ask("coordinator", "POST", "/calendars", {"kind": "room", "subject": 1}).json()["url"]
        path = url.split(str(self.port), 1)[1]
        self.assertEqual(self.call("GET", path).status, 200)
        text = (self.folder / "log").read_text()
        self.assertIn("/calendar/<>.ics", text)
        self.assertNotIn(path.split("/")[-1].split(".")[0], text)
        self.log.close()


if __name__ == "__main__":
    unittest.main()
