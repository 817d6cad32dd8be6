import { afterEach, describe, expect, it } from '@jest/globals';

import { type FinalStep, MemDriver, type Resource, StorageError } from '../../lib/index.js';
import { closeAll, cancelled, committed, open, patchy, ranges, record, wait } from '../support/resources.js';
import { bytes } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';
import { range } from '../support/range.js';

afterEach(closeAll);

describe('writing', () => {
  it('makes bytes, coverage and counts visible on return', () => {
    const resource = open();
    resource.writeAt(100, bytes(50, 100));
    const target = new Uint8Array(60).fill(0xee);
    expect(resource.readAt(110, target)).toBe(40);
    expect([...target]).toEqual([...bytes(40, 110), ...new Array<number>(20).fill(0xee)]);
    expect(ranges(resource)).toEqual([{ start: 100, end: 150 }]);
    expect([
      resource.coveredBytes,
      resource.has({ start: 100, end: 150 }),
      resource.has({ start: 99, end: 150 }),
    ]).toEqual([50, true, false]);
  });

  it('keeps nothing of the array it was given', () => {
    const resource = open();
    const data = bytes(4);
    resource.writeAt(0, data);
    data.fill(99);
    resource.commit();
    expect([...resource.readAll()]).toEqual([...bytes(4)]);
  });

  it('takes overlapping rewrites while active; coverage stays the same object', () => {
    const resource = patchy();
    const { coverage } = resource;
    resource.writeAt(1, new Uint8Array([91, 92]));
    expect(resource.coverage).toBe(coverage);
    const target = new Uint8Array(4);
    resource.readAt(0, target);
    expect([...target]).toEqual([0, 91, 92, 3]);
  });

  it('does nothing for empty data, at any offset', () => {
    const resource = open();
    const { coverage, status } = resource;
    const writes = record(resource.writes$);
    resource.writeAt(5, new Uint8Array(0));
    resource.writeAt(2 ** 53 - 1, new Uint8Array(0));
    expect(resource.coverage).toBe(coverage);
    expect(resource.status).toBe(status);
    expect(writes).toEqual([]);
  });

  it.each<[string, () => Resource, string]>([
    ['committed', committed, 'READ_ONLY'],
    ['cancelled', cancelled, 'CANCELLED'],
  ])('throws on a %s resource, and changes nothing', (_, make, code) => {
    const resource = make();
    const before = [resource.status, resource.coverage];
    expect(codeOf(() => resource.writeAt(0, bytes(20)))).toBe(code);
    expect(codeOf(() => resource.writeAll(bytes(20)))).toBe(code);
    expect([resource.status, resource.coverage]).toEqual(before);
  });

  it('throws FAILED on a failed resource, with the reason, and keeps what is there', () => {
    const resource = patchy();
    resource.fail('no network');
    const error = errorOf(() => resource.writeAt(4, bytes(4)));
    expect([error.code, error.message]).toEqual(['FAILED', expect.stringContaining('no network')]);
    expect(codeOf(() => resource.writeAll(bytes(4)))).toBe('FAILED');
    expect(ranges(resource)).toEqual([range(0, 4), range(8, 12)]);
  });

  it('past the capacity changes nothing, wakes nobody, and may be followed by more', () => {
    const resource = open({}, new MemDriver({ capacity: 10 }));
    resource.writeAt(0, bytes(4));
    const { coverage, status } = resource;
    const pending = wait(resource, 4, 10);
    expect(codeOf(() => resource.writeAt(6, bytes(5)))).toBe('CAPACITY');
    expect(codeOf(() => resource.writeAll(bytes(11)))).toBe('CAPACITY');
    expect([resource.coverage === coverage, resource.status === status, pending]).toEqual([true, true, []]);
    resource.writeAt(4, bytes(6, 4));
    expect(pending).toEqual(['ready', 'complete']);
    resource.commit();
    expect([...resource.readAll()]).toEqual([...bytes(10)]);
  });

  it('by writeAll replaces everything, commits, and tells of one write', () => {
    const resource = patchy({ expectedLength: 99 });
    const writes = record(resource.writes$);
    const inside = wait(resource, 5, 6);
    const behind = wait(resource, 6, 8);
    resource.writeAll(bytes(6, 40));
    expect(resource.status).toEqual({ state: 'committed', finalLength: 6 });
    expect([...resource.readAll()]).toEqual([...bytes(6, 40)]);
    expect(ranges(resource)).toEqual([{ start: 0, end: 6 }]);
    expect(writes).toEqual([{ start: 0, end: 6 }]);
    expect([inside, behind]).toEqual([
      ['ready', 'complete'],
      ['eof', 'complete'],
    ]);
  });

  it('by writeAll of nothing commits nothing', () => {
    const resource = patchy();
    resource.writeAll(new Uint8Array(0));
    expect(resource.status).toEqual({ state: 'committed', finalLength: 0 });
    expect(ranges(resource)).toEqual([]);
  });
});

/** A driver of a third party, on a disk that fills up and empties again. */
class CrowdedDriver extends MemDriver {
  full = false;

  override write(offset: number, data: Uint8Array): void {
    this.#check();
    super.write(offset, data);
  }

  override replace(data: Uint8Array): FinalStep {
    this.#check();
    return super.replace(data);
  }

  override commit(): FinalStep {
    this.#check();
    return super.commit();
  }

  #check(): void {
    if (this.full) throw new StorageError('NO_SPACE', 'The disk is full.');
  }
}

describe('over a driver that throws,', () => {
  it.each<[string, (resource: Resource) => void]>([
    ['writeAt', (resource) => resource.writeAt(4, bytes(4, 4))],
    ['a rewrite', (resource) => resource.writeAt(0, bytes(4, 50))],
    ['writeAll', (resource) => resource.writeAll(bytes(12))],
    ['commit', (resource) => resource.commit(4)],
  ])('%s passes the error on, changes nothing, tells nobody, and can be made again', (_, act) => {
    const driver = new CrowdedDriver();
    const resource = open({ expectedLength: 12 }, driver);
    resource.writeAt(0, bytes(4));
    resource.writeAt(8, bytes(4, 8));
    const { status, coverage } = resource;
    const logs = [wait(resource, 4, 8), wait(resource, 20, 30), record(resource.writes$)];
    driver.full = true;
    expect(codeOf(() => act(resource))).toBe('NO_SPACE');
    expect([resource.status === status, resource.coverage === coverage, logs]).toEqual([true, true, [[], [], []]]);
    expect(record(resource.read(range(8, 12)))).toEqual([[...bytes(4, 8)], 'complete']);
    driver.full = false;
    act(resource);
    expect([resource.status === status, resource.coverage === coverage, logs[2]]).not.toEqual([true, true, []]);
  });

  it('a failed write leaves the resource to be failed or closed', () => {
    const driver = new CrowdedDriver();
    const resource = open({}, driver);
    driver.full = true;
    expect(codeOf(() => resource.writeAt(0, bytes(1)))).toBe('NO_SPACE');
    resource.fail('disk full');
    expect(resource.status).toEqual({ state: 'failed', reason: 'disk full' });
  });
});

describe('a resource over a driver that writes each byte once', () => {
  class OnceDriver extends MemDriver {
    override readonly capabilities = { rewrites: false, view: false, share: false };
  }

  it('refuses what touches bytes that are there, with UNSUPPORTED, and takes the rest', () => {
    const resource = open({}, new OnceDriver());
    resource.writeAt(4, bytes(4, 4));
    for (const [offset, length] of [
      [0, 5],
      [4, 4],
      [5, 1],
      [7, 5],
      [0, 20],
    ] as const) {
      expect(codeOf(() => resource.writeAt(offset, bytes(length)))).toBe('UNSUPPORTED');
    }
    expect(codeOf(() => resource.writeAll(bytes(6)))).toBe('UNSUPPORTED');
    resource.writeAt(0, bytes(4));
    resource.writeAt(8, bytes(2, 8));
    resource.commit();
    expect([...resource.readAll()]).toEqual([...bytes(10)]);
  });

  it('has no views and no ports where the driver declares none', () => {
    const resource = open({}, new OnceDriver());
    expect(codeOf(() => resource.createPort())).toBe('UNSUPPORTED');
    resource.writeAll(bytes(3));
    expect(codeOf(() => resource.view(range(0, 3)))).toBe('UNSUPPORTED');
  });
});
