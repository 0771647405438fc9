#include "signaling/accounts/login_names.h"

#include "signaling/store/compared_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void login_names_key(const char *login, char ret_key[LOGIN_NAMES_KEY_BYTES + 1])
{
    char *form = compared_text(login);

    snprintf(ret_key, LOGIN_NAMES_KEY_BYTES + 1, "%s", form ? form : login);
    free(form);
}

int login_names_taken(struct store *store, const char *login, int64_t except)
{
    sqlite3_stmt *statement = store_prepare(
        store, "SELECT 1 FROM people WHERE " COMPARED_TEXT_IS("login_key", "?1") " AND id != ?2");
    int r;

    store_bind_text(statement, 1, login);
    store_bind_int(statement, 2, except);
    r = store_step(store, statement);
    store_finish(statement);
    return r;
}

/* The name and the number, with as much of the name as there is room for; number 0: the name alone. */
static void number_name(
    const char *name, unsigned number, char ret_login[PEOPLE_MAX_NAME_BYTES + 1])
{
    char digits[16] = "";
    size_t len = strlen(name);

    if (number > 0)
        snprintf(digits, sizeof(digits), "%u", number);
    if (len + strlen(digits) > PEOPLE_MAX_NAME_BYTES)
        len = PEOPLE_MAX_NAME_BYTES - strlen(digits);
    while (len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80) /* within a character */
        len--;
    snprintf(ret_login, PEOPLE_MAX_NAME_BYTES + 1, "%.*s%s", (int)len, name, digits);
}

int login_names_choose(struct store *store, const char *name, int64_t except,
    const json_t *reserved, char ret_login[PEOPLE_MAX_NAME_BYTES + 1])
{
    char login[PEOPLE_MAX_NAME_BYTES + 1], key[LOGIN_NAMES_KEY_BYTES + 1];

    for (unsigned number = 0;; number = number == 0 ? 2 : number + 1) {
        int r;

        number_name(name, number, login);
        login_names_key(login, key);
        if (json_object_get(reserved, key))
            continue;
        r = login_names_taken(store, login, except);
        if (r < 0)
            return r;
        if (r == 0)
            break;
    }
    memcpy(ret_login, login, sizeof(login));
    return 0;
}

int login_names_settle(struct store *store, struct person *person)
{
    int r;

    if (!*person->login)
        return login_names_choose(store, person->name, person->id, NULL, person->login);
    if (!people_is_name(person->login))
        return -EINVAL;
    r = login_names_taken(store, person->login, person->id);
    return r == 1 ? -EEXIST : r;
}
