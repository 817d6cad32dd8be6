import type { ByteRange, Coverage } from 'tidemark';
import type { Canvas } from './canvas.js';

/** How much of a column can be there, in steps. */
const SHADES = 16;

/**
 * Draws which bytes are there, as the buffered bar of a video player, and which are waited for.
 * However many ranges: one pass over them.
 */
export function drawCoverage(
  { context, width, height, color }: Canvas,
  coverage: Coverage,
  waitedFor: readonly ByteRange[],
  total: number,
): void {
  context.clearRect(0, 0, width, height);
  context.fillStyle = color('--missing');
  context.fillRect(0, 0, width, height);
  if (total === 0) return;
  const shades = shadesOf(coverage, total, Math.ceil(width));
  context.fillStyle = color('--there');
  for (let from = 0, to; from < shades.length; from = to) {
    const shade = shades[from] ?? 0;
    for (to = from + 1; to < shades.length && shades[to] === shade; to += 1);
    context.globalAlpha = shade / SHADES;
    if (shade > 0) context.fillRect(from, 0, to - from, height);
  }
  context.globalAlpha = 1;
  context.fillStyle = color('--waited');
  for (const { start, end } of waitedFor) {
    context.fillRect((start / total) * width, 0, Math.max(3, ((end - start) / total) * width), height);
  }
}

/** How much of each column is there, 0 to {@link SHADES}. */
function shadesOf(coverage: Coverage, total: number, columns: number): Uint8Array {
  const filled = new Float64Array(columns + 1);
  const bytes = total / columns;
  for (const { start, end } of coverage) {
    const first = Math.floor(start / bytes);
    const last = Math.floor(end / bytes);
    if (first === last) filled[first] = (filled[first] ?? 0) + (end - start) / bytes;
    else {
      filled[first] = (filled[first] ?? 0) + first + 1 - start / bytes;
      filled.fill(1, first + 1, last);
      filled[last] = (filled[last] ?? 0) + end / bytes - last;
    }
  }
  // Something must not look like nothing, nor like everything.
  return Uint8Array.from(filled.subarray(0, columns), (share) => {
    if (share >= 0.999) return SHADES;
    return share === 0 ? 0 : Math.min(SHADES - 1, Math.max(2, Math.round(share * SHADES)));
  });
}
