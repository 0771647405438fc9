/* The choice of a path before media flows, answers, and the agent's own bookkeeping. */
#include "common/bytes.h"
#include "relay/transport/address.h"
#include "relay/transport/ice.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct index_count {
    int paths;
};

static void on_path(void *user, struct ice_path *path, bool added)
{
    struct index_count *index = user;

    index->paths += added ? 1 : -1;
}

static struct transport_path path_at(uint16_t port)
{
    struct transport_path path = {0};

    assert_int_equal(net_address_parse("2001:db8::1", port, &path.remote), 0);
    return path;
}

static void accept_from(
    struct ice_agent *agent, uint16_t port, uint32_t priority, bool use_candidate, uint64_t now_us)
{
    struct transport_path path = path_at(port);
    static uint8_t transaction_id[STUN_TRANSACTION_ID_BYTES];
    struct stun_view request = {
        .transaction_id = transaction_id,
        .priority = priority,
        .use_candidate = use_candidate,
    };

    transaction_id[0]++;
    ice_agent_accept(agent, &request, &path, now_us);
}

static uint16_t selected_port(const struct ice_agent *agent)
{
    return agent->selected != NULL ? net_address_port(&agent->selected->path.remote) : 0;
}

struct step {
    uint16_t port;
    uint32_t priority;
    bool use_candidate;
    uint64_t at_us;
    uint16_t expected;
};

static void a_client_that_nominates_every_pair_gets_the_best(void **state)
{
    static const struct step steps[] = {
        {1, 100, false, 1000, 1},  /* the first valid one serves */
        {2, 50, true, 2000, 2},    /* a nominated one beats one that is not */
        {1, 100, true, 3000, 1},   /* a better one beats it */
        {2, 50, true, 4000, 1},    /* and is not beaten in turn */
        {3, 100, true, 5000, 3},   /* equals: the latest */
        {2, 50, true, 2000000, 2}, /* unless the better one fell silent */
    };
    struct index_count index = {0};
    struct ice_agent agent;

    assert_int_equal(ice_agent_init(&agent, "peer", on_path, &index), 0);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        accept_from(
            &agent, steps[i].port, steps[i].priority, steps[i].use_candidate, steps[i].at_us);
        assert_int_equal(selected_port(&agent), steps[i].expected);
    }
    assert_int_equal(index.paths, 3);
    ice_agent_finish(&agent);
    assert_int_equal(index.paths, 0);
}

static void after_settling_a_lower_nomination_moves_too(void **state)
{
    struct index_count index = {0};
    struct ice_agent agent;

    assert_int_equal(ice_agent_init(&agent, "peer", on_path, &index), 0);
    accept_from(&agent, 1, 100, true, 1000);
    agent.settled = true;
    accept_from(&agent, 2, 50, true, 2000);
    assert_int_equal(selected_port(&agent), 2);
    ice_agent_finish(&agent);
}

static void paths_are_bounded_and_expire(void **state)
{
    struct index_count index = {0};
    struct ice_agent agent;

    assert_int_equal(ice_agent_init(&agent, NULL, on_path, &index), 0);
    for (uint16_t i = 1; i <= 50; i++)
        accept_from(&agent, i, 1, false, i);
    assert_int_equal(index.paths, ICE_MAX_PATHS);
    assert_int_equal(selected_port(&agent), 1);
    ice_agent_expire(&agent, 1000, 2000);
    assert_int_equal(index.paths, 1);
    ice_agent_forget(&agent, agent.selected);
    assert_null(agent.selected);
    ice_agent_finish(&agent);
}

static void credentials_are_fresh_and_long_enough(void **state)
{
    struct index_count index = {0};
    struct ice_agent a, b;
    char too_long[ICE_REMOTE_UFRAG_CHARS + 2];

    memset(too_long, 'x', sizeof(too_long));
    too_long[sizeof(too_long) - 1] = '\0';
    assert_int_equal(ice_agent_init(&a, "peer", on_path, &index), 0);
    assert_int_equal(ice_agent_init(&b, "peer", on_path, &index), 0);
    assert_int_equal(strlen(a.credentials.ufrag), TRANSPORT_UFRAG_CHARS);
    assert_int_equal(strlen(a.credentials.pwd), TRANSPORT_PWD_CHARS);
    assert_string_not_equal(a.credentials.ufrag, b.credentials.ufrag);
    assert_string_not_equal(a.credentials.pwd, b.credentials.pwd);
    assert_int_equal(ice_agent_restart(&a, too_long), -EINVAL);
    assert_false(a.restarting);
    ice_agent_finish(&a);
    ice_agent_finish(&b);
}

/* ---- answers ---- */

static struct stun_view parse_check(const struct ice_agent *agent, bool controlling, uint8_t *data)
{
    static const uint8_t transaction_id[STUN_TRANSACTION_ID_BYTES] = "transaction";
    char username[64];
    const struct stun_check_params params = {
        .transaction_id = transaction_id,
        .username = username,
        .controlling = controlling,
    };
    struct stun_view view;
    size_t len;

    snprintf(username, sizeof(username), "%s:peer", agent->credentials.ufrag);
    assert_int_equal(stun_write_check(&params, agent->credentials.pwd, TRANSPORT_PWD_CHARS, data,
                         STUN_REPLY_BYTES, &len),
        0);
    assert_int_equal(stun_parse(data, len, &view), 0);
    return view;
}

static struct stun_view parse_reply(const struct ice_agent *agent, const struct ice_reply *reply)
{
    struct stun_view view;

    assert_int_equal(stun_parse(reply->data, reply->len, &view), 0);
    assert_true(stun_check_fingerprint(&view));
    assert_true(stun_check_integrity(&view, agent->credentials.pwd, TRANSPORT_PWD_CHARS));
    return view;
}

/* XOR-MAPPED-ADDRESS (RFC 8489 section 14.2), the first attribute of a success. */
static void a_client_is_told_its_address_in_either_family(void **state)
{
    static const char *const ips[] = {"192.0.2.1", "2001:db8::1:2", "fe80::1"};
    struct index_count index = {0};
    struct ice_agent agent;

    assert_int_equal(ice_agent_init(&agent, "peer", on_path, &index), 0);
    for (size_t i = 0; i < sizeof(ips) / sizeof(ips[0]); i++) {
        struct transport_path path = {0};
        struct net_address told = {0};
        uint8_t request[STUN_REPLY_BYTES];
        struct stun_view check = parse_check(&agent, true, request);
        struct ice_reply reply;
        uint8_t address[16];
        bool is_v6 = i > 0;

        assert_int_equal(net_address_parse(ips[i], 0x1234, &path.remote), 0);
        assert_int_equal(ice_agent_verify(&agent, &check, &path, &reply), ICE_VALID);
        assert_int_equal(parse_reply(&agent, &reply).message_class, STUN_SUCCESS);
        assert_memory_equal(reply.data + 20, is_v6 ? "\0\x20\0\x14\0\2" : "\0\x20\0\x08\0\1", 6);
        assert_int_equal(bytes_get_u16(reply.data + 26) ^ 0x2112, 0x1234);
        for (size_t k = 0; k < sizeof(address); k++)
            address[k] = reply.data[28 + k] ^ reply.data[4 + k]; /* cookie, transaction id */
        told.u.base.sa_family = is_v6 ? AF_INET6 : AF_INET;
        if (is_v6)
            memcpy(&told.u.v6.sin6_addr, address, 16);
        else
            memcpy(&told.u.v4.sin_addr, address, 4);
        told.u.v4.sin_port = htons(0x1234); /* where IPv6 has it, too */
        assert_true(net_address_equal(&told, &path.remote));
    }
    ice_agent_finish(&agent);
}

static void a_client_that_cannot_be_served_is_told_why(void **state)
{
    struct index_count index = {0};
    struct transport_path path = path_at(1);
    uint8_t request[STUN_REPLY_BYTES];
    struct ice_agent agent;
    struct ice_reply reply;
    struct stun_view check;

    assert_int_equal(ice_agent_init(&agent, "peer", on_path, &index), 0);
    check = parse_check(&agent, false, request);
    assert_int_equal(ice_agent_verify(&agent, &check, &path, &reply), ICE_REFUSED);
    assert_int_equal(parse_reply(&agent, &reply).error_code, STUN_ROLE_CONFLICT);

    check = parse_check(&agent, true, request);
    check.unknown[check.unknown_count++] = 0x7777;
    assert_int_equal(ice_agent_verify(&agent, &check, &path, &reply), ICE_REFUSED);
    assert_int_equal(parse_reply(&agent, &reply).error_code, STUN_UNKNOWN_ATTRIBUTE);

    /* A stranger is told nothing. */
    request[check.integrity_offset + 4] ^= 1;
    assert_int_equal(ice_agent_verify(&agent, &check, &path, &reply), ICE_FORGED);
    assert_int_equal(reply.len, 0);
    ice_agent_finish(&agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_nominates_every_pair_gets_the_best),
        cmocka_unit_test(after_settling_a_lower_nomination_moves_too),
        cmocka_unit_test(paths_are_bounded_and_expire),
        cmocka_unit_test(credentials_are_fresh_and_long_enough),
        cmocka_unit_test(a_client_is_told_its_address_in_either_family),
        cmocka_unit_test(a_client_that_cannot_be_served_is_told_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
