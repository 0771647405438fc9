/*
 * A lesson over several routers in virtual time: scenes (scene.h) whose routers are each other's peers. What
 * they tell and give one another passes through queues of the test, which can delay, hold or refuse it. As in
 * the relay messages and packets travel apart: each in order from one router to another, and in one turn a
 * router takes its messages before its packets.
 *
 * Any scene may be driven: publisher_send() and scene_advance() of one move the clock of all.
 */
#ifndef DUET_TESTS_UNIT_ROUTING_EXCHANGE_SCENE_H
#define DUET_TESTS_UNIT_ROUTING_EXCHANGE_SCENE_H

#include "tests/unit/routing/scene.h"

#define EXCHANGE_ROUTERS 3

struct exchange_scene;

struct exchange_end {
    struct exchange_scene *exchange;
    unsigned index;
};

struct exchange_item {
    struct exchange_item *next;
    unsigned from;
    unsigned to;
    uint64_t due_us;
    struct router_message *message; /* or else the parcel */
    struct router_parcel parcel;
};

struct exchange_queue {
    struct exchange_item *first;
    uint64_t delay_us;
};

struct exchange_scene {
    struct scene scenes[EXCHANGE_ROUTERS];
    struct exchange_end ends[EXCHANGE_ROUTERS];
    struct exchange_queue mail;
    struct exchange_queue ring;
    bool holds_mail_of[EXCHANGE_ROUTERS]; /* messages of this router wait till it is false again */
    unsigned refusals;                    /* so many packets from now on find no room */

    /* what was carried */
    unsigned messages;
    unsigned parcels;
};

void exchange_scene_init(struct exchange_scene *exchange);
/* Ends the routers as the relay does: all leave the exchange before the first is destroyed. */
void exchange_scene_finish(struct exchange_scene *exchange);
/* Delivers what is due by now and serves the viewers of all. */
void exchange_scene_turn(struct exchange_scene *exchange);

#endif
