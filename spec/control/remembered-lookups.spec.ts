import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  attachReader,
  type ByteRange,
  isStorageError,
  MemDriver,
  ownerGone,
  registerAttachment,
  Resource,
  type ResourceStatus,
} from '../../lib/index.js';
import { openSync } from '../../lib/sync.js';
import { attachEvicting, EVICTING_KIND, EvictingDriver } from '../support/evicting-driver.js';
import { PlainCoverage } from '../support/plain-coverage.js';
import { range } from '../support/range.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const SIZE = 60;
const SEQUENCE_AT = 2;
const VERSION_AT = 10;

registerAttachment(EVICTING_KIND, attachEvicting);

type Step =
  | { readonly kind: 'write' | 'evict' | 'ask'; readonly start: number; readonly length: number }
  | { readonly kind: 'expect' | 'replace'; readonly length: number }
  | { readonly kind: 'commit' | 'fail' | 'reactivate' | 'snapshot' | 'ask everywhere' };

const start = fc.nat(SIZE - 1);
const length = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: SIZE }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('write' as const), start, length }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('evict' as const), start, length }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('ask' as const), start, length }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('expect' as const, 'replace' as const), length }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'commit' as const,
        'fail' as const,
        'reactivate' as const,
        'snapshot' as const,
        'ask everywhere' as const,
      ),
    }),
  },
);

/** A resource, with what is known of it kept plainly beside it. */
class Model {
  readonly resource = Resource.open(new EvictingDriver(SIZE));
  readonly #sync = openSync(this.resource.createPort().handle);
  readonly #async = attachReader(this.resource.createPort().handle);
  readonly #coverage = new PlainCoverage(SIZE);
  #state: 'active' | 'committed' | 'failed' = 'active';
  #length: number | undefined;

  apply(step: Step): void {
    const { resource } = this;
    switch (step.kind) {
      case 'write': {
        if (this.#state !== 'active') return;
        const end = Math.min(SIZE, step.start + step.length);
        resource.writeAt(step.start, new Uint8Array(end - step.start));
        this.#coverage.set(step.start, end, true);
        return;
      }
      case 'evict': {
        if (this.#state === 'committed') return;
        const end = Math.min(SIZE, step.start + step.length);
        expect(resource.evict(range(step.start, end))).toBe(this.#coverage.count(step.start, end));
        this.#coverage.set(step.start, end, false);
        return;
      }
      case 'expect':
        if (this.#state !== 'active') return;
        resource.expectedLength = this.#length = step.length;
        return;
      case 'replace':
        if (this.#state !== 'active') return;
        resource.writeAll(new Uint8Array(step.length));
        this.#coverage.set(0, SIZE, false);
        this.#end(step.length);
        return;
      case 'commit': {
        // Uncovers all ranges but the first.
        const end = this.#coverage.coveredUntil(0);
        if (this.#state !== 'active' || end === 0) return;
        resource.commit(end);
        this.#end(end);
        return;
      }
      case 'fail':
        if (this.#state !== 'active') return;
        resource.fail('no more');
        this.#state = 'failed';
        return;
      case 'reactivate':
        if (this.#state === 'active') return;
        resource.reactivate();
        if (this.#state === 'committed') this.#length = undefined;
        this.#state = 'active';
        return;
      case 'snapshot':
        for (const view of this.#views) expect(view.coverage.toArray()).toEqual(this.#coverage.ranges());
        return;
      case 'ask':
        this.#ask(step.start, Math.min(SIZE, step.start + step.length));
        return;
      case 'ask everywhere':
        // More often than there are ranges, so that lookups make a snapshot of their own.
        for (let times = 0; times < 2; times += 1) {
          for (let index = 0; index < SIZE; index += 1) this.#ask((index * 7) % SIZE, ((index * 7) % SIZE) + 1);
        }
    }
  }

  close(): void {
    for (const view of this.#views) view.close();
  }

  get #views() {
    return [this.resource, this.#sync, this.#async];
  }

  #end(length: number): void {
    this.#coverage.set(0, length, true);
    this.#coverage.set(length, SIZE, false);
    this.#state = 'committed';
    this.#length = length;
  }

  #ask(from: number, until: number): void {
    const has = this.#coverage.coveredUntil(from) >= until;
    const gap = this.#state === 'committed' ? undefined : this.#coverage.ranges(false, from, until)[0];
    const there = Math.max(0, this.#coverage.coveredUntil(from) - from);
    const answers = { has, gap, there, wait: this.#waitOf(from, has), length: this.#length };
    for (const view of this.#views) {
      expect({
        has: view.has(range(from, until)),
        gap: view.nextGap(from, until),
        there: view.readAt(from, new Uint8Array(SIZE)),
        wait: view === this.#sync ? this.#wait(range(from, until)) : answers.wait,
        length: view.expectedLength,
      }).toEqual(answers);
    }
  }

  #waitOf(from: number, has: boolean): string {
    if (has) return 'ready';
    if (this.#state === 'active') return 'TIMEOUT';
    if (this.#state === 'failed') return 'FAILED';
    return from >= (this.#length ?? 0) ? 'eof' : 'ready';
  }

  #wait(wanted: ByteRange): string {
    try {
      return this.#sync.waitRange(wanted, { timeout: 0 });
    } catch (error) {
      if (!isStorageError(error)) throw error;
      return error.code;
    }
  }
}

describe('what lookups remember of the last one', () => {
  it('is never believed past a change, by the owner or a reader, whatever changes in which order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const model = new Model();
        try {
          for (const each of steps) model.apply(each);
        } finally {
          model.close();
        }
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  it.each<[string, boolean, (resource: Resource) => unknown]>([
    ['a write', false, (resource) => resource.writeAt(20, new Uint8Array(10))],
    ['an eviction', true, (resource) => resource.evict(range(20, 30))],
  ])(
    'is not believed after %s when the sequence number and the version have come round to what they were',
    (_, covered, change) => {
      const resource = Resource.open(new EvictingDriver(SIZE));
      const port = resource.createPort();
      const words = new Int32Array((port.handle as unknown as { control: SharedArrayBuffer }).control);
      const reader = openSync(port.handle);
      resource.writeAt(0, new Uint8Array(10));
      if (covered) resource.writeAt(20, new Uint8Array(10));
      expect(reader.has(range(20, 30))).toBe(covered);
      expect(reader.coverage.rangeCount).toBe(covered ? 2 : 1);
      const seen = Atomics.load(words, SEQUENCE_AT);
      const version = Atomics.load(words, VERSION_AT);
      // As after 2^30 updates, one more, and the rest of 2^31.
      Atomics.add(words, SEQUENCE_AT, -(2 ** 31));
      change(resource);
      Atomics.add(words, SEQUENCE_AT, -(2 ** 31) - 2);
      Atomics.store(words, VERSION_AT, version);
      expect(Atomics.load(words, SEQUENCE_AT)).toBe(seen);
      expect(reader.has(range(20, 30))).toBe(!covered);
      expect(reader.coverage.rangeCount).toBe(covered ? 1 : 2);
    },
  );

  it('is not believed once the owner is gone or the port is closed', () => {
    const resource = Resource.open(new MemDriver());
    const first = resource.createPort();
    const [one, other] = [openSync(first.handle), openSync(resource.createPort().handle)];
    resource.writeAt(0, new Uint8Array(10));
    for (const reader of [one, other]) expect(reader.has(range(0, 10))).toBe(true);
    first.close();
    expect(() => one.has(range(0, 10))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    expect(other.has(range(0, 10))).toBe(true);
    ownerGone(first.handle);
    expect(() => other.has(range(0, 10))).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });

  it.each<[string, (resource: Resource) => void]>([
    ['a commit', (resource) => resource.commit()],
    ['a failure', (resource) => resource.fail('lost')],
    ['another expected length', (resource) => (resource.expectedLength = 20)],
  ])(
    'is not believed of the status after %s in the middle of a read, whichever load comes first after it',
    (_, change) => {
      const found: ResourceStatus[] = [];
      const wanted: ResourceStatus[] = [];
      const { load } = Atomics;
      for (let loads = 0; loads < 30; loads += 1) {
        const resource = Resource.open(new MemDriver(), { expectedLength: 10 });
        const reader = openSync(resource.createPort().handle);
        resource.writeAt(0, new Uint8Array(10));
        // In half of the rounds it remembers the length, too.
        const length = loads % 2 === 0 ? reader.expectedLength : 10;
        expect([reader.status.state, length]).toEqual(['active', 10]);
        let left = loads >> 1;
        Atomics.load = ((...asked: Parameters<typeof load>) => {
          if (left === 0) {
            Atomics.load = load;
            change(resource);
          }
          left -= 1;
          return load(...asked);
        }) as typeof load;
        let state: string;
        try {
          ({ state } = reader.status);
        } finally {
          Atomics.load = load;
        }
        expect(['active', 'committed', 'failed']).toContain(state);
        if (left >= 0) change(resource);
        found.push(reader.status);
        wanted.push(resource.status);
        resource.close();
      }
      expect(found).toEqual(wanted);
    },
  );
});
