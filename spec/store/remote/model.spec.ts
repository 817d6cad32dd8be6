import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { firstValueFrom } from 'rxjs';
import { isStorageError } from '../../../lib/index.js';
import { type Lease, memoryBackend, type ServedStore, serveStore, Store, type StoreEntry } from '../../../lib/store.js';
import type { PortLike } from '../../../lib/remote/port-like.js';
import { connectTo } from '../../../lib/store/remote/connect-store.js';
import { RemoteStore } from '../../../lib/store/remote/remote-store.js';
import { FUZZ_RUNS } from '../../run/rounds.js';
import { resourceOf } from './remote-stores.js';

/**
 * Several remote stores of one store, over ports that die at any message and are made anew, and the
 * store itself as the plain one: whatever is done, all bytes that one lease gives are of one
 * version, all show the same in the end, and nothing is left of leases, waits and connections.
 */

const KEYS = ['a', 'b'];
const LENGTH = 64;
const TABS = 3;
/** How long something may take that does come about, in milliseconds. */
const PATIENCE = 20_000;

type Action =
  | { readonly do: 'write'; readonly key: string; readonly start: number; readonly length: number }
  | { readonly do: 'acquire' | 'abort' | 'remove' | 'update'; readonly tab: number; readonly key: string }
  | { readonly do: 'give back'; readonly tab: number; readonly lease: number }
  | { readonly do: 'read' | 'wait'; readonly tab: number; readonly lease: number; readonly start: number }
  | { readonly do: 'quota'; readonly tab: number; readonly maxBytes: number | undefined }
  | { readonly do: 'kill'; readonly tab: number }
  | { readonly do: 'turn' };

const key = fc.constantFrom(...KEYS);
const tab = fc.nat(TABS - 1);
const lease = fc.nat(5);
const start = fc.nat(LENGTH - 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('write' as const), key, start, length: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('acquire' as const), tab, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('abort' as const, 'update' as const), tab, key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), tab, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('give back' as const), tab, lease }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('read' as const, 'wait' as const), tab, lease, start }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('quota' as const),
      tab,
      maxBytes: fc.constantFrom(undefined, 60, 5000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('kill' as const), tab }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);

const turn = (): Promise<void> => new Promise(setImmediate);

/** Resolves once `holds` does; what is tested has to make it so. */
async function until(holds: () => boolean): Promise<void> {
  const begun = Date.now();
  while (!holds()) {
    if (Date.now() - begun > PATIENCE) throw new Error(`It never came about that ${holds.toString()}.`);
    await turn();
  }
}

/** Resolves as the promise does, which must be soon. */
async function soon<T>(promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = promise.finally(() => (isOver = true));
  await until(() => isOver);
  return over;
}

/** Ends as it may: by what was asked for, or since the lease, the entry or the wait has gone. */
async function ended(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!isStorageError(error)) throw error;
    expect(error.code).toMatch(/^(CLOSED|CHANGED|NOT_FOUND|CANCELLED|INTERRUPTED|NO_SPACE)$/);
  }
}

/** One of those who use the store: connects again whenever its port has died. */
class Tab {
  readonly remote = new RemoteStore(undefined, () => this.#connection?.close());
  readonly leases: Lease[] = [];
  readonly failures: unknown[] = [];
  /** The versions that each lease has shown. */
  readonly #versions = new Map<Lease, number>();
  readonly #store: Store;
  readonly #served: Set<ServedStore>;
  readonly #lives: number[];
  #connection: { close(): void } | undefined;
  #die: (() => void) | undefined;

  constructor(store: Store, served: Set<ServedStore>, lives: number[]) {
    this.#store = store;
    this.#served = served;
    this.#lives = lives;
    this.#connect();
    const { remote } = this;
    this.#checks(() => {
      remote.entries$.subscribe((entries) => this.#checks(() => expect(remote.entries).toBe(entries)));
      remote.keys$.subscribe((keys) => this.#checks(() => expect(remote.keys).toBe(keys)));
      remote.changes$.subscribe(({ key, entry }) => this.#checks(() => expect(remote.entry(key)).toBe(entry)));
    });
  }

  kill(): void {
    this.#die?.();
  }

  async acquire(key: string, signal?: AbortSignal): Promise<void> {
    this.leases.push(await this.remote.acquire(key, { url: 'http://nowhere.test/', signal }));
  }

  async read(lease: Lease, start: number): Promise<void> {
    const bytes = await firstValueFrom(lease.read({ start, end: start + 8 }));
    const before = this.#versions.get(lease) ?? bytes[0];
    if (before !== undefined) this.#versions.set(lease, before);
    this.#checks(() => expect(new Set(bytes)).toEqual(new Set(bytes.length > 0 ? [before] : [])));
  }

  #checks(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failures.push(error);
    }
  }

  #connect(): void {
    const { port1, port2 } = new MessageChannel();
    let life = this.#lives.pop() ?? Infinity;
    const die = (): void => {
      life = 0;
      port1.close();
    };
    this.#die = die;
    const [one, port] = [port1, port2].map((each) => ({
      on: each.on.bind(each),
      off: each.off.bind(each),
      postMessage: (message: unknown) => {
        if (life > 0) each.postMessage(message);
        else die();
        life -= 1;
      },
    })) as unknown as [PortLike, PortLike];
    const served = serveStore(this.#store, one);
    this.#served.add(served);
    void served.closed.then(() => {
      this.#served.delete(served);
      port1.close();
    });
    const again = (): void => {
      this.remote.lost();
      if (this.#connection === connection) this.#connect();
    };
    const connection = connectTo(this.remote, port, { name: 'tab', knows: false, gone: again });
    this.#connection = connection;
    connection.open().catch(again);
  }
}

describe('remote stores of one store, over ports that die', () => {
  it('give the right bytes, show the same, and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 40 }),
        fc.array(fc.nat(30), { maxLength: 12 }),
        async (list, lives) => {
          const store = await Store.open(memoryBackend());
          const served = new Set<ServedStore>();
          const tabs = Array.from({ length: TABS }, () => new Tab(store, served, lives));
          const tabOf = (index: number): Tab => tabs[index] as Tab;
          const pending: Promise<void>[] = [];
          const removing: Promise<void>[] = [];
          let version = 0;
          const write = async (key: string, start: number, length: number): Promise<void> => {
            using own = await store.acquire(key, { url: 'http://nowhere.test/' });
            const resource = resourceOf(own);
            if (resource.identity === undefined) {
              version += 1;
              resource.identity = `"${version}"`;
            }
            const byte = Number(resource.identity.slice(1, -1));
            resource.writeAt(start, new Uint8Array(length).fill(byte));
          };
          const act = async (one: Action): Promise<void> => {
            if (one.do === 'turn') return;
            if (one.do === 'write') return write(one.key, one.start, one.length);
            const { remote, leases } = tabOf(one.tab);
            if (one.do === 'kill') tabOf(one.tab).kill();
            else if (one.do === 'acquire') await tabOf(one.tab).acquire(one.key);
            else if (one.do === 'abort') {
              const aborting = new AbortController();
              const acquiring = tabOf(one.tab).acquire(one.key, aborting.signal);
              void turn().then(() => aborting.abort());
              await acquiring;
            } else if (one.do === 'remove') await remote.remove(one.key);
            else if (one.do === 'update') await remote.update(one.key, { metadata: { at: leases.length } });
            else if (one.do === 'quota') remote.maxBytes = one.maxBytes;
            else if ('lease' in one) {
              const [given] = leases.splice(one.lease % Math.max(1, leases.length), one.do === 'give back' ? 1 : 0);
              given?.close();
              const used = leases[one.lease % Math.max(1, leases.length)];
              if (used === undefined) return;
              if (one.do === 'read') await tabOf(one.tab).read(used, one.start);
              if (one.do === 'wait') await firstValueFrom(used.waitRange({ start: one.start, end: LENGTH }));
            }
          };
          for (const one of list) {
            const done = ended(act(one));
            (one.do === 'remove' ? removing : pending).push(done);
            if (one.do === 'turn') await turn();
          }
          await soon(Promise.all(removing));
          // What waits gets what it waits for: there is room for it, and somebody writes it.
          for (const { remote } of tabs) remote.maxBytes = undefined;
          // Whoever has set it otherwise has been heard of by then.
          for (const { remote } of tabs) await soon(remote.remove('nothing'));
          expect(store.maxBytes).toBeUndefined();
          for (const each of KEYS) await soon(write(each, 0, 2 * LENGTH));
          await until(() => tabs.every(({ remote }) => isShown(remote, store)));
          await soon(Promise.all(pending));
          await until(() => tabs.every(({ remote }) => isShown(remote, store)));
          for (const each of KEYS) {
            const open = tabs.flatMap(({ leases }) => leases).filter((one) => isOf(one, each));
            await until(() => store.entry(each)?.leases === open.length);
          }
          for (const one of tabs) {
            for (const used of one.leases) await soon(ended(one.read(used, 0)));
            for (const used of one.leases) used.close();
          }
          await until(() => store.entries.every(({ leases }) => leases === 0));
          for (const each of KEYS) {
            using own = await store.acquire(each);
            expect(await soon(firstValueFrom(resourceOf(own).demand$))).toEqual([]);
          }
          for (const { remote } of tabs) await soon(remote.close());
          await until(() => served.size === 0);
          expect(tabs.flatMap(({ failures }) => failures)).toEqual([]);
          await store.close();
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});

function isShown(remote: RemoteStore, store: Store): boolean {
  const seen = ({ entries, usage }: { entries: readonly StoreEntry[]; usage: unknown }): string =>
    JSON.stringify([[...entries].sort((one, other) => (one.key < other.key ? -1 : 1)), usage]);
  return seen(remote) === seen(store);
}

function isOf(lease: Lease, key: string): boolean {
  return lease.key === key && lease.status.state !== 'closed';
}
