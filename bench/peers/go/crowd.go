package main

// timer-memory, item-memory, many-timers, many-lines, many-items by Go: what bench/crowd.c does for C.
//
// Counted: so many objects made alive, then all ended: each; and the growth of resident memory by a million.
//
// The idioms: time.AfterFunc and Stop; goroutines that wait for a channel to be closed; a buffered channel.

import (
	"math"
	"sync"
	"time"
)

const (
	crowdObjects = 1_000_000
	crowdInAll   = 200_000
)

var crowdMetrics = []string{"1,000", "10,000", "100,000", "1,000,000"}

// What a crowd's begin returns: fill and drain.
type crowd func(count int) (func(), func())

func costOfCrowd(begin crowd, count int) float64 {
	times := 1
	if count < crowdInAll {
		times = crowdInAll / count
	}
	sum := 0.0
	for turn := 0; turn < times; turn++ {
		fill, drain := begin(count)
		started := time.Now()
		fill()
		drain()
		sum += each(started, count)
	}
	return sum / float64(times)
}

func costsOf(begin crowd) func() []float64 {
	return func() []float64 {
		var figures []float64
		for count := 1_000; count <= crowdObjects; count *= 10 {
			if count > 1_000 && count > scaled(crowdObjects) {
				figures = append(figures, math.NaN())
			} else {
				figures = append(figures, costOfCrowd(begin, count))
			}
		}
		return figures
	}
}

// Memory of an earlier round is kept by Go: what counts is the first one, at full size.
func bytesOf(begin crowd, bookkeeping float64) func() []float64 {
	first := 0.0
	return func() []float64 {
		if first == 0 {
			before := residentBytes()
			fill, drain := begin(crowdObjects)
			fill()
			first = (residentBytes()-before)/crowdObjects - bookkeeping
			drain()
		}
		return []float64{first}
	}
}

// The plan takes 16 bytes for each, the list of timers 8.
const timerBookkeeping = 24

func crowdOfTimers(count int) (func(), func()) {
	after, order := timerPlan(count)
	made := make([]*time.Timer, count)
	fill := func() {
		for index, duration := range after {
			made[index] = time.AfterFunc(duration, never)
		}
	}
	return fill, func() {
		for _, index := range order {
			made[index].Stop()
		}
	}
}

func crowdOfLines(count int) (func(), func()) {
	wake := make(chan bool)
	var parked, running sync.WaitGroup
	parked.Add(count)
	running.Add(count)
	fill := func() {
		for index := 0; index < count; index++ {
			go func() {
				parked.Done()
				<-wake
				running.Done()
			}()
		}
		parked.Wait()
	}
	return fill, func() {
		close(wake)
		running.Wait()
	}
}

func crowdOfItems(count int) (func(), func()) {
	channel := make(chan int64, count)
	fill := func() {
		for index := 0; index < count; index++ {
			channel <- int64(index)
		}
	}
	return fill, func() {
		for index := 0; index < count; index++ {
			if <-channel != int64(index) {
				panic("every item, in turn")
			}
		}
	}
}
