// Owns a resource, and writes what is demanded as soon as it is.
import { parentPort } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';
import { contentAt } from '../tools/content.js';

const LENGTH = 64 * 2 ** 20;
const content = contentAt(0, LENGTH);
const resource = Resource.open(new MemDriver(), { expectedLength: LENGTH });
resource.demand$.subscribe((demand) => {
  for (const { range } of demand) resource.writeAt(range.start, content.subarray(range.start, range.end));
});
parentPort?.on('message', () => undefined);
parentPort?.postMessage(resource.createPort().handle);
