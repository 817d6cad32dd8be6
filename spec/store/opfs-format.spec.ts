import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { decodeFrame, encodeFrame, encodeHeader, HEADER } from '../../lib/drivers/opfs/pool/journal-frames.js';
import { GEOMETRY } from '../../lib/drivers/opfs/geometry.js';
import { Resource } from '../../lib/index.js';
import { Store } from '../../lib/store.js';
import { CrashingFolder } from '../drivers/opfs/crashing-folder.js';
import { pattern, SMALL } from '../drivers/opfs/in-folders.js';
import { rejectionOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { FRESH, recordOf } from './opfs-crash.js';
import { backendIn } from './opfs-stores.js';

const FORMAT_1 = new URL('fixtures/opfs-1/', import.meta.url);
const PARTIAL = 'parté\ud800/..';

/** The files as an earlier version has written them: every later one has to open them. */
function format1(): Map<string, Uint8Array> {
  return new Map(readdirSync(FORMAT_1).map((name) => [name, new Uint8Array(readFileSync(new URL(name, FORMAT_1)))]));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

describe('a store of the origin private file system in format 1', () => {
  it('is opened with all that is in it', async () => {
    const store = await Store.open(backendIn(new CrashingFolder(format1())));
    expect(store.strangers).toEqual([]);
    expect([...store.keys].sort()).toEqual(['complete', PARTIAL]);
    expect(store.entry('complete')).toMatchObject({
      state: 'complete',
      coveredBytes: 150,
      identity: '"v1"',
      usedAt: 1_700_000_000_000,
    });
    expect(store.entry(PARTIAL)).toMatchObject({
      state: 'partial',
      coveredBytes: 130,
      expectedLength: 9000,
      identity: '"v2"',
      usedAt: 1_700_000_000_004,
      group: 'g',
      contentType: 'audio/flac',
      metadata: { track: 1, live: true, a: 'é' },
      validatedAt: 5,
      download: { state: 'paused' },
    });
    using complete = await store.acquire('complete');
    expect(complete.resource?.readAll()).toEqual(pattern(150, 1));
    using partial = await store.acquire(PARTIAL);
    expect(partial.coverage.toArray()).toEqual([range(10, 110), range(400, 430)]);
    const found = new Uint8Array(30);
    expect([partial.resource?.readAt(400, found), found]).toEqual([30, pattern(30, 3)]);
    await store.close();
  });

  it('is written byte for byte as it was', () => {
    const journal = format1().get('journal-1') ?? new Uint8Array();
    const generation = new DataView(journal.buffer).getFloat64(24, true);
    expect(encodeHeader(generation, SMALL)).toEqual(journal.subarray(0, HEADER));
    const kinds: string[] = [];
    let at = HEADER;
    for (let found = decodeFrame(journal, at, generation, SMALL); found;) {
      kinds.push(found.frame.kind);
      expect(encodeFrame(found.frame, found, SMALL)).toEqual(journal.subarray(at, at + found.length));
      at += found.length;
      found = decodeFrame(journal, at, generation, SMALL);
    }
    expect(kinds).toEqual(expect.arrayContaining(['record', 'content', 'complete', 'used']));
  });

  it.each(['removed', 'no content'] as const)('says the same of an entry that is %s', (kind) => {
    const place = { generation: 3, number: 7, durable: 5 };
    const bytes = encodeFrame({ kind, entry: 9 }, place, SMALL);
    expect(decodeFrame(bytes, 0, 3, SMALL)).toMatchObject({ ...place, frame: { kind, entry: 9 }, length: 80 });
    expect(new DataView(bytes.buffer).getUint32(4, true)).toBe(kind === 'removed' ? 5 : 4);
    expect(decodeFrame(bytes, 0, 2, SMALL)).toBeUndefined();
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (bytes[at] ?? 0) ^ 1;
      expect(decodeFrame(damaged, 0, 3, SMALL)).toBeUndefined();
    }
  });
});

describe('a store of a newer version', () => {
  it.each([
    ['with a journal of another version', SMALL, 2],
    ['with blocks of another size', GEOMETRY, 1],
  ])('is UNSUPPORTED, and not changed: %s', async (_, geometry, version) => {
    const header = encodeHeader(9, geometry);
    new DataView(header.buffer).setUint32(8, version, true);
    header.set(sha256(header.subarray(0, 32)), 32);
    const folder = new CrashingFolder(new Map([...format1(), ['journal-0', header]]));
    expect(await rejectionOf(backendIn(folder).open())).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('journal-0'),
    });
    expect(folder.calls).toEqual([]);
    // It was given back.
    expect(await rejectionOf(backendIn(folder).open())).toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('has records that are left alone, with their content', async () => {
    const folder = new CrashingFolder();
    const backend = backendIn(folder);
    await backend.open();
    backend.storeFirst('newer', recordOf('newer'), 1);
    const resource = Resource.open(backend.driver('newer', FRESH));
    resource.writeAll(pattern(100, 1));
    resource.close();
    await backend.close();
    const name = (await folder.size('journal-0')) > 0 ? 'journal-0' : 'journal-1';
    const journal = (await folder.load(name)) ?? new Uint8Array();
    const at = Buffer.from(journal).lastIndexOf('tidemark entry 1');
    const start = at - 48;
    journal[at + 15] = '2'.charCodeAt(0);
    const end = start + new DataView(journal.buffer).getUint32(start, true);
    journal.set(sha256(journal.subarray(start, end - 32)), end - 32);
    const files = new Map([[name, journal]]);
    for (const other of await folder.names()) {
      if (other.startsWith('chunk')) files.set(other, (await folder.load(other)) ?? new Uint8Array());
    }
    const newer = new CrashingFolder(files);
    for (let turn = 0; turn < 2; turn += 1) {
      const again = backendIn(newer);
      expect(await again.open()).toEqual({ entries: [], dropped: [], strangers: ['entry 1'] });
      await again.close();
      expect(await newer.size('chunk-0')).toBe(100);
    }
  });
});
