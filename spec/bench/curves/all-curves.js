import { readChunksCurve, writeChunksCurve } from './chunks.js';
import { rangeMemoryCurve, resourceMemoryCurve } from './memory.js';
import { rangesCurve } from './ranges.js';
import { threadsCurve } from './threads.js';
import { waitsCurve } from './waits.js';

/** @import { Curve } from '../tools/curve.js' */

/** @type {readonly Curve[]} */
export const allCurves = [
  readChunksCurve,
  writeChunksCurve,
  rangesCurve,
  waitsCurve,
  threadsCurve,
  rangeMemoryCurve,
  resourceMemoryCurve,
];
