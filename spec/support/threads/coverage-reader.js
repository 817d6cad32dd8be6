import { attachReader } from 'tidemark';
import { openSync } from 'tidemark/sync';
// Knows how to read the files of other threads.
import 'tidemark/node';
import {
  bytesOf,
  countOf,
  coveredFrom,
  CYCLE,
  hash,
  LENGTH,
  printOf,
  stateOf,
  UNIT,
  UNITS,
} from './coverage-schedule.js';
import { serve } from './rpc.js';

/** @type {any} */
let reader;
let seed = 7;

/** @param {number} below */
function random(below) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

/**
 * The states that there were while a question was asked, as counted by the owner: all of
 * `[first, last]`.
 */
class Window {
  /** @param {Int32Array} progress */
  constructor(progress) {
    this.progress = progress;
    this.first = 0;
    this.last = 0;
  }

  open() {
    this.first = Atomics.load(this.progress, 2);
  }

  close() {
    this.last = Atomics.load(this.progress, 1);
  }

  /**
   * Whether a state of the cycle from `low` to `high` was among them.
   *
   * @param {number} low
   * @param {number} high
   */
  touches(low, high) {
    if (low > high) return false;
    // The first state of that kind at or behind the window's beginning.
    const phase = this.first % CYCLE;
    const distance = phase <= high ? Math.max(0, low - phase) : CYCLE - phase + low;
    return this.first + distance <= this.last;
  }

  /**
   * As above, for what holds from `low` on until the commit cuts the content back (state
   * `CYCLE - 1` is as state 0).
   *
   * @param {number} low
   * @param {number} high - last state of the interval; that before the commit by default
   */
  holds(low, high = CYCLE - 2) {
    return this.touches(low, high) || (low <= 0 && this.touches(CYCLE - 1, CYCLE - 1));
  }
}

/** @param {Window} window */
function askCount(window) {
  window.open();
  const bytes = reader.coveredBytes;
  window.close();
  const state = stateOf.get(bytes);
  return state !== undefined && window.holds(state, state) ? undefined : { bytes };
}

/** The unit that was asked for last. */
let place = 0;

/**
 * Mostly the same again, or close by: what a reader remembers of its last lookup has to hold now.
 */
function nextPlace() {
  const near = random(4);
  place = near === 0 ? random(UNITS) : Math.min(UNITS - 1, place + near - 1);
  return place;
}

/** @param {Window} window */
function askHas(window) {
  const start = nextPlace();
  const end = Math.min(UNITS, start + 1 + random(3));
  window.open();
  const has = reader.has({ start: start * UNIT, end: end * UNIT });
  window.close();
  let from = 0;
  for (let unit = start; unit < end; unit++) from = Math.max(from, coveredFrom[unit] ?? 0);
  const existed = has ? window.holds(from) : window.holds(0, from - 1);
  return existed ? undefined : { start, end, has };
}

/** @param {Window} window */
function askGap(window) {
  const from = nextPlace();
  window.open();
  const gap = reader.nextGap(from * UNIT, LENGTH);
  window.close();
  const start = gap === undefined ? UNITS : gap.start / UNIT;
  const end = gap === undefined ? UNITS : gap.end / UNIT;
  let low = 0;
  let high = CYCLE - 2;
  for (let unit = from; unit < start; unit++) low = Math.max(low, coveredFrom[unit] ?? 0);
  for (let unit = start; unit < end; unit++) high = Math.min(high, (coveredFrom[unit] ?? 0) - 1);
  if (end < UNITS) low = Math.max(low, coveredFrom[end] ?? 0);
  // Committed content has no gap, wherever one looks.
  if (gap === undefined && window.touches(CYCLE - 1, CYCLE - 1)) return undefined;
  return window.holds(low, high) ? undefined : { from, gap };
}

/** @param {Window} window */
function askSnapshot(window) {
  window.open();
  const coverage = reader.coverage;
  window.close();
  let bytes = 0;
  let print = 0;
  let before = -1;
  for (const { start, end } of coverage) {
    if (start <= before || end <= start) return { disorder: [before, start, end] };
    before = end;
    bytes += end - start;
    print ^= hash(start / UNIT) ^ hash(end / UNIT);
  }
  const state = stateOf.get(bytes);
  const existed =
    state !== undefined &&
    window.holds(state, state) &&
    bytes === coverage.coveredBytes &&
    bytes === bytesOf[state] &&
    coverage.rangeCount === countOf[state] &&
    print === printOf[state];
  return existed ? undefined : { state, bytes, rangeCount: coverage.rangeCount };
}

serve({
  openSync(handle) {
    reader = openSync(handle);
  },
  attach(handle) {
    reader = attachReader(handle);
  },
  /**
   * Asks `questions` times, `snapshots` of them for all ranges; answers the first state that never
   * was.
   *
   * @param {Int32Array} progress
   * @param {number} questions
   * @param {number} snapshots
   */
  ask(progress, questions, snapshots) {
    const window = new Window(progress);
    const every = Math.floor(questions / snapshots);
    const phases = new Set();
    let changed = 0;
    for (let question = 0; question < questions; question++) {
      const ask =
        question % every === 0 ? askSnapshot : question % 3 === 0 ? askCount : question % 3 === 1 ? askHas : askGap;
      const torn = ask(window);
      const { first, last } = window;
      if (torn !== undefined) return { kind: ask.name, torn, first: first % CYCLE, last: last % CYCLE, question };
      if (last > first) changed++;
      if (ask === askSnapshot) phases.add(Math.floor((first % CYCLE) / 100));
    }
    return { questions, changed, phases: phases.size };
  },
});
