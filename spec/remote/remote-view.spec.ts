import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { rangeResponse } from '../../lib/http.js';
import {
  attachReader,
  byteSource,
  type Coverage,
  type Demand,
  MemDriver,
  progress,
  readChunks,
  Resource,
  StorageError,
  toReadableStream,
  whenCommitted,
} from '../../lib/index.js';
import { connectView, serveView } from '../../lib/remote.js';
import { codeOf } from '../support/code-of.js';
import { coldEvictingResource, coldResource, numbered } from '../support/cold-resources.js';
import { range } from '../support/range.js';
import { channel, remote, until } from './remote-views.js';

const LENGTH = 700_000;
const content = numbered(LENGTH);

function whole(): Resource {
  return Resource.open(new MemDriver({ initialData: content }), {});
}

function half(): Resource {
  const resource = Resource.open(new MemDriver(), { expectedLength: LENGTH, identity: '"v1"' });
  resource.writeAt(0, content.subarray(0, 100_000));
  return resource;
}

function expectBytes(found: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(found, expected)).toBe(0);
}

describe('a remote view', () => {
  it('knows what the other side knows', async () => {
    const resource = half();
    const { view } = await remote(resource);
    await until(() => view.coveredBytes > 0);
    expect(view.coverage.toArray()).toEqual([range(0, 100_000)]);
    expect([view.status, view.expectedLength, view.identity, view.length]).toEqual([
      { state: 'active', expectedLength: LENGTH },
      LENGTH,
      '"v1"',
      undefined,
    ]);
    expect(view.has(range(0, 100_000))).toBe(true);
    expect(view.nextGap(0)).toEqual(range(100_000, LENGTH));
    resource.writeAt(100_000, content.subarray(100_000));
    resource.commit();
    expect(await firstValueFrom(whenCommitted(view))).toBe(LENGTH);
    expect(view.length).toBe(LENGTH);
    expect(view.has(range(0, LENGTH))).toBe(true);
    resource.reactivate();
    await until(() => view.status.state === 'active');
    resource.fail('no more');
    await until(() => view.status.state === 'failed');
    expect(view.status).toEqual({ state: 'failed', reason: 'no more' });
  });

  it('knows which version there is as soon as bytes of it are', async () => {
    const resource = Resource.open(new MemDriver());
    const { view } = await remote(resource);
    resource.identity = '"v1"';
    resource.writeAt(0, new Uint8Array(10));
    await until(() => view.coveredBytes === 10 && view.identity !== undefined);
    expect(view.identity).toBe('"v1"');
  });

  it('reads any range, and can copy none without waiting', async () => {
    const { view } = await remote(whole());
    expectBytes(await firstValueFrom(view.read(range(0, LENGTH))), content);
    expectBytes(await firstValueFrom(view.read(range(5, 10))), content.subarray(5, 10));
    expectBytes(await firstValueFrom(view.read(range(LENGTH - 5, LENGTH + 5))), content.subarray(LENGTH - 5));
    expect(await firstValueFrom(view.read(range(LENGTH, LENGTH + 5)))).toHaveLength(0);
    expect(view.readAt(0, new Uint8Array(5))).toBe(0);
  });

  it('is read by all that reads views', async () => {
    const { view } = await remote(whole());
    const chunks = await firstValueFrom(readChunks(view, { chunkSize: 300_000 }).pipe(toArray()));
    expectBytes(Buffer.concat(chunks), content);
    expectBytes(
      new Uint8Array(await new Response(toReadableStream(view, range(7, 600_000))).arrayBuffer()),
      content.subarray(7, 600_000),
    );
    const source = byteSource(view);
    expect(await source.getSize()).toBe(LENGTH);
    expectBytes(await source.read(100, 200_000), content.subarray(100, 200_000));
    const request = new Request('http://localhost/', { headers: { range: 'bytes=10-99999' } });
    const response = await rangeResponse(view, request);
    expect([response.status, response.headers.get('content-range')]).toEqual([206, `bytes 10-99999/${LENGTH}`]);
    expectBytes(new Uint8Array(await response.arrayBuffer()), content.subarray(10, 100_000));
    expect(await lastValueFrom(progress(view))).toMatchObject({ coveredBytes: LENGTH, fraction: 1 });
  });

  it('waits, and demands what it waits for, by its name, until it does not', async () => {
    const resource = half();
    const { view } = await remote(resource, 'player');
    const demands: (readonly Demand[])[] = [];
    resource.demand$.subscribe((demand) => demands.push(demand));
    const read = firstValueFrom(view.read(range(90_000, 110_000), { neededBy: 5000 }));
    await until(() => demands.at(-1)?.length === 1);
    expect(demands.at(-1)?.[0]).toMatchObject({
      range: range(100_000, 110_000),
      reader: 'player',
      neededBy: 5000,
      blocking: false,
    });
    const passive = view.waitRange(range(200_000, 200_001), { passive: true }).subscribe();
    const bare = view.waitRange(range(300_000, 300_001)).subscribe();
    await until(() => demands.at(-1)?.length === 2);
    bare.unsubscribe();
    await until(() => demands.at(-1)?.length === 1);
    resource.interrupt();
    resource.writeAt(100_000, content.subarray(100_000, 110_000));
    expectBytes(await read, content.subarray(90_000, 110_000));
    await until(() => demands.at(-1)?.length === 0);
    passive.unsubscribe();
  });

  it('follows what is evicted, and waits for it again', async () => {
    const resource = coldEvictingResource();
    resource.writeAt(0, content);
    const { view } = await remote(resource);
    await until(() => view.has(range(0, LENGTH)));
    resource.evict(range(10, 400_000));
    const read = firstValueFrom(view.read(range(0, LENGTH)));
    await until(() => view.coverage.rangeCount === 2);
    resource.writeAt(10, content.subarray(10, 400_000));
    expectBytes(await read, content);
  });

  it('never mixes content that was replaced with what replaced it', async () => {
    const resource = Resource.open(new MemDriver());
    const all = (byte: number): Uint8Array => new Uint8Array(LENGTH).fill(byte);
    resource.writeAll(all(1));
    const { view } = await remote(resource);
    for (let round = 2; round < 30; round += 1) {
      const read = firstValueFrom(view.read(range(0, LENGTH)));
      for (let turn = 0; turn < round % 9; turn += 1) await new Promise(setImmediate);
      resource.reactivate();
      resource.writeAll(all(round));
      const bytes = await read;
      expect([bytes.length, new Set(bytes).size]).toEqual([LENGTH, 1]);
    }
  });

  it('is interrupted alone', async () => {
    const resource = half();
    const { view } = await remote(resource);
    const other = await remote(resource);
    const read = codeOf(firstValueFrom(view.read(range(0, 200_000))));
    const wait = firstValueFrom(view.waitRange(range(0, 200_000)));
    const stays = firstValueFrom(other.view.waitRange(range(0, 200_000)));
    const fetching = codeOf(firstValueFrom((await remote(whole())).view.read(range(0, 5))));
    view.interrupt();
    expect([await read, await wait]).toEqual(['INTERRUPTED', 'interrupted']);
    resource.writeAt(0, content);
    expect([await stays, await fetching]).toEqual(['ready', undefined]);
  });

  it('errors as the other side does, with its code and the message of the cause', async () => {
    const resource = coldResource(content);
    const { view } = await remote(resource);
    resource.driver.failure = new StorageError('IO', 'The disk has gone.', { cause: new Error('EIO') });
    await expect(firstValueFrom(view.read(range(0, 5)))).rejects.toMatchObject({
      code: 'IO',
      message: 'The disk has gone.',
      cause: { message: 'EIO' },
    });
    resource.driver.failure = undefined;
    expectBytes(await firstValueFrom(view.read(range(0, 5))), content.subarray(0, 5));
    const failed = half();
    const { view: failing } = await remote(failed);
    const missing = codeOf(firstValueFrom(failing.read(range(0, LENGTH))));
    failed.fail('no more');
    expect(await missing).toBe('FAILED');
    expectBytes(await firstValueFrom(failing.read(range(0, 100_000))), content.subarray(0, 100_000));
  });

  it('is told of many changes by few messages', async () => {
    const resource = Resource.open(new MemDriver());
    for (let at = 0; at < 20_000; at += 2) resource.writeAt(at, new Uint8Array(1));
    const [one, two] = channel();
    const coverages: number[] = [];
    two.on('message', ({ ranges, added = ranges }: { ranges?: Float64Array; added?: Float64Array }) => {
      if (added !== undefined) coverages.push(added.length / 2);
    });
    serveView(resource, one);
    const view = await connectView(two);
    await until(() => view.coverage.rangeCount === 10_000);
    for (let at = 30_000; at < 30_200; at += 2) resource.writeAt(at, new Uint8Array(1));
    await until(() => view.coverage.rangeCount === 10_100);
    expect(coverages).toEqual([10_000, 100]);
  });

  it('may be a view of a remote view, or of a reader that has cold bytes itself', async () => {
    const resource = half();
    const { view: near } = await remote(resource, 'near');
    const { view: far } = await remote(near, 'far');
    const read = firstValueFrom(far.read(range(0, LENGTH)));
    await until(() => resource.status.state === 'active' && far.coveredBytes > 0);
    resource.writeAt(100_000, content.subarray(100_000));
    resource.commit();
    expectBytes(await read, content);
    const { view: cold } = await remote(attachReader(coldResource(content).createPort().handle));
    expectBytes(await firstValueFrom(cold.read(range(0, LENGTH))), content);
  });

  it('emits coverage and status as they change, and completes when it is closed', async () => {
    const resource = half();
    const { view } = await remote(resource);
    await until(() => view.coveredBytes > 0);
    const told: unknown[] = [];
    view.coverage$.subscribe({
      next: (coverage: Coverage) => told.push(coverage.coveredBytes),
      complete: () => told.push('end'),
    });
    view.status$.subscribe({ next: ({ state }) => told.push(state), complete: () => told.push('end') });
    resource.writeAt(100_000, content.subarray(100_000));
    resource.commit();
    await until(() => view.status.state === 'committed');
    view.close();
    expect(told).toEqual([100_000, 'active', LENGTH, 'committed', 'closed', 'end', 'end']);
    expect(await codeOf(firstValueFrom(view.read(range(0, 1))))).toBe('CLOSED');
    expect(resource.status.state).toBe('committed');
  });
});

describe('serveView and connectView', () => {
  it('find each other in either order', async () => {
    const [one, two] = channel();
    const connecting = connectView(two);
    await new Promise((resolve) => setTimeout(resolve, 20));
    serveView(whole(), one);
    expectBytes(await firstValueFrom((await connecting).read(range(0, 9))), content.subarray(0, 9));
  });

  it('end with the other side', async () => {
    const resource = whole();
    const { served, view } = await remote(resource);
    view.close();
    await served.closed;
    const other = await remote(resource);
    other.served.close();
    await until(() => other.view.status.state === 'closed');
    const third = await remote(resource);
    resource.close();
    await third.served.closed;
    await until(() => third.view.status.state === 'closed');
    expect(other.view.status.state).toBe('closed');
  });

  it('end when the port is closed', async () => {
    const [one, two] = channel();
    const resource = whole();
    const served = serveView(resource, one, { close: true });
    const view = await connectView(two);
    two.close();
    await served.closed;
    await until(() => view.status.state === 'closed');
    expect(resource.status.state).toBe('closed');
  });

  it('give up when asked to', async () => {
    const [, two] = channel();
    const controller = new AbortController();
    const connecting = codeOf(connectView(two, { signal: controller.signal }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect(await connecting).toBe('CANCELLED');
    const [, closing] = channel();
    const lost = codeOf(connectView(closing));
    await new Promise((resolve) => setTimeout(resolve, 5));
    closing.close();
    expect(await lost).toBe('CLOSED');
  });

  it('share a port with other messages', async () => {
    const [one, two] = channel();
    serveView(whole(), one);
    one.postMessage('something else');
    two.postMessage({ data: { tidemark: 'unknown' } });
    const view = await connectView(two);
    expectBytes(await firstValueFrom(view.read(range(0, 9))), content.subarray(0, 9));
  });
});
