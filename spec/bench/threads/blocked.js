// Blocks until bytes arrive that never do.
import { parentPort, workerData } from 'node:worker_threads';
import { openSync } from 'tidemark/sync';

const { handle, range } = workerData;
const reader = openSync(handle);
parentPort?.postMessage('ready');
reader.waitRange(range);
