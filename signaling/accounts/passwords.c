#include "signaling/accounts/passwords.h"

#include "signaling/accounts/people.h"
#include "signaling/store/compared_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_UNIT       4
#define MIN_NAME_BYTES 3 /* shorter ones stand in any password */

/* In lower case, sorted: docs/decisions/common-passwords.md. What follows a rule (one character, a run, a short unit
 * again and again, a date, a telephone number) needs no row. */
static const char *const common[] = {
#include "signaling/accounts/common_passwords.inc"
};

static int compare(const void *key, const void *row)
{
    return strcmp(key, *(const char *const *)row);
}

bool passwords_are_common(const char *password)
{
    return bsearch(
        password, common, sizeof(common) / sizeof(common[0]), sizeof(common[0]), compare);
}

/* 12345678, hgfedcba: each character is the one before it plus or minus one. */
static bool is_run(const char *text)
{
    int step = text[1] - text[0];

    if (step != 1 && step != -1)
        return false;
    for (size_t i = 1; text[i]; i++) {
        bool wraps = isdigit((unsigned char)text[i]) &&
                     (text[i - 1] - '0' + step + 10) % 10 == text[i] - '0';

        if (text[i] - text[i - 1] != step && !wraps)
            return false;
    }
    return true;
}

/* aaaaaaaa, abababab, 12341234. */
static bool repeats(const char *text)
{
    size_t len = strlen(text);

    for (size_t unit = 1; unit <= MAX_UNIT; unit++) {
        size_t same = unit;

        while (same < len && text[same] == text[same - unit])
            same++;
        if (same == len)
            return true;
    }
    return false;
}

/* 19900101, 13912345678: dates and telephone numbers are all digits, and no other digits are remembered. */
static bool is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits < 14 && text[digits] == '\0';
}

static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* Without case, and in whatever width it was typed. */
static bool contains(const char *password, const char *name)
{
    char *form = compared_text(password), *name_form = compared_text(name);
    bool found =
        form && name_form && strlen(name_form) >= MIN_NAME_BYTES && strstr(form, name_form);

    if (form)
        explicit_bzero(form, strlen(form));
    free(form);
    free(name_form);
    return found;
}

const char *passwords_fault(const char *password, const char *name, const char *login)
{
    char lower[PEOPLE_MAX_PASSWORD_BYTES + 1];
    const char *fault = NULL;
    size_t len = strlen(password);

    if (count_characters(password) < PEOPLE_MIN_PASSWORD_CHARS)
        return "A password has at least 8 characters.";
    if (len > PEOPLE_MAX_PASSWORD_BYTES)
        return "A password has at most 256 bytes.";
    for (size_t i = 0; i <= len; i++)
        lower[i] = (char)tolower((unsigned char)password[i]);
    if (contains(password, name))
        fault = "The password must not contain your name.";
    else if (contains(password, login))
        fault = "The password must not contain what you log in with.";
    else if (passwords_are_common(lower) || is_run(lower) || repeats(lower) || is_number(lower))
        fault = "This password is among those that are tried first; choose another, such as four "
                "words.";
    explicit_bzero(lower, sizeof(lower));
    return fault;
}
