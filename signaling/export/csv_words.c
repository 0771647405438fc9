#include "signaling/export/csv_words.h"

#include <stddef.h>
#include <string.h>

/* A word of the database, and what it is in both languages. */
static const struct {
    const char *name;
    const char *words[2];
} words[] = {
    {"all", {"全部", "all"}},
    {"odd", {"单周", "odd"}},
    {"even", {"双周", "even"}},
    {"co_teaching", {"双师", "co-teaching"}},
    {"delivery", {"专递", "delivery"}},
    {"recorded", {"录播", "recorded"}},
    {"research", {"教研", "research"}},
    {"coordinator", {"排课管理员", "coordinator"}},
    {"master_teacher", {"主讲教师", "master teacher"}},
    {"local_teacher", {"辅助教师", "local teacher"}},
    {"inspector", {"教研员", "inspector"}},
    {"master", {"主讲", "master"}},
    {"receiving", {"听课", "receiving"}},
    {"both", {"两用", "both"}},
    {"scheduled", {"未上", "scheduled"}},
    {"open", {"候课", "open"}},
    {"live", {"进行中", "live"}},
    {"ended", {"已下课", "ended"}},
    {"archived", {"已归档", "archived"}},
    {"cancelled", {"已取消", "cancelled"}},
    {"holiday", {"放假", "holiday"}},
};

const char *csv_words_of(const char *word, bool english)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].name, word) == 0)
            return words[i].words[english];
    }
    return word;
}

const char *csv_words_weekday(unsigned weekday, bool english)
{
    static const char *const weekdays[2][8] = {
        {"", "周一", "周二", "周三", "周四", "周五", "周六", "周日"},
        {"", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
    };

    return weekdays[english][weekday & 7];
}
