import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { attachReader, ownerGone } from 'tidemark';

const worker = new Worker(new URL('./owner.js', import.meta.url));
worker.postMessage('open');
const [handle] = await once(worker, 'message');
worker.once('exit', () => ownerGone(handle));

attachReader(handle)
  .waitRange({ start: 0, end: 100 })
  .subscribe({ error: ({ code }) => console.log(code) });
await worker.terminate();
