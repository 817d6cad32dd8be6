import { basename, dirname } from 'node:path';
import { filter, firstValueFrom, lastValueFrom } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { alternateSamples } from '../tools/alternate.js';
import { verifyBytes } from '../tools/content.js';
import { costOf, cpuOf, timeOf } from '../tools/cost.js';
import { costOfFetch, costOfParts, costOfProgram, costOfWriting, startServer, timeToByte } from '../tools/downloads.js';
import { ARIA2_ALONE, CURL_ALONE } from '../tools/programs.js';
import { startThread } from '../tools/threads.js';

/** @import { Row, Setting } from '../tools/row.js' */
/** @import { MmapDriverOptions } from 'tidemark/node' */
/** @import { Cost } from '../tools/cost.js' */

/** Bytes a second. */
const RATE = 100e6;
/** Where the bytes are looked at, in the file. */
const SAMPLE = 4096;

/**
 * Downloads into a file that was not there before, to the end of the commit; answers how many
 * nanoseconds that took.
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

/** Of the server of the rows about round trips: bytes a second, and milliseconds. */
const STEADY = { rate: 20e6, latency: 50 };
const MIB = 2 ** 20;

/** @param {Setting} setting */
function lengthFor({ quick }) {
  return (quick ? 32 : 256) * MIB;
}

/**
 * Downloads everything into a file, or into memory.
 *
 * @param {string} url
 * @param {number} length
 * @param {MmapDriverOptions} [file]
 * @returns {Promise<Cost>}
 */
async function costOfDownload(url, length, file) {
  /** @type {Resource} */
  const resource = Resource.open(file === undefined ? new MemDriver() : new MmapDriver({ ...file, durable: false }));
  const cost = await costOf(() => lastValueFrom(download(resource, url)));
  const sample = new Uint8Array(SAMPLE);
  if (resource.readAt(length - SAMPLE, sample) !== SAMPLE) throw new Error('Bytes are missing at the end.');
  verifyBytes(length - SAMPLE, sample);
  resource.discard({ committed: true });
  return cost;
}

/**
 * Downloads into a file, or into memory, and as `reference` does, in turns.
 *
 * @param {(cost: Cost) => number} of what counts
 * @param {(url: string, length: number, path: string) => Promise<Cost>} reference
 * @param {{ intoFile?: boolean }} [options]
 */
function against(of, reference, { intoFile = true } = {}) {
  return async (/** @type {Setting} */ setting) => {
    const length = lengthFor(setting);
    const url = await startServer(length);
    const path = `${setting.folder}/downloaded`;
    return alternateSamples(
      setting,
      async () => of(await costOfDownload(url, length, intoFile ? { path } : undefined)),
      async () => of(await reference(url, length, `${path}.other`)),
    );
  };
}

/** What a download asks for, as `Range` has it. @param {string} url */
async function partsOf(url) {
  /** @type {string[]} */
  const parts = [];
  /** @type {typeof fetch} */
  const noting = (input, init) => {
    parts.push(new Headers(init?.headers).get('range') ?? '');
    return fetch(input, init);
  };
  const resource = Resource.open(new MemDriver());
  await lastValueFrom(download(resource, url, { fetch: noting }));
  resource.close();
  return parts;
}

const INTO_FILE = 'download into a file over loopback, `durable: false`';

/** From the start of a download to its first byte, in nanoseconds. @param {string} url */
async function timeToFirstByte(url) {
  const resource = Resource.open(new MemDriver());
  const begin = performance.now();
  const written = firstValueFrom(resource.writes$);
  const downloading = download(resource, url).subscribe();
  await written;
  const took = performance.now() - begin;
  downloading.unsubscribe();
  resource.close();
  return took * 1e6;
}

/** @type {(program: string, args: (url: string, path: string) => string[]) => Row} */
function againstProgram(program, args) {
  return {
    id: `download-${program}`,
    needs: program,
    what: INTO_FILE,
    against: `${program}, a process with one connection`,
    unit: 'ns',
    measure: against(timeOf, (url, length, path) => costOfProgram(program, args(url, path), length, path)),
  };
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
  {
    id: 'download-file',
    what: INTO_FILE,
    against: '`fetch` and `writeSync`',
    unit: 'ns',
    // At least 0.95 times its MB/s.
    budget: 1.05,
    measure: against(timeOf, costOfWriting),
  },
  {
    id: 'download-file-cpu',
    what: `processor time of a ${INTO_FILE}`,
    against: '`fetch` and `writeSync`',
    unit: 'ns',
    budget: 1.2,
    measure: against(cpuOf, costOfWriting),
  },
  {
    id: 'download-file-bare-cpu',
    what: `processor time of a ${INTO_FILE}, no checkpoints`,
    against: '`fetch` of the same parts, and `writeSync`',
    unit: 'ns',
    // Where the rows above are over their budgets: what remains if both make the same requests.
    async measure(setting) {
      const length = lengthFor(setting);
      const url = await startServer(length);
      const path = `${setting.folder}/downloaded`;
      const parts = await partsOf(url);
      return alternateSamples(
        setting,
        async () => cpuOf(await costOfDownload(url, length, { path, checkpoint: false })),
        async () => cpuOf(await costOfParts(url, parts, length, `${path}.other`)),
      );
    },
  },
  {
    id: 'download-memory',
    what: 'download into memory over loopback',
    against: '`fetch`, bytes thrown away',
    unit: 'ns',
    // At least 0.7 times its MB/s.
    budget: 1.43,
    measure: against(timeOf, (url, length) => costOfFetch(url, length), { intoFile: false }),
  },
  {
    id: 'download-memory-set',
    what: 'download into memory over loopback',
    against: '`fetch`, and `set` into a new SharedArrayBuffer',
    unit: 'ns',
    // Where the row above is over its budget: what new memory costs, whoever fills it.
    measure: against(
      timeOf,
      (url, length) => {
        const bytes = new Uint8Array(new SharedArrayBuffer(length));
        return costOfFetch(url, length, (position, chunk) => bytes.set(chunk, position));
      },
      { intoFile: false },
    ),
  },
  againstProgram('curl', (url, path) => [...CURL_ALONE, '--silent', '--output', path, url]),
  againstProgram('aria2c', (url, path) => {
    const target = [`--dir=${dirname(path)}`, `--out=${basename(path)}`];
    return [...ARIA2_ALONE, '--quiet', '-x1', '--file-allocation=none', ...target, url];
  }),
  {
    id: 'download-first-byte',
    what: 'time to the first byte of a download, from a server that takes 50 ms to answer',
    against: 'a bare request for it on a connection of its own',
    unit: 'ns',
    async measure(setting) {
      const { said: port } = await startThread('throttled-server', { length: 20 * MIB, ...STEADY });
      const url = `http://127.0.0.1:${port}/`;
      return alternateSamples(
        setting,
        () => timeToFirstByte(url),
        () => timeToByte(url, 0),
      );
    },
  },
  {
    id: 'download-seek',
    what: 'waitRange far from where a download is, to Ready, 20 MB/s and 50 ms to answer',
    against: 'a round trip: a bare request for it on a connection of its own',
    unit: 'ns',
    budget: 3,
    async measure(setting) {
      const length = 200 * MIB;
      const busy = (await startThread('throttled-server', { length, ...STEADY })).said;
      const free = (await startThread('throttled-server', { length, ...STEADY })).said;
      const resource = Resource.open(new MemDriver());
      const downloading = download(resource, `http://127.0.0.1:${busy}/`).subscribe();
      await firstValueFrom(resource.coverage$.pipe(filter(({ coveredBytes }) => coveredBytes > 2 * MIB)));
      let seeks = 0;
      const measured = await alternateSamples(
        setting,
        async () => {
          // From one half to the other, and never where it has been.
          const start = (seeks % 2 === 0 ? length - (seeks + 1) * 6 * MIB : (seeks + 8) * 6 * MIB) + 1000;
          seeks += 1;
          if (resource.has({ start, end: start + 1 })) throw new Error(`The bytes at ${start} are there already.`);
          const begin = performance.now();
          await lastValueFrom(resource.waitRange({ start, end: start + SAMPLE }));
          return (performance.now() - begin) * 1e6;
        },
        () => timeToByte(`http://127.0.0.1:${free}/`, length / 2),
      );
      downloading.unsubscribe();
      return measured;
    },
  },
];
