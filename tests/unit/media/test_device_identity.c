/* One file, one key: kept from others, and never replaced when it is damaged. */
#include "media/device_identity.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "media/day_plan.h"

#define SERVER "https://school.example:8443"

static char *folder, *path;

static int setup(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("duet-identity-XXXXXX", NULL);
    path = g_build_filename(folder, "device.json", NULL);
    return sodium_init() < 0;
}

static int teardown(void **state)
{
    (void)state;
    g_unlink(path);
    g_rmdir(folder);
    g_clear_pointer(&path, g_free);
    g_clear_pointer(&folder, g_free);
    return 0;
}

static void save_one(struct device_identity *identity)
{
    device_identity_init(identity, SERVER "//", "");
    identity->id = 7;
    assert_true(device_identity_save(folder, identity, NULL));
}

/* What stands in the file, for a test to spoil. Free with g_free(). */
static char *content(void)
{
    char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void assert_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = content(), *behind = NULL;
    struct device_identity identity;

    assert_false(device_identity_load(folder, &identity, &error));
    device_identity_finish(&identity);
    assert_non_null(strstr(error->message, path));
    assert_false(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
    behind = content();
    assert_string_equal(before, behind);
}

static void spoil(const char *what, const char *with)
{
    g_autofree char *text = content();
    GString *other = g_string_new(text);

    assert_int_equal(g_string_replace(other, what, with, 1), 1);
    assert_true(g_file_set_contents_full(path, other->str, -1, 0, 0600, NULL));
    g_string_free(other, TRUE);
}

static void what_is_saved_is_loaded_and_signs_alike(void **state)
{
    struct device_identity saved, loaded;
    char signature[DEVICE_IDENTITY_SIGNATURE_CHARS + 1];
    const char *message = "duet-device-session:7:abc";
    uint8_t bytes[crypto_sign_BYTES];
    size_t len;

    (void)state;
    save_one(&saved);
    assert_true(device_identity_load(folder, &loaded, NULL));
    assert_string_equal(loaded.server, SERVER);
    assert_int_equal(loaded.id, 7);
    assert_memory_equal(saved.public_key, loaded.public_key, sizeof(saved.public_key));
    device_identity_sign(&loaded, "abc", signature);
    assert_int_equal(sodium_base642bin(bytes, sizeof(bytes), signature, strlen(signature), NULL,
                         &len, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
        0);
    assert_int_equal(crypto_sign_verify_detached(
                         bytes, (const uint8_t *)message, strlen(message), saved.public_key),
        0);
    device_identity_finish(&saved);
    device_identity_finish(&loaded);
}

static void nobody_else_can_read_the_key(void **state)
{
    struct device_identity identity;
    GStatBuf info;

    (void)state;
    save_one(&identity);
    device_identity_finish(&identity);
    assert_int_equal(g_stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    g_chmod(path, 0640);
    assert_refused();
}

static void a_folder_without_identity_is_told_apart(void **state)
{
    g_autoptr(GError) error = NULL;
    struct device_identity identity;

    (void)state;
    assert_false(device_identity_is_there(folder));
    assert_false(device_identity_load(folder, &identity, &error));
    assert_true(g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT));
    device_identity_finish(&identity);
}

static void a_damaged_file_is_refused_and_stays_as_it_is(void **state)
{
    static const struct {
        const char *what, *with;
    } spoilt[] = {
        {"{", "["},
        {SERVER, "school"},
        {SERVER, "file:///etc"},
        {"\"device\": 7", "\"device\": 0"},
        {"\"device\": 7", "\"device\": \"7\""},
        {"\"key\": \"", "\"key\": \"!"},
        {"\"key\": \"", "\"key\": \"A"},
        {"\"ca_file\"", "\"other\""},
    };

    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(spoilt); i++) {
        struct device_identity identity;

        save_one(&identity);
        device_identity_finish(&identity);
        spoil(spoilt[i].what, spoilt[i].with);
        assert_refused();
    }
    assert_true(g_file_set_contents_full(path, "", 0, 0, 0600, NULL));
    assert_refused();
}

static void a_key_whose_halves_do_not_belong_together_is_refused(void **state)
{
    struct device_identity identity;

    (void)state;
    save_one(&identity);
    identity.secret_key[3] ^= 1;
    assert_true(device_identity_save(folder, &identity, NULL));
    device_identity_finish(&identity);
    assert_refused();
}

static void the_timetable_of_the_device_before_is_gone(void **state)
{
    g_autofree char *cached = g_build_filename(folder, DAY_PLAN_CACHE_NAME, NULL);
    struct device_identity identity;

    (void)state;
    assert_true(g_file_set_contents(cached, "{}", -1, NULL));
    save_one(&identity);
    device_identity_finish(&identity);
    assert_false(g_file_test(cached, G_FILE_TEST_EXISTS));
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
    g_autofree char *below = NULL;
    g_autoptr(GError) error = NULL;
    struct device_identity identity;

    (void)state;
    save_one(&identity);
    below = g_build_filename(path, "below", NULL);
    assert_false(device_identity_can_save(below, &error));
    assert_non_null(strstr(error->message, below));
    assert_false(device_identity_save(below, &identity, NULL));
    device_identity_finish(&identity);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_saved_is_loaded_and_signs_alike),
        TEST(nobody_else_can_read_the_key),
        TEST(a_folder_without_identity_is_told_apart),
        TEST(a_damaged_file_is_refused_and_stays_as_it_is),
        TEST(a_key_whose_halves_do_not_belong_together_is_refused),
        TEST(the_timetable_of_the_device_before_is_gone),
        TEST(a_folder_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests_name("device_identity", tests, NULL, NULL);
}
