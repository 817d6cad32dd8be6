import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { alternate } from '../tools/alternate.js';
import { contentAt, verifyBytes } from '../tools/content.js';

/** @import { Row, Side } from '../tools/row.js' */

const CHUNK = 64 * 1024;
/** 64 MiB a sample: so much that the allocator gives new memory to either side, and no recycled one to one of them. */
const CHUNKS = 1024;
const SIZE = CHUNKS * CHUNK;
const ROOM = 8 * 2 ** 20;

/**
 * Writes content into a new place, `write` being told the offset of each chunk. The first one opens the place, outside of the clock.
 *
 * @template T
 * @param {{ make: () => T, write: (place: T, offset: number, chunk: Uint8Array) => void, read: (place: T) => Uint8Array,
 *   drop: (place: T) => void }} store
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

/** Writes 8 MiB around and around. @param {(offset: number, chunk: Uint8Array) => void} write @returns {Side} */
function rewrites(write) {
  const chunks = Array.from({ length: ROOM / CHUNK }, (_, index) => contentAt(index * CHUNK, CHUNK));
  let index = 0;
  return {
    before: () => chunks.forEach((chunk, place) => write(place * CHUNK, chunk)),
    run() {
      index = (index + 1) % chunks.length;
      write(index * CHUNK, /** @type {Uint8Array} */ (chunks[index]));
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
    async measure(setting) {
      const path = `${setting.folder}/written`;
      return alternate(
        setting,
        sequentialWrites({
          make: () => Resource.open(new MmapDriver({ path, checkpoint: false, durable: false })),
          write: (resource, offset, chunk) => resource.writeAt(offset, chunk),
          read: everythingOf,
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
          read: everythingOf,
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
        rewrites((offset, chunk) => resource.writeAt(offset, chunk)),
        rewrites((offset, chunk) => bytes.set(chunk, offset)),
      );
    },
  },
];

/** @param {Resource} resource */
function everythingOf(resource) {
  const target = new Uint8Array(SIZE);
  if (resource.readAt(0, target) !== SIZE) throw new Error('Bytes are missing.');
  return target;
}
