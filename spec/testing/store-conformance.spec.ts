import { describe, expect, it } from '@jest/globals';
import { memoryBackend, type StoreBackend } from 'tidemark/store';
import { storeConformance } from 'tidemark/testing';
import { failedTests } from './failed-tests.js';

storeConformance({ describe, it }, { name: 'memoryBackend', create: () => memoryBackend() });

describe('storeConformance', () => {
  const run = async (create: () => StoreBackend): Promise<string[]> =>
    failedTests((runner) => {
      storeConformance(runner, { name: 'broken', create });
    });

  it('passes a sound backend', async () => {
    expect(await run(() => memoryBackend())).toEqual([]);
  });

  it.each<[string, (backend: StoreBackend) => Partial<StoreBackend>]>([
    ['gives two keys one name', (backend) => ({ nameOf: (key) => backend.nameOf(key.toLowerCase()) })],
    ['forgets when an entry was used', () => ({ touch: () => undefined })],
    ['counts nothing', () => ({ count: () => 0 })],
    ['removes nothing', () => ({ remove: () => undefined })],
    ['may be claimed twice', (backend) => ({ open: async () => backend.close().then(() => backend.open()) })],
    [
      'puts a record in place that is not wanted',
      (backend) => ({
        storeDurably: (name, record, usedAt) => backend.storeDurably(name, record, usedAt, () => true),
      }),
    ],
  ])('fails a backend that %s', async (_what, spoil) => {
    const failed = await run(() => {
      const backend = memoryBackend();
      const sound = Object.create(Object.getPrototypeOf(backend) as object, {}) as StoreBackend;
      for (const name of ['nameOf', 'touch', 'count', 'remove', 'open', 'storeDurably', 'close'] as const) {
        Object.assign(sound, { [name]: backend[name].bind(backend) });
      }
      return Object.assign(backend, spoil(sound));
    });
    expect(failed).not.toEqual([]);
  });
});
