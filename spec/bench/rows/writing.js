import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { alternate } from '../tools/alternate.js';
import { contentAt, verifyBytes } from '../tools/content.js';

/** @import { Row, Side } from '../tools/row.js' */

export const CHUNK = 64 * 1024;
/**
 * 64 MiB a sample: so much that the allocator gives new memory to either side, and no recycled one
 * to one of them.
 */
const CHUNKS = 1024;
export const SIZE = CHUNKS * CHUNK;
export const ROOM = 8 * 2 ** 20;

/**
 * Writes content into a new place, `write` being told the offset of each chunk. The first one opens
 * the place, outside of the clock.
 *
 * @template T
 * @param {{ make: () => T, write: (place: T, offset: number, chunk: Uint8Array) => void, read:
 *   (place: T) => Uint8Array, drop: (place: T) => void }} store
 * @returns {Side}
 */
export function sequentialWrites({ make, write, read, drop }) {
  const chunks = Array.from({ length: CHUNKS }, (_, index) => contentAt(index * CHUNK, CHUNK));
  /** @type {{ place: T } | undefined} */
  let last;
  return {
    ops: CHUNKS - 1,
    setup() {
      if (last !== undefined) drop(last.place);
      const place = make();
      write(place, 0, /** @type {Uint8Array} */ (chunks[0]));
      last = { place };
      return place;
    },
    run(/** @type {T} */ place) {
      for (let index = 1; index < CHUNKS; index++)
        write(place, index * CHUNK, /** @type {Uint8Array} */ (chunks[index]));
    },
    verify() {
      if (last !== undefined) verifyBytes(0, read(last.place));
    },
  };
}

/**
 * Writes 8 MiB of content over itself, around and around.
 *
 * @param {(offset: number, chunk: Uint8Array) => unknown} write
 * @param {() => Uint8Array | Promise<Uint8Array>} read everything
 * @returns {Side}
 */
export function rewrites(write, read) {
  const chunks = Array.from({ length: ROOM / CHUNK }, (_, index) => contentAt(index * CHUNK, CHUNK));
  let index = 0;
  return {
    async before() {
      for (const [place, chunk] of chunks.entries()) await write(place * CHUNK, new Uint8Array(chunk.length));
      index = 0;
    },
    run() {
      const at = index % chunks.length;
      index += 1;
      return write(at * CHUNK, /** @type {Uint8Array} */ (chunks[at]));
    },
    async verify() {
      const written = Math.min(ROOM, index * CHUNK);
      verifyBytes(0, (await read()).subarray(0, written));
    },
  };
}

/** @type {Row[]} */
export const writingRows = [
  {
    id: 'write-file',
    what: '64 KiB sequential writeAt, file, no checkpoints',
    against: 'fs.writeSync',
    unit: 'ns',
    budget: 1.1,
    alpha2: '26 µs',
    head: '26 µs',
    async measure(setting) {
      const path = `${setting.folder}/written`;
      return alternate(
        setting,
        sequentialWrites({
          make: () => Resource.open(new MmapDriver({ path, checkpoint: false, durable: false })),
          write: (resource, offset, chunk) => resource.writeAt(offset, chunk),
          read: (resource) => everythingOf(resource, SIZE),
          drop: (resource) => resource.discard(),
        }),
        sequentialWrites({
          make: () => openSync(`${path}.bare`, 'w+'),
          write: (descriptor, offset, chunk) => writeSync(descriptor, chunk, 0, CHUNK, offset),
          read: () => readFileSync(`${path}.bare`),
          drop(descriptor) {
            closeSync(descriptor);
            rmSync(`${path}.bare`);
          },
        }),
      );
    },
  },
  {
    id: 'write-memory',
    what: '64 KiB sequential writeAt, memory, new',
    against: 'set into a new SharedArrayBuffer',
    unit: 'ns',
    budget: 1.2,
    async measure(setting) {
      return alternate(
        setting,
        sequentialWrites({
          make: () => Resource.open(new MemDriver({ capacity: SIZE })),
          write: (resource, offset, chunk) => resource.writeAt(offset, chunk),
          read: (resource) => everythingOf(resource, SIZE),
          drop: (resource) => resource.close(),
        }),
        sequentialWrites({
          make: () => new Uint8Array(new SharedArrayBuffer(SIZE)),
          write: (bytes, offset, chunk) => bytes.set(chunk, offset),
          read: (bytes) => bytes,
          drop: () => undefined,
        }),
      );
    },
  },
  {
    id: 'write-memory-again',
    what: '64 KiB sequential writeAt, memory, over what was written',
    against: 'set into a SharedArrayBuffer',
    unit: 'ns',
    budget: 1.2,
    async measure(setting) {
      const resource = Resource.open(new MemDriver());
      const bytes = new Uint8Array(new SharedArrayBuffer(ROOM));
      return alternate(
        setting,
        rewrites(
          (offset, chunk) => resource.writeAt(offset, chunk),
          () => everythingOf(resource, ROOM),
        ),
        rewrites(
          (offset, chunk) => bytes.set(chunk, offset),
          () => bytes,
        ),
      );
    },
  },
  {
    id: 'write-memory-odd',
    what: '64 KiB writeAt at an odd offset, memory',
    against: 'set into a SharedArrayBuffer there',
    unit: 'ns',
    async measure(setting) {
      const resource = Resource.open(new MemDriver());
      const bytes = new Uint8Array(new SharedArrayBuffer(ROOM + CHUNK));
      return alternate(
        setting,
        rewrites(
          (offset, chunk) => resource.writeAt(offset + 1, chunk),
          () => everythingOf(resource, ROOM, 1),
        ),
        rewrites(
          (offset, chunk) => bytes.set(chunk, offset + 1),
          () => bytes.subarray(1),
        ),
      );
    },
  },
];

/** @param {Resource} resource @param {number} size @param {number} [from] */
export function everythingOf(resource, size, from = 0) {
  const target = new Uint8Array(size);
  if (resource.readAt(from, target) !== size) throw new Error('Bytes are missing.');
  return target;
}
