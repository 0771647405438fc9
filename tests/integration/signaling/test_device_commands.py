"""What people ask of boxes: a look at one now, and a restart. It arrives at once, is answered once, and nothing of it is old."""
import base64
import contextlib
import threading
import time
import unittest

from test_devices import Boxes

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 200


class Commands(Boxes):
    def command(self, device, name="coordinator", **body):
        return self.ask(name, "POST", f"/devices/{device.id}/commands", body)

    def asked(self, device, **body):
        answer = self.command(device, **body)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json()

    def state(self, device, command, name="coordinator"):
        return self.ask(name, "GET", f"/devices/{device.id}/commands/{command['id']}")

    def picture(self, device, command, name="coordinator"):
        return self.ask(name, "GET", f"/devices/{device.id}/commands/{command['id']}/picture")

    def finish(self, device, command, outcome="done", **body):
        return device.post(f"/device/commands/{command['id']}", {
            "outcome": outcome, "version": "1.2.3", "health": {"camera": "busy"}, "round_trip_ms": 31, **body})

    def audit(self, count):
        return self.rows("SELECT person, event, object, outcome, detail FROM audit_log ORDER BY number DESC LIMIT ?", count)[::-1]

    def held(self, device):
        """A question that is held by the server, and its answer once there is one."""
        answers = []

        def ask():
            with contextlib.suppress(OSError):  # the server is stopped, or nothing came in eight seconds
                answers.append((device.get("/device/commands"), time.monotonic()))

        thread = threading.Thread(target=ask)
        thread.start()
        self.addCleanup(thread.join)
        time.sleep(0.5)
        self.assertEqual(answers, [])
        return thread, answers

    def test_a_check_reaches_the_box_at_once_and_its_answer_the_page(self):
        device = self.enrolled()
        thread, answers = self.held(device)
        begin = time.monotonic()
        asked = self.asked(device, command="check")
        self.assertEqual((asked["command"], asked["state"], asked["result"], asked["picture"]), ("check", "waiting", None, "none"))
        self.assertEqual(asked["expires"] - asked["asked"], 60)
        thread.join(5)
        answer, at = answers[0]
        self.assertLess(at - begin, 1)
        self.assertEqual(answer.json()["commands"], [{"id": asked["id"], "command": "check", "in_lesson": False, "picture": False}])
        self.assertEqual(self.state(device, asked).json()["state"], "sent")
        self.assertEqual(self.finish(device, asked).status, 200)
        done = self.state(device, asked).json()
        self.assertEqual((done["state"], done["result"]), ("done", {"health": {"camera": "busy"}, "round_trip_ms": 31}))
        row = next(row for row in self.list("devices") if row["id"] == device.id)
        self.assertEqual(row["health"], {"camera": "busy"})
        self.assertEqual(self.audit(2), [
            ("coordinator", "device.check", f"device {device.id}", "done", ""),
            (f"device {device.id}", "device.check", f"device {device.id}", "done", "")])
        self.assert_problem(self.finish(device, asked), 404, "Nobody waits")

    def test_what_was_asked_while_nobody_listened_waits_and_is_handed_out_once(self):
        device = self.enrolled()
        asked = self.asked(device, command="check")
        again = self.asked(device, command="check")
        self.assertEqual(again["id"], asked["id"])
        self.assertEqual([row["id"] for row in device.get("/device/commands").json()["commands"]], [asked["id"]])
        self.held(device)
        self.finish(device, asked, "failed")
        self.assertEqual(self.state(device, asked).json()["state"], "failed")
        self.assertNotEqual(self.asked(device, command="check")["id"], asked["id"])

    def test_a_broken_line_takes_no_command_with_it(self):
        device = self.enrolled()
        first, answers = self.held(device)
        second, later = self.held(device)  # asked over a new line, while the old one still looks alive
        first.join(5)
        self.assertEqual(answers[0][0].json()["commands"], [])
        asked = self.asked(device, command="check")
        second.join(5)
        self.assertEqual([row["id"] for row in later[0][0].json()["commands"]], [asked["id"]])

    def test_a_picture_is_kept_for_a_moment_and_who_looks_at_it_is_noted(self):
        device = self.enrolled("录播教室一", "capture")
        asked = self.asked(device, command="check", picture=True)
        self.assertEqual(asked["picture"], "none")
        self.assertTrue(device.get("/device/commands").json()["commands"][0]["picture"])
        self.assert_problem(self.picture(device, asked), 404, "no picture")
        self.finish(device, asked, picture=base64.b64encode(JPEG).decode())
        self.assertEqual(self.state(device, asked).json()["picture"], "there")
        answer = self.picture(device, asked)
        self.assertEqual((answer.status, answer.body, answer.header("content-type"), answer.header("cache-control")), (200, JPEG, "image/jpeg", "no-store"))
        self.assertEqual([row[1:] for row in self.audit(3)], [
            ("device.check", f"device {device.id}", "done", '{"picture":true}'), ("device.check", f"device {device.id}", "done", ""),
            ("device.picture", f"device {device.id}", "done", "")])
        self.assertNotIn(base64.b64encode(JPEG)[:40].decode(), (self.folder / "duet.sqlite").read_bytes().decode("latin-1"))

    def test_a_picture_that_is_none_or_too_large_is_left_out(self):
        device = self.enrolled("录播教室一", "capture")
        for data in (b"GIF89a", b"", b"\xff\xd8\xff" + bytes(64 * 1024), None):
            with self.subTest(data and data[:6]):
                asked = self.asked(device, command="check", picture=True)
                device.get("/device/commands")
                text = "!" if data is None else base64.b64encode(data).decode()
                self.assertEqual(self.finish(device, asked, picture=text).status, 200)
                self.assertEqual([self.state(device, asked).json()[key] for key in ("state", "picture")], ["done", "none"])
        asked = self.asked(device, command="check")
        device.get("/device/commands")
        self.finish(device, asked, picture=base64.b64encode(JPEG).decode())  # that nobody asked for
        self.assertEqual(self.state(device, asked).json()["picture"], "none")

    def test_without_consent_no_picture_is_asked_for(self):
        device = self.enrolled()
        room = self.id_of("rooms", "三年级教室")
        self.rows("UPDATE pairings SET consent = 1 WHERE receiving_room = ?", room)
        asked = self.asked(device, command="check", picture=True)
        self.assertTrue(device.get("/device/commands").json()["commands"][0]["picture"])
        self.finish(device, asked)
        self.rows("UPDATE pairings SET consent = 0 WHERE id = (SELECT max(id) FROM pairings WHERE receiving_room = ?)", room)
        self.addCleanup(self.rows, "UPDATE pairings SET consent = 1")
        asked = self.asked(device, command="check", picture=True)
        self.assertEqual(asked["picture"], "forbidden")
        self.assertFalse(device.get("/device/commands").json()["commands"][0]["picture"])
        self.finish(device, asked, picture=base64.b64encode(JPEG).decode())
        self.assertEqual([self.state(device, asked).json()[key] for key in ("state", "picture")], ["done", "forbidden"])
        self.assert_problem(self.picture(device, asked), 404)

    def test_a_restart_is_done_when_the_box_has_proven_itself_anew(self):
        device = self.enrolled()
        self.put_all_lessons_off()
        asked = self.asked(device, command="restart")
        device.prove()
        self.assertEqual(self.state(device, asked).json()["state"], "waiting")  # it has not even heard of it
        device.get("/device/commands")
        self.finish(device, asked)
        self.assertEqual(self.state(device, asked).json()["state"], "sent")
        device.prove()
        self.assertEqual(self.state(device, asked).json()["state"], "done")

    def test_a_restart_in_a_lesson_has_to_be_confirmed_and_the_box_may_refuse(self):
        device = self.enrolled("录播教室一", "capture")
        self.put_all_lessons_off()
        self.lesson_now(device)
        self.assert_problem(self.command(device, command="restart"), 409, "going on")
        self.assertEqual(self.command(device, command="check").status, 201)
        asked = self.asked(device, command="restart", in_lesson=True)
        self.assertEqual(self.audit(1)[0][1:], ("device.restart", f"device {device.id}", "done", '{"in_lesson":true}'))
        self.assertEqual([row["in_lesson"] for row in device.get("/device/commands").json()["commands"]], [False, True])
        self.finish(device, asked, "refused")
        self.assertEqual(self.state(device, asked).json()["state"], "refused")
        self.assertEqual(self.audit(1)[0][3], "denied")

    def test_whose_device_it_is_not_asks_in_vain(self):
        self.add_person("elsewhere", "coordinator", self.id_of("organisations", "石沟教学点"))
        self.add_person("onlooker", "inspector", 1)
        device, other = self.enrolled(), self.enrolled()
        asked = self.asked(device, command="check", picture=True)
        for name, sentence in (("elsewhere", "not yours"), ("onlooker", None)):
            self.assert_problem(self.command(device, name, command="check"), 403, sentence or "")
            self.assert_problem(self.state(device, asked, name), 403)
            self.assert_problem(self.picture(device, asked, name), 403)
        self.assert_problem(self.state(other, asked), 404, "forgotten")
        self.assert_problem(self.finish(other, asked), 404)
        self.assertEqual(self.ask(None, "GET", "/device/commands").status, 401)
        self.assert_problem(self.command(device, command="explode"), 400, "check or restart")
        self.revoke(device, in_lesson=True)
        self.assert_problem(self.command(device, command="check"), 409, "revoked")

    def test_what_the_box_says_has_to_be_something(self):
        device = self.enrolled()
        asked = self.asked(device, command="check")
        device.get("/device/commands")
        for body in ({"outcome": "sent"}, {"health": "fine"}, {"health": {"x": "y" * 2000}}, {"round_trip_ms": -1}, {"level_dbfs": 1}, {"level_dbfs": "loud"}):
            with self.subTest(body):
                self.assertEqual(self.finish(device, asked, **body).status, 400)
        self.assertEqual(self.state(device, asked).json()["state"], "sent")

    def test_a_stop_of_the_server_waits_for_no_question(self):
        device = self.enrolled()
        thread, answers = self.held(device)
        begin = time.monotonic()
        self.stop()
        self.assertLess(time.monotonic() - begin, 1.5)
        thread.join(5)
        self.start(self.port)


if __name__ == "__main__":
    unittest.main(verbosity=2)
