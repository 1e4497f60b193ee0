/**
 * vow.h - asynchronous execution for C: deferreds, promises, schedulers, waiting.
 *
 * Includes one header per concept. `vow/cleanup.h`, which is for gcc and clang alone, is separate.
 */
#ifndef VOW_H
#define VOW_H

#include <vow/async.h>
#include <vow/barrier.h>
#include <vow/box.h>
#include <vow/channel.h>
#include <vow/clock.h>
#include <vow/combine.h>
#include <vow/compiler.h>
#include <vow/condition.h>
#include <vow/cooperate.h>
#include <vow/coroutine.h>
#include <vow/debug.h>
#include <vow/deferred.h>
#include <vow/delay.h>
#include <vow/dispatcher.h>
#include <vow/each.h>
#include <vow/error.h>
#include <vow/event.h>
#include <vow/foreign.h>
#include <vow/fork.h>
#include <vow/generator.h>
#include <vow/group.h>
#include <vow/limiter.h>
#include <vow/line.h>
#include <vow/list.h>
#include <vow/loop.h>
#include <vow/memory.h>
#include <vow/mutex.h>
#include <vow/name.h>
#include <vow/once.h>
#include <vow/pool.h>
#include <vow/progress.h>
#include <vow/promise.h>
#include <vow/repeat.h>
#include <vow/report.h>
#include <vow/retry.h>
#include <vow/rwlock.h>
#include <vow/scheduler.h>
#include <vow/scope.h>
#include <vow/select.h>
#include <vow/semaphore.h>
#include <vow/source.h>
#include <vow/split.h>
#include <vow/status.h>
#include <vow/submit.h>
#include <vow/task.h>
#include <vow/text.h>
#include <vow/time.h>
#include <vow/timer.h>
#include <vow/value.h>
#include <vow/version.h>
#include <vow/wait.h>

#endif
