/*
 * test_channel.c - threads and jobs that write, read and select by every face, with deadlines, cancels and closings: each
 * item that was written is read once, and in the order of its writer.
 */
#include "gang.h"

#include <vow/channel.h>
#include <vow/pool.h>
#include <vow/select.h>
#include <vow/submit.h>

#if STACK_FACTOR > 1
enum { ROUNDS = 60, ITEMS = 300 };
#else
enum { ROUNDS = 400, ITEMS = 1000 };
#endif

enum { LINES = 3, BATCH = 7 };

struct party {
    vow_writer *writers[LINES];
    vow_reader *readers[LINES];
    _Atomic unsigned char written[LINES][ITEMS]; /* how often */
    _Atomic unsigned char was_read[LINES][ITEMS];
    bool boxes;
    bool closes;
};

static const struct vow_type item_type = {.name = "item"};

/* A line's part. */
struct part {
    struct party *party;
    struct member *member; /* for random numbers: a copy of its own */
    struct member own;
    int number;
    int64_t latest[LINES]; /* of each writer's */
};

static vow_value item_new(struct part *part, int i)
{
    int64_t number = (int64_t)part->number * ITEMS + i;
    if (!part->party->boxes)
        return vow_integer(number);
    vow_value box = vow_box_new(&item_type, sizeof(number));
    *(int64_t *)vow_box_as(&item_type, box) = number;
    return box;
}

static void note_read(struct part *part, vow_value item)
{
    int64_t number =
        vow_is_integer(item) ? vow_as_integer(item) : *(int64_t *)vow_box_as(&item_type, item);
    int64_t writer = number / ITEMS, i = number % ITEMS;
    vow_release(item);
    atomic_fetch_add(&part->party->was_read[writer][i], 1);
    require(i > part->latest[writer]);
    part->latest[writer] = i;
}

static void note_written(struct part *part, int first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        atomic_fetch_add(&part->party->written[part->number][(size_t)first + i], 1);
}

static vow_deadline some_deadline(struct part *part)
{
    switch (random_below(&part->own, 8)) {
    case 0:
        return VOW_POLL;
    case 1:
        return vow_after(VOW_US(random_below(&part->own, 50)));
    default:
        return vow_after(VOW_MS(50));
    }
}

/* Writing --------------------------------------------------------------------------------------------------------- */

static vow_status write_one(struct part *part, vow_writer *writer, int i)
{
    vow_value item = item_new(part, i);
    vow_status status = vow_write(writer, item, some_deadline(part));
    if (status == VOW_OK)
        note_written(part, i, 1);
    else
        vow_release(item);
    return status;
}

static vow_status write_batch(struct part *part, vow_writer *writer, int *i)
{
    vow_value items[BATCH];
    int count = *i + BATCH <= ITEMS ? BATCH : ITEMS - *i;
    size_t written;
    for (int k = 0; k < count; k++)
        items[k] = item_new(part, *i + k);
    vow_status status = vow_write_many(writer, items, (size_t)count, some_deadline(part), &written);
    require((status == VOW_OK) == (written == (size_t)count));
    note_written(part, *i, written);
    for (size_t k = written; k < (size_t)count; k++)
        vow_release(items[k]);
    *i += count;
    return status;
}

static vow_status write_by_promise(struct part *part, vow_writer *writer, int i)
{
    vow_promise *promise = vow_write_promise(writer, item_new(part, i));
    if (vow_wait(promise, some_deadline(part), NULL) != VOW_OK)
        vow_cancel(promise);
    vow_value value = vow_none();
    require(vow_wait(promise, VOW_FOREVER, &value) == VOW_OK);
    vow_status status = vow_is_error(value) ? vow_error_status(value) : VOW_OK;
    vow_release(value);
    vow_promise_release(promise);
    if (status == VOW_OK)
        note_written(part, i, 1);
    return status;
}

/* Reads what there is to read where it cannot write, at times. */
static vow_status select_to_write(struct part *part, vow_writer *writer, vow_reader *reader, int i)
{
    vow_case cases[] = {vow_case_write(writer, item_new(part, i)), vow_case_read(reader)};
    size_t index = 2;
    vow_status status = vow_select(cases, reader != NULL ? 2 : 1, some_deadline(part), &index);
    if (status == VOW_OK && index == 0) {
        status = cases[0].status;
        if (status == VOW_OK) {
            note_written(part, i, 1);
            return VOW_OK;
        }
    } else if (status == VOW_OK && cases[1].status == VOW_OK) {
        note_read(part, cases[1].value);
    }
    vow_release(cases[0].value);
    return status;
}

static void write_all(struct part *part)
{
    struct party *party = part->party;
    vow_writer *writer = party->writers[part->number];
    vow_status status = VOW_OK;
    for (int i = 0; i < ITEMS && status != VOW_CLOSED;) {
        unsigned choice = random_below(&part->own, 100);
        if (choice < 40)
            status = write_one(part, writer, i++);
        else if (choice < 80)
            status = write_batch(part, writer, &i);
        else if (choice < 90)
            status = write_by_promise(part, writer, i++);
        else
            status = select_to_write(part, writer, NULL, i++);
        if (choice == 99 && part->number == 0) {
            vow_writer *another = vow_writer_another(writer);
            vow_writer_release(another);
        }
    }
    vow_writer_release(writer);
}

/* Reading --------------------------------------------------------------------------------------------------------- */

static vow_status read_batch(struct part *part, vow_reader *reader)
{
    vow_value items[BATCH];
    size_t count;
    vow_status status = vow_read_many(reader, items, 1 + random_below(&part->own, BATCH),
                                      some_deadline(part), &count);
    require((status == VOW_OK) == (count != 0));
    for (size_t i = 0; i < count; i++)
        note_read(part, items[i]);
    return status;
}

static vow_status read_by_promise(struct part *part, vow_reader *reader)
{
    vow_promise *promise = vow_read_promise(reader);
    if (vow_wait(promise, some_deadline(part), NULL) != VOW_OK)
        vow_cancel(promise);
    vow_value value = vow_none();
    require(vow_wait(promise, VOW_FOREVER, &value) == VOW_OK);
    vow_promise_release(promise);
    vow_status status = VOW_OK;
    if (!vow_is_error(value)) {
        note_read(part, value);
    } else {
        status = vow_error_status(value);
        vow_release(value);
    }
    return status;
}

static vow_status read_by_select(struct part *part, vow_reader *reader)
{
    vow_promise *promise;
    vow_deferred *deferred = vow_deferred_new(&promise);
    vow_case cases[] = {vow_case_promise(promise), vow_case_read(reader)};
    size_t index = 2;
    vow_status status = vow_select(cases, 2, some_deadline(part), &index);
    if (status == VOW_OK) {
        require(index == 1);
        status = cases[1].status;
        if (status == VOW_OK)
            note_read(part, cases[1].value);
    }
    (void)vow_fire(deferred, vow_none());
    vow_promise_release(promise);
    return status;
}

static void read_rest(struct part *part)
{
    vow_reader *reader = part->party->readers[part->number];
    vow_status status = VOW_OK;
    vow_value item;
    while (status != VOW_CLOSED) {
        unsigned choice = random_below(&part->own, 1000);
        if (choice < 400) {
            status = vow_read(reader, some_deadline(part), &item);
            if (status == VOW_OK)
                note_read(part, item);
        } else if (choice < 800) {
            status = read_batch(part, reader);
        } else if (choice < 900) {
            status = read_by_promise(part, reader);
        } else {
            status = read_by_select(part, reader);
        }
        if (choice == 999 && part->party->closes)
            require(vow_reader_close(reader) == VOW_OK);
    }
    vow_reader_release(reader);
}

/* A round --------------------------------------------------------------------------------------------------------- */

static void *writer_thread(void *part)
{
    write_all(part);
    return NULL;
}

static vow_value writer_job(vow_value input, void *part)
{
    write_all(part);
    return input;
}

static void *reader_thread(void *part)
{
    read_rest(part);
    return NULL;
}

static vow_value reader_job(vow_value input, void *part)
{
    read_rest(part);
    return input;
}

static struct party party;
static struct part parts[2 * LINES];

static void prepare(struct member *member, size_t capacity, int writers, int readers)
{
    party.boxes = random_below(member, 2) == 0;
    party.closes = random_below(member, 3) == 0;
    memset((void *)party.written, 0, sizeof party.written);
    memset((void *)party.was_read, 0, sizeof party.was_read);
    assert_ok(vow_channel_new(capacity, NULL, &party.writers[0], &party.readers[0]));
    for (int i = 1; i < writers; i++)
        party.writers[i] = vow_writer_another(party.writers[0]);
    for (int i = 1; i < readers; i++)
        party.readers[i] = vow_reader_another(party.readers[0]);
    for (int i = 0; i < 2 * LINES; i++) {
        parts[i] = (struct part){.party = &party, .number = i % LINES};
        parts[i].own.random = 1 + random_below(member, 1000000);
        for (int k = 0; k < LINES; k++)
            parts[i].latest[k] = -1;
    }
}

static void check_items(void)
{
    for (int writer = 0; writer < LINES; writer++)
        for (int i = 0; i < ITEMS; i++) {
            require(party.written[writer][i] <= 1);
            require(party.was_read[writer][i] == party.written[writer][i]);
        }
}

static void run_round(struct member *member, vow_scheduler *jobs)
{
    static const size_t capacities[] = {0, 1, 3, 64, 1024, VOW_UNBOUNDED};
    int writers = 1 + (int)random_below(member, LINES),
        readers = 1 + (int)random_below(member, LINES);
    bool alone = random_below(member, 2) == 0;
    if (alone)
        writers = readers = 1;
    prepare(member, capacities[random_below(member, 6)], writers, readers);
    pthread_t threads[2 * LINES];
    vow_promise *promises[2 * LINES];
    for (int i = 0; i < 2 * LINES; i++) {
        bool writes = i < LINES;
        promises[i] = NULL;
        if (parts[i].number >= (writes ? writers : readers))
            continue;
        if (random_below(member, 2) == 0)
            threads[i] = start_thread(writes ? writer_thread : reader_thread, &parts[i]);
        else
            promises[i] = vow_submit(jobs, writes ? writer_job : reader_job, vow_none(), &parts[i]);
    }
    for (int i = 0; i < 2 * LINES; i++) {
        if (parts[i].number >= (i < LINES ? writers : readers))
            continue;
        if (promises[i] == NULL)
            join_thread(threads[i]);
        else
            vow_release(vow_await(promises[i], VOW_FOREVER));
    }
    check_items();
}

static void each_item_that_was_written_is_read_once(void **state)
{
    (void)state;
    struct member member = {.random = 88172645u};
    vow_pool *pool = vow_pool_new(2, NULL);
    for (int i = 0; i < fewer(ROUNDS) && atomic_load(&requirements_failed) == 0; i++)
        run_round(&member, vow_pool_scheduler(pool));
    assert_ok(vow_pool_free(pool));
}

static void lines_of_one_worker_share_a_channel(void **state)
{
    (void)state;
    struct member member = {.random = 362436069u};
    vow_pool *pool = vow_pool_new(1, NULL);
    for (int i = 0; i < fewer(ROUNDS / 4) && atomic_load(&requirements_failed) == 0; i++)
        run_round(&member, vow_pool_scheduler(pool));
    assert_ok(vow_pool_free(pool));
}

/* Selects that could meet themselves and each other --------------------------------------------------------------- */

struct meeting {
    vow_writer *writers[2];
    vow_reader *readers[2];
    struct part part;
};

static _Atomic long sent, received;

static void *mingle(void *context)
{
    struct meeting *meeting = context;
    for (int i = 0; i < ITEMS; i++) {
        vow_case cases[] = {
            vow_case_write(meeting->writers[0], vow_integer(1)),
            vow_case_read(meeting->readers[0]),
            vow_case_write(meeting->writers[1], vow_integer(1)),
            vow_case_read(meeting->readers[1]),
        };
        size_t index;
        if (vow_select(cases, 4, vow_after(VOW_US(200)), &index) != VOW_OK)
            continue;
        require(cases[index].status == VOW_OK);
        if (index % 2 == 0)
            atomic_fetch_add(&sent, 1);
        else
            atomic_fetch_add(&received, 1);
    }
    return NULL;
}

static void selects_meet_each_other_and_never_themselves(void **state)
{
    (void)state;
    struct meeting meetings[GANG];
    pthread_t threads[GANG];
    for (int k = 0; k < 2; k++)
        assert_ok(
            vow_channel_new((size_t)k, NULL, &meetings[0].writers[k], &meetings[0].readers[k]));
    for (int i = 1; i < GANG; i++)
        for (int k = 0; k < 2; k++) {
            meetings[i].writers[k] = vow_writer_another(meetings[0].writers[k]);
            meetings[i].readers[k] = vow_reader_another(meetings[0].readers[k]);
        }
    for (int i = 0; i < GANG; i++)
        threads[i] = start_thread(mingle, &meetings[i]);
    for (int i = 0; i < GANG; i++)
        join_thread(threads[i]);
    assert_int_equal(sent, received + (long)vow_reader_size(meetings[0].readers[1]));
    for (int i = 0; i < GANG; i++)
        for (int k = 0; k < 2; k++) {
            vow_writer_release(meetings[i].writers[k]);
            vow_reader_release(meetings[i].readers[k]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stress_test(each_item_that_was_written_is_read_once),
        stress_test(lines_of_one_worker_share_a_channel),
        stress_test(selects_meet_each_other_and_never_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
