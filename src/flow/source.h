/*
 * source.h - what a source is inside (vow/source.h).
 */
#ifndef VOW_FLOW_SOURCE_H
#define VOW_FLOW_SOURCE_H

#include <vow/source.h>

struct vow_source {
    struct vow_source_ops ops;
    void *self;
    vow_reader *reader; /* it is a reader, and nothing else; NULL: it is not */
    bool joins;         /* it is made of several readers */
    /* Who pulls wants all that will come: one who has to wait for items need not wait for as many as are asked for.
       Changed by who pulls, through vow_source_set_eager. */
    bool eager;
    void (*set_eager)(vow_source *source, bool eager); /* NULL: it makes no difference */
};

/* Takes `self` with `drop`, where that is not NULL; NULL without memory, and `vow_last_error` speaks for `function`. */
vow_source *vow_source_make(const char *name,
                            vow_value (*pull)(vow_value *items, size_t count, size_t *ret_count,
                                              void *self),
                            void (*drop)(void *self), void *self, const char *function);

static inline void vow_source_set_eager(vow_source *source, bool eager)
{
    if (source->eager == eager)
        return;
    source->eager = eager;
    if (source->set_eager != NULL)
        source->set_eager(source, eager);
}

/* What comes through it comes from other tasks or channels: so do its errors, and most of the time that it takes. */
static inline bool vow_source_passes_on(const vow_source *source)
{
    return source->reader != NULL || source->joins;
}

/* How a source ends where reading has given `status`: the end, or an error. */
vow_value vow_source_closed_by(const vow_reader *reader, vow_status status);

/* A source refuses an argument: NULL, and `vow_last_error` says why. */
vow_source *vow_source_refuse(const char *function, const char *reason);

#endif
