#include "signaling/http/schools_json.h"

#include "signaling/timetable/local_date.h"

json_t *schools_json_organisation(const struct organisation *organisation)
{
    return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s}", "id", (json_int_t)organisation->id,
        "version", (json_int_t)organisation->version, "parent", (json_int_t)organisation->parent,
        "kind", organisations_kind_name(organisation->kind), "name", organisation->name, "zone",
        organisation->zone);
}

json_t *schools_json_room(const struct room *room)
{
    return json_pack("{s:I, s:I, s:I, s:s, s:s}", "id", (json_int_t)room->id, "version",
        (json_int_t)room->version, "school", (json_int_t)room->school, "name", room->name, "use",
        rooms_use_name(room->use));
}

json_t *schools_json_term(const struct term_row *term)
{
    char first[LOCAL_DATE_CHARS], last[LOCAL_DATE_CHARS];

    return json_pack("{s:I, s:I, s:I, s:s, s:s, s:s}", "id", (json_int_t)term->id, "version",
        (json_int_t)term->version, "organisation", (json_int_t)term->organisation, "name",
        term->name, "first_day", local_date_format(term->term.first_day, first), "last_day",
        local_date_format(term->term.last_day, last));
}
