import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Starts a thread of `../threads`; resolves with it and the first thing it says.
 *
 * @param {string} name
 * @param {unknown} [workerData]
 * @returns {Promise<{ worker: Worker, said: any }>}
 */
export async function startThread(name, workerData) {
  const worker = new Worker(new URL(`../threads/${name}.js`, import.meta.url), { workerData });
  const [said] = await once(worker, 'message');
  return { worker, said };
}
