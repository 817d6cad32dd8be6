// Downloads a song into a file that keeps it scrambled, by a driver of a third party around that of
// files.

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom } from 'rxjs';
import { Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { serveSample } from '../shared/serve-sample.js';
import { xorDriver } from './xor-driver.js';

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 8);

const { url, close } = await serveSample('mp3', 2_000_000);
const folder = mkdtempSync(join(tmpdir(), 'tidemark-custom-driver-'));
const path = join(folder, 'song.mp3');
try {
  const resource = Resource.open(xorDriver(new MmapDriver({ path }), 42));
  await lastValueFrom(download(resource, url));
  const sent = new Uint8Array(await (await fetch(url)).arrayBuffer());
  console.log(`sent by the server    ${sha256(sent)}`);
  console.log(`read from the driver  ${sha256(resource.readAll())}`);
  console.log(`stored in the file    ${sha256(readFileSync(path))}`);
  resource.close();
} finally {
  close();
  rmSync(folder, { recursive: true });
}
