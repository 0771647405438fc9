#include "signaling/schools/hanging.h"

#include <errno.h>

int hanging_find(struct store *store, const struct hanging_look *looks, size_t count, int64_t id,
    struct hanging *ret_hanging)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_stmt *statement = store_prepare(store, looks[i].sql);
        int64_t found = 0;
        int r;

        store_bind_int(statement, 1, id);
        r = store_step(store, statement);
        if (r == 1)
            found = sqlite3_column_int64(statement, 0);
        store_finish(statement);
        if (r < 0)
            return r;
        if (found > 0) {
            *ret_hanging = (struct hanging){looks[i].kind, found};
            return -ENOTEMPTY;
        }
    }
    return 0;
}
