/* What /ws is made of, without sockets: frames, the ring of events, what a client may say. */
#include "signaling/http/ws_frames.h"
#include "signaling/realtime/client_message.h"
#include "signaling/realtime/event_ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void the_accept_key_is_the_one_of_the_rfc(void **state)
{
    char accept[WS_ACCEPT_CHARS + 1];

    assert_true(ws_is_key("dGhlIHNhbXBsZSBub25jZQ=="));
    assert_false(ws_is_key("dGhlIHNhbXBsZSBub25jZQ="));
    assert_false(ws_is_key("dGhlIHNhbXBsZSBub25jZ\r\n="));
    ws_accept("dGhlIHNhbXBsZSBub25jZQ==", accept);
    assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void a_head_is_as_long_as_its_length_needs(void **state)
{
    static const struct {
        size_t len, head;
    } rows[] = {{0, 2}, {125, 2}, {126, 4}, {65535, 4}, {65536, 10}};
    uint8_t head[WS_MAX_HEAD_BYTES];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(ws_frame_head(head, WS_OPCODE_TEXT, rows[i].len), rows[i].head);
    assert_int_equal(ws_frame_head(head, WS_OPCODE_TEXT, 0x12345), 10);
    assert_memory_equal(head, "\x81\x7f\0\0\0\0\0\x01\x23\x45", 10);
}

static void a_masked_frame_is_read_byte_by_byte(void **state)
{
    /* "Hello" of RFC 6455, section 5.7 */
    static const uint8_t frame[] = {
        0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58};
    struct ws_reader reader = {.head_len = 0};
    enum ws_event event = WS_NOTHING;
    size_t used;

    for (size_t i = 0; i < sizeof(frame); i++) {
        assert_int_equal(event, WS_NOTHING);
        assert_int_equal(ws_reader_next(&reader, frame + i, 1, &used, &event), 0);
        assert_int_equal(used, 1);
    }
    assert_int_equal(event, WS_TEXT);
    assert_int_equal(reader.message.len, 5);
    assert_memory_equal(reader.message.data, "Hello", 5);
    ws_reader_finish(&reader);
}

static void add_event(struct event_ring *ring, size_t bytes)
{
    static char text[EVENT_RING_BYTES];
    struct ws_frame *frame = ws_frame_create(text, bytes);

    assert_non_null(frame);
    event_ring_add(ring, frame);
    ws_frame_unref(frame);
}

static void a_ring_reaches_back_as_far_as_its_events(void **state)
{
    struct event_ring ring;

    event_ring_init(&ring, 1000);
    assert_true(event_ring_reaches(&ring, 1000));
    assert_false(event_ring_reaches(&ring, 999));
    assert_false(event_ring_reaches(&ring, 1001));
    for (size_t i = 0; i < EVENT_RING_FRAMES + 10; i++)
        add_event(&ring, 10);
    assert_int_equal(ring.last, 1000 + EVENT_RING_FRAMES + 10);
    assert_int_equal(ring.count, EVENT_RING_FRAMES);
    assert_true(event_ring_reaches(&ring, 1010));
    assert_false(event_ring_reaches(&ring, 1009));
    assert_null(event_ring_get(&ring, 1010));
    assert_non_null(event_ring_get(&ring, 1011));
    assert_non_null(event_ring_get(&ring, ring.last));
    assert_null(event_ring_get(&ring, ring.last + 1));
    event_ring_finish(&ring);
}

static void a_ring_is_bounded_in_bytes_as_well(void **state)
{
    struct event_ring ring;

    event_ring_init(&ring, 0);
    for (size_t i = 0; i < 5; i++)
        add_event(&ring, EVENT_RING_BYTES / 4);
    assert_true(ring.bytes <= EVENT_RING_BYTES);
    assert_int_equal(ring.count, 3);
    assert_true(event_ring_reaches(&ring, 2));
    assert_false(event_ring_reaches(&ring, 1));
    event_ring_finish(&ring);
}

static void what_a_client_says_is_read_or_refused_with_a_reason(void **state)
{
    static const struct {
        const char *text;
        int type; /* -1: refused */
    } rows[] = {
        {"{\"type\":\"join\",\"lesson\":\"e12-2026-10-08\",\"seq\":7,\"id\":3}", CLIENT_JOIN},
        {"{\"type\":\"join\",\"lesson\":\"e12 2026\"}", -1},
        {"{\"type\":\"join\",\"lesson\":\"a\\u0000b\"}", -1},
        {"{\"type\":\"join\",\"lesson\":\"music\",\"seq\":-1}", -1},
        {"{\"type\":\"join\",\"lesson\":\"music\",\"seq\":1.5}", -1},
        {"{\"type\":\"join\",\"lesson\":\"music\",\"id\":\"x\"}", -1},
        {"{\"type\":\"join\"}", -1},
        {"{\"type\":\"time\",\"t0\":12.5}", CLIENT_TIME},
        {"{\"type\":\"time\",\"t0\":1e300}", -1},
        {"{\"type\":\"time\",\"t0\":\"12\"}", -1},
        {"{\"type\":\"token\"}", CLIENT_TOKEN},
        {"{\"type\":\"slots\",\"session\":\"0123456789abcdef0123456789abcdef\"}", CLIENT_SLOTS},
        {"{\"type\":\"slots\",\"session\":\"../\"}", -1},
        {"{\"type\":\"slots.set\",\"session\":\"0123456789abcdef0123456789abcdef\",\"slots\":[]}",
            -1},
        {"{\"type\":\"wave\"}", CLIENT_UNKNOWN},
        {"[]", -1},
        {"{}", -1},
        {"", -1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client_message message;
        struct json_error error = {""};
        int r = client_message_parse(rows[i].text, strlen(rows[i].text), &message, &error);

        if ((r < 0 ? -1 : (int)message.type) != rows[i].type)
            fail_msg("%s", rows[i].text);
        assert_true(r == 0 || *error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_accept_key_is_the_one_of_the_rfc),
        cmocka_unit_test(a_head_is_as_long_as_its_length_needs),
        cmocka_unit_test(a_masked_frame_is_read_byte_by_byte),
        cmocka_unit_test(a_ring_reaches_back_as_far_as_its_events),
        cmocka_unit_test(a_ring_is_bounded_in_bytes_as_well),
        cmocka_unit_test(what_a_client_says_is_read_or_refused_with_a_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
