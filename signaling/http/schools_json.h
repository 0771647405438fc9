/* How /api/v1 tells of counties, schools, rooms and terms. Each returns a new reference, NULL without memory. */
#ifndef DUET_SIGNALING_HTTP_SCHOOLS_JSON_H
#define DUET_SIGNALING_HTTP_SCHOOLS_JSON_H

#include "signaling/lessons/terms.h"
#include "signaling/schools/rooms.h"

#include <jansson.h>

json_t *schools_json_organisation(const struct organisation *organisation);
json_t *schools_json_room(const struct room *room);
json_t *schools_json_term(const struct term_row *term);

#endif
