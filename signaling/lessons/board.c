#include "signaling/lessons/board.h"

#include "signaling/lessons/terms.h"

#include <errno.h>
#include <stdlib.h>

void board_finish(struct board *board)
{
    bells_shelf_destroy(board->shelf);
    free(board->entries);
    free(board->plan_entries);
    free(board->terms);
    planned_delays_finish(&board->delays);
    free(board->ids);
}

static void on_rival(void *user, int64_t id)
{
    struct board *board = user;
    int64_t *ids = reallocarray(board->ids, board->id_count + 1, sizeof(*ids));

    if (!ids) {
        board->failed = true;
        return;
    }
    board->ids = ids;
    ids[board->id_count++] = id;
}

static int read_term(struct store *store, int64_t id, struct term *ret_term)
{
    struct term_row row;
    int r = terms_get(store, id, &row);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    *ret_term = row.term;
    return 0;
}

/* Everything that a plan needs of entries[index], but its rooms' holidays. */
static int plan_entry(struct board *board, size_t index)
{
    struct timetable_entry *entry = &board->entries[index];
    const struct bells *bells = NULL;
    int r = bells_shelf_of_room(board->shelf, entry->room, &bells);

    for (size_t i = 0; r == 0 && i < entry->receiving_count; i++)
        r = bells_shelf_of_room(board->shelf, entry->receiving[i].room, &entry->receiving[i].bells);
    if (r < 0)
        return r;
    board->plan_entries[index] = (struct plan_entry){
        .id = entry->id,
        .term = &board->terms[index],
        .recurrence = entry->recurrence,
        .bells = bells,
        .period = entry->period,
        .teacher = entry->teacher,
        .room = entry->room,
        .receiving = entry->receiving,
        .receiving_count = entry->receiving_count,
    };
    return 0;
}

static int add_entry(struct board *board, size_t index)
{
    int r = 0;

    /* mostly it is the first one's */
    if (index > 0 && board->entries[index].term == board->entries[0].term)
        board->terms[index] = board->terms[0];
    else
        r = read_term(board->store, board->entries[index].term, &board->terms[index]);
    return r == 0 ? plan_entry(board, index) : r;
}

static int add_rival(struct board *board, size_t index)
{
    int r = planned_delays_read(&board->delays, board->store, &board->entries[index]);

    return r == 0 ? add_entry(board, index) : r;
}

static int add_rivals(struct board *board)
{
    for (size_t i = 0; i < board->id_count; i++) {
        size_t index = board->own_count + i;
        int r = entries_get(board->store, board->ids[i], &board->entries[index]);

        if (r == 1)
            r = add_rival(board, index);
        if (r < 0)
            return r;
    }
    return 0;
}

/* From the first day of any of their terms to the last. */
static int read_span(
    struct store *store, const struct timetable_entry *entries, size_t count, struct term *ret_span)
{
    for (size_t i = 0; i < count; i++) {
        struct term term;
        int r;

        if (i > 0 && entries[i].term == entries[i - 1].term)
            continue;
        r = read_term(store, entries[i].term, &term);
        if (r < 0)
            return r;
        if (i == 0 || term.first_day < ret_span->first_day)
            ret_span->first_day = term.first_day;
        if (i == 0 || term.last_day > ret_span->last_day)
            ret_span->last_day = term.last_day;
    }
    return 0;
}

static int allocate(struct board *board)
{
    size_t count = board->own_count + board->id_count + 1;

    board->entries = calloc(count, sizeof(*board->entries));
    board->plan_entries = calloc(count, sizeof(*board->plan_entries));
    board->terms = calloc(count, sizeof(*board->terms));
    return board->entries && board->plan_entries && board->terms ? 0 : -ENOMEM;
}

/* The ids of those that need one of the entries' people or rooms. */
static int find_rivals(struct board *board, const struct timetable_entry *entries)
{
    size_t count = board->own_count;
    struct term span = {0};
    int r = read_span(board->store, entries, count, &span);

    if (r == 0)
        r = entries_rivals(
            board->store, entries, count, count == 1 ? entries->id : 0, &span, on_rival, board);
    return r == 0 && board->failed ? -ENOMEM : r;
}

static int add_own(struct board *board, const struct timetable_entry *entries)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < board->own_count; i++) {
        board->entries[i] = entries[i];
        r = add_entry(board, i);
    }
    return r;
}

int board_init(struct board *board, struct store *store, const struct timetable_entry *entries,
    size_t count, int64_t now_s)
{
    uint32_t second;
    int r;

    *board = (struct board){.store = store, .own_count = count};
    r = find_rivals(board, entries);
    if (r == 0)
        r = bells_shelf_create(store, &board->shelf);
    if (r == 0)
        r = allocate(board);
    if (r == 0)
        r = add_own(board, entries);
    if (r == 0 && count > 0)
        school_clock_local(board->plan_entries[0].bells->clock, now_s, &board->today, &second);
    board->first_day = board->today;
    return r == 0 ? add_rivals(board) : r;
}

int board_init_listed(struct board *board, struct store *store, const int64_t *ids, size_t count)
{
    int r;

    *board = (struct board){.store = store};
    board->ids = calloc(count + 1, sizeof(*board->ids));
    r = board->ids ? bells_shelf_create(store, &board->shelf) : -ENOMEM;
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++)
        board->ids[i] = ids[i];
    board->id_count = count;
    r = allocate(board);
    return r == 0 ? add_rivals(board) : r;
}
