import { describe, expect, it } from '@jest/globals';
import { type ReaderHandle, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { rounds } from '../run/rounds.js';
import { Flag, ownerThread, readerThread, TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { range } from '../support/range.js';

/** How long two threads are at it at the same time. */
const MILLISECONDS = rounds(5000, 500);

interface Answer {
  readonly questions?: number;
  readonly changed?: number;
  readonly phases?: number;
  readonly torn?: unknown;
}

describe('coverage that is read while its owner writes at full speed', () => {
  it.each([
    ['openSync', 1, rounds(1_000_000, 100_000), rounds(10_000, 1000)],
    ['openSync', 2, rounds(250_000, 50_000), rounds(2500, 500)],
    ['attach', 1, rounds(250_000, 50_000), rounds(2500, 500)],
  ])(
    'is never torn: %s in %i threads, %i questions each, each state one that existed',
    async (attach, count, questions, snapshots) => {
      const owner = new TestThread('full-speed-owner');
      const readers = Array.from({ length: count }, () => new TestThread('coverage-reader'));
      for (const reader of readers) await reader.call(attach, await owner.call<ReaderHandle>('handle'));
      const progress = new Int32Array(new SharedArrayBuffer(16));
      const states = owner.call<number>('write', progress);
      const answers = await Promise.all(
        readers.map((reader) => reader.call<Answer>('ask', progress, questions, snapshots)),
      );
      Atomics.store(progress, 0, 1);
      const written = await states;
      for (const answer of answers) {
        expect(answer).toMatchObject({ questions });
        // The owner was at it all the while, and was met everywhere in its cycle.
        expect(answer.changed).toBeGreaterThan(questions / 100);
        expect(answer.phases).toBeGreaterThan(rounds(20, 5));
      }
      expect(written).toBeGreaterThan(rounds(10_000, 1000));
    },
    240_000,
  );
});

describe('a state that changes all the time', () => {
  it('is answered by the errors that go with it, never by that of another one', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    const thread = readerThread();
    await thread.call('openSync', 's', await owner.call('handle', 'r'));
    await thread.call('attach', 'a', await owner.call('handle', 'r'));
    const flag = new Flag();
    const failing = owner.call('failForever', 'r', flag.words);
    expect(await thread.call('pollKinds', 's', rounds(500_000, 50_000), range(0, 10))).toEqual(['FAILED', 'TIMEOUT']);
    expect(await thread.call('subscribeKinds', 'a', rounds(200_000, 20_000), range(0, 10))).toEqual(['FAILED']);
    flag.set();
    await failing;
  });
});

describe('bytes that are read while their owner writes at full speed', () => {
  it('are never torn where they were written once', async () => {
    const owner = ownerThread();
    const blocks = rounds(20_000, 2000);
    // The owner does not wait for the reader: nothing may go that it has not read.
    await owner.call('open', 'r', {}, blocks * 4096);
    const thread = readerThread();
    await thread.call('openSync', 'r', await owner.call('handle', 'r'));
    const [read] = await Promise.all([
      thread.call('readBlocks', 'r', blocks, 4096),
      owner.call('writeBlocks', 'r', blocks, 4096),
    ]);
    expect(read).toBe('whole');
  }, 120_000);

  it.each(['openSync', 'attach'])(
    'are of one content when the whole is replaced, in a reader of %s',
    async (attach) => {
      const owner = ownerThread();
      await owner.call('open', 'r');
      const lengths = { 0xaa: 300_000, 0xbb: 200_000, 0xcc: 64 };
      await owner.call('writeAt', 'r', 0, filled(64, 0xcc));
      await owner.call('commit', 'r');
      const thread = readerThread();
      await thread.call(attach, 'r', await owner.call('handle', 'r'));
      const flag = new Flag();
      const readerFlag = new Flag();
      const rounds = owner.call<number>('replaceInTurn', 'r', flag.words, lengths);
      // They go on until the reader has seen each content, however seldom it gets the processor.
      const read = thread.call<{ seen?: Map<number, number>; torn?: unknown }>(
        'readUniform',
        'r',
        readerFlag.words,
        lengths,
        3,
      );
      setTimeout(() => readerFlag.set(), MILLISECONDS);
      const { seen, torn } = await read;
      flag.set();
      expect(torn).toBeUndefined();
      expect([...(seen?.keys() ?? [])].sort()).toEqual([0xaa, 0xbb, 0xcc]);
      expect(await rounds).toBeGreaterThan(10);
    },
  );

  it('are streamed, or the stream ends, where content behind a look is replaced by shorter content', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    await owner.call('commit', 'r');
    const thread = readerThread();
    await thread.call('attach', 'r', await owner.call('handle', 'r'));
    const flag = new Flag();
    const rounds = owner.call<number>('replaceInTurn', 'r', flag.words, { 0xaa: 200, 0xbb: 64 });
    const readerFlag = new Flag();
    // They go on until the reader has seen both, however seldom it gets the processor.
    const ends = thread.call('streamEnds', 'r', readerFlag.words, range(100, 300), 2);
    setTimeout(() => readerFlag.set(), MILLISECONDS);
    expect(await ends).toEqual(['0 bytes', '100 bytes']);
    flag.set();
    expect(await rounds).toBeGreaterThan(10);
  });

  it('end only where content has ended, never at the gap of what it is made into', async () => {
    const owner = ownerThread();
    await owner.call('open', 'r');
    const thread = readerThread();
    await thread.call('openSync', 'r', await owner.call('handle', 'r'));
    const flag = new Flag();
    const ended = owner.call<number>('endAndGoOn', 'r', flag.words, 50, 60);
    const readerFlag = new Flag();
    const ends = thread.call('readEnds', 'r', readerFlag.words, 100, 2);
    setTimeout(() => readerFlag.set(), MILLISECONDS);
    // Active content of 60 bytes has no end that is known, so nobody can have read just these.
    expect(await ends).toEqual(['50 bytes of 187', 'TIMEOUT']);
    flag.set();
    expect(await ended).toBeGreaterThan(10);
  });

  it('are there as soon as coverage says so, however often memory has grown', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort().handle);
    for (let size = 1; size < 2 ** 27; size *= 8) {
      const waiting = thread.call('call', 'r', 'waitRange', range(size, size + 5));
      resource.writeAt(size, filled(5, 0xbb));
      await expect(waiting).resolves.toBe('ready');
      expect(await thread.call('readAt', 'r', size, 10)).toEqual(filled(5, 0xbb));
    }
  });
});
