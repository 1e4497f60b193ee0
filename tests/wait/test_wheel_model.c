/*
 * test_wheel_model.c - the timing wheel beside a model that looks through all of its timers, and with a million of them.
 */
#include "wheel_testing.h"

/* Beside the model */

static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* Small as often as large. */
static int64_t random_time(unsigned bits_at_most)
{
    return (int64_t)(random_bits() >> (64 - 1 - random_bits() % bits_at_most));
}

#define CROWD 300

struct model {
    struct probe probes[CROWD];
    bool is_started[CROWD];
    bool is_late[CROWD];
};

static void model_start(struct model *model, unsigned i, int64_t at)
{
    model->probes[i].again_at = at;
    model->is_started[i] = true;
    model->is_late[i] = at <= now / TICK * TICK;
    start(&model->probes[i]);
}

static bool model_due(const struct model *model, unsigned i, int64_t to)
{
    return model->is_started[i] &&
           (model->is_late[i] || rounded_up(model->probes[i].timer.at) <= to);
}

static void model_advance(struct model *model, int64_t to)
{
    size_t due = 0;

    for (unsigned i = 0; i < CROWD; i++) {
        bool is_due = model_due(model, i, to);
        if (is_due)
            assert_true(vow_wheel_next(&wheel) <= to);
        due += is_due;
    }
    assert_int_equal(advance(to), due);
    for (unsigned i = 0; i < CROWD; i++) {
        bool was_due = model_due(model, i, to);
        assert_true((model->probes[i].timer.link == NULL) == (was_due || !model->is_started[i]));
        if (was_due)
            assert_true(model->probes[i].fired_at == to);
        model->is_started[i] &= !was_due;
    }
}

static void model_step(struct model *model, unsigned bits)
{
    unsigned i = (unsigned)(random_bits() % CROWD);

    if (random_bits() % 16 == 0) {
        model_advance(model, now + random_time(bits));
    } else if (model->is_started[i]) {
        assert_true(vow_wheel_stop(&wheel, &model->probes[i].timer));
        model->is_started[i] = false;
    } else {
        assert_false(vow_wheel_stop(&wheel, &model->probes[i].timer));
        model_start(model, i, now + random_time(bits) - random_time(16));
    }
}

static void run_beside_model(int64_t from, unsigned bits, int steps)
{
    static struct model model;
    memset(&model, 0, sizeof model);
    for (unsigned i = 0; i < CROWD; i++)
        probe_init(&model.probes[i]);
    begin_at(from);
    while (steps-- > 0 && now < INT64_MAX / 4) {
        model_step(&model, bits);
        size_t count = 0;
        for (unsigned i = 0; i < CROWD; i++)
            count += model.is_started[i];
        assert_int_equal(wheel.count, count);
    }
}

static void random_starts_stops_and_jumps_are_as_in_a_list(void **state)
{
    (void)state;
    random_state = 88172645463325252u;
    for (unsigned bits = 8; bits <= 60; bits += 4) {
        run_beside_model(0, bits, 3000);
        run_beside_model(START - 3 * TICK, bits, 3000);
        run_beside_model((INT64_C(1) << 40) - 100, bits, 3000);
    }
}

/* Sleeps as those do who use it: always until the next moment. */
static void who_sleeps_until_the_next_moment_is_punctual(void **state)
{
    static struct model model;
    (void)state;
    random_state = 7;
    memset(&model, 0, sizeof model);
    begin_at(START);
    for (unsigned i = 0; i < CROWD; i++) {
        probe_init(&model.probes[i]);
        model_start(&model, i, START + 1 + random_time(44));
    }
    unsigned wakes = 0;
    for (int64_t next; (next = vow_wheel_next(&wheel)) != INT64_MAX; wakes++)
        advance(next);
    for (unsigned i = 0; i < CROWD; i++)
        assert_true(model.probes[i].fired_at == rounded_up(model.probes[i].timer.at));
    assert_true(wakes < 2 * CROWD);
}

/* Many */

#define MANY 1000000

static void a_million_timers_all_expire_and_none_early(void **state)
{
    struct probe *probes = calloc(MANY, sizeof *probes);
    (void)state;
    assert_non_null(probes);
    random_state = 3;
    begin_at(START);
    for (int i = 0; i < MANY; i++) {
        probes[i] = for_moment(START + 1 + random_time(45));
        start(&probes[i]);
    }
    assert_int_equal(wheel.count, MANY);
    size_t expired = 0;
    while (wheel.count > 0)
        expired += advance(now + random_time(44));
    assert_int_equal(expired, MANY);
    for (int i = 0; i < MANY; i++)
        assert_true(probes[i].fires == 1 && probes[i].fired_at >= rounded_up(probes[i].timer.at));
    free(probes);
}

static void a_million_timers_can_all_be_stopped(void **state)
{
    struct probe *probes = calloc(MANY, sizeof *probes);
    (void)state;
    assert_non_null(probes);
    random_state = 5;
    begin_at(START);
    for (int i = 0; i < MANY; i++) {
        probes[i] = for_moment(START + 1 + random_time(60));
        start(&probes[i]);
    }
    for (unsigned i = 0, k = 0; i < MANY; i++, k = (k + 7919) % MANY) /* a prime: each once */
        assert_true(vow_wheel_stop(&wheel, &probes[k].timer));
    assert_int_equal(wheel.count, 0);
    assert_int_equal(wheel.levels, 0);
    assert_int_equal(advance(INT64_MAX), 0);
    free(probes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_starts_stops_and_jumps_are_as_in_a_list),
        cmocka_unit_test(who_sleeps_until_the_next_moment_is_punctual),
        cmocka_unit_test(a_million_timers_all_expire_and_none_early),
        cmocka_unit_test(a_million_timers_can_all_be_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
