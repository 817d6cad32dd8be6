import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, skip } from 'rxjs';
import { type Demand, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { readerThread, soon } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

function brief({ reader, range: { start, end }, blocking, neededBy }: Demand): unknown[] {
  return neededBy === undefined ? [reader, start, end, blocking] : [reader, start, end, blocking, neededBy];
}

async function allDemands(resource: Resource, count: number): Promise<unknown[][]> {
  return (await firstValueFrom(resource.demand$.pipe(filter((demands) => demands.length === count)))).map(brief);
}

describe('demand$ over several threads', () => {
  it('names who waits for what, whether a thread is blocked, and by when it is needed, most urgent first', async () => {
    const resource = Resource.open(newDriver());
    const threads = [readerThread(), readerThread(), readerThread()] as const;
    await threads[0].call('openSync', 'r', resource.createPort({ name: 'late' }).handle);
    await threads[1].call('openSync', 'r', resource.createPort({ name: 'soon' }).handle);
    await threads[2].call('attach', 'r', resource.createPort({ name: 'pipeline' }).handle);
    const waits = [threads[0].call('call', 'r', 'waitRange', range(0, 10))];
    await demandsOfReader(resource, 'late');
    await soon(5);
    await threads[2].call('wait', 'r', 'none', range(30, 40));
    await demandsOfReader(resource, 'pipeline');
    await threads[2].call('wait', 'r', 'by', range(40, 50), { neededBy: 2000 });
    await threads[2].call('wait', 'r', 'passive', range(50, 60), { passive: true });
    waits.push(threads[1].call('call', 'r', 'waitRange', range(20, 30), { neededBy: 1000 }));
    const owner = resource.waitRange(range(60, 70), { neededBy: 1500 }).subscribe();
    expect(await allDemands(resource, 5)).toEqual([
      ['soon', 20, 30, true, 1000],
      ['owner', 60, 70, false, 1500],
      ['pipeline', 40, 50, false, 2000],
      ['late', 0, 10, true],
      ['pipeline', 30, 40, false],
    ]);
    owner.unsubscribe();
    resource.writeAt(0, filled(60));
    await Promise.all(waits);
    expect(await allDemands(resource, 0)).toEqual([]);
    expect(await threads[2].ended('passive')).toBe('ready');
  });

  it('says since when, by the clock of the world', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort({ name: 'r' }).handle);
    const before = Date.now();
    const wait = thread.call('call', 'r', 'waitRange', range(0, 10));
    const [demand] = await demandsOfReader(resource, 'r');
    expect(demand?.since).toBeGreaterThanOrEqual(before);
    expect(demand?.since).toBeLessThanOrEqual(Date.now());
    resource.writeAt(0, filled(5));
    // Still the same wait, of the same age.
    expect((await demandsOfReader(resource, 'r'))[0]).toEqual({ ...demand, range: range(5, 10) });
    resource.writeAt(5, filled(5));
    await wait;
  });

  it('puts the oldest first over all threads, whatever their wall clocks say', async () => {
    const resource = Resource.open(newDriver());
    const threads = [readerThread(), readerThread(), readerThread()] as const;
    await threads[0].call('openSync', 'r', resource.createPort({ name: 'set back' }).handle);
    await threads[1].call('attach', 'r', resource.createPort({ name: 'set ahead' }).handle);
    await threads[2].call('openSync', 'r', resource.createPort({ name: 'last' }).handle);
    await threads[1].call('setClock', Date.now() + 3_600_000);
    await threads[1].call('wait', 'r', 'w', range(0, 10));
    const owner = resource.waitRange(range(10, 20)).subscribe();
    await threads[0].call('setClock', 1000);
    const waits = [threads[0].call('call', 'r', 'waitRange', range(20, 30))];
    await demandsOfReader(resource, 'set back');
    await threads[2].call('setClock', 500);
    waits.push(threads[2].call('call', 'r', 'waitRange', range(30, 40)));
    expect((await allDemands(resource, 4)).map(([reader]) => reader)).toEqual([
      'set ahead',
      'owner',
      'set back',
      'last',
    ]);
    owner.unsubscribe();
    resource.writeAt(0, filled(40));
    await Promise.all(waits);
  });

  it('names the eight oldest waits of one asynchronous reader, whatever its wall clock says', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('attach', 'r', resource.createPort({ name: 'r' }).handle);
    for (let i = 0; i < 10; i += 1) {
      await thread.call('setClock', 1000 - i);
      await thread.call('wait', 'r', `w${i}`, range(i * 10, i * 10 + 10));
    }
    const named = await demandsOfReader(resource, 'r', 8);
    expect(named.map((demand) => demand.range.start)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
  });

  it('says when a blocking read needs its bytes', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort({ name: 'r' }).handle);
    const read = thread.call<Uint8Array>('read', 'r', 10, { at: 5, min: 2, neededBy: 1000 });
    expect((await demandsOfReader(resource, 'r')).map(brief)).toEqual([['r', 5, 7, true, 1000]]);
    resource.writeAt(0, filled(8));
    expect(await read).toHaveLength(3);
    expect(await codeOf(thread.call('read', 'r', 10, { at: 0, neededBy: NaN }))).toBe('INVALID_ARGUMENT');
  });

  it('reports a thread that blocks and one that gives up to a subscriber that only listens', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort({ name: 'r' }).handle);
    const emitted: unknown[][][] = [];
    const subscription = resource.demand$.subscribe((demands) => emitted.push(demands.map(brief)));
    expect(await codeOf(thread.call('call', 'r', 'waitRange', range(0, 10), { timeout: 2000 }))).toBe('TIMEOUT');
    while (emitted.length < 3) await soon(1);
    expect(emitted).toEqual([[], [['r', 0, 10, true]], []]);
    subscription.unsubscribe();
  });

  it('stays within the known length', async () => {
    const resource = Resource.open(newDriver(), { expectedLength: 50 });
    const thread = readerThread();
    await thread.call('openSync', 'r', resource.createPort({ name: 'r' }).handle);
    const wait = thread.call('call', 'r', 'waitRange', range(40, 100));
    expect((await demandsOfReader(resource, 'r'))[0]?.range).toEqual(range(40, 50));
    resource.expectedLength = 30;
    expect(await demandsOfReader(resource, 'r', 0)).toEqual([]);
    resource.expectedLength = undefined;
    expect((await demandsOfReader(resource, 'r'))[0]?.range).toEqual(range(40, 100));
    resource.writeAt(0, filled(45));
    resource.commit();
    await expect(wait).resolves.toBe('ready');
  });

  it('names the eight most urgent waits of one asynchronous reader, and all of them end', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('attach', 'r', resource.createPort({ name: 'r' }).handle);
    const waits = Array.from({ length: 40 }, (_, i) => ({
      waitKey: `w${i}`,
      range: range(i * 10, i * 10 + 10),
      options: { neededBy: 1000 - i },
    }));
    await thread.call('waitMany', 'r', waits);
    const named = (await demandsOfReader(resource, 'r', 8)).map((demand) => demand.neededBy);
    expect(named).toEqual([961, 962, 963, 964, 965, 966, 967, 968]);
    // Those not named first: the reader has to hear of them all the same.
    for (let i = 0; i < 40; i += 1) {
      resource.writeAt(i * 10, filled(10));
      expect(await thread.ended(`w${i}`)).toBe('ready');
    }
    expect(await demandsOfReader(resource, 'r', 0)).toEqual([]);
  });

  it('is gone when waits are withdrawn, the reader closes, or the resource ends', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    await thread.call('attach', 'r', resource.createPort({ name: 'r' }).handle);
    await thread.call('wait', 'r', 'w1', range(0, 10));
    await thread.call('wait', 'r', 'w2', range(5, 20));
    await demandsOfReader(resource, 'r', 2);
    await thread.call('unsubscribe', 'w1');
    expect((await demandsOfReader(resource, 'r', 1)).map(brief)).toEqual([['r', 5, 20, false]]);
    await thread.call('close', 'r');
    expect(await thread.ended('w2')).toBe('CLOSED');
    expect(await demandsOfReader(resource, 'r', 0)).toEqual([]);
    resource.close();
    expect(await firstValueFrom(resource.demand$)).toEqual([]);
  });
});

describe('the port of a terminated worker', () => {
  it('is reclaimed by closing it: its demand disappears, and so does everything it held', async () => {
    const resource = Resource.open(newDriver());
    const words = new Set<number>();
    let size: number | undefined;
    for (let i = 0; i < 6; i += 1) {
      const port = resource.createPort({ name: `r${i}` });
      const { handle } = port;
      words.add(handle.wakeWord);
      size ??= handle.control.byteLength;
      expect(handle.control.byteLength).toBe(size);
      const thread = readerThread();
      if (i % 2 === 0) {
        await thread.call('openSync', 'r', handle);
        thread.call('call', 'r', 'waitRange', range(0, 10)).catch(() => undefined);
      } else {
        await thread.call('attach', 'r', handle);
        await thread.call('wait', 'r', 'w', range(0, 10));
      }
      await demandsOfReader(resource, `r${i}`);
      await thread.terminate();
      // Nobody has told the owner yet.
      expect(await demandsOfReader(resource, `r${i}`)).toHaveLength(1);
      const gone = firstValueFrom(resource.demand$.pipe(skip(1)));
      port.close();
      expect(await gone).toEqual([]);
    }
    expect(words.size).toBe(1);
    resource.writeAt(0, filled(10));
  });

  it('does no harm while it is not closed: others are served', async () => {
    const resource = Resource.open(newDriver());
    const [dead, alive] = [readerThread(), readerThread()];
    const port = resource.createPort({ name: 'dead' });
    await dead.call('openSync', 'r', port.handle);
    await alive.call('openSync', 'r', resource.createPort({ name: 'alive' }).handle);
    dead.call('call', 'r', 'waitRange', range(0, 10)).catch(() => undefined);
    const wait = alive.call('call', 'r', 'waitRange', range(0, 10));
    await demandsOfReader(resource, 'dead');
    await demandsOfReader(resource, 'alive');
    await dead.terminate();
    port.interrupt(1);
    resource.writeAt(0, filled(10));
    await expect(wait).resolves.toBe('ready');
    port.close();
  });

  it('frees a reader that still runs when its port is closed', async () => {
    const resource = Resource.open(newDriver());
    const thread = readerThread();
    const ports = [resource.createPort({ name: 'a' }), resource.createPort({ name: 'b' })] as const;
    await thread.call('attach', 'b', ports[1].handle);
    await thread.call('watchStatus', 'b', 's');
    await thread.call('wait', 'b', 'w', range(0, 10));
    await demandsOfReader(resource, 'b');
    ports[1].close();
    expect(await thread.ended('w')).toBe('CLOSED');
    await firstValueFrom(thread.told('completed', 's'));
    await thread.call('openSync', 'a', ports[0].handle);
    const wait = codeOf(thread.call('call', 'a', 'waitRange', range(0, 10)));
    await demandsOfReader(resource, 'a');
    ports[0].close();
    expect(await wait).toBe('CLOSED');
    expect(await codeOf(thread.call('call', 'a', 'has', range(0, 1)))).toBe('CLOSED');
    expect(await firstValueFrom(resource.demand$)).toEqual([]);
  });

  it('whose wake-up word another reader has got wakes that one as ever', async () => {
    const resource = Resource.open(newDriver());
    const [former, next] = [readerThread(), readerThread()];
    const port = resource.createPort({ name: 'former' });
    await former.call('attach', 'r', port.handle);
    await former.call('watchCoverage', 'r', 'c');
    await former.call('echo');
    port.close();
    await next.call('openSync', 'r', resource.createPort({ name: 'next' }).handle);
    for (let i = 0; i < 100; i += 1) {
      const wait = next.call('call', 'r', 'waitRange', range(i, i + 1));
      await demandsOfReader(resource, 'next');
      resource.writeAt(i, filled(1));
      await expect(wait).resolves.toBe('ready');
    }
  });
});
