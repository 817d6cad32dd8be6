import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, of, take, toArray } from 'rxjs';
import {
  attachReader,
  MemDriver,
  ownerGone,
  progress,
  readChunks,
  type ReaderHandle,
  Resource,
  toReadableStream,
  writeTo,
} from '../../../lib/index.js';
import { openSync } from '../../../lib/sync.js';
import { filled } from '../../support/bytes.js';
import { range } from '../../support/range.js';

/**
 * A page without the headers COOP and COEP, which shares no memory: everything but other threads
 * works.
 */

describe('a page that is not cross-origin isolated', () => {
  it('has no SharedArrayBuffer', () => {
    expect([crossOriginIsolated, typeof SharedArrayBuffer]).toEqual([false, 'undefined']);
  });

  it('waits, and sees coverage, demand and status change', async () => {
    const resource = Resource.open(new MemDriver());
    const coverage = firstValueFrom(resource.coverage$.pipe(take(2), toArray()));
    const read = firstValueFrom(resource.read(range(100_000, 100_004)));
    const [demand] = await firstValueFrom(resource.demand$);
    expect(demand).toMatchObject({ range: range(100_000, 100_004), reader: 'owner', blocking: false });
    resource.writeAt(100_000, filled(4, 9));
    expect(await read).toEqual(filled(4, 9));
    expect((await coverage).map((snapshot) => snapshot.toArray())).toEqual([[], [range(100_000, 100_004)]]);
    resource.fail('no network');
    expect(await firstValueFrom(resource.status$)).toEqual({ state: 'failed', reason: 'no network' });
  });

  it('writes, reads and streams as anywhere', async () => {
    const resource = Resource.open(new MemDriver());
    await lastValueFrom(of(filled(70_000, 1), filled(70_000, 2)).pipe(writeTo(resource)));
    expect(resource.length).toBe(140_000);
    expect((await lastValueFrom(readChunks(resource).pipe(toArray()))).map((chunk) => chunk.length)).toEqual([
      65_536, 65_536, 8928,
    ]);
    expect(await new Response(toReadableStream(resource, range(69_999, 70_001))).bytes()).toEqual(
      new Uint8Array([1, 2]),
    );
    expect(await firstValueFrom(progress(resource))).toMatchObject({ fraction: 1 });
    expect(resource.view(range(70_000, 70_001))).toEqual(filled(1, 2));
  });

  it('has no ports: UNSUPPORTED, and says what is missing', () => {
    const resource = Resource.open(new MemDriver());
    const message = expect.stringMatching(/cross-origin isolated/) as unknown;
    expect(() => resource.createPort()).toThrow(expect.objectContaining({ code: 'UNSUPPORTED', message }));
    resource.writeAt(0, filled(1));
    expect(resource.coveredBytes).toBe(1);
  });

  it.each<[string, (handle: ReaderHandle) => unknown]>([
    ['attachReader', attachReader],
    ['openSync', openSync],
    ['ownerGone', ownerGone],
  ])('gets no handle, and what %s is given instead is refused', (_, open) => {
    expect(() => open({} as unknown as ReaderHandle)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
