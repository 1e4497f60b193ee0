/*
 * test_stack_overflow.c - what happens at the ends: of a stack, of how many there may be, of memory. In child processes.
 */
#include "child_testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/time.h>
#include <vow/status.h>

#include "pace.h"
#include "wait/stack.h"

static struct stack home;

static void expect(bool condition, int line)
{
    if (!condition) {
        fprintf(stderr, "line %d of the child does not hold\n", line);
        _exit(1);
    }
}

#define EXPECT(condition) expect(condition, __LINE__)

#define assert_child_succeeds(body)                                                                \
    do {                                                                                           \
        struct end child_end = run_child(body);                                                    \
        assert_string_equal(child_end.text, "");                                                   \
        assert_int_equal(child_end.status, 0);                                                     \
    } while (0)

static void never_end(void *argument)
{
    (void)argument;
    exit(deeper(0));
}

static void overflow(void)
{
    struct stack *stack = vow_stack_take(STACK_DEFAULT, "test");
    vow_stack_native(&home);
    vow_stack_start(stack, never_end, stack);
    vow_stack_switch(&home, stack);
}

static const char *overflow_name(const struct stack *stack, char *room, const char **ret_advice)
{
    (void)stack;
    (void)room;
    *ret_advice = "dig less";
    return "job 'too deep'";
}

static void overflow_with_name(void)
{
    vow_stack_name = overflow_name;
    overflow();
}

static void an_overflow_is_named_and_ends_the_process(void **state)
{
    (void)state;
    struct end end = run_child(overflow);
    assert_true(ended_by_fault(end.status));
    assert_non_null(strstr(end.text,
                           "vow: stack overflow: a job, call or coroutine needs more than "
                           "its stack of " DEFAULT_STACK "; the option .stack_size of what runs it "
                           "makes it larger\n"));
}

static void the_report_names_who_ran_on_the_stack(void **state)
{
    (void)state;
    struct end end = run_child(overflow_with_name);
    assert_true(ended_by_fault(end.status));
    assert_non_null(strstr(end.text, "job 'too deep' needs more than its stack of " DEFAULT_STACK
                                     "; dig less\n"));
}

static void overflow_with_protection(void)
{
    setenv("VOW_STACK_GUARD", "mprotect", 1);
    overflow();
}

static void an_overflow_is_named_where_guards_are_protected_pages(void **state)
{
    (void)state;
    struct end end = run_child(overflow_with_protection);
    assert_true(ended_by_fault(end.status));
    assert_non_null(strstr(end.text, "vow: stack overflow"));
}

static void handled_by_program(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    (void)!write(STDERR_FILENO, "handled\n", 8);
    _exit(7);
}

static void handle(void)
{
    struct sigaction action = {.sa_sigaction = handled_by_program,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

static void overflow_with_handler(void)
{
    handle();
    overflow();
}

static void a_handler_of_the_program_is_called_after_the_report(void **state)
{
    (void)state;
    struct end end = run_child(overflow_with_handler);
    assert_int_equal(WEXITSTATUS(end.status), 7);
    assert_non_null(strstr(end.text, "larger\nhandled\n"));
}

/* The child's standard error is a pipe of its own that is full: the report waits there, while alarms go off, until the third
   of them makes room. What was to be reported is then told in the test's words. */
enum { ALARMS = 3 };
static int full[2], told;
static pthread_t reporter;
static volatile sig_atomic_t alarms;

static void interrupt(int number)
{
    char room[4096];
    if (!pthread_equal(pthread_self(), reporter))
        (void)pthread_kill(reporter, number);
    else if (++alarms == ALARMS)
        while (read(full[0], room, sizeof room) > 0)
            ;
}

static const char *name_and_set_alarms(const struct stack *stack, char *room,
                                       const char **ret_advice)
{
    struct timeval soon = {.tv_usec = 10000};
    struct itimerval timer = {soon, soon};
    sigset_t alarm;
    reporter = pthread_self(); /* where stacks are threads, it is one that blocks signals */
    (void)sigemptyset(&alarm);
    (void)sigaddset(&alarm, SIGALRM);
    (void)pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
    return overflow_name(stack, room, ret_advice);
}

static void tell(int number, siginfo_t *info, void *context)
{
    char text[512];
    ssize_t length = read(full[0], text, sizeof text);
    (void)number;
    (void)info;
    (void)context;
    if (length > 0)
        (void)!write(told, text, (size_t)length);
    _exit(7);
}

static void overflow_among_alarms(void)
{
    struct sigaction alarm = {.sa_handler = interrupt, .sa_flags = SA_ONSTACK};
    struct sigaction fault = {.sa_sigaction = tell, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    EXPECT(sigaction(SIGALRM, &alarm, NULL) == 0 && sigaction(SIGSEGV, &fault, NULL) == 0 &&
           sigaction(SIGBUS, &fault, NULL) == 0);
    told = dup(STDERR_FILENO);
    EXPECT(pipe(full) == 0 && fcntl(full[0], F_SETFL, O_NONBLOCK) == 0);
    EXPECT(fcntl(full[1], F_SETFL, O_NONBLOCK) == 0);
    while (write(full[1], "", 1) == 1)
        ;
    EXPECT(fcntl(full[1], F_SETFL, 0) == 0);
    dup2(full[1], STDERR_FILENO);
    vow_stack_name = name_and_set_alarms;
    overflow();
}

static void the_report_is_whole_where_signals_interrupt_it(void **state)
{
    (void)state;
    if (VOW_THREAD_SANITIZER)
        skip(); /* it keeps signals back until a call of the C library that it knows */
    struct end end = run_child(overflow_among_alarms);
    assert_int_equal(WEXITSTATUS(end.status), 7);
    assert_string_equal(end.text, "vow: stack overflow: job 'too deep' needs more than its stack "
                                  "of " DEFAULT_STACK "; dig less\n");
}

static void fault_elsewhere(void)
{
    handle();
    vow_stack_give(vow_stack_take(STACK_DEFAULT, "test"));
    raise(SIGSEGV);
}

static void other_faults_are_left_to_the_handler_of_the_program(void **state)
{
    (void)state;
    struct end end = run_child(fault_elsewhere);
    assert_int_equal(WEXITSTATUS(end.status), 7);
    assert_string_equal(end.text, "handled\n");
}

static void fault_without_handler(void)
{
    vow_stack_give(vow_stack_take(STACK_DEFAULT, "test"));
    raise(SIGSEGV);
}

static void other_faults_end_the_process_without_a_word_of_ours(void **state)
{
    (void)state;
    struct end end = run_child(fault_without_handler);
    assert_true(ended_by_fault(end.status));
    assert_null(strstr(end.text, "vow:"));
}

static void take_too_many(void)
{
    struct stack *stacks[100];
    setenv("VOW_STACKS_MOST", "100", 1);
    for (int i = 0; i < 100; i++)
        EXPECT((stacks[i] = vow_stack_take(STACK_SMALLEST, "take")) != NULL);
    EXPECT(vow_stack_take(STACK_SMALLEST, "vow_test") == NULL);
    EXPECT(strcmp(vow_last_error(), "vow_test: there are 100 stacks, as many as may be") == 0);
    vow_stack_give(stacks[0]);
    EXPECT((stacks[0] = vow_stack_take(STACK_SMALLEST, "take")) != NULL);
    EXPECT(vow_stack_take(STACK_DEFAULT, "take") == NULL);
    vow_stack_give(stacks[0]); /* kept, but given up for one of another size */
    EXPECT((stacks[0] = vow_stack_take(STACK_DEFAULT, "take")) != NULL);
    EXPECT(vow_stack_count() == 100);
    for (int i = 0; i < 100; i++)
        vow_stack_give(stacks[i]);
}

static void as_many_stacks_as_may_be_and_then_an_answer(void **state)
{
    (void)state;
    assert_child_succeeds(take_too_many);
}

static void take_without_memory(void)
{
    struct rlimit limit = {(rlim_t)256 << 20, (rlim_t)256 << 20};
    static struct stack *stacks[100];
    int count = 0;
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
    while (count < 100 && (stacks[count] = vow_stack_take((size_t)8 << 20, "vow_test")) != NULL)
        count++;
    EXPECT(count > 5 && count < 40);
    EXPECT(strcmp(vow_last_error(), "vow_test: no memory for a stack of 8192 KiB") == 0);
    vow_stack_give(stacks[--count]);
    EXPECT((stacks[count] = vow_stack_take((size_t)8 << 20, "vow_test")) != NULL);
    while (count-- > 0)
        vow_stack_give(stacks[count]);
}

static void without_memory_there_is_an_answer(void **state)
{
    (void)state;
    if (VOW_ADDRESS_SANITIZER || VOW_THREAD_SANITIZER)
        skip(); /* they map terabytes */
    if (kernel_is_emulated())
        skip(); /* nothing limits it */
    assert_child_succeeds(take_without_memory);
}

static long resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long whole, pages = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &whole, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages;
}

static void run_briefly(void *argument)
{
    struct stack *self = argument;
    for (;;)
        vow_stack_switch(self, &home);
}

/* Many stacks that ran, and are parked: a page each, and next to nothing beyond. */
static void park_many(void)
{
    enum { COUNT = 20000 };
    static struct stack *stacks[COUNT];
    vow_stack_native(&home);
    long before = resident();
    for (int i = 0; i < COUNT; i++) {
        EXPECT((stacks[i] = vow_stack_take(STACK_DEFAULT, "take")) != NULL);
        vow_stack_start(stacks[i], run_briefly, stacks[i]);
        vow_stack_switch(&home, stacks[i]);
    }
    EXPECT(before == 0 || resident() - before < COUNT + COUNT / 50);
    for (int i = 0; i < COUNT; i++) {
        vow_stack_switch(&home, stacks[i]);
        vow_stack_give(stacks[i]);
    }
}

static bool fast(void)
{
    const char *kind = getenv("VOW_SWITCH");
    return !VOW_SWITCH_TOLD && VOW_SWITCH_OWN && (kind == NULL || *kind == '\0');
}

static void a_parked_stack_takes_one_page(void **state)
{
    (void)state;
    if (!fast())
        skip();
    if (kernel_is_emulated())
        skip(); /* huge pages are not ruled out */
    assert_child_succeeds(park_many);
}

static void go_deep(void *argument)
{
    struct stack *self = argument;
    volatile char frame[128 * 1024];
    for (size_t i = 0; i < sizeof frame; i += 1024)
        frame[i] = 1;
    for (;;)
        vow_stack_switch(self, &home);
}

static void trim_deep(void)
{
    enum { COUNT = 40 };
    struct stack *stacks[COUNT];
    vow_stack_native(&home);
    for (int i = 0; i < COUNT; i++) {
        EXPECT((stacks[i] = vow_stack_take(STACK_DEFAULT, "take")) != NULL);
        vow_stack_start(stacks[i], go_deep, stacks[i]);
        vow_stack_switch(&home, stacks[i]);
    }
    for (int i = 0; i < COUNT; i++)
        vow_stack_give(stacks[i]);
    long before = resident();
    vow_stack_trim();
    EXPECT(before == 0 || before - resident() > COUNT * 30);
}

static void idle_stacks_give_their_memory_back(void **state)
{
    (void)state;
    if (!fast())
        skip();
    assert_child_succeeds(trim_deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overflow_is_named_and_ends_the_process),
        cmocka_unit_test(the_report_names_who_ran_on_the_stack),
        cmocka_unit_test(an_overflow_is_named_where_guards_are_protected_pages),
        cmocka_unit_test(a_handler_of_the_program_is_called_after_the_report),
        cmocka_unit_test(the_report_is_whole_where_signals_interrupt_it),
        cmocka_unit_test(other_faults_are_left_to_the_handler_of_the_program),
        cmocka_unit_test(other_faults_end_the_process_without_a_word_of_ours),
        cmocka_unit_test(as_many_stacks_as_may_be_and_then_an_answer),
        cmocka_unit_test(without_memory_there_is_an_answer),
        cmocka_unit_test(a_parked_stack_takes_one_page),
        cmocka_unit_test(idle_stacks_give_their_memory_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
