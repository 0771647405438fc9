#include "tests/unit/routing/cmocka_all.h"

#include "common/red.h"
#include "relay/routing/audio_red.h"

#include <errno.h>
#include <string.h>

/* Publisher: Opus 111, RED 63. The packet before it 3 bytes, its own frame 2. */
static const struct media_codec publisher = {
    .id = MEDIA_CODEC_OPUS, .payload_type = 111, .has_red = true, .red_payload_type = 63};
static const uint8_t payload[] = {0xef, 0x0f, 0x00, 0x03, 0x6f, 1, 2, 3, 10, 11};

static void the_own_frame_of_a_redundant_payload_is_found(void **state)
{
    uint16_t offset = 0;

    assert_int_equal(audio_red_read(&publisher, payload, sizeof(payload), &offset), 0);
    assert_int_equal(offset, 8);
}

static void what_is_malformed_or_wraps_another_codec_is_refused(void **state)
{
    uint8_t bytes[sizeof(payload)];
    uint16_t offset = 77;

    assert_int_equal(audio_red_read(&publisher, payload, 8, &offset), -EBADMSG);
    memcpy(bytes, payload, sizeof(bytes));
    bytes[4] = 0; /* PCMU */
    assert_int_equal(audio_red_read(&publisher, bytes, sizeof(bytes), &offset), -EBADMSG);
    memcpy(bytes, payload, sizeof(bytes));
    bytes[0] = 0x80;
    assert_int_equal(audio_red_read(&publisher, bytes, sizeof(bytes), &offset), -EBADMSG);
    assert_int_equal(offset, 77);
}

static void each_viewer_gets_the_form_it_negotiated(void **state)
{
    static const struct media_payload_types with = {
        .taken = true, .media = 109, .red = 120, .rtx = 121};
    static const struct media_payload_types without = {.taken = true, .media = 109};
    static const struct {
        uint16_t primary_offset;
        const struct media_payload_types *viewer;
        bool rtx;
        struct audio_red_choice expected;
    } table[] = {
        {8, &with, true, {.payload_type = 121, .offset = 8, .red = false}},
        {0, &with, true, {.payload_type = 121, .offset = 0, .red = false}},
        {8, &with, false, {.payload_type = 120, .offset = 0, .red = true}},
        {8, &without, false, {.payload_type = 109, .offset = 8, .red = false}},
        {0, &with, false, {.payload_type = 109, .offset = 0, .red = false}},
        {0, &without, false, {.payload_type = 109, .offset = 0, .red = false}},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct audio_red_choice choice =
            audio_red_choose(table[i].primary_offset, table[i].viewer, table[i].rtx);
        assert_int_equal(choice.payload_type, table[i].expected.payload_type);
        assert_int_equal(choice.offset, table[i].expected.offset);
        assert_int_equal(choice.red, table[i].expected.red);
    }
}

static void blocks_carry_the_viewers_number_for_opus(void **state)
{
    static const struct media_payload_types viewer = {.taken = true, .media = 109, .red = 120};
    uint8_t copy[sizeof(payload)];
    struct red_view view;

    memcpy(copy, payload, sizeof(copy));
    assert_int_equal(audio_red_header_bytes(payload), 5);
    assert_int_equal(audio_red_write_headers(payload, &viewer, copy), 5);
    assert_int_equal(red_parse(copy, sizeof(copy), &view), 0);
    assert_int_equal(view.redundant[0].payload_type, 109);
    assert_int_equal(view.primary.payload_type, 109);
    assert_memory_equal(copy + 5, payload + 5, sizeof(copy) - 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_own_frame_of_a_redundant_payload_is_found),
        cmocka_unit_test(what_is_malformed_or_wraps_another_codec_is_refused),
        cmocka_unit_test(each_viewer_gets_the_form_it_negotiated),
        cmocka_unit_test(blocks_carry_the_viewers_number_for_opus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
