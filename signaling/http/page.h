/*
 * Long lists over HTTP in parts: "?limit=100&cursor=…" → {"rooms": […], "next": the cursor of what follows, or null}.
 * A cursor names the last row that was sent, and is signed for the person and the list: nobody learns where a row that
 * is not theirs would stand. Loop thread.
 */
#ifndef DUET_SIGNALING_HTTP_PAGE_H
#define DUET_SIGNALING_HTTP_PAGE_H

#include "signaling/http/request.h"
#include "signaling/store/list_page.h"

#include <jansson.h>

#define PAGE_DEFAULT_ROWS 100
#define PAGE_MAX_ROWS     500

/* What the request asks for; one row more, by which page_answer() knows that there are more. False: answered with 400.
 * kind is the list's name in the path and the answer. */
bool page_read(struct http_request *request, const char *kind, struct list_page *ret_page);

/* Answers with the rows, of which each has an id; takes the reference. r is what reading them returned. */
void page_answer(struct http_request *request, const char *kind, const struct list_page *page,
    json_t *rows, int r);

#endif
