/*
 * job_local.c - what jobs keep for themselves (vow/line.h): a short list in the job that runs.
 */
#include <vow/line.h>

#include "base/fail.h"
#include "base/object.h"
#include "control/job.h"
#include "execution/scheduler.h"

struct job_local {
    const struct vow_local *key;
    void *pointer;
    struct job_local *next;
};

static struct job_local *find(const struct running_job *job, const struct vow_local *key)
{
    struct job_local *local = job != NULL ? job->locals : NULL;
    while (local != NULL && local->key != key)
        local = local->next;
    return local;
}

static void drop(const struct vow_local *key, void *pointer)
{
    if (pointer != NULL && key->drop != NULL)
        key->drop(pointer);
}

static struct job_local *add(struct running_job *job, const struct vow_local *key)
{
    struct job_local *local = vow_object_new(sizeof(*local));
    if (local == NULL)
        return NULL;
    *local = (struct job_local){.key = key, .next = job->locals};
    job->locals = local;
    return local;
}

vow_status vow_local_set(const struct vow_local *key, void *pointer)
{
    struct running_job *job = vow_locals.job;
    if (key == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_local_set: key is NULL");
    if (job == NULL)
        return vow_fail_literal(VOW_INVALID, "vow_local_set: no job is running on this line");
    struct job_local *local = find(job, key);
    if (local == NULL && pointer != NULL && (local = add(job, key)) == NULL)
        return vow_fail_literal(VOW_NO_MEMORY, "vow_local_set: out of memory");
    if (local != NULL) {
        void *before = local->pointer;
        local->pointer = pointer;
        drop(key, before);
    }
    return VOW_OK;
}

void *vow_local_get(const struct vow_local *key)
{
    const struct job_local *local = find(vow_locals.job, key);
    return local != NULL ? local->pointer : NULL;
}

/* A drop function may set others: they are dropped, too. */
void vow_job_locals_drop(struct running_job *job)
{
    struct job_local *local;
    while ((local = job->locals) != NULL) {
        job->locals = local->next;
        drop(local->key, local->pointer);
        vow_object_delete(local, sizeof(*local));
    }
}
