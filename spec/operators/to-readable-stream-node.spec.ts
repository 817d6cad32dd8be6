import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeStream } from 'node:stream/web';

import { afterEach, describe, expect, it } from '@jest/globals';

import { toReadableStream } from '../../lib/index.js';
import { newDriverFor } from '../support/new-driver.js';
import { closeAll, open, turn } from '../support/resources.js';
import { LARGE, writeSlowly } from './streams.js';

afterEach(closeAll);

describe("toReadableStream, given to Node's Readable.fromWeb", () => {
  it('goes into a hash and a file', async () => {
    const resource = open({}, newDriverFor(LARGE.length));
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

  it('fails with the error of the resource', async () => {
    const resource = open();
    const piped = pipeline(Readable.fromWeb(toReadableStream(resource) as NodeStream), createHash('sha256'));
    await turn();
    resource.fail('no network');
    await expect(piped).rejects.toMatchObject({ code: 'FAILED' });
  });
});
