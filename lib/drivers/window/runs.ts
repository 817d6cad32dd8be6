/**
 * A set of numbers as the runs that it is made of: their starts and ends by turns, half-open,
 * ascending, neither empty nor touching. A plain array, since there are few.
 */
export type Runs = number[];

/** Adds `[start, end)`, not empty. */
export function addRun(runs: Runs, start: number, end: number): void {
  // Most come in order.
  if (start > (runs.at(-1) ?? -1)) {
    runs.push(start, end);
    return;
  }
  const first = firstEndingAt(runs, start);
  let behind = first;
  let from = start;
  let to = end;
  while (behind < runs.length && at(runs, behind) <= end) {
    from = Math.min(from, at(runs, behind));
    to = Math.max(to, at(runs, behind + 1));
    behind += 2;
  }
  runs.splice(first, behind - first, from, to);
}

/** Removes what there is of `[start, end)`, not empty. */
export function removeRun(runs: Runs, start: number, end: number): void {
  const first = firstEndingAt(runs, start + 1);
  const left: number[] = [];
  let behind = first;
  while (behind < runs.length && at(runs, behind) < end) {
    if (at(runs, behind) < start) left.push(at(runs, behind), start);
    if (at(runs, behind + 1) > end) left.push(end, at(runs, behind + 1));
    behind += 2;
  }
  runs.splice(first, behind - first, ...left);
}

/**
 * The index of the run that `value` is in, else of the first one behind it; the length of `runs` if
 * there is none.
 */
export function runFrom(runs: Runs, value: number): number {
  return firstEndingAt(runs, value + 1);
}

/** The index of the first run whose end is `end` or more. */
function firstEndingAt(runs: Runs, end: number): number {
  let low = 0;
  let high = runs.length / 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(runs, 2 * middle + 1) < end) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function at(runs: Runs, index: number): number {
  return runs[index] ?? Infinity;
}
