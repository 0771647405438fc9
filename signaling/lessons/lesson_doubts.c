#include "signaling/lessons/lesson_doubts.h"

#include "signaling/schools/organisations.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* lesson, kind, place, person */
#define DOUBTS                                                                                     \
    "WITH rooms_below (id) AS MATERIALIZED (SELECT id FROM rooms WHERE school IN"                  \
    " (" ORGANISATIONS_BELOW ")), near (entry) AS MATERIALIZED"                                    \
    " (SELECT id FROM timetable_entries WHERE room IN rooms_below"                                 \
    "  UNION SELECT entry FROM entry_rooms WHERE room IN rooms_below),"                            \
    " coming (lesson, entry) AS MATERIALIZED (SELECT id, entry FROM lessons"                       \
    "  WHERE day BETWEEN ?2 AND ?3 AND entry IN near"                                              \
    "  AND state IN ('scheduled', 'open', 'live')),"                                               \
    " places (lesson, place, teacher) AS ("                                                        \
    "  SELECT c.lesson, e.room, e.teacher FROM coming c JOIN timetable_entries e ON e.id = "       \
    "c.entry"                                                                                      \
    "  UNION ALL SELECT c.lesson, x.room, x.teacher FROM coming c"                                 \
    "   JOIN entry_rooms x ON x.entry = c.entry)"                                                  \
    " SELECT p.lesson, 0, p.place, w.name FROM places p LEFT JOIN substitutions s"                 \
    "  ON s.lesson = p.lesson AND s.place = p.place"                                               \
    "  JOIN people w ON w.id = ifnull(s.teacher, p.teacher) WHERE w.disabled"                      \
    " UNION ALL SELECT c.lesson, CASE WHEN EXISTS (SELECT 1 FROM pairings p WHERE p.term = e.term" \
    "   AND p.master_room = e.room AND p.receiving_room = x.room"                                  \
    "   AND p.subject IN ('', e.subject)) THEN 1 ELSE 2 END, x.room, ''"                           \
    "  FROM coming c JOIN timetable_entries e ON e.id = c.entry"                                   \
    "  JOIN entry_rooms x ON x.entry = e.id"                                                       \
    "  WHERE NOT EXISTS (SELECT 1 FROM pairings p WHERE p.term = e.term"                           \
    "   AND p.master_room = e.room AND p.receiving_room = x.room"                                  \
    "   AND p.subject IN ('', e.subject) AND NOT p.frozen)"                                        \
    " ORDER BY 1"

_Static_assert(DOUBT_DISABLED == 0 && DOUBT_FROZEN == 1 && DOUBT_UNPAIRED == 2, "as in DOUBTS");

static int add(struct lesson_doubts *doubts, sqlite3_stmt *statement)
{
    struct lesson_doubt *doubt;

    if ((doubts->count & (doubts->count - 1)) == 0) {
        size_t capacity = doubts->count == 0 ? 1 : 2 * doubts->count;
        struct lesson_doubt *list = reallocarray(doubts->list, capacity, sizeof(*list));

        if (!list)
            return -ENOMEM;
        doubts->list = list;
    }
    doubt = &doubts->list[doubts->count++];
    *doubt = (struct lesson_doubt){
        .kind = (enum doubt_kind)sqlite3_column_int(statement, 1),
        .place = sqlite3_column_int64(statement, 2),
    };
    store_column_text(statement, 0, doubt->lesson, sizeof(doubt->lesson));
    store_column_text(statement, 3, doubt->person, sizeof(doubt->person));
    return 0;
}

int lesson_doubts_find(struct store *store, int64_t organisation, int32_t first_day,
    int32_t last_day, struct lesson_doubts *ret_doubts)
{
    sqlite3_stmt *statement = store_prepare(store, DOUBTS);
    int r;

    *ret_doubts = (struct lesson_doubts){0};
    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, first_day);
    store_bind_int(statement, 3, last_day);
    while ((r = store_step(store, statement)) == 1) {
        r = add(ret_doubts, statement);
        if (r < 0)
            break;
    }
    store_finish(statement);
    return r;
}

void lesson_doubts_finish(struct lesson_doubts *doubts)
{
    free(doubts->list);
    *doubts = (struct lesson_doubts){0};
}

static int compare(const void *key, const void *element)
{
    return strcmp(key, ((const struct lesson_doubt *)element)->lesson);
}

const struct lesson_doubt *lesson_doubts_of(
    const struct lesson_doubts *doubts, const char *lesson, size_t *ret_count)
{
    const struct lesson_doubt *end, *first, *last;

    *ret_count = 0;
    if (doubts->count == 0)
        return NULL;
    first = bsearch(lesson, doubts->list, doubts->count, sizeof(*doubts->list), compare);
    if (!first)
        return NULL;
    end = doubts->list + doubts->count;
    last = first;
    while (first > doubts->list && compare(lesson, first - 1) == 0)
        first--;
    while (last < end && compare(lesson, last) == 0)
        last++;
    *ret_count = (size_t)(last - first);
    return first;
}
