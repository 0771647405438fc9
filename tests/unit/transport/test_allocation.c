/*
 * Everything that is created either is whole or leaves nothing behind when memory runs out: the n-th
 * allocation fails, for every n, both of our own code (calloc and aligned_alloc are wrapped by the linker) and of OpenSSL.
 * What runs per packet needs none.
 */
#include "relay/transport/transport.h"

#include "common/log.h"
#include "relay/transport/dtls.h"
#include "relay/transport/srtcp_receiver.h"
#include "relay/transport/srtcp_sender.h"
#include "relay/transport/srtp_sender.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_ALLOCATIONS 20000

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static long ours_left = -1;    /* allocations of ours until one fails; -1 = never */
static long openssl_left = -1; /* the same of OpenSSL */
static long openssl_live;      /* blocks it holds */

static bool fails_now(long *left)
{
    if (*left < 0)
        return false;
    return (*left)-- == 0;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now(&ours_left) ? NULL : __real_calloc(count, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails_now(&ours_left) ? NULL : __real_aligned_alloc(alignment, size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    void *block = size > 0 && !fails_now(&openssl_left) ? malloc(size) : NULL;

    openssl_live += block != NULL;
    return block;
}

static void *openssl_realloc(void *old, size_t size, const char *file, int line)
{
    void *block;

    if (size > 0 && fails_now(&openssl_left))
        return NULL;
    block = realloc(old, size);
    openssl_live += old == NULL && block != NULL;
    openssl_live -= old != NULL && size == 0;
    return block;
}

static void openssl_free(void *block, const char *file, int line)
{
    openssl_live -= block != NULL;
    free(block);
}

static void on_media(void *user, uint8_t *data, size_t len, uint64_t now_us)
{
}

static void on_state(
    void *user, enum transport_state state, enum transport_close_reason reason, uint64_t now_us)
{
}

static int send_nowhere(
    void *user, const struct transport_path *path, const uint8_t *data, size_t len)
{
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

static void send_dtls(void *user, const uint8_t *data, size_t len)
{
}

static struct transport_identity *identity;
static struct transport_mux *mux;

static int create_identity(void)
{
    struct transport_identity *made;
    int err = transport_identity_create(&made);

    if (err == 0)
        transport_identity_destroy(made);
    return err;
}

static int create_mux(void)
{
    struct transport_mux_params params = {
        .identity = identity, .send = send_nowhere, .reserve = reserve, .commit = commit};
    struct transport_mux *made;
    int err = transport_mux_create(&params, &made);

    if (err == 0)
        transport_mux_destroy(made);
    return err;
}

static int create_transport(void)
{
    struct transport_params params = {
        .remote_fingerprint = transport_identity_fingerprint(identity),
        .remote_ufrag = "remote",
        .on_rtp = on_media,
        .on_rtcp = on_media,
        .on_state = on_state,
    };
    struct transport *made;
    int err = transport_create(mux, &params, 0, &made);

    if (err == 0)
        transport_destroy(made);
    transport_mux_tick(mux, 0);
    return err;
}

static int create_dtls(void)
{
    static struct dtls_context *context;
    struct dtls_session *made;
    int err = context == NULL ? dtls_context_create(identity, &context) : 0;

    if (err < 0)
        return err;
    err = dtls_session_create(context, send_dtls, NULL, &made);
    if (err == 0)
        dtls_session_destroy(made);
    return err;
}

static int create_srtp(void)
{
    struct srtp_material material = {.profile = SRTP_PROFILE_AEAD_AES_128_GCM};
    struct srtp_session *made;
    int err = srtp_session_create(&material, &made);

    if (err == 0)
        srtp_session_destroy(made);
    return err;
}

static int create_sender_of(enum srtp_profile profile)
{
    struct srtp_material material = {.profile = profile};
    struct srtp_sender *made;
    int err = srtp_sender_create(&material, &made);

    if (err == 0)
        srtp_sender_destroy(made);
    return err;
}

static int create_counter_sender(void)
{
    return create_sender_of(SRTP_PROFILE_AES128_CM_SHA1_80);
}

static int create_gcm_sender(void)
{
    return create_sender_of(SRTP_PROFILE_AEAD_AES_128_GCM);
}

static int create_reporter(void)
{
    struct srtp_material material = {.profile = SRTP_PROFILE_AES128_CM_SHA1_80};
    struct srtcp_sender *made;
    int err = srtcp_sender_create(&material, &made);

    if (err == 0)
        srtcp_sender_destroy(made);
    return err;
}

static int create_receiver(void)
{
    struct srtp_material material = {.profile = SRTP_PROFILE_AES128_CM_SHA1_80};
    struct srtcp_receiver *made;
    int err = srtcp_receiver_create(&material, &made);

    if (err == 0)
        srtcp_receiver_destroy(made);
    return err;
}

/* Fails the first allocation, then the second, … until creation needs no more than that. */
static void fail_each_allocation(int (*create)(void), long *left)
{
    long n;

    assert_int_equal(create(), 0);
    for (n = 0; n < MAX_ALLOCATIONS; n++) {
        long live = openssl_live;
        bool failed;
        int err;

        *left = n;
        err = create();
        failed = *left == -1;
        *left = -1;
        if (!failed) {
            assert_int_equal(err, 0);
            break;
        }
        /* OpenSSL does without some of its allocations; ours are all needed. */
        if (left == &ours_left)
            assert_in_set(-err, ((const unsigned long[]){ENOMEM, EIO}), 2);
        if (err < 0)
            assert_in_range(openssl_live, 0, live + 16); /* its error queue and caches */
    }
    assert_in_range(n, left == &ours_left ? 1 : 0, MAX_ALLOCATIONS - 1);
}

static void creation_survives_our_own_failed_allocations(void **state)
{
    int (*const creators[])(void) = {create_identity, create_mux, create_transport, create_dtls,
        create_srtp, create_counter_sender, create_gcm_sender, create_reporter, create_receiver};

    for (size_t i = 0; i < sizeof(creators) / sizeof(creators[0]); i++)
        fail_each_allocation(creators[i], &ours_left);
}

static void creation_survives_openssls_failed_allocations(void **state)
{
    int (*const creators[])(void) = {create_identity, create_mux, create_dtls,
        create_counter_sender, create_gcm_sender, create_reporter, create_receiver};

    for (size_t i = 0; i < sizeof(creators) / sizeof(creators[0]); i++)
        fail_each_allocation(creators[i], &openssl_left);
}

/* With keys of zeros both sides' are the same. */
static void reports_allocate_nothing(void **state)
{
    struct srtp_material material = {.profile = SRTP_PROFILE_AES128_CM_SHA1_80};

    for (; material.profile <= SRTP_PROFILE_AEAD_AES_128_GCM; material.profile++) {
        struct srtcp_sender *sender;
        struct srtcp_receiver *receiver;

        assert_int_equal(srtcp_sender_create(&material, &sender), 0);
        assert_int_equal(srtcp_receiver_create(&material, &receiver), 0);
        for (uint8_t i = 0; i < 2 * SRTP_MAX_SSRCS; i++) {
            uint8_t data[28 + TRANSPORT_TRAILER_BYTES] = {
                0x8f, 205, 0, 6, 0, 0, 0, i % SRTP_MAX_SSRCS};
            size_t len = 0;
            int err;

            ours_left = 0;
            openssl_left = 0;
            err = srtcp_sender_protect(sender, data, 28, &len);
            if (err == 0)
                err = srtcp_receiver_unprotect(receiver, data, len, &len);
            assert_int_equal(ours_left, 0);
            assert_int_equal(openssl_left, 0);
            ours_left = -1;
            openssl_left = -1;
            assert_int_equal(err, 0);
        }
        srtcp_receiver_destroy(receiver);
        srtcp_sender_destroy(sender);
    }
}

static int set_up(void **state)
{
    struct transport_mux_params params = {
        .send = send_nowhere, .reserve = reserve, .commit = commit};

    log_set_levels("error");
    if (transport_identity_create(&identity) < 0)
        return -1;
    params.identity = identity;
    return transport_mux_create(&params, &mux);
}

static int tear_down(void **state)
{
    transport_mux_destroy(mux);
    transport_identity_destroy(identity);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(creation_survives_our_own_failed_allocations),
        cmocka_unit_test(creation_survives_openssls_failed_allocations),
        cmocka_unit_test(reports_allocate_nothing),
    };

    /* Before OpenSSL's first own allocation, else it refuses. */
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
