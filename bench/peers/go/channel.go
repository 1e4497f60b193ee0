// P16, P17 by Go's channels.
//
// Counted: P16, integers through a channel of capacity 1,024, from one goroutine that writes to one that reads: an item. P17, the same from
// two to two.
package main

import (
	"runtime"
	"sync"
	"time"
)

func stream(lines int) []float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	count := scaled(items) / lines
	channel := make(chan int64, capacity)
	var writers, readers sync.WaitGroup
	sums := make([]int64, lines*8)
	started := time.Now()
	for line := 0; line < lines; line++ {
		writers.Add(1)
		readers.Add(1)
		go func() {
			for index := 1; index <= count; index++ {
				channel <- int64(index)
			}
			writers.Done()
		}()
		go func(line int) {
			sum := int64(0)
			for item := range channel {
				sum += item
			}
			sums[line*8] = sum
			readers.Done()
		}(line)
	}
	writers.Wait()
	close(channel)
	readers.Wait()
	figure := each(started, count*lines)
	sum := int64(0)
	for _, part := range sums {
		sum += part
	}
	if sum != int64(lines)*int64(count)*int64(count+1)/2 {
		panic("every item, once")
	}
	return []float64{figure}
}

func measureStream() []float64 {
	return stream(1)
}

func measureStreamOfTwo() []float64 {
	return stream(2)
}
