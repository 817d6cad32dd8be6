import { describe, it } from '@jest/globals';
import fc from 'fast-check';

import { copyFromShared, copyToShared } from '../../lib/memory/shared-copy.js';
import { sameBytes } from '../support/bytes.js';

const ROOM = 200_000;
const content = Uint8Array.from({ length: ROOM }, (_, index) => Math.imul(index + 1, 0x9e37_79b1) >>> 24);
/** Around the length from which on it matters, and around that of one piece. */
const lengths = fc.oneof(fc.nat(100), fc.integer({ min: 500, max: 600 }), fc.integer({ min: 65_500, max: 131_100 }));
const cases = fc.record({ from: fc.nat(60_000), lead: fc.nat(20), base: fc.nat(20), length: lengths });

function expectSame(found: Uint8Array, expected: Uint8Array): void {
  if (!sameBytes(found, expected)) throw new Error('They differ.');
}

describe('copying between shared memory and other arrays', () => {
  it('fills a target with what is there, wherever both lie, and touches nothing around it', () => {
    fc.assert(
      fc.property(cases, ({ from, lead, base, length }) => {
        const source = new Uint8Array(new SharedArrayBuffer(ROOM + 20), base, ROOM);
        source.set(content);
        const around = new Uint8Array(lead + length + 9).fill(0xee);
        copyFromShared(source, from, around.subarray(lead, lead + length));
        const expected = new Uint8Array(lead + length + 9).fill(0xee);
        expected.set(content.subarray(from, from + length), lead);
        expectSame(around, expected);
      }),
      { numRuns: 300 },
    );
  });

  it('puts data where it belongs, wherever both lie, and touches nothing around it', () => {
    fc.assert(
      fc.property(cases, ({ from, lead, base, length }) => {
        const bytes = new Uint8Array(new SharedArrayBuffer(ROOM + 20), base, ROOM);
        copyToShared(content.slice(0, lead + length).subarray(lead), bytes, from);
        const expected = new Uint8Array(ROOM);
        expected.set(content.subarray(lead, lead + length), from);
        expectSame(bytes, expected);
      }),
      { numRuns: 300 },
    );
  });
});
