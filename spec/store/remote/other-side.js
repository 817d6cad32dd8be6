import { parentPort } from 'node:worker_threads';
import { connectStore, memoryBackend, serveStore, Store } from 'tidemark/store';

/**
 * The other side of a store, in a worker thread or a child process: serves one that has a song; or
 * connects, has a key fetched, reads it, and tells how many bytes it has read.
 */
const port = parentPort ?? process;
const role = process.argv[2];

if (role === 'serve') {
  const store = await Store.open(memoryBackend());
  const lease = await store.acquire('song', { url: 'http://nowhere.test/' });
  lease.resource?.writeAll(new Uint8Array(300_000).fill(7));
  lease.close();
  serveStore(store, port);
} else {
  const store = await connectStore(port);
  const lease = await store.acquire('song');
  lease.read({ start: 0, end: 300_000 }).subscribe((bytes) => {
    const message = { read: bytes.reduce((sum, byte) => sum + byte, 0) };
    if (parentPort === null) process.send?.(message);
    else parentPort.postMessage(message);
  });
}
