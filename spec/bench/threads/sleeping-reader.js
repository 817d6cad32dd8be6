// Blocks for 64 bytes after the other, and tells when it returned.
import { parentPort, workerData } from 'node:worker_threads';
import { openSync } from 'tidemark/sync';
import { tellWakeUps } from '../tools/sleep.js';

const { handle, control, woken } = workerData;
const reader = openSync(handle);
parentPort?.postMessage('ready');
tellWakeUps(control, woken, (index) => {
  if (reader.waitRange({ start: index * 64, end: index * 64 + 64 }) !== 'ready') throw new Error('Not ready.');
});
