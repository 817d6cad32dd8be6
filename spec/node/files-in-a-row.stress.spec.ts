import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import { Resource } from 'tidemark';
import { MmapDriver, sendRangeResponse } from 'tidemark/node';
import { rounds } from '../run/rounds.js';
import { folder, listening, MAPPINGS, mappingsOf } from './served-files.js';

/** Of those by koffi, which unmaps them. Elsewhere there is less to see. */
const MANY = rounds(100_000, 300);
const FILES = { koffi: MANY, 'mmap-io': MANY / 10, off: MANY / 10 };
/** So long that it is mapped. */
const LENGTH = 256 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const CASES = MAPPINGS.map((mapping) => ({ mapping, files: FILES[mapping] }));

it.each(CASES)(
  '$files files that are served one after the other leave no mapping and no descriptor: $mapping',
  async ({ mapping, files }) => {
    const paths = [0, 1, 2].map((n) => join(folder, `row-${mapping}-${n}`));
    for (const path of paths) writeFileSync(path, Buffer.alloc(LENGTH, 7));
    let sent = 0;
    let most = 0;
    const server = createServer((request, response) => {
      const path = paths[sent % paths.length] ?? '';
      const resource = Resource.open(new MmapDriver({ path, mapping, mode: 'read-only' }));
      void sendRangeResponse(resource, request, response, { close: true }).then(() => (sent += 1));
    });
    const socket = connect(await listening(server), '127.0.0.1');
    await once(socket, 'connect');
    for (let count = 0; count < files; count += 1) {
      socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      for (let received = 0; received < LENGTH;) {
        const [piece] = (await once(socket, 'data')) as [Buffer];
        received += piece.length;
      }
      if (count % 100 === 0 && existsSync('/proc/self/maps')) most = Math.max(most, mappingsOf(folder));
    }
    socket.destroy();
    if (!existsSync('/proc/self/maps')) return;
    // By koffi they go with the answer. mmap-io cannot unmap: the garbage collector does.
    expect(mapping === 'koffi' ? most : 0).toBeLessThan(3);
    for (let tries = 0; tries < 100 && mappingsOf(folder) > 0; tries += 1) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect([sent, mappingsOf(folder), descriptorsOf(folder)]).toEqual([files, 0, 0]);
  },
  900_000,
);

function descriptorsOf(path: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(path);
    } catch {
      return false; // the one that has listed them
    }
  }).length;
}
