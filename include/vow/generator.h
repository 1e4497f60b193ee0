/**
 * vow/generator.h - connecting coroutines: one that yields items to those that are sent items.
 *
 *     vow_coroutine *both[] = {vow_coroutine_new(show, NULL), vow_coroutine_new(add_up, &sum)};
 *     vow_coroutine *consumer = vow_broadcast(both, 2);
 *     vow_release(vow_inject(generator, consumer));
 *     vow_coroutine_close(consumer);                        closes both
 *
 * A *generator* yields items and takes no notice of what it is sent. A *consumer* is sent items, the first as its body's
 * input, and yields nothing of interest; closing it tells it that no more will come. Broadcasts and buffers are
 * consumers themselves, so that they can be put together. The end is passed on by closing, and closing waits until all
 * that was sent has been consumed.
 */
#ifndef VOW_GENERATOR_H
#define VOW_GENERATOR_H

#include <vow/coroutine.h>
#include <vow/scheduler.h>

VOW_BEGIN_DECLARATIONS

/**
 * Sends each item that `generator` yields to `consumer`, until one of the two ends; skips are left out. The consumer
 * is not closed: it may be fed again. Borrows both. None, or the error that ended the generator or the consumer,
 * owned; the other one then stays where it is, and no item is taken from the generator that the consumer would not
 * get. An error value on VOW_INVALID: one of the two is NULL, or running. Any thread; waits when one of the two
 * does; runs both on the calling line. Cancel: seen by their waits.
 */
VOW_API VOW_NODISCARD vow_value vow_inject(vow_coroutine *generator, vow_coroutine *consumer);

/**
 * A consumer that sends each item to all `count` consumers in turn: at the slowest's pace. Those that end are left out;
 * when all have, it ends. The error that ends one of them ends it as well, after the others have had the item, with that
 * error. Closing it closes them; the first error that gives is its own. Shares the consumers.
 * NULL on VOW_INVALID (one of them is NULL) or VOW_NO_MEMORY, with the reason in `vow_last_error`. Any thread; never
 * waits; the consumers' bodies run inside of who sends to it or closes it.
 */
VOW_API VOW_NODISCARD vow_coroutine *vow_broadcast(vow_coroutine *const *consumers, size_t count);

/**
 * A consumer that only keeps items: `consumer` is sent them on `scheduler`, in order, one at a time, so that the sender
 * does not wait for it; when `capacity` items are kept, the sender waits until half of them have been consumed.
 * 0: without bound. NULL as `scheduler` is the default pool. Shares both; until the buffer is done, `consumer` is for it
 * alone.
 * When `consumer` ends, the buffer ends at the next item that it is sent, with the consumer's error, if that is why.
 * Closing the buffer waits until everything has been consumed, then closes `consumer` on `scheduler`; the status is that
 * of the consumer's end. VOW_CANCELED: the scheduler was closed; items were lost. If a cancel or a deadlock ends the
 * wait, the status says so, and the rest is consumed later.
 * NULL on VOW_INVALID (`consumer` is NULL) or VOW_NO_MEMORY, with the reason in `vow_last_error`. Any thread; never
 * waits; the body of `consumer` runs on `scheduler`, after an item was sent, and at the close.
 */
VOW_API VOW_NODISCARD vow_coroutine *vow_buffer(vow_coroutine *consumer, vow_scheduler *scheduler,
                                                size_t capacity);

VOW_END_DECLARATIONS

#endif
