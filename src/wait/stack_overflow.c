/*
 * stack_overflow.c - says which stack has overflowed, before the process ends of it.
 *
 * A write into a guard is a SIGSEGV (SIGBUS on some systems). Its handler runs on a stack for signals, which each thread
 * that takes stacks gets if it has none. If the address lies in the guard of a stack of ours, a sentence goes to
 * standard error. Then, as for all that is none of our business, what was there before us has its turn: a handler of
 * the program's is called, and the default action is taken by putting it back and letting the fault happen once more.
 *
 * The handler calls only what signals may call: write, sigaction, and vow_stack_name, which promises the same.
 *
 * Invariants
 * 1. `before` is written before our handler is installed, and only read afterwards.
 * 2. Handlers that the program installs later replace ours; nothing here puts ours back.
 */
#include "wait/stack_overflow.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wait/stack_slab.h"

#define SIGNAL_STACK ((size_t)32 * 1024) /* more where the processor's registers want it */

static struct sigaction before[2]; /* of SIGSEGV, SIGBUS */

static VOW_THREAD_LOCAL void *signal_stack;
static VOW_THREAD_LOCAL size_t signal_stack_size;

/* --- the sentence --- */

struct sentence {
    char text[512];
    size_t length;
};

static void add(struct sentence *sentence, const char *text)
{
    for (; *text != '\0' && sentence->length < sizeof sentence->text; text++)
        sentence->text[sentence->length++] = *text;
}

static void add_number(struct sentence *sentence, size_t number)
{
    char digits[24];
    char *digit = &digits[sizeof digits - 1];

    *digit = '\0';
    do
        *--digit = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    add(sentence, digit);
}

/* All of it, however often other signals interrupt. They are not blocked: where nobody reads, one of them may end the process. */
static void say(const struct sentence *sentence)
{
    size_t written = 0;

    while (written < sentence->length) {
        ssize_t result = write(STDERR_FILENO, sentence->text + written, sentence->length - written);
        if (result > 0)
            written += (size_t)result;
        else if (result == 0 || errno != EINTR)
            return;
    }
}

static void report(const struct stack *stack)
{
    struct sentence sentence = {.length = 0};
    char room[STACK_NAME_SIZE];
    const char *advice = "the option .stack_size of what runs it makes it larger";
    const char *name = vow_stack_name != NULL ? vow_stack_name(stack, room, &advice) : NULL;

    add(&sentence, "vow: stack overflow: ");
    add(&sentence, name != NULL ? name : "a job, call or coroutine");
    add(&sentence, " needs more than its stack of ");
    add_number(&sentence, (STACK_SMALLEST << stack->class) / 1024);
    add(&sentence, " KiB; ");
    add(&sentence, advice);
    add(&sentence, "\n");
    say(&sentence);
}

/* --- the handler --- */

/* What was there before us gets the signal. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    const struct sigaction *former = &before[number == SIGBUS];

    if ((former->sa_flags & SA_SIGINFO) != 0) {
        former->sa_sigaction(number, info, context);
    } else if (former->sa_handler != SIG_DFL && former->sa_handler != SIG_IGN) {
        former->sa_handler(number);
    } else {
        (void)sigaction(number, former, NULL);
        if (info->si_code <= 0) /* somebody sent it: it does not come again by itself */
            (void)raise(number);
    }
}

static void handle(int number, siginfo_t *info, void *context)
{
    int kept = errno;
    bool sure;

    if (info->si_code > 0) {
        const struct stack *stack = vow_slab_guarding(info->si_addr, &sure);
        if (stack != NULL)
            report(stack);
    }
    pass_on(number, info, context);
    errno = kept;
}

static void watch(int number)
{
    struct sigaction ours;

    memset(&ours, 0, sizeof ours);
    ours.sa_sigaction = handle;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    (void)sigemptyset(&ours.sa_mask);
    if (sigaction(number, NULL, &before[number == SIGBUS]) == 0)
        (void)sigaction(number, &ours, NULL);
}

void vow_overflow_watch(void)
{
    watch(SIGSEGV);
    watch(SIGBUS);
}

/* --- stacks for signals --- */

static size_t wanted(void)
{
#ifdef _SC_MINSIGSTKSZ
    long least = sysconf(_SC_MINSIGSTKSZ);
    if (least > 0 && (size_t)least > SIGNAL_STACK / 2)
        return 2 * (size_t)least;
#endif
    return SIGNAL_STACK;
}

void vow_overflow_thread_begin(void)
{
    stack_t present, ours;

    if (sigaltstack(NULL, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0)
        return;
    memset(&ours, 0, sizeof ours);
    ours.ss_size = wanted();
    ours.ss_sp =
        mmap(NULL, ours.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ours.ss_sp == MAP_FAILED)
        return; /* an overflow then ends the process without a word */
    if (sigaltstack(&ours, NULL) != 0) {
        (void)munmap(ours.ss_sp, ours.ss_size);
        return;
    }
    signal_stack = ours.ss_sp;
    signal_stack_size = ours.ss_size;
}

void vow_overflow_thread_end(void)
{
    stack_t present, none;

    if (signal_stack == NULL)
        return;
    memset(&none, 0, sizeof none);
    none.ss_flags = SS_DISABLE;
    none.ss_size = signal_stack_size; /* some systems look at it */
    if (sigaltstack(NULL, &present) == 0 && present.ss_sp == signal_stack)
        (void)sigaltstack(&none, NULL);
    (void)munmap(signal_stack, signal_stack_size);
    signal_stack = NULL;
}
