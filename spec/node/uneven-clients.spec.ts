import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { MemDriver, Resource, type ResourceView } from 'tidemark';
import { later, openFile, serve } from './served-files.js';

const MIB = 2 ** 20;
const FIXTURE = fileURLToPath(new URL('./fixtures/uneven-client.js', import.meta.url));
/** How much each kind of client asks for, in bytes. The fast one has the most to take. */
const ASKED = { fast: 256 * MIB, ordinary: 4 * MIB, slow: MIB } as const;
const NAMES = ['fast', 'ordinary', 'slow', 'ordinary'] as const;
const content = Buffer.alloc(ASKED.fast);

/** The most that one answer was given between two turns of the event loop, in bytes. */
class MostInATurn {
  readonly #answers = new Map<ServerResponse, number>();
  most = 0;

  watch(response: ServerResponse): void {
    this.#answers.set(response, 0);
    const look = (): void => {
      const written = response.socket?.bytesWritten ?? 0;
      this.most = Math.max(this.most, written - (this.#answers.get(response) ?? 0));
      this.#answers.set(response, written);
      if (!response.destroyed && !response.writableFinished) setImmediate(look);
    };
    setImmediate(look);
  }
}

interface ServedUnevenly {
  readonly mostInATurn: number;
  /** What each client has had at the end, in the order of {@link NAMES}. */
  readonly ends: string[];
  /** What each of the others was given before the fast one had everything, in bytes. */
  readonly meanwhile: number[];
}

async function servedUnevenly(view: ResourceView): Promise<ServedUnevenly> {
  const inATurn = new MostInATurn();
  const others: ServerResponse[] = [];
  let meanwhile: number[] = [];
  const { port, outcomes } = await serve(view, ({ url }, response) => {
    inATurn.watch(response);
    if (url !== '/fast') others.push(response);
    else response.once('finish', () => (meanwhile = others.map(({ socket }) => socket?.bytesWritten ?? Infinity)));
  });
  const clients = NAMES.map((name) => fork(FIXTURE, [name, String(port), String(ASKED[name])]));
  await Promise.all(clients.map((client) => once(client, 'message')));
  const ends = clients.map(async (client: ChildProcess) => {
    client.send('ask');
    const [end] = (await once(client, 'message')) as [string];
    return end;
  });
  const said = await Promise.all(ends);
  expect(await Promise.all(outcomes)).toEqual(NAMES.map(() => 'sent'));
  return { mostInATurn: inATurn.most, ends: said, meanwhile };
}

const KINDS: [string, () => ResourceView][] = [
  ['a complete file', () => openFile(content)],
  [
    'memory that is still filling',
    () => {
      const resource = later(Resource.open(new MemDriver(), { expectedLength: content.length + 1 }));
      resource.writeAt(0, content);
      return resource;
    },
  ],
];

describe('a client that drains as fast as it is written to', () => {
  it.each(KINDS)(
    'leaves the event loop its turn after each MiB, so that slow and ordinary ones get theirs: %s',
    async (_, open) => {
      const { mostInATurn, ends, meanwhile } = await servedUnevenly(open());
      expect(ends).toEqual(NAMES.map(() => 'whole'));
      expect(mostInATurn).toBeLessThan(3 * MIB);
      expect(meanwhile).toHaveLength(NAMES.length - 1);
      expect(Math.min(...meanwhile)).toBeGreaterThan(64 * 1024);
    },
  );
});
