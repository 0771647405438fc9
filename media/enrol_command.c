#include "media/enrol_command.h"

#include <stdio.h>
#include <string.h>

#include "media/device_enrolment.h"
#include "media/qr_reader.h"

#define CAMERA_LIMIT_S 120

static bool is_link(const char *text)
{
    char code[DEVICE_CODE_DIGITS + 1];
    g_autofree char *server = NULL;

    return device_enrolment_parse(text, &server, code) && server;
}

/* What was given or read. Free with g_free(). */
static char *read_what(const struct enrol_command *command, GError **error)
{
    GstElement *camera;

    if (strcmp(command->what, ENROL_COMMAND_CAMERA) != 0)
        return g_strdup(command->what);
    camera = command->open_camera(command->user, error);
    if (!camera)
        return NULL;
    fprintf(stderr, "%s: hold the QR code of the page in front of the camera\n", command->program);
    return qr_reader_wait(camera, is_link, CAMERA_LIMIT_S, error);
}

/* Where the code is used: at the link's server, else at that of --server. Borrowed; NULL with error. */
static const char *server_of(const struct enrol_command *command, const char *named, GError **error)
{
    if (named && command->server && !device_enrolment_same_server(named, command->server)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
            "the code is one of %s, not of %s", named, command->server);
        return NULL;
    }
    if (!named && !command->server)
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
            "--enrol wants --server URL as well: where is the code from?");
    return named ? named : command->server;
}

bool enrol_command_run(const struct enrol_command *command, GError **error)
{
    g_autofree char *what = read_what(command, error);
    g_autofree char *named = NULL;
    g_autofree char *place = NULL;
    char code[DEVICE_CODE_DIGITS + 1];
    const char *server;

    if (!what)
        return false;
    if (!device_enrolment_parse(what, &named, code)) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
            "--enrol wants the six digits of the page, its link duet-enrol:SERVER#CODE, or camera");
        return false;
    }
    server = server_of(command, named, error);
    if (!server)
        return false;
    fprintf(stderr, "%s: enrolling at %s\n", command->program, server);
    if (!device_enrolment_run(server, command->ca_file, code, command->folder, &place, error))
        return false;
    printf("enrolled in %s\n", place);
    return true;
}
