import { describe, expect, it } from '@jest/globals';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';

import { download, rangeResponse } from '../../lib/http.js';
import { byteSource, readChunks, Resource, toReadableStream, whenCommitted } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { content } from './fixtures.js';
import { errorOf } from '../support/code-of.js';

const reason = new Error('the user has left the page');
const aborted = { code: 'CANCELLED', name: 'AbortError', cause: reason };
const missing = { start: 4, end: 8 };

/** A resource that lacks bytes, and what aborts it. */
function cancellable(): { resource: Resource; abort: () => void } {
  const controller = new AbortController();
  const resource = Resource.open(newDriver(), { signal: controller.signal });
  resource.writeAt(0, content.subarray(0, 4));
  return { resource, abort: () => controller.abort(reason) };
}

describe('the reason of the signal is the cause', () => {
  it('of what opening throws', () => {
    expect(errorOf(() => Resource.open(newDriver(), { signal: AbortSignal.abort(reason) }))).toMatchObject(aborted);
  });

  it.each<[string, (resource: Resource) => Observable<unknown> | Promise<unknown>]>([
    ['waitRange', (resource) => resource.waitRange(missing)],
    ['read', (resource) => resource.read(missing)],
    ['readChunks', (resource) => readChunks(resource)],
    ['whenCommitted', (resource) => whenCommitted(resource)],
    ['toReadableStream', (resource) => toReadableStream(resource, missing).getReader().read()],
    ['byteSource, read', (resource) => byteSource(resource).read(4, 8)],
    ['byteSource, getSize', (resource) => byteSource(resource).getSize()],
    [
      'download',
      (resource) =>
        download(resource, 'http://127.0.0.1:9/', { fetch: () => new Promise(() => undefined), trustLength: true }),
    ],
    [
      'rangeResponse',
      (resource) => rangeResponse(resource, new Request('http://127.0.0.1/', { headers: { range: 'bytes=4-7' } })),
    ],
  ])('of what ends %s, pending and later', async (_name, start) => {
    const { resource, abort } = cancellable();
    const run = (): Promise<unknown> => {
      const started = start(resource);
      return isObservable(started) ? lastValueFrom(started) : started;
    };
    const pending = run();
    abort();
    await expect(pending).rejects.toMatchObject(aborted);
    await expect(run()).rejects.toMatchObject(aborted);
  });

  it.each<[string, (resource: Resource) => unknown]>([
    ['writeAt', (resource) => resource.writeAt(4, content)],
    ['writeAll', (resource) => resource.writeAll(content)],
    ['commit', (resource) => resource.commit()],
    ['reactivate', (resource) => resource.reactivate()],
    ['has', (resource) => resource.has(missing)],
    ['readAt', (resource) => resource.readAt(0, new Uint8Array(4))],
    ['readAll', (resource) => resource.readAll()],
    ['createPort', (resource) => resource.createPort()],
    ['expectedLength', (resource) => (resource.expectedLength = 5)],
  ])('of what %s throws', (_name, call) => {
    const { resource, abort } = cancellable();
    abort();
    expect(errorOf(() => call(resource))).toMatchObject(aborted);
  });

  it('of no failure before the abort, which has its own, and of nothing once the resource is closed', () => {
    const { resource, abort } = cancellable();
    const cut = new Error('the cable');
    resource.fail(cut);
    expect(errorOf(() => resource.writeAt(4, content)).cause).toBe(cut);
    abort();
    expect(errorOf(() => resource.writeAt(4, content)).cause).toBe(reason);
    resource.close();
    const { code, cause } = errorOf(() => resource.writeAt(4, content));
    expect([code, cause]).toEqual(['CLOSED', undefined]);
  });
});
