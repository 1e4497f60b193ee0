// P1, P2, P3, P4 by Node's native promises.
//
// Counted: P1, create a promise with its resolve function, add one callback, resolve it with an
// integer, run the callback: each. P2 and P3, a chain of 10 `then` (each gives a new promise; a
// promise of JavaScript has no other way), less the cost with 1 for P2: each link. P4, the growth
// of the used heap by 1,000,000 pending promises of one callback: each.
//
// The idiom: `new Promise` with the resolve function kept, and `then` with a function; 1,000
// promises are made before the engine runs its queue, and the engine's collector has its turns
// within the rounds.
'use strict';

const sizes = { promises: 2000000, chains: 500000, links: 10, pending: 1000000 };
const batch = 1000;
const warmUpTime = 300000000n;
const options = { list: false, json: false, rounds: 5, scale: 1, placement: 'free', wanted: [] };
let scaleNow = 1;
let sink = 0;

const scaled = (count) => Math.max(1, Math.floor(count * scaleNow));
const now = () => process.hrtime.bigint();
const each = (started, count) => Number(now() - started) / count;
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

const jobs = [
    { name: 'P1', subject: 'Node promise', unit: 'ns', measure: measurePromise },
    { name: 'P2', subject: 'Node promise', unit: 'ns', measure: measureFurtherLink },
    { name: 'P3', subject: 'Node promise', unit: 'ns', measure: measureLink },
    { name: 'P4', subject: 'Node promise', unit: 'bytes', measure: measureBytes },
];

async function sample(job) {
    const samples = [];
    const started = now();
    scaleNow = options.scale / 10;
    await job.measure();
    scaleNow = options.scale;
    while (now() - started < warmUpTime)
        await job.measure();
    for (let round = 0; round < options.rounds; round++) {
        globalThis.gc?.();
        samples.push((await job.measure())[0]);
    }
    return samples;
}

function printRow({ name: job, subject, unit }, samples) {
    const { placement } = options;
    const { version } = process;
    if (options.json) {
        const row = { job, subject, metric: '', unit, version, placement, samples };
        return console.log(JSON.stringify(row));
    }
    samples.sort((a, b) => a - b);
    const [least, median, greatest] = [0, (samples.length - 1) >> 1, samples.length - 1]
        .map((index) => samples[index].toFixed(1));
    console.log(job, subject, median, unit, least, 'to', greatest);
}

function readCommandLine(words) {
    while (words.length > 0) {
        const word = words.shift();
        if (word === '--list' || word === '--json')
            options[word.slice(2)] = true;
        else if (word === '--placement')
            options.placement = words.shift();
        else if (word.startsWith('--'))
            options[word.slice(2)] = Number(words.shift());
        else
            options.wanted.push(word);
    }
}

async function main() {
    require('v8').setFlagsFromString('--expose-gc');
    globalThis.gc = require('vm').runInNewContext('gc');
    readCommandLine(process.argv.slice(2));
    for (const job of jobs) {
        if (options.wanted.length > 0 && !options.wanted.includes(job.name))
            continue;
        if (options.list)
            console.log(job.name);
        else
            printRow(job, await sample(job));
    }
}

main();
