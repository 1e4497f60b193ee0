/*
 * thread.hpp - a thread that sleeps, as models of several protocols need it: execution/scheduler.h's without what is no
 * part of them.
 */
#ifndef VOW_TESTS_MODELS_THREAD_HPP
#define VOW_TESTS_MODELS_THREAD_HPP

struct immediate;

struct thread {
    word<uint32_t> bell;
    struct immediate *immediate;
    word<void *> holding;
};

struct immediate {
    struct inbox inbox;
    struct thread *thread;
};

/* A thread, its home, and its part in carrying lines (wait/line.h). */
struct post {
    struct thread thread;
    struct carrier carrier;
    struct immediate immediate;
    post()
    {
        thread.immediate = &immediate;
        immediate.thread = &thread;
    }
};

#endif
