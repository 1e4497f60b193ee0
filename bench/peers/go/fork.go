// P6 by Go's goroutines: fib(32), without cut-off, two of them at a time.
//
// Counted: the whole: ms.
package main

import (
	"runtime"
	"time"
)

func fib(n int) int {
	if n < 2 {
		return n
	}
	first := make(chan int, 1)
	go func() { first <- fib(n - 1) }()
	second := fib(n - 2)
	return <-first + second
}

func measureFork() []float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(poolWorkers))
	started := time.Now()
	if fib(fibonacci) != fibonacciResult {
		panic("the right result")
	}
	return []float64{float64(time.Since(started).Nanoseconds()) / 1e6}
}
