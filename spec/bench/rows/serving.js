import { MemDriver, Resource } from 'tidemark';
import { MmapDriver, sendRangeResponse } from 'tidemark/node';
import { alternateSamples } from '../tools/alternate.js';
import { contentAt, openPartial, storeContent, verifyBytes } from '../tools/content.js';
import { cpuOf, timeOf } from '../tools/cost.js';
import { bySirv, byNginx, fetchByCurl, listen, startClient, streamed, written } from '../tools/servers.js';

/** @import { Row, Setting } from '../tools/row.js' */
/** @import { Cost } from '../tools/cost.js' */
/** @import { Answer } from '../tools/servers.js' */

const MIB = 2 ** 20;
/** Where the bytes are looked at. */
const SAMPLE = 4096;
const FILE = 'a committed file over HTTP, one connection, a MiB';

/** @param {Setting} setting */
function sizeFor({ quick }) {
  return (quick ? 32 : 128) * MIB;
}

/** @param {Resource} resource @returns {Answer} */
function ours(resource) {
  return (request, response) => sendRangeResponse(resource, request, response);
}

/** @param {string} path */
function committed(path) {
  return ours(Resource.open(new MmapDriver({ path, mode: 'read-only' })));
}

/**
 * Throws unless a server has the content.
 *
 * @param {number} port
 * @param {string} path
 * @param {number} length
 */
async function verifyServed(port, path, length) {
  const name = path.slice(path.lastIndexOf('/'));
  for (const offset of [0, length / 2, length - SAMPLE]) {
    const headers = { range: `bytes=${offset}-${offset + SAMPLE - 1}` };
    const answer = await fetch(`http://127.0.0.1:${port}${name}`, { headers });
    if (answer.status === 206) verifyBytes(offset, new Uint8Array(await answer.arrayBuffer()));
    else await answer.body?.cancel();
  }
}

/**
 * Fetches everything from two servers in turns.
 *
 * @param {Setting} setting
 * @param {string} path of what is fetched
 * @param {(cost: Cost) => number} of what counts
 * @param {{ figure: number, reference: number }} ports
 * @param {(port: number, path: string, length: number) => Promise<Cost>} [fetchAll]
 */
async function compare(setting, path, of, ports, fetchAll) {
  const length = sizeFor(setting);
  const fetched = fetchAll ?? (await startClient());
  await verifyServed(ports.figure, path, length);
  return alternateSamples(
    setting,
    async () => of(await fetched(ports.figure, path, length)),
    async () => of(await fetched(ports.reference, path, length)),
  );
}

/**
 * @param {(path: string, setting: Setting) => Promise<number>} reference
 * @param {(cost: Cost) => number} of
 */
function againstFile(reference, of) {
  return async (/** @type {Setting} */ setting) => {
    const path = storeContent(setting.folder, sizeFor(setting));
    const ports = { figure: await listen(committed(path)), reference: await reference(path, setting) };
    return compare(setting, path, of, ports);
  };
}

/** @param {string} path @param {Setting} setting */
const streamedAt = (path, setting) => listen(streamed(path, sizeFor(setting)));

/** @type {Row[]} */
export const servingRows = [
  {
    id: 'serve-file',
    what: `serving ${FILE}`,
    against: '`createReadStream` of 1 MiB, piped',
    unit: 'ns',
    // At least 1.5 times its MB/s.
    budget: 0.67,
    measure: againstFile(streamedAt, timeOf),
  },
  {
    id: 'serve-file-cpu',
    what: `processor time of serving ${FILE}`,
    against: '`createReadStream` of 1 MiB, piped',
    unit: 'ns',
    budget: 0.5,
    measure: againstFile(streamedAt, cpuOf),
  },
  {
    id: 'serve-sirv',
    what: `serving ${FILE}`,
    against: '`sirv`',
    unit: 'ns',
    // At least 3 times its MB/s.
    budget: 0.33,
    measure: againstFile((path) => listen(bySirv(path)), timeOf),
  },
  {
    id: 'serve-memory',
    what: 'serving a committed resource in memory over HTTP, one connection, a MiB',
    against: '`response.write` of 1 MiB pieces of it',
    unit: 'ns',
    // At least 0.8 times its MB/s.
    budget: 1.25,
    async measure(setting) {
      const length = sizeFor(setting);
      const resource = Resource.open(new MemDriver());
      for (let offset = 0; offset < length; offset += MIB) resource.writeAt(offset, contentAt(offset, MIB));
      resource.commit();
      const pieces = written(resource.view({ start: 0, end: length }));
      const ports = { figure: await listen(ours(resource)), reference: await listen(pieces) };
      return compare(setting, '/memory', timeOf, ports);
    },
  },
  {
    id: 'serve-filling',
    what: 'serving a file that is not committed over HTTP, one connection, a MiB',
    against: 'a committed one',
    unit: 'ns',
    // At least 0.6 times its MB/s.
    budget: 1.67,
    async measure(setting) {
      const length = sizeFor(setting);
      const path = storeContent(setting.folder, length);
      const filling = openPartial(`${setting.folder}/filling`, length);
      filling.expectedLength = length;
      const ports = { figure: await listen(ours(filling)), reference: await listen(committed(path)) };
      return compare(setting, path, timeOf, ports);
    },
  },
  {
    id: 'serve-nginx',
    needs: 'nginx',
    what: `serving ${FILE}`,
    against: 'nginx, sendfile',
    unit: 'ns',
    measure: againstFile((path, { folder }) => byNginx(path, folder), timeOf),
  },
  {
    id: 'serve-curl',
    needs: 'curl',
    what: `serving ${FILE}, to curl, which copies all that comes`,
    against: '`createReadStream` of 1 MiB, piped',
    unit: 'ns',
    async measure(setting) {
      const path = storeContent(setting.folder, sizeFor(setting));
      const ports = { figure: await listen(committed(path)), reference: await streamedAt(path, setting) };
      return compare(setting, path, timeOf, ports, fetchByCurl);
    },
  },
];
