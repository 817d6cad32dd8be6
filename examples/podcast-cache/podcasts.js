// The episodes of a feed in a folder: all of them are to be downloaded, under one quota and one
// cap, the one that is played first. What is stopped, however, goes on when it is started again.

import { Downloader } from 'tidemark/http';
import { folderBackend } from 'tidemark/node';
import { Store } from 'tidemark/store';

/** @import { Lease, StoreEntry } from 'tidemark/store' */
/** @import { Episode } from './feed.js' */

const WIDTH = 20;

/**
 * @param {readonly Episode[]} episodes
 * @param {{ folder: string, maxBytes: number, bytesPerSecond?: number | undefined }} options
 */
export async function openPodcasts(episodes, { folder, maxBytes, bytesPerSecond }) {
  const byKey = new Map(episodes.map((episode) => [episode.key, episode]));
  const store = await Store.open(folderBackend({ path: folder }), {
    maxBytes,
    downloader: new Downloader({ bytesPerSecond }),
    source: (key) => byKey.get(key)?.url,
  });
  // An episode that was paused stays so, and one that was evicted has been heard.
  const isNew = store.keys.length === 0;
  for (const { key, title } of episodes) if (isNew) await store.download(key, { metadata: { title } });
  /** @type {Lease | undefined} */
  let played;

  return {
    store,
    /** Fetches it before all others, and keeps it until another is played. @param {string} key */
    async play(key) {
      const title = byKey.get(key)?.title ?? key;
      const lease = await store.acquire(key, { download: true, metadata: { title } });
      played?.close();
      played = lease;
    },
    /** @returns {string[]} */
    list: () => episodes.map((episode) => lineOf(episode, store.entry(episode.key))),
    close: () => store.close(),
  };
}

/** @param {Episode} episode @param {StoreEntry | undefined} entry */
function lineOf({ title }, entry) {
  const { coveredBytes = 0, expectedLength = Infinity, download, state, leases = 0 } = entry ?? {};
  const fraction = expectedLength === 0 ? 1 : coveredBytes / expectedLength;
  const bar = '#'.repeat(Math.floor(fraction * WIDTH)).padEnd(WIDTH, '.');
  const doing = entry === undefined ? 'not here' : (download?.state ?? state);
  const why = download?.lastError === undefined ? '' : ` (${download.lastError.message})`;
  return `[${bar}] ${String(Math.floor(fraction * 100)).padStart(3)}% ${doing}${why}${leases > 0 ? ', played' : ''}: ${title}`;
}
