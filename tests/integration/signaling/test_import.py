"""CSV files of schools, people, rooms, bells and lessons: every mistake by row and column before anything is written."""
import json
import threading
import time
import unittest

from exchange import CSV, Exchange

SCHOOLS = "县,学校,时区\r\n"
PEOPLE = "姓名,角色,学校\r\n"
ROOMS = "学校,教室,用途\r\n"
BELLS = "学校,作息,开始日期,结束日期,节次,上课时间,下课时间\r\n"
LESSONS = "学期,学校,教室,教师,学科,年级,星期,节次,单双周,接收教室\r\n"


class Import(Exchange):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_person("root", "system_admin")

    # ---- a file as such --------------------------------------------------------------------------

    def test_500_rows_with_6_mistakes_name_all_6_and_write_nothing(self):
        rows = [[f"教师{i:03}", "主讲教师", "实验小学"] for i in range(500)]
        rows[3][0] = ""
        rows[17][1] = "校长"
        rows[18][2] = "白羊教学点"
        rows[301][0] = "王芳"
        rows[302][0] = "长" * 22
        rows[499][2] = ""
        told = self.faults("people", PEOPLE + "".join(",".join(row) + "\r\n" for row in rows))
        self.assertEqual(told, [(5, 1, "required"), (19, 2, "invalid_teacher_role"), (20, 3, "unknown_organisation"),
                                (303, 1, "person_there"), (304, 1, "invalid_name"), (501, 3, "required")])

    def test_a_fault_says_what_stands_there_and_what_to_do(self):
        answer = self.upload("people", PEOPLE + "甲一,校长,实验小学\r\n乙一,主讲,实验小学\r\n乙一,主讲,实验小学\r\n", check=True).json()
        (role,), (twice,) = answer["faults"], answer["warnings"]
        self.assertEqual((role["name"], role["value"]), ("角色", "校长"))
        self.assertEqual(role["text"], "校长 is no role; write master teacher or local teacher.")  # a coordinator brings no others
        self.assertEqual((twice["code"], twice["row"], twice["other"]), ("same_name", 4, "3"))
        self.assertEqual(answer["columns"], ["姓名", "角色", "学校"])
        self.assertEqual(answer["table"][0], {"row": 2, "cells": ["甲一", "校长", "实验小学"]})
        self.assertEqual(answer["rows"], 3)

    def test_encodings_line_ends_columns_in_any_order_and_quotes_with_line_breaks(self):
        for number, (data, place) in enumerate([
            ((PEOPLE + "人0,主讲,实验小学\r\n人0x,主讲,实验小学").encode("utf-8-sig"), 2),
            ((PEOPLE + "人1,主讲,实验小学\r\n人1x,主讲,实验小学\r\n").encode("gbk"), 2),
            ("School,Name,Role\n实验小学,人2,Master_Teacher\n\n实验小学,人2x,local teacher\n".encode(), 2),
            ("学校\t角色 *\t姓名\r\n实验小学\t助教\t人3\r\n实验小学\t助教\t人3x\r\n".encode("utf-16"), 2),
            ("姓名,学校,ROLE\r人4,实验小学,\"master\n teacher\"\r人4x,实验小学,主讲\r".encode(), 1),
        ]):
            with self.subTest(number):
                answer = self.upload("people", data, check=True).json()
                self.assertEqual(answer["rows"], 2, answer)
                self.assertEqual(answer["fault_count"], 2 - place, answer["faults"])
                if place == 2:
                    self.assertEqual(self.upload("people", data).status, 200)
                    self.assertIn(f"人{number}x", {row["name"] for row in self.list("people")})
        # a line break within quotes is a line of an editor, but no row of a spreadsheet
        text = PEOPLE + "\r\n\"多\r\n行\",主讲,实验小学\r\n末,校长,实验小学\r\n"
        self.assertEqual(self.faults("people", text), [(3, 1, "invalid_name"), (4, 2, "invalid_teacher_role")])

    def test_what_is_no_table(self):
        for data, expected in [
            (b"", (0, 0, "empty")),
            (PEOPLE.encode(), (0, 0, "empty")),
            (b"PK\x03\x04" + bytes(100), (0, 0, "workbook")),
            (bytes(range(256)) * 40, (1, 0, "encoding")),
            ((PEOPLE + "甲二,主讲,\"实验小学").encode(), (2, 3, "open_quote")),
            ((PEOPLE + "\"甲二\"x,主讲,实验小学").encode(), (2, 1, "after_quote")),
            (("a," * 80).encode(), (1, 0, "too_many_cells")),
            ("姓名,角色,电话\n甲二,主讲,123\n".encode(), (1, 0, "missing_column")),
            ("姓名,角色,学校,name\n甲二,主讲,实验小学,\n".encode(), (1, 4, "duplicate_column")),
            ((PEOPLE + "甲二,主讲,实验小学,一,二\n").encode(), (2, 4, "extra_cell")),
        ]:
            with self.subTest(expected):
                self.assertIn(expected, self.faults("people", data))
        self.assertIn((1, 3, "unknown_column"), self.faults("people", "姓名,角色,电话\n甲二,主讲,123\n"))

    def test_huge_files_and_other_types_are_refused(self):
        self.assert_problem(self.upload("people", b"x" * (2 * 1024 * 1024 + 1)), 413)
        many = PEOPLE + "".join(f"多{i},主讲,实验小学\n" for i in range(5001))
        self.assertEqual(self.faults("people", many), [(5002, 0, "too_many_rows")])
        answer = self.ask("coordinator", "POST", "/imports/people", {"a": 1})
        self.assert_problem(answer, 415, "text/csv")
        foreign = self.call("POST", "/api/v1/imports/people", PEOPLE.encode(), kind=CSV,
                            headers={"Cookie": self.cookie("coordinator"), "Origin": "https://evil.example"})
        self.assert_problem(foreign, 403)

    def test_templates_can_be_filled_in_and_their_examples_are_never_imported(self):
        for kind in ("schools", "people", "rooms", "bells", "timetable"):
            for language in ("zh-CN", "en"):
                answer = self.ask("coordinator", "GET", f"/imports/{kind}/template/{language}")
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.body.startswith(b"\xef\xbb\xbf"))
                self.assertIn("attachment", answer.header("content-disposition"))
                codes = {code for _, _, code in self.faults(kind, answer.body)}
                self.assertTrue(codes)
                self.assertLessEqual(codes, {"unknown_organisation", "unknown_person", "unknown_room", "unknown_subject", "unknown_term"})
        self.assert_problem(self.ask("coordinator", "GET", "/imports/people/template/fr"), 404)

    # ---- people ----------------------------------------------------------------------------------

    def test_500_people_log_in_with_what_was_told_once_and_the_loop_goes_on(self):
        text = PEOPLE + "".join(f"新人{i:03},{'辅助教师' if i % 2 else '主讲教师'},青山县/实验小学\r\n" for i in range(500))
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.upload("people", text)))
        start = time.monotonic()
        thread.start()
        slowest = self.slowest_answer_while(thread)
        took = time.monotonic() - start
        thread.join()
        answer = answers[0]
        print(f"500 people in {took:.2f} s, other answers within {slowest * 1000:.0f} ms")
        self.assertEqual(answer.status, 200, answer.body[:300])
        self.assertEqual(answer.header("cache-control"), "no-store")
        people = answer.json()["people"]
        self.assertEqual(len({person["password"] for person in people}), 500)
        self.assertLess(took, 20)
        person = people[77]
        self.assertEqual((person["name"], person["role"]), ("新人077", "local_teacher"))
        answer = self.log_in("新人077", person["password"])
        self.assertEqual(answer.status, 200)
        me = self.call("GET", "/api/v1/me", headers={"Cookie": answer.header("set-cookie").split(";")[0]}).json()
        self.assertTrue(me["must_change"])
        self.assertEqual(self.log_in("新人077", people[78]["password"]).status, 401)
        self.assertEqual(self.log_in("新人078", person["password"]).status, 401)
        stored = self.rows("SELECT * FROM people WHERE name LIKE '新人%'")
        self.assertNotIn(person["password"], json.dumps(stored))
        events = self.rows("SELECT count(*) FROM audit_log WHERE event = 'person.add' AND object LIKE '新人%' AND person = 'coordinator'")
        self.assertEqual(events[0][0], 500)
        self.assertNotIn(person["password"], json.dumps(self.rows("SELECT * FROM audit_log"), ensure_ascii=False))
        self.assertIn("entries", self.run_command("audit", "verify"))
        self.assertEqual(self.faults("people", text)[0], (2, 1, "person_there"))

    def test_two_people_of_one_name_come_in_one_file_and_both_log_in(self):
        text = PEOPLE + "王晓芳,主讲,实验小学\n王晓芳,助教,实验小学\n王晓芳,主讲,红旗小学\n"
        told = self.upload("people", text, check=True).json()
        self.assertEqual((told["fault_count"], [(row["row"], row["column"], row["code"], row["other"]) for row in told["warnings"]]),
                         (0, [(3, 1, "same_name", "2")]))
        answer = self.upload("people", text).json()
        self.assertEqual([row["code"] for row in answer["warnings"]], ["same_name"])
        self.assertEqual([(row["name"], row["login"]) for row in answer["people"]], [("王晓芳", "王晓芳"), ("王晓芳", "王晓芳2"), ("王晓芳", "王晓芳3")])
        for person in answer["people"]:
            got = self.log_in(person["login"], person["password"])
            self.assertEqual((got.status, got.json()["name"], got.json()["role"]), (200, "王晓芳", person["role"]))
        self.assertEqual(self.log_in("王晓芳", answer["people"][1]["password"]).status, 401)
        # once more it is a mistake, unless a login says that it is somebody else
        self.assertEqual(self.faults("people", text), [(row, 1, "person_there") for row in (2, 3, 4)])
        head = PEOPLE.replace("\r\n", ",账号\r\n")
        self.assertEqual(self.upload("people", head + "王晓芳,主讲,实验小学,W1001\n").json()["people"][0]["login"], "W1001")

    def test_logins_in_a_file_are_one_persons_each(self):
        head = PEOPLE.replace("\r\n", ",Login\r\n")
        self.assertEqual(self.upload("people", head + "丁一,主讲,实验小学,ding\n丁二,主讲,实验小学,\n").status, 200)
        self.assertEqual(self.faults("people", head + "丁三,主讲,实验小学,DING\n丁四,主讲,实验小学,d4\n丁五,主讲,实验小学,Ｄ4\n丁六,主讲,实验小学,console\n"
                                     "丁七,主讲,实验小学,丁二\n"),
                         [(2, 4, "login_taken"), (4, 4, "duplicate"), (5, 4, "invalid_login"), (6, 4, "login_taken")])
        # what a later row is to log in with is not given to an earlier one
        people = self.upload("people", head + "丁八,主讲,实验小学,\n丁九,主讲,实验小学,丁八\n").json()["people"]
        self.assertEqual([row["login"] for row in people], ["丁八2", "丁八"])

    def test_nobody_imports_into_others_schools_or_makes_administrators(self):
        self.add_person("headmaster", "coordinator", self.id_of("organisations", "白杨教学点"))
        text = PEOPLE + "己一,主讲,白杨教学点\n己二,主讲,实验小学\n己三,教务,青山县\n己四,system_admin,白杨教学点\n"
        self.assertEqual(self.faults("people", text, name="headmaster"),
                         [(3, 3, "unknown_organisation"), (4, 2, "role_not_yours"), (4, 3, "unknown_organisation"), (5, 2, "invalid_teacher_role")])
        # a coordinator makes teachers only, here as anywhere
        others = PEOPLE + "庚一,教务,青山县\n庚二,督导,白杨教学点\n"
        self.assertEqual(self.faults("people", others), [(2, 2, "role_not_yours"), (3, 2, "role_not_yours")])
        self.assertEqual(self.upload("people", others, name="root").status, 200)
        for name in ("王芳", None):
            for kind in ("people", "timetable"):
                answer = self.send(name, f"/imports/{kind}", PEOPLE.encode())
                self.assert_problem(answer, 403 if name else 401)

    def test_an_administrator_is_told_of_all_roles_that_come_in_files(self):
        fault, = self.upload("people", PEOPLE + "甲一,校长,实验小学\n", check=True, name="root").json()["faults"]
        self.assertIn("coordinator, master teacher, local teacher or inspector", fault["text"])

    # ---- schools, rooms and bells ----------------------------------------------------------------

    def test_270_schools_come_in_a_file(self):
        county = self.id_of("organisations", "青山县")
        text = SCHOOLS + "".join(f"青山县,第{number}小学,{'Asia/Urumqi' if number == 7 else ''}\n" for number in range(270))
        self.assertEqual(self.faults("schools", text), [])
        self.assertEqual(self.upload("schools", text).status, 200)
        made = {row["name"]: row for row in self.list("organisations")}
        self.assertEqual([made[f"第{number}小学"]["zone"] for number in (7, 269)], ["Asia/Urumqi", "Asia/Shanghai"])
        self.assertEqual({made[f"第{number}小学"]["parent"] for number in range(270)}, {county})
        events = self.rows("SELECT count(*) FROM audit_log WHERE event = 'organisation.add' AND object LIKE '第%小学' AND person = 'coordinator'")
        self.assertEqual(events[0][0], 270)
        self.assertEqual(self.faults("schools", SCHOOLS + "青山县,第3小学,\n别的县,甲小学,\n实验小学,乙小学,\n青山县,丙小学,北京\n青山县,,\n青山县,丁小学,\n青山县,丁小学,\n"),
                         [(2, 2, "taken"), (3, 1, "unknown_organisation"), (4, 1, "not_a_county"), (5, 3, "invalid_zone"), (6, 2, "required"), (8, 2, "duplicate")])
        self.add_person("village", "coordinator", self.id_of("organisations", "白杨教学点"))  # who keeps one school makes no others
        self.assertEqual(self.faults("schools", SCHOOLS + "青山县,戊小学,\n", name="village"), [(2, 1, "unknown_organisation")])
        self.assert_problem(self.send("王芳", "/imports/schools", text.encode()), 403)
        self.rows("DELETE FROM organisations WHERE name LIKE '第%小学'")


    def test_rooms(self):
        text = ROOMS + "实验小学,新教室,主讲\n石沟教学点,新教室,receiving\n红旗小学,空,\n"
        self.assertEqual(self.faults("rooms", text), [])
        self.assertEqual(self.upload("rooms", text).status, 200)
        uses = {(room["school"], room["name"]): room["use"] for room in self.list("rooms")}
        self.assertEqual(uses[self.id_of("organisations", "实验小学"), "新教室"], "master")
        self.assertEqual(uses[self.id_of("organisations", "红旗小学"), "空"], "both")
        self.assertEqual(self.faults("rooms", text + "青山县,x,\n实验小学,y,z\n石沟教学点,双,\n石沟教学点,双,\n实验小学,,主讲\n"),
                         [(2, 2, "taken"), (3, 2, "taken"), (4, 2, "taken"), (5, 1, "not_a_school"), (6, 3, "invalid_use"),
                          (8, 2, "duplicate"), (9, 2, "required")])

    def test_bells(self):
        text = BELLS + "石沟教学点,冬季,2031/11/1,2032年2月28日,1,8:40,9：20\n石沟教学点,冬季,2031-11-01,2032-02-28,第2节,09:30:00,10:10\n"
        self.assertEqual(self.upload("bells", text).json()["sets"], 1)
        school = self.id_of("organisations", "石沟教学点")
        sets = self.ask("coordinator", "GET", f"/organisations/{school}/bells").json()["sets"]
        periods = next(each["periods"] for each in sets if each["first_day"] == "2031-11-01")
        self.assertEqual([(p["number"], p["start_minute"], p["end_minute"]) for p in periods], [(1, 520, 560), (2, 570, 610)])
        self.assertEqual(self.faults("bells", text)[0], (2, 2, "taken"))
        days = "2033-01-01,2033-06-30"
        self.assertEqual(self.faults("bells", BELLS + f"石沟教学点,夏,{days},1,08:30,09:10\n石沟教学点,夏,{days},2,09:00,09:40\n"
                                     f"石沟教学点,夏,{days},1,10:00,10:40\n石沟教学点,夏,{days},4,11:00,10:40\n石沟教学点,夏,{days},零,8点,25:61\n"
                                     "石沟教学点,夏,2033-06-30,2033-01-01,5,13:00,13:40\n石沟教学点,夏,2033-02-30,明天,6,14:00,14:40\n"
                                     f"青山县,夏,{days},7,15:00,15:40\n"),
                         [(3, 6, "period_overlap"), (4, 5, "duplicate"), (5, 7, "period_time"), (6, 5, "invalid_period"), (6, 6, "invalid_time"),
                          (6, 7, "invalid_time"), (7, 4, "date_order"), (8, 3, "invalid_date"), (8, 4, "invalid_date"), (9, 1, "not_a_school")])

    # ---- the timetable ---------------------------------------------------------------------------

    def pair(self, master, receiving):
        answer = self.ask("coordinator", "POST", "/pairings", {"term": self.list("terms")[0]["id"], "master_room": self.id_of("rooms", master),
                                                               "receiving_room": self.id_of("rooms", receiving)})
        self.assertIn(answer.status, (201, 409), answer.body)

    def test_a_room_without_a_pairing_is_told(self):
        text = LESSONS + "本学期,红旗小学,多功能教室,陈静,书法,3,周二,6,全部,石沟教学点/复式教室\n"
        self.rows("DELETE FROM pairings WHERE master_room = ?", self.id_of("rooms", "多功能教室"))
        self.assertEqual(self.faults("timetable", text), [(2, 10, "not_paired")])
        self.pair("多功能教室", "复式教室")
        self.assertEqual(self.faults("timetable", text), [])
        self.rows("UPDATE pairings SET frozen = 1 WHERE master_room = ?", self.id_of("rooms", "多功能教室"))
        self.assertEqual(self.faults("timetable", text), [(2, 10, "pairing_frozen")])
        self.rows("UPDATE pairings SET frozen = 0")
        # nor is a term of another school taken, or somebody whose account is disabled
        term = {"organisation": self.id_of("organisations", "白杨教学点"), "name": "别校学期", "first_day": "2030-09-01", "last_day": "2031-01-20"}
        self.assertEqual(self.ask("coordinator", "POST", "/terms", term).status, 201)
        self.addCleanup(self.rows, "DELETE FROM terms WHERE name = '别校学期'")
        self.assertEqual(self.faults("timetable", text.replace("本学期,红旗", "别校学期,红旗")), [(2, 1, "unknown_term")])
        self.rows("UPDATE people SET disabled = 1 WHERE name = '陈静'")
        self.addCleanup(self.rows, "UPDATE people SET disabled = 0 WHERE name = '陈静'")
        self.assertEqual([row[:2] for row in self.faults("timetable", text)], [(2, 4)])

    def test_lessons_are_placed_with_their_conflicts_by_row(self):
        for room in ("复式教室", "三年级教室"):
            self.pair("录播教室一", room)
            self.pair("录播教室二", room)
        free = LESSONS + "本学期,实验小学,录播教室一,王芳,科学,三年级,周五,5,全部,石沟教学点/复式教室:周强；白杨教学点/三年级教室：赵敏\n"
        self.assertEqual(self.faults("timetable", free), [])
        clashing = free + ("本学期,实验小学,录播教室一,李伟,科学,3,5,第5节,,\n"           # the room, in the file
                           "本学期,实验小学,录播教室二,王芳,科学,3,星期一,1,,\n"         # the teacher, in the timetable
                           "本学期,实验小学,录播教室二,李伟,科学,3,Fri,5,odd,三年级教室\n"  # teacher and receiving room, in the file
                           "本学期,实验小学,录播教室二,李伟,科学,3,周三,9,,\n")          # no such period
        self.assertEqual(self.faults("timetable", clashing),
                         [(3, 3, "room_busy"), (4, 4, "teacher_busy"), (5, 4, "teacher_busy"), (5, 10, "room_busy"), (6, 8, "no_lesson")])
        told = self.upload("timetable", clashing, check=True).json()["faults"]
        self.assertRegex(told[0]["other"], r"^#2 \d{4}-\d\d-\d\d$")
        self.assertRegex(told[1]["other"], r"^e\d+ \d{4}-\d\d-\d\d$")
        self.assertEqual(self.upload("timetable", free).status, 200)
        entry, = self.rows("SELECT id, grade, mode FROM timetable_entries WHERE subject = '科学' AND weekday = 5 AND period = 5")
        self.assertEqual(entry[1:], (3, "co_teaching"))
        delays = dict(self.rows("SELECT name, delay_s FROM entry_rooms JOIN rooms ON rooms.id = room WHERE entry = ?", entry[0]))
        offered = self.ask("coordinator", "POST", "/timetable/check",
                           {**self.ask("coordinator", "GET", f"/timetable/{entry[0]}").json(), "id": entry[0]}).json()
        self.assertEqual(set(delays), {"复式教室", "三年级教室"})
        self.assertEqual(sorted(delays.values()), sorted(offer["delay_s"] for offer in offered["offers"]))
        self.assertGreater(offered["lessons"], 3)
        self.assertEqual(self.rows("SELECT count(*) FROM lessons WHERE entry = ?", entry[0])[0][0], offered["lessons"])
        self.assertEqual(self.faults("timetable", free)[0][2], "room_busy")

    def test_a_room_whose_bells_differ_is_booked_live_by_its_column_and_goes_out_with_it(self):
        county, term = self.id_of("organisations", "青山县"), self.list("terms")[0]
        school = self.ask("coordinator", "POST", "/organisations", {"kind": "school", "parent": county, "name": "晚课教学点", "zone": "Asia/Shanghai"}).json()["id"]
        bells = {"name": "晚", "first_day": term["first_day"], "last_day": term["last_day"], "periods": [[1260, 1300]]}
        self.assertEqual(self.ask("coordinator", "POST", f"/organisations/{school}/bells", bells).status, 201)
        self.assertEqual(self.ask("coordinator", "POST", "/rooms", {"school": school, "name": "晚课教室", "use": "receiving"}).status, 201)
        for room in ("晚课教室", "三年级教室"):
            self.pair("录播教室二", room)
        head = LESSONS.replace("\r\n", ",照直播时间\r\n")
        line = "本学期,实验小学,录播教室二,李伟,科学,4,周四,6,全部,晚课教学点/晚课教室；白杨教学点/三年级教室,{}\n"
        self.assertEqual(self.faults("timetable", head + line.format("")), [(2, 10, "bells_differ")])
        self.assertEqual(self.faults("timetable", head + line.format("石沟教学点/复式教室")), [(2, 11, "not_receiving")])
        self.assertEqual(self.upload("timetable", head + line.format("晚课教学点/晚课教室")).status, 200)
        rooms = self.rows("SELECT r.name, er.live, er.delay_s FROM entry_rooms er JOIN rooms r ON r.id = er.room JOIN timetable_entries e ON e.id = er.entry"
                          " WHERE e.subject = '科学' AND e.weekday = 4 AND e.period = 6")
        self.assertEqual({name: live for name, live, _ in rooms}, {"晚课教室": 1, "三年级教室": 0})
        self.assertEqual({name: delay for name, _, delay in rooms}["晚课教室"], 0)
        place = self.id_of("organisations", "实验小学")
        for language, column, receiving in (("csv", "照直播时间", "听课教室"), ("csv-en", "Live", "Receiving")):
            rows = self.table(f"/organisations/{place}/terms/{term['id']}/{language}")
            row, = [row for row in rows if "晚课教学点/晚课教室" in row[receiving]]
            self.assertEqual(row[column], "晚课教学点/晚课教室")
            # what is on now is booked live too, by the seed
            self.assertEqual({other[column] for other in rows if other is not row}, {"", "红旗小学/四年级教室"})

    def test_names_that_are_nobodys_or_for_something_else(self):
        line = "{term},{school},{room},{teacher},{subject},{grade},{weekday},{period},,{receiving}\n"
        right = {"term": "本学期", "school": "实验小学", "room": "录播教室二", "teacher": "李伟", "subject": "劳动", "grade": "5",
                 "weekday": "5", "period": "6", "receiving": ""}
        for change, expected in [({"term": "下学期"}, (2, 1, "unknown_term")), ({"school": "无"}, (2, 2, "unknown_organisation")),
                                 ({"room": "三年级教室"}, (2, 3, "unknown_room")), ({"school": "石沟教学点", "room": "复式教室"}, (2, 3, "not_for_master")),
                                 ({"teacher": "无名"}, (2, 4, "unknown_person")), ({"subject": "字" * 22}, (2, 5, "invalid_name")),
                                 ({"subject": "自然"}, (2, 5, "unknown_subject")),
                                 ({"grade": "13"}, (2, 6, "invalid_grade")), ({"weekday": "周八"}, (2, 7, "invalid_weekday")),
                                 ({"receiving": "实验小学/录播教室一"}, (2, 10, "not_for_receiving")),
                                 ({"receiving": "石沟教学点/复式教室;石沟教学点/复式教室"}, (2, 10, "room_twice")),
                                 ({"receiving": "石沟教学点/复式教室:无名"}, (2, 10, "unknown_person")),
                                 ({"receiving": "石沟教学点/:周强"}, (2, 10, "invalid_receiving")),
                                 ({"receiving": "无此教室"}, (2, 10, "unknown_room"))]:
            with self.subTest(change):
                self.assertEqual(self.faults("timetable", LESSONS + line.format(**{**right, **change})), [expected])

    def test_which_of_two_teachers_of_one_name_is_meant_is_said_or_asked(self):
        head = PEOPLE.replace("\r\n", ",账号\r\n")
        self.assertEqual(self.upload("people", head + "许静,主讲,实验小学,xu1\n许静,主讲,实验小学,xu2\n许静,主讲,红旗小学,xu3\n许静,助教,石沟教学点,xu4\n"
                                     "何明,主讲,实验小学,\n何明,主讲,红旗小学,\n").status, 200)
        self.pair("录播教室二", "复式教室")
        line = "本学期,{},{},{},劳动,5,周五,6,,{}\n"
        check = lambda *cells: self.upload("timetable", LESSONS + line.format(*cells), check=True).json()  # noqa: E731
        here, there = ("实验小学", "录播教室二"), ("红旗小学", "多功能教室")
        self.assertEqual([(row["column"], row["code"]) for row in check(*here, "许静", "")["faults"]], [(4, "ambiguous_person")])
        for cells in [(*here, "XU2", ""), (*there, "许静", ""), (*here, "xu3", ""), (*here, "xu1", "石沟教学点/复式教室:许静")]:
            with self.subTest(cells):
                answer = check(*cells)
                self.assertEqual((answer["faults"], answer["warnings"]), ([], []))
        self.assertEqual([(row["column"], row["code"]) for row in check(*here, "xu1", "石沟教学点/复式教室:何明")["faults"]], [])
        # a login that is another's name as well is the one's who logs in with it, and that is said
        warning, = check(*there, "何明", "")["warnings"]
        self.assertEqual((warning["column"], warning["code"], warning["other"]), (4, "login_and_name", "何明2"))
        self.assertEqual(self.upload("timetable", LESSONS + line.format(*there, "何明2", "")).status, 200)
        teacher, = self.rows("SELECT p.login FROM timetable_entries e JOIN people p ON p.id = e.teacher WHERE e.subject = '劳动' AND e.weekday = 5 AND e.period = 6")
        self.assertEqual(teacher, ("何明2",))

    def test_rooms_whose_names_have_the_files_own_signs_are_found_however_they_are_written(self):
        names = ["三/四年级复式班", "三/1班;A：B", "四：五班"]
        self.assertEqual(self.upload("rooms", ROOMS + "".join(f"红旗小学,{name},听课\n" for name in names)).status, 200)
        for name in names:
            self.pair("录播教室二", name)
        line = "本学期,实验小学,录播教室二,李伟,劳动,5,周五,6,,{}\n"
        for receiving in ("红旗小学/三/四年级复式班", "三/四年级复式班:周强", "青山县/红旗小学/三/四年级复式班：周强；红旗小学/四：五班", "红旗小学/四：五班:周强",
                          r"红旗小学/三\/1班\;A\：B", r"红旗小学/三\/1班\;A\：B:周强；红旗小学/三\/四年级复式班"):
            with self.subTest(receiving):
                self.assertEqual(self.faults("timetable", LESSONS + line.format(receiving)), [])
        for receiving, expected in [("红旗小学/三/六年级复式班", "unknown_organisation"), ("红旗小学/四：七班", "unknown_room"), ("红旗小学/四：五班:无名", "unknown_room"),
                                    ("红旗小学/三/四年级复式班；红旗小学/三\\/四年级复式班", "room_twice")]:
            with self.subTest(receiving):
                self.assertEqual(self.faults("timetable", LESSONS + line.format(receiving)), [(2, 10, expected)])
        self.assertEqual(self.upload("rooms", ROOMS + "红旗小学,四,听课\n").status, 200)
        self.assertEqual(self.upload("people", PEOPLE + "五班,助教,红旗小学\n").status, 200)
        self.pair("录播教室二", "四")  # now the usual way to read it names what is there
        self.assertEqual(self.faults("timetable", LESSONS + line.format("红旗小学/四：五班；红旗小学/四\\：五班")), [])

    def test_weeks_are_understood_as_a_spreadsheet_rewrites_them_or_it_is_said_what_it_did(self):
        head = LESSONS.replace("接收教室", "周次")
        line = "本学期,实验小学,录播教室二,李伟,劳动,5,周五,6,,{}\n"
        template = self.ask("coordinator", "GET", "/imports/timetable/template/zh-CN").body.decode("utf-8-sig")
        self.assertIn(",1–18,", template)
        for weeks in ("1–18", "1至18", "1-18", "1月18日", "18-Jan", "Jan-18", "2026/1/18"):
            with self.subTest(weeks):
                self.assertEqual(self.faults("timetable", head + line.format(weeks)), [])
        fault, = self.upload("timetable", head + line.format("5月1日"), check=True).json()["faults"]
        self.assertEqual((fault["code"], fault["column"]), ("rewritten_week_range", 10))
        self.assertIn("1–18 or 1至18", fault["text"])
        self.assertEqual(self.faults("timetable", head + line.format("18-1")), [(2, 10, "invalid_week_range")])

    def test_500_lessons_of_a_county_while_others_go_on(self):
        teachers = [f"课{i:02}" for i in range(25)]
        self.assertEqual(self.upload("people", PEOPLE + "".join(f"{name},主讲,红旗小学\n" for name in teachers)).status, 200)
        self.assertEqual(self.upload("rooms", ROOMS + "".join(f"红旗小学,课室{i:02},两用\n" for i in range(25))).status, 200)
        rows = [f"本学期,红旗小学,课室{i:02},课{i:02},数学,4,{day},{period},,\n"
                for i in range(25) for day in range(1, 6) for period in range(1, 5)]
        text = LESSONS + "".join(rows)
        self.assertEqual(len(rows), 500)
        before = self.rows("SELECT count(*) FROM lessons")[0][0]
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.upload("timetable", text)))
        start = time.monotonic()
        thread.start()
        slowest = self.slowest_answer_while(thread)
        took = time.monotonic() - start
        thread.join()
        self.assertEqual(answers[0].status, 200, answers[0].body[:500])
        made = self.rows("SELECT count(*) FROM lessons")[0][0] - before
        print(f"500 weekly lessons ({made} lessons) in {took:.2f} s, other answers within {slowest * 1000:.0f} ms")
        self.assertGreater(made, 3000)
        self.assertLess(took, 20)
        self.assertEqual(len(self.faults("timetable", LESSONS + "".join(rows[:10]))), 20)

    def test_of_two_imports_at_once_one_is_told_of_the_other(self):
        text = ROOMS + "".join(f"红旗小学,同时{i},\n" for i in range(200))
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.upload("rooms", text))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answer.status for answer in answers), [200, 422])
        loser = next(answer for answer in answers if answer.status == 422)
        self.assertEqual({fault["code"] for fault in loser.json()["faults"]}, {"taken"})


if __name__ == "__main__":
    unittest.main()
