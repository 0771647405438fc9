/*
 * Runs a fuzz target without libFuzzer: every file of the given corpus folders, then a few
 * mutations of each that are the same in every run. So the corpora are a regression test that
 * needs no clang.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_BYTES_MAX    (1024 * 1024)
#define MUTATIONS_PER_SEED 32

struct tally {
    size_t seeds;
    size_t inputs;
};

/* xorshift: the same sequence everywhere, which random() is not. */
static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A copy of exactly len bytes, so that a sanitizer sees a read behind the end. */
static void run_input(const uint8_t *data, size_t len, struct tally *tally)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    if (!copy)
        abort();
    if (len > 0)
        memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
    tally->inputs++;
}

static void run_mutations(uint8_t *data, size_t len, struct tally *tally)
{
    static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint32_t state = 0x9e3779b9u ^ (uint32_t)len;
    for (unsigned i = 0; len > 0 && i < MUTATIONS_PER_SEED; i++) {
        uint32_t choice = next_random(&state);
        size_t at = next_random(&state) % len;
        uint8_t before = data[at];
        switch (choice % 3) {
        case 0:
            data[at] = edges[(choice >> 8) % sizeof(edges)];
            run_input(data, len, tally);
            break;
        case 1:
            data[at] ^= (uint8_t)(1u << ((choice >> 8) % 8));
            run_input(data, len, tally);
            break;
        default:
            run_input(data, at, tally);
            break;
        }
        data[at] = before;
    }
}

static int run_file(const char *path, uint8_t *buffer, struct tally *tally)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    size_t len = fread(buffer, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    tally->seeds++;
    run_input(buffer, len, tally);
    run_mutations(buffer, len, tally);
    return 0;
}

static int run_folder(const char *folder, uint8_t *buffer, struct tally *tally)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        perror(folder);
        return -1;
    }
    int r = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && run_file(path, buffer, tally) < 0)
            r = -1;
        free(entries[i]);
    }
    free(entries);
    return r;
}

int main(int argc, char **argv)
{
    struct tally tally = {0};
    uint8_t *buffer = calloc(1, INPUT_BYTES_MAX);
    if (!buffer)
        return 1;
    int failed = 0;
    run_input(buffer, 0, &tally);
    for (int i = 1; i < argc; i++)
        if (run_folder(argv[i], buffer, &tally) < 0)
            failed = 1;
    free(buffer);
    printf("%zu seeds, %zu inputs\n", tally.seeds, tally.inputs);
    return failed || tally.seeds == 0;
}
