import { fork } from 'node:child_process';
import { once } from 'node:events';
import { firstValueFrom } from 'rxjs';
import { Resource, WindowDriver } from 'tidemark';
import { download } from 'tidemark/http';
import { byteAt } from '../tools/content.js';

/** @import { Row } from '../tools/row.js' */

const MIB = 2 ** 20;
const PIECE = 2 ** 16;
const WINDOW = 64 * MIB;
/** Of the server of the seeks: bytes a second, and milliseconds. */
const STEADY = { rate: 20e6, latency: 50 };

/**
 * Starts a server in a process of its own; resolves with its URL.
 *
 * @param {number} length
 * @param {{ rate?: number, latency?: number }} [manners]
 */
async function startVast(length, { rate = Infinity, latency = 0 } = {}) {
  const args = [length, rate, latency].map(String);
  const [port] = await once(
    fork(new URL('../threads/vast-server.js', import.meta.url), args, { execArgv: [] }),
    'message',
  );
  return `http://127.0.0.1:${port}/`;
}

/** How many bytes it has sent. @param {string} url */
async function sentBy(url) {
  return Number(await (await fetch(`${url}sent`)).text());
}

/**
 * Reads `[start, end)` piece by piece into the same memory: what the reader allocates does not
 * count.
 *
 * @param {Resource} resource
 * @param {number} start
 * @param {number} end
 */
async function readOn(resource, start, end) {
  const target = new Uint8Array(PIECE);
  for (let at = start; at < end;) {
    await firstValueFrom(resource.waitRange({ start: at, end: Math.min(end, at + PIECE) }));
    const length = resource.readAt(at, target.subarray(0, end - at));
    if (length > 0 && target[0] !== byteAt(at % MIB)) throw new Error(`A wrong byte at ${at}.`);
    at += length;
  }
}

/** The most memory of the process while `work` runs, in bytes. @param {() => Promise<void>} work */
async function peakOf(work) {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);
  await work();
  clearInterval(timer);
  return peak;
}

/** @type {Row[]} */
export const windowDownloadRows = [
  {
    id: 'window-download-memory',
    what: '10 GiB downloaded and read in order through a window of 64 MiB: resident bytes more than a plain `fetch` of them takes',
    unit: 'bytes',
    budget: WINDOW + 16 * MIB,
    async measure({ quick }) {
      const length = (quick ? 256 : 10_240) * MIB;
      const url = await startVast(length);
      const plain = await peakOf(async () => {
        const reader = (await fetch(url)).body?.getReader();
        while ((await reader?.read())?.done === false);
      });
      const before = await sentBy(url);
      const window = await peakOf(async () => {
        const resource = Resource.open(new WindowDriver({ maxBytes: WINDOW }));
        const downloading = download(resource, url).subscribe();
        await readOn(resource, 0, length);
        downloading.unsubscribe();
        resource.close();
      });
      const sent = (await sentBy(url)) - before;
      if (sent !== length) throw new Error(`${sent} bytes were sent instead of ${length}.`);
      return { figure: Math.max(0, window - plain) };
    },
  },
  {
    id: 'window-seeks',
    what: '500 random seeks over 60 GB at 20 MB/s and 50 ms, a window of 64 MiB: bytes sent for each, beside those read and rate × round trip',
    unit: 'bytes',
    budget: 256 * 1024,
    async measure({ quick }) {
      const length = 60e9;
      const seeks = quick ? 20 : 500;
      const url = await startVast(length, STEADY);
      const resource = Resource.open(new WindowDriver({ maxBytes: WINDOW }));
      const downloading = download(resource, url).subscribe();
      await readOn(resource, 0, PIECE);
      const before = await sentBy(url);
      let needed = 0;
      for (let seek = 1; seek <= seeks; seek++) {
        const start = Math.floor(((seek * 0.618_034) % 1) * (length - MIB));
        await readOn(resource, start, start + PIECE * (1 + (seek % 8)));
        needed += PIECE * (1 + (seek % 8));
      }
      downloading.unsubscribe();
      const sent = (await sentBy(url)) - before;
      resource.close();
      return { figure: Math.max(0, (sent - needed) / seeks - (STEADY.rate * STEADY.latency) / 1000) };
    },
  },
];
