package main

// P12, P14, P15, nested, sleep by Go's goroutines, on one processor of Go's (GOMAXPROCS 1) where vow has one worker.
//
// The idioms: runtime.Gosched; goroutines that wait for a channel to be closed; unbuffered channels; a goroutine that
// starts another one and receives its result; time.Sleep.

import (
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"
)

func onOneProcessor(measure func() []float64) func() []float64 {
	return func() []float64 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		return measure()
	}
}

func measureYields() []float64 {
	count := scaled(yields)
	done := make(chan bool)
	yieldOften := func() {
		for i := 0; i < count; i++ {
			runtime.Gosched()
		}
		done <- true
	}
	started := time.Now()
	go yieldOften()
	go yieldOften()
	<-done
	<-done
	return []float64{each(started, count)}
}

func residentBytes() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return float64(pages * os.Getpagesize())
}

// Memory of an earlier round is kept by Go: what counts is the first one, which is the largest of all.
var bytesOfFirst float64

func measureParked() []float64 {
	if bytesOfFirst != 0 {
		return []float64{bytesOfFirst}
	}
	count := parked
	wake, ready := make(chan bool), make(chan bool)
	before := residentBytes()
	for i := 0; i < count; i++ {
		go func() {
			ready <- true
			<-wake
		}()
	}
	for i := 0; i < count; i++ {
		<-ready
	}
	bytesOfFirst = (residentBytes() - before) / float64(count)
	close(wake)
	return []float64{bytesOfFirst}
}

func measurePingPong() []float64 {
	count := scaled(pingPongs)
	ping, pong, done := make(chan int), make(chan int), make(chan bool)
	started := time.Now()
	go func() {
		for i := 0; i < count; i++ {
			ping <- i
			<-pong
		}
		done <- true
	}()
	go func() {
		for i := 0; i < count; i++ {
			pong <- <-ping
		}
	}()
	<-done
	return []float64{each(started, count)}
}

func down(depth int) int {
	if depth == 0 {
		return 0
	}
	result := make(chan int)
	go func() { result <- down(depth - 1) }()
	return <-result + 1
}

func measureNested() []float64 {
	deep := scaled(nested)
	down(deep)
	started := time.Now()
	if down(deep) != deep {
		panic("not all waits have ended")
	}
	return []float64{each(started, deep)}
}

func measureSleep() []float64 {
	times := make([]float64, scaled(sleeps))
	for index := range times {
		started := time.Now()
		time.Sleep(time.Millisecond)
		times[index] = float64((time.Since(started) - time.Millisecond).Nanoseconds()) / 1000
	}
	sort.Float64s(times)
	return []float64{times[len(times)/2], times[len(times)*99/100]}
}
