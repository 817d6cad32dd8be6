import { lastValueFrom } from 'rxjs';
import { Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { alternateSamples } from '../tools/alternate.js';
import { verifyBytes } from '../tools/content.js';
import { startThread } from '../tools/threads.js';

/** @import { Row } from '../tools/row.js' */
/** @import { MmapDriverOptions } from 'tidemark/node' */

/** Bytes a second. */
const RATE = 100e6;
/** Where the bytes are looked at, in the file. */
const SAMPLE = 4096;

/**
 * Downloads into a file that was not there before, to the end of the commit; answers how many nanoseconds that took.
 *
 * @param {string} url
 * @param {number} length
 * @param {MmapDriverOptions} options
 */
async function store(url, length, options) {
  const resource = Resource.open(new MmapDriver(options));
  const begin = performance.now();
  await lastValueFrom(download(resource, url));
  const took = performance.now() - begin;
  for (const offset of [0, length / 2, length - SAMPLE]) {
    const target = new Uint8Array(SAMPLE);
    if (resource.readAt(offset, target) !== SAMPLE) throw new Error(`Bytes are missing at ${offset}.`);
    verifyBytes(offset, target);
  }
  resource.discard({ committed: true });
  return took * 1e6;
}

/** @type {Row[]} */
export const downloadingRows = [
  {
    id: 'download-checkpoints',
    what: 'download into a file at 100 MB/s, checkpoints at their defaults',
    against: 'with them off',
    unit: 'ns',
    budget: 1.05,
    async measure(setting) {
      const length = setting.quick ? 20e6 : 200e6;
      const { said: port } = await startThread('throttled-server', { length, rate: RATE });
      const url = `http://127.0.0.1:${port}/`;
      const path = `${setting.folder}/downloaded`;
      return alternateSamples(
        { ...setting, rounds: Math.min(setting.rounds, 5) },
        () => store(url, length, { path }),
        () => store(url, length, { path, checkpoint: false }),
      );
    },
  },
];
