import { describe, expect, it } from '@jest/globals';
import { Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { rounds } from '../run/rounds.js';
import { wake } from '../../lib/control/wake-words.js';
import { openSync } from '../../lib/sync.js';
import { Flag, readerThread, soon, TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

async function blockedReader(options?: {
  expectedLength?: number;
}): Promise<{ resource: Resource; thread: TestThread }> {
  const resource = Resource.open(newDriver(), options);
  const thread = readerThread();
  await thread.call('openSync', 'a', resource.createPort({ name: 'a' }).handle);
  return { resource, thread };
}

/** Wakes a reader for nothing. */
function disturb(handle: { control: SharedArrayBuffer; wakeWord: number }): void {
  wake(new Int32Array(handle.control), handle.wakeWord);
}

describe('a blocked wait', () => {
  it.each([0, 20])('ends with Ready once its range is written, %i ms after it began', async (pause) => {
    const { resource, thread } = await blockedReader();
    const outcome = thread.call('call', 'a', 'waitRange', range(10, 20));
    await demandsOfReader(resource, 'a');
    await soon(pause);
    resource.writeAt(10, filled(10, 7));
    await expect(outcome).resolves.toBe('ready');
    expect(await thread.call('readAt', 'a', 10, 20)).toEqual(filled(10, 7));
  });

  it('does not end while part of its range is missing, in whatever order the parts arrive', async () => {
    const { resource, thread } = await blockedReader();
    let ended = false;
    const outcome = thread.call<{ outcome: string; covered: boolean }[]>('waitTimes', 'a', 1, range(100, 200));
    void outcome.then(() => (ended = true));
    await demandsOfReader(resource, 'a');
    const parts = [150, 190, 100, 120, 110, 180, 130, 160, 140];
    for (const start of parts) {
      resource.writeAt(start, filled(10));
      await soon(2);
      expect(ended).toBe(false);
    }
    const [demand] = await demandsOfReader(resource, 'a');
    expect(demand?.range).toEqual(range(170, 180));
    resource.writeAt(170, filled(10));
    expect(await outcome).toEqual([{ outcome: 'ready', covered: true }]);
  });

  it('is not Ready when it is woken for nothing', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    const port = resource.createPort({ name: 'a' });
    await thread.call('openSync', 'a', port.handle);
    const outcome = thread.call<{ outcome: string; covered: boolean }[]>('waitTimes', 'a', 1, range(0, 10));
    await demandsOfReader(resource, 'a');
    for (let i = 0; i < 20; i += 1) {
      disturb(port.handle);
      await soon(1);
    }
    resource.writeAt(0, filled(10));
    expect(await outcome).toEqual([{ outcome: 'ready', covered: true }]);
  });

  it('ends with Eof when the content is committed and ends before its range', async () => {
    const { resource, thread } = await blockedReader();
    resource.writeAt(0, filled(50));
    const outcome = thread.call('call', 'a', 'waitRange', range(50, 60));
    await demandsOfReader(resource, 'a');
    resource.commit();
    await expect(outcome).resolves.toBe('eof');
  });

  it('ends with Ready when the content is committed and ends within its range', async () => {
    const { resource, thread } = await blockedReader();
    resource.writeAt(0, filled(50));
    const outcome = thread.call('call', 'a', 'waitRange', range(40, 60));
    await demandsOfReader(resource, 'a');
    resource.commit();
    await expect(outcome).resolves.toBe('ready');
  });

  it('sees the whole content that replaces what there was', async () => {
    const { resource, thread } = await blockedReader();
    const outcome = thread.call('call', 'a', 'waitRange', range(0, 100));
    await demandsOfReader(resource, 'a');
    resource.writeAll(filled(100, 3));
    await expect(outcome).resolves.toBe('ready');
    expect(await thread.call('readAt', 'a', 0, 200)).toEqual(filled(100, 3));
  });

  it('ends with Eof when a commit drops the part of its range that was there', async () => {
    const { resource, thread } = await blockedReader();
    resource.writeAt(0, filled(20));
    resource.writeAt(30, filled(10));
    const outcome = thread.call('waitTimes', 'a', 1, range(25, 40));
    await demandsOfReader(resource, 'a');
    resource.commit(20);
    expect(await outcome).toEqual([{ outcome: 'eof', covered: false }]);
  });

  it('follows the rules in order when nothing has to be waited for', async () => {
    const { resource, thread } = await blockedReader();
    resource.writeAt(0, filled(10));
    const wait = (start: number, end: number, options: object = { timeout: 0 }): Promise<unknown> =>
      thread.call('call', 'a', 'waitRange', range(start, end), options);
    expect(await codeOf(wait(5, 4))).toBe('INVALID_RANGE');
    expect(await codeOf(wait(0, NaN))).toBe('INVALID_RANGE');
    expect(await codeOf(wait(-1, 4))).toBe('INVALID_RANGE');
    expect(await codeOf(wait(0, 2 ** 53))).toBe('INVALID_RANGE');
    expect(await codeOf(wait(0, 4, { timeout: -1 }))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(wait(0, 4, { timeout: NaN }))).toBe('INVALID_ARGUMENT');
    expect(await codeOf(wait(0, 4, { neededBy: NaN }))).toBe('INVALID_ARGUMENT');
    expect(await wait(1000, 1000)).toBe('ready');
    expect(await wait(0, 10, {})).toBe('ready');
    expect(await codeOf(wait(0, 11))).toBe('TIMEOUT');
    resource.fail('no more');
    expect(await wait(0, 10, {})).toBe('ready');
    expect(await codeOf(wait(0, 11, {}))).toBe('FAILED');
    resource.reactivate();
    resource.commit();
    expect(await wait(5, 11, {})).toBe('ready');
    expect(await wait(10, 11, {})).toBe('eof');
    resource.close();
    expect(await wait(0, 10, {})).toBe('ready');
  });
});

describe('many blocked readers', () => {
  const COUNT = rounds(20, 5);

  it('of one range all end with one write', async () => {
    const resource = Resource.open(newDriver());
    const threads = Array.from({ length: rounds(16, 5) }, readerThread);
    const outcomes = threads.map(async (thread, i) => {
      await thread.call('openSync', 'r', resource.createPort({ name: `r${i}` }).handle);
      return thread.call('call', 'r', 'waitRange', range(1000, 2000));
    });
    await Promise.all(threads.map((_, i) => demandsOfReader(resource, `r${i}`)));
    resource.writeAt(1000, filled(1000));
    expect(await Promise.all(outcomes)).toEqual(threads.map(() => 'ready'));
  });

  it('of different ranges end each with its own write, and no sooner', async () => {
    const resource = Resource.open(newDriver());
    const threads = Array.from({ length: COUNT }, readerThread);
    const ended: number[] = [];
    const outcomes = threads.map(async (thread, i) => {
      await thread.call('openSync', 'r', resource.createPort({ name: `r${i}` }).handle);
      // Neighbours overlap by one byte.
      const outcome = await thread.call<{ covered: boolean }[]>('waitTimes', 'r', 1, range(i * 100, i * 100 + 101));
      ended.push(i);
      return outcome;
    });
    await Promise.all(threads.map((_, i) => demandsOfReader(resource, `r${i}`)));
    resource.writeAt(COUNT * 100, filled(1));
    for (let i = COUNT - 1; i >= 0; i -= 1) {
      resource.writeAt(i * 100, filled(100));
      expect(await outcomes[i]).toEqual([{ outcome: 'ready', covered: true }]);
    }
    expect(ended).toEqual(Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i));
  });

  it('go on in one thread one after the other, each with a port of its own', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    for (let i = 0; i < 100; i += 1) await thread.call('openSync', `r${i}`, resource.createPort().handle);
    const outcomes = Array.from({ length: 100 }, (_, i) => thread.call('call', `r${i}`, 'waitRange', range(i, i + 1)));
    for (let i = 0; i < 100; i += 1) {
      await demandsOfReader(resource, `reader-${i + 1}`);
      resource.writeAt(i, filled(1));
      await expect(outcomes[i]).resolves.toBe('ready');
    }
  });
});

describe('a blocking read', () => {
  it('waits for all of the target, and advances the cursor', async () => {
    const { resource, thread } = await blockedReader();
    const chunk = thread.call('read', 'a', 8);
    await demandsOfReader(resource, 'a');
    resource.writeAt(0, filled(7, 1));
    resource.writeAt(7, filled(7, 2));
    expect(await chunk).toEqual(new Uint8Array([1, 1, 1, 1, 1, 1, 1, 2]));
    expect(await thread.call('get', 'a', 'position')).toBe(8);
    expect(await thread.call('read', 'a', 8, { min: 3 })).toEqual(filled(6, 2));
    expect(await thread.call('get', 'a', 'position')).toBe(14);
    expect(await thread.call('read', 'a', 3, { at: 6 })).toEqual(new Uint8Array([1, 2, 2]));
    expect(await thread.call('get', 'a', 'position')).toBe(14);
  });

  it('ends at the end that becomes known while it waits', async () => {
    const { resource, thread } = await blockedReader();
    resource.writeAt(0, filled(6));
    const chunk = thread.call('read', 'a', 100);
    expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(6, 100));
    resource.expectedLength = 50;
    await soon();
    expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(6, 50));
    resource.expectedLength = 6;
    expect(await chunk).toEqual(filled(6));
    expect(await thread.call('read', 'a', 100)).toEqual(filled(0));
    expect(await thread.call('get', 'a', 'position')).toBe(6);
  });

  it.each([
    ['comes nearer', 20, 20],
    ['becomes known', undefined, 20],
    ['moves away', 10, 20],
  ])(
    'ends at the end that %s right after it has said what it wants',
    async (_, before, after) => {
      const { resource, thread } = await blockedReader({ expectedLength: before === 20 ? 50 : before });
      const flag = new Flag();
      const length = thread.call('callStoppedAtPublish', flag.words, 'a', 'read', filled(100));
      while (Atomics.load(flag.words, 1) === 0) await soon(1);
      resource.expectedLength = after;
      flag.set();
      // Asleep by then, on what it wants now.
      await soon(50);
      expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(0, after));
      resource.writeAt(0, filled(after));
      await expect(length).resolves.toBe(after);
    },
    10_000,
  );

  it('goes on waiting when the expected end moves away', async () => {
    const { resource, thread } = await blockedReader({ expectedLength: 10 });
    const chunk = thread.call('read', 'a', 100);
    expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(0, 10));
    resource.expectedLength = 20;
    resource.writeAt(0, filled(10));
    await soon();
    expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(10, 20));
    resource.expectedLength = undefined;
    resource.writeAt(10, filled(10));
    await soon();
    expect((await demandsOfReader(resource, 'a'))[0]?.range).toEqual(range(20, 100));
    resource.commit();
    expect(await chunk).toEqual(filled(20));
  });

  it.each(['TIMEOUT', 'INTERRUPTED', 'FAILED', 'CLOSED'])(
    'that ends with %s has not moved the cursor',
    async (code) => {
      const resource = Resource.open(newDriver());
      const thread = readerThread();
      const port = resource.createPort({ name: 'a' });
      await thread.call('openSync', 'a', port.handle);
      resource.writeAt(0, filled(10));
      await thread.call('call', 'a', 'seek', 3);
      const chunk = codeOf(thread.call('read', 'a', 8, code === 'TIMEOUT' ? { timeout: 2000 } : {}));
      await demandsOfReader(resource, 'a');
      if (code === 'INTERRUPTED') port.interrupt();
      if (code === 'FAILED') resource.fail('no more');
      if (code === 'CLOSED') resource.close();
      expect(await chunk).toBe(code);
      expect(await thread.call('get', 'a', 'position')).toBe(3);
    },
  );
});

describe('a timeout', () => {
  it('of 0 polls, and does not move the cursor', async () => {
    const { resource, thread } = await blockedReader();
    resource.writeAt(0, filled(4));
    expect(await thread.call('call', 'a', 'waitRange', range(0, 4), { timeout: 0 })).toBe('ready');
    expect(await codeOf(thread.call('call', 'a', 'waitRange', range(0, 5), { timeout: 0 }))).toBe('TIMEOUT');
    expect(await codeOf(thread.call('read', 'a', 5, { timeout: 0 }))).toBe('TIMEOUT');
    expect(await thread.call('get', 'a', 'position')).toBe(0);
    expect(await thread.call('read', 'a', 5, { timeout: 0, min: 1 })).toEqual(filled(4));
    expect(await thread.call('get', 'a', 'position')).toBe(4);
  });

  it('is counted to one moment, however often the thread is woken meanwhile', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    const port = resource.createPort({ name: 'a' });
    await thread.call('openSync', 'a', port.handle);
    for (const method of ['waitRange', 'read', 'takeInterrupt']) {
      const ended = new Flag();
      const call =
        method === 'waitRange'
          ? thread.call('call', 'a', 'waitRange', range(0, 1000), { timeout: 300 })
          : method === 'read'
            ? thread.call('read', 'a', 1000, { timeout: 300 })
            : thread.call('call', 'a', 'takeInterrupt', { timeout: 300 });
      const code = codeOf(call).finally(() => ended.set());
      // A timeout that began anew with each wake-up would never be over. Some of these are true
      // news, too.
      for (let at = 1; ended.value === 0; at += 2) {
        disturb(port.handle);
        resource.writeAt(at % 998, filled(1));
        await soon(10);
      }
      expect(await code).toBe(method === 'takeInterrupt' ? undefined : 'TIMEOUT');
    }
  });

  it('leaves no demand behind, and the next wait is as any other', async () => {
    const { resource, thread } = await blockedReader();
    const outcome = codeOf(thread.call('call', 'a', 'waitRange', range(0, 10), { timeout: 2000 }));
    await demandsOfReader(resource, 'a');
    expect(await outcome).toBe('TIMEOUT');
    expect(await demandsOfReader(resource, 'a', 0)).toEqual([]);
    const next = thread.call('call', 'a', 'waitRange', range(0, 10), { timeout: 1e9 });
    await demandsOfReader(resource, 'a');
    resource.writeAt(0, filled(10));
    await expect(next).resolves.toBe('ready');
    await expect(thread.call('call', 'a', 'waitRange', range(0, 10), { timeout: Infinity })).resolves.toBe('ready');
  });
});

describe("in the owner's own thread,", () => {
  it('a wait that would block throws DEADLOCK, and one that would not is answered', () => {
    const resource = Resource.open(newDriver());
    const port = resource.createPort();
    const reader = openSync(port.handle);
    resource.writeAt(0, filled(4));
    const deadlock = expect.objectContaining({ code: 'DEADLOCK' });
    expect(() => reader.waitRange(range(0, 5))).toThrow(deadlock);
    expect(() => reader.waitRange(range(0, 5), { timeout: 1000 })).toThrow(deadlock);
    expect(() => reader.read(new Uint8Array(5))).toThrow(deadlock);
    expect(() => reader.takeInterrupt({ timeout: 1000 })).toThrow(deadlock);
    expect(reader.position).toBe(0);
    expect(reader.waitRange(range(0, 4))).toBe('ready');
    expect(reader.read(new Uint8Array(4))).toBe(4);
    expect(() => reader.waitRange(range(0, 5), { timeout: 0 })).toThrow(expect.objectContaining({ code: 'TIMEOUT' }));
    expect(reader.takeInterrupt()).toBeUndefined();
    port.interrupt(5);
    expect(reader.takeInterrupt({ timeout: 1000 })).toEqual({ token: 5 });
  });

  it('a wait is found out in a worker that owns, too, with the entry points loaded twice', async () => {
    const thread = new TestThread('loaded-twice');
    expect(await thread.call('block')).toEqual({ copies: 2, codes: ['DEADLOCK', 'DEADLOCK', 'DEADLOCK', 'TIMEOUT'] });
  });
});
