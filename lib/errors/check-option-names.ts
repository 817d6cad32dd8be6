import { checkOptions } from './check-options.js';

/** As {@link checkOptions}, and the error says which option was probably meant. */
export function checkOptionNames<T extends object>(options: T | undefined, known: readonly (keyof T & string)[]): void {
  checkOptions(options, known, meant);
}

function meant(name: string, known: readonly string[]): string {
  const [best] = known
    .map((option) => ({ option, edits: countEdits(name.toLowerCase(), option.toLowerCase()) }))
    .filter(({ option, edits }) => edits <= Math.max(1, option.length / 3))
    .sort((one, other) => one.edits - other.edits);
  return best === undefined ? '' : ` Did you mean ${best.option}?`;
}

/**
 * Returns how many characters to insert, remove or replace to turn one text into the other
 * (Levenshtein's distance).
 */
function countEdits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (const [at, candidate] of Array.from(other).entries()) {
      const [above = 0, diagonal = 0, left = 0] = [row[at + 1], row[at], next[at]];
      next.push(Math.min(above + 1, left + 1, diagonal + (letter === candidate ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
