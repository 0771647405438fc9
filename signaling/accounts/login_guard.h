/*
 * Slows down the guessing of passwords without locking out a school that sits behind one address:
 * failures are counted per name and address together, with a growing wait, and per name over all
 * addresses with a short one. Pure but for its table; times are passed in. Loop thread.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_LOGIN_GUARD_H
#define DUET_SIGNALING_ACCOUNTS_LOGIN_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#define LOGIN_GUARD_FREE_FAILURES 5  /* by one name from one address, before waits begin */
#define LOGIN_GUARD_NAME_FAILURES 20 /* by one name from anywhere */
#define LOGIN_GUARD_MAX_WAIT_S    60
#define LOGIN_GUARD_NAME_WAIT_S   3
#define LOGIN_GUARD_FORGET_S      (15 * 60)

struct login_guard;

struct login_guard *login_guard_create(void);
void login_guard_destroy(struct login_guard *guard);

/* Whether an attempt may be made now; else how long to wait. */
bool login_guard_allows(struct login_guard *guard, const char *name, const char *address,
    uint64_t now_us, uint64_t *ret_wait_us);

/* Count an attempt as failed when it begins, and take that back when it succeeds: attempts made side
 * by side are then counted too. */
void login_guard_failed(
    struct login_guard *guard, const char *name, const char *address, uint64_t now_us);
void login_guard_succeeded(struct login_guard *guard, const char *name, const char *address);

#endif
