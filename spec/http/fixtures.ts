import { createHash } from 'node:crypto';
import { afterEach, expect } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { type Driver, MemDriver, Resource, type StorageErrorCode } from 'tidemark';
import { download, type DownloadOptions, type DownloadUrl } from 'tidemark/http';
import type { ByteRange } from 'tidemark';

/** Failures are made good at once. */
export const AT_ONCE = { retry: { delay: 0 } } satisfies DownloadOptions;
/** The same, and several requests for the content. */
export const SMALL_CHUNKS = { ...AT_ONCE, chunkSize: 100_000 } satisfies DownloadOptions;

const opened = new Set<Resource>();

afterEach(() => {
  for (const resource of opened) resource.close();
  opened.clear();
});

export function newResource(driver: Driver = new MemDriver()): Resource {
  const resource: Resource = Resource.open(driver);
  opened.add(resource);
  return resource;
}

/** No byte is like the one a page further on, so that a misplaced one shows. */
export function makeContent(length: number): Buffer {
  const content = Buffer.alloc(length);
  for (let i = 0; i < length; i++) content[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff;
  return content;
}

/** What a server has, and what it has instead when that has changed. */
export const content = makeContent(1_000_000);
export const other = Buffer.alloc(content.length, 'x');

export async function complete(resource: Resource, url: DownloadUrl, options: DownloadOptions = {}): Promise<void> {
  await lastValueFrom(download(resource, url, options));
}

/** What a download ends with. */
export async function failure(
  resource: Resource,
  url: DownloadUrl,
  options: DownloadOptions = {},
): Promise<{ code: StorageErrorCode; message: string; httpStatus?: number; retryAfterMs?: number; cause?: unknown }> {
  return lastValueFrom(download(resource, url, options)).then(
    () => {
      throw new Error('The download completed.');
    },
    (error: unknown) => error as { code: StorageErrorCode; message: string },
  );
}

export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

export function expectCommitted(resource: Resource, content: Buffer): void {
  expect(resource.status).toEqual({ state: 'committed', finalLength: content.length });
  expect(md5(resource.readAll())).toBe(md5(content));
}

/** Every byte that is there is the content's. */
export function expectNothingElse(resource: Resource, content: Buffer): void {
  for (const { start, end } of resource.coverage) {
    const bytes = Buffer.alloc(end - start);
    expect(resource.readAt(start, bytes)).toBe(bytes.length);
    expect(Buffer.compare(bytes, content.subarray(start, end))).toBe(0);
  }
}

/** Each byte of the content is in exactly one of these ranges. */
export function expectPartition(ranges: readonly (ByteRange | undefined)[], length: number): void {
  let position = 0;
  const known = ranges.map((range) => range ?? { start: 0, end: length });
  for (const { start, end } of known.toSorted((a, b) => a.start - b.start)) {
    expect(start).toBe(position);
    position = end;
  }
  expect(position).toBeGreaterThanOrEqual(length);
}
