import { openSync as openFile, readSync } from 'node:fs';
import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { openSync } from 'tidemark/sync';
import { alternate } from '../tools/alternate.js';
import { contentAt, cycle, openPartial, scatter, storeContent, verifyBytes } from '../tools/content.js';
import { startThread } from '../tools/threads.js';

/** @import { Row, Setting, Side } from '../tools/row.js' */
/** @import { ResourceView } from 'tidemark' */

const BLOCK = 4096;
const SMALL = 64;

/**
 * So large that neither caches nor the processor's address tables hold it.
 *
 * @param {Setting} setting
 */
function sizeFor({ quick }) {
  return (quick ? 64 : 256) * 2 ** 20;
}

/**
 * Reads of 4 KiB at random, `read` filling its target.
 *
 * @param {number} size
 * @param {(offset: number, target: Uint8Array) => number} read
 * @returns {Side}
 */
function randomReads(size, read) {
  const next = cycle(scatter(size - BLOCK));
  const target = new Uint8Array(BLOCK);
  let offset = 0;
  let calls = 0;
  let bytes = 0;
  return {
    run() {
      offset = next();
      calls += 1;
      bytes += read(offset, target);
    },
    verify() {
      if (bytes !== calls * BLOCK) throw new Error(`${calls} reads have got ${bytes} bytes.`);
      verifyBytes(offset, target);
    },
  };
}

/** @param {string} path @param {number} size */
function fsReads(path, size) {
  const descriptor = openFile(path, 'r');
  return randomReads(size, (offset, target) => readSync(descriptor, target, 0, BLOCK, offset));
}

/** @param {Pick<ResourceView, 'readAt'>} view @param {number} size */
export function viewReads(view, size) {
  return randomReads(size, (offset, target) => view.readAt(offset, target));
}

/** @param {Uint8Array} mapping */
function copies(mapping) {
  return randomReads(mapping.length, (offset, target) => {
    target.set(mapping.subarray(offset, offset + BLOCK));
    return BLOCK;
  });
}

/** @param {string} path */
function openCommitted(path) {
  return Resource.open(new MmapDriver({ path, mode: 'read-only' }));
}

/** The owner's thread is another one, as with decoders. @param {string} path */
async function openReader(path) {
  return openSync((await startThread('owner', { path })).said);
}

/** Copies out of another mapping of the file. @param {string} path @param {number} size */
function mappingCopies(path, size) {
  return copies(openCommitted(path).view({ start: 0, end: size }));
}

/**
 * Reads at random of a committed file, beside another way to get its bytes.
 *
 * @param {Setting} setting
 * @param {(path: string) => Pick<ResourceView, 'readAt'> | Promise<Pick<ResourceView, 'readAt'>>}
 * open
 * @param {(path: string, size: number) => Side} reference
 */
async function compareMapped(setting, open, reference) {
  const size = sizeFor(setting);
  const path = storeContent(setting.folder, size);
  return alternate(setting, viewReads(await open(path), size), reference(path, size));
}

/** @type {Row[]} */
export const readingRows = [
  {
    id: 'read-mapped-owner',
    what: 'committed 4 KiB random readAt, 256 MiB mapped, owner',
    against: 'raw copy out of the mapping',
    unit: 'ns',
    budget: 1.25,
    alpha2: '643 ns',
    head: '664 ns',
    measure: (setting) => compareMapped(setting, openCommitted, mappingCopies),
  },
  {
    id: 'read-mapped-sync',
    what: 'committed 4 KiB random readAt, 256 MiB mapped, SyncReader',
    against: 'raw copy out of the mapping',
    unit: 'ns',
    budget: 1.25,
    alpha2: '643 ns',
    head: '664 ns',
    measure: (setting) => compareMapped(setting, openReader, mappingCopies),
  },
  {
    id: 'read-mapped-owner-fs',
    what: 'committed 4 KiB random readAt, 256 MiB mapped, owner',
    against: 'fs.readSync',
    unit: 'ns',
    budget: 0.7,
    measure: (setting) => compareMapped(setting, openCommitted, fsReads),
  },
  {
    id: 'read-mapped-sync-fs',
    what: 'committed 4 KiB random readAt, 256 MiB mapped, SyncReader',
    against: 'fs.readSync',
    unit: 'ns',
    budget: 0.7,
    measure: (setting) => compareMapped(setting, openReader, fsReads),
  },
  {
    id: 'read-small-sync',
    what: '64-byte sequential SyncReader.read, mapped',
    against: 'fs.readSync',
    unit: 'ns',
    budget: 0.35,
    async measure(setting) {
      const size = sizeFor(setting);
      const path = storeContent(setting.folder, size);
      const reader = await openReader(path);
      const descriptor = openFile(path, 'r');
      return alternate(
        setting,
        smallReads(
          size,
          (target) => reader.read(target),
          () => reader.seek(0),
        ),
        smallReads(
          size,
          (target, offset) => readSync(descriptor, target, 0, SMALL, offset),
          () => undefined,
        ),
      );
    },
  },
  {
    id: 'read-active-file',
    what: 'active 4 KiB random readAt, file',
    against: 'fs.readSync',
    unit: 'ns',
    budget: 1.25,
    async measure(setting) {
      const size = sizeFor(setting);
      const resource = openPartial(setting.folder, size);
      return alternate(setting, viewReads(resource, size), fsReads(`${resource.driver.path}.part`, size));
    },
  },
  {
    id: 'read-memory-random',
    what: '4 KiB random readAt, 64 MiB of memory',
    against: 'set(subarray()) out of a SharedArrayBuffer',
    unit: 'ns',
    async measure(setting) {
      const content = contentAt(0, (setting.quick ? 8 : 64) * 2 ** 20);
      const resource = Resource.open(new MemDriver({ initialData: content }));
      const bytes = new Uint8Array(new SharedArrayBuffer(content.length));
      bytes.set(content);
      return alternate(setting, viewReads(resource, content.length), copies(bytes));
    },
  },
];

/**
 * Reads of 64 bytes one after the other, over and over.
 *
 * @param {number} size
 * @param {(target: Uint8Array, offset: number) => number} read
 * @param {() => void} rewind
 * @returns {Side}
 */
function smallReads(size, read, rewind) {
  const target = new Uint8Array(SMALL);
  let offset = 0;
  return {
    run() {
      if (offset === size) {
        offset = 0;
        rewind();
      }
      if (read(target, offset) !== SMALL) throw new Error(`Fewer bytes than asked for at ${offset}.`);
      offset += SMALL;
    },
    verify() {
      verifyBytes(offset - SMALL, target);
    },
  };
}
