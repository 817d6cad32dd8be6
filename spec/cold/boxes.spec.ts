import { describe, expect, it } from '@jest/globals';
import { ASK_AT, ASK_LENGTH_AT, ASK_START_AT, BOX_BYTES, GIVEN_AT, GIVEN_LENGTH_AT } from '../../lib/cold/piece-box.js';
import { CELL_BYTES } from '../../lib/control/cell-layout.js';
import { storeNumber } from '../../lib/coverage/pages.js';
import { ColdBytes } from '../../lib/index.js';

/** A box, and what the owner has read and pinged for it. */
function box(): { words: Int32Array; answer: () => void; read: [number, number][]; pings: () => number } {
  const cell = new SharedArrayBuffer(CELL_BYTES + BOX_BYTES);
  const read: [number, number][] = [];
  let pings = 0;
  const port = { handle: { cell }, cell: { ping: () => (pings += 1) } };
  const driver = { read: (offset: number, target: Uint8Array) => read.push([offset, target.length]) };
  const content = { driver, state: { generation: 0, coveredUntil: () => 100 }, ended: undefined };
  const cold = new ColdBytes();
  return { words: new Int32Array(cell), answer: () => cold.answer([port], content), read, pings: () => pings };
}

describe('the owner of cold bytes', () => {
  it('answers an ask when it is complete, and once', () => {
    const { words, answer, read, pings } = box();
    answer();
    expect(pings()).toBe(0);
    Atomics.store(words, ASK_AT, 1);
    storeNumber(words, ASK_START_AT, 10);
    Atomics.store(words, ASK_LENGTH_AT, 200);
    answer();
    expect([read, pings()]).toEqual([[], 0]);
    Atomics.store(words, ASK_AT, 2);
    // The reader may be copying when the owner looks again, for others.
    for (let looks = 0; looks < 3; looks += 1) answer();
    expect([read, pings()]).toEqual([[[10, 90]], 1]);
    expect([Atomics.load(words, GIVEN_AT), Atomics.load(words, GIVEN_LENGTH_AT)]).toEqual([2, 90]);
  });
});
