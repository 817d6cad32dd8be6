// A picture of coverage as text: one character for each of equally long parts of the content.

const NOTHING = '·';
const SOME = ['░', '▒', '▓'];
const ALL = '█';

/**
 * @param {import('tidemark').Coverage} coverage
 * @param {number} length of the content, in bytes; 0 as long as it is not known
 * @param {number} cells
 */
export function coverageBar(coverage, length, cells) {
  if (length === 0) return NOTHING.repeat(cells);
  let bar = '';
  for (let cell = 0; cell < cells; cell++) {
    const start = Math.floor((cell * length) / cells);
    // Content may be shorter than the bar.
    const end = Math.max(start + 1, Math.floor(((cell + 1) * length) / cells));
    const covered = coverage.coveredBytesIn({ start, end });
    if (covered === 0) bar += NOTHING;
    else if (covered === end - start) bar += ALL;
    else bar += SOME[Math.floor((covered / (end - start)) * SOME.length)];
  }
  return bar;
}

/**
 * A line to put below that bar, with a mark under the cell that a byte is in.
 *
 * @param {number} byte
 * @param {number} length of the content, in bytes
 * @param {number} cells
 */
export function markBelow(byte, length, cells) {
  const cell = Math.min(cells - 1, Math.floor((byte * cells) / Math.max(1, length)));
  return `${' '.repeat(cell)}▲`;
}
