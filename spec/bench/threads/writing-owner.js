// Owns a resource, gives out a handle to read it, and then writes byte after byte behind its ranges
// at full speed.
import { parentPort, workerData } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';
import { scatteredRanges, STRIDE } from '../tools/ranges.js';

/** @type {{ ranges: number }} */
const { ranges } = workerData;
const resource = Resource.open(new MemDriver());
scatteredRanges(resource, ranges);
parentPort?.postMessage(resource.createPort().handle);
const byte = new Uint8Array(1);
for (let offset = ranges * STRIDE; ; offset++) resource.writeAt(offset, byte);
