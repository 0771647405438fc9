/* The headers cmocka wants in front of it, once. */
#ifndef DUET_TESTS_UNIT_ROUTING_CMOCKA_ALL_H
#define DUET_TESTS_UNIT_ROUTING_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
