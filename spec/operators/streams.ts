import { type ByteRange, isStorageError, type Resource, toReadableStream } from '../../lib/index.js';
import { bytes } from '../resource/fixtures.js';

/** A million bytes and a few: neither chunks nor windows divide it. */
export const LARGE = bytes(1_000_003);

/** The ranges that are demanded right now. */
export function demand(resource: Resource): ByteRange[] {
  let ranges: ByteRange[] = [];
  resource.demand$.subscribe((demands) => (ranges = demands.map((entry) => entry.range))).unsubscribe();
  return ranges;
}

/** What a read of a default reader has come to: bytes, `'done'`, the code of an error, or undefined while it is pending. */
export function follow(read: Promise<{ done: boolean; value?: Uint8Array | undefined }>): { outcome: unknown } {
  const followed: { outcome: unknown } = { outcome: undefined };
  read.then(
    ({ done, value }) => (followed.outcome = done ? 'done' : [...(value ?? [])]),
    (error: unknown) => (followed.outcome = isStorageError(error) ? error.code : error),
  );
  return followed;
}

export async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
  }
}

/** BYOB readers as they are: with `min`, which the types of the DOM do not know yet. */
export interface ByobReader {
  read(view: Uint8Array, options?: { min: number }): Promise<{ done: boolean; value: Uint8Array | undefined }>;
}

export function byob(resource: Resource, part?: ByteRange): ByobReader & ReadableStreamBYOBReader {
  return toReadableStream(resource, part).getReader({ mode: 'byob' }) as ByobReader & ReadableStreamBYOBReader;
}
