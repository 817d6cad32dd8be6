import { fileURLToPath } from 'node:url';
import RandomAccessFile from 'random-access-file';
import RandomAccessMemory from 'random-access-memory';
import { createSyncFn } from 'synckit';
import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { openSync } from 'tidemark/sync';
import { alternate } from '../tools/alternate.js';
import { contentAt, cycle, scatter, storeContent, verifyBytes } from '../tools/content.js';
import { startThread } from '../tools/threads.js';
import { everythingOf, rewrites, ROOM } from './writing.js';

/** @import { Row, Setting, Side } from '../tools/row.js' */

const BLOCK = 4096;

/** @param {Setting} setting */
function sizeFor({ quick }) {
  return (quick ? 8 : 64) * 2 ** 20;
}

/**
 * Reads of 4 KiB at random.
 *
 * @param {number} size
 * @param {(offset: number) => Uint8Array | Promise<Uint8Array>} read
 * @returns {Side}
 */
function reads(size, read) {
  const next = cycle(scatter(size - BLOCK));
  /** @type {{ offset: number, bytes: Uint8Array | Promise<Uint8Array> } | undefined} */
  let last;
  return {
    run() {
      const offset = next();
      last = { offset, bytes: read(offset) };
      return last.bytes;
    },
    async verify() {
      if (last === undefined) throw new Error('Nothing was read.');
      const bytes = await last.bytes;
      if (bytes.length !== BLOCK) throw new Error(`${bytes.length} bytes instead of ${BLOCK}.`);
      verifyBytes(last.offset, bytes);
    },
  };
}

/** @param {Pick<Resource, 'readAt'>} view @param {number} size */
function viewReads(view, size) {
  const target = new Uint8Array(BLOCK);
  return reads(size, (offset) => {
    view.readAt(offset, target);
    return target;
  });
}

/** @param {import('random-access-storage').RandomAccessStorage} storage @param {number} size */
function storageReads(storage, size) {
  return reads(
    size,
    (offset) =>
      new Promise((resolve, reject) => {
        storage.read(offset, BLOCK, (error, bytes) => {
          if (error) reject(error);
          else resolve(bytes);
        });
      }),
  );
}

/**
 * Writes of 64 KiB one after the other, around and around; each is waited for, as the next one is
 * for a user who writes what comes.
 *
 * @param {import('random-access-storage').RandomAccessStorage} storage
 */
function storageWrites(storage) {
  return rewrites(
    (offset, chunk) =>
      new Promise((resolve, reject) => {
        storage.write(offset, Buffer.from(chunk.buffer), (error) => {
          if (error) reject(error);
          else resolve(undefined);
        });
      }),
    () =>
      new Promise((resolve, reject) => {
        storage.read(0, ROOM, (error, bytes) => {
          if (error) reject(error);
          else resolve(bytes);
        });
      }),
  );
}

/** @param {Resource} resource */
function resourceWrites(resource) {
  return rewrites(
    (offset, chunk) => resource.writeAt(offset, chunk),
    () => everythingOf(resource, ROOM),
  );
}

/** Calls into another thread that reads the file, and waits for the answer. @param {string} path */
function rpcReader(path) {
  const call = createSyncFn(fileURLToPath(new URL('../threads/rpc-reader.js', import.meta.url)));
  return (/** @type {number} */ offset) => /** @type {Uint8Array} */ (call(path, offset, BLOCK));
}

/** @type {Row[]} */
export const peerRows = [
  {
    id: 'peer-read-file',
    what: '4 KiB random readAt, committed file of 64 MiB',
    against: 'random-access-file',
    unit: 'ns',
    async measure(setting) {
      const size = sizeFor(setting);
      const path = storeContent(setting.folder, size);
      const resource = Resource.open(new MmapDriver({ path, mode: 'read-only' }));
      return alternate(setting, viewReads(resource, size), storageReads(new RandomAccessFile(path), size));
    },
  },
  {
    id: 'peer-read-memory',
    what: '4 KiB random readAt, 64 MiB of memory',
    against: 'random-access-memory',
    unit: 'ns',
    async measure(setting) {
      const size = sizeFor(setting);
      const content = contentAt(0, size);
      const resource = Resource.open(new MemDriver({ initialData: content }));
      return alternate(
        setting,
        viewReads(resource, size),
        storageReads(new RandomAccessMemory(Buffer.from(content)), size),
      );
    },
  },
  {
    id: 'peer-read-sync',
    what: '4 KiB random SyncReader.readAt, committed file of 64 MiB, of another thread',
    against: 'synckit, reading the file in its worker',
    unit: 'ns',
    async measure(setting) {
      const size = sizeFor(setting);
      const path = storeContent(setting.folder, size);
      const reader = openSync((await startThread('owner', { path })).said);
      return alternate(setting, viewReads(reader, size), reads(size, rpcReader(path)));
    },
  },
  {
    id: 'peer-write-file',
    what: '64 KiB writeAt, file, 8 MiB around and around',
    against: 'random-access-file',
    unit: 'ns',
    async measure(setting) {
      const path = `${setting.folder}/written`;
      const resource = Resource.open(new MmapDriver({ path, checkpoint: false, durable: false }));
      const file = new RandomAccessFile(`${path}.peer`, { writable: true });
      return alternate(setting, resourceWrites(resource), storageWrites(file));
    },
  },
  {
    id: 'peer-write-memory',
    what: '64 KiB writeAt, memory, 8 MiB around and around',
    against: 'random-access-memory',
    unit: 'ns',
    async measure(setting) {
      const resource = Resource.open(new MemDriver());
      return alternate(setting, resourceWrites(resource), storageWrites(new RandomAccessMemory()));
    },
  },
  {
    id: 'peer-blocking-read',
    what: '4 KiB blocking read of bytes that another thread writes when they are demanded',
    against: 'synckit, reading a file in its worker',
    unit: 'ns',
    async measure(setting) {
      const path = storeContent(setting.folder, sizeFor(setting));
      const reader = openSync((await startThread('demanded-owner')).said);
      const target = new Uint8Array(BLOCK);
      return alternate(
        setting,
        {
          // One by one, and few enough for the owner's 64 MiB.
          setup: () => undefined,
          most: 1000,
          run() {
            if (reader.read(target) !== BLOCK) throw new Error('Bytes are missing.');
          },
          verify: () => verifyBytes(reader.position - BLOCK, target),
        },
        reads(sizeFor(setting), rpcReader(path)),
      );
    },
  },
];
