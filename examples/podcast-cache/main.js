// node examples/podcast-cache/main.js FEED [FOLDER] [MEGABYTES] [BYTES_A_SECOND]
//
// Then type: list, play N, pause N, resume N, pin N, quit. Kill it at any time, and start it again.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readFeed } from './feed.js';
import { openPodcasts } from './podcasts.js';

const [feed, folder = join(tmpdir(), 'tidemark-podcasts'), megabytes = '500', rate] = process.argv.slice(2);
if (feed === undefined) {
  console.error('Usage: node examples/podcast-cache/main.js FEED [FOLDER] [MEGABYTES] [BYTES_A_SECOND]');
  process.exit(1);
}
const episodes = await readFeed(feed);
const podcasts = await openPodcasts(episodes, {
  folder,
  maxBytes: Number(megabytes) * 1e6,
  bytesPerSecond: rate === undefined ? undefined : Number(rate),
});
const { store } = podcasts;
store.changes$.subscribe(({ kind, entry, key }) => console.log(`${kind}: ${String(entry?.metadata.title ?? key)}`));
console.log(podcasts.list().join('\n'));

/** @type {Record<string, (key: string) => unknown>} */
const commands = {
  play: (key) => podcasts.play(key),
  pause: (key) => store.pause(key),
  resume: (key) => store.download(key),
  pin: (key) => store.pin(key),
};
for await (const line of createInterface({ input: process.stdin })) {
  const [command = '', number = '1'] = line.trim().split(/\s+/);
  if (command === 'quit') break;
  const episode = episodes[Number(number) - 1];
  try {
    if (episode !== undefined) await commands[command]?.(episode.key);
  } catch (error) {
    console.error(String(error));
  }
  console.log(podcasts.list().join('\n'));
}
await podcasts.close();
process.stdin.destroy(); // a pipe that stays open would keep the process
