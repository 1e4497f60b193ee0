// P10 by Node's timers.
//
// Counted: start 1,000,000 timers with random deadlines, then stop all of them in random order: each, both together.
//
// The idiom: setTimeout and clearTimeout. Timers of the same duration share a list, of which there are 60,000 here.
'use strict';

const { scaled, now, each, crowdCosts, crowdBytes, crowdMetrics, runAll } = require('./node_harness.js');

const timers = 1000000;
const never = () => {};

// Durations of 10 s to 70 s, and every index once.
function plan(count) {
    let state = 88172645;
    const random = () => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return state >>> 0;
    };
    const after = Array.from({ length: count }, () => 10000 + random() % 60000);
    const order = Array.from({ length: count }, (_, index) => index);
    for (let index = count - 1; index > 0; index--) {
        const other = random() % (index + 1);
        [order[index], order[other]] = [order[other], order[index]];
    }
    return { after, order };
}

function crowdOfTimers(count) {
    const { after, order } = plan(count);
    const made = new Array(count).fill(null);
    return {
        fill() {
            for (let index = 0; index < count; index++)
                made[index] = setTimeout(never, after[index]);
        },
        drain() {
            for (let index = 0; index < count; index++)
                clearTimeout(made[order[index]]);
        },
    };
}

function measureTimers() {
    const count = scaled(timers);
    const { fill, drain } = crowdOfTimers(count);
    const started = now();
    fill();
    drain();
    return [each(started, count)];
}

const subject = 'Node setTimeout';

runAll([
    { name: 'P10', subject, unit: 'ns', measure: measureTimers },
    { name: 'timer-memory', subject, unit: 'bytes', measure: () => crowdBytes(crowdOfTimers) },
    { name: 'many-timers', subject, unit: 'ns', metrics: crowdMetrics,
        measure: () => crowdCosts(crowdOfTimers) },
]);
