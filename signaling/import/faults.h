/*
 * What is wrong with a file that somebody imports: each mistake with its place, what stands there, and what to do. Any
 * one thread.
 */
#ifndef DUET_SIGNALING_IMPORT_FAULTS_H
#define DUET_SIGNALING_IMPORT_FAULTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Those beyond are only counted. */
#define FAULTS_MAX_LISTED 2000

struct fault {
    const char *code;  /* one of docs/import-export.md, such as "unknown_school" */
    unsigned row;      /* as a spreadsheet counts; 0: the whole file */
    unsigned column;   /* 1…; 0: the whole row */
    const char *name;  /* of the column, as the file has it; NULL for none */
    const char *value; /* what stands there; NULL for nothing */
    const char *other; /* what it is in the way of, or a limit; NULL for nothing */
};

struct faults {
    json_t *list; /* owned: [{code, row, column, name, value, other, text}] */
    size_t count; /* all of them */
    bool failed;  /* there was no memory for one */
};

/* Returns 0 or -ENOMEM. */
int faults_init(struct faults *faults);
void faults_finish(struct faults *faults);

/* As after faults_init(). */
void faults_clear(struct faults *faults);

void faults_add(struct faults *faults, const struct fault *fault);

/* By row, then by column. */
void faults_sort(struct faults *faults);

#endif
