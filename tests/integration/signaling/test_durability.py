"""What was acknowledged is there: after kill -9, with the database locked, on a full disk, with a damaged file."""
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from county import County
from harness import JSON, PROGRAM, Connection, Signaling
from socket_client import Socket

LONG = bool(os.environ.get("DUET_TEST_LONG"))
SLOWER = 5 if os.environ.get("DUET_SANITIZED") else 1
KILLS = 100 if LONG else 10
RESTART_LIMIT_S = 2 * SLOWER


class Served(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.school = next(row["id"] for row in cls.ask("coordinator", "GET", "/organisations").json()["organisations"] if row["kind"] == "school")

    @classmethod
    def add_room(cls, name):
        return cls.ask("coordinator", "POST", "/rooms", {"school": cls.school, "name": name, "use": "both"})


class Writer(threading.Thread):
    """Adds rooms and weekly lessons one after the other and notes what was acknowledged, until the server is gone."""

    def __init__(self, port, cookie, bodies):
        super().__init__()
        self.port, self.cookie, self.bodies = port, cookie, bodies
        self.acknowledged = []
        self.refused = []

    def run(self):
        try:
            self.write(Connection(self.port))
        except OSError:
            pass

    def write(self, connection):
        with contextlib.closing(connection):
            for path, body in self.bodies:
                connection.request("POST", "/api/v1" + path, json.dumps(body), {"Cookie": self.cookie, "Content-Type": JSON})
                answer = connection.answer()
                if answer is None:
                    return
                if answer.status == 201:
                    self.acknowledged.append((path, answer.json()["id"], body))
                else:
                    self.refused.append(answer.json()["detail"])


class Kills(Served):
    def entries(self, turn, count):
        """Weekly lessons of a teacher and a room of their own, so that none of them clashes with another."""
        self.add_person(f"主讲 {turn}", "master_teacher", self.school)
        teacher = next(row["id"] for row in self.list("people") if row["name"] == f"主讲 {turn}")
        term = self.list("terms")[0]["id"]
        room = self.add_room(f"录播 {turn}")
        self.assertEqual(room.status, 201, room.body)
        return [("/timetable", {"term": term, "subject": "书法", "grade": 3, "weekday": 6 + number % 2, "period": 1 + number // 2,
                                "teacher": teacher, "room": room.json()["id"], "receiving": [],
                                "first_week": 1, "last_week": 20})
                for number in range(count)]

    def check_whole(self, acknowledged):
        for path, number, body in acknowledged:
            table = "rooms" if path == "/rooms" else "timetable_entries"
            self.assertEqual(len(self.rows(f"SELECT id FROM {table} WHERE id = ?", number)), 1, f"{path} {number} was acknowledged and is lost")
        # an entry that stands has its lessons, their people and its line in the audit log; nothing else has
        self.assertEqual(self.rows("SELECT id FROM timetable_entries WHERE subject = '书法' AND id NOT IN (SELECT entry FROM lessons"
                                   " WHERE entry IS NOT NULL)"), [])
        self.assertEqual(self.rows("SELECT id FROM lessons WHERE entry IS NOT NULL AND id NOT IN (SELECT lesson FROM lesson_people)"), [])
        self.assertEqual(self.rows("PRAGMA foreign_key_check"), [])
        self.assertEqual(self.rows("PRAGMA quick_check"), [("ok",)])
        count = self.rows("SELECT (SELECT count(*) FROM rooms) - (SELECT count(*) FROM audit_log WHERE event = 'room.add')")[0][0]
        self.assertEqual(count, 0, "a room without its line in the audit log, or the other way round")

    def test_killed_at_any_moment_loses_nothing_that_was_acknowledged(self):
        chance = random.Random(4)
        acknowledged, refused, slowest = [], [], 0
        for turn in range(KILLS):
            rooms = [("/rooms", {"school": self.school, "name": f"{turn} {number}", "use": "receiving"}) for number in range(400)]
            writers = [Writer(self.port, self.cookie("coordinator"), rooms[:200]), Writer(self.port, self.cookie("coordinator"), rooms[200:]),
                       Writer(self.port, self.cookie("coordinator"), self.entries(turn, 12))]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0, 0.4))
            port = self.port
            type(self).stop(signal.SIGKILL)
            for writer in writers:
                writer.join(10)
                acknowledged += writer.acknowledged
                refused += writer.refused
            begin = time.monotonic()
            type(self).start(port)
            slowest = max(slowest, time.monotonic() - begin)
        self.check_whole(acknowledged)
        self.run_command("audit", "verify")
        kinds = {path: sum(1 for other, _, _ in acknowledged if other == path) for path in ("/rooms", "/timetable")}
        print(f"{KILLS} kills, acknowledged {kinds}, refused {refused[:1]}, slowest restart {slowest * 1000:.0f} ms")
        self.assertGreater(kinds["/rooms"], KILLS)
        self.assertGreater(kinds["/timetable"], 0)
        self.assertLess(slowest, RESTART_LIMIT_S)


class Faults(Served):
    lessons = ["music"]

    def lock(self):
        other = sqlite3.connect(self.folder / "duet.sqlite", isolation_level=None, check_same_thread=False)
        self.addCleanup(other.close)
        other.execute("BEGIN IMMEDIATE")
        return other

    def test_a_locked_database_is_a_503_within_two_seconds_and_then_works(self):
        other = self.lock()
        begin = time.monotonic()
        answer = self.add_room("被锁")
        waited = time.monotonic() - begin
        self.assert_problem(answer, 503, "try again")
        self.assertEqual(answer.header("retry-after"), "2")
        self.assertLess(waited, 2 * SLOWER)
        self.assertEqual(self.ask("coordinator", "GET", "/rooms").status, 200)
        other.execute("ROLLBACK")
        self.assertEqual(self.add_room("被锁").status, 201)

    def refuse(self, *paths):
        """Somebody asks for pages of others, and is told no."""
        for path in paths:
            self.assertEqual(self.ask("coordinator", "GET", path).status, 403)

    def last_audited(self, count):
        return self.rows("SELECT event, object, outcome FROM (SELECT * FROM audit_log ORDER BY number DESC LIMIT ?) ORDER BY number", count)

    def test_what_is_refused_while_the_database_is_locked_stands_in_the_audit_log_afterwards(self):
        self.cookie("coordinator")
        other, paths = self.lock(), ("/audit", "/export", "/audit/verify")
        self.refuse(*paths)
        answer = self.call("POST", "/api/v1/login", json.dumps({"name": "coordinator", "password": "falsch"}), kind=JSON)
        self.assertEqual(answer.status, 401)
        other.execute("ROLLBACK")
        self.assertEqual(self.add_room("danach").status, 201)
        self.assertEqual(self.last_audited(5), [("access", f"GET /api/v1{path}", "denied") for path in paths] + [
            ("login", "", "denied"), ("room.add", "danach", "done")])
        self.run_command("audit", "verify")

    def is_listening(self):
        try:
            Connection(self.port).close()
        except OSError:
            return False
        return True

    def test_what_still_waits_for_the_audit_log_is_written_when_the_program_ends(self):
        self.cookie("coordinator")
        other, port = self.lock(), self.port
        self.refuse("/export")
        self.process.send_signal(signal.SIGTERM)
        while self.is_listening():
            self.assertIsNone(self.process.poll())
        other.execute("ROLLBACK")  # before the 2 s are over that it is waited for
        self.assertEqual(self.process.wait(20), 0)
        self.process.stdout.close()
        type(self).process = None
        self.assertEqual(self.last_audited(1), [("access", "GET /api/v1/export", "denied")])
        type(self).start(port)

    def test_a_program_that_writes_for_a_moment_is_waited_for(self):
        self.cookie("coordinator")
        short = 0
        for number in range(40):
            other, begin, held = self.lock(), time.monotonic(), []

            def release(other=other, begin=begin, held=held):
                other.execute("ROLLBACK")
                held.append(time.monotonic() - begin)

            timer = threading.Timer(0.05, release)
            timer.start()
            status = self.add_room(f"稍等 {number}").status
            timer.join()
            if held[0] < 0.2:  # else the machine was busy, and the lock was no short one
                self.assertEqual(status, 201)
                short += 1
            if short == 3:
                return
        self.fail("no lock was short")

    def test_a_live_lesson_goes_on_while_the_database_is_locked(self):
        opened = Socket(self.port, {"Authorization": "Bearer " + self.token("music", "teacher-camera")})
        self.addCleanup(opened.close)
        opened.join("music")
        self.cookie("coordinator")
        other, answers = self.lock(), []
        ends = time.monotonic() + 4

        def write():
            while time.monotonic() < ends:
                answers.append(self.add_room("被锁着").status)
                time.sleep(0.02)

        writers = [threading.Thread(target=write) for _ in range(4)]
        for writer in writers:
            writer.start()
        slowest = 0
        while time.monotonic() < ends:
            begin = time.monotonic()
            opened.send({"type": "time", "t0": begin})
            opened.until("time", 20)
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.25)
        for writer in writers:
            writer.join()
        other.execute("ROLLBACK")
        print(f"the time of a lesson beside a locked database and four writers: {slowest * 1000:.0f} ms at most, {len(answers)} refused")
        self.assertEqual(set(answers), {503})
        self.assertLess(slowest, 1.5 * SLOWER)
        self.assertEqual(self.add_room("又可以写").status, 201)

    def test_one_program_serves_a_database(self):
        done = subprocess.run([PROGRAM, *self.arguments, "--set", "http.port=0"], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"process {self.process.pid}", done.stderr)
        done = self.run_command("restore", str(self.folder / "none"), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("stop it first", done.stderr)

    def test_the_metrics_tell_of_backups_and_disk(self):
        deadline = time.monotonic() + 20
        while "duet_signaling_backup_checked_seconds 0" in (text := self.call("GET", "/metrics").body.decode()):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        for line in ["duet_signaling_store_damaged 0", "duet_signaling_backup_failed 0"]:
            self.assertIn(line, text)
        self.assertRegex(text, r"\nduet_signaling_disk_free_bytes [1-9]")


class Damage(Served):
    settings = [*Served.settings, "backup.folder=FOLDER/copies"]

    def newest_copy(self):
        deadline = time.monotonic() + 20
        while not (copies := sorted((self.folder / "copies").glob("duet-*.sqlite"))):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        return copies[-1]

    def damage(self, table):
        page = self.rows("SELECT rootpage FROM sqlite_schema WHERE name = ?", table)[0][0]
        with open(self.folder / "duet.sqlite", "r+b") as file:
            file.seek((page - 1) * 4096)
            file.write(b"\x5a" * 4096)

    def test_a_damaged_database_is_not_served_and_a_backup_takes_its_place(self):
        port = self.port
        self.assertEqual(self.add_room("有备份").status, 201)
        copy = self.folder / "by-hand.sqlite"
        self.run_command("backup", str(copy))
        scheduled = self.newest_copy()
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        self.damage("rooms")
        self.rows("UPDATE lessons SET stage = stage WHERE id = 'e1'")
        # What is read now may still come from memory; what is written meets the damage sooner or later.
        deadline = time.monotonic() + 10
        while (answer := self.add_room(f"损坏 {random.random()}")).status == 201 and time.monotonic() < deadline:
            self.rows("UPDATE organisations SET created = created + 1")
        self.assert_problem(answer, 503)
        self.assertIn("duet_signaling_store_damaged 1", self.call("GET", "/metrics").body.decode())
        self.assert_problem(self.ask("coordinator", "POST", "/organisations", {"parent": 1, "kind": "school", "name": "新"}), 503)
        type(self).stop()

        done = subprocess.run([PROGRAM, *self.arguments, "--set", "http.port=0"], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        for word in ["store.path", "damaged", "minutes old: duet-signaling restore", str(scheduled)]:
            self.assertIn(word, done.stderr)

        done = self.run_command("restore", str(copy), check=False)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, str(self.folder / "duet.sqlite")), done.stderr)
        kept = re.search(r"is now (\S+)", done.stderr).group(1)
        self.assertTrue(pathlib.Path(kept).exists())
        type(self).start(port)
        self.assertIn("有备份", [row["name"] for row in self.list("rooms")])
        self.assertEqual(self.add_room("再写").status, 201)
        self.assertEqual(self.rows("SELECT person, outcome FROM audit_log WHERE event = 'store.restore'"), [("console", "done")])
        self.run_command("audit", "verify")


def own_disk():
    """How a program gets a small disk of its own here; None when this user may not."""
    for flags in ("-rm", "-m"):
        words = ["unshare", flags, "sh", "-c", 'mount -t tmpfs -o size=6m disk "$0" && exec "$@"']
        if shutil.which("unshare") and subprocess.run([*words, "/mnt", "true"], capture_output=True, check=False).returncode == 0:
            return words
    return None


@unittest.skipUnless(own_disk(), "no disk of its own for this user")
class FullDisk(Signaling):
    """Everything in one program's own mount: a script fills the disk and empties it again when it is told to."""
    lessons = []
    settings = ["limits.address_burst=100000", "limits.address_per_second=100000", "backup.minutes=0"]

    @classmethod
    def start(cls, port=0):
        disk = cls.folder / "disk"
        disk.mkdir()
        cls.arguments = [word.replace(f"store.path={cls.folder}", f"store.path={disk}") for word in cls.arguments]
        script = ('"$DUET" seed --demo "$@" >"$FOLDER/logins"; ("$DUET" "$@" --set http.port=0 & echo $! >"$FOLDER/pid"; wait);'
                  '"$DUET" audit verify "$@" >"$FOLDER/verified" 2>&1; cp "$FOLDER/disk/duet.sqlite" "$FOLDER/after.sqlite"')
        filler = ('(while [ -d "$FOLDER" ]; do if [ -e "$FOLDER/fill" ]; then [ -e "$FOLDER/disk/filler" ] || dd if=/dev/zero of="$FOLDER/disk/filler" bs=1k 2>/dev/null;'
                  ' : >"$FOLDER/filled"; else rm -f "$FOLDER/disk/filler" "$FOLDER/filled"; fi; sleep 0.05; done) & filler=$!; ')
        environment = {**os.environ, "DUET": PROGRAM, "FOLDER": str(cls.folder)}
        cls.process = subprocess.Popen([*own_disk(), str(disk), "sh", "-c", filler + script + "; kill $filler", "sh", *cls.arguments],
                                       stdout=subprocess.PIPE, text=True, env=environment)
        line = cls.process.stdout.readline()
        assert line.startswith("ready "), line
        cls.port = int(json.loads(line[6:])["url"].rstrip("/").rsplit(":", 1)[1])
        cls.url = f"http://127.0.0.1:{cls.port}/"

    @classmethod
    def stop(cls, how=signal.SIGTERM):
        if cls.process:
            os.kill(int((cls.folder / "pid").read_text()), how)
            cls.process.wait(20)
            cls.process.stdout.close()
            cls.process = None

    def wait_for(self, name, there):
        deadline = time.monotonic() + 10
        while (self.folder / name).exists() != there:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_a_full_disk_is_a_503_that_loses_nothing_and_ends_with_room(self):
        password = next(line.split("\t")[2] for line in (self.folder / "logins").read_text().splitlines() if line.startswith("coordinator\t"))
        login = self.call("POST", "/api/v1/login", json.dumps({"name": "coordinator", "password": password}), kind=JSON)
        cookie = {"Cookie": login.header("set-cookie").split(";")[0]}
        add = lambda name: self.call("POST", "/api/v1/rooms", json.dumps({"school": 2, "name": name, "use": "both"}), kind=JSON, headers=cookie)  # noqa: E731
        self.assertEqual(add("先").status, 201)
        (self.folder / "fill").touch()
        self.wait_for("filled", True)
        statuses = [add(f"满 {number}").status for number in range(40)]
        self.assertEqual(statuses[-1], 503)
        self.assertLessEqual(set(statuses), {201, 503})
        answer = add("满")
        self.assert_problem(answer, 503, "try again")
        self.assertTrue(answer.header("retry-after"))
        self.assertEqual(self.call("GET", "/api/v1/rooms", headers=cookie).status, 200)
        (self.folder / "fill").unlink()
        self.wait_for("filled", False)
        self.assertEqual(add("后").status, 201)
        names = [row["name"] for row in self.call("GET", "/api/v1/rooms?limit=500", headers=cookie).json()["rooms"]]
        for number, status in enumerate(statuses):
            self.assertEqual(f"满 {number}" in names, status == 201)
        type(self).stop()
        self.assertIn("each as it was written", (self.folder / "verified").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
