// The command line, the rounds and the rows: what bench/harness.c does for C.
'use strict';

const warmUpTime = 300000000n;
const options = { list: false, json: false, rounds: 5, scale: 1, placement: 'free', wanted: [] };
const crowd = 1000000;
const crowdMetrics = ['1,000', '10,000', '100,000', '1,000,000'];
let scaleNow = 1;

const scaled = (count) => Math.max(1, Math.floor(count * scaleNow));
const now = () => process.hrtime.bigint();
const each = (started, count) => Number(now() - started) / count;

// The ns for each of so many objects. `begin(count)` gives two functions: fill and drain.
async function crowdCosts(begin) {
    const figures = [];
    for (let count = 1000; count <= crowd; count *= 10) {
        if (count > 1000 && count > scaled(crowd)) {
            figures.push(null);
            continue;
        }
        const { fill, drain } = begin(count);
        const started = now();
        fill();
        await drain();
        figures.push(each(started, count));
    }
    return figures;
}

// The growth of the used heap by a million objects: each.
function crowdBytes(begin) {
    const count = scaled(crowd);
    const { fill, drain } = begin(count);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    fill();
    globalThis.gc?.();
    const bytes = (process.memoryUsage().heapUsed - before) / count;
    drain();
    return [bytes];
}

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
        samples.push(await job.measure());
    }
    return samples;
}

function printRow({ name: job, subject, unit }, metric, samples) {
    const { placement } = options;
    const { version } = process;
    if (options.json) {
        const row = { job, subject, metric, unit, version, placement, samples };
        return console.log(JSON.stringify(row));
    }
    samples.sort((a, b) => a - b);
    const [least, median, greatest] = [0, (samples.length - 1) >> 1, samples.length - 1]
        .map((index) => samples[index]?.toFixed(1));
    console.log(job, subject, metric, median, unit, least, 'to', greatest);
}

async function run(job) {
    const samples = await sample(job);
    for (const [index, metric] of (job.metrics ?? ['']).entries())
        printRow(job, metric, samples.map((figures) => figures[index]));
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

async function runAll(jobs) {
    require('v8').setFlagsFromString('--expose-gc');
    globalThis.gc = require('vm').runInNewContext('gc');
    readCommandLine(process.argv.slice(2));
    for (const job of jobs) {
        if (options.wanted.length > 0 && !options.wanted.includes(job.name))
            continue;
        if (options.list)
            console.log(job.name);
        else
            await run(job);
    }
}

module.exports = { scaled, now, each, crowdCosts, crowdBytes, crowdMetrics, runAll };
