/*
 * The attacks of duet-hostile, one function each: what a row of docs/security-tests.md says a hostile
 * sender does, with figures of what it sent and what it saw. Whether those are right is for the test to
 * judge. They return 0, or a negative errno when the attack could not be carried out.
 */
#ifndef DUET_TESTS_SUPPORT_HOSTILE_ATTACKS_H
#define DUET_TESTS_SUPPORT_HOSTILE_ATTACKS_H

#include "tests/support/hostile/arena.h"

/* Hellos and records: attack_handshake.c */
int attack_hellos(struct arena *arena, json_t *report);
int attack_fragments(struct arena *arena, json_t *report);
int attack_half_open(struct arena *arena, json_t *report);
int attack_records(struct arena *arena, json_t *report);

/* Addresses that nobody authenticated: attack_address.c */
int attack_spray(struct arena *arena, json_t *report);

/* Encrypted media: attack_srtp.c */
int attack_tags(struct arena *arena, json_t *report);
int attack_ssrcs(struct arena *arena, json_t *report);
int attack_roll_over(struct arena *arena, json_t *report);
int attack_replay(struct arena *arena, json_t *report);

/* Feedback and payloads of a participant: attack_feedback.c */
int attack_keyframes(struct arena *arena, json_t *report);
int attack_nacks(struct arena *arena, json_t *report);
int attack_payloads(struct arena *arena, json_t *report);

/* Nothing forbidden, only very often: churn.c */
int attack_churn(struct arena *arena, json_t *report);

#endif
