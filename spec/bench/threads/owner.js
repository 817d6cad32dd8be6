// Owns a resource, and gives out a handle to read it; stays as long as it is listened to. The
// listener holds the resource: one that is garbage collected frees its readers.
import { parentPort, workerData } from 'node:worker_threads';
import { MemDriver, Resource, WindowDriver } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { scatteredRanges } from '../tools/ranges.js';

/** @type {{ path?: string, ranges?: number, data?: Uint8Array, active?: 'memory' | 'window' }} */
const { path, ranges, data, active } = workerData;
const resource = Resource.open(driver());
if (active !== undefined && data !== undefined) resource.writeAt(0, data);
if (ranges !== undefined) scatteredRanges(resource, ranges);
parentPort?.on('message', () => resource.coveredBytes);
parentPort?.postMessage(resource.createPort().handle);

function driver() {
  if (path !== undefined) return new MmapDriver({ path, mode: 'read-only' });
  if (active === 'window' && data !== undefined) return new WindowDriver({ maxBytes: data.length });
  return new MemDriver({ initialData: active === undefined ? data : undefined });
}
