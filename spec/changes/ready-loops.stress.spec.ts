import { describe, expect, it } from '@jest/globals';
import { count, firstValueFrom, lastValueFrom } from 'rxjs';

import { readChunks, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { rounds } from '../run/rounds.js';

/** More than any stack has frames. */
const [MILLION, MANY] = [rounds(1_000_000, 50_000), rounds(100_000, 20_000)];

describe('the stack does not grow', () => {
  it(`over ${MILLION} ready waits, each subscribed when the one before has completed`, () => {
    const resource = Resource.open(newDriver(new Uint8Array(MILLION)));
    let ready = 0;
    for (let start = 0; start < MILLION; start += 1) {
      resource.waitRange({ start, end: start + 1 }).subscribe((outcome) => (ready += outcome === 'ready' ? 1 : 0));
    }
    expect(ready).toBe(MILLION);
  });

  it(`over ${MANY} waits, each made by the callback of the one before it, and completed by a write of that callback`, async () => {
    const resource = Resource.open(newDriver());
    const byte = new Uint8Array(1);
    let ready = 0;
    const next = (): void => {
      ready += 1;
      if (ready === MANY) return;
      resource.waitRange({ start: ready, end: ready + 1 }).subscribe(next);
      resource.writeAt(ready, byte);
    };
    resource.waitRange({ start: 0, end: 1 }).subscribe(next);
    resource.writeAt(0, byte);
    expect(ready).toBe(MANY);
    expect(await firstValueFrom(resource.demand$)).toEqual([]);
  });

  it(`over ${MILLION} chunks of one byte, with a synchronous project`, async () => {
    const resource = Resource.open(newDriver(new Uint8Array(MILLION)));
    const offsets$ = readChunks(resource, { chunkSize: 1, project: (_chunk: Uint8Array, offset: number) => [offset] });
    expect(await lastValueFrom(offsets$.pipe(count()))).toBe(MILLION);
  });

  it(`over ${MANY} chunks of one byte, without project`, async () => {
    const resource = Resource.open(newDriver(new Uint8Array(MANY)));
    expect(await lastValueFrom(readChunks(resource, { chunkSize: 1 }).pipe(count()))).toBe(MANY);
  });
});
