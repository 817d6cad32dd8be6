import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type ByteRange, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';

const POLL_EVERY = 20; // ms

/** Resolves once a crash would leave something to resume. */
export async function untilResumable(path: string): Promise<void> {
  while (!existsSync(`${path}.part.coverage`)) await delay(POLL_EVERY);
}

/** What the next run will find, half-open ranges; looks at a copy, since opening cleans up. */
export function storedRanges(path: string): ByteRange[] {
  const copy = mkdtempSync(join(tmpdir(), 'tidemark-copy-'));
  try {
    cpSync(dirname(path), copy, { recursive: true });
    const resource = Resource.open(new MmapDriver({ path: join(copy, basename(path)) }));
    const ranges = resource.coverage.toArray();
    resource.close();
    return ranges;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/** Stores some of a content, as a run leaves it that is stopped half-way. */
export function storePartial(
  path: string,
  content: Buffer,
  ranges: readonly ByteRange[],
  version: { expectedLength?: number | undefined; identity?: string | undefined },
): void {
  const resource = Resource.open(new MmapDriver({ path }), version);
  for (const { start, end } of ranges) resource.writeAt(start, content.subarray(start, end));
  resource.close();
}

/** The file has this content, and its folder nothing else. */
export function expectOnly(path: string, content: Buffer): void {
  expect(readdirSync(dirname(path))).toEqual([basename(path)]);
  expect(Buffer.compare(readFileSync(path), content)).toBe(0);
}

export function byteCount(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** What was asked for is all that was missing, and nothing that was there. */
export function expectOnlyMissing(stored: readonly ByteRange[], asked: readonly ByteRange[], length: number): void {
  const withinLength = asked.map(({ start, end }) => ({ start, end: Math.min(end, length) }));
  for (const range of withinLength) {
    expect(stored.filter(({ start, end }) => start < range.end && range.start < end)).toEqual([]);
  }
  let position = 0;
  for (const { start, end } of [...stored, ...withinLength].sort((a, b) => a.start - b.start)) {
    expect(start).toBeLessThanOrEqual(position);
    position = Math.max(position, end);
  }
  expect(position).toBe(length);
}
