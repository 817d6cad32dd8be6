import { type ByteRange, type Resource, toReadableStream } from '../../lib/index.js';
import { turn } from '../support/resources.js';
import { bytes, sameBytes } from '../support/bytes.js';
import { follow } from '../support/code-of.js';

/** A million bytes and a few: neither chunks nor windows divide it. */
export const LARGE = bytes(1_000_003);

/** Writes it in parts out of order, one a turn, and commits. */
export async function writeSlowly(resource: Resource): Promise<void> {
  const part = Math.ceil(LARGE.length / 7);
  for (const index of [3, 0, 6, 1, 5, 2, 4]) {
    await turn();
    resource.writeAt(index * part, LARGE.subarray(index * part, (index + 1) * part));
  }
  resource.commit();
}

export function isLarge(found: Uint8Array): boolean {
  return sameBytes(found, LARGE);
}

/**
 * What a read of a default reader has come to: bytes, `'done'`, the code of an error, or undefined
 * while it is pending.
 */
export function followRead(read: Promise<{ done: boolean; value?: Uint8Array | undefined }>): { outcome: unknown } {
  return follow(read.then(({ done, value }) => (done ? 'done' : [...(value ?? [])])));
}

export async function readAll(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (let reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return concat(chunks);
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

export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
