#include "signaling/command_seed_people.h"

#include "common/random.h"
#include "signaling/accounts/people.h"
#include "signaling/commands.h"

#include <stdio.h>
#include <string.h>

#define PASSWORD_CHARS 16

int seed_people(struct store *store, const struct seed_person *list, size_t count, int64_t now_s,
    int64_t *ret_ids)
{
    char password[PASSWORD_CHARS + 1];
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++) {
        struct person person = {.organisation = list[i].organisation};

        snprintf(person.name, sizeof(person.name), "%s", list[i].name);
        snprintf(person.login, sizeof(person.login), "%s", list[i].name);
        snprintf(person.role, sizeof(person.role), "%s", list[i].role);
        random_text(password, PASSWORD_CHARS);
        r = people_hash_drawn(password, person.password_hash);
        if (r == 0)
            r = people_add(store, &person, NULL, 0, COMMAND_PERSON, now_s, &ret_ids[i]);
        if (r == 0)
            printf("%s\t%s\t%s\n", person.login, person.role, password);
    }
    explicit_bzero(password, sizeof(password));
    return r;
}
