"""The seeded county at odd moments: there is a lesson now, nothing else is on that nobody holds, and what is past looks lived in."""
import datetime
import os
import sqlite3
import subprocess
import tempfile
import unittest

from county import ROLES
from harness import PROGRAM
from moved_clock import MovedClock, preload, real_environment

ZONE = datetime.timezone(datetime.timedelta(hours=8))
EPOCH = datetime.date(1970, 1, 1)
NATIONAL_DAY = datetime.date(2026, 10, 1)


def at(text):
    """Seconds since 1970 of a moment by the schools' clocks."""
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


class SeededCounty(unittest.TestCase):
    def seed(self, moment):
        """A database that was seeded then; the seconds that it took of this machine are its own business."""
        folder = tempfile.TemporaryDirectory(prefix="duet-seed-")
        self.addCleanup(folder.cleanup)
        path = f"{folder.name}/duet.sqlite"
        environment = {**real_environment(), "LD_PRELOAD": preload().partition("=")[2], "FAKETIME": f"@{moment}",
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0", "TZ": "UTC"}
        done = subprocess.run([PROGRAM, "--set", f"store.path={path}", "--set", f"token.key_file={folder.name}/key", "seed", "--demo"],
                              env=environment, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        database = sqlite3.connect(path)
        self.addCleanup(database.close)
        return done.stdout, lambda sql, *values: database.execute(sql, values).fetchall()

    def test_a_lesson_is_on_at_any_moment(self):
        # in a period, in its last minutes, between two, at noon, at night, over midnight, on Sunday, on a holiday, in another year
        for moment in ("2026-11-23T08:35:20", "2026-11-23T09:06:00", "2026-11-23T09:12:59", "2026-11-24T12:20:00", "2026-11-25T23:58:30",
                       "2026-11-26T00:00:00", "2026-11-29T16:00:00", "2026-10-02T10:00:00", "2028-02-29T14:41:00"):
            with self.subTest(moment):
                utc = (datetime.datetime.fromisoformat(moment) - datetime.timedelta(hours=8)).isoformat(sep=" ")
                output, rows = self.seed(utc)
                [(_, lesson, subject, room, receiving, teacher, local)] = [
                    line.split("\t") for line in output.splitlines() if line.startswith("lesson\t")]
                [(starts, ends, state)] = rows("SELECT starts, ends, state FROM lessons WHERE id = ?", lesson)
                self.assertEqual(starts, at(moment) // 60 * 60)
                self.assertEqual((ends - starts, state, subject), (2400, "scheduled", "音乐"))
                self.assertEqual(rows("SELECT e.room, x.room, x.delay_s, p.name, q.name FROM timetable_entries e JOIN entry_rooms x ON x.entry = e.id"
                                      " JOIN people p ON p.id = e.teacher JOIN people q ON q.id = x.teacher WHERE e.id = ?",
                                      int(lesson[1:].split("-")[0])), [(int(room), int(receiving), 0, teacher, local)])

    def test_days_without_lessons_are_past_and_nothing_was_held_on_them(self):
        for moment, holiday in (("2026-11-27 06:00:00", NATIONAL_DAY), ("2026-10-03 06:00:00", None), ("2027-06-30 06:00:00", datetime.date(2027, 5, 1))):
            with self.subTest(moment):
                _, rows = self.seed(moment)
                day = datetime.date.fromisoformat(moment[:10])
                monday = day - datetime.timedelta(days=day.weekday())
                holidays = {EPOCH + datetime.timedelta(days=found) for found, in rows("SELECT day FROM bell_exceptions WHERE held_day IS NULL")}
                swaps = {EPOCH + datetime.timedelta(days=found) for found, in rows("SELECT day FROM bell_exceptions WHERE held_day IS NOT NULL")}
                self.assertTrue(holidays and swaps)
                self.assertLess(max(holidays | swaps), monday)
                if holiday:
                    self.assertIn(holiday, holidays)
                held = {EPOCH + datetime.timedelta(seconds=joined + 8 * 3600) // datetime.timedelta(days=1) * datetime.timedelta(days=1)
                        for joined, in rows("SELECT joined FROM attendance")}
                self.assertTrue(held)
                self.assertFalse(held & holidays)

    def test_national_day_of_2026_is_as_decreed(self):
        _, rows = self.seed("2026-11-27 06:00:00")
        found = [(str(EPOCH + datetime.timedelta(days=day)), held and str(EPOCH + datetime.timedelta(days=held)))
                 for day, held in rows("SELECT day, held_day FROM bell_exceptions ORDER BY day")]
        self.assertEqual(found, [("2026-09-20", "2026-10-06"), *[(f"2026-10-0{n}", None) for n in range(1, 8)], ("2026-10-10", "2026-10-07")])

    def test_all_of_the_console_has_something_to_show(self):
        output, rows = self.seed("2026-11-27 06:00:00")
        self.assertEqual({line.split("\t")[1] for line in output.splitlines()[:-1]}, set(ROLES))
        passwords = [line.split("\t")[2] for line in output.splitlines()[:-1]]
        self.assertEqual(len(set(passwords)), len(passwords))
        now = at("2026-11-27T14:00:00")
        boxes = rows("SELECT max(seen), count(*), count(DISTINCT room) FROM devices")
        self.assertLess(boxes[0][0], now - 3600)
        self.assertEqual(boxes[0][1:], (3, 2))
        self.assertEqual(rows("SELECT count(*) FROM device_events WHERE event = 'health' AND health LIKE '%missing%'"), [(1,)])
        self.assertEqual(rows("SELECT cancel_reason FROM lessons WHERE state = 'cancelled'"), [("停电检修",)])
        self.assertEqual(len(rows("SELECT 1 FROM substitutions WHERE reason != ''")), 1)
        [(subject,)] = rows("SELECT subject FROM pairings WHERE subject != ''")
        self.assertNotIn((subject,), rows("SELECT subject FROM timetable_entries"))


class SchoolHours(MovedClock):
    seeded = False

    def test_nothing_is_out_of_the_ordinary_but_what_the_visitor_does_not_do(self):
        """On a Monday at 9:06 two of the county's lessons would be on."""
        monday = datetime.date.today() - datetime.timedelta(days=datetime.date.today().weekday())
        self.set_clock(at(f"{monday}T09:06:00"))
        found = subprocess.run([*self.prefix, PROGRAM, *self.arguments, "seed", "--demo"], capture_output=True, text=True, timeout=60, check=True)
        lines = [line.split("\t") for line in found.stdout.splitlines()]
        self.passwords.update({line[0]: line[2] for line in lines})
        look = lambda: self.ask("coordinator", "GET", "/organisations/1/exceptions").json()  # noqa: E731
        day = look()
        self.assertEqual((day["exceptions"], day["lessons"]["running"], day["lessons"]["cancelled"]), ([], 1, 3))
        self.move(self.ahead + 300)
        self.assertEqual([row["lesson"] for row in look()["exceptions"]], [lines[-1][1]])


if __name__ == "__main__":
    unittest.main(verbosity=2)
