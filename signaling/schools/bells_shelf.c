#include "signaling/schools/bells_shelf.h"

#include "signaling/schools/rooms.h"

#include <errno.h>
#include <stdlib.h>

struct place {
    int64_t school;
    struct school_bells *bells; /* owned */
};

struct bells_shelf {
    struct store *store; /* borrowed */
    /* owned */
    struct school_bells_reader *reader;
    struct place *places;
    size_t count, capacity;
};

int bells_shelf_create(struct store *store, struct bells_shelf **ret_shelf)
{
    struct bells_shelf *shelf = calloc(1, sizeof(*shelf));

    int r;

    if (!shelf)
        return -ENOMEM;
    shelf->store = store;
    r = school_bells_reader_create(store, &shelf->reader);
    if (r < 0) {
        free(shelf);
        return r;
    }
    *ret_shelf = shelf;
    return 0;
}

void bells_shelf_destroy(struct bells_shelf *shelf)
{
    if (!shelf)
        return;
    for (size_t i = 0; i < shelf->count; i++)
        school_bells_destroy(shelf->places[i].bells);
    school_bells_reader_destroy(shelf->reader);
    free(shelf->places);
    free(shelf);
}

/* Where the school stands, or would. */
static size_t find(const struct bells_shelf *shelf, int64_t school)
{
    size_t from = 0, to = shelf->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (shelf->places[middle].school < school)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static int make_room(struct bells_shelf *shelf)
{
    size_t capacity = shelf->capacity == 0 ? 16 : 2 * shelf->capacity;
    struct place *places;

    if (shelf->count < shelf->capacity)
        return 0;
    places = reallocarray(shelf->places, capacity, sizeof(*places));
    if (!places)
        return -ENOMEM;
    shelf->places = places;
    shelf->capacity = capacity;
    return 0;
}

int bells_shelf_of_school(struct bells_shelf *shelf, int64_t school, const struct bells **ret_bells)
{
    size_t at = find(shelf, school);
    struct school_bells *bells;
    int r;

    if (at < shelf->count && shelf->places[at].school == school) {
        *ret_bells = school_bells_get(shelf->places[at].bells);
        return 0;
    }
    r = make_room(shelf);
    if (r == 0)
        r = school_bells_read(shelf->reader, school, &bells);
    if (r < 0)
        return r;
    for (size_t i = shelf->count; i > at; i--)
        shelf->places[i] = shelf->places[i - 1];
    shelf->places[at] = (struct place){school, bells};
    shelf->count++;
    *ret_bells = school_bells_get(bells);
    return 0;
}

int bells_shelf_of_room(struct bells_shelf *shelf, int64_t room, const struct bells **ret_bells)
{
    struct room row;
    int r = rooms_get(shelf->store, room, &row);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    return bells_shelf_of_school(shelf, row.school, ret_bells);
}
