import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach } from '@jest/globals';
import { filter, firstValueFrom, type Observable, timeout } from 'rxjs';
import type { Resource } from '../../../lib/index.js';
import {
  connectStore,
  type ConnectStoreOptions,
  type Lease,
  memoryBackend,
  type RemoteStore,
  type ServedStore,
  serveStore,
  Store,
  type StoreBackend,
  type StoreEntry,
  type StoreOptions,
} from '../../../lib/store.js';

/** Stores and remote ones, which are closed after the test. */

const open: (Store | RemoteStore)[] = [];
const ports: MessagePort[] = [];

afterEach(async () => {
  for (const store of open.splice(0).reverse()) await store.close();
  for (const port of ports.splice(0)) port.close();
});

export async function openStore(options?: StoreOptions, backend: StoreBackend = memoryBackend()): Promise<Store> {
  const store = await Store.open(backend, options);
  open.push(store);
  return store;
}

export function channel(): [MessagePort, MessagePort] {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  return [port1, port2];
}

export interface Reached {
  readonly remote: RemoteStore;
  readonly served: ServedStore;
  /** The port of the side that connects. */
  readonly port: MessagePort;
}

/** Another way to a store, by a port. */
export async function reach(store: Store, options?: ConnectStoreOptions): Promise<Reached> {
  const [one, port] = channel();
  const served = serveStore(store, one);
  const remote = await connectStore(port, options);
  open.push(remote);
  return { remote, served, port };
}

/** Puts content into a store; nothing is fetched. */
export async function put(store: Store, key: string, content: Uint8Array, about: object = {}): Promise<void> {
  using lease = await store.acquire(key, { url: 'http://nowhere.test/', ...about });
  lease.resource?.writeAll(content);
}

/** The resource of a lease of a store in this thread. */
export function resourceOf({ key, resource }: Lease): Resource {
  if (resource === undefined) throw new Error(`The store of ${key} is elsewhere.`);
  return resource;
}

type Entries = Pick<RemoteStore, 'entry$'>;

/** Resolves with the entry once it is as it should be. */
export function until(
  store: Entries,
  key: string,
  is: (entry: StoreEntry | undefined) => boolean,
): Promise<StoreEntry | undefined> {
  return first(store.entry$(key), is);
}

export function untilComplete(store: Entries, key: string): Promise<StoreEntry | undefined> {
  return until(store, key, (entry) => entry?.state === 'complete' && entry.download === undefined);
}

export function first<T>(values$: Observable<T>, is: (value: T) => boolean): Promise<T> {
  return firstValueFrom(values$.pipe(filter(is), timeout(20_000)));
}
