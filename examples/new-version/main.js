// A song changes on its server while a decoder plays the stored file. The new version is fetched
// beside the old one and takes its place, and the decoder plays the old one to its end.
// node examples/new-version/main.js

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import lena from 'audio-lena'; // a song to try it with
import { firstValueFrom, lastValueFrom, ReplaySubject } from 'rxjs';
import { isStorageError, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { serveFile } from '../shared/file-server.js';
import { withPadding } from './with-padding.js';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-new-version-'));
const served = join(folder, 'served.flac');
const path = join(folder, 'song.flac');
const song = readFileSync(lena.url('flac'));

writeFileSync(served, song);
/** @type {ReplaySubject<URL>} */
const url$ = new ReplaySubject(1);
const serving = serveFile(served, 4_000_000).subscribe(url$); // bytes a second
const url = await firstValueFrom(url$);

const old = Resource.open(new MmapDriver({ path, keepIdentity: true }));
await lastValueFrom(download(old, url));
console.log(`stored: ${old.length} bytes`);

const port = old.createPort({ name: 'player' });
const player = play(port.handle, 6);
const [where] = await once(player, 'message');
console.log(`paused at second ${where.second}`);

writeFileSync(served, withPadding(song, 1000));
const check$ = download(old, url, { revalidate: true });
const isCurrent = await lastValueFrom(check$, { defaultValue: true }).catch((error) => {
  if (isStorageError(error, 'CHANGED')) return false;
  throw error;
});
console.log(isCurrent ? 'it is still the same' : 'the server has another version');

const replacement = Resource.open(new MmapDriver({ path, mode: 'replace', keepIdentity: true }));
await lastValueFrom(download(replacement, url)); // and commits
console.log(`replaced: the file has ${statSync(path).size} bytes`);

port.interrupt(); // play on
const [{ seconds, isWhole }] = await once(player, 'message');
console.log(`the old version was played to its end: ${seconds} seconds, ${isWhole ? 'every sample right' : 'damaged'}`);

const [again] = await once(play(replacement.createPort().handle), 'message');
console.log(`the new version, too: ${again.seconds} seconds, ${again.isWhole ? 'every sample right' : 'damaged'}`);

for (const resource of [old, replacement]) resource.close();
serving.unsubscribe();
rmSync(folder, { recursive: true });

/**
 * @param {import('tidemark').ReaderHandle} handle
 * @param {number} [pauseAt] in seconds
 */
function play(handle, pauseAt = Infinity) {
  const worker = new Worker(new URL('player.js', import.meta.url));
  worker.postMessage({ handle, pauseAt });
  return worker;
}
