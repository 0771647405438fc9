/* What people upload: its encoding and its rows. */
#include "signaling/import/csv_reader.h"
#include "signaling/import/text_encoding.h"

#include <errno.h>
#include <iconv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- encodings ---- */

static const char sample[] = "姓名,教室\n王芳,石沟教学点\n㐂,白杨\n";

/* sample in another encoding, behind a mark. */
static size_t encode(const char *encoding, const char *mark, size_t mark_bytes, uint8_t out[256])
{
    iconv_t converter = iconv_open(encoding, "UTF-8");
    char *from = (char *)(uintptr_t)sample, *to = (char *)out + mark_bytes;
    size_t left = strlen(sample), room = 256 - mark_bytes;

    assert_true(converter != (iconv_t)-1);
    memcpy(out, mark, mark_bytes);
    assert_int_equal(iconv(converter, &from, &left, &to, &room), 0);
    iconv_close(converter);
    return (size_t)(to - (char *)out);
}

static void files_of_excel_and_wps_become_utf8(void **state)
{
    static const struct {
        const char *encoding, *mark;
        size_t mark_bytes;
    } files[] = {
        {"UTF-8", "", 0},
        {"UTF-8", "\xef\xbb\xbf", 3},
        {"GB18030", "", 0},
        {"UTF-16LE", "\xff\xfe", 2},
        {"UTF-16BE", "\xfe\xff", 2},
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        uint8_t file[256];
        size_t len = encode(files[i].encoding, files[i].mark, files[i].mark_bytes, file);
        char *text = NULL;
        size_t text_len = 0;
        unsigned line = 0;

        assert_int_equal(text_encoding_to_utf8(file, len, &text, &text_len, &line), 0);
        assert_string_equal(text, sample);
        assert_int_equal(text_len, strlen(sample));
        free(text);
    }
}

static void what_is_no_text_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        unsigned line;
    } files[] = {
        {"a\nb\n\xff\xff", 6, 3}, /* neither UTF-8 nor GBK */
        {"\xef\xbb\xbf"
         "a\n\xcd\xf5\n",
            8, 2},        /* says UTF-8, is GBK */
        {"a\n\0b", 4, 2}, /* a zero */
        {"\xff\xfe"
         "a\0\n\0\0\0",
            8, 2}, /* a zero in UTF-16 */
        {"\xff\xfe"
         "a\0\n\0\x00\xdc",
            8, 2}, /* half a surrogate pair */
        {"\xff\xfe"
         "a",
            3, 1},                                          /* half a character */
        {"a\xcd", 2, 1}, {"王芳\n石沟\n\xe7\x8e\n", 17, 3}, /* UTF-8, and then a byte got lost */
        {"name,王\xe8\xb3芳,3", 15, 1}, {"a\rb\r\xff\xff", 6, 3},
        {"\xff\xfe"
         "a\0\0\0\n\0b\0",
            10, 1}, /* a zero, and lines after it */
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *text = NULL;
        size_t len = 7;
        unsigned line = 0;

        assert_int_equal(text_encoding_to_utf8(
                             (const uint8_t *)files[i].bytes, files[i].len, &text, &len, &line),
            -EILSEQ);
        assert_int_equal(line, files[i].line);
        assert_null(text);
        assert_int_equal(len, 7);
    }
}

/* Valid UTF-8 too, but not what anybody wrote. */
static void a_few_words_of_gbk_are_not_taken_for_other_letters(void **state)
{
    static const struct {
        const char *bytes, *text;
    } files[] = {
        {"1,\xd1\xa7\xd0\xa3\n", "1,学校\n"},
        {"\xd0\xa1\xd1\xa7", "小学"},
        {"\xc5\xae", "女"},
        /* and these are what they seem to be */
        {"José,3\n", "José,3\n"},
        {"Иван,3\n", "Иван,3\n"},
        {"1,校,\xd1\xa7\n", "1,校,\xd1\xa7\n"},
        {"\xef\xbb\xbf\xd1\xa7", "\xd1\xa7"},
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char *text = NULL;
        size_t len;
        unsigned line;

        assert_int_equal(text_encoding_to_utf8((const uint8_t *)files[i].bytes,
                             strlen(files[i].bytes), &text, &len, &line),
            0);
        assert_string_equal(text, files[i].text);
        free(text);
    }
}

static void an_empty_file_is_an_empty_text(void **state)
{
    static const char *const files[] = {"", "\xef\xbb\xbf", "\xff\xfe"};

    for (size_t i = 0; i < 3; i++) {
        char *text = NULL;
        size_t len = 7;
        unsigned line = 0;

        assert_int_equal(
            text_encoding_to_utf8((const uint8_t *)files[i], strlen(files[i]), &text, &len, &line),
            0);
        assert_string_equal(text, "");
        assert_int_equal(len, 0);
        free(text);
    }
}

/* ---- rows ---- */

/* Every row as "line:cell|cell|…", every fault as "line!fault@cell". */
static void describe(const char *input, char ret_text[512])
{
    char text[256];
    struct csv_reader reader;
    struct csv_row row;
    enum csv_fault fault;
    size_t len = strlen(input), used = 0;
    int r;

    memcpy(text, input, len + 1);
    csv_reader_init(&reader, text, len);
    ret_text[0] = '\0';
    while ((r = csv_reader_next(&reader, &row, &fault)) != 0) {
        if (r < 0) {
            assert_int_equal(r, -EBADMSG);
            used += (size_t)snprintf(
                ret_text + used, 512 - used, "%u!%d@%zu ", row.line, (int)fault, row.count);
            continue;
        }
        used += (size_t)snprintf(ret_text + used, 512 - used, "%u:", row.line);
        for (size_t i = 0; i < row.count; i++)
            used += (size_t)snprintf(
                ret_text + used, 512 - used, "%s%s", i > 0 ? "|" : "", row.cells[i]);
        used += (size_t)snprintf(ret_text + used, 512 - used, " ");
    }
}

static void rows_are_read_as_rfc_4180_has_them(void **state)
{
    static const struct {
        const char *text;
        const char *rows;
    } files[] = {
        {"", ""},
        {"a,b,c", "1:a|b|c "},
        {"a,b\r\nc,d\r\n", "1:a|b 2:c|d "},
        {"a\nb\rc\r\nd", "1:a 2:b 3:c 4:d "},
        {"a,\n,b\n", "1:a| 2:|b "},
        {"\"a\",\"b,c\"\n", "1:a|b,c "},
        {"\"a \"\"b\"\"\",\"\"\n", "1:a \"b\"| "},
        {"\"\"\"\"", "1:\" "},
        {"\"a\r\nb\",c\nd\n", "1:a\nb|c 3:d "},
        {" a\t,\xe3\x80\x80"
         "b c \xe3\x80\x80, \" d \" ,e",
            "1:a|b c| d |e "},
        {"a\n\n , \r\n\"\"\nb", "1:a 5:b "},
        {"王芳,石沟\n", "1:王芳|石沟 "},
        {"a\"b,c", "1:a\"b|c "}, /* a quote in the middle is itself */
        /* Excel's "Unicode text" */
        {"a\tb\n c \t\"d\te\"\n1,5\t\n", "1:a|b 2:c|d\te 3:1,5| "},
        {"a,b\tc\n", "1:a|b\tc "},
    };
    char rows[512];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        describe(files[i].text, rows);
        assert_string_equal(rows, files[i].rows);
    }
}

static void a_fault_names_line_and_cell_and_reading_goes_on(void **state)
{
    static const struct {
        const char *text;
        const char *rows;
    } files[] = {
        {"a\nb,\"c\nd\ne", "1:a 2!1@1 3:d 4:e "},
        {"\"", "1!1@0 "},
        {"\"a\"\"", "1!1@0 "},
        {"a,\"b\"c,d\ne", "1!2@1 2:e "},
        {"\"a\nb\" c\nd", "1!2@0 3:d "},
    };
    char rows[512];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        describe(files[i].text, rows);
        assert_string_equal(rows, files[i].rows);
    }
}

static void more_cells_than_a_row_may_have_are_a_fault(void **state)
{
    char text[CSV_MAX_CELLS + 8], rows[512];

    memset(text, ',', CSV_MAX_CELLS - 1);
    text[0] = 'a';
    text[1] = ',';
    strcpy(text + CSV_MAX_CELLS, "\nb");
    text[CSV_MAX_CELLS - 1] = ',';
    describe(text, rows);
    assert_int_equal(strncmp(rows, "1:a|", 4), 0);
    text[CSV_MAX_CELLS] = ',';
    strcpy(text + CSV_MAX_CELLS + 1, "\nb");
    describe(text, rows);
    assert_string_equal(rows, "1!3@64 2:b ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_excel_and_wps_become_utf8),
        cmocka_unit_test(what_is_no_text_is_refused_with_its_line),
        cmocka_unit_test(a_few_words_of_gbk_are_not_taken_for_other_letters),
        cmocka_unit_test(an_empty_file_is_an_empty_text),
        cmocka_unit_test(rows_are_read_as_rfc_4180_has_them),
        cmocka_unit_test(a_fault_names_line_and_cell_and_reading_goes_on),
        cmocka_unit_test(more_cells_than_a_row_may_have_are_a_fault),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
