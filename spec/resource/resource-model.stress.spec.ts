import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Driver, MemDriver, Resource } from '../../lib/index.js';
import { EvictingDriver } from '../support/evicting-driver.js';
import { PlainCoverage } from '../support/plain-coverage.js';
import { newDriver } from '../support/new-driver.js';
import { rounds } from '../run/rounds.js';
import { asCode, codeOf } from '../support/code-of.js';

const SIZE = 64;

interface ModelWait {
  readonly start: number;
  readonly end: number;
  readonly passive: boolean;
  result: string | undefined;
  expected: string | undefined;
}

/** What a resource has to be, in plain arrays; written from the contract and not from the code. */
class Model {
  state: 'active' | 'committed' | 'failed' | 'closed' = 'active';
  readonly bytes = new Uint8Array(SIZE);
  readonly coverage = new PlainCoverage(SIZE);
  finalLength = 0;
  /** How far bytes reached that were evicted since the last commit. */
  evictedEnd = 0;
  waits: ModelWait[] = [];
  readonly holds: { readonly start: number; readonly end: number; readonly release: () => void }[] = [];

  /** Takes bytes that nobody holds or asks for out of coverage, and returns how many they were. */
  evict(start: number, end: number): number {
    const kept = [...this.holds, ...this.waits.filter((wait) => wait.expected === undefined && !wait.passive)];
    let count = 0;
    const { end: coveredEnd } = this.coverage;
    for (let at = start; at < end; at += 1) {
      if (this.coverage.bytes[at] !== true || kept.some((range) => range.start <= at && at < range.end)) continue;
      this.coverage.set(at, at + 1, false);
      count += 1;
    }
    if (count > 0) this.evictedEnd = Math.max(this.evictedEnd, coveredEnd);
    return count;
  }

  answer(start: number, end: number): string | undefined {
    if (start === end) return 'ready';
    if (this.state === 'closed') return 'CLOSED';
    if (this.coverage.coveredUntil(start) >= end) return 'ready';
    if (this.state === 'committed') return start >= this.finalLength ? 'eof' : 'ready';
    return this.state === 'failed' ? 'FAILED' : undefined;
  }

  settle(): void {
    for (const wait of this.waits) wait.expected ??= this.answer(wait.start, wait.end);
  }
}

interface Step {
  readonly name: string;
  run(model: Model, resource: Resource): void;
}

const refusal = { active: undefined, committed: 'READ_ONLY', failed: 'FAILED', closed: 'CLOSED' } as const;
const span = fc.tuple(fc.nat(SIZE), fc.nat(SIZE)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }));

const write = fc.tuple(span, fc.nat(255)).map(([{ start, end }, seed]): Step => ({
  name: `writeAt(${start}, ${end - start} bytes)`,
  run(model, resource) {
    const data = new Uint8Array(end - start).fill(seed);
    expect(
      codeOf(() => {
        resource.writeAt(start, data);
      }),
    ).toBe(refusal[model.state]);
    if (model.state !== 'active') return;
    model.bytes.set(data, start);
    model.coverage.set(start, end, true);
  },
}));

const writeAll = fc.nat(SIZE).map((length): Step => ({
  name: `writeAll(${length} bytes)`,
  run(model, resource) {
    const data = new Uint8Array(length).fill(length);
    expect(
      codeOf(() => {
        resource.writeAll(data);
      }),
    ).toBe(refusal[model.state]);
    if (model.state !== 'active') return;
    model.bytes.set(data);
    model.coverage.set(0, SIZE, false);
    model.coverage.set(0, length, true);
    model.evictedEnd = 0;
    model.state = 'committed';
    model.finalLength = length;
  },
}));

const commit = fc.option(fc.nat(SIZE), { nil: undefined }).map((length): Step => ({
  name: `commit(${String(length)})`,
  run(model, resource) {
    const found = codeOf(() => {
      resource.commit(length);
    });
    if (model.state === 'committed') {
      expect(found).toBe(length === undefined || length === model.finalLength ? undefined : 'INVALID_ARGUMENT');
      return;
    }
    if (model.state !== 'active') {
      expect(found).toBe(refusal[model.state]);
      return;
    }
    const end = length ?? Math.max(model.coverage.end, model.evictedEnd);
    if (model.coverage.count(0, end) < end) {
      expect(found).toBe('INCOMPLETE');
      return;
    }
    expect(found).toBeUndefined();
    model.coverage.set(end, SIZE, false);
    model.evictedEnd = 0;
    model.state = 'committed';
    model.finalLength = end;
  },
}));

const fail = fc.constant<Step>({
  name: 'fail()',
  run(model, resource) {
    resource.fail('by chance');
    if (model.state === 'active') model.state = 'failed';
  },
});

const reactivate = fc.constant<Step>({
  name: 'reactivate()',
  run(model, resource) {
    expect(
      codeOf(() => {
        resource.reactivate();
      }),
    ).toBe(model.state === 'closed' ? 'CLOSED' : undefined);
    if (model.state !== 'closed') model.state = 'active';
  },
});

const close = fc.constant<Step>({
  name: 'close()',
  run(model, resource) {
    resource.close();
    model.state = 'closed';
  },
});

const interrupt = fc.constant<Step>({
  name: 'interrupt()',
  run(model, resource) {
    resource.interrupt();
    for (const wait of model.waits) wait.expected ??= 'interrupted';
  },
});

const evict = span.map((range): Step => ({
  name: `evict([${range.start}, ${range.end}))`,
  run(model, resource) {
    if (resource.driver.capabilities.evicts !== true) {
      expect(codeOf(() => resource.evict(range))).toBe(model.state === 'closed' ? 'CLOSED' : 'UNSUPPORTED');
      return;
    }
    if (model.state === 'committed' || model.state === 'closed') {
      expect(codeOf(() => resource.evict(range))).toBe(refusal[model.state]);
      return;
    }
    let told = 0;
    const subscription = resource.evictions$.subscribe(({ start, end }) => {
      expect(model.coverage.count(start, end)).toBe(end - start);
      told += end - start;
    });
    const evicted = resource.evict(range);
    expect(evicted).toBe(model.evict(range.start, range.end));
    expect(told).toBe(evicted);
    subscription.unsubscribe();
  },
}));

const hold = span.map((range): Step => ({
  name: `hold([${range.start}, ${range.end}))`,
  run(model, resource) {
    if (model.state === 'closed') {
      expect(codeOf(() => resource.hold(range))).toBe('CLOSED');
      return;
    }
    const made = resource.hold(range);
    model.holds.push({
      ...range,
      release() {
        made.release();
      },
    });
  },
}));

const release = fc.nat().map((index): Step => ({
  name: `release of hold ${index}`,
  run(model) {
    const [released] = model.holds.splice(index % Math.max(1, model.holds.length), 1);
    released?.release();
  },
}));

const wait = fc.tuple(span, fc.boolean()).map(([range, passive]): Step => ({
  name: `waitRange([${range.start}, ${range.end}), passive: ${passive})`,
  run(model, resource) {
    const made: ModelWait = { ...range, passive, result: undefined, expected: model.answer(range.start, range.end) };
    resource.waitRange(range, { passive }).subscribe({
      next: (outcome) => {
        made.result = outcome;
      },
      error: (error: unknown) => {
        made.result = String(asCode(error));
      },
    });
    model.waits.push(made);
  },
}));

const read = span.map(({ start, end }): Step => ({
  name: `readAt(${start}, ${end - start} bytes)`,
  run(model, resource) {
    const target = new Uint8Array(end - start);
    if (model.state === 'closed') {
      expect(codeOf(() => resource.readAt(start, target))).toBe('CLOSED');
      return;
    }
    const length = resource.readAt(start, target);
    expect(length).toBe(Math.min(end, model.coverage.coveredUntil(start)) - start);
    expect([...target.subarray(0, length)]).toEqual([...model.bytes.subarray(start, start + length)]);
  },
}));

const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: write },
    { weight: 4, arbitrary: wait },
    { weight: 4, arbitrary: read },
    { weight: 4, arbitrary: evict },
    { weight: 1, arbitrary: hold },
    { weight: 1, arbitrary: release },
    { weight: 2, arbitrary: commit },
    { weight: 1, arbitrary: writeAll },
    { weight: 2, arbitrary: reactivate },
    { weight: 1, arbitrary: fail },
    { weight: 1, arbitrary: interrupt },
    { weight: 1, arbitrary: close },
  ),
  { maxLength: 60, size: 'max' },
);

function check(model: Model, resource: Resource): void {
  model.settle();
  expect(model.waits.map(({ result }) => result)).toEqual(model.waits.map(({ expected }) => expected));
  expect(resource.status.state).toBe(model.state);
  expect(resource.length).toBe(model.state === 'committed' ? model.finalLength : undefined);
  expect(resource.coverage.toArray()).toEqual(model.coverage.ranges());
  expect(resource.coveredBytes).toBe(model.coverage.count());
  if (model.state !== 'closed') expect(resource.nextGap(0, SIZE)?.start).toBe(gapOf(model));
}

function gapOf(model: Model): number | undefined {
  const limit = model.state === 'committed' ? model.finalLength : SIZE;
  const start = model.coverage.coveredUntil(0);
  return start < limit ? start : undefined;
}

describe('a resource', () => {
  it.each<[string, () => Driver]>([
    ['the driver of this run', newDriver],
    ['a driver that evicts', () => new EvictingDriver()],
    ['memory that is not shared', () => new MemDriver({ shared: false })],
  ])('does what the model does, in any order of calls (over %s)', (_, driver) => {
    fc.assert(
      fc.property(steps, (run) => {
        const model = new Model();
        const resource = Resource.open(driver());
        for (const step of run) {
          step.run(model, resource);
          check(model, resource);
        }
        resource.close();
      }),
      { numRuns: rounds(500, 50) },
    );
  });
});
