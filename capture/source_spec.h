/*
 * What --camera and --microphone ask for. Pure.
 */
#ifndef DUET_CAPTURE_SOURCE_SPEC_H
#define DUET_CAPTURE_SOURCE_SPEC_H

enum source_kind {
    SOURCE_AUTO,   /* a device when there is one, else the sample lesson */
    SOURCE_SAMPLE, /* the lesson that the program makes itself */
    SOURCE_SCREEN,
    SOURCE_NONE,
    SOURCE_FILE,   /* value: path of a media file or of a directory of images */
    SOURCE_DEVICE, /* value: path or name of a device */
};

struct source_spec {
    enum source_kind kind;
    const char *value; /* borrowed from the text, or NULL */
};

/* A "file:" without a path is a device name that will not be found. */
struct source_spec source_spec_parse(const char *text);

#endif
