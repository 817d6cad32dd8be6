import { type VirtualPlanner, VirtualClient } from './client.js';
import { VirtualClock } from './clock.js';
import type { Pattern, Step } from './patterns.js';
import { type ServerTraits, VirtualServer } from './server.js';

/** What was measured. */
export interface Outcome {
  /** Requests made until everything was there. */
  readonly requests: number;
  /** Bytes that the server sent in vain. */
  readonly wasted: number;
  /** How long readers waited for what they got, in milliseconds, together. */
  readonly waited: number;
  /** The longest of these waits. */
  readonly longestWait: number;
  /** When everything was there, in milliseconds. */
  readonly completeAt: number;
}

/** Downloads by a plan while somebody reads, in virtual time. */
export function simulate(pattern: Pattern, traits: ServerTraits, planner: VirtualPlanner): Outcome {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock, traits);
  const client = new VirtualClient(clock, server, planner, pattern.length);
  let reading = pattern.readers.length;
  pattern.readers.forEach((reader, index) => {
    read({ name: `reader ${index}`, steps: reader()[Symbol.iterator]() }, client, clock, () => (reading -= 1));
  });
  clock.run(() => reading === 0);
  if (reading > 0) throw new Error(`${pattern.name}: somebody waits for ever.`);
  clock.run(() => client.isComplete);
  if (!client.isComplete) throw new Error(`${pattern.name}: it came to rest without being complete.`);
  const completeAt = clock.now;
  // What is on the way still.
  clock.run(() => false);
  return {
    requests: server.requests,
    wasted: server.sent - client.store.bytes,
    waited: Math.round(client.waited),
    longestWait: Math.round(client.longestWait),
    completeAt: Math.round(completeAt),
  };
}

interface Reader {
  readonly name: string;
  readonly steps: Iterator<Step>;
}

function read({ name, steps }: Reader, client: VirtualClient, clock: VirtualClock, done: () => void): void {
  const next = (): void => {
    const { value, done: isDone } = steps.next() as IteratorResult<Step, undefined>;
    if (isDone === true) {
      done();
      return;
    }
    if ('pause' in value) {
      clock.after(value.pause, next);
      return;
    }
    let isOver = false;
    const withdraw = client.wait(name, value, () => {
      if (isOver) return;
      isOver = true;
      next();
    });
    if (value.patience === undefined) return;
    clock.after(value.patience, () => {
      if (isOver) return;
      isOver = true;
      withdraw();
      next();
    });
  };
  clock.after(0, next);
}
