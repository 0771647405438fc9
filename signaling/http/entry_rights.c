#include "signaling/http/entry_rights.h"

#include "signaling/accounts/people.h"
#include "signaling/http/api.h"
#include "signaling/http/refusals.h"
#include "signaling/lessons/terms.h"
#include "signaling/service.h"

/* ---- rooms ---- */

static bool may_use(
    struct http_request *request, int64_t room, enum room_use use, struct room *ret_room)
{
    int r = rooms_get(request->app->store, room, ret_room);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_ROOM, NULL);
    if (r != 1 || !api_may(request, ret_room->school))
        return false;
    if (ret_room->use == use || ret_room->use == ROOM_BOTH)
        return true;
    refusals_answer(request, REFUSAL_ROOM_USE,
        json_pack("{s:s, s:s}", "name", ret_room->name, "use", rooms_use_name(use)));
    return false;
}

bool entry_rights_room(struct http_request *request, int64_t room, enum room_use use)
{
    struct room row;

    return may_use(request, room, use, &row);
}

/* ---- terms ---- */

bool entry_rights_term(struct http_request *request, int64_t term, int64_t organisation)
{
    struct store *store = request->app->store;
    struct organisation whose;
    struct term_row row;
    int r = terms_get(store, term, &row);

    if (r == 1)
        r = organisations_contains(store, row.organisation, organisation);
    if (r == 1)
        return true;
    if (r == 0)
        r = organisations_get(store, organisation, &whose);
    if (r < 0)
        service_answer_store_error(request, r);
    else
        refusals_answer(request, REFUSAL_TERM_OF_OTHERS,
            json_pack("{s:s, s:s}", "term", row.name, "school", whose.name));
    return false;
}

/* ---- people ---- */

static bool may_name(struct http_request *request, int64_t person, bool stands_there)
{
    struct person row;
    int r = people_get(request->app->store, person, &row);

    if (r < 0)
        service_answer_store_error(request, r);
    else if (r == 0)
        refusals_answer(request, REFUSAL_NO_PERSON, NULL);
    if (r != 1 || !api_may(request, row.organisation))
        return false;
    if (!row.disabled || stands_there)
        return true;
    refusals_answer(request, REFUSAL_ACCOUNT_DISABLED, json_pack("{s:s}", "name", row.name));
    return false;
}

static bool is_local_teacher(const struct timetable_entry *entry, int64_t person)
{
    for (size_t i = 0; entry && i < entry->receiving_count; i++) {
        if (entry->receiving[i].teacher == person)
            return true;
    }
    return false;
}

bool entry_rights_plan(struct http_request *request, const struct timetable_entry *entry,
    const struct timetable_entry *old)
{
    bool same_term = old && old->term == entry->term && old->room == entry->room;
    struct room master;

    if (!api_may_term(request, entry->term) ||
        !may_use(request, entry->room, ROOM_MASTER, &master) ||
        (!same_term && !entry_rights_term(request, entry->term, master.school)) ||
        !may_name(request, entry->teacher, old && old->teacher == entry->teacher))
        return false;
    for (size_t i = 0; i < entry->receiving_count; i++) {
        const struct plan_room *room = &entry->receiving[i];

        if (!entry_rights_room(request, room->room, ROOM_RECEIVING) ||
            (room->teacher != 0 &&
                !may_name(request, room->teacher, is_local_teacher(old, room->teacher))))
            return false;
    }
    return true;
}
