import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { steadyTimeOf, timeOf } from '../tools/alternate.js';
import { everythingOf } from '../rows/writing.js';
import { contentAt, openPartial, storeContent, verifyBytes } from '../tools/content.js';

/** @import { Curve } from '../tools/curve.js' */
/** @import { Setting } from '../tools/row.js' */

const CHUNKS = [64, 512, 4096, 65_536, 1_048_576];
const SIZE = 8 * 2 ** 20;
const MEBI = 2 ** 20;

/** @param {boolean} shared */
function openMemory(shared) {
  return Resource.open(new MemDriver({ shared, initialData: contentAt(0, SIZE) }));
}

/**
 * Microseconds that a MiB takes in chunks of each size, one after the other, around and around.
 *
 * @param {Setting} setting
 * @param {(offset: number, chunk: Uint8Array) => void} move a chunk of content
 */
async function costs(setting, move) {
  const values = [];
  for (const length of CHUNKS) {
    const chunk = contentAt(0, length);
    let offset = 0;
    const side = {
      run() {
        move(offset, chunk);
        offset = (offset + length) % SIZE;
      },
    };
    // Compiled before it counts.
    await timeOf(side, { ...setting, ms: 5 });
    values.push(((await steadyTimeOf(side, setting)) / 1000) * (MEBI / length));
  }
  return values;
}

/** @type {Curve} */
export const readChunksCurve = {
  id: 'read-chunks',
  title: 'What reading a MiB costs, by the size of the reads',
  x: 'bytes a readAt',
  y: 'µs a MiB',
  logarithmic: true,
  async measure(setting) {
    const resources = {
      'file, active': openPartial(setting.folder, SIZE),
      'memory, shared': openMemory(true),
      'memory, shared: false': openMemory(false),
      // Twice as long, to have a path of its own.
      'file, committed and mapped': Resource.open(
        new MmapDriver({ path: storeContent(setting.folder, 2 * SIZE), mode: 'read-only' }),
      ),
    };
    const series = [];
    for (const [name, resource] of Object.entries(resources)) {
      const values = await costs(setting, (offset, chunk) => {
        if (resource.readAt(offset, chunk) !== chunk.length) throw new Error('Bytes are missing.');
      });
      const last = new Uint8Array(100);
      resource.readAt(SIZE - 100, last);
      verifyBytes(SIZE - 100, last);
      series.push({ name, values });
    }
    return { xs: CHUNKS, series };
  },
};

/** @type {Curve} */
export const writeChunksCurve = {
  id: 'write-chunks',
  title: 'What writing a MiB costs, by the size of the writes',
  x: 'bytes a writeAt',
  y: 'µs a MiB',
  logarithmic: true,
  async measure(setting) {
    const open = {
      'file, no checkpoints': () => openPartial(setting.folder, SIZE),
      'memory, shared': () => Resource.open(new MemDriver()),
      'memory, shared: false': () => Resource.open(new MemDriver({ shared: false })),
    };
    const series = [];
    for (const [name, make] of Object.entries(open)) {
      const resource = make();
      series.push({ name, values: await costs(setting, (offset, chunk) => resource.writeAt(offset, chunk)) });
      // The last round was of chunks of a MiB, each with the first MiB of content.
      verifyBytes(0, everythingOf(resource, MEBI));
    }
    return { xs: CHUNKS, series };
  },
};
