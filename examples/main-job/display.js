// What the job looks like: a picture drawn over and over where there is a terminal, plain lines
// where there is none.

import { auditTime, distinctUntilChanged, map, tap, throttleTime } from 'rxjs';
import { coverageBar, markBelow } from './coverage-bar.js';

/**
 * @typedef {object} Picture what there is to see at one moment
 * @property {import('tidemark').Coverage} coverage
 * @property {number | undefined} length of the content in bytes, if known
 * @property {number | undefined} blockedAt the byte that the decoder waits for
 * @property {number} bytesPerSecond
 * @property {import('./playback.js').Playback} playback
 *
 * @typedef {ReturnType<typeof createDisplay>} Display
 */

const LIVE_EVERY = 80; // ms
const PLAIN_EVERY = 500; // ms
const PLAIN_CELLS = 40;
const MOST_CELLS = 120;
const WIDTH_UNKNOWN = 80;

/** @param {NodeJS.WriteStream} output */
export function createDisplay(output) {
  let linesDrawn = 0;
  /**
   * Writes where the last picture begins, which goes away.
   *
   * @param {string} text
   * @param {number} lines to erase later
   */
  const replaceBy = (text, lines) => {
    const toFirstLine = linesDrawn > 1 ? `\x1b[${linesDrawn - 1}A` : '';
    output.write(linesDrawn === 0 ? text : `\r${toFirstLine}\x1b[J${text}`);
    linesDrawn = lines;
  };
  const cells = () => Math.min(MOST_CELLS, (output.columns || WIDTH_UNKNOWN) - 3);

  return {
    /** Prints a line to stay; undefined prints nothing. @param {string | undefined} line */
    say(line) {
      if (line !== undefined) replaceBy(`${line}\n`, 0);
    },

    /** Takes the picture away. */
    clear() {
      replaceBy('', 0);
    },

    /**
     * Shows pictures for as long as it is subscribed to; emits what it has written.
     *
     * @param {import('rxjs').Observable<Picture>} picture$
     */
    show(picture$) {
      return output.isTTY
        ? picture$.pipe(
            auditTime(LIVE_EVERY),
            map((picture) => drawPicture(picture, cells())),
            tap((text) => replaceBy(text, text.split('\n').length)),
          )
        : picture$.pipe(
            throttleTime(PLAIN_EVERY, undefined, { leading: true, trailing: true }),
            map(describe),
            distinctUntilChanged(),
            tap((line) => output.write(`${line}\n`)),
          );
    },
  };
}

/**
 * @param {Picture} picture
 * @param {number} cells width of the bar
 */
function drawPicture(picture, cells) {
  const { coverage, length = 0, blockedAt } = picture;
  return [
    `▕${coverageBar(coverage, length, cells)}▏`,
    blockedAt === undefined ? '' : ` ${markBelow(blockedAt, length, cells)}`,
    // A line that wraps could not be erased.
    ` ${download(picture)}`.slice(0, cells + 2),
    ` ${decoder(picture)}`.slice(0, cells + 2),
  ].join('\n');
}

/** @param {Picture} picture */
function describe(picture) {
  const bar = coverageBar(picture.coverage, picture.length ?? 0, PLAIN_CELLS);
  return `[${bar}] ${download(picture)}, ${decoder(picture)}`;
}

/** @param {Picture} picture */
function download({ coverage, length, bytesPerSecond }) {
  const { coveredBytes, rangeCount } = coverage;
  const share = length ? `${Math.floor((coveredBytes / length) * 100)}%` : `${coveredBytes} bytes`;
  return `${share} in ${rangeCount} range${rangeCount === 1 ? '' : 's'}, ${Math.round(bytesPerSecond / 1000)} kB/s`;
}

/** @param {Picture} picture */
function decoder({ playback, blockedAt }) {
  const { sampleRate, decoded, position, total } = playback;
  const seconds = (/** @type {number} */ samples) => (samples / sampleRate).toFixed(1);
  const of = total === undefined ? '' : ` of ${seconds(total)}`;
  const at = position === decoded ? '' : ` at ${seconds(position)} s`;
  const waits = blockedAt === undefined ? '' : `, waits for byte ${blockedAt}`;
  return `decoded ${seconds(decoded)}${of} s${at}${waits}`;
}
