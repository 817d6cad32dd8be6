import { Worker } from 'node:worker_threads';
const worker = new Worker(new URL('./worker.mjs', import.meta.url));
setTimeout(() => void worker.terminate(), 500);
