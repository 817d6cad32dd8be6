import { afterEach, describe, expect, it } from '@jest/globals';
import { map, type Observable } from 'rxjs';

import { type NeededBy, readChunks, type Resource, toReadableStream } from '../../lib/index.js';
import { bytes } from '../support/bytes.js';
import { marbles } from '../support/marbles.js';
import { closeAll, open, record, turn } from '../support/resources.js';

afterEach(closeAll);

/** `start: neededBy` of every demand. */
function times$(resource: Resource): Observable<string> {
  return resource.demand$.pipe(
    map((demands) => demands.map(({ range, neededBy }) => `${range.start}: ${neededBy ?? 'none'}`).join()),
  );
}

function timesOf(resource: Resource): unknown {
  const [times] = record(times$(resource));
  return times;
}

const wrong: [string, unknown][] = [
  ['text', '5'],
  ['no time', NaN],
  ['null', null],
];

describe('neededBy of readChunks', () => {
  it('is for the first chunk where it is a number, and for no other', () => {
    marbles(({ cold, expectObservable }) => {
      const resource = open({ expectedLength: 12 });
      cold('--a--b').subscribe((letter) => resource.writeAt(letter === 'a' ? 0 : 4, bytes(4)));
      expectObservable(readChunks(resource, { chunkSize: 4, neededBy: 1000 }), '-^-----!').toBe('--a--b', {
        a: bytes(4),
        b: bytes(4),
      });
      expectObservable(times$(resource)).toBe('eab--c-e', { e: '', a: '0: 1000', b: '4: none', c: '8: none' });
    });
  });

  it('of a function is asked for at each chunk that has to be waited for, with its offset', () => {
    marbles(({ cold, expectObservable }) => {
      const resource = open({ expectedLength: 12 });
      const asked: number[] = [];
      const neededBy = (offset: number): number | undefined => {
        asked.push(offset);
        return offset === 8 ? undefined : 1000 + offset;
      };
      resource.writeAt(0, bytes(2));
      cold('--ab').subscribe((letter) => resource.writeAt(letter === 'a' ? 2 : 6, bytes(letter === 'a' ? 4 : 2)));
      expectObservable(readChunks(resource, { chunkSize: 4, neededBy }), '-^----!').toBe('-abc', {
        a: bytes(2),
        b: bytes(4),
        c: bytes(2),
      });
      expectObservable(times$(resource)).toBe('eabc--e', { e: '', a: '2: 1002', b: '6: 1006', c: '8: none' });
      cold('-----x').subscribe(() => expect(asked).toEqual([2, 6, 8]));
    });
  });

  it('is asked for when the inner observable of the chunk before has completed', () => {
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const resource = open({ expectedLength: 8 });
      const inner = cold('--(x|)');
      const neededBy = (offset: number): number => 1000 + offset;
      cold('--ab').subscribe((letter) => resource.writeAt(letter === 'a' ? 0 : 4, bytes(letter === 'a' ? 4 : 2)));
      const read$ = readChunks(resource, { chunkSize: 4, neededBy, project: () => inner });
      expectObservable(read$, '-^-------!').toBe('----x-x');
      expectSubscriptions(inner.subscriptions).toBe(['--^-!', '----^-!']);
      expectObservable(times$(resource)).toBe('eae---b--e', { e: '', a: '0: 1000', b: '6: 1006' });
    });
  });

  it('ends it with what a function throws, and with INVALID_ARGUMENT for what is no time', () => {
    const reason = new Error('no idea');
    const neededBy = (): number => {
      throw reason;
    };
    expect(record(readChunks(open(), { neededBy }))).toEqual([reason]);
    expect(record(readChunks(open(), { neededBy: () => NaN }))).toEqual(['INVALID_ARGUMENT']);
  });

  it.each(wrong)('is refused at the call where it is %s', (_what, neededBy) => {
    expect(() => readChunks(open(), { neededBy: neededBy as number })).toThrow(/Expected neededBy to be a time/);
  });
});

describe('neededBy of toReadableStream', () => {
  it.each<[string, NeededBy, string[]]>([
    ['the first piece, as a number', 1000, ['2: 1000', '4: none']],
    ['each piece, as a function', (offset) => 1000 + offset, ['2: 1002', '4: 1004']],
  ])('is for %s', async (_what, neededBy, times) => {
    const resource = open();
    const reader = toReadableStream(resource, { start: 2, end: 10 }, { neededBy }).getReader();
    await turn();
    expect(timesOf(resource)).toBe('');
    const first = reader.read();
    await turn();
    const found = [timesOf(resource)];
    resource.writeAt(0, bytes(4));
    expect((await first).value).toEqual(bytes(2, 2));
    const second = reader.read();
    await turn();
    found.push(timesOf(resource));
    resource.writeAt(4, bytes(6, 4));
    await second;
    expect(found).toEqual(times);
  });

  it('errors the stream with what a function throws', async () => {
    const reason = new Error('no idea');
    const neededBy = (): number => {
      throw reason;
    };
    await expect(toReadableStream(open(), undefined, { neededBy }).getReader().read()).rejects.toBe(reason);
  });

  it.each(wrong)('is refused at the call where it is %s', (_what, neededBy) => {
    expect(() => toReadableStream(open(), undefined, { neededBy: neededBy as number })).toThrow(
      /Expected neededBy to be a time/,
    );
  });
});
