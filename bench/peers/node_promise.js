// P1, P2, P3, P4 and all by Node's native promises.
//
// Counted: P1, create a promise with its resolve function, add one callback, resolve it with an
// integer, run the callback: each. P2 and P3, a chain of 10 `then` (each gives a new promise; a
// promise of JavaScript has no other way), less the cost with 1 for P2: each link. P4, the growth
// of the used heap by 1,000,000 pending promises of one callback: each. all, 1,000 pending promises
// gathered by `Promise.all`, resolved with integers, the array awaited: each.
//
// The idiom: `new Promise` with the resolve function kept, and `then` with a function; 1,000
// promises are made before the engine runs its queue, and the engine's collector has its turns
// within the rounds.
'use strict';

const { scaled, now, each, crowdCosts, crowdMetrics, runAll } = require('./node_harness.js');

const sizes = { promises: 2000000, chains: 500000, links: 10, pending: 1000000,
    gathered: 1000, gatherings: 1000 };
const batch = 1000;
let sink = 0;

const addOne = (value) => value + 1;
const keep = (value) => { sink += value; };

function fireBatch(count, links) {
    let last;
    for (let index = 0; index < count; index++) {
        let resolve;
        let promise = new Promise((settle) => { resolve = settle; });
        for (let link = 1; link < links; link++)
            promise = promise.then(addOne);
        last = promise.then(keep);
        resolve(index);
    }
    return last;
}

async function costOfAChain(chains, links) {
    const started = now();
    for (let chain = 0; chain < chains; chain += batch)
        await fireBatch(batch, links);
    return each(started, Math.ceil(chains / batch) * batch);
}

async function measurePromise() {
    return [await costOfAChain(scaled(sizes.promises), 1)];
}

async function measureFurtherLink() {
    const withOne = await costOfAChain(scaled(sizes.chains), 1);
    const withAll = await costOfAChain(scaled(sizes.chains), sizes.links);
    return [(withAll - withOne) / (sizes.links - 1)];
}

async function measureLink() {
    return [await costOfAChain(scaled(sizes.chains), sizes.links) / sizes.links];
}

async function measureBytes() {
    const count = scaled(sizes.pending);
    const kept = new Array(count).fill(null);
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < count; index++) {
        kept[index] = new Promise((settle) => { if (index < 0) settle(); });
        kept[index].then(keep);
    }
    globalThis.gc?.();
    const bytes = (process.memoryUsage().heapUsed - before) / count;
    keep(kept.length); // or the engine would have collected it before the measure
    return [bytes];
}

async function measureAll() {
    const times = scaled(sizes.gatherings);
    const settle = new Array(sizes.gathered);
    const started = now();
    for (let time = 0; time < times; time++) {
        const all = Promise.all(settle.fill(null).map(
            (_, index) => new Promise((resolve) => { settle[index] = resolve; })));
        for (let index = 0; index < sizes.gathered; index++)
            settle[index](index);
        keep((await all).length);
    }
    return [each(started, times) / sizes.gathered];
}

function crowdOfPromises(count) {
    const kept = new Array(count).fill(null);
    const settle = new Array(count).fill(null);
    return {
        fill() {
            for (let index = 0; index < count; index++)
                kept[index] = new Promise((resolve) => { settle[index] = resolve; }).then(keep);
        },
        drain() {
            for (let index = 0; index < count; index++)
                settle[index](index);
            return kept[count - 1];
        },
    };
}

const jobs = [
    { name: 'P1', subject: 'Node promise', unit: 'ns', measure: measurePromise },
    { name: 'P2', subject: 'Node promise', unit: 'ns', measure: measureFurtherLink },
    { name: 'P3', subject: 'Node promise', unit: 'ns', measure: measureLink },
    { name: 'P4', subject: 'Node promise', unit: 'bytes', measure: measureBytes },
    { name: 'all', subject: 'Node promise', unit: 'ns', measure: measureAll },
    { name: 'many-promises', subject: 'Node promise', unit: 'ns', metrics: crowdMetrics,
        measure: () => crowdCosts(crowdOfPromises) },
];

runAll(jobs);
