/**
 * A cycle of writes in which every state can be told by the number of bytes that it covers.
 *
 * Units of four bytes. First, every second unit is written, in no order: thousands of ranges that
 * come and split pages. Then stretches of several units that overlap both what is there and what is
 * not: they merge ranges, and free pages. At the end everything is one range; a commit cuts it back
 * to the first unit, and reactivating begins the next cycle.
 */
export const UNIT = 4;
export const UNITS = 8192;
export const LENGTH = UNIT * UNITS;

/** @param {number} seed */
function generator(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function makeSteps() {
  const random = generator(42);
  const order = Array.from({ length: UNITS / 2 - 1 }, (_, index) => 2 * (index + 1));
  for (let index = order.length - 1; index > 0; index--) {
    const other = random(index + 1);
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  const steps = order.map((unit) => ({ start: unit, end: unit + 1 }));
  const covered = new Uint8Array(UNITS);
  for (const { start } of steps) covered[start] = 1;
  covered[0] = 1;
  for (let first = covered.indexOf(0); first !== -1; first = covered.indexOf(0)) {
    // Somewhere, and at the first hole once chance has become rare.
    let start = random(UNITS);
    if (covered[start] === 1 || random(4) === 0) start = first;
    const end = Math.min(UNITS, start + 1 + random(40));
    covered.fill(1, start, end);
    steps.push({ start, end });
  }
  return steps;
}

/** What each step writes, in units, half-open. Step `i` leads from state `i` to state `i + 1`. */
export const steps = makeSteps();

/**
 * The number of states in a cycle; behind the last write come the commit, then reactivation, which
 * is state 0 again.
 */
export const CYCLE = steps.length + 2;
/** The state after the commit: the coverage of state 0. */
const CUT = steps.length + 1;

/** The state in which each unit becomes covered. */
export const coveredFrom = new Int32Array(UNITS).fill(-1);
/**
 * Of each state: how many bytes are covered, in how many ranges, and all bounds of ranges as one
 * number.
 */
export const bytesOf = new Int32Array(CYCLE);
export const countOf = new Int32Array(CYCLE);
export const printOf = new Int32Array(CYCLE);
/** The state that covers a number of bytes. */
export const stateOf = new Map();

/** @param {number} bound - in units */
export function hash(bound) {
  let mixed = Math.imul(bound + 1, 0x9e37_79b1);
  mixed ^= mixed >>> 15;
  return Math.imul(mixed, 0x85eb_ca6b) ^ (mixed >>> 13);
}

function describeStates() {
  coveredFrom[0] = 0;
  let bytes = UNIT;
  let count = 1;
  let print = hash(0) ^ hash(1);
  for (let state = 0; state <= steps.length; state++) {
    if (state > 0) {
      const { start, end } = /** @type {{ start: number, end: number }} */ (steps[state - 1]);
      for (let unit = start; unit < end; unit++) {
        if (coveredFrom[unit] !== -1) continue;
        const left = coveredFrom[unit - 1] !== -1;
        const right = unit + 1 < UNITS && coveredFrom[unit + 1] !== -1;
        coveredFrom[unit] = state;
        bytes += UNIT;
        count += left && right ? -1 : left || right ? 0 : 1;
        // A bound that is there twice is there no more.
        print ^= hash(unit) ^ hash(unit + 1);
      }
    }
    bytesOf[state] = bytes;
    countOf[state] = count;
    printOf[state] = print;
    stateOf.set(bytes, state);
  }
  bytesOf[CUT] = UNIT;
  countOf[CUT] = 1;
  printOf[CUT] = hash(0) ^ hash(1);
}

describeStates();
