import { allocationRows } from './allocation.js';
import { coverageRows } from './coverage.js';
import { decodingRows } from './decoding.js';
import { downloadingRows } from './downloading.js';
import { memoryRows } from './memory.js';
import { peerRows } from './peers.js';
import { readingRows } from './reading.js';
import { servingRows } from './serving.js';
import { sizeRows } from './size.js';
import { storingRows } from './storing.js';
import { waitingRows } from './waiting.js';
import { windowDownloadRows } from './window-downloads.js';
import { windowRows } from './windows.js';
import { writingRows } from './writing.js';

/** @import { Row } from '../tools/row.js' */

/** Every row, in the order of the table. @type {readonly Row[]} */
export const allRows = [
  ...readingRows,
  ...writingRows,
  ...windowRows,
  ...downloadingRows,
  ...windowDownloadRows,
  ...storingRows,
  ...servingRows,
  ...coverageRows,
  ...waitingRows,
  ...decodingRows,
  ...memoryRows,
  ...sizeRows,
  ...allocationRows,
  ...peerRows,
];
