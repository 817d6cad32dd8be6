import { MessageChannel } from 'node:worker_threads';
import { from } from 'rxjs';

import { opfsBackend, shareStore } from '../../lib/browser.js';
import { StorageError } from '../../lib/index.js';
import { folderBackend } from '../../lib/node.js';
import {
  connectStore,
  memoryBackend,
  prefetch,
  type PrefetchPlan,
  type RemoteStore,
  runStore,
  serveStore,
  Store,
} from '../../lib/store.js';
import { storeConformance } from '../../lib/testing.js';
import type { PublicCall } from './public-surface.js';

const store = await Store.open(memoryBackend(), { source: () => undefined });
const url = 'http://localhost:1/song.flac';
(await store.acquire('known', { url })).close();

const remote = await remoteOf();

/** Another way to the store, which does not keep the process alive. */
async function remoteOf(): Promise<RemoteStore> {
  const { port1, port2 } = new MessageChannel();
  serveStore(store, port1);
  const reached = await connectStore(port2);
  for (const each of [port1, port2]) each.unref();
  return reached;
}

/** Nobody is on the other side. */
function port(): unknown {
  return { postMessage: () => undefined, on: () => undefined, off: () => undefined };
}

/** Node starts no worker as browsers do. */
function noWorker(): never {
  throw new StorageError('UNSUPPORTED', 'There are no such workers here.');
}

/** What stores have of the public surface. */
export const storeCalls: readonly PublicCall[] = [
  // tidemark/store
  { name: 'memoryBackend', args: () => [], call: () => memoryBackend() },
  {
    name: 'Store.open',
    args: () => [memoryBackend()],
    call: (...args) => Store.open(...(args as unknown as [never])),
    options: ['maxBytes', 'minFreeBytes', 'by', 'downloader', 'source'],
  },
  ...(['acquire', 'download'] as const).map((name): PublicCall => ({
    name: `Store.${name}`,
    args: () => ['known'],
    call: (...args) => store[name](...(args as unknown as [never])),
    options: ['url', 'download', 'priority', 'range', 'maxAge', 'group', 'metadata', 'contentType', 'signal'],
  })),
  { name: 'Store.pause', args: () => ['known'], call: (...args) => store.pause(...(args as unknown as [never])) },
  {
    name: 'Store.pin',
    args: () => ['known', true],
    call: (...args) => store.pin(...(args as unknown as [never])),
    options: ['until'],
  },
  {
    name: 'Store.update',
    args: () => ['known'],
    call: (...args) => store.update(...(args as unknown as [never, never])),
    options: ['metadata', 'group'],
  },
  { name: 'Store.remove', args: () => ['nobody'], call: (...args) => store.remove(...(args as unknown as [never])) },
  { name: 'Store.entry', args: () => ['known'], call: (...args) => store.entry(...(args as unknown as [never])) },
  { name: 'Store.entry$', args: () => ['known'], call: (...args) => store.entry$(...(args as unknown as [never])) },
  { name: 'Store.maxBytes', args: () => [undefined], call: (maxBytes) => (store.maxBytes = maxBytes) },
  { name: 'prefetch', args: () => [store], call: (...args) => prefetch(...(args as unknown as [never])) },
  {
    name: 'prefetch, a plan',
    args: () => [[{ key: 'known' }]],
    call: (plan) => from<PrefetchPlan[]>([plan]).pipe(prefetch(store)),
  },

  {
    name: 'serveStore',
    args: () => [store, port()],
    call: (...args) => serveStore(...(args as unknown as [never, never])),
  },
  {
    name: 'connectStore',
    args: () => [port()],
    call: (...args) => connectStore(...(args as unknown as [never])),
    options: ['source', 'name', 'signal'],
  },
  {
    name: 'runStore',
    args: () => [memoryBackend()],
    call: (...args) => runStore(...(args as unknown as [never])),
    options: ['maxBytes', 'minFreeBytes', 'by', 'downloader', 'source'],
  },
  ...(['acquire', 'download'] as const).map((name): PublicCall => ({
    name: `RemoteStore.${name}`,
    args: () => ['known'],
    call: (...args) => remote[name](...(args as unknown as [never])),
    options: ['url', 'download', 'priority', 'range', 'maxAge', 'group', 'metadata', 'contentType', 'signal'],
  })),
  {
    name: 'RemoteStore.pause',
    args: () => ['known'],
    call: (...args) => remote.pause(...(args as unknown as [never])),
  },
  {
    name: 'RemoteStore.pin',
    args: () => ['known', true],
    call: (...args) => remote.pin(...(args as unknown as [never])),
    options: ['until'],
  },
  {
    name: 'RemoteStore.update',
    args: () => ['known'],
    call: (...args) => remote.update(...(args as unknown as [never, never])),
    options: ['metadata', 'group'],
  },
  {
    name: 'RemoteStore.remove',
    args: () => ['nobody'],
    call: (...args) => remote.remove(...(args as unknown as [never])),
  },
  {
    name: 'RemoteStore.entry',
    args: () => ['known'],
    call: (...args) => remote.entry(...(args as unknown as [never])),
  },
  {
    name: 'RemoteStore.entry$',
    args: () => ['known'],
    call: (...args) => remote.entry$(...(args as unknown as [never])),
  },
  { name: 'RemoteStore.maxBytes', args: () => [undefined], call: (maxBytes) => (remote.maxBytes = maxBytes) },

  // tidemark/browser: as far as it can be tried without a browser
  {
    name: 'opfsBackend',
    args: () => [],
    call: (...args) => opfsBackend(...(args as unknown as [never])),
    options: ['path', 'wait'],
    needed: { path: 'no-such-folder' },
  },
  {
    name: 'shareStore',
    args: () => [],
    call: (...args) => shareStore(...(args as unknown as [never])),
    options: ['name', 'worker', 'source', 'signal'],
    needed: { name: 'songs', worker: noWorker },
  },

  // tidemark/node
  {
    name: 'folderBackend',
    args: () => [],
    call: (...args) => folderBackend(...(args as unknown as [never])),
    options: ['path'],
    needed: { path: 'no-such-folder' },
  },

  // tidemark/testing
  {
    name: 'storeConformance',
    args: () => [{ describe: () => undefined, it: () => undefined }],
    call: (...args) => storeConformance(...(args as unknown as [never, never])),
    options: ['name', 'create', 'reopen', 'dispose'],
    needed: { name: 'a backend', create: memoryBackend },
  },
];
