#include "tests/unit/routing/exchange_scene.h"

#include <stdlib.h>
#include <string.h>

static struct exchange_item *append(
    struct exchange_end *end, struct exchange_queue *queue, unsigned to)
{
    struct exchange_item **link = &queue->first;
    struct exchange_item *item = calloc(1, sizeof(*item));

    if (item == NULL)
        abort();
    while (*link != NULL)
        link = &(*link)->next;
    *link = item;
    item->from = end->index;
    item->to = to;
    item->due_us = end->exchange->scenes[end->index].now_us + queue->delay_us;
    return item;
}

static void post(void *user, unsigned peer, struct router_message *message)
{
    struct exchange_end *end = user;

    end->exchange->messages++;
    append(end, &end->exchange->mail, peer)->message = message;
}

static bool hand_over(void *user, unsigned peer, const struct router_parcel *parcel)
{
    struct exchange_end *end = user;

    if (end->exchange->refusals > 0) {
        end->exchange->refusals--;
        return false;
    }
    end->exchange->parcels++;
    append(end, &end->exchange->ring, peer)->parcel = *parcel;
    return true;
}

static void deliver(struct scene *scene, const struct exchange_item *item)
{
    if (item->message != NULL)
        router_take_message(scene->router, item->message, scene->now_us);
    else
        router_take_parcel(scene->router, &item->parcel, scene->now_us);
}

static bool is_due(const struct exchange_scene *exchange, const struct exchange_item *item)
{
    if (item->message != NULL && exchange->holds_mail_of[item->from])
        return false;
    return item->due_us <= exchange->scenes[item->to].now_us;
}

/* Returns whether anything came; it may have brought forth more. */
static bool deliver_queue(struct exchange_scene *exchange, struct exchange_queue *queue)
{
    struct exchange_item **link = &queue->first;
    bool any = false;

    while (*link != NULL) {
        struct exchange_item *item = *link;

        if (!is_due(exchange, item)) {
            link = &item->next;
            continue;
        }
        deliver(&exchange->scenes[item->to], item);
        *link = item->next;
        free(item);
        any = true;
    }
    return any;
}

static void serve(struct scene *scene)
{
    if (router_fan_out(scene->router, SIZE_MAX, scene->now_us))
        abort();
}

void exchange_scene_turn(struct exchange_scene *exchange)
{
    bool any;

    do {
        any = deliver_queue(exchange, &exchange->mail);
        any = deliver_queue(exchange, &exchange->ring) || any;
        for (size_t i = 0; i < EXCHANGE_ROUTERS; i++)
            serve(&exchange->scenes[i]);
    } while (any);
}

/* The others' clocks follow the one that is driven. */
static void on_turn(void *user, const struct scene *driven)
{
    struct exchange_scene *exchange = user;

    for (size_t i = 0; i < EXCHANGE_ROUTERS; i++) {
        struct scene *scene = &exchange->scenes[i];

        if (scene->now_us >= driven->now_us)
            continue;
        scene->now_us = driven->now_us;
        scene->wall_us = driven->wall_us;
        router_tick(scene->router, scene->now_us, scene->wall_us);
    }
    exchange_scene_turn(exchange);
}

void exchange_scene_init(struct exchange_scene *exchange)
{
    memset(exchange, 0, sizeof(*exchange));
    for (unsigned i = 0; i < EXCHANGE_ROUTERS; i++) {
        struct scene *scene = &exchange->scenes[i];

        exchange->ends[i] = (struct exchange_end){exchange, i};
        scene_init_with(scene, &(struct router_exchange){.index = i,
                                   .count = EXCHANGE_ROUTERS,
                                   .post = post,
                                   .hand_over = hand_over,
                                   .user = &exchange->ends[i]});
        scene->on_turn = on_turn;
        scene->user = exchange;
    }
}

static void drop_queue(struct exchange_queue *queue)
{
    while (queue->first != NULL) {
        struct exchange_item *item = queue->first;

        queue->first = item->next;
        if (item->message != NULL)
            router_take_message(NULL, item->message, 0);
        else
            packet_unref(item->parcel.packet);
        free(item);
    }
}

void exchange_scene_finish(struct exchange_scene *exchange)
{
    for (size_t i = 0; i < EXCHANGE_ROUTERS; i++)
        router_leave_exchange(exchange->scenes[i].router);
    drop_queue(&exchange->mail);
    drop_queue(&exchange->ring);
    for (size_t i = 0; i < EXCHANGE_ROUTERS; i++)
        scene_finish(&exchange->scenes[i]);
}
