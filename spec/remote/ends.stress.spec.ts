import { type ChildProcess, fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { MemDriver, Resource } from '../../lib/index.js';
import { connectView, type PortLike, serveView } from '../../lib/remote.js';
import { codeOf } from '../support/code-of.js';
import { isStress } from '../run/rounds.js';
import { range } from '../support/range.js';
import { until } from './remote-views.js';

const LENGTH = 300_000;
/** In a few rounds not at each message. */
const STRIDE = isStress ? 1 : 4;
const MOST_MESSAGES = 60;
const FIXTURE = new URL('./fixtures/other-side.js', import.meta.url);

/** The other side, wherever it runs; `kill` ends it without any code of its own. */
interface OtherSide {
  readonly port: Worker | ChildProcess;
  kill(): void;
}

const started = new Set<OtherSide>();

afterEach(() => {
  for (const side of started) side.kill();
  started.clear();
});

const places: [string, (role: string) => OtherSide][] = [
  [
    'a worker thread',
    (role) => {
      const worker = new Worker(FIXTURE, { workerData: [role, LENGTH] });
      return { port: worker, kill: () => void worker.terminate() };
    },
  ],
  [
    'a child process',
    (role) => {
      const child = fork(FIXTURE, [role, String(LENGTH)], { serialization: 'advanced' });
      return { port: child, kill: () => void child.kill('SIGKILL') };
    },
  ],
];

/** The same port, which calls `count` with each message that is sent over it or comes by it. */
function counted(port: Worker | ChildProcess, count: () => void): PortLike {
  type Listener = (message: unknown) => void;
  const on = port.on.bind(port) as (event: string, listener: Listener) => unknown;
  const off = port.off.bind(port) as typeof on;
  const counting = new Map<object, Listener>();
  const listening = {
    on(event: string, listener: object) {
      const counted = (message: unknown): void => {
        if (event === 'message') count();
        (listener as Listener)(message);
      };
      counting.set(listener, counted);
      return on(event, counted);
    },
    off: (event: string, listener: object) => off(event, counting.get(listener) ?? (listener as Listener)),
  };
  if ('postMessage' in port) {
    return {
      ...listening,
      postMessage(message: unknown) {
        count();
        port.postMessage(message);
      },
    };
  }
  return {
    ...listening,
    send(message: unknown, callback: () => void) {
      count();
      return port.send(message as object, callback);
    },
  };
}

/** Starts the other side, and kills it at the `last`-th message. */
function startFor(
  start: (role: string) => OtherSide,
  role: string,
  last: number,
): { port: PortLike; seen: () => number } {
  const side = start(role);
  started.add(side);
  let messages = 0;
  const port = counted(side.port, () => {
    messages += 1;
    if (messages === last) side.kill();
  });
  return { port, seen: () => messages };
}

describe.each(places)('a view of, and by, %s', (_, start) => {
  it('is served to the end, and its demand is withdrawn whenever the other side dies', async () => {
    let over = false;
    let last = 1;
    for (; !over && last < MOST_MESSAGES; last += STRIDE) {
      const resource = Resource.open(new MemDriver(), { expectedLength: LENGTH });
      resource.writeAt(0, new Uint8Array(LENGTH / 2).fill(1));
      let demand = 0;
      resource.demand$.subscribe((demands) => {
        demand = demands.length;
        if (demand === 0 || resource.status.state !== 'active') return;
        resource.writeAt(LENGTH / 2, new Uint8Array(LENGTH / 2).fill(2));
        resource.commit();
      });
      const { port, seen } = startFor(start, 'connect', last);
      const served = serveView(resource, port);
      // It goes on as long as it was not killed.
      const read = new Promise((resolve) => {
        (port as { on(event: string, listener: (message: { read?: number }) => void): void }).on(
          'message',
          (message) => {
            if (message.read !== undefined) resolve(message);
          },
        );
      });
      const how = await Promise.race([read, served.closed]);
      over = how !== undefined;
      expect(how).toEqual(over ? { read: LENGTH, sum: (LENGTH / 2) * 3 } : undefined);
      expect(seen()).toBeGreaterThanOrEqual(over ? 8 : last);
      served.close();
      await served.closed;
      await until(() => demand === 0);
      resource.close();
    }
    expect(over).toBe(true);
  });

  it('is read to the end, or ends with CLOSED, whenever the other side dies', async () => {
    const outcomes: (string | undefined)[] = [];
    for (let last = 1; outcomes.at(-1) !== 'read' && last < MOST_MESSAGES; last += STRIDE) {
      const { port } = startFor(start, 'serve', last);
      const connecting = connectView(port);
      const ended = codeOf(connecting.then((view) => firstValueFrom(view.read(range(0, LENGTH)))));
      const outcome = await ended;
      outcomes.push(outcome ?? 'read');
      if (outcome === undefined) (await connecting).close();
      else await connecting.then((view) => until(() => view.status.state === 'closed')).catch(() => undefined);
    }
    expect([...new Set(outcomes)]).toEqual(['CLOSED', 'read']);
    expect(outcomes.length).toBeGreaterThan(6 / STRIDE);
  });
});

describe('a child process that makes text of messages', () => {
  it('is no port for a view', async () => {
    const child = fork(FIXTURE, ['serve', String(LENGTH)], { serialization: 'json' });
    started.add({ port: child, kill: () => void child.kill('SIGKILL') });
    await expect(connectView(child)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
