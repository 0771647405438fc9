/*
 * Who may add, change and disable whose account. Three kinds of administrators keep each other in check: the security
 * administrator keeps the accounts; the system administrator does so only until there is a security administrator; the
 * audit administrator reads the audit log and nothing else. A coordinator keeps the teachers of their part of the tree.
 * Nobody changes their own account, and whose part of the tree somebody stands in is asked elsewhere. Pure.
 */
#ifndef DUET_SIGNALING_ACCOUNTS_ACCOUNT_RIGHTS_H
#define DUET_SIGNALING_ACCOUNTS_ACCOUNT_RIGHTS_H

#include <stdbool.h>

/* Whether somebody of that role keeps all accounts. */
bool account_rights_keeper(const char *role, bool has_security_admin);

/* target_role: of the account, or the one that it is to get; of a change of role, ask for both. */
bool account_rights_may(const char *role, bool has_security_admin, const char *target_role);

#endif
