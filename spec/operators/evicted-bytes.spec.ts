import { afterEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, of, toArray } from 'rxjs';

import {
  attachReader,
  byteSource,
  readChunks,
  registerAttachment,
  type ResourceView,
  toReadableStream,
  writeTo,
} from '../../lib/index.js';
import { rangeResponse } from '../../lib/http.js';
import { bytes, sameBytes } from '../support/bytes.js';
import { attachEvicting, EVICTING_KIND, EvictingDriver } from '../support/evicting-driver.js';
import { closeAll, open, record } from '../support/resources.js';
import { scarce } from '../support/scarce.js';
import { TestThread } from '../support/threads.js';

registerAttachment(EVICTING_KIND, attachEvicting);
afterEach(closeAll);

const SIZE = 50_000;
const content = bytes(SIZE);

async function joined(chunks: BlobPart[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const ways: [string, (view: ResourceView) => Promise<Uint8Array>][] = [
  ['read', (view) => firstValueFrom(view.read({ start: 0, end: SIZE }))],
  ['readChunks', async (view) => joined(await firstValueFrom(readChunks(view).pipe(toArray())))],
  ['toReadableStream', async (view) => new Uint8Array(await new Response(toReadableStream(view)).arrayBuffer())],
  ['byteSource', (view) => byteSource(view).read(0, SIZE)],
  [
    'rangeResponse',
    async (view) =>
      new Uint8Array(await (await rangeResponse(view, new Request('http://localhost/song'))).arrayBuffer()),
  ],
];

describe('bytes that go again while they are read in order', () => {
  it.each(ways)('are all there in what the owner gets by %s', async (_name, read) => {
    const { resource } = scarce(content);
    expect(sameBytes(await read(resource), content)).toBe(true);
  });

  it.each(ways)('are all there in what a reader gets by %s', async (_name, read) => {
    const { resource } = scarce(content);
    const reader = attachReader(resource.createPort().handle);
    expect(sameBytes(await read(reader), content)).toBe(true);
    reader.close();
  });

  it('do go, and are fetched again by who reads twice', async () => {
    const { resource, evicted } = scarce(content);
    for (let round = 0; round < 2; round += 1) {
      await firstValueFrom(readChunks(resource).pipe(toArray()));
    }
    expect(evicted()).toBeGreaterThan(SIZE);
    expect(resource.coveredBytes).toBeLessThan(SIZE / 2);
  });

  it.each([700, 5000])('are all there in what a thread gets that blocks for %i at a time', async (piece) => {
    const { resource } = scarce(content);
    const thread = new TestThread('block-reader');
    await thread.call('openSync', resource.createPort().handle);
    expect(sameBytes(await thread.call<Uint8Array>('readAll', SIZE, piece), content)).toBe(true);
  });
});

describe('writeTo', () => {
  it('commits nothing shorter where the last bytes that it wrote are not there any more', () => {
    const resource = open({}, new EvictingDriver());
    resource.writes$.subscribe(() => resource.evict({ start: 4, end: 10 }));
    const log = record(of(new Uint8Array(3), new Uint8Array(3)).pipe(writeTo(resource, { onError: 'leave' })));
    expect(log).toEqual([{ start: 0, end: 3 }, { start: 3, end: 6 }, 'INCOMPLETE']);
    expect(resource.coverage.toArray()).toEqual([{ start: 0, end: 4 }]);
    expect(resource.status.state).toBe('active');
  });
});
