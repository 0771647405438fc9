/* The router itself: what everything shares, and the timers' walk over streams and subscribers. */
#include "relay/routing/router.h"

#include "common/clock.h"
#include "relay/routing/mirror.h"
#include "relay/routing/subscriber.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* Some 200 MB: two seconds of a hundred lessons at 4 Mbit/s. */
#define MAX_PACKETS 131072

int router_create(const struct router_exchange *exchange, struct router **ret_router)
{
    struct router *router = calloc(1, sizeof(*router));
    if (router == NULL)
        return -ENOMEM;

    list_init(&router->streams);
    list_init(&router->subscribers);
    list_init(&router->awake);
    list_init(&router->resting);
    fan_out_init(&router->fan_out);
    lesson_book_init(&router->lessons);
    router->next_layer_id = 1;
    router->next_stream_id = 1;
    for (size_t i = 0; i < MIRROR_BUCKETS; i++)
        list_init(&router->mirrors[i]);
    if (exchange != NULL)
        router->exchange = *exchange;
    int err = packet_pool_create(MAX_PACKETS, &router->pool);
    if (err == 0)
        err = directory_create(&router->directory);
    if (err < 0) {
        router_destroy(router);
        return err;
    }
    *ret_router = router;
    return 0;
}

void router_destroy(struct router *router)
{
    if (router == NULL)
        return;
    assert(list_is_empty(&router->streams) && list_is_empty(&router->subscribers));
    lesson_book_finish(&router->lessons);
    directory_destroy(router->directory);
    packet_pool_destroy(router->pool);
    free(router);
}

void router_leave_exchange(struct router *router)
{
    for (size_t i = 0; i < MIRROR_BUCKETS; i++) {
        while (!list_is_empty(&router->mirrors[i]))
            stream_destroy(list_entry(router->mirrors[i].next, struct stream, router_node));
    }
}

static void tick_mirrors(struct router *router, uint64_t now_us)
{
    for (size_t i = 0; i < MIRROR_BUCKETS; i++) {
        list_for_each(node, &router->mirrors[i])
            mirror_tick(list_entry(node, struct stream, router_node), now_us);
    }
}

uint64_t router_ntp(const struct router *router, uint64_t now_us)
{
    return clock_ntp_from_wall_us((uint64_t)((int64_t)now_us + router->wall_offset_us));
}

void router_forget(struct router *router, struct list_node *node)
{
    if (router->walk_next == node)
        router->walk_next = node->next;
    list_remove(node);
}

/* Most viewers rest: looking at each of hundreds, whom the caches have forgotten, would cost more than what
 * there is to do. All rest for the same time, so they stand in the order of their ends. */
static void tick_subscribers(struct router *router, uint64_t now_us)
{
    struct list_node due;

    list_init(&due);
    list_move_all(&due, &router->awake);
    while (!list_is_empty(&router->resting)) {
        struct subscriber *first = list_entry(router->resting.next, struct subscriber, tick_node);

        if (now_us < first->rest_ends_us)
            break;
        first->rest_ends_us = 0;
        list_remove(&first->tick_node);
        list_insert_before(&due, &first->tick_node);
    }
    while (!list_is_empty(&due))
        subscriber_tick(list_entry(due.next, struct subscriber, tick_node), now_us);
}

void router_tick(struct router *router, uint64_t now_us, uint64_t wall_us)
{
    struct list_node *node;

    router->now_us = now_us;
    if (!router->has_wall) {
        router->has_wall = true;
        router->wall_offset_us = (int64_t)(wall_us - now_us);
    }
    tick_mirrors(router, now_us);
    for (node = router->streams.next; node != &router->streams; node = router->walk_next) {
        router->walk_next = node->next;
        stream_tick(list_entry(node, struct stream, router_node), now_us);
    }
    router->walk_next = NULL;
    tick_subscribers(router, now_us);
}
