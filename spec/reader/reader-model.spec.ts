import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ByteRange, type Hold, type ReaderPort, Resource } from '../../lib/index.js';
import { EvictingDriver } from '../support/evicting-driver.js';
import { newDriver } from '../support/new-driver.js';
import { readerThread, type TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { demandsOfReader } from '../support/demands-of.js';
import { range } from '../support/range.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 200);
const SIZE = 40;

type Action =
  | { do: 'write' | 'evict' | 'hold'; at: number; length: number }
  | { do: 'writeAll' | 'commit' | 'expect'; length: number | undefined }
  | { do: 'fail' | 'reactivate' | 'interruptAsync' | 'take' | 'look' | 'release' | 'close' }
  | { do: 'interrupt'; token: number | undefined }
  | { do: 'poll' | 'waitAsync' | 'readAsync' | 'block'; start: number; length: number }
  | { do: 'readSync'; at: number | undefined; length: number; min: number }
  | { do: 'seek'; at: number };

interface Pending {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly read: boolean;
  /** Up to where it has made a demand ever since it was made: a longer one is published later. */
  demandEnd: number;
}

type Answer = 'ready' | 'eof' | 'failed' | 'closed' | 'wait';

/** The rules of section 4 of the design, over plain arrays. */
class Model {
  readonly content: (number | undefined)[] = new Array<number | undefined>(2 * SIZE).fill(undefined);
  state: 'active' | 'committed' | 'failed' | 'closed' = 'active';
  finalLength = 0;
  expected: number | undefined;
  /** How far bytes reached that were evicted since the last commit. */
  evictedEnd = 0;
  interrupted = false;
  untaken: { token: number | undefined } | undefined;
  position = 0;
  pending: Pending[] = [];
  holds: { start: number; end: number; hold: Hold }[] = [];

  get known(): number | undefined {
    return this.state === 'committed' ? this.finalLength : this.expected;
  }

  until(start: number): number {
    let at = start;
    while (this.content[at] !== undefined) at += 1;
    return at;
  }

  ranges(): { start: number; end: number }[] {
    const ranges = [];
    for (let at = 0; at < this.content.length; at += 1) {
      const end = this.until(at);
      if (end > at) ranges.push(range(at, end));
      at = end;
    }
    return ranges;
  }

  slice(start: number, end: number): Uint8Array {
    return new Uint8Array(this.content.slice(start, Math.min(end, this.until(start))) as number[]);
  }

  answer(start: number, end: number, withinLength: boolean): Answer {
    if (start === end) return 'ready';
    if (this.state === 'closed') return 'closed';
    const { known } = this;
    if (withinLength && known !== undefined && start >= known) return 'eof';
    const until = withinLength && known !== undefined ? Math.min(end, known) : end;
    if (this.until(start) >= until) return 'ready';
    if (this.state === 'committed') return start >= this.finalLength ? 'eof' : 'ready';
    return this.state === 'failed' ? 'failed' : 'wait';
  }

  /** What a blocking call that must not block says. */
  poll(start: number, end: number, withinLength: boolean): string {
    const answer = this.answer(start, end, withinLength);
    if (answer !== 'wait') return answer === 'ready' || answer === 'eof' ? answer : answer.toUpperCase();
    if (!this.interrupted) return 'TIMEOUT';
    this.interrupted = false;
    return 'interrupted';
  }
}

class Run {
  readonly model = new Model();
  readonly resource: Resource;
  readonly #sync: ReaderPort;
  readonly #async: ReaderPort;
  readonly #thread: TestThread;
  readonly #key: string;
  #value = 0;
  #keys = 0;

  constructor(thread: TestThread, key: string, evicts: boolean) {
    this.resource = Resource.open(evicts ? new EvictingDriver() : newDriver());
    this.#sync = this.resource.createPort({ name: 'sync' });
    this.#async = this.resource.createPort({ name: 'async' });
    this.#thread = thread;
    this.#key = key;
  }

  async start(): Promise<void> {
    await this.#thread.call('openSync', this.#key, this.#sync.handle);
    await this.#thread.call('attach', `${this.#key} async`, this.#async.handle);
  }

  async act(action: Action): Promise<void> {
    const { model, resource } = this;
    const [thread, key] = [this.#thread, this.#key];
    switch (action.do) {
      case 'write': {
        this.#value = (this.#value % 255) + 1;
        const act = (): void => resource.writeAt(action.at, filled(action.length, this.#value));
        if (this.#refused(act)) return;
        model.content.fill(this.#value, action.at, action.at + action.length);
        break;
      }
      case 'evict':
        this.#evict(range(action.at, action.at + action.length));
        break;
      case 'hold': {
        if (this.#ownerClosed) return;
        const held = range(action.at, action.at + action.length);
        model.holds.push({ ...held, hold: resource.hold(held) });
        return;
      }
      case 'release':
        model.holds.shift()?.hold.release();
        return;
      case 'writeAll': {
        this.#value = (this.#value % 255) + 1;
        const length = action.length ?? 0;
        if (this.#refused(() => resource.writeAll(filled(length, this.#value)))) return;
        model.content.fill(undefined).fill(this.#value, 0, length);
        Object.assign(model, { state: 'committed', finalLength: length, evictedEnd: 0 });
        break;
      }
      case 'commit': {
        const arrivedEnd = Math.max(model.evictedEnd, model.ranges().at(-1)?.end ?? 0);
        const length = action.length ?? model.expected ?? arrivedEnd;
        if (model.state === 'active' && model.until(0) < length) {
          expect(() => resource.commit(action.length)).toThrow(expect.objectContaining({ code: 'INCOMPLETE' }));
          return;
        }
        if (model.state === 'committed') return;
        if (this.#refused(() => resource.commit(action.length))) return;
        model.content.fill(undefined, length);
        Object.assign(model, { state: 'committed', finalLength: length, evictedEnd: 0 });
        break;
      }
      case 'expect':
        if (model.state !== 'active') return;
        resource.expectedLength = action.length;
        model.expected = action.length;
        for (const wait of model.pending) wait.demandEnd = Math.min(wait.demandEnd, model.known ?? Infinity);
        break;
      case 'fail':
        resource.fail('no more');
        if (model.state === 'active') model.state = 'failed';
        break;
      case 'reactivate':
        if (this.#ownerClosed) {
          expect(() => resource.reactivate()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
          return;
        }
        resource.reactivate();
        if (model.state === 'committed') model.expected = undefined;
        model.state = 'active';
        break;
      case 'close': {
        resource.close();
        if (model.state !== 'committed') model.state = 'closed';
        break;
      }
      case 'interrupt':
        this.#sync.interrupt(action.token);
        model.interrupted = true;
        model.untaken = { token: action.token };
        return;
      case 'interruptAsync': {
        this.#async.interrupt();
        const ended = model.pending.map(async (wait) => {
          expect(await thread.ended(wait.key)).toBe(wait.read ? 'INTERRUPTED' : 'interrupted');
        });
        model.pending = [];
        await Promise.all(ended);
        return;
      }
      case 'take': {
        const expected = model.state === 'closed' ? 'CLOSED' : model.untaken;
        expect(
          await thread.call('call', key, 'takeInterrupt').catch((error: unknown) => (error as { code?: string }).code),
        ).toEqual(expected);
        if (model.state !== 'closed') Object.assign(model, { untaken: undefined, interrupted: false });
        return;
      }
      case 'seek':
        expect(await codeOf(thread.call('call', key, 'seek', action.at))).toBe(
          model.state === 'closed' ? 'CLOSED' : undefined,
        );
        if (model.state !== 'closed') {
          Object.assign(model, { untaken: undefined, interrupted: false, position: action.at });
        }
        return;
      case 'poll': {
        const end = action.start + action.length;
        const options = { timeout: 0 };
        const outcome = thread.call('call', key, 'waitRange', range(action.start, end), options);
        expect(await outcome.catch((error: unknown) => (error as { code?: string }).code)).toBe(
          model.poll(action.start, end, false),
        );
        return;
      }
      case 'block':
        await this.#block(action.start, action.start + action.length);
        return;
      case 'readSync':
        await this.#read(action.at, action.length + 1, Math.min(action.min, action.length));
        return;
      case 'waitAsync':
      case 'readAsync': {
        this.#keys += 1;
        const read = action.do === 'readAsync';
        const end = action.start + action.length;
        const demandEnd = Math.min(end, model.known ?? Infinity);
        const wait = { key: `${key} ${this.#keys}`, start: action.start, end, read, demandEnd };
        await thread.call(read ? 'readAsync' : 'wait', `${key} async`, wait.key, range(action.start, end));
        model.pending.push(wait);
        break;
      }
      case 'look':
        await this.#look();
        return;
    }
    await this.#settle();
  }

  /** Committed content goes on for its readers when its owner has closed. */
  get #ownerClosed(): boolean {
    return this.resource.status.state === 'closed';
  }

  /** Whether the state refuses a change, with the code that it should. */
  #refused(act: () => void): boolean {
    const codes = { active: undefined, committed: 'READ_ONLY', failed: 'FAILED', closed: 'CLOSED' };
    const expected = this.#ownerClosed ? 'CLOSED' : codes[this.model.state];
    if (expected === undefined) {
      act();
      return false;
    }
    expect(act).toThrow(expect.objectContaining({ code: expected }));
    return true;
  }

  /** Evicts what may go. What it was is compared in the model of the resource. */
  #evict(asked: ByteRange): void {
    const { model, resource } = this;
    if (resource.driver.capabilities.evicts !== true || model.state === 'committed' || this.#ownerClosed) return;
    // A reader publishes its eight most urgent waits.
    const waits = model.pending.length <= 8 ? model.pending : [];
    const kept = [...model.holds, ...waits.map(({ start, demandEnd }) => range(start, demandEnd))];
    const subscription = resource.evictions$.subscribe(({ start, end }) => {
      expect(model.until(start)).toBeGreaterThanOrEqual(end);
      expect(kept.filter((range) => range.start < end && start < range.end && range.start < range.end)).toEqual([]);
      model.content.fill(undefined, start, end);
      model.evictedEnd = Math.max(model.evictedEnd, end);
    });
    resource.evict(asked);
    subscription.unsubscribe();
  }

  /** Blocks the thread on a range that is missing, and writes what is missing, byte by byte. */
  async #block(start: number, end: number): Promise<void> {
    const { model, resource } = this;
    if (model.state !== 'active' || model.interrupted || model.answer(start, end, false) !== 'wait') return;
    const outcome = this.#thread.call('waitTimes', this.#key, 1, range(start, end));
    if ((model.known ?? Infinity) >= end) await demandsOfReader(resource, 'sync');
    for (let at = end - 1; at >= start; at -= 1) {
      // What is there may have been read already.
      if (model.content[at] !== undefined) continue;
      resource.writeAt(at, filled(1, 77));
      model.content[at] = 77;
    }
    expect(await outcome).toEqual([{ outcome: 'ready', covered: true }]);
    await this.#settle();
  }

  async #read(at: number | undefined, length: number, min: number): Promise<void> {
    const { model } = this;
    const from = at ?? model.position;
    const options = { at, min, timeout: 0 };
    const got = await this.#thread
      .call<Uint8Array>('read', this.#key, length, options)
      .catch((error: unknown) => (error as { code?: string }).code);
    let outcome = model.poll(from, from + min, true);
    if (outcome === 'interrupted') outcome = 'INTERRUPTED';
    if (model.state === 'closed') outcome = 'CLOSED';
    if (outcome === 'ready' || outcome === 'eof') {
      const read = outcome === 'eof' ? filled(0) : model.slice(from, Math.min(from + length, model.known ?? Infinity));
      expect(got).toEqual(read);
      if (at === undefined) model.position = from + read.length;
    } else {
      expect(got).toBe(outcome);
    }
    expect(await this.#thread.call('get', this.#key, 'position')).toBe(model.position);
  }

  async #look(): Promise<void> {
    const { model } = this;
    if (model.state === 'closed') return;
    for (const key of [this.#key, `${this.#key} async`]) {
      expect(await this.#thread.call('ranges', key)).toEqual(model.ranges());
      expect(await this.#thread.call('get', key, 'status')).toMatchObject({ state: model.state });
      expect(await this.#thread.call('get', key, 'expectedLength')).toBe(model.known);
      const start = model.until(3);
      const stop = model.known ?? Number.MAX_SAFE_INTEGER;
      let end = start;
      while (end < model.content.length && model.content[end] === undefined) end += 1;
      if (end === model.content.length) end = stop;
      const gap = start < stop ? range(start, Math.min(end, stop)) : undefined;
      expect(await this.#thread.call('call', key, 'nextGap', 3)).toEqual(gap);
      expect(await this.#thread.call('readAt', key, 3, SIZE)).toEqual(model.slice(3, 3 + SIZE));
    }
  }

  /** Hears of all waits that have their answer now. */
  async #settle(): Promise<void> {
    const { model } = this;
    const still: Pending[] = [];
    for (const wait of model.pending) {
      const answer = model.answer(wait.start, wait.end, wait.read);
      if (answer === 'wait') {
        still.push(wait);
        continue;
      }
      const ended = await this.#thread.ended<string | Uint8Array>(wait.key);
      if (answer === 'failed' || answer === 'closed') expect(ended).toBe(answer.toUpperCase());
      else if (!wait.read) expect(ended).toBe(answer);
      else if (answer === 'eof') expect(ended).toEqual(filled(0));
      else expect(ended).toEqual(model.slice(wait.start, Math.min(wait.end, model.known ?? Infinity)));
    }
    model.pending = still;
  }

  /** Whatever is pending still is, and ends with the port. */
  async finish(): Promise<void> {
    this.#async.close();
    for (const { key } of this.model.pending) expect(await this.#thread.ended(key)).toBe('CLOSED');
    await this.#thread.call('close', this.#key);
    await this.#thread.call('close', `${this.#key} async`);
    this.resource.close();
  }
}

const at = fc.nat(SIZE - 1);
const length = fc.nat(12);
const total = fc.nat(SIZE);

const plain = fc.constantFrom('fail', 'reactivate', 'interruptAsync', 'take', 'look', 'release');
const wait = fc.constantFrom('poll', 'waitAsync', 'readAsync', 'block');
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('write'), at, length }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('evict', 'hold'), at, length }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('writeAll', 'commit', 'expect'), length: optional(total) }) },
  { weight: 6, arbitrary: fc.record({ do: plain }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('interrupt'), token: optional(fc.nat()) }) },
  { weight: 8, arbitrary: fc.record({ do: wait, start: at, length }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('readSync'), at: optional(at), length, min: length }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('seek'), at }) },
);
const actions = fc.array(action, { minLength: 5, maxLength: 40 });

describe('a resource and a worker that reads it', () => {
  it(
    'do what the model says, whatever happens in whatever order',
    async () => {
      const thread = readerThread();
      let runs = 0;
      await fc.assert(
        fc.asyncProperty(actions, fc.boolean(), fc.boolean(), async (list, close, evicts) => {
          runs += 1;
          const run = new Run(thread, `run ${runs}`, evicts);
          await run.start();
          for (const action of list) await run.act(action);
          if (close) {
            await run.act({ do: 'close' });
            for (const action of list) await run.act(action);
          }
          await run.finish();
        }),
        { numRuns: RUNS, interruptAfterTimeLimit: undefined },
      );
    },
    60_000 + 2000 * RUNS,
  );
});
