/* Standing clashes (lessons/clashes.h) as answers tell them. Loop thread. */
#ifndef DUET_SIGNALING_HTTP_CLASHES_JSON_H
#define DUET_SIGNALING_HTTP_CLASHES_JSON_H

#include "signaling/lessons/clashes.h"

#include <jansson.h>

/* {kind, id, name, lessons: [{id, entry, subject, …}, {…}], start, end, ignored} */
json_t *clashes_json_one(const struct clash *clash);

/* An array of the first max of them. */
json_t *clashes_json(const struct clashes *clashes, size_t max);

#endif
