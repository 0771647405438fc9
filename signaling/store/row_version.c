#include "signaling/store/row_version.h"

#include <errno.h>

int row_version_check(struct store *store, const char *sql, int64_t id, int64_t version)
{
    sqlite3_stmt *statement = store_prepare(store, sql);
    int64_t present = 0;
    int r;

    store_bind_int(statement, 1, id);
    r = store_step(store, statement);
    if (r == 1)
        present = sqlite3_column_int64(statement, 0);
    store_finish(statement);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    return present == version ? 0 : -ESTALE;
}
