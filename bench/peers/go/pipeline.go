// P18 by goroutines and channels: a goroutine for each stage.
//
// Counted: 1,000,000 integers, squared, doubled and summed up, in order: an item. Buffered channels between the stages.
package main

import (
	"runtime"
	"time"
)

func stage(source <-chan int64, function func(int64) int64) <-chan int64 {
	drain := make(chan int64, capacity)
	go func() {
		for item := range source {
			drain <- function(item)
		}
		close(drain)
	}()
	return drain
}

func measurePipeline() []float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	count := scaled(pipeline)
	numbers := make(chan int64, capacity)
	started := time.Now()
	go func() {
		for index := 0; index < count; index++ {
			numbers <- int64(index)
		}
		close(numbers)
	}()
	squares := stage(numbers, func(item int64) int64 { return item * item })
	doubles := stage(squares, func(item int64) int64 { return item * 2 })
	sum := int64(0)
	for item := range doubles {
		sum += item
	}
	figure := each(started, count)
	wanted := int64(0)
	for index := int64(0); index < int64(count); index++ {
		wanted += 2 * index * index
	}
	if sum != wanted {
		panic("every item, once")
	}
	return []float64{figure}
}
