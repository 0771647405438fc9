#include "signaling/accounts/subjects.h"

#include <stdlib.h>
#include <string.h>

static int ask(struct store *store, const char *sql, const char *digits, int64_t issued_s)
{
    sqlite3_stmt *statement = store_prepare(store, sql);

    store_bind_int(statement, 1, strtoll(digits, NULL, 10));
    if (sqlite3_bind_parameter_count(statement) == 2)
        store_bind_int(statement, 2, issued_s);
    return store_run(store, statement);
}

int subjects_is_active(struct store *store, const char *subject)
{
    return subjects_honours(store, subject, INT64_MAX);
}

int subjects_honours(struct store *store, const char *subject, int64_t issued_s)
{
    static const struct {
        const char *prefix, *sql;
    } kinds[] = {
        {"person-", "SELECT 1 FROM people WHERE id = ? AND NOT disabled AND tokens_from < ?"},
        {"device-", "SELECT 1 FROM devices WHERE id = ? AND revoked IS NULL"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t len = strlen(kinds[i].prefix);

        if (strncmp(subject, kinds[i].prefix, len) == 0 &&
            subject[len + strspn(subject + len, "0123456789")] == '\0')
            return ask(store, kinds[i].sql, subject + len, issued_s);
    }
    return 1;
}
