/**
 * vow/combine.h - one promise of many: all, any, race, some, fields.
 *
 *     vow_promise *both[] = {fetch("a"), fetch("b")};
 *     vow_value pages = vow_await(vow_all(both, 2), VOW_FOREVER);          a list of two, or the first error
 *
 * The promises are taken, the array is only read. All of them are looked at: an error that is not part of the result is
 * not reported (`vow_gather` can leave that to others). The result's home is the current scheduler.
 *
 * Cancel. Canceling the result cancels each promise that nobody else looks at, in linear time, and the result then settles
 * when these have ended: a job that runs, when its function has returned. A promise that somebody else holds or listens to
 * is let go, and not waited for.
 */
#ifndef VOW_COMBINE_H
#define VOW_COMBINE_H

#include <stdbool.h>
#include <stddef.h>
#include <vow/promise.h>

VOW_BEGIN_DECLARATIONS

/**
 * A promise of the list of all values, in the order of `promises`; rejected with the first error that comes, as it
 * is, while the others go on. None at all: an empty list. Takes the promises, borrows the array for the call. Never
 * NULL: a rejected promise, with all released, on VOW_INVALID (`promises` is NULL, or one of them; the sentence says
 * which) and VOW_NO_MEMORY. Cancel: of what nobody else looks at; the result settles when that has ended. Any
 * thread; never waits.
 */
VOW_API VOW_NODISCARD vow_promise *vow_all(vow_promise *const *promises, size_t count);

/**
 * A promise of the list of what all have come to, values and errors (`vow_is_error` tells them apart), in the order of
 * `promises`. It is rejected only by a cancel that finds promises that others look at; otherwise the list has what the
 * canceled ones have come to. None at all: an empty list. All else as `vow_all`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_all_settled(vow_promise *const *promises, size_t count);

/**
 * A promise of the first value that comes; errors count only when there is nothing else: then it is rejected with the one
 * error of a single promise as it is, or with an error that has the status of the first and all of them, in the order of
 * `promises`, as its causes (a list, `vow_error_cause`). None at all: VOW_INVALID. All else as `vow_all`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_any(vow_promise *const *promises, size_t count);

/**
 * A promise that settles as the first of `promises` does, with its value or its error. None at all would never settle:
 * VOW_INVALID. All else as `vow_all`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_race(vow_promise *const *promises, size_t count);

/**
 * A promise of the list of the first `wanted` values, in the order in which they come; rejected, with errors as in
 * `vow_any`, as soon as there cannot be so many any more. 0 are an empty list. More than `count`: VOW_INVALID. All else as
 * `vow_all`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_some(vow_promise *const *promises, size_t count,
                                            size_t wanted);

/** Which result `vow_gather` gives. */
enum vow_gathering_kind {
    VOW_GATHER_SETTLED, /**< as `vow_all_settled`; with the two flags, Twisted's DeferredList */
    VOW_GATHER_ALL,     /**< as `vow_all` */
    VOW_GATHER_ANY,     /**< as `vow_any` */
    VOW_GATHER_RACE,    /**< as `vow_race` */
    VOW_GATHER_SOME     /**< as `vow_some` */
};

/** Everything that a gathering can be told; zero means no. */
struct vow_gathering {
    size_t size;                  /**< sizeof(struct vow_gathering) */
    enum vow_gathering_kind kind; /**< which result */
    size_t wanted;                /**< VOW_GATHER_SOME: how many */
    /**
     * As soon as the result is known the others are canceled, as by a cancel of the result (see above), and the result
     * settles when they have ended.
     */
    bool cancel_rest;
    /** VOW_GATHER_SETTLED: the first value settles it, as a list of two: the value and its index (fireOnOneCallback). */
    bool first_value;
    /** VOW_GATHER_SETTLED: the first error rejects it, with an error that names the index, because of it (fireOnOneErrback). */
    bool first_error;
    /** Errors count as not looked at by this list: reported unless somebody else does (consumeErrors, turned round). */
    bool leave_errors;
};

/**
 * The full form of the functions above. Copies `gathering`; NULL stands for all zero: DeferredList's defaults, but
 * for errors, which count as looked at. VOW_INVALID as well where `gathering` has a wrong `size`, no such kind, or
 * flags that are not its kind's. What a kind gives is as its function says. Any thread; never
 * waits; with `cancel_rest` may run what `vow_cancel` runs. All else as `vow_all`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_gather(vow_promise *const *promises, size_t count,
                                              const struct vow_gathering *gathering);

/** A promise and where its value is to go. */
struct vow_field {
    vow_promise *promise; /**< taken */
    vow_value *
        ret_value; /**< gets the value, owned; borrowed until the result has settled; NULL: nobody wants it */
};

/**
 * Fills a structure: a promise that is fulfilled with `result` once all fields have been, and their values are where
 * `ret_value` says; rejected with the first error, when the promises that were canceled for it have ended (as by
 * `cancel_rest`), and then no field is written, nor ever will be. Copies the fields, takes their promises, takes `result`,
 * on failure too: a box that the fields lie in, as a rule. Any thread; never waits; may run what `vow_cancel`
 * runs. All else as `vow_all`.
 */
VOW_API VOW_NODISCARD vow_promise *vow_gather_fields(const struct vow_field *fields, size_t count,
                                                     vow_value result);

VOW_END_DECLARATIONS

#endif
