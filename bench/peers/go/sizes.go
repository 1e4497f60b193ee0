package main

// How much work each job is: the same as in bench/sizes.h.
const (
	jobs            = 1_000_000
	poolWorkers     = 2
	fibonacci       = 32
	fibonacciResult = 2_178_309
	roundTrips      = 100_000
	inFlight        = 10_000
	roundTripsTotal = 1_000_000
	posts           = 1_000_000
	timers          = 1_000_000
	yields          = 1_000_000
	parked          = 100_000
	pingPongs       = 1_000_000
	nested          = 10_000
	sleeps          = 300
	items           = 4_000_000
	capacity        = 1_024
	pipeline        = 1_000_000
)
