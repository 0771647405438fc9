/*
 * Where an attack takes place: a running signaling and relay on loopback, one lesson, tokens for its
 * source "room-stranger", and the participants that the attack has joined. A participant is a whole
 * WHIP or WHEP client (peer_client.h over peer_socket.h) whose line may lose, hold back and swallow
 * packets, and that can put any bytes on its own, trusted address.
 *
 *   attack → arena_join → arena_turn (every ms: receives, checks, retransmits) → participant's callbacks
 *
 * One thread; the arena owns its participants.
 */
#ifndef DUET_TESTS_SUPPORT_HOSTILE_ARENA_H
#define DUET_TESTS_SUPPORT_HOSTILE_ARENA_H

#include "tests/support/hostile/http_client.h"
#include "tests/support/hostile/offer.h"
#include "tests/support/peer_client.h"
#include "tests/support/peer_socket.h"

#include <jansson.h>

#define ARENA_SOURCE       "room-stranger"
#define ARENA_PARTICIPANTS 128
#define ARENA_MAX_HELD     16

/* What an attack may do at most, and how long: from the command line. */
struct arena_options {
    uint16_t http_port;
    uint16_t media_port;
    const char *lesson;
    const char *publish_token; /* for ARENA_SOURCE */
    const char *watch_token;
    uint64_t count; /* packets, joins or cycles; each attack has its own default for 0 */
    uint64_t rate;  /* per second; the same */
    uint64_t seed;
};

struct participant {
    struct arena *arena; /* borrowed */

    struct peer_client *client; /* owned */
    struct peer_socket socket;  /* owned */

    /* What the line does, both ways. */
    unsigned loss_percent;
    unsigned hold_percent; /* datagrams that come after the next ones */
    unsigned swallow;      /* so many of the next media packets sent are lost */
    unsigned deaf;         /* and so many of those received */
    struct {
        uint8_t data[1600];
        size_t len;
    } held[ARENA_MAX_HELD];
    size_t held_count;

    bool publish;
    bool tcp;
    bool in_use;
    char path[HTTP_TEXT_CHARS]; /* of its session at signaling */
    struct answer_view answer;
    uint32_t audio_ssrc; /* of a publisher */
    uint32_t video_ssrc;
    uint16_t audio_sequence, video_sequence;
    uint32_t audio_rtp, video_rtp;
    uint64_t joined_us;

    /* Decrypted packets, and every datagram as it leaves; NULL is allowed. */
    void (*on_rtp)(struct participant *participant, const uint8_t *data, size_t len);
    void (*on_rtcp)(struct participant *participant, const uint8_t *data, size_t len);
    void (*on_sent)(struct participant *participant, const uint8_t *data, size_t len);
    void *user;
};

struct arena {
    struct arena_options options;
    struct http_client http;
    struct net_address relay;
    struct peer_context *context;     /* owned */
    struct participant *participants; /* owned, ARENA_PARTICIPANTS of them */
    struct http_answer answer;        /* of the last request */
    uint64_t now_us;
    uint64_t random;
};

/* Returns 0, -ENOMEM or -EIO. context: NULL = the usual one. */
int arena_init(struct arena *arena, const struct arena_options *options,
    const struct peer_context_params *context);
void arena_finish(struct arena *arena);

/* Another certificate and DTLS settings for those that join from now on; nobody may be there. */
int arena_set_context(struct arena *arena, const struct peer_context_params *context);

/* One request of that participant, or of nobody (NULL: the token is named). The answer is in
 * arena->answer. Returns the status, or a negative errno. */
int arena_request(struct arena *arena, const struct http_request *request);

/* Offers and reads the answer; checks begin with the next turn. Returns 0, the HTTP status that refused
 * it, or a negative errno. */
int arena_join(struct arena *arena, bool publish, bool tcp, struct participant **ret_participant);
/* Joins and runs until it is connected; it says on standard error why it did not come to pass. */
int arena_connect(struct arena *arena, bool publish, struct participant **ret_participant);

enum arena_goodbye {
    ARENA_VANISH,       /* not a word */
    ARENA_CLOSE_NOTIFY, /* DTLS only */
    ARENA_DELETE,       /* HTTP only */
    ARENA_POLITE,       /* both */
};
void arena_leave(struct participant *participant, enum arena_goodbye how);

/* All participants receive, check and retransmit; then about a millisecond passes. */
void arena_turn(struct arena *arena);
void arena_run(struct arena *arena, unsigned ms);

bool participant_is_connected(const struct participant *participant);
/* New credentials on both sides. Returns 0, an HTTP status or a negative errno. */
int participant_restart(struct participant *participant);
/* Bytes from its address, past encryption and the line. */
void participant_send_raw(struct participant *participant, const uint8_t *data, size_t len);
/* One RTP packet, encrypted; payload_len bytes of payload. */
void participant_send(struct participant *participant, uint8_t payload_type, uint32_t ssrc,
    uint16_t sequence_number, uint32_t timestamp_rtp, bool marker, const void *payload,
    size_t payload_len);
/* One picture of a publisher: SPS, PPS and IDR, or three packets of a slice; 3,000 ticks later than the
 * one before. */
void participant_send_picture(struct participant *participant, bool keyframe);

/* Uniform in [0, bound), the same for the same seed. */
uint32_t arena_random(struct arena *arena, uint32_t bound);

/* How many are due of something that happens rate times per second since start_us, sent so far. */
uint64_t arena_due(const struct arena *arena, uint64_t start_us, uint64_t rate, uint64_t sent);

#endif
