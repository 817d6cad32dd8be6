import { describe, expect, it } from '@jest/globals';

import { type Resource } from '../../../lib/index.js';
import { codeOf, rejectionOf } from '../../support/code-of.js';
import { CrashingFolder } from './crashing-folder.js';
import { driverIn, openIn, pattern, settled, SMALL } from './in-folders.js';

const SOURCE = pattern(40 * SMALL.blockSize, 1);
const full = (): Error => new DOMException('the quota is exceeded', 'QuotaExceededError');

function write(resource: Resource, start: number, end: number): void {
  resource.writeAt(start, SOURCE.subarray(start, end));
}

function isSound(resource: Resource): boolean {
  return resource.coverage.toArray().every(({ start, end }) => {
    const found = new Uint8Array(end - start);
    return resource.readAt(start, found) === found.length && Buffer.compare(found, SOURCE.subarray(start, end)) === 0;
  });
}

describe('where the quota is exceeded,', () => {
  it('a write throws NO_SPACE and changes nothing, and can be made again', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    write(resource, 0, 100);
    folder.fails = (call) => (call.startsWith('write chunk') ? full() : undefined);
    expect(codeOf(() => write(resource, 50, 300))).toBe('NO_SPACE');
    expect(resource.coverage.toArray()).toEqual([{ start: 0, end: 100 }]);
    folder.fails = undefined;
    write(resource, 50, 300);
    expect([resource.coveredBytes, isSound(resource)]).toEqual([300, true]);
    resource.close();
  });

  it('a write over bytes that are there has not begun before it is refused', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    write(resource, 0, 100);
    // Only what makes a file longer exceeds it.
    folder.fails = (call) => (call.startsWith('truncate chunk') ? full() : undefined);
    expect(codeOf(() => resource.writeAt(50, pattern(250, 2)))).toBe('NO_SPACE');
    expect([resource.coveredBytes, isSound(resource)]).toEqual([100, true]);
    resource.close();
  });

  it('a checkpoint rejects with NO_SPACE, and what was durable stays so', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    write(resource, 0, 100);
    await resource.checkpoint();
    write(resource, 100, 200);
    folder.fails = (call) => (call.startsWith('write record') ? full() : undefined);
    expect(await rejectionOf(resource.checkpoint())).toMatchObject({ code: 'NO_SPACE', path: 'content' });
    expect(codeOf(() => resource.close())).toBe('NO_SPACE');
    folder.fails = undefined;
    await settled();
    const again = await openIn(folder);
    expect([again.coverage.toArray(), isSound(again)]).toEqual([[{ start: 0, end: 100 }], true]);
    again.close();
  });

  it('a commit throws NO_SPACE, and the content stays active', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    write(resource, 0, 200);
    await resource.checkpoint();
    folder.fails = (call) => (call.startsWith('write record') ? full() : undefined);
    expect(codeOf(() => resource.commit())).toBe('NO_SPACE');
    expect(codeOf(() => resource.writeAll(SOURCE.subarray(0, 60)))).toBe('NO_SPACE');
    expect(resource.status.state).toBe('active');
    folder.fails = undefined;
    resource.commit();
    expect([resource.length, isSound(resource)]).toEqual([200, true]);
    resource.close();
  });
});

describe('what is written before files are open for it', () => {
  it('is readable at once, and durable at the next checkpoint', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    write(resource, 0, SOURCE.length);
    write(resource, 100, 3000);
    expect(isSound(resource)).toBe(true);
    await resource.checkpoint();
    const found = await openIn(new CrashingFolder([...folder.wrecks()][0]?.files));
    expect([found.coveredBytes, isSound(found)]).toEqual([SOURCE.length, true]);
    resource.close();
  });

  it('is not claimed by a record as long as it waits', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    write(resource, 0, SOURCE.length);
    resource.close();
    const again = await openIn(folder);
    expect(again.coveredBytes).toBeGreaterThan(0);
    expect([again.coveredBytes < SOURCE.length, isSound(again)]).toEqual([true, true]);
    again.close();
  });

  it('is lost at close, and a checkpoint of then says so', async () => {
    const resource = await openIn(new CrashingFolder());
    write(resource, 0, SOURCE.length);
    const checkpoint = rejectionOf(resource.checkpoint());
    resource.close();
    expect(await checkpoint).toMatchObject({ code: 'CLOSED' });
  });

  it('has its files at the next checkpoint, whatever was evicted', async () => {
    const resource = await openIn(new CrashingFolder());
    write(resource, 0, 10 * SMALL.blockSize);
    await resource.checkpoint();
    resource.evict({ start: 0, end: 9 * SMALL.blockSize });
    expect(codeOf(() => resource.writeAll(SOURCE))).toBe('CAPACITY');
    await resource.checkpoint();
    resource.writeAll(SOURCE);
    expect([resource.length, isSound(resource)]).toEqual([SOURCE.length, true]);
    resource.close();
  });

  it('is kept from a commit until it has a place', async () => {
    const resource = await openIn(new CrashingFolder());
    write(resource, 0, SOURCE.length);
    expect(codeOf(() => resource.commit())).toBe('CAPACITY');
    await resource.checkpoint();
    resource.commit();
    expect(isSound(resource)).toBe(true);
    resource.close();
  });
});

describe('content that was committed and is written again', () => {
  it('has no total any more, also after a crash', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder, { expectedLength: 100 });
    write(resource, 0, 100);
    resource.commit();
    resource.reactivate();
    expect(resource.expectedLength).toBeUndefined();
    const found = await openIn(new CrashingFolder([...folder.wrecks()][0]?.files));
    expect([found.origin.from, found.expectedLength, isSound(found)]).toEqual(['partial', undefined, true]);
    resource.close();
  });
});

describe('a folder whose maker was killed', () => {
  it('has nothing to read', async () => {
    const folder = new CrashingFolder(new Map([['record-0', new Uint8Array()]]));
    expect(await rejectionOf(driverIn(folder, 'read-only'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a record that is not believed', () => {
  it.each([
    ['damaged', 'record-0', (bytes: Uint8Array) => bytes.with(60, 99)],
    ['longer-than-data', 'chunk-0', (bytes: Uint8Array) => bytes.subarray(0, 10)],
  ] as const)('says so (%s), is left until something is written, and is gone then', async (reason, name, spoil) => {
    const folder = new CrashingFolder();
    const first = await openIn(folder);
    write(first, 0, 200);
    first.close();
    const files = new Map([...folder.wrecks()][0]?.files);
    files.set(name, spoil(files.get(name) ?? new Uint8Array()));
    const spoilt = new CrashingFolder(files);
    const looked = await openIn(spoilt);
    expect(looked.origin).toMatchObject({ from: 'new', refused: { reason } });
    looked.close();
    await settled();
    expect(await spoilt.load('chunk-0')).toEqual(files.get('chunk-0'));
    expect(await spoilt.load('record-0')).toEqual(files.get('record-0'));
    const written = await openIn(spoilt);
    write(written, 300, 400);
    written.close();
    await settled();
    const again = await openIn(spoilt);
    expect(again.coverage.toArray()).toEqual([{ start: 300, end: 400 }]);
    expect([again.origin, isSound(again)]).toEqual([{ from: 'partial' }, true]);
    again.close();
  });
});

describe('space', () => {
  it('comes back from what is evicted, replaced and dropped', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    const limit = (blocks: number): number => (1.05 * blocks + SMALL.chunkBlocks) * SMALL.blockSize;
    write(resource, 0, SOURCE.length);
    await resource.checkpoint();
    resource.evict({ start: 100, end: SOURCE.length });
    await resource.checkpoint();
    expect(folder.chunkBytes).toBeLessThanOrEqual(limit(2));
    resource.writeAll(SOURCE.subarray(0, 200));
    expect(folder.chunkBytes).toBeLessThanOrEqual(limit(4));
    resource.reactivate();
    write(resource, 0, SOURCE.length);
    await resource.checkpoint();
    resource.commit(300);
    expect([folder.chunkBytes <= limit(5), isSound(resource)]).toEqual([true, true]);
    resource.close();
  });

  it('is within the bound after any evictions, and moving blocks ends', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    for (let round = 0; round < 60; round += 1) {
      for (let block = round % 3; block < 40; block += 1 + ((round * 7) % 4)) {
        write(resource, block * SMALL.blockSize, (block + 1) * SMALL.blockSize);
      }
      const first = (round * 11) % 37;
      resource.evict({ start: first * SMALL.blockSize, end: (first + (round % 23)) * SMALL.blockSize });
      for (let block = round % 5; block < 40; block += 3) {
        resource.evict({ start: block * SMALL.blockSize, end: (block + 1) * SMALL.blockSize });
      }
      await resource.checkpoint();
      const covered = resource.coveredBytes / SMALL.blockSize;
      expect(folder.chunkBytes).toBeLessThanOrEqual((1.05 * covered + SMALL.chunkBlocks) * SMALL.blockSize);
    }
    expect(isSound(resource)).toBe(true);
    resource.close();
  });

  it('is all given back by removal, also of what closing has kept', async () => {
    const folder = new CrashingFolder();
    const resource = await openIn(folder);
    resource.close();
    await settled();
    expect(await folder.names()).toEqual([]);
    const again = await openIn(folder);
    write(again, 0, 500);
    again.discard();
    await settled();
    expect(await folder.names()).toEqual([]);
  });
});
