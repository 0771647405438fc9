/*
 * The option --enrol WHAT of capture and player: six digits, the link that the coordinator's QR code holds, or "camera", which
 * reads that code. Blocks until it is done and tells on the terminal what is going on; a person sees there which server it
 * is. Main thread.
 */
#ifndef DUET_MEDIA_ENROL_COMMAND_H
#define DUET_MEDIA_ENROL_COMMAND_H

#include <gst/gst.h>
#include <stdbool.h>

#define ENROL_COMMAND_CAMERA "camera"

struct enrol_command {
    const char *program;
    const char *what;
    const char
        *server; /* --server; NULL: what the link says. A link of another server is refused */
    const char *ca_file;
    const char *folder;
    /* A floating source of the camera's pictures, or NULL with error. Called for "camera" only. */
    GstElement *(*open_camera)(void *user, GError **error);
    void *user;
};

/* False with error, of G_OPTION_ERROR when the options cannot be. */
bool enrol_command_run(const struct enrol_command *command, GError **error);

#endif
