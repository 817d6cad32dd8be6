// A synchronous decoder in a worker: it blocks where bytes are missing, while the main thread
// downloads them.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import lena from 'audio-lena'; // a song to try it with
import { MemDriver, Resource } from 'tidemark';
import { download, rangeResponse } from 'tidemark/http';
import { openSync } from 'tidemark/sync';

if (isMainThread) {
  const origin = Resource.open(new MemDriver({ initialData: readFileSync(lena.url('wav')) }));
  const resource = Resource.open(new MemDriver());
  const downloading = download(resource, 'https://example.com/song.wav', {
    chunkSize: 40_000, // bytes in one request
    // Stands for a slow web server: leave it out for a real one.
    fetch: async (url, init) => {
      await delay(100);
      return rangeResponse(origin, new Request(url, init));
    },
  }).subscribe({
    error: (error) => console.error(error.message), // and the worker's reads throw FAILED
    complete: () => console.log('downloaded'),
  });
  downloading.add(() => resource.close()); // readers of what is committed read on
  const port = resource.createPort({ name: 'decoder' });
  const worker = new Worker(new URL(import.meta.url), { workerData: port.handle });
  worker.on('message', (line) => console.log(line));
} else {
  const reader = openSync(workerData);
  const header = new Uint8Array(44);
  reader.read(header); // sleeps until it is there
  const bytesPerSecond = new DataView(header.buffer).getUint32(28, true);
  const second = new Uint8Array(bytesPerSecond);
  for (let length, at = 0; (length = reader.read(second)) > 0; at++) {
    const samples = new Int16Array(second.buffer, 0, length >> 1);
    const peak = samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0);
    parentPort?.postMessage(`second ${at}: peak ${(20 * Math.log10(peak / 32768)).toFixed(1)} dB`);
  }
  reader.close();
}
