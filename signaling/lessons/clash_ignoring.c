#include "signaling/lessons/clash_ignoring.h"

#include "common/plain_text.h"
#include "signaling/accounts/people.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_named(const struct clash *clash, const struct clash_name *name)
{
    const char *a = clash->lessons[0]->id;
    const char *b = clash->lessons[1] ? clash->lessons[1]->id : "";

    return clash->kind == name->kind && clash->id == name->id &&
           ((strcmp(a, name->lessons[0]) == 0 && strcmp(b, name->lessons[1]) == 0) ||
               (strcmp(a, name->lessons[1]) == 0 && strcmp(b, name->lessons[0]) == 0));
}

/* 1 with the day of the lesson, 0, or an error of the store. */
static int day_of(struct store *store, const char *lesson, int32_t *ret_day)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT day FROM lessons WHERE id = ? AND day IS NOT NULL");
    int r;

    store_bind_text(statement, 1, lesson);
    r = store_step(store, statement);
    if (r == 1)
        *ret_day = (int32_t)sqlite3_column_int64(statement, 0);
    store_finish(statement);
    return r;
}

/* Borrowed from the clashes, which are the caller's to finish in any case. 0, -ENOENT, or an error of the store. */
static int find(struct store *store, int64_t organisation, const struct clash_name *name,
    struct clashes *clashes, const struct clash **ret_clash)
{
    int32_t day;
    int r = day_of(store, name->lessons[0], &day);

    if (r == 1)
        r = clashes_find(store, organisation, day, day, clashes);
    else if (r == 0)
        r = -ENOENT;
    for (size_t i = 0; r == 0 && i < clashes->count; i++) {
        if (is_named(&clashes->list[i], name)) {
            *ret_clash = &clashes->list[i];
            return 0;
        }
    }
    return r < 0 ? r : -ENOENT;
}

static void bind(sqlite3_stmt *statement, const struct clash *clash)
{
    int64_t a = clash->lessons[0]->entry, b = clash->lessons[1]->entry;

    store_bind_text(statement, 1, clashes_kind_name(clash->kind));
    store_bind_int(statement, 2, clash->id);
    store_bind_int(statement, 3, a < b ? a : b);
    store_bind_int(statement, 4, a < b ? b : a);
}

#define MADE_BY PEOPLE_NAME_OF("?7")

static int insert(struct store *store, const struct clash *clash, const char *reason,
    const char *by, int64_t now_s)
{
    sqlite3_stmt *statement = store_prepare(store,
        "INSERT OR REPLACE INTO ignored_clashes VALUES (?1, ?2, ?3, ?4, ?5, ?6, " MADE_BY ", ?8)");

    bind(statement, clash);
    store_bind_int(statement, 5, clash->span.end_s - clash->span.start_s);
    store_bind_text(statement, 6, reason);
    store_bind_text(statement, 7, by);
    store_bind_int(statement, 8, now_s);
    return store_run(store, statement);
}

static int delete (struct store *store, const struct clash *clash)
{
    sqlite3_stmt *statement = store_prepare(store,
        "DELETE FROM ignored_clashes WHERE kind = ? AND subject = ? AND entry = ? AND other = ?");
    int r;

    bind(statement, clash);
    r = store_run(store, statement);
    return r < 0 ? r : store_changes(store) > 0 ? 0 : -ENOENT;
}

/* reason NULL: it is not ignored any more. */
static int change(struct store *store, int64_t organisation, const struct clash_name *name,
    const char *reason, const char *by, int64_t now_s)
{
    const struct clash *clash = NULL;
    struct clashes clashes = {0};
    char object[48];
    json_t *detail = json_pack("{s:s*}", "reason", reason);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    int r = store_begin(store);

    if (r == 0) {
        r = text ? find(store, organisation, name, &clashes, &clash) : -ENOMEM;
        if (r == 0)
            r = reason ? insert(store, clash, reason, by, now_s) : delete (store, clash);
        if (r == 0)
            snprintf(object, sizeof(object), "entries %lld %lld",
                (long long)clash->lessons[0]->entry, (long long)clash->lessons[1]->entry);
        r = audit_log_end(store, r,
            &(struct audit_entry){now_s, by, reason ? "clash.ignore" : "clash.heed",
                r == 0 ? object : "", "done", reason && text ? text : ""});
        clashes_finish(&clashes);
    }
    free(text);
    json_decref(detail);
    return r;
}

int clash_ignoring_begin(struct store *store, int64_t organisation, const struct clash_name *name,
    const char *reason, const char *by, int64_t now_s)
{
    if (!plain_text_fits(reason, CLASHES_MAX_REASON_BYTES))
        return -EINVAL;
    return change(store, organisation, name, reason, by, now_s);
}

int clash_ignoring_end(struct store *store, int64_t organisation, const struct clash_name *name,
    const char *by, int64_t now_s)
{
    return change(store, organisation, name, NULL, by, now_s);
}
