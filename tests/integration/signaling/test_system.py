"""What the system administrator sees of the machine: relays and their load, sessions, the database, its disk and copies."""
import time
import unittest

from county import County


class System(County):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("root", "system_admin")

    def look(self):
        answer = self.ask("root", "GET", "/system")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def await_figures(self, right):
        """Events of a relay are taken a moment after they were sent."""
        for _ in range(80):
            figures = self.look()
            if right(figures):
                return figures
            time.sleep(0.05)
        self.fail(figures)

    def test_only_the_system_administrator_sees_it(self):
        self.assert_problem(self.ask("coordinator", "GET", "/system"), 403)
        self.assert_problem(self.ask(None, "GET", "/system"), 401)

    def test_the_database_its_disk_and_its_copies(self):
        figures = self.await_figures(lambda figures: figures["backup"]["last"])
        self.assertGreater(figures["database"]["bytes"], 100000)
        self.assertFalse(figures["database"]["damaged"])
        disk = figures["disk"]
        self.assertTrue(0 < disk["free_bytes"] <= disk["bytes"])
        self.assertEqual((disk["low_share"], disk["critical_share"]), (0.2, 0.05))
        backup = figures["backup"]
        self.assertRegex(backup["file"], r"^duet-\d{8}T\d{6}Z\.sqlite$")
        self.assertEqual((backup["every_min"], backup["failed"], backup["error"]), (15, False, ""))
        self.assertLess(figures["now"] - backup["last"], 60)
        self.assertGreater(backup["bytes"], 4096)

    def test_this_process(self):
        process = self.look()["signaling"]
        self.assertLess(abs(process["started"] - time.time()), 120)
        self.assertGreater(process["resident_bytes"], 1 << 20)

    def test_relays_with_their_load_and_after_they_are_gone(self):
        relay = self.relay(name="east", capacity=40)
        relay.event(type="load", sessions=12, cpu=0.5, rtp_out_pps=3200.0)
        figures = self.await_figures(lambda figures: any(row["sessions"] == 12 for row in figures["relays"]))
        [row] = [row for row in figures["relays"] if row["id"] == "east"]
        self.assertTrue(row["connected"])
        self.assertEqual((row["capacity"], row["cpu"], row["packets_out_per_s"]), (40, 0.5, 3200.0))
        self.assertTrue(row["version"])
        relay.event(type="load", sessions=3, cpu=-1, rtp_out_pps="many")
        figures = self.await_figures(lambda figures: any(row["sessions"] == 3 for row in figures["relays"]))
        [row] = [row for row in figures["relays"] if row["id"] == "east"]
        self.assertEqual((row["cpu"], row["packets_out_per_s"]), (0, 0))
        relay.close()
        figures = self.await_figures(lambda figures: not any(row["connected"] for row in figures["relays"]))
        self.assertEqual([row["id"] for row in figures["relays"] if row["since_s"] < 60], ["east"])

    def test_sessions_are_counted(self):
        self.relay(name="west")
        self.rows("INSERT INTO lessons (id, title, created) VALUES ('music', 'x', 0)")
        self.addCleanup(self.rows, "DELETE FROM lessons WHERE id = 'music'")
        self.assertEqual(self.look()["sessions"], {"publishers": 0, "viewers": 0})
        self.assertEqual(self.publish(self.token()).status, 201)
        self.assertEqual(self.await_figures(lambda figures: figures["sessions"]["publishers"])["sessions"], {"publishers": 1, "viewers": 0})


if __name__ == "__main__":
    unittest.main(verbosity=2)
