import { describe, expect, it } from '@jest/globals';
import { ownerGone, type ReaderHandle } from '../../lib/index.js';
import { rounds } from '../run/rounds.js';
import { Flag, ownerThread, readerThread, soon } from '../support/threads.js';
import { range } from '../support/range.js';

const ROUNDS = rounds(10, 2);

describe('an owner that is terminated', () => {
  it(`leaves no reader hanging: terminated at full speed ${ROUNDS} times`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const owner = ownerThread();
      await owner.call('open', 'r');
      const handles = [];
      for (let i = 0; i < 3; i += 1) handles.push(await owner.call<ReaderHandle>('handle', 'r'));
      const [blocked, busy] = [readerThread(), readerThread()];
      await blocked.call('openSync', 'r', handles[0]);
      await busy.call('openSync', 'r', handles[1]);
      const flag = new Flag();
      // Past the end of the content while it is active; Eof whenever it is committed.
      const outcome = blocked.call('call', 'r', 'waitRange', range(2 ** 40, 2 ** 40 + 1)).catch(String);
      const read = busy.call<{ torn?: unknown }>('readUniform', 'r', flag.words, {
        0: 0,
        0xaa: 2 ** 19,
        0xbb: 2 ** 19,
      });
      void owner.call('replaceForever', 'r', flag.words, 2 ** 19).catch(() => undefined);
      await soon(20 + 7 * round);
      await owner.terminate();
      ownerGone(handles[2] as ReaderHandle);
      flag.set();
      const ended = read.then(
        ({ torn }) => torn ?? 'never torn',
        (error: unknown) => (error as { code?: string }).code,
      );
      expect(['CLOSED', 'never torn']).toContain(await ended);
      expect(await outcome).toMatch(/eof|closed/);
    }
  }, 120_000);
});
