import { parentPort } from 'node:worker_threads';
import { openSync } from 'tidemark/sync';

parentPort?.once('message', (handle) => {
  const reader = openSync(handle);
  const bytes = new Uint8Array(9);
  reader.read(bytes); // sleeps until they are there
  parentPort?.postMessage(new TextDecoder().decode(bytes));
  reader.close();
});
