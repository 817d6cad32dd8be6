import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, Observable } from 'rxjs';
import { MemDriver, Resource, type ResourceStatus, type ResourceView } from '../../lib/index.js';
import { connectView, type PortLike, serveView } from '../../lib/remote.js';
import { codeOf } from '../support/code-of.js';
import { numbered } from '../support/cold-resources.js';
import { range } from '../support/range.js';
import { channel, until } from './remote-views.js';

const content = numbered(1000);

function whole(): Resource {
  return Resource.open(new MemDriver({ initialData: content }));
}

describe('a port that serves one view', () => {
  it('serves the last one that connects, and the one before ends', async () => {
    const resource = Resource.open(new MemDriver(), { expectedLength: 100 });
    const [one, two] = channel();
    serveView(resource, one);
    const first = await connectView(two);
    const wait = codeOf(firstValueFrom(first.waitRange(range(0, 5))));
    let demand = 0;
    resource.demand$.subscribe(({ length }) => (demand = length));
    await until(() => demand === 1);
    const second = await connectView(two);
    expect([await wait, first.status.state, demand]).toEqual(['CLOSED', 'closed', 0]);
    resource.writeAt(0, content.subarray(0, 100));
    expect(await firstValueFrom(second.read(range(0, 5)))).toEqual(content.subarray(0, 5));
  });

  it('serves one of two that connect at once', async () => {
    for (const servesFirst of [true, false]) {
      const [one, two] = channel();
      if (servesFirst) serveView(whole(), one);
      const connecting = [connectView(two), connectView(two)];
      if (!servesFirst) serveView(whole(), one);
      const outcomes = await Promise.all(
        connecting.map((each) => codeOf(each.then((view) => firstValueFrom(view.read(range(0, 5)))))),
      );
      expect(outcomes.sort()).toEqual(['CLOSED', undefined]);
    }
  });

  it('serves one after the other, each when it is served anew', async () => {
    const [one, two] = channel();
    const first = serveView(whole(), one);
    (await connectView(two)).close();
    await first.closed;
    const connecting = connectView(two);
    serveView(whole(), one);
    expect(await firstValueFrom((await connecting).read(range(0, 5)))).toEqual(content.subarray(0, 5));
  });
});

describe('a view that is served no more', () => {
  it('is watched no more', () => {
    const resource = whole();
    let watchers = 0;
    const status$ = new Observable<ResourceStatus>((subscriber) => {
      watchers += 1;
      const watching = resource.status$.subscribe(subscriber);
      return () => {
        watchers -= 1;
        watching.unsubscribe();
      };
    });
    const view: ResourceView = Object.create(resource, { status$: { value: status$ } }) as ResourceView;
    const [one] = channel();
    const served = serveView(view, one);
    expect(watchers).toBe(1);
    served.close();
    expect([watchers, one.listenerCount('message'), one.listenerCount('close')]).toEqual([0, 0, 0]);
  });
});

describe('a port that has ended before', () => {
  const ended: [string, () => Promise<PortLike>][] = [
    [
      'a worker',
      async () => {
        const worker = new Worker('', { eval: true });
        await once(worker, 'exit');
        return worker;
      },
    ],
    [
      'a child process',
      async () => {
        const child = fork('-e', ['0'], { execArgv: [], serialization: 'advanced', silent: true });
        await once(child, 'exit');
        await until(() => !child.connected);
        return child;
      },
    ],
  ];

  it.each(ended)('connects to nothing, and serves nothing, if it is %s', async (_, start) => {
    const port = await start();
    expect(await codeOf(connectView(port))).toBe('CLOSED');
    await serveView(whole(), port).closed;
  });
});

describe('a port that lets nobody listen', () => {
  it('is told of by connectView', async () => {
    const port = {
      postMessage: () => undefined,
      on: () => {
        throw new Error('no listeners');
      },
      off: () => undefined,
    };
    await expect(connectView(port)).rejects.toThrow('no listeners');
  });
});
