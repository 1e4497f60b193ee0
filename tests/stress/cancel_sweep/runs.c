/*
 * runs.c - runs a scenario, and cancels it at a point.
 *
 * The point is found by a hook that counts (base/point.h): it holds up whoever passes there until the cancel has been
 * asked for, by another thread, or, at the second time, by a call to the same scheduler. What is counted begins when
 * the job's promise is known, and ends with the run.
 */
#include "cancel_sweep.h"

#include "base/locals.h"
#include "base/point.h"
#include "wait/waiter.h"

#include <sched.h>

enum { POINTS_MOST = 400, RECORDS_MOST = 64, TOKENS_MOST = 1 << 18 };

enum asking { BY_THREAD, BY_CALL, WAYS };

/* Threads may pass points of the last run when the next one is about to begin: what they look at is under the lock. */
static struct {
    pthread_mutex_t lock;
    vow_promise *root; /* to be canceled; NULL: it is not known yet, or any more */
    int seen;
    int wanted;
    bool reached;
    enum asking asking;
    vow_scheduler *scheduler;
    scenario_body *body;
    const char *place;
    pthread_mutex_t asking_lock; /* one asks at a time: the run may end before who asked goes on */
    vow_promise *asked_for;      /* the canceller's, from `asked` to `done` */
    sem_t asked, done;
} run = {.lock = PTHREAD_MUTEX_INITIALIZER, .asking_lock = PTHREAD_MUTEX_INITIALIZER};

vow_pool *sweep_pool;
_Atomic int sweep_unmet;
int64_t sweep_patience = VOW_S(200);

/* Tokens -------------------------------------------------------------------------------------------------------- */

/* Each has a number, its own for the whole sweep of a scenario: what is dropped once more when later runs are under way is
   found, too. */
static struct token {
    _Atomic int drops;
} tokens[TOKENS_MOST];

static _Atomic int tokens_made;

static struct token *make_token(void)
{
    int number = atomic_fetch_add(&tokens_made, 1);
    if (number >= TOKENS_MOST)
        abort();
    return &tokens[number];
}

void drop_token(void *context)
{
    struct token *dropped = context;
    require(dropped >= tokens && dropped < tokens + TOKENS_MOST);
    atomic_fetch_add(&dropped->drops, 1);
}

static const struct vow_type token_type = {.name = "token", .drop = drop_token};

vow_value token(void)
{
    return vow_box_adopt(&token_type, make_token());
}

void *token_context(void)
{
    return make_token();
}

static void forget_tokens(void)
{
    for (int number = atomic_load(&tokens_made); number-- > 0;)
        atomic_store(&tokens[number].drops, 0);
    atomic_store(&tokens_made, 0);
}

struct token_count {
    int never, again; /* tokens that were not dropped; that were dropped more than once */
};

/* Of the tokens from number `first` on. */
static struct token_count count_tokens(int first)
{
    struct token_count count = {0, 0};
    for (int number = first; number < atomic_load(&tokens_made); number++) {
        int times = atomic_load(&tokens[number].drops);
        count.never += times == 0;
        count.again += times > 1;
    }
    return count;
}

/* Children ------------------------------------------------------------------------------------------------------ */

vow_promise *child(vow_fn *fn, void *context)
{
    return vow_submit(vow_current_scheduler(), fn, token(), context);
}

void join(vow_promise *joined)
{
    vow_shield_begin();
    vow_release(vow_await(joined, VOW_FOREVER));
    vow_shield_end();
}

vow_value result_of(vow_promise *promise)
{
    if (vow_wait(promise, VOW_FOREVER, NULL) != VOW_OK)
        vow_cancel(promise);
    vow_shield_begin();
    vow_value value = vow_await(promise, VOW_FOREVER);
    vow_shield_end();
    require(!vow_is_error(value) || vow_canceled());
    return value;
}

bool has_come(vow_promise *promise)
{
    vow_value value = result_of(promise);
    bool fulfilled = !vow_is_error(value);
    vow_release(value);
    return fulfilled;
}

vow_value give_input(vow_value input, void *context)
{
    (void)context;
    return input;
}

vow_value give_input_later(vow_value input, void *context)
{
    (void)context;
    (void)vow_sleep(MOMENT);
    return input;
}

vow_promise *a_moment(void)
{
    return vow_delay(MOMENT, token());
}

/* The cancel ---------------------------------------------------------------------------------------------------- */

static void await_semaphore(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0)
        continue;
}

/* Asked for nothing it ends. */
static void *cancel_when_asked(void *argument)
{
    vow_promise *promise;
    do {
        await_semaphore(&run.asked);
        promise = run.asked_for;
        vow_cancel(promise);
        vow_promise_release(promise);
        require(sem_post(&run.done) == 0);
    } while (promise != NULL);
    return argument;
}

/* Takes the promise. */
static void ask_canceller(vow_promise *promise)
{
    pthread_mutex_lock(&run.asking_lock);
    run.asked_for = promise;
    require(sem_post(&run.asked) == 0);
    await_semaphore(&run.done);
    pthread_mutex_unlock(&run.asking_lock);
}

static vow_value cancel_in_a_call(vow_value input, void *context)
{
    (void)context;
    vow_cancel(vow_as_promise(input));
    return vow_none();
}

/* Takes the promise. */
static void ask(vow_promise *root, enum asking asking, vow_scheduler *scheduler)
{
    if (asking == BY_CALL) {
        require(vow_schedule(scheduler, cancel_in_a_call, vow_promise_value(root), NULL) == VOW_OK);
        return;
    }
    ask_canceller(root);
}

static void pass_point(const char *what)
{
    bool counts = strcmp(what, "a call") == 0 || vow_locals.job != NULL;
    vow_promise *root = NULL;
    pthread_mutex_lock(&run.lock);
    if (counts && run.root != NULL && ++run.seen == run.wanted) {
        run.reached = true;
        root = vow_promise_retain(run.root);
    }
    enum asking asking = run.asking;
    vow_scheduler *scheduler = run.scheduler;
    pthread_mutex_unlock(&run.lock);
    if (root != NULL)
        ask(root, asking, scheduler);
}

/* The first to know it. */
static void know_root(vow_promise *root)
{
    pthread_mutex_lock(&run.lock);
    if (run.root == NULL)
        run.root = vow_promise_retain(root);
    pthread_mutex_unlock(&run.lock);
}

/* Gives whether the point was reached. */
static bool forget_root(void)
{
    pthread_mutex_lock(&run.lock);
    vow_promise *root = run.root;
    bool reached = run.reached;
    run.root = NULL;
    pthread_mutex_unlock(&run.lock);
    vow_promise_release(root);
    return reached;
}

static void begin_run(const struct scenario *scenario, vow_scheduler *scheduler, enum asking asking,
                      int wanted)
{
    pthread_mutex_lock(&run.lock);
    run.seen = 0;
    run.wanted = wanted;
    run.reached = false;
    run.asking = asking;
    run.scheduler = scheduler;
    run.body = scenario->body;
    pthread_mutex_unlock(&run.lock);
}

/* A run --------------------------------------------------------------------------------------------------------- */

static vow_value run_body(vow_value input, void *context)
{
    (void)context;
    know_root(vow_locals.job->promise);
    run.body();
    return input;
}

/* Lets what was left behind come to its end, until `objects` live at most and each token from `first` on was dropped.
   False: it never does, or a token was dropped more than once. */
static bool settle(long objects, int first)
{
    vow_deadline patience = vow_after(sweep_patience);
    while (vow_live_objects() > objects || count_tokens(first).never != 0) {
        if (vow_now() > patience.at)
            return false;
        (void)vow_run_pending();
        (void)vow_sleep(MOMENT);
    }
    return count_tokens(first).again == 0;
}

/* False: it hung. */
static bool run_once(vow_scheduler *scheduler, bool *ret_reached)
{
    struct vow_job job = {.size = sizeof job,
                          .fn = run_body,
                          .input = token(),
                          .context = token_context(),
                          .drop = drop_token};
    vow_promise *promise = vow_submit_with(scheduler, &job);
    know_root(promise);
    vow_status status = vow_wait(promise, vow_after(VOW_S(200)), NULL);
    vow_promise_release(promise);
    *ret_reached = forget_root();
    return status == VOW_OK || status == VOW_CANCELED;
}

static bool tell_fault(const struct scenario *scenario, long objects)
{
    struct token_count count = count_tokens(0);
    (void)fprintf(stderr,
                  "%s, %s, canceled at point %d by %s: %ld objects left, %d tokens not dropped, "
                  "%d dropped again\n",
                  scenario->name, run.place, run.wanted,
                  run.asking == BY_CALL ? "a call" : "a thread", vow_live_objects() - objects,
                  count.never, count.again);
    return false;
}

/* Cancels at the first point, the second … False: a run hung, left something, or was not as required. Workers make records
   for forks when they first need them, which stay as long as they. */
static bool sweep_points(const struct scenario *scenario, vow_scheduler *scheduler,
                         enum asking asking, struct sweep_result *result)
{
    long objects = vow_live_objects();
    bool reached = true;
    for (int wanted = 1; reached && wanted <= POINTS_MOST; wanted++) {
        int first = atomic_load(&tokens_made);
        begin_run(scenario, scheduler, asking, wanted);
        result->runs++;
        if (!run_once(scheduler, &reached) || !settle(objects + RECORDS_MOST, first) ||
            atomic_load(&sweep_unmet) != 0)
            return tell_fault(scenario, objects);
        result->points += reached;
    }
    require(!reached); /* else it has more points than anybody would think */
    return true;
}

/* Places -------------------------------------------------------------------------------------------------------- */

static bool sweep_at(const char *place, const struct scenario *scenario, vow_scheduler *scheduler,
                     bool by_call, struct sweep_result *result)
{
    run.place = place;
    return sweep_points(scenario, scheduler, BY_THREAD, result) &&
           (!by_call || sweep_points(scenario, scheduler, BY_CALL, result));
}

static bool sweep_loop(const struct scenario *scenario, struct sweep_result *result)
{
    vow_loop *loop = vow_loop_new(NULL);
    bool balanced = sweep_at("loop", scenario, vow_loop_scheduler(loop), true, result);
    require(vow_loop_free(loop) == VOW_OK);
    return balanced;
}

static bool sweep_pool_of(int workers, const struct scenario *scenario, struct sweep_result *result)
{
    static const char *const names[] = {"pool of 0", "pool of 1", "pool of 2"};
    sweep_pool = vow_pool_new(workers, NULL);
    bool balanced =
        sweep_at(names[workers], scenario, vow_pool_scheduler(sweep_pool), workers != 0, result);
    require(vow_pool_free(sweep_pool) == VOW_OK);
    sweep_pool = NULL;
    return balanced;
}

/* When a place has gone, exactly as many objects live as before it was made, and no token of any run there was dropped
   again. */
static bool sweep_places(const struct scenario *scenario, struct sweep_result *result)
{
    enum { IMMEDIATE, LOOP, POOL, PLACES = POOL + 3 };
    long objects = objects_at_begin();
    for (int place = IMMEDIATE; place < PLACES; place++) {
        bool balanced = true;
        if (scenario->needs_lines && (place == IMMEDIATE || place == POOL))
            continue;
        if (place == IMMEDIATE)
            balanced = sweep_at("immediate", scenario, vow_immediate(), false, result);
        else
            balanced = place == LOOP ? sweep_loop(scenario, result)
                                     : sweep_pool_of(place - POOL, scenario, result);
        if (!balanced)
            return false;
        if (!settle(objects, 0))
            return tell_fault(scenario, objects);
    }
    return true;
}

struct sweep_result sweep(const struct scenario *scenario)
{
    struct sweep_result result = {.points = 0};
    forget_tokens();
    atomic_store(&sweep_unmet, 0);
    (void)vow_default_pool(); /* what keeps the time for pools; it stays */
    require(sem_init(&run.asked, 0, 0) == 0 && sem_init(&run.done, 0, 0) == 0);
    pthread_t canceller = start_thread(cancel_when_asked, NULL);
    atomic_store(&vow_point_hook, pass_point);
    result.balanced = sweep_places(scenario, &result);
    atomic_store(&vow_point_hook, NULL);
    ask_canceller(NULL);
    pthread_join(canceller, NULL);
    result.balanced = result.balanced && atomic_load(&sweep_unmet) == 0;
    return result;
}
