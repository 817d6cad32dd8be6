// Owns a resource, and gives out a handle to read it; stays as long as it is listened to. The
// listener holds the resource: one that is garbage collected frees its readers.
import { parentPort, workerData } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { scatteredRanges } from '../tools/ranges.js';

/** @type {{ path?: string, ranges?: number, data?: Uint8Array }} */
const { path, ranges, data } = workerData;
const resource =
  path === undefined
    ? Resource.open(new MemDriver({ initialData: data }))
    : Resource.open(new MmapDriver({ path, mode: 'read-only' }));
if (ranges !== undefined) scatteredRanges(resource, ranges);
parentPort?.on('message', () => resource.coveredBytes);
parentPort?.postMessage(resource.createPort().handle);
