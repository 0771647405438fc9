"""A lesson of the seeded county that a test takes along its bell by moving the server's clock, with the people of it."""
import time

from harness import OFFER, SDP
from moved_clock import MovedClock
from socket_client import Socket

MINUTE = 60


class MovedLesson(MovedClock):
    settings = MovedClock.settings + ["limits.publish_burst=1000", "limits.watch_burst=1000"]
    used = set()

    def setUp(self):
        """A lesson that no other test has, with the people of it."""
        rows = self.rows(
            "SELECT l.id, l.day, e.room, e.id, m.name, t.name, x.room FROM lessons l JOIN timetable_entries e ON e.id = l.entry"
            " JOIN people m ON m.id = e.teacher JOIN entry_rooms x ON x.entry = e.id JOIN people t ON t.id = x.teacher"
            " WHERE l.state = 'scheduled' AND l.day > ? ORDER BY l.day, l.period", int(time.time() // 86400) + 1)
        used = {lesson for lesson, _ in self.used}
        days = {day for _, day in self.used}
        # a day for itself: what one test does to the clock is over on the next
        self.lesson, day, self.room, self.entry, self.master, self.local, self.receiving = next(
            row for row in rows if row[0] not in used and row[1] > max(days, default=0) + 1)
        self.used.add((self.lesson, day))
        self.set_clock(day * 86400)
        date = time.strftime("%Y-%m-%d", time.gmtime(day * 86400))
        week = self.ask("coordinator", "GET", f"/organisations/1/weeks/{date}").json()["lessons"]
        found = next(row for row in week if row["id"] == self.lesson)
        self.start_s, self.end_s = found["start"], found["end"]

    # ---- tools -----------------------------------------------------------------------------------

    def join(self, name):
        opened = Socket(self.port, {"Cookie": self.cookie(name)})
        self.addCleanup(opened.close)
        return opened, opened.join(self.lesson)

    def state(self):
        return self.rows("SELECT state FROM lessons WHERE id = ?", self.lesson)[0][0]

    def moments(self):
        return dict(self.rows("SELECT moment, time FROM lesson_moments WHERE lesson = ?", self.lesson))

    def audited(self):
        return [event for event, in self.rows("SELECT event FROM audit_log WHERE object = ? ORDER BY number", self.lesson)]

    def stays(self):
        return self.rows('SELECT source, room, joined, "left" FROM attendance WHERE lesson = ? ORDER BY id', self.lesson)

    def until(self, condition, timeout=8):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.05)
        self.fail(f"it did not come to pass: {self.state()} {self.moments()}")

    def send_picture(self, name, source):
        """A person publishes with the token that /ws gave; the URL of the session and its token."""
        opened, joined = self.join(name)
        answer = self.call("POST", f"/whip/{self.lesson}/{source or joined['publish'][0]}", OFFER, joined["token"], SDP)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.header("location"), joined["token"]

    def go_live(self):
        """The lesson is live ten seconds after its bell."""
        relay = self.relay()
        self.set_clock(self.start_s + 10)
        master = self.send_picture(self.master, "teacher-camera")
        local = self.send_picture(self.local, "")
        self.until(lambda: self.state() == "live")
        return relay, master, local

    def source_of_local(self):
        return "room-" + str(self.rows("SELECT id FROM people WHERE name = ?", self.local)[0][0])
