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

/* Frees the source, but not its reader, which is given back: of a source that is one. */
vow_reader *vow_source_take_reader(vow_source *source);

#endif
