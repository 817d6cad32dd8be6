import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, Observable } from 'rxjs';
import { type Coverage, MemDriver, Resource, whenCommitted } from '../../lib/index.js';
import { connectView, type PortLike, serveView } from '../../lib/remote.js';
import { numbered } from '../support/cold-resources.js';
import { range } from '../support/range.js';
import { channel, remote, until } from './remote-views.js';

const content = numbered(1000);
const TAG = { tidemark: 'view/1' };

function whole(): Resource {
  return Resource.open(new MemDriver({ initialData: content }));
}

/** Two ends of a port that keeps nothing for those who listen later. */
function forgetful(): [PortLike, PortLike] {
  const [one, two] = [new EventEmitter(), new EventEmitter()];
  const port = (own: EventEmitter, other: EventEmitter): PortLike => ({
    postMessage: (message: unknown) => void other.emit('message', structuredClone(message)),
    on: own.on.bind(own) as (event: string, listener: object) => unknown,
    off: own.off.bind(own) as (event: string, listener: object) => unknown,
  });
  return [port(one, two), port(two, one)];
}

describe('over a port that keeps nothing, serveView and connectView', () => {
  it.each([true, false])('find each other, whoever begins', async (servesFirst) => {
    const [one, two] = forgetful();
    if (servesFirst) serveView(whole(), one);
    const connecting = connectView(two);
    await turn();
    if (!servesFirst) serveView(whole(), one);
    expect(await firstValueFrom((await connecting).read(range(0, 9)))).toEqual(content.subarray(0, 9));
  });
});

describe('a connection', () => {
  it('takes no message of another one', async () => {
    const [one, two] = channel();
    const resource = Resource.open(new MemDriver(), { expectedLength: 100 });
    serveView(resource, one);
    const view = await connectView(two);
    for (const port of [one, two]) port.postMessage({ ...TAG, type: 'bye', id: 'another' });
    const want = { want: 1, start: 0, end: 5, neededBy: undefined, passive: false };
    two.postMessage({ ...TAG, type: 'wants', id: 'another', added: [want], gone: [] });
    const wait = firstValueFrom(view.waitRange(range(5, 10)));
    const demands: unknown[] = [];
    resource.demand$.subscribe((demand) => demands.push(...demand.map((each) => each.range)));
    await until(() => demands.length > 0);
    resource.writeAt(0, content.subarray(0, 100));
    expect([await wait, demands]).toEqual(['ready', [range(5, 10)]]);
  });

  it('that ends while it is made leaves nothing', async () => {
    const resource = whole();
    let watchers = 0;
    const { coverage$ } = resource;
    const watched$ = new Observable<Coverage>((subscriber) => {
      watchers += 1;
      const watching = coverage$.subscribe(subscriber);
      return () => {
        watchers -= 1;
        watching.unsubscribe();
      };
    });
    Object.defineProperty(resource, 'coverage$', { value: watched$ });
    const [one, two] = forgetful();
    const hello = (id: string): void => {
      if ('postMessage' in two) two.postMessage({ ...TAG, type: 'hello', id, name: 'a', probe: new Uint8Array(1) });
    };
    const served = serveView(resource, one);
    hello('first');
    hello('second');
    await turn();
    expect(watchers).toBe(1);
    hello('third');
    served.close();
    await turn();
    expect(watchers).toBe(0);
  });
});

describe('what a remote view is told', () => {
  it('is one change of coverage until that is acknowledged', async () => {
    const resource = Resource.open(new MemDriver());
    const [one, two] = channel();
    const told: string[] = [];
    two.on('message', ({ type }: { type: string }) => told.push(type));
    serveView(resource, one);
    two.postMessage({ ...TAG, type: 'hello', id: 'a', name: 'a', probe: new Uint8Array(1) });
    await until(() => told.includes('welcome'));
    for (let at = 0; at < 20; at += 2) {
      resource.writeAt(at, new Uint8Array(1));
      await turn();
    }
    two.postMessage({ ...TAG, type: 'acknowledge', id: 'a' });
    await until(() => told.length === 4);
    expect(told).toEqual(['serving', 'welcome', 'coverage', 'coverage']);
  });

  it('is all of the coverage before the commit', async () => {
    const resource = Resource.open(new MemDriver());
    const { view } = await remote(resource);
    const committed = firstValueFrom(whenCommitted(view)).then(() => view.has(range(0, 1000)));
    let all: boolean | undefined;
    view.status$.subscribe(({ state }) => {
      if (state === 'committed') all = view.has(range(0, 1000));
    });
    resource.writeAt(0, content.subarray(0, 10));
    await Promise.resolve();
    resource.writeAt(10, content.subarray(10));
    resource.commit();
    expect([await committed, all]).toEqual([true, true]);
  });

  it('comes for the demand, too: its range is that of the wait, and no interrupt ends it', async () => {
    const resource = Resource.open(new MemDriver(), { expectedLength: 100 });
    const { view } = await remote(resource);
    let ranges: unknown[] = [];
    resource.demand$.subscribe((demands) => (ranges = demands.map((demand) => demand.range)));
    const read = firstValueFrom(view.read(range(60, 300)));
    await until(() => ranges.length === 1);
    expect(ranges).toEqual([range(60, 100)]);
    resource.interrupt();
    await Promise.resolve();
    expect(ranges).toEqual([range(60, 100)]);
    resource.expectedLength = 200;
    await until(() => JSON.stringify(ranges) === JSON.stringify([range(60, 200)]));
    resource.writeAt(0, content.subarray(0, 200));
    expect(await read).toEqual(content.subarray(60, 200));
  });

  it('is what it withdraws, as far as the bytes are', async () => {
    const [one, two] = channel();
    const told: string[] = [];
    one.on('message', ({ type }: { type: string }) => told.push(type));
    serveView(whole(), one);
    const { view } = await remote(await connectView(two));
    view.read(range(0, 5)).subscribe().unsubscribe();
    await until(() => told.includes('unfetch'));
    expect(told.filter((type) => type.endsWith('fetch'))).toEqual(['fetch', 'unfetch']);
  });
});
