import { MemDriver, Resource, WindowDriver } from 'tidemark';
import { openSync } from 'tidemark/sync';
import { alternate } from '../tools/alternate.js';
import { contentAt, verifyBytes } from '../tools/content.js';
import { startThread } from '../tools/threads.js';
import { viewReads } from './reading.js';
import { CHUNK, everythingOf, rewrites, ROOM, sequentialWrites, SIZE } from './writing.js';

/** @import { Row, Setting, Side } from '../tools/row.js' */
/** @import { Driver } from 'tidemark' */

/** @param {Setting} setting */
function contentFor({ quick }) {
  return contentAt(0, (quick ? 8 : 64) * 2 ** 20);
}

/** @param {Driver} driver @param {Uint8Array} content */
function openActive(driver, content) {
  const resource = Resource.open(driver);
  resource.writeAt(0, content);
  return resource;
}

/** @param {'memory' | 'window'} active @param {Uint8Array} data */
async function openReader(active, data) {
  return openSync((await startThread('owner', { active, data })).said);
}

/** @param {() => Driver} make */
function newWrites(make) {
  return sequentialWrites({
    make: () => Resource.open(make()),
    write: (resource, offset, chunk) => resource.writeAt(offset, chunk),
    read: (resource) => everythingOf(resource, SIZE),
    drop: (resource) => resource.close(),
  });
}

/**
 * Writes content without end, which was read at its start: of `ROOM` bytes a part has to go for
 * each chunk.
 *
 * @param {Resource} resource
 * @returns {Side}
 */
function endlessWrites(resource) {
  const chunk = contentAt(0, CHUNK);
  let offset = 0;
  return {
    before() {
      for (const end = offset + ROOM; offset < end; offset += CHUNK) resource.writeAt(offset, chunk);
      resource.readAt(offset - CHUNK, new Uint8Array(1));
    },
    run() {
      resource.writeAt(offset, chunk);
      offset += CHUNK;
    },
    verify() {
      verifyBytes(0, everythingOf(resource, CHUNK, offset - CHUNK));
      if (resource.coveredBytes !== ROOM) throw new Error(`${resource.coveredBytes} bytes are covered.`);
    },
  };
}

/** What a window that makes room is compared with: writes over what is there. */
function rewritesInMemory() {
  const memory = Resource.open(new MemDriver());
  return rewrites(
    (offset, chunk) => memory.writeAt(offset, chunk),
    () => everythingOf(memory, ROOM),
  );
}

/** @type {Row[]} */
export const windowRows = [
  {
    id: 'window-read-owner',
    what: '4 KiB random readAt, a window of 64 MiB, owner',
    against: 'MemDriver',
    unit: 'ns',
    budget: 1.5,
    async measure(setting) {
      const content = contentFor(setting);
      const { length } = content;
      return alternate(
        setting,
        viewReads(openActive(new WindowDriver({ maxBytes: length }), content), length),
        viewReads(openActive(new MemDriver(), content), length),
      );
    },
  },
  {
    id: 'window-read-sync',
    what: '4 KiB random readAt, a window of 64 MiB, SyncReader',
    against: 'MemDriver',
    unit: 'ns',
    budget: 1.5,
    async measure(setting) {
      const content = contentFor(setting);
      return alternate(
        setting,
        viewReads(await openReader('window', content), content.length),
        viewReads(await openReader('memory', content), content.length),
      );
    },
  },
  {
    id: 'window-write-free',
    what: '64 KiB sequential writeAt, a window, while blocks are free',
    against: 'MemDriver',
    unit: 'ns',
    budget: 1.3,
    async measure(setting) {
      return alternate(
        setting,
        newWrites(() => new WindowDriver({ maxBytes: SIZE })),
        newWrites(() => new MemDriver({ capacity: SIZE })),
      );
    },
  },
  {
    id: 'window-write-room',
    what: '64 KiB sequential writeAt, a window of 8 MiB, each makes room',
    against: 'MemDriver, over what was written',
    unit: 'ns',
    budget: 2,
    async measure(setting) {
      return alternate(setting, endlessWrites(Resource.open(new WindowDriver({ maxBytes: ROOM }))), rewritesInMemory());
    },
  },
  {
    id: 'window-write-latest',
    what: '64 KiB sequential writeAt, a ring of 8 MiB, each makes room',
    against: 'MemDriver, over what was written',
    unit: 'ns',
    budget: 2,
    async measure(setting) {
      return alternate(
        setting,
        endlessWrites(Resource.open(new WindowDriver({ maxBytes: ROOM, keep: 'latest' }))),
        rewritesInMemory(),
      );
    },
  },
];
