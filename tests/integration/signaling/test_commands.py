"""The command line: each mistake gets one sentence that names the setting or option."""
import os
import pathlib
import re
import socket
import ssl
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["DUET_SIGNALING"]


class Commands(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="duet-signaling-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *args):
        return subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=30, cwd=self.folder, check=False)

    def assert_error(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertTrue(done.stderr.startswith("duet-signaling: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_wrong_command_lines(self):
        for args, word in [
            (["--nonsense"], "--nonsense"), (["dance"], "dance"), (["--set"], "--set"), (["--config"], "--config"),
            (["lesson"], "add or list"), (["lesson", "add", "x"], "--title"), (["person"], "add"),
            (["person", "add", "wang"], "--role"), (["person", "add", "wang", "--role", "king"], "king"),
            (["token"], "--lesson"), (["token", "--lesson", "a"], "--publish"), (["token", "--lesson", "a b"], "--lesson"),
            (["token", "--lesson", "a", "--watch", "*", "--ttl", "soon"], "--ttl"),
            (["token", "--lesson", "a", "--watch", "a,,b"], "--watch"), (["token", "--lesson"], "--lesson"),
            (["token", "--lesson", "a", "--watch", "*", "--ttl", "999d"], "--ttl"), (["cert", "--host"], "--host"),
            (["backup"], "FILE"), (["audit"], "verify"), (["audit", "verify", "--expect"], "verify"), (["audit", "verify", "--expect", "ab"], "64"),
        ]:
            with self.subTest(args):
                self.assert_error(self.run_program(*args), 2, word, "--help")

    def test_wrong_settings(self):
        for args, *words in [
            (["--set", "http.prot=1"], "http.prot"), (["--set", "http.port=70000"], "http.port", "65535"),
            (["--set", "http.port=x"], "http.port"), (["--config", "/none.yaml"], "/none.yaml"),
            (["--set", "http.listen=[nowhere]"], "http.listen", "nowhere"), (["--set", "http.listen=[]"], "http.listen"),
            (["--set", "http.listen=[0.0.0.0]"], "http.listen", "http.certificate", "http.allow_plain"),
            (["--set", "http.listen=[192.0.2.1]", "--set", "http.allow_plain=true"], "http.listen", "192.0.2.1"),
            (["--set", "http.certificate=x.pem"], "http.key"), (["--set", "http.key=x.pem"], "http.certificate"),
            (["--set", "http.certificate=none.pem", "--set", "http.key=none.key"], "none.pem"),
            (["--set", "relay.key=short"], "relay.key", "16"), (["--set", "relay.key_file=none"], "relay.key_file", "none"),
            (["--set", "store.path=/none/x.sqlite"], "store.path", "/none"), (["--set", "store.path="], "store.path"),
            (["--set", "token.key_file=/none/key"], "token.key_file", "/none"),
            (["--set", "ice.servers=[http://x]"], "ice.servers"), (["--set", 'ice.servers=["turn:x"]'], "ice.servers"),
            (["--set", "http.trusted_proxies=[10.0.0.0/99]"], "http.trusted_proxies"),
            (["--set", "log.levels=loud"], "log.levels"),
        ]:
            with self.subTest(args):
                self.assert_error(self.run_program(*args), 1, *words)

    def test_a_config_file_error_names_file_and_line(self):
        (self.folder / "bad.yaml").write_text("http:\n  port: 8080\n  prot: 1\n")
        self.assert_error(self.run_program("--config", "bad.yaml"), 1, "bad.yaml:3", "http.prot")

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            done = self.run_program("--set", f"http.port={port}", "--set", "http.listen=[127.0.0.1]")
            self.assert_error(done, 1, "http.port", f"TCP port {port} is already in use")

    def test_what_the_console_adds_stands_in_the_audit_log(self):
        database = ["--set", "store.path=duet.sqlite"]
        self.assert_error(self.run_program(*database, "audit", "verify"), 1, "store.path", "duet.sqlite")
        self.assertFalse((self.folder / "duet.sqlite").exists())
        self.assertEqual(self.run_program(*database, "lesson", "add", "music", "--title", "音乐").returncode, 0)
        self.assertEqual(self.run_program(*database, "lesson", "add", "music", "--title", "音乐").returncode, 1)
        first = self.run_program(*database, "audit", "verify").stdout
        self.assertRegex(first, r"^entries: 1, each as it was written\nlast hash: [0-9a-f]{64}\n$")
        done = self.run_program(*database, "person", "add", "wang", "--role", "master_teacher", "--lesson", "music")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.run_program(*database, "person", "add", "li", "--role", "inspector", "--lesson", "none").returncode, 1)
        kept = self.run_program(*database, "audit", "verify", "--expect", first.split()[-1])
        self.assertEqual(kept.stdout.splitlines()[0], "entries: 2, each as it was written")
        self.assert_error(self.run_program(*database, "audit", "verify", "--expect", "0" * 64), 1, "0" * 64, "cut off")
        import sqlite3
        with sqlite3.connect(self.folder / "duet.sqlite") as connection:
            rows = connection.execute("SELECT person, event, object, outcome FROM audit_log ORDER BY number").fetchall()
            self.assertEqual(rows, [("console", "lesson.add", "music", "done"), ("console", "person.add", "wang", "done")])
            with self.assertRaises(sqlite3.IntegrityError):
                connection.execute("DELETE FROM audit_log")
            connection.execute("DROP TRIGGER audit_log_never_changes")
            connection.execute("UPDATE audit_log SET object = 'zhao' WHERE number = 2")
        connection.close()
        self.assert_error(self.run_program(*database, "audit", "verify"), 1, "entry 2")

    def test_a_backup_is_a_database_of_its_own(self):
        database = ["--set", "store.path=duet.sqlite"]
        self.assertEqual(self.run_program(*database, "lesson", "add", "music", "--title", "音乐").returncode, 0)
        self.assertEqual(self.run_program(*database, "backup", "copy.sqlite").stdout, "copy.sqlite\n")
        self.assertEqual(self.run_program("--set", "store.path=copy.sqlite", "lesson", "list").stdout, "music\t音乐\n")
        self.assert_error(self.run_program(*database, "backup", "none/copy.sqlite"), 1, "none/copy.sqlite", "No such file")
        self.assert_error(self.run_program(*database, "backup", "duet.sqlite"), 1, "duet.sqlite", "the database itself")
        (self.folder / "duet.sqlite").rename(self.folder / "lost.sqlite")
        self.assert_error(self.run_program(*database, "backup", "copy.sqlite"), 1, "store.path", "duet.sqlite")
        self.assertEqual(self.run_program("--set", "store.path=copy.sqlite", "lesson", "list").stdout, "music\t音乐\n")

    def test_a_database_that_is_none_or_newer_is_refused(self):
        (self.folder / "bad.sqlite").write_text("this is not a database, but it is long enough to look at" * 100)
        self.assert_error(self.run_program("--set", "store.path=bad.sqlite"), 1, "store.path", "bad.sqlite")
        import sqlite3
        with sqlite3.connect(self.folder / "newer.sqlite") as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        self.assert_error(self.run_program("--set", "store.path=newer.sqlite"), 1, "store.path", "newer")

    def test_keys_that_others_can_read_are_refused(self):
        key = self.folder / "token.key"
        key.write_text("0" * 64)
        key.chmod(0o644)
        self.assert_error(self.run_program("--set", "token.key_file=token.key"), 1, "token.key_file", "chmod 600")
        key.chmod(0o600)
        key.write_text("too short")
        self.assert_error(self.run_program("--set", "token.key_file=token.key"), 1, "token.key_file")

    def test_lessons_and_people(self):
        self.assertEqual(self.run_program("lesson", "add", "music", "--title", "三年级 音乐").returncode, 0)
        self.assert_error(self.run_program("lesson", "add", "music", "--title", "x"), 1, "music")
        self.assert_error(self.run_program("lesson", "add", "sessions", "--title", "x"), 1, "sessions")
        self.assert_error(self.run_program("lesson", "add", "a/b", "--title", "x"), 1)
        self.assertEqual(self.run_program("lesson", "list").stdout, "music\t三年级 音乐\n")
        done = self.run_program("person", "add", "王老师", "--role", "master_teacher", "--lesson", "music")
        self.assertRegex(done.stdout, r"^[A-Za-z0-9]{16}\n$")
        self.assert_error(self.run_program("person", "add", "王老师", "--role", "inspector"), 1, "王老师")
        self.assert_error(self.run_program("person", "add", "li", "--role", "inspector", "--lesson", "none"), 1, "--lesson")

    def test_token_prints_one_token_and_warns_of_an_unknown_lesson(self):
        done = self.run_program("token", "--lesson", "music", "--watch", "*")
        self.assertRegex(done.stdout, r"^[\w-]+\.[\w-]+\.[\w-]+\n$")
        self.assertIn("no lesson music", done.stderr)
        self.run_program("lesson", "add", "music", "--title", "x")
        self.assertEqual(self.run_program("token", "--lesson", "music", "--watch", "*").stderr, "")

    def test_options_of_the_program_may_stand_after_the_command(self):
        done = self.run_program("lesson", "add", "music", "--title", "x", "--set", "store.path=other.sqlite")
        self.assertEqual(done.returncode, 0)
        self.assertTrue((self.folder / "other.sqlite").exists())

    def test_help_version_and_config(self):
        usage = self.run_program("--help").stdout
        for word in ["token --lesson", "lesson add", "person add", "cert", "http.port", "limits.connections"]:
            self.assertIn(word, usage)
        self.assertRegex(self.run_program("--version").stdout, r"^duet-signaling \d+\.\d+\.\d+\n$")
        self.assertIn("port:", self.run_program("--print-config").stdout)

    def test_cert_is_accepted_and_its_authority_stays(self):
        done = self.run_program("cert", "--out", "tls", "--host", "school.local", "--host", "192.0.2.7", "--host", "::1")
        self.assertEqual(done.returncode, 0, done.stderr)
        folder = self.folder / "tls"
        for key in ["duet-ca.key", "duet.key"]:
            self.assertEqual((folder / key).stat().st_mode & 0o077, 0)
        first = (folder / "duet-ca.pem").read_bytes()
        text = subprocess.run(["openssl", "x509", "-in", folder / "duet.pem", "-noout", "-text"],
                              capture_output=True, text=True, check=True).stdout
        for word in ["DNS:school.local", "IP Address:192.0.2.7", "IP Address:0:0:0:0:0:0:0:1", "TLS Web Server",
                     "prime256v1", "CA:FALSE"]:
            self.assertIn(word, text)
        days = re.search(r"Not Before: .*\n.*Not After : (.*)", text)
        self.assertIsNotNone(days)
        ssl.create_default_context(cafile=str(folder / "duet-ca.pem")).load_cert_chain(
            folder / "duet.pem", folder / "duet.key")
        self.assertEqual(self.run_program("cert", "--out", "tls").returncode, 0)
        self.assertEqual((folder / "duet-ca.pem").read_bytes(), first)
        subprocess.run(["openssl", "verify", "-CAfile", folder / "duet-ca.pem", folder / "duet.pem"],
                       check=True, capture_output=True)
        self.assert_error(self.run_program("cert", "--out", "tls", "--host", "a b"), 1, "--host")


if __name__ == "__main__":
    unittest.main()
