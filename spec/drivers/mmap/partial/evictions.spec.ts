import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

import type { FileSystem } from '../../../../lib/drivers/mmap/files/file-system.js';
import { MmapDriver, type MmapResource } from '../../../../lib/node.js';
import { decodeRecord, encodeRecord, type StoredRecord } from '../../../../lib/record/record-codec.js';
import { rejectionOf } from '../../../support/code-of.js';
import { coveredEquals, freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { sha256 } from '../../../support/sealed.js';
import { allocated, PUNCHES } from '../allocated.js';
import { threadReader } from '../elsewhere.js';
import { faultyFiles, faultyFolder, systemError } from '../faulty-files.js';
import { MAPPINGS } from '../mappings.js';

const MIB = 2 ** 20;
const SOURCE = pattern(4 * MIB);
const EVICTED = { start: MIB, end: 3 * MIB };
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Bytes that come back where holes can be punched. */
const freed = (bytes: number): number => (PUNCHES ? bytes : 0);

function full(path: string, options: Parameters<typeof openAt>[1] = {}): MmapResource {
  const resource = openAt(path, { checkpoint: false, ...options });
  resource.writeAt(0, SOURCE);
  return resource;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** The real file system, which counts what is asked of it. */
function countedFiles(): { files: FileSystem; calls: string[] } {
  const calls: string[] = [];
  const { files } = faultyFiles((call) => void calls.push(call));
  return { files, calls };
}

/** Fails to make names durable, while there is a code. */
function namesUndurable(path: string, code: () => string | undefined): FileSystem {
  return faultyFolder(path, (call) => (['sync', 'syncLater'].includes(call) ? code() : undefined));
}

describe('an eviction from a file', () => {
  it('touches no disk, and counts as allocated until the next checkpoint', async () => {
    const path = freshPath();
    const { files, calls } = countedFiles();
    const resource = full(path, { files });
    const before = allocated(`${path}.part`);
    expect(before).toBeGreaterThanOrEqual(SOURCE.length);
    calls.length = 0;
    expect(resource.evict(EVICTED)).toBe(2 * MIB);
    expect([calls, MmapDriver.inspect(path).bytesOnDisk]).toEqual([[], before]);
    await resource.checkpoint();
    expect(before - MmapDriver.inspect(path).bytesOnDisk).toBe(freed(2 * MIB));
    expect(before - allocated(`${path}.part`)).toBe(freed(2 * MIB));
    expect(MmapDriver.inspect(path).coveredBytes).toBe(2 * MIB);
    expect(coveredEquals(resource, SOURCE)).toBe(true);
  });

  it('gives back whole blocks, also one whose bytes have gone a few at a time', async () => {
    const path = freshPath();
    const resource = full(path);
    const before = allocated(`${path}.part`);
    const lost = (): number => before - allocated(`${path}.part`);
    resource.evict({ start: 1000, end: 4096 + 10 });
    await resource.checkpoint();
    expect(lost()).toBe(0);
    resource.evict({ start: 0, end: 1000 });
    await resource.checkpoint();
    expect(lost()).toBe(freed(4096));
    resource.evict({ start: 4096 + 10, end: 16_384 });
    await resource.checkpoint();
    expect(lost()).toBe(freed(16_384));
    resource.evict({ start: 4 * MIB - 5000, end: 4 * MIB });
    resource.close();
    expect(lost()).toBe(freed(16_384 + 4096));
    expect(coveredEquals(openAt(path), SOURCE)).toBe(true);
  });

  it('is followed by a checkpoint of its own, by bytes or by time, with checkpoint: false, too', async () => {
    const path = freshPath();
    const resource = full(path, { checkpoint: { ms: 5 } });
    await resource.checkpoint();
    resource.evict({ start: 0, end: MIB });
    await until(() => MmapDriver.inspect(path).coveredBytes === 3 * MIB);
    const never = freshPath();
    const unasked = full(never);
    unasked.evict({ start: 0, end: MIB });
    await until(() => !PUNCHES || allocated(`${never}.part`) <= 3 * MIB);
    expect(namesBeside(never)).toEqual(['content.lock', 'content.part']);
    await unasked.checkpoint();
    unasked.evict({ start: MIB, end: 2 * MIB });
    await until(() => !PUNCHES || allocated(`${never}.part`) <= 2 * MIB);
    await until(() => MmapDriver.inspect(never).coveredBytes === 2 * MIB);
  });

  it('from content that was reactivated is not on disk any more soon, with checkpoint: false, too', async () => {
    const path = freshPath();
    const resource = full(path, { mode: 'read-write' });
    resource.commit();
    resource.reactivate();
    resource.evict(EVICTED);
    await until(() => MmapDriver.inspect(path).coveredBytes === 2 * MIB);
    expect(resource.coveredBytes).toBe(2 * MIB);
  });

  it('gives nothing back that was written again, and what was given back can be written', async () => {
    const path = freshPath();
    const resource = full(path);
    resource.evict(EVICTED);
    resource.writeAt(MIB, SOURCE.subarray(MIB, 2 * MIB));
    await resource.checkpoint();
    expect(coveredEquals(resource, SOURCE)).toBe(true);
    resource.writeAt(2 * MIB, SOURCE.subarray(2 * MIB, 3 * MIB));
    resource.commit();
    expect(readFileSync(path).equals(SOURCE)).toBe(true);
  });

  it('while a checkpoint is made keeps it from being renamed, and it is made nevertheless', async () => {
    const path = freshPath();
    const listedAtRename: boolean[] = [];
    const { files } = faultyFiles((call, [from]) => {
      if (call !== 'rename') return;
      const record = decodeRecord(readFileSync(String(from)), sha256);
      const ranges = 'reason' in record ? [] : record.coverage;
      listedAtRename.push(ranges.length > 0 && ranges.every((range) => resource.has(range)));
    });
    const resource = full(path, { files });
    await resource.checkpoint();
    const rounds = { left: 5 };
    const evicting = (async (): Promise<number> => {
      let at = 0;
      for (; rounds.left > 0; at += 10) {
        resource.evict({ start: at, end: at + 5 });
        await nextTurn();
      }
      return at;
    })();
    for (; rounds.left > 0; rounds.left -= 1) {
      const { coveredBytes } = resource;
      await nextTurn();
      await resource.checkpoint();
      expect(MmapDriver.inspect(path).coveredBytes).toBeLessThan(coveredBytes);
    }
    expect(await evicting).toBeGreaterThan(100);
    expect(listedAtRename.length).toBeGreaterThanOrEqual(6);
    expect(listedAtRename).not.toContain(false);
  });

  it.each<[string, number[], (resource: MmapResource) => void]>([
    ['is written again', [], (resource) => resource.writeAt(2 * MIB, SOURCE.subarray(2 * MIB, 3 * MIB))],
    [
      'is committed',
      [],
      (resource) => {
        for (const at of [0, 2 * MIB]) resource.writeAt(at, SOURCE.subarray(at, at + MIB));
        resource.commit();
      },
    ],
    ['is closed', [0, 2 * MIB], (resource) => resource.close()],
  ])('whose file %s between two holes punches nothing that is there', async (_what, after, meanwhile) => {
    const path = freshPath();
    const punched: number[] = [];
    const { files } = faultyFiles((call, [, start]) => {
      if (call !== 'punchHole') return;
      punched.push(Number(start));
      // A slow disk: the next hole is punched in another turn.
      const until = performance.now() + 20;
      while (performance.now() < until);
    });
    const resource = full(path, { files });
    resource.evict({ start: 0, end: MIB });
    resource.evict({ start: 2 * MIB, end: 3 * MIB });
    const under = resource.checkpoint();
    while (punched.length === 0) await nextTurn();
    expect(punched).toEqual([0]);
    meanwhile(resource);
    await under;
    // Closing punches what is not covered then.
    expect(punched.slice(1)).toEqual(after);
    resource.close();
    expect(coveredEquals(openAt(path), SOURCE)).toBe(true);
  });

  it.each(['EIO', 'ENOSPC', 'EINTR', 'EOPNOTSUPP', 'ENOSYS'])(
    'whose hole is refused with %s changes nothing, and the checkpoint is made',
    async (code) => {
      const path = freshPath();
      let refusals = 1;
      let asked = 0;
      const { files } = faultyFiles((call) => {
        if (call !== 'punchHole') return;
        asked += 1;
        refusals -= 1;
        if (refusals >= 0) throw systemError(code);
      });
      const resource = full(path, { files });
      const before = allocated(`${path}.part`);
      resource.evict(EVICTED);
      await resource.checkpoint();
      expect([asked > 0, MmapDriver.inspect(path).coveredBytes]).toEqual([true, 2 * MIB]);
      expect(coveredEquals(resource, SOURCE)).toBe(true);
      // What may be for the moment is tried again.
      await resource.checkpoint();
      const never = ['EOPNOTSUPP', 'ENOSYS'].includes(code);
      expect(before - allocated(`${path}.part`)).toBe(never ? 0 : freed(2 * MIB));
      resource.evict({ start: 0, end: MIB });
      const calls = asked;
      resource.close();
      expect(asked > calls).toBe(!never && PUNCHES);
      expect(coveredEquals(openAt(path), SOURCE)).toBe(true);
    },
  );

  it('gives nothing back where the file system makes no names durable, so that an older coverage file may return', async () => {
    const path = freshPath();
    const resource = full(path, { files: namesUndurable(path, () => 'EINVAL') });
    const before = allocated(`${path}.part`);
    await resource.checkpoint();
    resource.evict(EVICTED);
    await resource.checkpoint();
    resource.evict({ start: 0, end: MIB });
    resource.close();
    expect([MmapDriver.inspect(path).coveredBytes, allocated(`${path}.part`)]).toEqual([MIB, before]);
  });

  it('that could not be made durable is not taken for durable once the bytes are back', async () => {
    const path = freshPath();
    let code: string | undefined;
    const resource = full(path, { files: namesUndurable(path, () => code) });
    // So that no holes are to be punched.
    resource.commit();
    resource.reactivate();
    await resource.checkpoint();
    resource.evict(EVICTED);
    code = 'EIO';
    expect((await rejectionOf(resource.checkpoint())).code).toBe('IO');
    code = undefined;
    resource.writeAt(MIB, SOURCE.subarray(MIB, 3 * MIB));
    await resource.checkpoint();
    expect(MmapDriver.inspect(path).coveredBytes).toBe(SOURCE.length);
  });

  it('or bytes that a killed writer has left, come back when the file is opened the next time', async () => {
    const path = freshPath();
    const first = openAt(path, { checkpoint: false });
    first.writeAt(0, SOURCE.subarray(0, MIB));
    first.close();
    // What was written after the last checkpoint of a process that was killed.
    const descriptor = openSync(`${path}.part`, 'r+');
    writeSync(descriptor, SOURCE, MIB, 3 * MIB, MIB);
    closeSync(descriptor);
    const before = allocated(`${path}.part`);
    const again = openAt(path);
    await again.checkpoint();
    expect(before - allocated(`${path}.part`)).toBe(freed(3 * MIB));
    expect([again.coveredBytes, coveredEquals(again, SOURCE)]).toEqual([MIB, true]);
  });

  it('from a replacement gives back its space, and leaves the committed file alone', async () => {
    const path = freshPath();
    full(path).commit();
    const old = allocated(path);
    const resource = full(path, { mode: 'replace' });
    const before = allocated(`${path}.next`);
    resource.evict(EVICTED);
    await resource.checkpoint();
    expect([before - allocated(`${path}.next`), allocated(path)]).toEqual([freed(2 * MIB), old]);
    expect([coveredEquals(resource, SOURCE), readFileSync(path).equals(SOURCE)]).toEqual([true, true]);
  });

  it('of everything keeps the file until it is closed, and nothing after', async () => {
    const path = freshPath();
    const resource = full(path);
    await resource.checkpoint();
    resource.evict({ start: 0, end: SOURCE.length });
    await resource.checkpoint();
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'new', coveredBytes: 0 });
    expect(allocated(`${path}.part`)).toBe(PUNCHES ? 0 : SOURCE.length);
    resource.writeAt(5, SOURCE.subarray(5, 10));
    resource.evict({ start: 0, end: SOURCE.length });
    resource.close();
    expect(namesBeside(path)).toEqual([]);
  });
});

describe('evicted bytes of a file that was committed', () => {
  it.each(MAPPINGS)('can still be read by who has opened or mapped it before, with mapping %s', async (mapping) => {
    const path = freshPath();
    const resource = full(path, { mapping });
    resource.commit();
    const reader = threadReader();
    await reader.call('attach', openAt(path, { mapping, mode: 'read-only' }).createPort().handle, true);
    const sum = async (): Promise<Buffer> => Buffer.from(await reader.call<Uint8Array>('readAt', MIB, MIB));
    expect((await sum()).equals(SOURCE.subarray(MIB, 2 * MIB))).toBe(true);
    const outside = openSync(path, 'r');
    const before = allocated(path);
    resource.reactivate();
    resource.evict(EVICTED);
    await resource.checkpoint();
    resource.close();
    // It is another resource now, which did not commit it.
    const again = openAt(path, { mapping });
    expect(again.coverage.toArray()).toEqual([
      { start: 0, end: MIB },
      { start: 3 * MIB, end: 4 * MIB },
    ]);
    again.evict({ start: 0, end: MIB });
    await again.checkpoint();
    again.close();
    expect((await sum()).equals(SOURCE.subarray(MIB, 2 * MIB))).toBe(true);
    const found = Buffer.alloc(SOURCE.length);
    readSync(outside, found, 0, found.length, 0);
    closeSync(outside);
    expect([found.equals(SOURCE), allocated(`${path}.part`)]).toEqual([true, before]);
  });

  it('come back when what stays is copied by a commit, and with the file', () => {
    const path = freshPath();
    const resource = full(path);
    resource.commit();
    const before = allocated(path);
    resource.reactivate();
    resource.evict({ start: MIB, end: 4 * MIB });
    resource.commit(MIB);
    expect(before - allocated(path)).toBe(3 * MIB);
    expect(readFileSync(path).equals(SOURCE.subarray(0, MIB))).toBe(true);
    resource.reactivate();
    resource.discard();
    expect(namesBeside(path)).toEqual([]);
  });

  it('by a coverage file that does not say whether it was committed stay as well', async () => {
    const path = freshPath();
    full(path).close();
    // As an older version has written it: without the flag.
    const { coverage, expectedLength, identity } = decodeRecord(
      readFileSync(`${path}.part.coverage`),
      sha256,
    ) as StoredRecord;
    const old = encodeRecord({ coverage, expectedLength, identity }, sha256);
    writeFileSync(`${path}.part.coverage`, old);
    const before = allocated(`${path}.part`);
    const resource = openAt(path);
    resource.evict(EVICTED);
    await resource.checkpoint();
    expect([resource.coveredBytes, allocated(`${path}.part`)]).toEqual([2 * MIB, before]);
  });
});
