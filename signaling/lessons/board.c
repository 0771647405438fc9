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

static int read_term(struct board *board, size_t index)
{
    struct term_row row;
    int r = terms_get(board->store, board->entries[index].term, &row);

    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    board->terms[index] = row.term;
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

static int add_rivals(struct board *board)
{
    for (size_t i = 0; i < board->id_count; i++) {
        int r = entries_get(board->store, board->ids[i], &board->entries[i + 1]);

        if (r == 1)
            r = read_term(board, i + 1);
        if (r == 0)
            r = plan_entry(board, i + 1);
        if (r < 0)
            return r;
    }
    return 0;
}

static int allocate(struct board *board)
{
    size_t count = board->id_count + 1;

    board->entries = calloc(count, sizeof(*board->entries));
    board->plan_entries = calloc(count, sizeof(*board->plan_entries));
    board->terms = calloc(count, sizeof(*board->terms));
    return board->entries && board->plan_entries && board->terms ? 0 : -ENOMEM;
}

int board_init(
    struct board *board, struct store *store, const struct timetable_entry *entry, int64_t now_s)
{
    struct term_row term;
    uint32_t second;
    int r;

    *board = (struct board){.store = store};
    r = terms_get(store, entry->term, &term);
    if (r <= 0)
        return r < 0 ? r : -ENOENT;
    r = entries_rivals(store, entry, entry->id, &term.term, on_rival, board);
    if (r == 0)
        r = board->failed ? -ENOMEM : bells_shelf_create(store, &board->shelf);
    if (r == 0)
        r = allocate(board);
    if (r < 0)
        return r;
    board->entries[0] = *entry;
    board->terms[0] = term.term;
    r = plan_entry(board, 0);
    if (r < 0)
        return r;
    school_clock_local(board->plan_entries[0].bells->clock, now_s, &board->today, &second);
    return add_rivals(board);
}
