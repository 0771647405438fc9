#include "signaling/accounts/token.h"

#include "common/json.h"

#include <ctype.h>
#include <errno.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool token_is_name(const char *text)
{
    size_t len = strlen(text);

    if (len == 0 || len > TOKEN_MAX_NAME_CHARS)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    }
    return true;
}

static int add_source(struct token_sources *sources, const char *name, size_t len)
{
    char *copy = sources->names[sources->count];

    if (sources->count == TOKEN_MAX_SOURCES || len > TOKEN_MAX_NAME_CHARS)
        return -EINVAL;
    memcpy(copy, name, len);
    copy[len] = '\0';
    if (strcmp(copy, "*") != 0 && !token_is_name(copy))
        return -EINVAL;
    sources->count++;
    return 0;
}

int token_sources_parse(const char *list, struct token_sources *ret_sources)
{
    struct token_sources sources = *ret_sources;

    while (*list) {
        size_t len = strcspn(list, ",");

        if (add_source(&sources, list, len) < 0)
            return -EINVAL;
        list += len;
        if (*list == ',' && *++list == '\0')
            return -EINVAL;
    }
    *ret_sources = sources;
    return 0;
}

bool token_sources_have(const struct token_sources *sources, const char *name)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (strcmp(sources->names[i], "*") == 0 || strcmp(sources->names[i], name) == 0)
            return true;
    }
    return false;
}

bool token_sources_have_all(const struct token_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (strcmp(sources->names[i], "*") == 0)
            return true;
    }
    return false;
}

const char *token_sources_room(const struct token_sources *publish)
{
    const char *room = "";

    for (size_t i = 0; i < publish->count; i++) {
        if (strncmp(publish->names[i], "room-", 5) != 0)
            continue;
        if (*room)
            return "";
        room = publish->names[i];
    }
    return room;
}

json_t *token_sources_to_json(const struct token_sources *sources)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < sources->count; i++)
        json_array_append_new(array, json_string(sources->names[i]));
    return array;
}

json_t *token_claims_to_json(const struct token_claims *claims)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s*, s:I, s:I}", "lesson", claims->lesson,
        "role", claims->role, "publish", token_sources_to_json(&claims->publish), "watch",
        token_sources_to_json(&claims->watch), "sub", claims->subject, "jti", claims->id, "login",
        *claims->login ? claims->login : NULL, "iat", (json_int_t)claims->issued_s, "exp",
        (json_int_t)claims->expires_s);
}

int token_mint(
    const uint8_t key[TOKEN_KEY_BYTES], const struct token_claims *claims, char **ret_token)
{
    json_t *json = token_claims_to_json(claims);
    char *grants = json ? json_dumps(json, JSON_COMPACT) : NULL;
    char *token = NULL;
    jwt_t *jwt = NULL;
    int r = -ENOMEM;

    if (!grants || jwt_new(&jwt) != 0)
        goto out;
    if (jwt_add_grants_json(jwt, grants) != 0 ||
        jwt_set_alg(jwt, JWT_ALG_HS256, key, TOKEN_KEY_BYTES) != 0)
        goto out;
    token = jwt_encode_str(jwt);
    if (!token)
        goto out;
    *ret_token = strdup(token);
    r = *ret_token ? 0 : -ENOMEM;
out:
    free(token);
    if (jwt)
        jwt_free(jwt);
    free(grants);
    json_decref(json);
    return r;
}

static int copy_name(const json_t *json, const char *key, char *ret_name)
{
    const char *value = json_string_value(json_object_get(json, key));

    if (!value || !token_is_name(value))
        return -EBADMSG;
    memcpy(ret_name, value, strlen(value) + 1);
    return 0;
}

int token_sources_from_json(const json_t *array, struct token_sources *ret_sources)
{
    const json_t *item;
    size_t i;

    if (array && !json_is_array(array))
        return -EBADMSG;
    json_array_foreach(array, i, item)
    {
        const char *name = json_string_value(item);

        if (!name || add_source(ret_sources, name, strlen(name)) < 0)
            return -EBADMSG;
    }
    return 0;
}

int token_claims_from_json(const json_t *json, struct token_claims *ret_claims)
{
    const json_t *expires = json_object_get(json, "exp");

    if (copy_name(json, "lesson", ret_claims->lesson) < 0 ||
        copy_name(json, "role", ret_claims->role) < 0 ||
        copy_name(json, "sub", ret_claims->subject) < 0 ||
        copy_name(json, "jti", ret_claims->id) < 0 ||
        (json_object_get(json, "login") && copy_name(json, "login", ret_claims->login) < 0) ||
        token_sources_from_json(json_object_get(json, "publish"), &ret_claims->publish) < 0 ||
        token_sources_from_json(json_object_get(json, "watch"), &ret_claims->watch) < 0 ||
        !json_is_integer(expires))
        return -EBADMSG;
    ret_claims->expires_s = json_integer_value(expires);
    ret_claims->issued_s = json_integer_value(json_object_get(json, "iat"));
    return 0;
}

int token_verify(const uint8_t key[TOKEN_KEY_BYTES], const char *token, uint64_t now_s,
    struct token_claims **ret_claims)
{
    struct token_claims *claims = NULL;
    struct json_error error;
    char *grants = NULL;
    jwt_t *jwt = NULL;
    json_t *json = NULL;
    int r = -EBADMSG;

    if (strlen(token) > TOKEN_MAX_CHARS)
        return -EBADMSG;
    if (jwt_decode(&jwt, token, key, TOKEN_KEY_BYTES) != 0)
        goto out;
    /* The algorithm is ours to choose, never the token's (RFC 8725 section 3.1). */
    if (jwt_get_alg(jwt) != JWT_ALG_HS256)
        goto out;
    grants = jwt_get_grants_json(jwt, NULL);
    json = grants ? json_parse(grants, strlen(grants), TOKEN_MAX_CHARS, &error) : NULL;
    claims = calloc(1, sizeof(*claims));
    if (!json || !claims || token_claims_from_json(json, claims) < 0)
        goto out;
    *ret_claims = claims;
    r = (int64_t)now_s < claims->expires_s ? 0 : -EKEYEXPIRED;
    claims = NULL;
out:
    free(claims);
    json_decref(json);
    free(grants);
    if (jwt)
        jwt_free(jwt);
    return r;
}

void token_claims_free(struct token_claims *claims)
{
    free(claims);
}
