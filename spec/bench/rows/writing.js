import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { alternate } from '../tools/alternate.js';
import { contentAt, verifyBytes } from '../tools/content.js';

/** @import { Row, Side } from '../tools/row.js' */

const CHUNK = 64 * 1024;
/** 16 MiB a sample. */
const CHUNKS = 256;
const SIZE = CHUNKS * CHUNK;

/**
 * Writes 16 MiB of content into a new place, `write` being told the offset of each chunk.
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
    ops: CHUNKS,
    setup() {
      if (last !== undefined) drop(last.place);
      last = { place: make() };
      return last.place;
    },
    run(/** @type {T} */ place) {
      for (let index = 0; index < CHUNKS; index++) write(place, index * CHUNK, /** @type {Uint8Array} */ (chunks[index]));
    },
    verify() {
      if (last !== undefined) verifyBytes(0, read(last.place));
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
    what: '64 KiB sequential writeAt, memory',
    against: 'set into a SharedArrayBuffer',
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
];

/** @param {Resource} resource */
function everythingOf(resource) {
  const target = new Uint8Array(SIZE);
  if (resource.readAt(0, target) !== SIZE) throw new Error('Bytes are missing.');
  return target;
}
