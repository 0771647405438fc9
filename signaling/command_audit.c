#include "signaling/audit/audit_log.h"
#include "signaling/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int report(const struct audit_report *report, const char *expected)
{
    if (report->broken > 0)
        return command_failed("audit log: entry %" PRId64 " is not what was written; the %" PRId64
                              " before it are",
            report->broken, report->entries);
    if (expected && !report->has_expected)
        return command_failed("audit log: none of its %" PRId64
                              " entries has the hash %s: it was cut off or replaced",
            report->entries, expected);
    printf("entries: %" PRId64 ", each as it was written\n", report->entries);
    if (report->entries > 0)
        printf("last hash: %s\n", report->head);
    return 0;
}

int command_audit(const struct signaling_settings *settings, int argc, char **argv)
{
    const char *expected = argc == 3 ? argv[2] : NULL;
    struct audit_report result;
    struct config_error error;
    struct store *store = NULL;
    int r;

    if ((argc != 1 && argc != 3) || strcmp(argv[0], "verify") != 0 ||
        (expected && strcmp(argv[1], "--expect") != 0))
        return command_misused("audit: say verify [--expect HASH]");
    if (expected && (strlen(expected) != AUDIT_HASH_CHARS ||
                        strspn(expected, "0123456789abcdefABCDEF") != AUDIT_HASH_CHARS))
        return command_misused("--expect: a hash has %d hexadecimal digits", AUDIT_HASH_CHARS);
    if (store_open_to_read(settings->store_path, &store, &error) < 0)
        return command_failed("%s", error.text);
    r = audit_log_verify(store, expected, &result);
    store_close(store);
    return r < 0 ? command_failed("store.path: %s has no audit log that can be read; start "
                                  "duet-signaling once if the "
                                  "file is an older one, or go back to a backup",
                       settings->store_path)
                 : report(&result, expected);
}
