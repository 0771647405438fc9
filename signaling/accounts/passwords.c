#include "signaling/accounts/passwords.h"

#include "signaling/accounts/people.h"

#include <ctype.h>
#include <string.h>

#define MAX_UNIT 4

/* In lower case, eight characters and more: the head of every list of leaked passwords, the Chinese ones among
 * them. What follows a rule (one character, a run, a short unit again and again, a date, a telephone number) needs no row. */
static const char *const common[] = {"00000000a", "0123456789a", "0987654321", "1234567890a",
    "123456789a", "123456789aa", "123456789abc", "123456789q", "123456789qq", "123456789z",
    "12345678a", "12345678abc", "12345678q", "123456abc", "123456abcd", "123456aa", "123456asd",
    "123456qq", "123456qwe", "123456qwerty", "123456zxc", "1234abcd", "1234qwer", "123698745",
    "12369874", "123abc123", "123qwe123", "123qweasd", "123qweasdzxc", "147258369", "147852369",
    "159357456", "159753456", "1a2b3c4d", "1q2w3e4r", "1q2w3e4r5t", "1q2w3e4r5t6y", "1qaz2wsx",
    "1qaz2wsx3edc", "1qazxsw2", "20082008", "520131400", "5201314a", "52013140", "521521521",
    "5211314a", "741852963", "7758258a", "77585210", "7758521a", "789456123", "87654321",
    "963852741", "987654321", "a1234567", "a12345678", "a123456789", "a1b2c3d4", "aa123456",
    "aa12345678", "aa123456789", "aaa123456", "abc12345", "abc123456", "abc123456789", "abcd1234",
    "abcd123456", "abcde12345", "adgjmptw", "admin123", "admin1234", "admin12345", "admin123456",
    "administrator", "adminadmin", "alexander", "anthony1", "asd123456", "asdasdasd", "asdf1234",
    "asdfasdf", "asdfghjk", "asdfghjkl", "asdqwe123", "baseball", "basketball", "benjamin",
    "blink182", "bubbles1", "butterfly", "caonima123", "changeme", "charlie1", "chocolate",
    "christian", "classroom", "computer", "computer1", "danielle", "december", "dearbook",
    "dragon123", "einstein", "elizabeth", "everyday", "f00tball", "facebook", "flower123",
    "football", "football1", "freedom1", "friendship", "gfhjkm123", "google123", "hello123",
    "hello1234", "helloworld", "iloveyou", "iloveyou1", "iloveyou2", "iloveyou520", "internet",
    "jennifer", "jiaoshi123", "jonathan", "jordan23", "justin01", "kaixin123", "laoshi123",
    "letmein1", "letmein123", "liverpool", "lovelove", "loveyou1", "manchester", "marlboro",
    "master123", "maverick", "mercedes", "michelle", "michael1", "midnight", "mima1234",
    "mima123456", "mnbvcxz1", "monkey123", "mustang1", "newpassword", "nicholas", "nihao123",
    "nihaoma123", "november", "p@ssw0rd", "p@ssword", "pa55word", "pass1234", "passw0rd",
    "password", "password1", "password12", "password123", "password1234", "password2", "patricia",
    "pokemon1", "princess", "princess1", "q1w2e3r4", "q1w2e3r4t5", "qaz123456", "qazwsx123",
    "qazwsxedc", "qazwsxedcrfv", "qq123456", "qq123456789", "qq5201314", "qwe123456", "qweasd123",
    "qweasdzxc", "qwer1234", "qwert123", "qwert12345", "qwerty12", "qwerty123", "qwerty1234",
    "qwerty123456", "qwertyui", "qwertyuiop", "q123456789", "samantha", "school123", "secret123",
    "shadow123", "shuangshi", "shuangshi123", "snowball", "spiderman", "starwars", "sunshine",
    "sunshine1", "superman", "superman1", "teacher1", "teacher123", "test1234", "test12345",
    "test123456", "thailand", "tiankong", "trustno1", "veronica", "victoria", "w123456789",
    "wang1234", "wangyut2", "welcome1", "welcome123", "whatever", "william1", "woaini123",
    "woaini1314", "woaini1314520", "woaini520", "woaini521", "wobuzhidao", "wodemima", "woshishui",
    "xiaoming123", "xiaoxue123", "xuexi123", "xuexiao123", "yamaha123", "z123456789", "zaq12wsx",
    "zhang123", "zhongguo", "zhongguo123", "zxc123456", "zxcvbnm1", "zxcvbnm123", "zxcvbnm,./"};

bool passwords_are_common(const char *password)
{
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (strcmp(password, common[i]) == 0)
            return true;
    }
    return false;
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

    return text[digits] == '\0' && digits < 14;
}

static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

const char *passwords_fault(const char *password, const char *name)
{
    char lower[PEOPLE_MAX_PASSWORD_BYTES + 1];
    char lower_name[PEOPLE_MAX_NAME_BYTES + 1];
    size_t len = strlen(password);
    size_t i;

    if (count_characters(password) < PEOPLE_MIN_PASSWORD_CHARS)
        return "A password has at least 8 characters.";
    if (len > PEOPLE_MAX_PASSWORD_BYTES)
        return "A password has at most 256 bytes.";
    for (i = 0; i <= len; i++)
        lower[i] = (char)tolower((unsigned char)password[i]);
    for (i = 0; name[i] && i < PEOPLE_MAX_NAME_BYTES; i++)
        lower_name[i] = (char)tolower((unsigned char)name[i]);
    lower_name[i] = '\0';
    if (i >= 3 && strstr(lower, lower_name))
        return "The password must not contain your name.";
    if (passwords_are_common(lower) || is_run(lower) || repeats(lower) || is_number(lower))
        return "This password is among those that are tried first; choose another, such as four "
               "words.";
    return NULL;
}
