/*
 * A stranger's datagrams in the name of a connected peer: whatever comes, the session stays connected
 * and nothing reaches routing. Two bytes of length stand before each datagram; the top bit of the
 * length sends it from an address that nobody knows.
 */
#include "common/bytes.h"
#include "common/log.h"
#include "relay/transport/address.h"
#include "tests/support/peer_client.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_US    UINT64_C(1000000)
#define QUEUE_MAX 16

struct wire {
    uint8_t data[QUEUE_MAX][TRANSPORT_DATAGRAM_BYTES];
    size_t lens[QUEUE_MAX];
    size_t count;
};

static struct transport_mux *mux;
static struct transport *session;
static struct peer_client *client;
static struct transport_path known_path, unknown_path;
static struct wire to_relay, to_client;

static void put(struct wire *wire, const uint8_t *data, size_t len)
{
    if (wire->count == QUEUE_MAX || len > TRANSPORT_DATAGRAM_BYTES)
        abort();
    memcpy(wire->data[wire->count], data, len);
    wire->lens[wire->count++] = len;
}

static void client_sends(void *user, const uint8_t *data, size_t len)
{
    put(&to_relay, data, len);
}

static int relay_sends(
    void *user, const struct transport_path *path, const uint8_t *data, size_t len)
{
    if (peer_client_state(client) == PEER_CONNECTED)
        return 0;
    put(&to_client, data, len);
    return 0;
}

static uint8_t *reserve(void *user, const struct transport_path *path, size_t capacity)
{
    static uint8_t room[2048];

    return room;
}

static void commit(void *user, const struct transport_path *path, size_t len)
{
}

static void on_media(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
    abort();
}

static void on_state(
    void *user, enum transport_state state, enum transport_close_reason reason, uint64_t now_us)
{
    if (state == TRANSPORT_CLOSED)
        abort();
}

static void turn(void)
{
    do
        transport_mux_tick(mux, NOW_US);
    while (transport_mux_has_work(mux));
}

static void exchange(void)
{
    for (int i = 0; i < 20 && peer_client_state(client) != PEER_CONNECTED; i++) {
        peer_client_tick(client, NOW_US);
        for (size_t k = 0; k < to_relay.count; k++)
            transport_mux_receive(mux, &known_path, to_relay.data[k], to_relay.lens[k], NOW_US);
        to_relay.count = 0;
        turn();
        for (size_t k = 0; k < to_client.count; k++)
            peer_client_receive(client, to_client.data[k], to_client.lens[k], NOW_US);
        to_client.count = 0;
    }
    if (transport_get_state(session) != TRANSPORT_CONNECTED)
        abort();
}

static void connect_session(void)
{
    struct peer_context_params context_params = {0};
    struct peer_client_params client_params = {.send = client_sends};
    struct transport_mux_params mux_params = {
        .send = relay_sends, .reserve = reserve, .commit = commit};
    struct transport_params params = {
        .on_rtp = on_media, .on_rtcp = on_media, .on_state = on_state};
    struct transport_identity *identity;
    const struct transport_credentials *credentials;

    log_set_levels("error");
    if (net_address_parse("192.0.2.1", 5000, &known_path.remote) < 0 ||
        net_address_parse("192.0.2.2", 5000, &unknown_path.remote) < 0 ||
        transport_identity_create(&identity) < 0 ||
        peer_context_create(&context_params, &client_params.context) < 0)
        abort();
    mux_params.identity = identity;
    params.remote_fingerprint = peer_context_fingerprint(client_params.context);
    if (transport_mux_create(&mux_params, &mux) < 0 ||
        transport_create(mux, &params, NOW_US, &session) < 0 ||
        peer_client_create(&client_params, &client) < 0)
        abort();
    credentials = transport_credentials(session);
    if (peer_client_set_remote(client, credentials->ufrag, credentials->pwd, NULL) < 0)
        abort();
    exchange();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct byte_reader reader;

    if (mux == NULL)
        connect_session();
    byte_reader_init(&reader, data, size);
    while (byte_reader_left(&reader) >= 2) {
        uint16_t head = byte_reader_u16(&reader);
        size_t len = head & 0x7fff;
        uint8_t *datagram;

        if (len > byte_reader_left(&reader))
            len = byte_reader_left(&reader);
        datagram = malloc(len + 1);
        if (datagram == NULL)
            abort();
        if (len > 0)
            memcpy(datagram, byte_reader_bytes(&reader, len), len);
        transport_mux_receive(
            mux, (head & 0x8000) != 0 ? &unknown_path : &known_path, datagram, len, NOW_US);
        free(datagram);
    }
    turn();
    return 0;
}
