#include "signaling/realtime/lesson_access.h"

#include "common/clock.h"
#include "common/random.h"
#include "signaling/accounts/logins.h"
#include "signaling/accounts/subjects.h"
#include "signaling/http/request.h"
#include "signaling/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERSON_PREFIX  "person-"
#define ROOM_PREFIX    "room-"
#define SUBJECT_PERSON PERSON_PREFIX "%lld"

void lesson_caller_init(struct lesson_caller *caller, struct http_request *request)
{
    *caller = (struct lesson_caller){
        .person = request->person.id,
        .device = request->device.id,
        .claims = request->claims,
    };
    snprintf(caller->login, sizeof(caller->login), "%s", request->person.login);
    request->claims = NULL;
}

void lesson_caller_finish(struct lesson_caller *caller)
{
    token_claims_free(caller->claims);
    caller->claims = NULL;
}

void lesson_caller_subject(
    const struct lesson_caller *caller, char ret_subject[TOKEN_MAX_NAME_CHARS + 1])
{
    if (caller->claims)
        snprintf(ret_subject, TOKEN_MAX_NAME_CHARS + 1, "%s", caller->claims->subject);
    else if (caller->device > 0)
        devices_subject(caller->device, ret_subject);
    else
        snprintf(ret_subject, TOKEN_MAX_NAME_CHARS + 1, SUBJECT_PERSON, (long long)caller->person);
}

const char *lesson_caller_login(const struct lesson_caller *caller)
{
    return caller->claims ? caller->claims->login : caller->login;
}

/* Coordinators and inspectors look into every lesson that is taught or received in their part of the tree. */
static int oversees(
    struct store *store, const struct person *person, const struct lesson_info *lesson)
{
    int r;

    if (person->organisation == 0 || lesson->entry == 0 ||
        (strcmp(person->role, "coordinator") != 0 && strcmp(person->role, "inspector") != 0))
        return 0;
    r = organisations_contains(store, person->organisation, lesson->master.school);
    for (size_t i = 0; r == 0 && i < lesson->receiving_count; i++)
        r = organisations_contains(store, person->organisation, lesson->receiving[i].school);
    return r;
}

/* As people_find(), by id: a disabled person is nobody. */
static int find_person(struct store *store, int64_t id, struct person *ret_person)
{
    sqlite3_stmt *statement =
        store_prepare(store, "SELECT 1 FROM people WHERE id = ? AND NOT disabled");
    int r;

    store_bind_int(statement, 1, id);
    r = store_run(store, statement);
    return r == 1 ? people_get(store, id, ret_person) : r;
}

static void begin_claims(
    struct token_claims *claims, const struct lesson_info *lesson, const char *role)
{
    claims->issued_s = clock_wall_s();
    claims->expires_s = claims->issued_s + LESSON_ACCESS_TOKEN_S;
    snprintf(claims->lesson, sizeof(claims->lesson), "%s", lesson->id);
    snprintf(claims->role, sizeof(claims->role), "%s", role);
    random_id(claims->id);
}

static int find_for_person(struct signaling *app, int64_t id, const struct lesson_info *lesson,
    struct lesson_access *ret_access)
{
    struct lesson_access access = {.renewable = true};
    const struct lesson_place *place = lesson_info_place_of(lesson, id);
    struct person person;
    int r = find_person(app->store, id, &person);

    if (r == 1)
        r = lessons_has_person(app->store, lesson->id, id);
    else if (r == 0)
        return -EACCES;
    if (r == 0)
        r = oversees(app->store, &person, lesson);
    if (r <= 0)
        return r < 0 ? r : -EACCES;
    snprintf(access.name, sizeof(access.name), "%s", person.name);
    access.room = place ? place->room : 0;
    begin_claims(&access.claims, lesson, person.role);
    snprintf(
        access.claims.subject, sizeof(access.claims.subject), SUBJECT_PERSON, (long long)person.id);
    people_media_rights(person.role, person.id, &access.claims.publish, &access.claims.watch);
    *ret_access = access;
    return 0;
}

/* A device belongs to the lessons of its room, as long as it is not revoked. */
static int find_for_device(struct signaling *app, int64_t id, const struct lesson_info *lesson,
    struct lesson_access *ret_access)
{
    struct lesson_access access = {.renewable = true};
    const char *role = NULL;
    struct device device;
    int r = devices_get(app->store, id, &device);

    if (r < 0)
        return r;
    if (r == 0 || device.revoked_s != 0 || strcmp(lesson->state, "cancelled") == 0)
        return -EACCES;
    for (size_t i = 0; i < lesson->receiving_count; i++) {
        if (lesson->receiving[i].room == device.room)
            role = "receiving_room";
    }
    if (lesson->entry > 0 && lesson->master.room == device.room)
        role = "master_room";
    if (!role)
        return -EACCES;
    access.room = device.room;
    begin_claims(&access.claims, lesson, role);
    devices_subject(id, access.claims.subject);
    devices_media_rights(device.room, lesson->master.room == device.room, &access.claims.publish,
        &access.claims.watch);
    *ret_access = access;
    return 0;
}

/* The number behind a prefix; 0 when there is none. */
static int64_t number_after(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? strtoll(text + len, NULL, 10) : 0;
}

static int64_t room_of_token(const struct token_claims *claims, const struct lesson_info *lesson)
{
    int64_t room = number_after(token_sources_room(&claims->publish), ROOM_PREFIX);

    for (size_t i = 0; i < lesson->receiving_count; i++) {
        if (lesson->receiving[i].room == room)
            return room;
    }
    return token_sources_have(&claims->publish, "teacher-camera") ? lesson->master.room : 0;
}

/* What was handed out says itself what it is good for, and until when. A person's must still belong to them. */
static int find_for_token(struct signaling *app, const struct token_claims *claims,
    const struct lesson_info *lesson, struct lesson_access *ret_access)
{
    struct lesson_access access = {.claims = *claims};
    int64_t person = number_after(claims->subject, PERSON_PREFIX);
    int r;

    if (strcmp(claims->lesson, lesson->id) != 0)
        return -EACCES;
    r = subjects_is_active(app->store, claims->subject);
    if (r <= 0)
        return r < 0 ? r : -EACCES;
    if (claims->expires_s <= clock_wall_s())
        return -EKEYEXPIRED;
    access.renewable = person > 0;
    if (person > 0) {
        struct lesson_access of_person;

        r = find_for_person(app, person, lesson, &of_person);
        if (r < 0)
            return r;
        access.room = of_person.room;
        memcpy(access.name, of_person.name, sizeof(access.name));
    } else {
        access.room = room_of_token(claims, lesson);
    }
    *ret_access = access;
    return 0;
}

int lesson_access_find(struct signaling *app, const struct lesson_caller *caller,
    const struct lesson_info *lesson, struct lesson_access *ret_access)
{
    int r = logins_ended(app->store, lesson_caller_login(caller));

    if (r != 0)
        return r < 0 ? r : -EACCES;
    if (caller->claims)
        return find_for_token(app, caller->claims, lesson, ret_access);
    if (caller->device > 0)
        return find_for_device(app, caller->device, lesson, ret_access);
    r = find_for_person(app, caller->person, lesson, ret_access);
    if (r == 0)
        memcpy(ret_access->claims.login, caller->login, sizeof(caller->login));
    return r;
}
