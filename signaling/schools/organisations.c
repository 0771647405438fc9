#include "signaling/schools/organisations.h"

#include "common/name_table.h"
#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "id, ifnull(parent, 0), kind, name, zone, version"

static const char *const kind_names[] = {
    [ORGANISATION_REGION] = "region",
    [ORGANISATION_COUNTY] = "county",
    [ORGANISATION_SCHOOL] = "school",
};

NAME_TABLE_FUNCTIONS(
    kind_names, enum organisation_kind, organisations_kind_name, organisations_kind_of)

static void read_row(sqlite3_stmt *statement, struct organisation *ret_organisation)
{
    char kind[16];

    ret_organisation->id = sqlite3_column_int64(statement, 0);
    ret_organisation->parent = sqlite3_column_int64(statement, 1);
    store_column_text(statement, 2, kind, sizeof(kind));
    organisations_kind_of(kind, &ret_organisation->kind); /* the table takes no other name */
    store_column_text(statement, 3, ret_organisation->name, sizeof(ret_organisation->name));
    store_column_text(statement, 4, ret_organisation->zone, sizeof(ret_organisation->zone));
    ret_organisation->version = sqlite3_column_int64(statement, 5);
}

int organisations_get(struct store *store, int64_t id, struct organisation *ret_organisation)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT " COLUMNS " FROM organisations WHERE id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_organisation);
    store_finish(statement);
    return r;
}

/* ---- adding ---- */

bool organisations_is_zone(const char *zone)
{
    struct school_clock *clock;

    if (school_clock_create(zone, &clock) < 0)
        return false;
    school_clock_destroy(clock);
    return true;
}

static bool may_stand_under(enum organisation_kind kind, enum organisation_kind parent)
{
    return kind == ORGANISATION_SCHOOL ? parent == ORGANISATION_COUNTY
                                       : parent == ORGANISATION_REGION;
}

/* How many stand above it, itself included. */
static int read_depth(struct store *store, int64_t id, int *ret_depth)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH RECURSIVE above (id) AS (VALUES (?) UNION ALL SELECT o.parent FROM organisations o "
        "JOIN above a"
        " ON o.id = a.id WHERE o.parent IS NOT NULL) SELECT count(*) FROM above");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        *ret_depth = sqlite3_column_int(statement, 0);
    store_finish(statement);
    return r < 0 ? r : 0;
}

static int check_parent(struct store *store, const struct organisation *organisation)
{
    struct organisation parent;
    int depth = 0;
    int r;

    if (organisation->parent == 0)
        return organisation->kind == ORGANISATION_SCHOOL ? -EINVAL : 0;
    r = organisations_get(store, organisation->parent, &parent);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    if (!may_stand_under(organisation->kind, parent.kind))
        return -EINVAL;
    r = read_depth(store, organisation->parent, &depth);
    return r == 0 && depth >= ORGANISATIONS_MAX_DEPTH ? -EINVAL : r;
}

static int insert(struct store *store, const struct organisation *organisation, int64_t now_s)
{
    sqlite3_stmt *statement =
        store_prepare(store, "INSERT INTO organisations (parent, kind, name, zone, created) VALUES "
                             "(nullif(?, 0), ?, ?, ?, ?)");

    store_bind_int(statement, 1, organisation->parent);
    store_bind_text(statement, 2, kind_names[organisation->kind]);
    store_bind_text(statement, 3, organisation->name);
    store_bind_text(statement, 4, organisation->zone);
    store_bind_int(statement, 5, now_s);
    return store_run(store, statement);
}

int organisations_insert(struct store *store, const struct organisation *organisation,
    const char *by, int64_t now_s, int64_t *ret_id)
{
    struct audit_entry entry = {now_s, by, "organisation.add", organisation->name, "done", ""};
    int r;

    if (!plain_text_fits(organisation->name, ORGANISATIONS_MAX_NAME_BYTES) ||
        !organisations_is_zone(organisation->zone))
        return -EINVAL;
    r = check_parent(store, organisation);
    if (r == 0)
        r = insert(store, organisation, now_s);
    if (r < 0)
        return r;
    *ret_id = store_last_id(store);
    return audit_log_add(store, &entry);
}

int organisations_add(struct store *store, const struct organisation *organisation, const char *by,
    int64_t now_s, int64_t *ret_id)
{
    int64_t id = 0;
    int r = store_begin(store);

    if (r < 0)
        return r;
    r = store_end(store, organisations_insert(store, organisation, by, now_s, &id));
    if (r == 0)
        *ret_id = id;
    return r;
}

/* ---- the tree ---- */

int organisations_list(struct store *store, int64_t root, const struct list_page *page,
    void (*on_organisation)(void *user, const struct organisation *organisation), void *user)
{
    /* path: the names from the root on, so that children follow their parents */
    sqlite3_stmt *statement = store_prepare(store,
        "WITH RECURSIVE tree (id, path) AS ("
        "  SELECT id, name FROM organisations WHERE CASE WHEN ?1 = 0 THEN parent IS NULL ELSE id = "
        "?1 END"
        "  UNION ALL SELECT o.id, t.path || char(1) || o.name FROM organisations o JOIN tree t ON "
        "o.parent = t.id)"
        " SELECT " COLUMNS " FROM tree JOIN organisations USING (id)"
        " WHERE ?2 = 0 OR (path, id) > (SELECT path, id FROM tree WHERE id = ?2)"
        " ORDER BY path, id LIMIT ?3");
    struct organisation organisation;
    int r;

    store_bind_int(statement, 1, root);
    store_bind_int(statement, 2, page->after);
    store_bind_int(statement, 3, page->limit);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &organisation);
        on_organisation(user, &organisation);
    }
    store_finish(statement);
    return r;
}

int organisations_contains(struct store *store, int64_t ancestor, int64_t id)
{
    sqlite3_stmt *statement = store_prepare(store,
        "WITH RECURSIVE above (id) AS (SELECT id FROM organisations WHERE id = ?1"
        " UNION ALL SELECT o.parent FROM organisations o JOIN above a ON o.id = a.id WHERE "
        "o.parent IS NOT NULL)"
        " SELECT 1 FROM above WHERE id = ?2");

    store_bind_int(statement, 1, id);
    store_bind_int(statement, 2, ancestor);
    return store_run(store, statement);
}

int organisations_is_only_root(struct store *store, int64_t id)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM organisations WHERE parent IS NULL AND id != ?)");

    store_bind_int(statement, 1, id);
    return store_run(store, statement);
}
