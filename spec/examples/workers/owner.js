import { parentPort } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';

const resource = Resource.open(new MemDriver(), { expectedLength: 100 });
parentPort?.on('message', () => parentPort?.postMessage(resource.createPort().handle));
