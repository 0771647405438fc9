/*
 * The command line of duet-signaling: options, then serving or one of the commands that mint tokens,
 * add lessons and people, make certificates, copy the database, and verify the audit log. They share
 * settings, database and key file with the serving process and may run beside it.
 */
#ifndef DUET_SIGNALING_COMMANDS_H
#define DUET_SIGNALING_COMMANDS_H

#include "signaling/settings.h"

/* Who did it, for the audit log: whoever may run this program on the machine. */
#define COMMAND_PERSON "console"

/* Returns the exit status: 0, 1 for what failed, 2 for a wrong command line. */
int commands_main(int argc, char **argv);

/* Each takes what follows its name. */
int command_token(const struct signaling_settings *settings, int argc, char **argv);
int command_lesson(const struct signaling_settings *settings, int argc, char **argv);
int command_person(const struct signaling_settings *settings, int argc, char **argv);
int command_cert(const struct signaling_settings *settings, int argc, char **argv);
int command_restore(const struct signaling_settings *settings, int argc, char **argv);
int command_backup(const struct signaling_settings *settings, int argc, char **argv);
int command_export(const struct signaling_settings *settings, int argc, char **argv);
int command_seed(const struct signaling_settings *settings, int argc, char **argv);
int command_audit(const struct signaling_settings *settings, int argc, char **argv);

/* "duet-signaling: …" on stderr; returns 2, the status of a wrong command line. */
int command_misused(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, but returns 1. */
int command_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
