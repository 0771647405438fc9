/*
 * A part of a long list, for the modules whose lists can be read in parts: the rows that stand behind one of them in the
 * order of the list (never an offset: what is added or taken away meanwhile shifts nothing). Rows of such lists
 * are never deleted, only hidden: the one that was last is there to compare with. Pure.
 */
#ifndef DUET_SIGNALING_STORE_LIST_PAGE_H
#define DUET_SIGNALING_STORE_LIST_PAGE_H

#include <stdint.h>

struct list_page {
    int64_t after; /* id of the row, 0: from the beginning */
    int limit;     /* rows at most, -1: all */
};

#define LIST_PAGE_ALL ((struct list_page){.limit = -1})

#endif
