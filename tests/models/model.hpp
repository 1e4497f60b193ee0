/*
 * model.hpp - what the library's code needs to run under the checker (relacy), instead of its floor below.
 *
 * Relacy runs a few threads on fibers of one thread, and tries interleavings; each atomic load may give any value that
 * the C11 memory model allows by what happens before it. A word<> is an atomic object, a plain<> an ordinary one, on
 * which unordered accesses are found (a data race). Both are watched for being used after they are gone.
 *
 * Added to relacy:
 * - vow_barrier_everywhere() (membarrier): executes a full fence in each thread, between two of its instructions, one
 *   thread after another.
 * - A seq_cst store or read-modify-write is seen by who executes a full fence later: as in C11, which relacy leaves out.
 * - The futex compares and sleeps at once, and may time out whenever it was given a deadline.
 *
 * Limits: a load gives at most two stores older than the newest; loads are not delayed behind later stores; full fences
 * order plain objects too, a little more than C11 says.
 */
#ifndef VOW_TESTS_MODELS_MODEL_HPP
#define VOW_TESTS_MODELS_MODEL_HPP

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <sstream>

#include <relacy/relacy.hpp>
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef sched_yield

extern int weakened; /* the number of the weakening that is tried; 0: none */

/* Memory --------------------------------------------------------------------------------------------------------- */

typedef rl::memory_order memory_order;
#define memory_order_relaxed rl::mo_relaxed
#define memory_order_acquire rl::mo_acquire
#define memory_order_release rl::mo_release
#define memory_order_acq_rel rl::mo_acq_rel
#define memory_order_seq_cst rl::mo_seq_cst

/* An ordinary object that threads share. */
template <class T> class plain
{
  public:
    plain(T value = T()) { object($) = value; }
    plain(const plain &other) { object($) = (T)other; }
    plain &operator=(const plain &other) { return *this = (T)other; }
    plain &operator=(T value)
    {
        object($) = value;
        return *this;
    }
    operator T() const { return object($).load(); }
    T operator->() const { return object($).load(); }
    plain &operator++() { return *this = (T)(*this + 1); }
    T operator++(int)
    {
        T value = *this;
        *this = (T)(value + 1);
        return value;
    }
    plain &operator--() { return *this = (T)(*this - 1); }

  private:
    rl::var<T> object;
};

/* An atomic object. */
template <class T> class word
{
  public:
    word(T value = T()) { object.store(value, rl::mo_relaxed, $); }
    word(const word &other) : word(other.load(rl::mo_relaxed)) {}
    word &operator=(const word &other)
    {
        store(other.load(rl::mo_relaxed), rl::mo_relaxed);
        return *this;
    }
    word &operator=(T value)
    {
        store(value, rl::mo_seq_cst);
        return *this;
    }
    operator T() const { return load(rl::mo_seq_cst); }

    T load(memory_order order) const
    {
        RL_ASSERT((int)alive == 1);
        return object.load(order, $);
    }
    void store(T value, memory_order order)
    {
        RL_ASSERT((int)alive == 1);
        object.store(value, order, $);
        changed(order);
    }
    T exchange(T value, memory_order order)
    {
        RL_ASSERT((int)alive == 1);
        T before = object.rmw(rl::rmw_type_t<rl::rmw_type_swap>(), value, order, $);
        changed(order);
        return before;
    }
    template <rl::rmw_type_e kind, class Y> T modify(Y value, memory_order order)
    {
        RL_ASSERT((int)alive == 1);
        T before = object.rmw(rl::rmw_type_t<kind>(), value, order, $);
        changed(order);
        return before;
    }
    bool compare(bool weak, T *expected, T value, memory_order order, memory_order otherwise)
    {
        RL_ASSERT((int)alive == 1);
        if (order == rl::mo_relaxed || order == rl::mo_release)
            otherwise = rl::mo_relaxed;
        T wanted = *expected;
        bool done = weak ? object.compare_exchange(rl::bool_t<true>(), wanted, value, order, otherwise, $)
                         : object.compare_exchange(rl::bool_t<false>(), wanted, value, order, otherwise, $);
        *expected = wanted;
        if (done)
            changed(order);
        return done;
    }
    /* Its memory is another's from now on: whoever uses it, and is not ordered before this, is caught. */
    void end() { alive = 0; }

    /* The kernel's view. */
    T newest() const { return object.debug_value(); }
    mutable rl::atomic<T> object;

  private:
    plain<int> alive = 1;

    static void changed(memory_order order)
    {
        rl::context &c = rl::ctx();
        rl::thread_info_base *here = c.threadx_;
        if (order == rl::mo_seq_cst && c.seq_cst_fence_order_[here->index_] < here->own_acq_rel_order_)
            c.seq_cst_fence_order_[here->index_] = here->own_acq_rel_order_;
    }
};

#define atomic_load_explicit(object, order) ((object)->load(order))
#define atomic_store_explicit(object, value, order) ((object)->store(value, order))
#define atomic_exchange_explicit(object, value, order) ((object)->exchange(value, order))
#define atomic_fetch_add_explicit(object, value, order) (object)->modify<rl::rmw_type_add>(value, order)
#define atomic_fetch_sub_explicit(object, value, order) (object)->modify<rl::rmw_type_sub>(value, order)
#define atomic_fetch_or_explicit(object, value, order) (object)->modify<rl::rmw_type_or>(value, order)
#define atomic_fetch_and_explicit(object, value, order) (object)->modify<rl::rmw_type_and>(value, order)
#define atomic_compare_exchange_strong_explicit(object, expected, value, order, otherwise)         \
    ((object)->compare(false, expected, value, order, otherwise))
#define atomic_compare_exchange_weak_explicit(object, expected, value, order, otherwise)           \
    ((object)->compare(true, expected, value, order, otherwise))

/* base/platform.h ------------------------------------------------------------------------------------------------- */

#define VOW_CACHE_LINE 64
#define VOW_COLD
#define VOW_ALWAYS_INLINE inline
#define vow_likely(condition) (condition)
#define vow_unlikely(condition) (condition)
#define vow_check(condition) RL_ASSERT(condition)
#define vow_container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))
#define vow_ask_to_write(pointer) ((void)0)

static inline void vow_pause_processor(void)
{
    rl::yield(1, $);
}

static inline int sched_yield(void)
{
    rl::yield(1, $);
    return 0;
}

static inline void vow_compiler_fence(void)
{
}

/* execution/fence.h ------------------------------------------------------------------------------------------------ */

#define THREADS_MOST 4
static rl::thread_info_base *started[THREADS_MOST];

static inline void vow_fence_full(void)
{
    rl::ctx().atomic_thread_fence_seq_cst();
}

/* What an instruction of its own would do in `thread`, which is between two of its instructions. */
static inline void fence_in(rl::thread_info_base *thread)
{
    rl::context &c = rl::ctx();
    c.sched();
    rl::thread_info_base *here = c.threadx_;
    c.disable_preemption();
    c.threadx_ = thread;
    c.atomic_thread_fence_seq_cst();
    c.threadx_ = here;
    c.enable_preemption();
}

static inline void vow_barrier_everywhere(void)
{
    vow_fence_full();
    for (rl::thread_info_base *thread : started)
        if (thread != nullptr)
            fence_in(thread);
    vow_fence_full();
}

static inline bool vow_barrier_available(void)
{
    return true;
}

/* base/futex.h ----------------------------------------------------------------------------------------------------- */

struct vow_deadline {
    int64_t at;
};
#define VOW_FOREVER (vow_deadline{INT64_MAX})
#define VOW_SOON (vow_deadline{1})

/* False: the deadline passed. */
static inline bool vow_futex_wait(word<uint32_t> *bell, uint32_t expected, vow_deadline deadline)
{
    rl::context &c = rl::ctx();
    c.sched();
    if (bell->newest() != expected)
        return true;
    return bell->object.wait(c, deadline.at != INT64_MAX, false, $) != rl::unpark_reason_timeout;
}

static inline void vow_futex_wake(word<uint32_t> *bell, int count)
{
    rl::context &c = rl::ctx();
    c.sched();
    bell->object.wake(c, (rl::thread_id_t)count, $);
}

/* base/lock.c does not spin here. */
static inline int spins(void)
{
    return 0;
}

/* Running models --------------------------------------------------------------------------------------------------- */

/* What a scenario begins with, and each of its threads. */
static inline void scenario_begins(void)
{
    for (rl::thread_info_base *&thread : started)
        thread = nullptr;
}

static inline void thread_begins(void)
{
    rl::context &c = rl::ctx();
    started[c.threadx_->index_] = c.threadx_;
    vow_fence_full(); /* what the kernel does when it lets a thread run */
}

struct scenario {
    const char *name;
    bool (*run)(rl::test_params &);
    rl::scheduler_type_e search;
    unsigned count; /* iterations, or the bound of preemptions */
};

/* What the checker tells. It needs no memory: relacy takes allocations for the model's. */
static class tale : public std::streambuf
{
  public:
    void begin() { setp(text, text + sizeof(text) - 1); }
    const char *end()
    {
        for (char *at = text; at < pptr(); at++)
            if (*at == '\0')
                *at = '0';
        *pptr() = '\0';
        return text;
    }

  protected:
    int overflow(int) override
    {
        begin(); /* the last part is the one of interest */
        return 0;
    }

  private:
    char text[1 << 20];
} tale;

static inline bool holds(const struct scenario &scenario, rl::test_result_e *result)
{
    static std::ostream told(&tale);
    rl::test_params params;
    tale.begin();
    params.output_stream = &told;
    params.progress_stream = &told;
    params.search_type = scenario.search;
    params.iteration_count = scenario.count;
    params.context_bound = scenario.count;
    params.execution_depth_limit = 4000;
    bool held = scenario.run(params);
    *result = params.test_result;
    if (held)
        std::printf("# %s: %llu executions\n", scenario.name, (unsigned long long)params.stop_iteration);
    return held;
}

static inline int run_model(const char *model, const struct scenario *scenarios, size_t count,
                            const char *const *weakenings, size_t weak_count, const char *only)
{
    int passed = 0, failed = 0;
    for (size_t i = 0; i < count; i++) {
        rl::test_result_e result;
        weakened = only != nullptr ? std::atoi(only) : 0;
        bool held = holds(scenarios[i], &result);
        std::printf("%s %s: %s\n", held ? "ok" : "not ok", model, scenarios[i].name);
        if (!held)
            std::printf("%s\n", tale.end());
        (held ? passed : failed)++;
        std::fflush(stdout);
    }
    for (size_t w = 0; w < weak_count && only == nullptr; w++) {
        const char *by = nullptr;
        rl::test_result_e result = rl::test_result_success;
        weakened = (int)w + 1;
        for (size_t i = 0; i < count && by == nullptr; i++) {
            if (!holds(scenarios[i], &result))
                by = scenarios[i].name;
        }
        if (by != nullptr)
            std::printf("ok %s: weakened %zu, %s: %s (%s)\n", model, w + 1, weakenings[w],
                        rl::test_result_str(result), by);
        else
            std::printf("not ok %s: weakened %zu, %s: nobody noticed\n", model, w + 1, weakenings[w]);
        (by != nullptr ? passed : failed)++;
        std::fflush(stdout);
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}

#define MODEL(name, ...)                                                                           \
    int weakened;                                                                                  \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const struct scenario scenarios[] = {__VA_ARGS__};                                  \
        static const char *const weakenings[] = {WEAKENINGS};                                      \
        return run_model(name, scenarios, sizeof(scenarios) / sizeof(*scenarios), weakenings,      \
                         sizeof(weakenings) / sizeof(*weakenings), argc > 1 ? argv[1] : nullptr);  \
    }

#endif
