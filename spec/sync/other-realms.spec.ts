import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';

describe('a reader that would block in another realm of its owner’s thread', () => {
  it('throws DEADLOCK, a bare one or one as jest makes them', async () => {
    const worker = new Worker(new URL('../support/threads/other-realm.js', import.meta.url), {
      execArgv: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    });
    try {
      const [codes] = (await once(worker, 'message')) as [unknown];
      expect(codes).toEqual({ asJestDoes: 'DEADLOCK', bare: 'DEADLOCK' });
    } finally {
      await worker.terminate();
    }
  });
});
