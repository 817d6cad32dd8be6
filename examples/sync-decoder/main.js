// A synchronous decoder in a worker: it blocks where bytes are missing, while the main thread downloads them.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { openSync } from 'tidemark/sync';
import { serveSample } from '../shared/serve-sample.js';

if (isMainThread) {
  const { url, close } = await serveSample('wav', 400_000); // a slow web server, of 400 kB/s
  const resource = Resource.open(new MemDriver());
  const downloading = download(resource, url).subscribe({
    error: (error) => console.error(error.message), // and the worker's reads throw FAILED
    complete: () => console.log('downloaded'),
  });
  downloading.add(close);
  const port = resource.createPort({ name: 'decoder' });
  const worker = new Worker(new URL(import.meta.url), { workerData: port.handle });
  worker.on('message', (line) => console.log(line));
  worker.once('exit', () => {
    downloading.unsubscribe(); // it may have ended before the download has
    resource.close();
  });
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
