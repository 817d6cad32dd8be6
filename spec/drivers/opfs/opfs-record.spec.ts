import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { GEOMETRY } from '../../../lib/drivers/opfs/geometry.js';
import {
  type BlockRun,
  decodeSlot,
  encodeBody,
  numbered,
  type OpfsRecord,
} from '../../../lib/drivers/opfs/opfs-record.js';
import { readSlots } from '../../../lib/drivers/opfs/record-slots.js';
import { sha256 } from '../../../lib/drivers/opfs/sha256.js';
import { FUZZ_RUNS } from '../../run/rounds.js';

const { blockSize } = GEOMETRY;
const fixture = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`./fixtures/format-1/${name}`, import.meta.url)));

/** What the fixture `partial` holds. */
const PARTIAL: OpfsRecord = {
  committedLength: undefined,
  content: {
    coverage: [
      { start: 10, end: 3 * blockSize },
      { start: 40 * blockSize, end: 40 * blockSize + 1 },
    ],
    expectedLength: 5_000_000,
    identity: '"v1"',
  },
  runs: [
    { block: 0, place: 1, count: 3 },
    { block: 40, place: 300, count: 1 },
  ],
};
/** What the fixture `committed` holds. */
const COMMITTED: OpfsRecord = {
  committedLength: 100_000,
  content: { coverage: [{ start: 0, end: 100_000 }], expectedLength: undefined, identity: undefined },
  runs: [
    { block: 0, place: 7, count: 1 },
    { block: 1, place: 5, count: 1 },
  ],
};

function decoded(bytes: Uint8Array): unknown {
  const found = decodeSlot(bytes, GEOMETRY);
  if ('reason' in found) return found;
  const { number, committedLength, runs } = found;
  const { coverage, expectedLength, identity } = found.content;
  return { number, committedLength, content: { coverage, expectedLength, identity }, runs };
}

describe('SHA-256', () => {
  it("is the one of Node's crypto, for every length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe('the record of the origin private file system', () => {
  it.each([
    ['partial', PARTIAL, 41],
    ['committed', COMMITTED, 2],
  ] as const)('of format 1 is read, and written to the byte: %s', (name, record, number) => {
    const bytes = fixture(name);
    expect(decoded(bytes)).toEqual({ number, ...record });
    expect(Buffer.compare(numbered(encodeBody(record, GEOMETRY), number), bytes)).toBe(0);
  });

  it('is refused with any byte changed, and at any other length', () => {
    const bytes = fixture('partial');
    for (const at of bytes.keys()) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      expect(decodeSlot(changed, GEOMETRY)).toMatchObject({ reason: 'damaged' });
      expect(decodeSlot(bytes.subarray(0, at), GEOMETRY)).toMatchObject({ reason: 'damaged' });
    }
    expect(decodeSlot(Uint8Array.of(...bytes, 0), GEOMETRY)).toMatchObject({ reason: 'damaged' });
  });

  it.each<[string, (view: DataView) => void, string]>([
    ['of a newer version', (view) => view.setUint32(8, 2, true), 'format'],
    ['with blocks of another size', (view) => view.setUint32(32, 2 ** 17, true), 'format'],
    ['without a number', (view) => view.setFloat64(16, 0, true), 'damaged'],
    ['with a larger table than there is', (view) => view.setUint32(40, 3, true), 'damaged'],
    ['with one place for two blocks', (view) => view.setUint32(view.byteLength - 32 - 8, 2, true), 'damaged'],
    ['with blocks in no order', (view) => view.setFloat64(view.byteLength - 32 - 16, 1, true), 'damaged'],
    [
      'with a covered block that has no place',
      (view) => view.setFloat64(view.byteLength - 32 - 16, 41, true),
      'damaged',
    ],
    ['that is committed, and has gaps', (view) => view.setUint32(12, 1, true), 'damaged'],
  ])('is refused: one %s', (_what, spoil, reason) => {
    const bytes = fixture('partial');
    spoil(new DataView(bytes.buffer));
    bytes.set(sha256(bytes.subarray(0, -32)), bytes.length - 32);
    expect(decodeSlot(bytes, GEOMETRY)).toMatchObject({ reason });
  });

  it('counts in the slot with the larger number, and in the other one where that is damaged', () => {
    const [older, newer] = [1, 2].map((number) => numbered(encodeBody(COMMITTED, GEOMETRY), number)) as [
      Uint8Array,
      Uint8Array,
    ];
    const none = new Uint8Array();
    const torn = newer.subarray(0, 50);
    expect(readSlots([none, none], GEOMETRY)).toBeUndefined();
    expect(readSlots([older, newer], GEOMETRY)).toMatchObject({ slot: 1, newest: { number: 2 }, older: { number: 1 } });
    expect(readSlots([newer, older], GEOMETRY)).toMatchObject({ slot: 0, newest: { number: 2 }, older: { number: 1 } });
    expect(readSlots([older, torn], GEOMETRY)).toMatchObject({ slot: 0, newest: { number: 1 } });
    expect(readSlots([torn, none], GEOMETRY)).toMatchObject({ reason: 'damaged' });
  });

  it('holds as many runs of blocks as there are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(10_000), { maxLength: 200 }), (places) => {
        const runs: BlockRun[] = places.map((place, index) => ({ block: 2 * index, place, count: 1 }));
        const coverage = runs.map(({ block }) => ({ start: block * blockSize, end: (block + 1) * blockSize }));
        const record = { ...PARTIAL, content: { ...PARTIAL.content, coverage }, runs };
        expect(decoded(numbered(encodeBody(record, GEOMETRY), 9))).toEqual({ number: 9, ...record });
      }),
      { numRuns: FUZZ_RUNS },
    );
  });
});
