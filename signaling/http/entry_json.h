/*
 * Weekly lessons, and what is in their way, as JSON (docs/timetable.md). The thread of the store.
 */
#ifndef DUET_SIGNALING_HTTP_ENTRY_JSON_H
#define DUET_SIGNALING_HTTP_ENTRY_JSON_H

#include "common/json.h"
#include "signaling/lessons/placement.h"

/* All but id and version. Returns 0, or -EBADMSG with a sentence that names the member; whether the whole can be is
 * placement_fault()'s question. */
int entry_json_read(
    const json_t *object, struct timetable_entry *ret_entry, struct json_error *ret_error);

/* New references; NULL without memory. */
json_t *entry_json_describe(const struct timetable_entry *entry);
json_t *entry_json_conflicts(struct store *store, const struct placement_report *report);
json_t *entry_json_warnings(struct store *store, const struct timetable_entry *entry,
    const struct placement_report *report);
json_t *entry_json_offers(
    const struct timetable_entry *entry, const struct placement_report *report);

#endif
