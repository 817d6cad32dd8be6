import { afterEach, describe, expect, it } from '@jest/globals';
import { map } from 'rxjs';

import { attachReader, type Resource, type ResourceReader } from '../../lib/index.js';
import { bytes } from '../support/bytes.js';
import { demandsOf } from '../support/demands-of.js';
import { coded, marbles } from '../support/marbles.js';
import { range } from '../support/range.js';
import { closeAll, open, patchy, turn } from '../support/resources.js';

afterEach(closeAll);

/**
 * What a reader has at its subscription, and what it does itself, is told at once; what the owner
 * does takes real time, which marbles have not.
 */
function readerOf(resource: Resource): ResourceReader {
  return attachReader(resource.createPort({ name: 'a' }).handle);
}

describe('coverage$ of a reader', () => {
  it('replays the coverage, and is subscribed to until it is unsubscribed or the reader closes', () => {
    marbles(({ at, expectLogged }) => {
      const reader = readerOf(patchy());
      const covered$ = reader.coverage$.pipe(map(({ coveredBytes }) => coveredBytes));
      at('-----a', { a: () => reader.close() });
      expectLogged(covered$).toBe('c----|', '^----!', { c: 8 });
      expectLogged(covered$, '--^-!').toBe('--c', '--^-!', { c: 8 });
      expectLogged(covered$, '-------^').toBe('-------(c|)', '-------(^!)', { c: 8 });
    });
  });
});

describe('status$ of a reader', () => {
  it('replays the status, tells of the end of the reader, and completes then', () => {
    marbles(({ at, expectLogged }) => {
      const reader = readerOf(open());
      const state$ = reader.status$.pipe(map(({ state }) => state));
      at('-----a', { a: () => reader.close() });
      const states = { a: 'active', c: 'closed' };
      expectLogged(state$).toBe('a----(c|)', '^----!', states);
      expectLogged(state$, '--^-!').toBe('--a', '--^-!', states);
      expectLogged(state$, '-------^').toBe('-------(c|)', '-------(^!)', states);
    });
  });
});

describe('waitRange and read of a reader', () => {
  it('answer at once for what is there, and wait until they are unsubscribed or the reader closes', () => {
    marbles(({ at, expectLogged }) => {
      const reader = readerOf(patchy());
      at('-----a', { a: () => reader.close() });
      expectLogged(reader.waitRange(range(0, 4))).toBe('(r|)', '(^!)', { r: 'ready' });
      expectLogged(reader.waitRange(range(2, 6)), '--^-!').toBe('', '--^-!');
      expectLogged(coded(reader.waitRange(range(2, 6)))).toBe('-----#', '^----!', undefined, 'CLOSED');
      const text$ = reader.read(range(1, 3)).pipe(map((chunk) => chunk.join()));
      expectLogged(text$).toBe('(d|)', '(^!)', { d: '1,2' });
      expectLogged(reader.read(range(2, 6)), '--^-!').toBe('', '--^-!');
      expectLogged(coded(reader.read(range(2, 6)))).toBe('-----#', '^----!', undefined, 'CLOSED');
    });
  });

  it('leave no demand with the owner once they are unsubscribed', async () => {
    const resource = open();
    const reader = readerOf(resource);
    const waits = [reader.waitRange(range(0, 4)).subscribe(), reader.read(range(8, 12)).subscribe()];
    while (demandsOf(resource).length < 2) await turn();
    for (const wait of waits) wait.unsubscribe();
    while (demandsOf(resource).length > 0) await turn();
    resource.writeAt(0, bytes(4));
    expect(reader.has(range(0, 4))).toBe(true);
    reader.close();
  });
});
