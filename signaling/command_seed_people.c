#include "signaling/command_seed_people.h"

#include "common/random.h"
#include "signaling/accounts/people.h"
#include "signaling/commands.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define PASSWORD_CHARS 16
#define HASHERS        4

/* Hashes are slow on purpose, so that they are made beside each other. */
struct hashing {
    size_t first, count; /* each HASHERS behind the first, below count */
    int failure;
    char passwords[SEED_PEOPLE_MAX][PASSWORD_CHARS + 1];
    char hashes[SEED_PEOPLE_MAX][PEOPLE_PASSWORD_HASH_CHARS];
};

static void *hash(void *user)
{
    struct hashing *hashing = user;

    for (size_t i = hashing->first; i < hashing->count; i += HASHERS) {
        random_text(hashing->passwords[i], PASSWORD_CHARS);
        if (people_hash_password(hashing->passwords[i], hashing->hashes[i]) < 0)
            hashing->failure = -ENOMEM;
    }
    return NULL;
}

static int hash_all(struct hashing list[static HASHERS], size_t count)
{
    pthread_t threads[HASHERS];
    size_t started = 0;
    int r = 0;

    while (r == 0 && started < HASHERS) {
        list[started].first = started;
        list[started].count = count;
        r = -pthread_create(&threads[started], NULL, hash, &list[started]);
        started += r == 0;
    }
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        r = r < 0 ? r : list[i].failure;
    }
    return r;
}

int seed_people(struct store *store, const struct seed_person *list, size_t count, int64_t now_s,
    int64_t *ret_ids)
{
    struct hashing hashing[HASHERS] = {0};
    int r = count > SEED_PEOPLE_MAX ? -EINVAL : hash_all(hashing, count);

    for (size_t i = 0; r == 0 && i < count; i++) {
        const struct hashing *made = &hashing[i % HASHERS];
        struct person person = {.organisation = list[i].organisation};

        snprintf(person.name, sizeof(person.name), "%s", list[i].name);
        snprintf(person.login, sizeof(person.login), "%s", list[i].name);
        snprintf(person.role, sizeof(person.role), "%s", list[i].role);
        memcpy(person.password_hash, made->hashes[i], sizeof(person.password_hash));
        r = people_add(store, &person, NULL, 0, COMMAND_PERSON, now_s, &ret_ids[i]);
        if (r == 0)
            printf("%s\t%s\t%s\n", person.login, person.role, made->passwords[i]);
    }
    explicit_bzero(hashing, sizeof(hashing));
    return r;
}
