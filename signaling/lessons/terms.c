#include "signaling/lessons/terms.h"

#include "common/plain_text.h"
#include "signaling/audit/audit_log.h"

#include <errno.h>

#define COLUMNS "id, organisation, name, first_day, last_day, version"

static void read_row(sqlite3_stmt *statement, struct term_row *ret_term)
{
    *ret_term = (struct term_row){
        .id = sqlite3_column_int64(statement, 0),
        .organisation = sqlite3_column_int64(statement, 1),
        .term =
            {
                .first_day = (int32_t)sqlite3_column_int64(statement, 3),
                .last_day = (int32_t)sqlite3_column_int64(statement, 4),
            },
        .version = sqlite3_column_int64(statement, 5),
    };
    store_column_text(statement, 2, ret_term->name, sizeof(ret_term->name));
}

static int insert(struct store *store, const struct term_row *term)
{
    sqlite3_stmt *statement = store_prepare(
        store, "INSERT INTO terms (organisation, name, first_day, last_day) VALUES (?, ?, ?, ?)");

    store_bind_int(statement, 1, term->organisation);
    store_bind_text(statement, 2, term->name);
    store_bind_int(statement, 3, term->term.first_day);
    store_bind_int(statement, 4, term->term.last_day);
    return store_run(store, statement);
}

bool terms_can_be(const struct term_row *term)
{
    return plain_text_fits(term->name, ORGANISATIONS_MAX_NAME_BYTES) &&
           term->term.last_day >= term->term.first_day &&
           term->term.last_day - term->term.first_day < TERMS_MAX_DAYS;
}

int terms_add(struct store *store, const struct term_row *term, const char *by, int64_t now_s,
    int64_t *ret_id)
{
    struct audit_entry entry = {now_s, by, "term.add", term->name, "done", ""};
    struct organisation organisation;
    int64_t id = 0;
    int r;

    if (!terms_can_be(term))
        return -EINVAL;
    r = store_begin(store);
    if (r < 0)
        return r;
    r = organisations_get(store, term->organisation, &organisation);
    if (r == 0)
        r = -ENOENT;
    if (r == 1)
        r = insert(store, term);
    id = store_last_id(store);
    r = audit_log_end(store, r, &entry);
    if (r == 0)
        *ret_id = id;
    return r;
}

int terms_get(struct store *store, int64_t id, struct term_row *ret_term)
{
    sqlite3_stmt *statement = store_prepare(store, "SELECT " COLUMNS " FROM terms WHERE id = ?");
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        read_row(statement, ret_term);
    store_finish(statement);
    return r;
}

int terms_list(struct store *store, int64_t organisation, const struct list_page *page,
    void (*on_term)(void *user, const struct term_row *term), void *user)
{
    sqlite3_stmt *statement = store_prepare(store,
        "SELECT " COLUMNS " FROM terms WHERE (?1 = 0 OR organisation IN (" ORGANISATIONS_BELOW ")"
        " OR organisation IN (" ORGANISATIONS_ABOVE ")) AND (?2 = 0 OR (-first_day, name, id) >"
        " (SELECT -first_day, name, id FROM terms WHERE id = ?2))"
        " ORDER BY -first_day, name, id LIMIT ?3");
    struct term_row term;
    int r;

    store_bind_int(statement, 1, organisation);
    store_bind_int(statement, 2, page->after);
    store_bind_int(statement, 3, page->limit);
    while ((r = store_step(store, statement)) == 1) {
        read_row(statement, &term);
        on_term(user, &term);
    }
    store_finish(statement);
    return r;
}
