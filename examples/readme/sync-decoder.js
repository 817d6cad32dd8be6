// A synchronous decoder in a worker: it blocks where bytes are missing, and what it waits for is fetched.
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';
import { openSync } from 'tidemark/sync';

if (isMainThread) {
  const song = Uint8Array.from({ length: 6000 }, (_, i) => i / 50); // what some server has
  const resource = Resource.open(new MemDriver(), { expectedLength: song.length });
  resource.demand$.subscribe(([demand]) => {
    if (demand === undefined) return; // nobody waits
    const { start, end } = demand.range;
    console.log(`${demand.reader} waits for [${start}, ${end})`);
    setTimeout(() => resource.writeAt(start, song.subarray(start, end)), 50);
  });
  const port = resource.createPort({ name: 'decoder' });
  const worker = new Worker(new URL(import.meta.url), { workerData: port.handle });
  worker.once('exit', () => resource.close());
} else {
  const reader = openSync(workerData);
  const frame = new Uint8Array(2000);
  let length;
  // Each read sleeps until its frame is there; 0 is the end.
  while ((length = reader.read(frame)) > 0) {
    console.log(`decoded ${length} bytes, peak ${Math.max(...frame.subarray(0, length))}`);
  }
  reader.close();
}
