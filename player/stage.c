#include "player/stage.h"

/* In hundredths of an em, as in player.css. */
#define GAP     27
#define CAPTION 150
#define DOCK    220

struct stage {
    GtkWidget parent;
    GtkWidget *panes[LAYOUT_PANE_COUNT]; /* owned as children */
    int em;                              /* the window's font size in pixels */
    enum layout layout;
    struct layout_result placed;
};

struct stage_class {
    GtkWidgetClass parent_class;
};

/* The names that GObject's macros build upon. */
typedef struct stage Stage;
typedef struct stage_class StageClass;
G_DEFINE_TYPE(Stage, stage, GTK_TYPE_WIDGET)

static void size_allocate(GtkWidget *widget, int width, int height, int baseline)
{
    struct stage *self = (struct stage *)widget;

    struct layout_space space = {
        .width = width,
        .height = height,
        .gap = self->em * GAP / 100,
        .caption = self->em * CAPTION / 100,
        .dock = self->em * DOCK / 100,
    };
    layout_compute(self->layout, &space, &self->placed);
    for (int i = 0; i < LAYOUT_PANE_COUNT; i++) {
        const struct layout_rect *rect = &self->placed.panes[i];
        gtk_widget_set_child_visible(self->panes[i], rect->width > 0);
        if (rect->width > 0)
            gtk_widget_size_allocate(
                self->panes[i], &(GtkAllocation){rect->x, rect->y, rect->width, rect->height}, -1);
    }
}

static void measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
    int *natural, int *minimum_baseline, int *natural_baseline)
{
    struct stage *self = (struct stage *)widget;

    /* Children want to be asked before they are allocated; the stage takes what it is given. */
    for (int i = 0; i < LAYOUT_PANE_COUNT; i++) {
        int ignored;
        gtk_widget_measure(self->panes[i], orientation, -1, &ignored, &ignored, NULL, NULL);
    }
    *minimum = 0;
    *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 1280 : 720;
}

static void snapshot(GtkWidget *widget, GtkSnapshot *gtk_snapshot)
{
    struct stage *self = (struct stage *)widget;

    for (int i = 0; i < LAYOUT_PANE_COUNT; i++)
        if ((enum layout_pane)i != self->placed.inset)
            gtk_widget_snapshot_child(widget, self->panes[i], gtk_snapshot);
    if (self->placed.inset != LAYOUT_PANE_COUNT)
        gtk_widget_snapshot_child(widget, self->panes[self->placed.inset], gtk_snapshot);
}

static void dispose(GObject *object)
{
    struct stage *self = (struct stage *)object;

    for (int i = 0; i < LAYOUT_PANE_COUNT; i++)
        g_clear_pointer(&self->panes[i], gtk_widget_unparent);
    G_OBJECT_CLASS(stage_parent_class)->dispose(object);
}

static void stage_class_init(struct stage_class *class)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

    G_OBJECT_CLASS(class)->dispose = dispose;
    widget_class->size_allocate = size_allocate;
    widget_class->measure = measure;
    widget_class->snapshot = snapshot;
}

static void stage_init(struct stage *self)
{
    self->layout = LAYOUT_SIDE_BY_SIDE;
    self->placed.inset = LAYOUT_PANE_COUNT;
}

GtkWidget *stage_new(GtkWidget *const panes[LAYOUT_PANE_COUNT])
{
    struct stage *self = g_object_new(stage_get_type(), "overflow", GTK_OVERFLOW_HIDDEN, NULL);

    for (int i = 0; i < LAYOUT_PANE_COUNT; i++) {
        self->panes[i] = panes[i];
        gtk_widget_set_parent(panes[i], GTK_WIDGET(self));
    }
    return GTK_WIDGET(self);
}

void stage_set_layout(GtkWidget *stage, enum layout layout)
{
    struct stage *self = (struct stage *)stage;

    if (self->layout == layout)
        return;
    self->layout = layout;
    gtk_widget_queue_resize(stage);
}

void stage_set_em(GtkWidget *stage, int em)
{
    ((struct stage *)stage)->em = em;
    gtk_widget_queue_resize(stage);
}
