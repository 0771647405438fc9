/*
 * Media tokens: JWT signed with HS256 and nothing else (RFC 7519, RFC 8725), minted and checked only
 * by signaling. They name one lesson, a role, the sources that may be published and watched, who holds
 * them, and when they end. Pure; any thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_TOKEN_H
#define DUET_SIGNALING_ACCOUNTS_TOKEN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_KEY_BYTES      32
#define TOKEN_MAX_CHARS      4096
#define TOKEN_MAX_NAME_CHARS 64
#define TOKEN_MAX_SOURCES    16

struct token_sources {
    char names[TOKEN_MAX_SOURCES][TOKEN_MAX_NAME_CHARS + 1]; /* a source, or "*" for all */
    size_t count;
};

struct token_claims {
    char lesson[TOKEN_MAX_NAME_CHARS + 1];
    char role[TOKEN_MAX_NAME_CHARS + 1];
    char subject[TOKEN_MAX_NAME_CHARS + 1]; /* who holds it: owner of the sessions made with it */
    char id[TOKEN_MAX_NAME_CHARS + 1];      /* jti */
    char login[TOKEN_MAX_NAME_CHARS + 1];   /* that it was made with and ends with; "" for none */
    struct token_sources publish;
    struct token_sources watch;
    int64_t issued_s; /* seconds since 1970 */
    int64_t expires_s;
};

/* Adds the names of a comma-separated list. Returns 0, or -EINVAL (ret_sources unchanged). */
int token_sources_parse(const char *list, struct token_sources *ret_sources);

bool token_sources_have(const struct token_sources *sources, const char *name);

/* "*" is among them. */
bool token_sources_have_all(const struct token_sources *sources);

/* The room that a holder of these rights to publish sits in: the one room-… among them; "" when there
 * is none or several. Borrowed. */
const char *token_sources_room(const struct token_sources *publish);

/* As an array of names, a new reference or NULL; and back, added to ret_sources: 0 or -EBADMSG. No
 * array (NULL) is an empty one. */
json_t *token_sources_to_json(const struct token_sources *sources);
int token_sources_from_json(const json_t *array, struct token_sources *ret_sources);

/* A lesson, source or subject: 1 to 64 of [A-Za-z0-9_-]. */
bool token_is_name(const char *text);

/* The signed token into ret_token (owned by the caller, wipe before free). 0, -EINVAL or -ENOMEM. */
int token_mint(
    const uint8_t key[TOKEN_KEY_BYTES], const struct token_claims *claims, char **ret_token);

/* Returns 0, -EKEYEXPIRED, or -EBADMSG for anything that this key did not sign. ret_claims is written
 * with 0 and -EKEYEXPIRED; free it with token_claims_free(). */
int token_verify(const uint8_t key[TOKEN_KEY_BYTES], const char *token, uint64_t now_s,
    struct token_claims **ret_claims);

/* The claims as JSON and back: a new reference or NULL; 0 or -EBADMSG. */
json_t *token_claims_to_json(const struct token_claims *claims);
int token_claims_from_json(const json_t *json, struct token_claims *ret_claims);

void token_claims_free(struct token_claims *claims);

#endif
