package main

// P10 by Go's timers.
//
// Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
//
// The idiom: time.AfterFunc and Stop. A timer is allocated by its start; Stop marks it, and its removal is left for
// later.

import "time"

var never = func() {}

// Deadlines of 10 s to 70 s, and every index once.
func timerPlan(count int) ([]time.Duration, []int) {
	state := uint64(88172645463325252)
	random := func() uint64 {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
		return state
	}
	after := make([]time.Duration, count)
	order := make([]int, count)
	for index := range after {
		after[index] = time.Duration(10000+random()%60000) * time.Millisecond
		order[index] = index
	}
	for index := count - 1; index > 0; index-- {
		other := int(random() % uint64(index+1))
		order[index], order[other] = order[other], order[index]
	}
	return after, order
}

func measureTimers() []float64 {
	count := scaled(timers)
	after, order := timerPlan(count)
	made := make([]*time.Timer, count)
	started := time.Now()
	for index, duration := range after {
		made[index] = time.AfterFunc(duration, never)
	}
	for _, index := range order {
		made[index].Stop()
	}
	return []float64{each(started, count)}
}
