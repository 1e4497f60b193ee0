// P5, P7, P8, P9 by Go's goroutines and channels.
//
// Counted: P5, hand 1,000,000 empty functions from one goroutine to two workers, until all have
// run: each; once by a channel of functions with two goroutines that serve it, once by a goroutine
// for each function. P7, send a trivial function to one worker; its callback comes back to the
// sending goroutine and sends the next one: the time of each of 100,000 round trips. P8, the same
// with two workers and 10,000 under way: million per second. P9, one goroutine sends 1,000,000
// functions to another one that serves as a loop, until all have run: each.
//
// The idiom: buffered channels as queues, `for … range` to serve them, closing to end.
package main

import (
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

type trip struct {
	work     func() int
	callback func(int)
}

type result struct {
	callback func(int)
	value    int
}

var sink int64

func empty() {}

func measureChannel() []float64 {
	count := scaled(jobs)
	functions := make(chan func(), 1024)
	var workers sync.WaitGroup
	workers.Add(poolWorkers)
	for worker := 0; worker < poolWorkers; worker++ {
		go func() {
			defer workers.Done()
			for function := range functions {
				function()
			}
		}()
	}
	started := time.Now()
	for index := 0; index < count; index++ {
		functions <- empty
	}
	close(functions)
	workers.Wait()
	return []float64{each(started, count)}
}

func measureGoroutines() []float64 {
	count := scaled(jobs)
	var running sync.WaitGroup
	running.Add(count)
	started := time.Now()
	for index := 0; index < count; index++ {
		go running.Done()
	}
	running.Wait()
	return []float64{each(started, count)}
}

func serve(trips <-chan trip, results chan<- result) {
	for next := range trips {
		results <- result{next.callback, next.work()}
	}
}

func startWorkers(workers, capacity int) (chan trip, chan result) {
	trips := make(chan trip, capacity)
	results := make(chan result, capacity)
	for worker := 0; worker < workers; worker++ {
		go serve(trips, results)
	}
	return trips, results
}

func work() int { return 1 }

func measureLatency() []float64 {
	times := make([]int64, scaled(roundTrips))
	trips, results := startWorkers(1, 1)
	defer close(trips)
	started := time.Now()
	last := int64(0)
	for index := range times {
		trips <- trip{work, func(int) {
			now := time.Since(started).Nanoseconds()
			times[index] = now - last
			last = now
		}}
		done := <-results
		done.callback(done.value)
	}
	sort.Slice(times, func(a, b int) bool { return times[a] < times[b] })
	return []float64{float64(times[len(times)/2]) / 1000, float64(times[len(times)*99/100]) / 1000}
}

func measureThroughput() []float64 {
	total := scaled(roundTripsTotal)
	trips, results := startWorkers(poolWorkers, inFlight)
	defer close(trips)
	sum, sent := 0, 0
	next := trip{work, func(value int) { sum += value }}
	started := time.Now()
	for ; sent < inFlight && sent < total; sent++ {
		trips <- next
	}
	for finished := 0; finished < total; finished++ {
		done := <-results
		done.callback(done.value)
		if sent < total {
			trips <- next
			sent++
		}
	}
	atomic.AddInt64(&sink, int64(sum))
	return []float64{1000 / each(started, total)}
}

func measurePosts() []float64 {
	count := scaled(posts)
	functions := make(chan func(), 1024)
	ended := make(chan struct{})
	finished := 0
	go func() {
		for function := range functions {
			function()
		}
		close(ended)
	}()
	function := func() { finished++ }
	started := time.Now()
	for index := 0; index < count; index++ {
		functions <- function
	}
	close(functions)
	<-ended
	return []float64{each(started, count)}
}

func main() {
	single := []string{""}
	runAll([]job{
		{"P5", "Go, channel of functions", "ns", single, measureChannel},
		{"P5", "Go, goroutines", "ns", single, measureGoroutines},
		{"P6", "Go, goroutines", "ms", single, measureFork},
		{"P7", "Go, channels", "us", []string{"p50", "p99"}, measureLatency},
		{"P8", "Go, channels", "M/s", single, measureThroughput},
		{"P9", "Go, channel of functions", "ns", single, measurePosts},
		{"P10", "Go time.AfterFunc", "ns", single, measureTimers},
		{"P12", "Go runtime.Gosched", "ns", single, onOneProcessor(measureYields)},
		{"P14", "Go, goroutines", "bytes", single, onOneProcessor(measureParked)},
		{"P15", "Go, channels", "ns", single, onOneProcessor(measurePingPong)},
		{"nested", "Go, goroutines", "ns", single, onOneProcessor(measureNested)},
		{"sleep", "Go time.Sleep", "us", []string{"p50", "p99"}, measureSleep},
		{"P16", "Go, channel", "ns", single, measureStream},
		{"P17", "Go, channel", "ns", single, measureStreamOfTwo},
		{"timer-memory", "Go time.AfterFunc", "bytes", single, bytesOf(crowdOfTimers, timerBookkeeping)},
		{"item-memory", "Go, channel", "bytes", single, bytesOf(crowdOfItems, 0)},
		{"many-timers", "Go time.AfterFunc", "ns", crowdMetrics, costsOf(crowdOfTimers)},
		{"many-lines", "Go, goroutines", "ns", crowdMetrics, onOneProcessor(costsOf(crowdOfLines))},
		{"many-items", "Go, channel", "ns", crowdMetrics, costsOf(crowdOfItems)},
		{"P18", "Go, a goroutine for each stage", "ns", single, measurePipeline},
	})
}
