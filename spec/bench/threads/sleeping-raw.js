// Sleeps on one word until it changes, and tells when it returned: the least that a wake-up takes
// on this platform.
import { parentPort, workerData } from 'node:worker_threads';
import { tellWakeUps } from '../tools/sleep.js';

const { word, control, woken } = workerData;
parentPort?.postMessage('ready');
tellWakeUps(control, woken, (index) => {
  Atomics.wait(word, 0, index);
});
