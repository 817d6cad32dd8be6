import { Worker } from 'node:worker_threads';
import { MemDriver, Resource } from 'tidemark';

const resource = Resource.open(new MemDriver());
const port = resource.createPort({ name: 'decoder' });

const worker = new Worker(new URL('./decoder.js', import.meta.url));
worker.on('message', (text) => console.log(text));
worker.on('error', (error) => console.error(error.message)); // what was thrown there
worker.once('exit', () => {
  port.close();
  resource.close();
});
worker.postMessage(port.handle);

setTimeout(() => resource.writeAll(new TextEncoder().encode('high tide')), 200);
