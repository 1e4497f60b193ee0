/*
 * coroutine.c - programs over coroutines: their bodies follow scripts of bytes, while they are resumed, thrown into and closed
 * from outside and by each other; and a model that follows the same scripts (vow/coroutine.h).
 */
#include "fuzz.h"

#include <string.h>

enum { COROUTINES = 3, STEPS = 8, MOST_EVENTS = 60 };

enum step_code {
    YIELD_NUMBER,
    YIELD_SENT, /* what was sent last */
    RETURN_NUMBER,
    RETURN_ERROR,
    NEXT_OTHER,  /* resumes another coroutine, or itself */
    CLOSE_OTHER, /* closes another one, or itself */
    STEP_CODES
};

struct script {
    bool obeys; /* returns an error that it is sent */
    uint8_t codes[STEPS];
    uint8_t numbers[STEPS];
};

static struct script scripts[COROUTINES];

/* The library's side ---------------------------------------------------------------------------------------------- */

static struct body {
    vow_coroutine *coroutine;
    struct token *token;
    int index;
} bodies[COROUTINES];

static void note_given(const char *what, int index, vow_value value)
{
    note_on(REAL, what, index, value_number(value));
    vow_release(value);
}

/* Does a step; false: the body returns *ret_result. */
static bool do_step(const struct script *script, int step, vow_value *sent, vow_value *ret_result)
{
    int number = script->numbers[step];
    int other = number % COROUTINES;
    switch ((enum step_code)script->codes[step]) {
    case YIELD_NUMBER:
        *sent = vow_yield(vow_integer(number));
        return true;
    case YIELD_SENT:
        *sent = vow_yield(vow_is_end(*sent) ? vow_none() : *sent);
        return true;
    case RETURN_NUMBER:
        *ret_result = token_box(number);
        return false;
    case RETURN_ERROR:
        *ret_result = vow_fail(VOW_USER + number, "a body's");
        return false;
    case NEXT_OTHER:
        note_given("other", other, vow_next(bodies[other].coroutine));
        return true;
    default:
        note_on(REAL, "closed other", other, vow_coroutine_close(bodies[other].coroutine));
        return true;
    }
}

static vow_value body_run(vow_value input, void *context)
{
    const struct body *body = context;
    const struct script *script = &scripts[body->index];
    vow_value sent = input, result = vow_none();
    note_on(REAL, "begins", body->index, value_number(input));
    for (int i = 0; i < STEPS; i++) {
        if (!do_step(script, i, &sent, &result))
            return result;
        if (script->codes[i] <= YIELD_SENT)
            note_on(REAL, "sent", body->index, value_number(sent));
        if (vow_is_error(sent) && script->obeys)
            return sent;
    }
    return result;
}

static void drop_body(void *context)
{
    struct body *body = context;
    note_on(REAL, "dropped", body->index, 0);
    token_drop(body->token);
}

static void begin_real(int index)
{
    bodies[index] = (struct body){NULL, token_new(), index};
    const struct vow_coroutine_options options = {.size = sizeof(options),
                                                  .body = body_run,
                                                  .context = &bodies[index],
                                                  .drop = drop_body,
                                                  .stack_size = 64 << 10};
    bodies[index].coroutine = vow_coroutine_new_with(&options);
    must(bodies[index].coroutine != NULL);
}

/* The model ------------------------------------------------------------------------------------------------------- */

static struct {
    enum vow_coroutine_state state;
    int step; /* the next one */
    long sent;
    long result;
    bool closing;
} model[COROUTINES];

static const long none = 0, end_of_all = (long)VOW_END * KIND;

static long error(int status)
{
    return (long)VOW_ERROR * KIND + status;
}

static bool is_error(long value)
{
    return value / KIND == VOW_ERROR;
}

static long resume(int index, long value);
static int close_model(int index);

static void end_with(int index, long result)
{
    model[index].state = VOW_COROUTINE_DONE;
    model[index].result = result == error(VOW_CLOSED) && model[index].closing ? none : result;
}

/* A yield in a body: true, it suspends with *ret_given; while it is closed it goes on, with an error. */
static bool model_yields(int index, long value, long *ret_given)
{
    if (model[index].closing)
        model[index].sent = error(VOW_CLOSED);
    else
        *ret_given = value;
    return !model[index].closing;
}

/* Goes on from the next step: what the resumer gets. */
static long go_on(int index)
{
    const struct script *script = &scripts[index];
    long given = none;
    while (model[index].step < STEPS) {
        int step = model[index].step++;
        int number = script->numbers[step], other = number % COROUTINES;
        switch ((enum step_code)script->codes[step]) {
        case YIELD_NUMBER:
        case YIELD_SENT: {
            long value = script->codes[step] == YIELD_NUMBER ? (long)VOW_INTEGER * KIND + number
                                                             : model[index].sent;
            if (model_yields(index, value == end_of_all ? none : value, &given)) {
                model[index].state = VOW_COROUTINE_SUSPENDED;
                return given;
            }
            note_on(MODEL, "sent", index, model[index].sent);
            break;
        }
        case RETURN_NUMBER:
            end_with(index, (long)VOW_BOX * KIND + number);
            return end_of_all;
        case RETURN_ERROR:
            end_with(index, error(VOW_USER + number));
            return error(VOW_USER + number);
        case NEXT_OTHER:
            note_on(MODEL, "other", other, resume(other, none));
            break;
        default:
            note_on(MODEL, "closed other", other, close_model(other));
            break;
        }
        if (is_error(model[index].sent) && script->obeys) {
            end_with(index, model[index].sent);
            return model[index].sent;
        }
    }
    end_with(index, none);
    return end_of_all;
}

static long run_on(int index)
{
    long given = go_on(index);
    if (model[index].state == VOW_COROUTINE_DONE)
        note_on(MODEL, "dropped", index, 0);
    return given;
}

static long resume(int index, long value)
{
    enum vow_coroutine_state before = model[index].state;
    if (before == VOW_COROUTINE_RUNNING)
        return error(VOW_INVALID);
    if (before == VOW_COROUTINE_DONE)
        return end_of_all;
    model[index].state = VOW_COROUTINE_RUNNING;
    model[index].sent = value;
    note_on(MODEL, before == VOW_COROUTINE_NEW ? "begins" : "sent", index, value);
    if (before == VOW_COROUTINE_SUSPENDED && is_error(value) && scripts[index].obeys) {
        end_with(index, value);
        note_on(MODEL, "dropped", index, 0);
        return value;
    }
    return run_on(index);
}

static long throw_into(int index, int status)
{
    enum vow_coroutine_state before = model[index].state;
    if (before == VOW_COROUTINE_RUNNING)
        return error(VOW_INVALID);
    if (before == VOW_COROUTINE_NEW && fuzz_bend != BEND_THROW) {
        end_with(index, error(status));
        note_on(MODEL, "dropped", index, 0);
    }
    if (before == VOW_COROUTINE_NEW || before == VOW_COROUTINE_DONE)
        return fuzz_bend == BEND_THROW && before == VOW_COROUTINE_NEW ? resume(index, error(status))
                                                                      : error(status);
    return resume(index, error(status));
}

static int close_model(int index)
{
    enum vow_coroutine_state before = model[index].state;
    if (before == VOW_COROUTINE_RUNNING)
        return VOW_INVALID;
    if (before == VOW_COROUTINE_DONE)
        return VOW_OK;
    model[index].closing = true;
    if (before == VOW_COROUTINE_NEW) {
        end_with(index, none);
        note_on(MODEL, "dropped", index, 0);
        return VOW_OK;
    }
    (void)resume(index, error(VOW_CLOSED));
    return is_error(model[index].result) ? (int)(model[index].result % KIND) : VOW_OK;
}

/* The program ----------------------------------------------------------------------------------------------------- */

static void begin(struct bytes *bytes)
{
    memset(model, 0, sizeof(model));
    for (int i = 0; i < COROUTINES; i++) {
        scripts[i].obeys = next_below(bytes, 2) == 0;
        for (int j = 0; j < STEPS; j++) {
            unsigned choice = next_byte(bytes);
            scripts[i].codes[j] = (uint8_t)(choice % STEP_CODES);
            scripts[i].numbers[j] = (uint8_t)(choice / STEP_CODES);
            trace("coroutine %d step %d: code %u number %u", i, j, scripts[i].codes[j],
                  scripts[i].numbers[j]);
        }
        begin_real(i);
    }
}

static void do_event(unsigned choice, int number)
{
    int index = (int)(choice / 4 % COROUTINES);
    vow_coroutine *coroutine = bodies[index].coroutine;
    trace("event %u coroutine %d number %d", choice % 4, index, number);
    switch (choice % 4) {
    case 0:
        note_given("next", index, vow_next(coroutine));
        note_on(MODEL, "next", index, resume(index, none));
        break;
    case 1:
        note_given("send", index, vow_send(coroutine, token_box(number)));
        note_on(MODEL, "send", index, resume(index, (long)VOW_BOX * KIND + number));
        break;
    case 2:
        note_given("throw", index, vow_throw(coroutine, vow_fail(VOW_USER + number, "thrown")));
        note_on(MODEL, "throw", index, throw_into(index, VOW_USER + number));
        break;
    default:
        note_on(REAL, "close", index, vow_coroutine_close(coroutine));
        note_on(MODEL, "close", index, close_model(index));
        break;
    }
}

static void note_states(void)
{
    for (int i = 0; i < COROUTINES; i++) {
        note_on(REAL, "state", (long)vow_coroutine_state(bodies[i].coroutine),
                value_number(vow_coroutine_result(bodies[i].coroutine)));
        note_on(MODEL, "state", (long)model[i].state, model[i].result);
    }
}

void fuzz_coroutine(struct bytes *bytes)
{
    begin(bytes);
    for (int i = 0; i < MOST_EVENTS && bytes_left(bytes); i++) {
        unsigned choice = next_byte(bytes);
        bool told = choice % 4 == 1 || choice % 4 == 2;
        do_event(choice, told ? (int)next_byte(bytes) : 0);
        note_states();
        compare_notes();
    }
    for (int i = 0; i < COROUTINES; i++)
        do_event((unsigned)(3 + 4 * i), 0);
    compare_notes();
    for (int i = 0; i < COROUTINES; i++)
        vow_coroutine_release(bodies[i].coroutine);
}
