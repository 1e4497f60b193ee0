/*
 * group.h - what a group and its members look like (group.c).
 */
#ifndef VOW_CONTROL_GROUP_H
#define VOW_CONTROL_GROUP_H

#include "control/references.h"
#include "control/told.h"
#include <vow/event.h>
#include <vow/group.h>

struct group_member {
    struct told told;
    struct vow_group *group;
    vow_promise *promise; /* one reference, until it has ended */
    vow_value error;      /* of one that has failed */
    struct group_member *next;
    struct group_member **link;
};

struct vow_group {
    struct references references;
    struct lock lock;
    vow_scheduler *scheduler; /* one reference; NULL: whoever spawns */
    bool keep_going;
    bool closed; /* under the lock, with all that follows */
    bool canceled;
    bool timed_out; /* by its deadline */
    bool caught;    /* a member ended early for it */
    bool ended;
    size_t count;
    struct group_member *fresh, *canceled_members;
    struct group_member *failed; /* in the order of their ends; linked by `next` alone */
    struct group_member **failed_end;
    size_t failed_count;
    struct told elapsed;
    vow_promise *delay; /* until the deadline; NULL: none, or it is over */
    vow_deferred *deferred;
    vow_deferred *
        end; /* the same: a producer's reference, which does not count as somebody who looks at the end */
    vow_event done; /* after `deferred` has fired */
};

#endif
