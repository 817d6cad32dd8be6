import { type ReaderPort, Resource } from '../../lib/index.js';
import { newDriver } from './new-driver.js';
import type { TestThread } from './threads.js';

export interface OpenReader {
  readonly resource: Resource;
  readonly port: ReaderPort;
  readonly thread: TestThread;
}

/** A new resource, and its reader `a` in another thread. */
export async function openReader(thread: TestThread, by: 'attach' | 'openSync'): Promise<OpenReader> {
  const resource = Resource.open(newDriver());
  const port = resource.createPort({ name: 'a' });
  await thread.call(by, 'a', port.handle);
  return { resource, port, thread };
}
