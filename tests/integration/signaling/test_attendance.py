"""Who was there: presences are written while a lesson is on, and go on over a restart."""
import signal
import time
import unittest

from moved_lesson import MovedLesson


class Attendance(MovedLesson):
    def test_attendance_is_written_and_goes_on_over_a_restart(self):
        relay, master, local = self.go_live()
        self.until(lambda: len(self.stays()) == 2)
        self.assertEqual(sorted(row[:2] for row in self.stays()),
                         sorted([("teacher-camera", self.room), (self.source_of_local(), self.receiving)]))
        self.assertEqual([row[3] for row in self.stays()], [None, None])
        joined = [row[2] for row in self.stays()]

        # the local teacher leaves, and comes back: two stays
        self.assertEqual(self.call("DELETE", local[0], token=local[1]).status, 200)
        self.until(lambda: sum(row[3] is None for row in self.stays()) == 1)
        self.send_picture(self.local, "")
        self.until(lambda: len(self.stays()) == 3)

        # killed: the relay tells of its sessions again, and both stays go on
        sessions = list(relay.sessions.values())
        port = self.port
        self.stop(signal.SIGKILL)
        relay.close()
        self.start(port)
        relay = self.relay(sessions=sessions)
        time.sleep(17)
        self.assertEqual(sum(row[3] is None for row in self.stays()), 2)
        self.assertEqual(self.stays()[0][2], joined[0])

        # killed for good: they ended when the server was last seen
        before = self.now()
        self.stop(signal.SIGKILL)
        relay.close()
        time.sleep(1)
        self.set_clock(self.now() + 600)
        self.start(port)
        self.until(lambda: all(row[3] for row in self.stays()), 25)
        self.assertAlmostEqual(max(row[3] for row in self.stays()), before, delta=12)
        self.assertTrue(master)


if __name__ == "__main__":
    unittest.main()
