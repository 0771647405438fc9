/* cmocka and the headers it needs, in the order it needs them. */
#ifndef DUET_TESTS_UNIT_BENCH_BENCH_TEST_H
#define DUET_TESTS_UNIT_BENCH_BENCH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
