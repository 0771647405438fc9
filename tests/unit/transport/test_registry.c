#include "relay/transport/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ENTRIES 1000

static void entries_are_found_while_the_table_grows_and_shrinks(void **state)
{
    static struct registry_entry entries[ENTRIES];
    struct registry registry;

    memset(entries, 0, sizeof(entries));
    assert_int_equal(registry_init(&registry), 0);
    for (uint32_t i = 0; i < ENTRIES; i++)
        registry_insert(&registry, &entries[i], registry_hash(&i, sizeof(i), 3));
    assert_int_equal(registry.count, ENTRIES);
    for (uint32_t i = 0; i < ENTRIES; i++)
        assert_ptr_equal(registry_first(&registry, registry_hash(&i, sizeof(i), 3)), &entries[i]);
    for (uint32_t i = 0; i < ENTRIES; i += 2)
        registry_remove(&registry, &entries[i]);
    for (uint32_t i = 0; i < ENTRIES; i++)
        assert_ptr_equal(registry_first(&registry, registry_hash(&i, sizeof(i), 3)),
            i % 2 == 0 ? NULL : &entries[i]);
    registry_finish(&registry);
}

static void entries_of_one_hash_are_walked(void **state)
{
    struct registry_entry entries[3] = {0}, other = {0};
    struct registry registry;
    size_t seen = 0;

    assert_int_equal(registry_init(&registry), 0);
    for (int i = 0; i < 3; i++)
        registry_insert(&registry, &entries[i], 64);
    registry_insert(&registry, &other, 128); /* the same bucket */
    for (struct registry_entry *entry = registry_first(&registry, 64); entry != NULL;
         entry = registry_next(entry)) {
        assert_ptr_not_equal(entry, &other);
        seen++;
    }
    assert_int_equal(seen, 3);
    registry_finish(&registry);
}

static void removing_twice_does_nothing(void **state)
{
    struct registry_entry entry = {0};
    struct registry registry;

    assert_int_equal(registry_init(&registry), 0);
    registry_remove(&registry, &entry);
    registry_insert(&registry, &entry, 1);
    registry_remove(&registry, &entry);
    registry_remove(&registry, &entry);
    assert_int_equal(registry.count, 0);
    registry_finish(&registry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_while_the_table_grows_and_shrinks),
        cmocka_unit_test(entries_of_one_hash_are_walked),
        cmocka_unit_test(removing_twice_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
