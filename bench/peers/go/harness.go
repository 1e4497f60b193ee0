package main

// The command line, the rounds and the rows: what bench/harness.c does for C.

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"sort"
	"strings"
	"time"
)

const warmUpTime = 300 * time.Millisecond

type job struct {
	name, subject, unit string
	metrics             []string
	measure             func() []float64
}

var (
	list      = flag.Bool("list", false, "print the names of the jobs")
	asJSON    = flag.Bool("json", false, "print JSON lines")
	rounds    = flag.Int("rounds", 5, "rounds after the warm-up")
	scale     = flag.Float64("scale", 1, "factor for the size of a job")
	placement = flag.String("placement", "free", "free, or one where the caller has set it")
	scaleNow  = 1.0
)

func scaled(count int) int {
	if wanted := int(float64(count) * scaleNow); wanted > 0 {
		return wanted
	}
	return 1
}

func each(started time.Time, count int) float64 {
	return float64(time.Since(started).Nanoseconds()) / float64(count)
}

func isWanted(name string) bool {
	for _, wanted := range flag.Args() {
		if wanted == name {
			return true
		}
	}
	return flag.NArg() == 0
}

func sample(j job) [][]float64 {
	samples := make([][]float64, len(j.metrics))
	started := time.Now()
	scaleNow = *scale / 10
	j.measure()
	scaleNow = *scale
	for time.Since(started) < warmUpTime {
		j.measure()
	}
	for round := 0; round < *rounds; round++ {
		runtime.GC()
		for index, figure := range j.measure() {
			samples[index] = append(samples[index], figure)
		}
	}
	return samples
}

func printJSON(j job, metric string, samples []float64) {
	texts := make([]string, len(samples))
	for index, figure := range samples {
		texts[index] = fmt.Sprintf("%.4g", figure)
		if math.IsNaN(figure) {
			texts[index] = "null"
		}
	}
	fmt.Printf(`{"job": %q, "subject": %q, "metric": %q, "unit": %q, `+
		`"version": %q, "placement": %q, "samples": [%s]}`+"\n",
		j.name, j.subject, metric, j.unit, runtime.Version(), *placement, strings.Join(texts, ", "))
}

func printText(j job, metric string, samples []float64) {
	sort.Float64s(samples)
	last := len(samples) - 1
	median := (samples[last/2] + samples[(last+1)/2]) / 2
	fmt.Printf("%-4s %-34s %-4s %10.4g %-5s %10.4g to %.4g\n",
		j.name, j.subject, metric, median, j.unit, samples[0], samples[last])
}

func run(j job) {
	samples := sample(j)
	for index, metric := range j.metrics {
		if *asJSON {
			printJSON(j, metric, samples[index])
		} else {
			printText(j, metric, samples[index])
		}
	}
}

func runAll(jobs []job) {
	flag.Parse()
	for _, j := range jobs {
		switch {
		case !isWanted(j.name):
		case *list:
			fmt.Println(j.name)
		default:
			run(j)
		}
	}
}
