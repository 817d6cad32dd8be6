import type { Canvas } from './canvas.js';
import { COLUMNS } from './peaks.js';

/** From one bar to the next, in pixels. */
const PITCH = 4;
const BAR = 3;

/** Draws how loud a song is, what was played in another colour; a dot where it is not known yet. */
export function drawWaveform({ context, width, height, color }: Canvas, peaks: Float32Array, playhead: number): void {
  context.clearRect(0, 0, width, height);
  const bars = Math.min(COLUMNS, Math.floor(width / PITCH));
  for (let bar = 0; bar < bars; bar += 1) {
    const peak = loudest(peaks.subarray(Math.floor((bar / bars) * COLUMNS), Math.floor(((bar + 1) / bars) * COLUMNS)));
    const isKnown = peak !== undefined;
    const size = isKnown ? Math.max(BAR, peak * height) : BAR;
    context.fillStyle = color(isKnown ? ((bar + 0.5) / bars < playhead ? '--played' : '--wave') : '--missing');
    context.fillRect(Math.round((bar / bars) * width), (height - size) / 2, BAR, size);
  }
}

/** Of those that are known. */
function loudest(peaks: Float32Array): number | undefined {
  let loudest: number | undefined;
  for (const peak of peaks) {
    if (!Number.isNaN(peak) && (loudest === undefined || peak > loudest)) loudest = peak;
  }
  return loudest;
}
