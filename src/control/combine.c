/*
 * combine.c - the public face of gatherings: what they refuse, and which kind each is.
 */
#include "control/gather.h"

/* The reason why these cannot be gathered, as a status with its sentence; VOW_OK: they can. */
static vow_status check(const struct gathered *gathered, const struct vow_gathering *what,
                        const char *function)
{
    if (gathered->promises == NULL && gathered->count > 0)
        return vow_fail_status(VOW_INVALID, "%s: promises is NULL", function);
    for (size_t i = 0; i < gathered->count; i++)
        if (gathered->promises[i] == NULL)
            return vow_fail_status(VOW_INVALID, "%s: promises[%zu] is NULL", function, i);
    if ((what->kind == VOW_GATHER_ANY || what->kind == VOW_GATHER_RACE) && gathered->count == 0)
        return vow_fail_status(VOW_INVALID, "%s: count is 0: it would never settle", function);
    if (what->kind == VOW_GATHER_SOME && what->wanted > gathered->count)
        return vow_fail_status(VOW_INVALID, "%s: wanted is %zu, but there are %zu promises",
                               function, what->wanted, gathered->count);
    return VOW_OK;
}

static vow_status check_gathering(const struct vow_gathering *what)
{
    bool settled = what->kind == VOW_GATHER_SETTLED;
    if (what->size != sizeof(*what))
        return vow_fail_status(VOW_INVALID, "vow_gather: gathering->size is %zu, not %zu",
                               what->size, sizeof(*what));
    if ((unsigned)what->kind > VOW_GATHER_SOME)
        return vow_fail_status(VOW_INVALID, "vow_gather: gathering->kind is %d: there is none",
                               (int)what->kind);
    if (!settled && (what->first_value || what->first_error))
        return vow_fail_literal(VOW_INVALID, "vow_gather: gathering->first_value and first_error "
                                             "are for VOW_GATHER_SETTLED");
    if (what->kind != VOW_GATHER_SOME && what->wanted != 0)
        return vow_fail_literal(VOW_INVALID,
                                "vow_gather: gathering->wanted is for VOW_GATHER_SOME");
    return VOW_OK;
}

static vow_promise *gather(vow_promise *const *promises, size_t count,
                           const struct vow_gathering *what, const char *function)
{
    struct gathered gathered = {.promises = promises, .count = count};
    vow_status status = check(&gathered, what, function);
    if (status != VOW_OK)
        return vow_gather_refuse(&gathered, status);
    return vow_gather_begin(&gathered, what, function);
}

vow_promise *vow_gather(vow_promise *const *promises, size_t count,
                        const struct vow_gathering *gathering)
{
    static const struct vow_gathering plain = {.size = sizeof(plain)};
    const struct vow_gathering *what = gathering != NULL ? gathering : &plain;
    vow_status status = check_gathering(what);
    if (status == VOW_OK)
        return gather(promises, count, what, "vow_gather");
    struct gathered gathered = {.promises = promises, .count = count};
    return vow_gather_refuse(&gathered, status);
}

vow_promise *vow_all(vow_promise *const *promises, size_t count)
{
    static const struct vow_gathering all = {.kind = VOW_GATHER_ALL};
    return gather(promises, count, &all, "vow_all");
}

vow_promise *vow_all_settled(vow_promise *const *promises, size_t count)
{
    static const struct vow_gathering settled = {.kind = VOW_GATHER_SETTLED};
    return gather(promises, count, &settled, "vow_all_settled");
}

vow_promise *vow_any(vow_promise *const *promises, size_t count)
{
    static const struct vow_gathering any = {.kind = VOW_GATHER_ANY};
    return gather(promises, count, &any, "vow_any");
}

vow_promise *vow_race(vow_promise *const *promises, size_t count)
{
    static const struct vow_gathering race = {.kind = VOW_GATHER_RACE};
    return gather(promises, count, &race, "vow_race");
}

vow_promise *vow_some(vow_promise *const *promises, size_t count, size_t wanted)
{
    struct vow_gathering some = {.kind = VOW_GATHER_SOME, .wanted = wanted};
    return gather(promises, count, &some, "vow_some");
}

static vow_status check_fields(const struct vow_field *fields, size_t count)
{
    if (fields == NULL && count > 0)
        return vow_fail_literal(VOW_INVALID, "vow_gather_fields: fields is NULL");
    for (size_t i = 0; i < count; i++)
        if (fields[i].promise == NULL)
            return vow_fail_status(VOW_INVALID, "vow_gather_fields: fields[%zu].promise is NULL",
                                   i);
    return VOW_OK;
}

vow_promise *vow_gather_fields(const struct vow_field *fields, size_t count, vow_value result)
{
    static const struct vow_gathering all = {.kind = VOW_GATHER_ALL, .cancel_rest = true};
    struct gathered gathered = {.fields = fields, .count = count, .result = result, .fills = true};
    vow_status status = check_fields(fields, count);
    if (status != VOW_OK)
        return vow_gather_refuse(&gathered, status);
    return vow_gather_begin(&gathered, &all, "vow_gather_fields");
}
