/* SHA-256 of a random secret as hex: what the database keeps of cookies and tickets. Pure. */
#ifndef DUET_SIGNALING_ACCOUNTS_SECRET_HASH_H
#define DUET_SIGNALING_ACCOUNTS_SECRET_HASH_H

#define SECRET_HASH_CHARS 64

void secret_hash(const char *secret, char ret_hash[SECRET_HASH_CHARS + 1]);

#endif
