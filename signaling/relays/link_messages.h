/*
 * Messages of the relay link (docs/protocol-relay-link.md) as signaling reads and writes them. The
 * parser takes what a stranger may have sent: every member is checked for type, length and alphabet
 * before anyone sees it. Pure; fuzzed.
 */
#ifndef DUET_SIGNALING_RELAYS_LINK_MESSAGES_H
#define DUET_SIGNALING_RELAYS_LINK_MESSAGES_H

#include "common/json.h"
#include "common/random.h"
#include "signaling/accounts/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_MAX_MESSAGE_BYTES  (512 * 1024)
#define LINK_MAX_REGISTER_BYTES (8 * 1024 * 1024) /* it carries every session of the relay */
#define LINK_MAX_SESSIONS       20000
#define LINK_MAX_SDP_BYTES      (256 * 1024)
#define LINK_MAX_NAME_CHARS     64
#define LINK_NONCE_CHARS        32
#define LINK_MAC_CHARS          64
#define LINK_MAX_SLOTS          24 /* as many m-lines as an offer may have */

enum link_message_type {
    LINK_REGISTER,
    LINK_REPLY,
    LINK_SESSION_STATE,
    LINK_SOURCE_STATE,
    LINK_SLOT_STATE,
    LINK_LOAD,
    LINK_UNKNOWN, /* to be answered with bad_request when has_id */
};

enum link_session_kind {
    LINK_PUBLISH,
    LINK_WATCH,
};

/* What a viewer's URL named, and with it who says what its slots show (docs/slots.md). */
enum link_view {
    LINK_VIEW_SOURCE, /* one source; publishers as well */
    LINK_VIEW_LESSON, /* the lesson: its stage slots follow the lesson's stage */
    LINK_VIEW_WALL,   /* the viewer itself */
};

enum link_slot_state {
    LINK_SLOT_EMPTY, /* nothing is sent: no source, or nobody publishes it */
    LINK_SLOT_PLAYING,
    LINK_SLOT_NO_CODEC,
    LINK_SLOT_PAUSED, /* the viewer's line is too thin for the picture */
};

/* One accepted m-line of a viewer. */
struct link_slot {
    uint8_t line;  /* index of the m-line: the number of the slot */
    uint8_t place; /* which name of its kind it took: counted over rejected m-lines too */
    bool is_video;
    enum link_slot_state state;
    char source[LINK_MAX_NAME_CHARS + 1]; /* "" = none */
};

/* What signaling remembers of a session; the relay keeps it, unread, as its record. */
struct link_record {
    char session[RANDOM_ID_CHARS + 1];
    enum link_session_kind kind;
    char lesson[LINK_MAX_NAME_CHARS + 1];
    char source[LINK_MAX_NAME_CHARS + 1]; /* "" for a whole lesson */
    char owner[LINK_MAX_NAME_CHARS + 1];
    char login[LINK_MAX_NAME_CHARS + 1]; /* of the owner, that it ends with; "" for none */
    char etag[RANDOM_ID_CHARS + 1];      /* without quotes */
    char ufrag[257];                     /* of the client's last ICE offer, "" when unknown */
    int64_t expires_s;
    enum link_view view;
    char room[LINK_MAX_NAME_CHARS + 1]; /* source of the viewer's own room, "" when it has none */
    struct token_sources watch;         /* of a whole lesson's viewer: what its token may watch */
};

struct link_register {
    const char *relay;
    const char *version;
    const char *nonce;
    const char *mac;
    int64_t capacity;
    const json_t *sessions; /* array; read its items with link_record_from_json() */
};

struct link_reply {
    bool ok;
    int status; /* HTTP status of an error, 400 to 599 */
    const char *code;
    const char *detail;
    const char *answer;   /* NULL when absent */
    const char *fragment; /* NULL when absent */
    const json_t *stats;  /* NULL when absent */
    const json_t *slots;  /* NULL when absent; read it with link_slots_from_json() */
};

struct link_event {
    const char *session; /* NULL when absent */
    const char *lesson;  /* NULL when absent */
    const char *source;  /* NULL when absent */
    const char *state;
    const char *reason;
    bool active;
    int64_t sessions;
    double cpu;         /* of a load: in processors, 0 when it says none, as the next one */
    double rtp_out_pps; /* packets of media that go out in a second */
    int64_t slot;       /* index of an m-line */
    enum link_slot_state slot_state;
};

/* Strings are borrowed from root. */
struct link_message {
    json_t *root; /* owned */
    enum link_message_type type;
    bool has_id;
    int64_t id;
    struct link_register registration;
    struct link_reply reply;
    struct link_event event;
};

/* Returns 0, or -EBADMSG with ret_error. Finish a message that was parsed. */
int link_message_parse(
    const char *text, size_t len, struct link_message *ret_message, struct json_error *ret_error);
void link_message_finish(struct link_message *message);

json_t *link_record_to_json(const struct link_record *record);

/* Returns 0 or -EBADMSG. */
int link_record_from_json(const json_t *json, struct link_record *ret_record);

/* "empty", "playing", "no_codec", "paused". Returns 0, or -EBADMSG for others and NULL. */
int link_slot_state_find(const char *name, enum link_slot_state *ret_state);

/* The slots of a reply or of a registered session, in m-line order. Returns 0 or -EBADMSG. */
int link_slots_from_json(
    const json_t *json, struct link_slot ret_slots[LINK_MAX_SLOTS], size_t *ret_count);

/* Requests without id, for relays_request(). NULL without memory or when a text is not UTF-8. */
json_t *link_session_create(
    const struct link_record *record, const json_t *slots, const char *replace, const char *offer);
json_t *link_session_trickle(const char *session, const char *fragment);
json_t *link_session_restart(const struct link_record *record, const char *fragment);
json_t *link_session_close(const char *session, const char *reason);
json_t *link_slots_set(const char *session, unsigned slot, const char *source);

/* Lower-case hex of exactly this many characters. */
bool link_is_hex(const char *text, size_t chars);

#endif
