#include "signaling/store/migrations.h"

/* Any change of what says when a lesson is makes timetable_version one higher. */
#define BELL_TRIGGER(name, event)                                                                  \
    "CREATE TRIGGER " name " AFTER " event                                                         \
    "  BEGIN UPDATE timetable_version SET version = version + 1; END;"
#define BELL_TRIGGERS_OF(table)                                                                    \
    BELL_TRIGGER(table "_added", "INSERT ON " table)                                               \
    BELL_TRIGGER(table "_changed", "UPDATE ON " table)                                             \
    BELL_TRIGGER(table "_removed", "DELETE ON " table)
#define BELL_TRIGGERS                                                                              \
    BELL_TRIGGERS_OF("timetable_entries")                                                          \
    BELL_TRIGGERS_OF("entry_rooms")                                                                \
    BELL_TRIGGERS_OF("bell_sets")                                                                  \
    BELL_TRIGGERS_OF("bell_periods")                                                               \
    BELL_TRIGGERS_OF("bell_exceptions")                                                            \
    BELL_TRIGGER("lessons_cancelled",                                                              \
        "UPDATE OF state ON lessons WHEN 'cancelled' IN (OLD.state, NEW.state)")                   \
    BELL_TRIGGER("lessons_moved", "UPDATE OF entry, day, period ON lessons")

/* Times are seconds since 1970. Secrets that are only compared stand as SHA-256, in hex. */
const char *const migrations[] = {

    /* 1: lessons, people, logins, tickets */
    "CREATE TABLE lessons ("
    "  id TEXT PRIMARY KEY,"
    "  title TEXT NOT NULL,"
    "  created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE people ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  role TEXT NOT NULL CHECK (role IN ('admin', 'coordinator', 'master_teacher',"
    "    'local_teacher', 'inspector')),"
    "  password TEXT NOT NULL," /* argon2id, as libsodium writes it */
    "  disabled INTEGER NOT NULL DEFAULT 0,"
    "  created INTEGER NOT NULL) STRICT;"
    "CREATE TABLE lesson_people ("
    "  lesson TEXT NOT NULL REFERENCES lessons (id) ON DELETE CASCADE,"
    "  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  PRIMARY KEY (lesson, person)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX lesson_people_by_person ON lesson_people (person);"
    "CREATE TABLE browser_sessions ("
    "  secret_hash TEXT PRIMARY KEY,"
    "  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  created INTEGER NOT NULL,"
    "  used INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX browser_sessions_by_person ON browser_sessions (person);"
    "CREATE TABLE tickets ("
    "  secret_hash TEXT PRIMARY KEY,"
    "  expires INTEGER NOT NULL,"
    "  person INTEGER REFERENCES people (id) ON DELETE CASCADE,"
    "  claims TEXT) STRICT, WITHOUT ROWID;",

    /* 2: the room on stage, '' when there is none */
    "ALTER TABLE lessons ADD COLUMN stage TEXT NOT NULL DEFAULT '';",

    /* 3: the audit log, which only grows */
    "CREATE TABLE audit_log ("
    "  number INTEGER PRIMARY KEY,"
    "  time INTEGER NOT NULL,"
    "  person TEXT NOT NULL,"
    "  event TEXT NOT NULL,"
    "  object TEXT NOT NULL,"
    "  outcome TEXT NOT NULL,"
    "  detail TEXT NOT NULL,"
    "  hash TEXT NOT NULL) STRICT;"
    "CREATE INDEX audit_log_by_time ON audit_log (time);"
    "CREATE TRIGGER audit_log_never_changes BEFORE UPDATE ON audit_log"
    "  BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;"
    "CREATE TRIGGER audit_log_never_shrinks BEFORE DELETE ON audit_log"
    "  BEGIN SELECT RAISE(ABORT, 'the audit log is never deleted from'); END;",

    /* 4: counties and schools, and their bells. Days are days since 1970-01-01. */
    "CREATE TABLE organisations ("
    "  id INTEGER PRIMARY KEY,"
    "  parent INTEGER REFERENCES organisations (id),"
    "  kind TEXT NOT NULL CHECK (kind IN ('region', 'county', 'school')),"
    "  name TEXT NOT NULL,"
    "  zone TEXT NOT NULL,"
    "  created INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX organisations_by_name ON organisations (ifnull(parent, 0), name);"
    "CREATE INDEX organisations_by_parent ON organisations (parent);"
    "CREATE TABLE bell_sets ("
    "  id INTEGER PRIMARY KEY,"
    "  school INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,"
    "  name TEXT NOT NULL,"
    "  first_day INTEGER NOT NULL,"
    "  last_day INTEGER NOT NULL CHECK (last_day >= first_day)) STRICT;"
    "CREATE INDEX bell_sets_by_school ON bell_sets (school);"
    "CREATE TABLE bell_periods ("
    "  bell_set INTEGER NOT NULL REFERENCES bell_sets (id) ON DELETE CASCADE,"
    "  number INTEGER NOT NULL CHECK (number > 0),"
    "  start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),"
    "  end_minute INTEGER NOT NULL CHECK (end_minute > start_minute AND end_minute <= 2880),"
    "  PRIMARY KEY (bell_set, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE bell_exceptions ("
    "  organisation INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,"
    "  day INTEGER NOT NULL,"
    "  held_day INTEGER CHECK (held_day != day)," /* NULL on a holiday */
    "  PRIMARY KEY (organisation, day)) STRICT, WITHOUT ROWID;",

    /* 5: people belong to an organisation, and there is no administrator of everything any more */
    "CREATE TABLE people_of_5 ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  role TEXT NOT NULL CHECK (role IN ('system_admin', 'security_admin', 'audit_admin',"
    "    'coordinator', 'master_teacher', 'local_teacher', 'inspector')),"
    "  organisation INTEGER REFERENCES organisations (id)," /* NULL: of none */
    "  password TEXT NOT NULL,"
    "  disabled INTEGER NOT NULL DEFAULT 0,"
    "  created INTEGER NOT NULL) STRICT;"
    "INSERT INTO people_of_5 SELECT id, name, CASE role WHEN 'admin' THEN 'system_admin' ELSE role "
    "END,"
    "  NULL, password, disabled, created FROM people;"
    "DROP TABLE people;"
    "ALTER TABLE people_of_5 RENAME TO people;"
    "CREATE INDEX people_by_organisation ON people (organisation);",

    /* 6: nothing is replaced in the audit log either (INSERT OR REPLACE runs no trigger of DELETE), and a school may
     * hold an ordinary day where its county has a holiday */
    "CREATE TRIGGER audit_log_only_grows BEFORE INSERT ON audit_log"
    "  WHEN NEW.number IS NOT (SELECT ifnull(max(number), 0) + 1 FROM audit_log)"
    "  BEGIN SELECT RAISE(ABORT, 'the audit log only grows at its end'); END;"
    "CREATE TABLE bell_exceptions_of_6 ("
    "  organisation INTEGER NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,"
    "  day INTEGER NOT NULL,"
    "  held_day INTEGER," /* NULL on a holiday, day itself on an ordinary day */
    "  PRIMARY KEY (organisation, day)) STRICT, WITHOUT ROWID;"
    "INSERT INTO bell_exceptions_of_6 SELECT organisation, day, held_day FROM bell_exceptions;"
    "DROP TABLE bell_exceptions;"
    "ALTER TABLE bell_exceptions_of_6 RENAME TO bell_exceptions;",

    /* 7: rooms, terms, weekly entries of the timetable and the lessons they make. A lesson has a day and a period,
     * never a time: the bells of its school say when that is. */
    "CREATE TABLE rooms ("
    "  id INTEGER PRIMARY KEY,"
    "  school INTEGER NOT NULL REFERENCES organisations (id),"
    "  name TEXT NOT NULL,"
    "  use TEXT NOT NULL CHECK (use IN ('master', 'receiving', 'both')),"
    "  created INTEGER NOT NULL,"
    "  UNIQUE (school, name)) STRICT;"
    "CREATE TABLE terms ("
    "  id INTEGER PRIMARY KEY,"
    "  organisation INTEGER NOT NULL REFERENCES organisations (id),"
    "  name TEXT NOT NULL,"
    "  first_day INTEGER NOT NULL,"
    "  last_day INTEGER NOT NULL CHECK (last_day >= first_day),"
    "  UNIQUE (organisation, name)) STRICT;"
    "CREATE TABLE timetable_entries ("
    "  id INTEGER PRIMARY KEY,"
    "  term INTEGER NOT NULL REFERENCES terms (id),"
    "  subject TEXT NOT NULL,"
    "  grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 12),"
    "  mode TEXT NOT NULL CHECK (mode IN ('co_teaching', 'delivery', 'recorded', 'research')),"
    "  room INTEGER NOT NULL REFERENCES rooms (id),"
    "  teacher INTEGER NOT NULL REFERENCES people (id),"
    "  weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),"
    "  period INTEGER NOT NULL CHECK (period > 0),"
    "  weeks TEXT NOT NULL CHECK (weeks IN ('all', 'odd', 'even')),"
    "  first_week INTEGER NOT NULL CHECK (first_week > 0),"
    "  last_week INTEGER NOT NULL CHECK (last_week >= first_week),"
    "  version INTEGER NOT NULL DEFAULT 1," /* grows with each change */
    "  created INTEGER NOT NULL) STRICT;"
    "CREATE INDEX timetable_entries_by_term ON timetable_entries (term);"
    "CREATE TABLE entry_rooms ("
    "  entry INTEGER NOT NULL REFERENCES timetable_entries (id) ON DELETE CASCADE,"
    "  room INTEGER NOT NULL REFERENCES rooms (id),"
    "  teacher INTEGER REFERENCES people (id)," /* the local one, NULL while nobody is named */
    "  delay_s INTEGER NOT NULL CHECK (delay_s BETWEEN 0 AND 600),"
    "  PRIMARY KEY (entry, room)) STRICT, WITHOUT ROWID;"
    "ALTER TABLE lessons ADD COLUMN entry INTEGER REFERENCES timetable_entries (id);"
    "ALTER TABLE lessons ADD COLUMN day INTEGER;"
    "ALTER TABLE lessons ADD COLUMN period INTEGER;"
    "ALTER TABLE lessons ADD COLUMN state TEXT NOT NULL DEFAULT 'scheduled' CHECK (state IN"
    "  ('scheduled', 'open', 'live', 'ended', 'archived', 'cancelled'));"
    "CREATE UNIQUE INDEX lessons_by_entry ON lessons (entry, day) WHERE entry IS NOT NULL;"
    "CREATE INDEX lessons_by_day ON lessons (day) WHERE day IS NOT NULL;",

    /* 8: devices of classrooms, the codes that enrol them, and their sessions */
    "CREATE TABLE devices ("
    "  id INTEGER PRIMARY KEY,"
    "  room INTEGER NOT NULL REFERENCES rooms (id),"
    "  kind TEXT NOT NULL CHECK (kind IN ('capture', 'player')),"
    "  name TEXT NOT NULL,"
    "  public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32)," /* Ed25519 */
    "  enrolled INTEGER NOT NULL,"
    "  revoked INTEGER,"                       /* NULL: it may come in */
    "  challenged INTEGER NOT NULL DEFAULT 0," /* ms: when the last challenge it proved itself with was made */
    "  seen INTEGER NOT NULL,"
    "  version TEXT NOT NULL,"
    "  health TEXT NOT NULL) STRICT;"
    "CREATE INDEX devices_by_room ON devices (room);"
    "CREATE TABLE device_codes ("
    "  code_hash TEXT PRIMARY KEY,"
    "  room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
    "  kind TEXT NOT NULL CHECK (kind IN ('capture', 'player')),"
    "  expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE device_sessions ("
    "  secret_hash TEXT PRIMARY KEY,"
    "  device INTEGER NOT NULL REFERENCES devices (id) ON DELETE CASCADE,"
    "  expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX device_sessions_by_device ON device_sessions (device);",

    /* 9: passwords for one login, and how old people's own are */
    "ALTER TABLE people ADD COLUMN one_time_hash TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE people ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE people ADD COLUMN password_set INTEGER NOT NULL DEFAULT 0;"
    "UPDATE people SET password_set = created;",

    /* 10: pairings; what is planned already is paired, so that nothing of it clashes with a rule that came later */
    "CREATE TABLE pairings ("
    "  id INTEGER PRIMARY KEY,"
    "  version INTEGER NOT NULL DEFAULT 1,"
    "  term INTEGER NOT NULL REFERENCES terms (id),"
    "  master_room INTEGER NOT NULL REFERENCES rooms (id),"
    "  receiving_room INTEGER NOT NULL REFERENCES rooms (id) CHECK (receiving_room != master_room),"
    "  subject TEXT NOT NULL," /* '': whole class */
    "  frozen INTEGER NOT NULL DEFAULT 0,"
    "  consent INTEGER NOT NULL,"
    "  consent_by TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  UNIQUE (master_room, receiving_room, term, subject)) STRICT;"
    "CREATE INDEX pairings_by_receiving_room ON pairings (receiving_room);"
    "INSERT INTO pairings (term, master_room, receiving_room, subject, consent, consent_by, "
    "created)"
    "  SELECT DISTINCT e.term, e.room, r.room, '', 0, '', 0 FROM timetable_entries e"
    "  JOIN entry_rooms r ON r.entry = e.id WHERE r.room != e.room;",

    /* 11: a lesson that has begun keeps its time when its bells are changed: NULL while the bells say it */
    "ALTER TABLE lessons ADD COLUMN starts INTEGER;"
    "ALTER TABLE lessons ADD COLUMN ends INTEGER;",

    /* 12: who was in a lesson from when to when; left is NULL while they are */
    "CREATE TABLE attendance ("
    "  id INTEGER PRIMARY KEY,"
    "  lesson TEXT NOT NULL,"
    "  source TEXT NOT NULL," /* what they published, '' for a viewer */
    "  subject TEXT NOT NULL,"
    "  room INTEGER," /* of the lesson, NULL when they were in none */
    "  joined INTEGER NOT NULL,"
    "  left INTEGER) STRICT;" /* NULL: they are there */
    "CREATE INDEX attendance_by_lesson ON attendance (lesson);",

    /* 13: who made a code can see that it was used, and devices have a log. No code is older than ten minutes. */
    "DROP TABLE device_codes;"
    "CREATE TABLE device_codes ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  code_hash TEXT UNIQUE," /* NULL once it was used */
    "  room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
    "  kind TEXT NOT NULL CHECK (kind IN ('capture', 'player')),"
    "  expires INTEGER NOT NULL,"
    "  device INTEGER REFERENCES devices (id) ON DELETE CASCADE) STRICT;" /* that used it */
    "CREATE TABLE device_events ("
    "  id INTEGER PRIMARY KEY,"
    "  device INTEGER NOT NULL REFERENCES devices (id) ON DELETE CASCADE,"
    "  time INTEGER NOT NULL,"
    "  event TEXT NOT NULL CHECK (event IN ('enrolled', 'session', 'health', 'revoked')),"
    "  version TEXT NOT NULL,"
    "  health TEXT NOT NULL) STRICT;"
    "CREATE INDEX device_events_by_device ON device_events (device, id);"
    "INSERT INTO device_events (device, time, event, version, health)"
    "  SELECT id, enrolled, 'enrolled', version, '' FROM devices;",

    /* 14: what is different in one lesson alone: who stands in where, and that it is not held. place is the room that the
     * entry names. */
    "ALTER TABLE lessons ADD COLUMN cancel_reason TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE substitutions ("
    "  lesson TEXT NOT NULL REFERENCES lessons (id) ON DELETE CASCADE,"
    "  place INTEGER NOT NULL REFERENCES rooms (id),"
    "  room INTEGER REFERENCES rooms (id),"     /* NULL: the place's own */
    "  teacher INTEGER REFERENCES people (id)," /* NULL: the entry's */
    "  reason TEXT NOT NULL,"
    "  made_by TEXT NOT NULL,"
    "  made INTEGER NOT NULL,"
    "  PRIMARY KEY (lesson, place)) STRICT, WITHOUT ROWID;",

    /* 15: media tokens from before a person lost a right, where logins were made, and the audit log by whom and what */
    "ALTER TABLE people ADD COLUMN tokens_from INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE browser_sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE browser_sessions ADD COLUMN browser TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX audit_log_by_person ON audit_log (person, number);"
    "CREATE INDEX audit_log_by_event ON audit_log (event, number);",

    /* 16: calendars that people subscribe to, and what each of their events said when it was last asked for */
    "CREATE TABLE calendars ("
    "  id INTEGER PRIMARY KEY,"
    "  kind TEXT NOT NULL CHECK (kind IN ('teacher', 'room', 'organisation')),"
    "  subject INTEGER NOT NULL," /* of people, rooms or organisations */
    "  english INTEGER NOT NULL,"
    "  owner INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  secret_hash TEXT NOT NULL UNIQUE,"
    "  created INTEGER NOT NULL," /* of the secret */
    "  used INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX calendars_by_subject ON calendars (kind, subject);"
    "CREATE TABLE calendar_events ("
    "  uid TEXT PRIMARY KEY,"
    "  day INTEGER NOT NULL,"
    "  digest TEXT NOT NULL,"
    "  sequence INTEGER NOT NULL,"
    "  modified INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX calendar_events_by_day ON calendar_events (day);"
    "CREATE TABLE installation ("
    "  id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;" /* in the names of events: no other system's are the same */
    "INSERT INTO installation VALUES (lower(hex(randomblob(8))));",

    /* 17: the bell: which lessons it still moves, what it did to them and when, and who was there. The version grows with
     * each change of what says when a lesson is, so that nobody has to look whether it did. */
    "CREATE INDEX lessons_unfinished ON lessons (day)"
    "  WHERE day IS NOT NULL AND state NOT IN ('archived', 'cancelled');"
    "CREATE TABLE lesson_moments ("
    "  lesson TEXT NOT NULL REFERENCES lessons (id) ON DELETE CASCADE,"
    "  moment TEXT NOT NULL CHECK (moment IN ('scheduled', 'open', 'live', 'ended', 'archived',"
    "    'master_late', 'takeover', 'recording', 'recording_ended')),"
    "  time INTEGER NOT NULL," /* the last time that it came */
    "  PRIMARY KEY (lesson, moment)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX attendance_open ON attendance (id) WHERE left IS NULL;"
    "CREATE TABLE timetable_version (only INTEGER PRIMARY KEY CHECK (only = 1),"
    "  version INTEGER NOT NULL,"
    "  seen INTEGER NOT NULL) STRICT;" /* when signaling was last seen at work */
    "INSERT INTO timetable_version VALUES (1, 1, 0);" BELL_TRIGGERS,

    /* 18: which edition of textbooks a school uses; grade 0 is all grades that have none of their own */
    "CREATE TABLE textbooks ("
    "  id INTEGER PRIMARY KEY,"
    "  school INTEGER NOT NULL REFERENCES organisations (id),"
    "  subject TEXT NOT NULL,"
    "  grade INTEGER NOT NULL CHECK (grade BETWEEN 0 AND 12),"
    "  edition TEXT NOT NULL,"
    "  UNIQUE (school, subject, grade)) STRICT;",

    /* 19: answers of requests with an Idempotency-Key, encrypted under it */
    "CREATE TABLE idempotent_answers ("
    "  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  key_hash TEXT NOT NULL,"
    "  request_hash TEXT NOT NULL,"
    "  made INTEGER NOT NULL,"
    "  status INTEGER NOT NULL,"
    "  answer BLOB NOT NULL,"
    "  PRIMARY KEY (person, key_hash)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotent_answers_by_age ON idempotent_answers (made);"
    "CREATE INDEX idempotent_answers_of_person ON idempotent_answers (person, made);",

    /* 20: the bell looks again when somebody stands in: a room's next lesson may be another */
    BELL_TRIGGERS_OF("substitutions"),

    /* 21: a change of a set names the version that its writer has seen */
    "ALTER TABLE bell_sets ADD COLUMN version INTEGER NOT NULL DEFAULT 1;",

    /* 22: logins by a name that outlives their cookie; media tokens and streams that one opened end with it */
    "CREATE TABLE logins ("
    "  id TEXT PRIMARY KEY,"
    "  person INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,"
    "  begun INTEGER NOT NULL,"
    "  ended INTEGER) STRICT, WITHOUT ROWID;" /* on purpose */
    "CREATE INDEX logins_by_person ON logins (person);"
    "ALTER TABLE browser_sessions ADD COLUMN login TEXT NOT NULL DEFAULT '';"
    "UPDATE browser_sessions SET login = substr(secret_hash, 1, 16);"
    "INSERT INTO logins SELECT login, person, created, NULL FROM browser_sessions;",

    /* 23: the language that a person has chosen; "" leaves it to the browser */
    "ALTER TABLE people ADD COLUMN language TEXT NOT NULL DEFAULT ''"
    "  CHECK (language IN ('', 'zh-CN', 'en'));",

    /* 24: what relays carry, for planning: what each announced last, and under the name '' what the operator has set. A
     * room may take part in a lesson that its own bells do not fit. */
    "CREATE TABLE relay_capacities ("
    "  relay TEXT PRIMARY KEY,"
    "  sessions INTEGER NOT NULL CHECK (sessions >= 0),"
    "  seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "ALTER TABLE entry_rooms ADD COLUMN live INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX timetable_entries_by_room ON timetable_entries (room, period, weekday);"
    "CREATE INDEX timetable_entries_by_teacher ON timetable_entries (teacher);"
    "CREATE INDEX entry_rooms_by_room ON entry_rooms (room);"
    "CREATE INDEX entry_rooms_by_teacher ON entry_rooms (teacher);",

    /* 25: which subjects and grades there are: those of the curriculum, and what is in use already */
    "CREATE TABLE subjects ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL UNIQUE,"
    "  retired INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE grades ("
    "  number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 12),"
    "  retired INTEGER NOT NULL DEFAULT 0) STRICT;"
    "INSERT INTO subjects (name) VALUES ('语文'), ('数学'), ('英语'), ('道德与法治'), ('科学'), "
    "('音乐'),"
    "  ('美术'), ('体育'), ('信息科技'), ('劳动'), ('书法'), ('综合实践活动'), ('历史'), ('地理'),"
    "  ('物理'), ('化学'), ('生物'), ('思想政治');"
    "INSERT OR IGNORE INTO subjects (name) SELECT subject FROM timetable_entries"
    "  UNION SELECT subject FROM pairings WHERE subject != '' UNION SELECT subject FROM textbooks;"
    "INSERT INTO grades (number) SELECT value FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12]');",

    /* 26: clashes of two weekly lessons that are left as they are, as long as they overlap no more than that */
    "CREATE TABLE ignored_clashes ("
    "  kind TEXT NOT NULL CHECK (kind IN ('teacher', 'room')),"
    "  subject INTEGER NOT NULL," /* of people or rooms */
    "  entry INTEGER NOT NULL REFERENCES timetable_entries (id) ON DELETE CASCADE,"
    "  other INTEGER NOT NULL REFERENCES timetable_entries (id) ON DELETE CASCADE,"
    "  overlap_s INTEGER NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  made_by TEXT NOT NULL,"
    "  made INTEGER NOT NULL,"
    "  CHECK (entry <= other),"
    "  PRIMARY KEY (kind, subject, entry, other)) STRICT, WITHOUT ROWID;",

    /* 27: entries that are there for the lessons that they have made alone */
    "ALTER TABLE timetable_entries ADD COLUMN past INTEGER NOT NULL DEFAULT 0;",

    /* 28: lessons that a receiving room plays later by something else than their entry says: other bells are in force then */
    "CREATE TABLE lesson_delays ("
    "  lesson TEXT NOT NULL REFERENCES lessons (id) ON DELETE CASCADE,"
    "  room INTEGER NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,"
    "  delay_s INTEGER NOT NULL CHECK (delay_s BETWEEN 0 AND 600),"
    "  PRIMARY KEY (lesson, room)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX lesson_delays_by_room ON lesson_delays (room);" BELL_TRIGGERS_OF("lesson_delays"),

    /* 29: a change of a school, a room, a term or an account names the version that its writer has seen; another zone
     * moves lessons, a longer term has more of them */
    "ALTER TABLE organisations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE rooms ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE terms ADD COLUMN version INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE people ADD COLUMN version INTEGER NOT NULL DEFAULT 1;" BELL_TRIGGER(
        "organisations_zone", "UPDATE OF zone ON organisations")
        BELL_TRIGGER("terms_days", "UPDATE OF first_day, last_day ON terms"),

    /* 30: what people log in with stands beside what they are called. login_key is its compared form (compared_text.h),
     * so that Wang and wang are one; of two from before who differ in nothing else, one keeps the login as it is written
     * for a key, which is no other's compared form. */
    "ALTER TABLE people ADD COLUMN login TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE people ADD COLUMN login_key TEXT NOT NULL DEFAULT '';"
    "UPDATE people SET login = name, login_key = compared_text(name);"
    "UPDATE people SET login_key = login WHERE id IN (SELECT id FROM"
    "  (SELECT id, row_number() OVER (PARTITION BY login_key ORDER BY login != login_key, id) AS n"
    "  FROM people) WHERE n > 1);"
    "CREATE UNIQUE INDEX people_by_login ON people (login_key);",

    /* 31: a name may occur any number of times, and nobody is added without a login */
    "CREATE TABLE people_of_31 ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  login TEXT NOT NULL CHECK (login != ''),"
    "  login_key TEXT NOT NULL,"
    "  role TEXT NOT NULL CHECK (role IN ('system_admin', 'security_admin', 'audit_admin',"
    "    'coordinator', 'master_teacher', 'local_teacher', 'inspector')),"
    "  organisation INTEGER REFERENCES organisations (id)," /* NULL: of none */
    "  password TEXT NOT NULL,"
    "  one_time_hash TEXT NOT NULL DEFAULT '',"
    "  must_change INTEGER NOT NULL DEFAULT 0,"
    "  password_set INTEGER NOT NULL DEFAULT 0,"
    "  disabled INTEGER NOT NULL DEFAULT 0,"
    "  created INTEGER NOT NULL,"
    "  tokens_from INTEGER NOT NULL DEFAULT 0,"
    "  language TEXT NOT NULL DEFAULT '' CHECK (language IN ('', 'zh-CN', 'en')),"
    "  version INTEGER NOT NULL DEFAULT 1) STRICT;"
    "INSERT INTO people_of_31 (id, name, login, login_key, role, organisation, password,"
    "  one_time_hash, must_change, password_set, disabled, created, tokens_from, language, version)"
    "  SELECT id, name, login, login_key, role, organisation, password, one_time_hash, must_change,"
    "  password_set, disabled, created, tokens_from, language, version FROM people;"
    "DROP TABLE people;"
    "ALTER TABLE people_of_31 RENAME TO people;"
    "CREATE INDEX people_by_organisation ON people (organisation);"
    "CREATE INDEX people_by_name ON people (name);"
    "CREATE UNIQUE INDEX people_by_login ON people (login_key);",

    /* 32: a name alone does not say who did something any more; entries from before have none */
    "ALTER TABLE audit_log ADD COLUMN person_id INTEGER;"
    "CREATE INDEX audit_log_by_person_id ON audit_log (person_id, number) WHERE person_id IS NOT "
    "NULL;",
};

const size_t migrations_count = sizeof(migrations) / sizeof(migrations[0]);
