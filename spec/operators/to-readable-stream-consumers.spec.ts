import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';

import { afterEach, describe, expect, it } from '@jest/globals';

import { type Resource, toReadableStream } from '../../lib/index.js';
import { closeAll, open, turn } from '../resource/fixtures.js';
import { LARGE, readAll } from './streams.js';

afterEach(closeAll);

describe('toReadableStream, given to what takes streams', () => {
  /** Writes it in parts out of order, one a turn. */
  async function writeSlowly(resource: Resource): Promise<void> {
    const part = Math.ceil(LARGE.length / 7);
    for (const index of [3, 0, 6, 1, 5, 2, 4]) {
      await turn();
      resource.writeAt(index * part, LARGE.subarray(index * part, (index + 1) * part));
    }
    resource.commit();
  }

  it('Response', async () => {
    const resource = open();
    const response = new Response(toReadableStream(resource));
    const [body] = await Promise.all([response.arrayBuffer(), writeSlowly(resource)]);
    expect(Buffer.compare(Buffer.from(body), LARGE)).toBe(0);
  });

  it('tee', async () => {
    const resource = open();
    const [left, right] = toReadableStream(resource).tee();
    const [one, other] = await Promise.all([readAll(left), readAll(right), writeSlowly(resource)]);
    expect([Buffer.compare(one, LARGE), Buffer.compare(other, LARGE)]).toEqual([0, 0]);
  });

  it('pipeThrough and pipeTo', async () => {
    const resource = open();
    const zipped = toReadableStream(resource).pipeThrough(new CompressionStream('gzip'));
    const chunks: Uint8Array[] = [];
    const unzipped = zipped
      .pipeThrough(new DecompressionStream('gzip'))
      .pipeTo(new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) }));
    await Promise.all([unzipped, writeSlowly(resource)]);
    expect(Buffer.compare(Buffer.concat(chunks), LARGE)).toBe(0);
  });

  it("Node's Readable.fromWeb, into a hash and a file", async () => {
    const resource = open();
    const path = join(tmpdir(), `tidemark-${randomUUID()}`);
    const hash = createHash('sha256');
    try {
      await Promise.all([
        pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), createWriteStream(path)),
        pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), hash),
        writeSlowly(resource),
      ]);
      const stored = createHash('sha256');
      await pipeline(createReadStream(path), stored);
      const expected = createHash('sha256').update(LARGE).digest('hex');
      expect([hash.digest('hex'), stored.digest('hex')]).toEqual([expected, expected]);
    } finally {
      rmSync(path, { force: true });
    }
  });

  it("Node's Readable.fromWeb fails with the error of the resource", async () => {
    const resource = open();
    const piped = pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), createHash('sha256'));
    await turn();
    resource.fail('no network');
    await expect(piped).rejects.toMatchObject({ code: 'FAILED' });
  });
});
