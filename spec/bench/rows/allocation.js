import { openSync as openFile, writeSync } from 'node:fs';
import { of } from 'rxjs';
import { MemDriver, Resource, WindowDriver } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { openSync } from 'tidemark/sync';
import { contentAt, openPartial, storeContent } from '../tools/content.js';
import { openScattered, STRIDE } from '../tools/ranges.js';
import { startThread } from '../tools/threads.js';

/** @import { Measurement, Row } from '../tools/row.js' */

const SIZE = 2 ** 20;
const BLOCK = 4096;
const SMALL = 64;
const RANGES = 10_000;
const ROUNDS = 7;
const CALLS = 40_000;
/** In MiB: nothing is collected while the calls are made. */
const YOUNG = 64;
/** What is not there: less than the measurement itself leaves behind. */
const NOTHING = 0.5;

/** Bytes of the heap that a call takes. @param {(index: number) => unknown} run */
function allocatedBy(run) {
  let index = 0;
  const calls = () => {
    for (const end = index + CALLS; index < end; index++) run(index);
  };
  const rounds = Array.from({ length: ROUNDS }, () => {
    globalThis.gc?.();
    // A collection throws compiled code away.
    calls();
    const before = process.memoryUsage().heapUsed;
    calls();
    const taken = process.memoryUsage().heapUsed - before;
    return taken / CALLS;
  }).filter((taken) => taken >= 0);
  if (rounds.length === 0) throw new Error('Something was collected in each round: YOUNG is too small.');
  // The others have the compiler's own memory in them.
  return Math.min(...rounds);
}

/**
 * @param {(index: number) => unknown} figure
 * @param {(index: number) => unknown} [reference]
 * @returns {Measurement}
 */
function compare(figure, reference) {
  if (reference === undefined) return { figure: allocatedBy(figure) };
  const measured = { figure: allocatedBy(figure), reference: allocatedBy(reference) };
  return { ...measured, ratio: measured.figure / measured.reference };
}

/** @param {number} index */
function blockAt(index) {
  return (index * 4099) % (SIZE - BLOCK);
}

/** @param {Pick<Resource, 'readAt'>} view @param {Uint8Array} bytes the same, as an array */
function compareReads(view, bytes) {
  const target = new Uint8Array(BLOCK);
  const copied = new Uint8Array(BLOCK);
  const measured = compare(
    (index) => view.readAt(blockAt(index), target),
    (index) => copied.set(bytes.subarray(blockAt(index), blockAt(index) + BLOCK)),
  );
  if (Buffer.compare(target, copied) !== 0) throw new Error('Wrong bytes were read.');
  return measured;
}

/**
 * Asks for ranges that are there, with one object for all.
 *
 * @param {(range: { start: number, end: number }) => boolean} ask
 */
function compareAsks(ask) {
  const range = { start: 0, end: 8 };
  return compare((index) => {
    range.start = (index % RANGES) * STRIDE;
    range.end = range.start + 8;
    if (!ask(range)) throw new Error('A range is missing.');
  });
}

/**
 * Writes of 64 bytes, `stride` apart.
 *
 * @param {Resource} resource
 * @param {number} stride
 * @param {(index: number) => unknown} [reference]
 */
function compareWrites(resource, stride, reference) {
  const bytes = new Uint8Array(SMALL).fill(0x5a);
  const before = resource.coveredBytes;
  let written = 0;
  const measured = compare((index) => {
    resource.writeAt(before + index * stride, bytes);
    written = index + 1;
  }, reference);
  const last = new Uint8Array(SMALL);
  resource.readAt(before + (written - 1) * stride, last);
  if (resource.coveredBytes !== before + written * SMALL || Buffer.compare(last, bytes) !== 0) {
    throw new Error('Other bytes than those written.');
  }
  return Promise.resolve(measured);
}

/** @param {string} folder */
function openMapped(folder) {
  const path = storeContent(folder, SIZE);
  return { path, resource: Resource.open(new MmapDriver({ path, mode: 'read-only' })) };
}

const RAW = 'set(subarray()): Node 20 copies no part of an array without a view of it';

/** @type {Row[]} */
const rows = [
  {
    id: 'heap-read-memory',
    what: 'heap a readAt takes, memory',
    against: RAW,
    unit: 'bytes a call',
    budget: 1.01,
    async measure({ folder }) {
      const content = openMapped(folder).resource.readAll();
      const resource = Resource.open(new MemDriver({ initialData: content }));
      return Promise.resolve(compareReads(resource, content));
    },
  },
  {
    id: 'heap-read-window',
    what: 'heap a readAt takes, window',
    against: RAW,
    unit: 'bytes a call',
    budget: 1.01,
    async measure() {
      const content = contentAt(0, SIZE);
      const resource = Resource.open(new WindowDriver({ maxBytes: 2 * SIZE, blockSize: SIZE }));
      resource.writeAt(0, content);
      return Promise.resolve(compareReads(resource, content));
    },
  },
  {
    id: 'heap-read-mapped',
    what: 'heap a readAt takes, committed file',
    against: RAW,
    unit: 'bytes a call',
    budget: 1.01,
    async measure({ folder }) {
      const { resource } = openMapped(folder);
      return Promise.resolve(compareReads(resource, resource.view({ start: 0, end: SIZE })));
    },
  },
  {
    id: 'heap-read-sync',
    what: 'heap a readAt takes, committed file, SyncReader',
    against: RAW,
    unit: 'bytes a call',
    budget: 1.01,
    async measure({ folder }) {
      const { path, resource } = openMapped(folder);
      const reader = openSync((await startThread('owner', { path })).said);
      return compareReads(reader, resource.view({ start: 0, end: SIZE }));
    },
  },
  {
    id: 'heap-has-owner',
    what: 'heap a has takes, owner',
    unit: 'bytes a call',
    budget: NOTHING,
    async measure() {
      const resource = openScattered(RANGES);
      return Promise.resolve(compareAsks((range) => resource.has(range)));
    },
  },
  {
    id: 'heap-has-sync',
    what: 'heap a has takes, SyncReader',
    unit: 'bytes a call',
    budget: NOTHING,
    async measure() {
      const reader = openSync((await startThread('owner', { ranges: RANGES })).said);
      return compareAsks((range) => reader.has(range));
    },
  },
  {
    id: 'heap-wait-sync',
    what: 'heap a ready sync waitRange takes',
    unit: 'bytes a call',
    budget: NOTHING,
    async measure() {
      const reader = openSync((await startThread('owner', { ranges: RANGES })).said);
      return compareAsks((range) => reader.waitRange(range) === 'ready');
    },
  },
  {
    id: 'heap-wait-async',
    what: 'heap a subscription of a ready waitRange takes',
    against: "RxJS's own of().subscribe()",
    unit: 'bytes a call',
    async measure() {
      const resource = openScattered(RANGES);
      const range = { start: 0, end: 8 };
      let ready = 0;
      const count = () => {
        ready += 1;
      };
      let asked = 0;
      const measured = compare(
        () => {
          asked += 1;
          resource.waitRange(range).subscribe(count);
        },
        () => of('ready').subscribe(() => undefined),
      );
      if (ready !== asked) throw new Error(`${asked} waits, and ${ready} outcomes.`);
      return Promise.resolve(measured);
    },
  },
  {
    id: 'heap-write-memory',
    what: 'heap a writeAt takes that nobody waits for, memory',
    unit: 'bytes a call',
    budget: NOTHING,
    async measure() {
      return compareWrites(Resource.open(new MemDriver()), SMALL);
    },
  },
  {
    id: 'heap-write-range',
    what: 'heap a writeAt takes that makes a new range, memory',
    unit: 'bytes a call',
    budget: NOTHING,
    async measure() {
      return compareWrites(Resource.open(new MemDriver()), 2 * SMALL);
    },
  },
  {
    id: 'heap-write-file',
    what: 'heap a writeAt takes that nobody waits for, file',
    against: 'fs.writeSync',
    unit: 'bytes a call',
    budget: 1.01,
    async measure({ folder }) {
      const descriptor = openFile(`${folder}/bare`, 'w');
      const bytes = new Uint8Array(SMALL);
      return compareWrites(openPartial(folder, SIZE), SMALL, (index) =>
        writeSync(descriptor, bytes, 0, SMALL, index * SMALL),
      );
    },
  },
];

export const allocationRows = rows.map((row) => ({
  ...row,
  flags: [`--min-semi-space-size=${YOUNG}`, `--max-semi-space-size=${YOUNG}`],
}));
