/*
 * test_notify_elsewhere.c - progress from other threads, and for links that run elsewhere: nothing overtakes it, and what
 * a listener needs stays while it runs.
 */
#include "control_testing.h"

static vow_value note_progress(vow_value input, void *context)
{
    (void)context;
    note(vow_as_integer(input) * 100);
    return input;
}

static vow_handlers listening(void)
{
    return (vow_handlers){
        .size = sizeof(vow_handlers), .fulfilled = note_input, .notified = note_progress};
}

static void *look_at(void *context)
{
    require(vow_state(context) == VOW_PENDING);
    return NULL;
}

static void *notify_once(void *deferred)
{
    require(vow_notify(deferred, vow_integer(1)) == VOW_OK);
    return NULL;
}

static void *notify_and_fire(void *deferred)
{
    require(vow_notify(deferred, vow_integer(2)) == VOW_OK);
    require(vow_notify(deferred, vow_integer(3)) == VOW_OK);
    require(vow_resolve(deferred, vow_integer(4)) == VOW_OK);
    return NULL;
}

/* Behind the first piece, while its listener runs. */
static vow_value let_others_go_on(vow_value input, void *context)
{
    note(vow_as_integer(input) * 100);
    if (vow_as_integer(input) == 1)
        on_another_thread(notify_and_fire, context);
    return input;
}

/* Order: what was sent before the firing comes before the result ---------------------------------------------- */

static void begin_pair(vow_deferred **ret_deferred, vow_promise **ret_promise, bool shared)
{
    *ret_deferred = vow_deferred_new(ret_promise);
    if (shared)
        on_another_thread(look_at, *ret_promise);
}

static void end_pair(vow_deferred *deferred, vow_promise *promise)
{
    vow_deferred_release(deferred);
    vow_promise_release(promise);
}

static void check_while_a_listener_runs(bool shared, bool elsewhere)
{
    vow_deferred *deferred;
    vow_promise *promise;
    begin_pair(&deferred, &promise, shared);
    vow_handlers handlers = listening();
    handlers.notified = let_others_go_on;
    handlers.context = deferred;
    promise = vow_add_callbacks(promise, &handlers);
    if (elsewhere)
        on_another_thread(notify_once, deferred);
    else
        (void)notify_once(deferred);
    (void)vow_run_pending();
    assert_logged(100, 200, 300, 4);
    end_pair(deferred, promise);
}

static void what_comes_while_a_listener_runs_is_heard_before_the_result(void **state)
{
    (void)state;
    check_while_a_listener_runs(false, true);
}

static void it_is_so_where_other_threads_have_looked(void **state)
{
    (void)state;
    check_while_a_listener_runs(true, true);
}

static void it_is_so_where_the_first_piece_was_sent_at_home(void **state)
{
    (void)state;
    check_while_a_listener_runs(true, false);
}

static vow_value fire_in_listener(vow_value input, void *context)
{
    assert_ok(vow_resolve(context, vow_integer(9)));
    note(1);
    return input;
}

static void at_home_the_result_follows_at_once_though_others_have_looked(void **state)
{
    (void)state;
    vow_deferred *deferred;
    vow_promise *promise;
    begin_pair(&deferred, &promise, true);
    vow_handlers handlers = listening();
    handlers.notified = fire_in_listener;
    handlers.context = deferred;
    promise = vow_add_callbacks(promise, &handlers);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_logged(1, 9);
    end_pair(deferred, promise);
}

static void check_a_wait(bool shared)
{
    vow_deferred *deferred;
    vow_promise *promise;
    vow_value value;
    begin_pair(&deferred, &promise, shared);
    vow_handlers handlers = listening();
    promise = vow_add_callbacks(promise, &handlers);
    on_another_thread(notify_and_fire, deferred);
    assert_ok(vow_wait(promise, VOW_FOREVER, &value));
    assert_int_equal(vow_as_integer(value), 4);
    assert_logged(200, 300, 4);
    end_pair(deferred, promise);
}

static void a_wait_does_not_let_the_result_overtake_it(void **state)
{
    (void)state;
    check_a_wait(false);
}

static void nor_where_other_threads_have_looked(void **state)
{
    (void)state;
    check_a_wait(true);
}

static void check_a_later_link(bool shared)
{
    vow_deferred *deferred;
    vow_promise *promise;
    begin_pair(&deferred, &promise, shared);
    vow_handlers handlers = listening();
    promise = vow_add_callbacks(promise, &handlers);
    on_another_thread(notify_and_fire, deferred);
    (void)vow_state(promise); /* what was delivered is seen before it has arrived */
    promise = vow_add_callback(promise, note_input, NULL);
    assert_nothing_logged();
    (void)vow_run_pending();
    assert_logged(200, 300, 4, 4);
    end_pair(deferred, promise);
}

static void nor_does_a_link_that_is_added_meanwhile(void **state)
{
    (void)state;
    check_a_later_link(false);
}

static void nor_does_a_link_that_is_added_where_other_threads_have_looked(void **state)
{
    (void)state;
    check_a_later_link(true);
}

static void a_link_with_a_scheduler_of_its_own_waits_for_it(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_deferred *deferred;
    vow_promise *promise;
    begin_pair(&deferred, &promise, true);
    vow_handlers handlers = listening();
    handlers.scheduler = scheduler;
    promise = vow_add_callbacks(promise, &handlers);
    on_another_thread(notify_and_fire, deferred);
    assert_int_equal(manual_run(scheduler, manual), 0);
    (void)vow_run_pending();
    assert_int_equal(manual_run(scheduler, manual), 1);
    assert_logged(200, 300, 4);
    end_pair(deferred, promise);
    vow_scheduler_release(scheduler);
}

static void a_promise_that_waits_for_another_hears_its_progress_first(void **state)
{
    (void)state;
    vow_deferred *deferred;
    vow_promise *inner;
    begin_pair(&deferred, &inner, true);
    vow_handlers handlers = listening();
    vow_promise *outer = vow_add_callbacks(
        vow_add_callback(vow_succeeded(vow_none()), give_promise, inner), &handlers);
    on_another_thread(notify_and_fire, deferred);
    (void)vow_run_pending();
    assert_logged(200, 300, 4);
    vow_promise_release(outer);
    end_pair(deferred, inner);
}

/* A promise without functions, at home on another thread, between the source and the one that listens. */
struct middle {
    vow_promise *source;
    vow_promise *derived;
    sem_t made;
    sem_t fired;
};

static void *make_middle(void *context)
{
    struct middle *middle = context;
    middle->derived = vow_then(middle->source, NULL, NULL);
    (void)sem_post(&middle->made);
    (void)sem_wait(&middle->fired);
    (void)vow_run_pending();
    return NULL;
}

static void it_goes_on_through_promises_of_other_threads(void **state)
{
    (void)state;
    struct middle middle;
    vow_deferred *deferred;
    begin_pair(&deferred, &middle.source, false);
    (void)sem_init(&middle.made, 0, 0);
    (void)sem_init(&middle.fired, 0, 0);
    pthread_t thread = start_thread(make_middle, &middle);
    (void)sem_wait(&middle.made);
    vow_handlers handlers = listening();
    vow_promise *last = vow_then_with(middle.derived, &handlers);
    (void)notify_and_fire(deferred);
    (void)sem_post(&middle.fired);
    join_thread(thread);
    (void)vow_run_pending();
    assert_logged(200, 300, 4);
    end_pair(deferred, last);
}

static void a_home_that_is_closed_hears_nothing_and_other_places_still_run(void **state)
{
    (void)state;
    struct manual *home;
    struct manual *other;
    vow_scheduler *closed = manual_new(&home, NULL);
    vow_scheduler *place = manual_new(&other, NULL);
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new_at(closed, &promise);
    vow_handlers handlers = listening();
    handlers.scheduler = place;
    promise = vow_add_callbacks(promise, &handlers);
    (void)notify_and_fire(deferred);
    manual_close(home);
    assert_int_equal(manual_run(place, other), 1);
    assert_logged(4);
    end_pair(deferred, promise);
    vow_scheduler_release(closed);
    vow_scheduler_release(place);
}

/* Contexts stay while their listeners run --------------------------------------------------------------------- */

struct stay {
    vow_scheduler *place;
    struct manual *manual;
    pthread_t thread; /* runs the first link, at `place` */
    sem_t inside;     /* that link has begun */
    sem_t go;         /* it may end */
    vow_promise
        *source; /* has both links; its own source tells it of progress when it has been canceled */
    vow_promise *listening; /* of the second link */
    bool cancel;            /* the listener has another thread cancel it */
    bool dropped;
    bool told;
};

static void *run_place(void *context)
{
    struct stay *stay = context;
    require(manual_step(stay->place, stay->manual));
    return NULL;
}

static vow_value block(vow_value input, void *context)
{
    struct stay *stay = context;
    (void)sem_post(&stay->inside);
    (void)sem_wait(&stay->go);
    return input;
}

static void *cancel_it(void *promise)
{
    vow_cancel(promise);
    return NULL;
}

/* The other thread has left the promise when this goes on: it stopped before the next link. */
static vow_value let_the_link_end(vow_value input, void *context)
{
    struct stay *stay = context;
    (void)sem_post(&stay->go);
    join_thread(stay->thread);
    if (stay->cancel)
        on_another_thread(cancel_it, stay->listening);
    assert_false(stay->dropped);
    stay->told = true;
    return input;
}

static void drop_stay(void *context)
{
    ((struct stay *)context)->dropped = true;
}

/* A listener of the source's source, which passes the piece on afterwards. */
static vow_value cancel_and_run(vow_value input, void *context)
{
    struct stay *stay = context;
    vow_cancel(stay->source);
    stay->thread = start_thread(run_place, stay);
    (void)sem_wait(&stay->inside);
    return input;
}

static vow_value note_canceled(vow_value input, void *context)
{
    (void)context;
    note(vow_error_status(input));
    return vow_none();
}

static void check_stay(bool cancel)
{
    struct stay stay = {.cancel = cancel};
    vow_deferred *deferred;
    vow_promise *promise;
    stay.place = manual_new(&stay.manual, NULL);
    begin_pair(&deferred, &promise, false);
    (void)sem_init(&stay.inside, 0, 0);
    (void)sem_init(&stay.go, 0, 0);
    vow_handlers above = {.size = sizeof(above), .notified = cancel_and_run, .context = &stay};
    promise = vow_add_callbacks(promise, &above);
    stay.source = vow_then(vow_promise_retain(promise), NULL, NULL);
    vow_handlers first = {
        .size = sizeof(first), .rejected = block, .context = &stay, .scheduler = stay.place};
    vow_promise *derived = vow_then_with(vow_promise_retain(stay.source), &first);
    vow_handlers second = {.size = sizeof(second),
                           .rejected = note_canceled,
                           .notified = let_the_link_end,
                           .context = &stay,
                           .drop = drop_stay,
                           .scheduler = cancel ? NULL : stay.place};
    stay.listening = vow_then_with(vow_promise_retain(stay.source), &second);
    (void)notify_once(deferred);
    assert_true(stay.told);
    (void)manual_run(stay.place, stay.manual);
    (void)vow_run_pending();
    assert_true(stay.dropped);
    if (cancel)
        assert_nothing_logged();
    else
        assert_logged(VOW_CANCELED);
    fire(vow_deferred_retain(deferred), vow_none());
    vow_promise_release(stay.listening);
    vow_promise_release(derived);
    vow_promise_release(stay.source);
    end_pair(deferred, promise);
    vow_scheduler_release(stay.place);
}

static void a_thread_that_runs_links_elsewhere_stops_for_a_listener(void **state)
{
    (void)state;
    check_stay(false);
}

static void a_cancel_leaves_the_context_of_a_listener_that_runs(void **state)
{
    (void)state;
    check_stay(true);
}

/* Homes without a thread of their own ---------------------------------------------------------------------------- */

struct visitor {
    vow_scheduler *home;
    struct manual *manual;
    sem_t inside;
    sem_t go;
};

static void *run_home(void *context)
{
    struct visitor *visitor = context;
    require(manual_step(visitor->home, visitor->manual));
    return NULL;
}

static vow_value note_inside(vow_value input, void *context)
{
    struct visitor *visitor = context;
    (void)sem_post(&visitor->inside);
    (void)sem_wait(&visitor->go);
    note(vow_as_integer(input));
    return input;
}

static vow_deferred *begin_visitor(struct visitor *visitor, const vow_handlers *first)
{
    vow_promise *promise;
    visitor->home = manual_new(&visitor->manual, NULL);
    (void)sem_init(&visitor->inside, 0, 0);
    (void)sem_init(&visitor->go, 0, 0);
    vow_deferred *deferred = vow_deferred_new_at(visitor->home, &promise);
    promise = vow_add_callbacks(promise, first);
    vow_handlers second = listening();
    vow_promise_release(vow_add_callbacks(promise, &second));
    return deferred;
}

static void end_visitor(struct visitor *visitor)
{
    assert_null(visitor->manual->first);
    vow_scheduler_release(visitor->home);
}

/* As workers of a pool may take them. */
static void a_piece_that_comes_while_another_is_told_is_told_behind_it(void **state)
{
    (void)state;
    struct visitor visitor;
    vow_handlers first = {.size = sizeof(first), .notified = note_inside, .context = &visitor};
    vow_deferred *deferred = begin_visitor(&visitor, &first);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    pthread_t thread = start_thread(run_home, &visitor);
    (void)sem_wait(&visitor.inside);
    assert_ok(vow_notify(deferred, vow_integer(2)));
    assert_int_equal(manual_run(visitor.home, visitor.manual), 0);
    assert_nothing_logged();
    (void)sem_post(&visitor.go);
    (void)sem_post(&visitor.go);
    join_thread(thread);
    assert_logged(1, 100, 2, 200);
    fire(deferred, vow_none());
    (void)manual_run(visitor.home, visitor.manual);
    end_visitor(&visitor);
}

static void where_calls_are_run_in_any_order_the_result_waits_for_the_progress(void **state)
{
    (void)state;
    struct visitor visitor;
    vow_handlers first = {.size = sizeof(first), .fulfilled = note_input};
    vow_deferred *deferred = begin_visitor(&visitor, &first);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    fire(deferred, vow_integer(2));
    struct vow_call *piece = manual_take(visitor.manual);
    (void)manual_run(visitor.home, visitor.manual);
    assert_nothing_logged();
    vow_call_run(visitor.home, piece);
    assert_logged(100);
    (void)manual_run(visitor.home, visitor.manual);
    assert_logged(100, 2, 2);
    end_visitor(&visitor);
}

/* What a listener sends reaches all ------------------------------------------------------------------------------ */

static vow_value notify_again(vow_value input, void *context)
{
    if (vow_as_integer(input) == 1)
        assert_ok(vow_notify(context, vow_integer(2)));
    return input;
}

static void what_a_listener_sends_reaches_links_with_a_scheduler_of_their_own(void **state)
{
    (void)state;
    struct manual *manual;
    vow_scheduler *scheduler = manual_new(&manual, NULL);
    vow_deferred *deferred;
    vow_promise *promise;
    begin_pair(&deferred, &promise, false);
    vow_handlers first = {.size = sizeof(first), .notified = notify_again, .context = deferred};
    vow_promise *derived = vow_then_with(vow_promise_retain(promise), &first);
    vow_handlers second = listening();
    second.scheduler = scheduler;
    vow_promise *other = vow_then_with(vow_promise_retain(promise), &second);
    assert_ok(vow_notify(deferred, vow_integer(1)));
    assert_int_equal(the_log.count, 2);
    assert_ok(vow_resolve(deferred, vow_integer(3)));
    (void)manual_run(scheduler, manual);
    assert_int_equal(the_log.count, 3);
    vow_promise_release(other);
    vow_promise_release(derived);
    end_pair(deferred, promise);
    vow_scheduler_release(scheduler);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        control_test(what_comes_while_a_listener_runs_is_heard_before_the_result),
        control_test(it_is_so_where_other_threads_have_looked),
        control_test(it_is_so_where_the_first_piece_was_sent_at_home),
        control_test(at_home_the_result_follows_at_once_though_others_have_looked),
        control_test(a_wait_does_not_let_the_result_overtake_it),
        control_test(nor_where_other_threads_have_looked),
        control_test(nor_does_a_link_that_is_added_meanwhile),
        control_test(nor_does_a_link_that_is_added_where_other_threads_have_looked),
        control_test(a_link_with_a_scheduler_of_its_own_waits_for_it),
        control_test(a_promise_that_waits_for_another_hears_its_progress_first),
        control_test(it_goes_on_through_promises_of_other_threads),
        control_test(a_home_that_is_closed_hears_nothing_and_other_places_still_run),
        control_test(a_thread_that_runs_links_elsewhere_stops_for_a_listener),
        control_test(a_cancel_leaves_the_context_of_a_listener_that_runs),
        control_test(a_piece_that_comes_while_another_is_told_is_told_behind_it),
        control_test(where_calls_are_run_in_any_order_the_result_waits_for_the_progress),
        control_test(what_a_listener_sends_reaches_links_with_a_scheduler_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
