import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parentPort, Worker, workerData } from 'node:worker_threads';

/**
 * `node run-bundles.js FILES`, with the file of each bundle in JSON, uses them together, and prints
 * what came out.
 */

/**
 * @typedef {typeof import('tidemark') & typeof import('tidemark/http') & typeof
 * import('tidemark/sync')} Everything
 */

/** Two bytes at a time, as anybody may store them: what is used is the resource alone. */
class PlainDriver {
  capabilities = { rewrites: true, view: false, share: false };
  #bytes = new Uint8Array(100);

  open() {
    return { coverage: [] };
  }
  /**
   * @param {number} offset
   * @param {Uint8Array} data
   */
  write(offset, data) {
    this.#bytes.set(data, offset);
  }
  /**
   * @param {number} offset
   * @param {Uint8Array} target
   */
  read(offset, target) {
    target.set(this.#bytes.subarray(offset, offset + target.length));
  }
  commit() {
    return () => undefined;
  }
  /** @param {Uint8Array} data */
  replace(data) {
    return () => this.write(0, data);
  }
  reopen() {
    // It knows no difference.
  }
  close() {
    // It holds nothing.
  }
}

/**
 * @param {string} name
 * @returns {Promise<Everything>}
 */
function load(name) {
  return import(pathToFileURL(files[name] ?? '').href);
}

/** @type {Record<string, string>} */
const files = workerData?.files ?? JSON.parse(process.argv[2] ?? '{}');

if (parentPort === null) {
  const song = Buffer.from('a song that is served');
  const server = createServer((_, response) => response.end(song)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  const plain = (await load('resource')).Resource.open(new PlainDriver());
  plain.writeAt(0, song);
  const target = new Uint8Array(6);
  const read = plain.readAt(2, target);

  const { MemDriver, Resource } = await load('memory');
  const { download, rangeResponse } = await load('http');
  const shared = Resource.open(new MemDriver());
  const port = shared.createPort({ name: 'blocked' });
  const worker = new Worker(new URL(import.meta.url), { workerData: { files, handle: port.handle } });
  const heard = new Promise((resolve) => worker.once('message', resolve));
  const blocked = await new Promise((resolve) => {
    shared.demand$.subscribe(([demand]) => demand !== undefined && resolve(demand.blocking));
  });
  const url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;
  await new Promise((resolve, reject) =>
    download(shared, url).subscribe({ complete: () => resolve(undefined), error: reject }),
  );
  const response = await rangeResponse(shared, new Request(url, { headers: { range: 'bytes=7-' } }));
  console.log(
    JSON.stringify({
      plain: [read, Buffer.from(target).toString()],
      blocked,
      heard: await heard,
      served: [response.status, await response.text()],
    }),
  );
  server.close();
} else {
  const reader = (await load('sync')).openSync(workerData.handle);
  const target = new Uint8Array(6);
  reader.read(target, { at: 2 });
  parentPort.postMessage(Buffer.from(target).toString());
}
