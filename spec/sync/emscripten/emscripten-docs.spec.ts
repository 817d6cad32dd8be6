import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Resource } from '../../../lib/index.js';
import { fillSlowly, lenaFile, openResource } from '../../support/slow-writer.js';
import { type Decoded, ffmpegThread } from './ffmpeg-thread.js';

const FOLDER = 'spec/sync/emscripten/fixtures';
const document = readFileSync('docs/emscripten.md', 'utf8');
const workers: Worker[] = [];

afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

/** As the document says it. */
async function decodeSong(resource: Resource): Promise<unknown> {
  const worker = new Worker(`./${FOLDER}/decode-song.js`, {
    workerData: resource.createPort().handle,
    env: process.env,
  });
  workers.push(worker);
  return (await once(worker, 'message'))[0];
}

describe('docs/emscripten.md', () => {
  it.each(['decode-song.js', 'load-ffmpeg.js'])('shows %s as it is', (name) => {
    expect(document).toContain(['```js', readFileSync(`${FOLDER}/${name}`, 'utf8').trimEnd(), '```'].join('\n'));
  });

  it('shows what decodes a song from 8 seconds on, while it arrives', async () => {
    const file = lenaFile('mp3');
    const complete = await ffmpegThread().call<Decoded>('decodeComplete', file, '-ss', '8');
    expect(Buffer.compare((await decodeSong(fillSlowly(file))) as Uint8Array, complete.sound)).toBe(0);
  });

  it('shows what fails when the download does', async () => {
    const resource = openResource();
    const file = lenaFile('mp3');
    resource.expectedLength = file.length;
    resource.writeAt(0, file.subarray(0, file.length >> 1));
    resource.fail('no network');
    await expect(decodeSong(resource)).rejects.toThrow('not decoded to its end');
  });
});
