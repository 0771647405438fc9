#include "player/enrol_screen.h"

#include "common/log.h"
#include "media/device_enrolment.h"

#define LINE_CHARS  36
#define DIGIT_CHARS 2
#define TEXT(id)    words_get(screen->params.words, (id))

struct enrol_screen {
    struct enrol_screen_params params;
    GtkWidget *box; /* owned by the window; all below are its children */
    GtkWidget *title, *server_label, *said;
    GtkWidget *digits[DEVICE_CODE_DIGITS];
    struct device_enrolment *enrolment; /* owned; NULL: none is under way */
    char *server, *ca_file;             /* owned; server NULL: nothing is asked */
    char code[DEVICE_CODE_DIGITS + 1];
    unsigned count;
};

/* Chinese may break anywhere: without a width of its own a label that wraps asks for the height of a column. */
static GtkWidget *add_label(GtkWidget *parent, const char *css_class)
{
    GtkWidget *label = gtk_label_new("");

    gtk_widget_add_css_class(label, css_class);
    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_width_chars(GTK_LABEL(label), LINE_CHARS);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    gtk_box_append(GTK_BOX(parent), label);
    return label;
}

struct enrol_screen *enrol_screen_new(const struct enrol_screen_params *params)
{
    struct enrol_screen *screen = g_new0(struct enrol_screen, 1);
    GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);

    screen->params = *params;
    screen->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
    gtk_widget_add_css_class(screen->box, "standby");
    gtk_widget_add_css_class(screen->box, "enrol");
    screen->title = add_label(screen->box, "enrol-title");
    gtk_label_set_text(GTK_LABEL(add_label(screen->box, "enrol-hint")), TEXT("player.enrol_hint"));
    gtk_widget_add_css_class(row, "enrol-digits");
    gtk_widget_set_halign(row, GTK_ALIGN_CENTER);
    for (unsigned i = 0; i < DEVICE_CODE_DIGITS; i++) {
        screen->digits[i] = add_label(row, "enrol-digit");
        gtk_label_set_width_chars(GTK_LABEL(screen->digits[i]), DIGIT_CHARS);
    }
    gtk_box_append(GTK_BOX(screen->box), row);
    screen->said = add_label(screen->box, "enrol-said");
    screen->server_label = add_label(screen->box, "enrol-server");
    gtk_widget_set_valign(screen->title, GTK_ALIGN_END);
    gtk_widget_set_vexpand(screen->title, TRUE);
    gtk_widget_set_valign(screen->server_label, GTK_ALIGN_END);
    gtk_widget_set_vexpand(screen->server_label, TRUE);
    return screen;
}

static void forget_code(struct enrol_screen *screen)
{
    explicit_bzero(screen->code, sizeof(screen->code));
    screen->count = 0;
}

void enrol_screen_free(struct enrol_screen *screen)
{
    if (!screen)
        return;
    device_enrolment_free(screen->enrolment);
    forget_code(screen);
    g_free(screen->server);
    g_free(screen->ca_file);
    g_free(screen);
}

GtkWidget *enrol_screen_widget(struct enrol_screen *screen)
{
    return screen->box;
}

static void show_digits(struct enrol_screen *screen)
{
    for (unsigned i = 0; i < DEVICE_CODE_DIGITS; i++) {
        char digit[] = {i < screen->count ? screen->code[i] : '\0', '\0'};

        gtk_label_set_text(GTK_LABEL(screen->digits[i]), digit);
        if (i == screen->count)
            gtk_widget_add_css_class(screen->digits[i], "next");
        else
            gtk_widget_remove_css_class(screen->digits[i], "next");
    }
}

static void say(struct enrol_screen *screen, const char *text)
{
    gtk_label_set_text(GTK_LABEL(screen->said), text);
}

void enrol_screen_ask(
    struct enrol_screen *screen, const char *server, const char *ca_file, bool revoked)
{
    g_autofree char *where =
        words_fill(screen->params.words, "player.enrol_server", "server", server);

    g_free(screen->server);
    g_free(screen->ca_file);
    screen->server = g_strdup(server);
    screen->ca_file = g_strdup(ca_file);
    gtk_label_set_text(
        GTK_LABEL(screen->title), TEXT(revoked ? "player.enrol_revoked" : "player.enrol_title"));
    gtk_label_set_text(GTK_LABEL(screen->server_label), where);
    say(screen, "");
    forget_code(screen);
    show_digits(screen);
}

void enrol_screen_dismiss(struct enrol_screen *screen)
{
    if (!screen->enrolment)
        g_clear_pointer(&screen->server, g_free);
}

bool enrol_screen_asks(const struct enrol_screen *screen)
{
    return screen->server != NULL;
}

static const char *sentence_of(enum device_enrolment_end end)
{
    switch (end) {
    case DEVICE_ENROLMENT_WRONG_CODE:
        return "player.enrol_wrong";
    case DEVICE_ENROLMENT_TOO_OFTEN:
        return "player.enrol_often";
    case DEVICE_ENROLMENT_UNREACHABLE:
        return "player.enrol_unreachable";
    default:
        return "player.enrol_failed";
    }
}

static void on_end(void *user, enum device_enrolment_end end, const char *text)
{
    struct enrol_screen *screen = user;
    g_autofree char *said = NULL;

    g_clear_pointer(&screen->enrolment, device_enrolment_free);
    forget_code(screen);
    show_digits(screen);
    log_info(LOG_CORE, "event=enrol text=\"%s\"", text);
    if (end == DEVICE_ENROLMENT_DONE) {
        g_clear_pointer(&screen->server, g_free);
        screen->params.on_enrolled(screen->params.user);
        return;
    }
    said = words_fill(screen->params.words, sentence_of(end), "text", text);
    say(screen, said);
}

static void send(struct enrol_screen *screen)
{
    struct device_enrolment_params params = {
        .server = screen->server,
        .ca_file = screen->ca_file,
        .code = screen->code,
        .folder = screen->params.folder,
        .on_end = on_end,
        .user = screen,
    };

    say(screen, TEXT("player.enrol_sending"));
    screen->enrolment = device_enrolment_begin(&params);
}

static void take_digit(struct enrol_screen *screen, guint digit)
{
    if (screen->count == 0)
        say(screen, "");
    screen->code[screen->count++] = (char)('0' + digit);
    show_digits(screen);
    if (screen->count == DEVICE_CODE_DIGITS)
        send(screen);
}

bool enrol_screen_key(struct enrol_screen *screen, guint key)
{
    bool is_busy = screen->enrolment != NULL;

    if (!screen->server)
        return false;
    if (key >= GDK_KEY_0 && key <= GDK_KEY_9) {
        if (!is_busy)
            take_digit(screen, key - GDK_KEY_0);
    } else if (key >= GDK_KEY_KP_0 && key <= GDK_KEY_KP_9) {
        if (!is_busy)
            take_digit(screen, key - GDK_KEY_KP_0);
    } else if (key == GDK_KEY_BackSpace || key == GDK_KEY_Delete) {
        if (!is_busy && screen->count > 0)
            screen->code[--screen->count] = '\0';
        show_digits(screen);
    } else {
        return false;
    }
    return true;
}
