import { from } from 'rxjs';

import { folderBackend } from '../../lib/node.js';
import { memoryBackend, prefetch, type PrefetchPlan, Store } from '../../lib/store.js';
import { storeConformance } from '../../lib/testing.js';
import type { PublicCall } from './public-surface.js';

const store = await Store.open(memoryBackend(), { source: () => undefined });
const url = 'http://localhost:1/song.flac';
(await store.acquire('known', { url })).close();

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
