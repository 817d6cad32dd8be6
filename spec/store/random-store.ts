import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryBackend, type Lease, type Store } from 'tidemark/store';
import { codeOf } from '../support/code-of.js';
import { openStore } from './stores.js';

/**
 * Random operations on a store in memory, beside a model of it that fits on a page.
 */

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const KEYS = 40;
const LONGEST = 2000;
const MOST_HELD = 6;
const BYTES = new Uint8Array(LONGEST).fill(7);

interface Modelled {
  bytes: number;
  isComplete: boolean;
  isPinned: boolean;
  leases: number;
  group: string | undefined;
}

/** A lease, and the entry that it is of. */
interface Held {
  readonly lease: Lease;
  readonly entry: Modelled;
}

/** What a store is to have: its entries are in the order of their use. */
class Model {
  readonly entries = new Map<string, Modelled>();
  maxBytes = 20_000;

  get bytes(): number {
    return [...this.entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  use(key: string): Modelled {
    const entry = this.entries.get(key) ?? {
      bytes: 0,
      isComplete: false,
      isPinned: false,
      leases: 0,
      group: undefined,
    };
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry;
  }

  /** Makes room for so many bytes of `key`; false: there is none, and nothing is evicted. */
  makeRoom(bytes: number, key?: string): boolean {
    const mayGo = [...this.entries].filter(([each, entry]) => each !== key && !entry.isPinned && entry.leases === 0);
    let excess = this.bytes + bytes - this.maxBytes;
    const reclaimable = mayGo.reduce((sum, [, entry]) => sum + entry.bytes, 0);
    if (key !== undefined && excess > 0 && excess > reclaimable) return false;
    for (const [each, entry] of mayGo) {
      if (excess <= 0) break;
      this.entries.delete(each);
      excess -= entry.bytes;
    }
    return true;
  }
}

/** Runs so many operations; throws where the store and the model differ. */
export async function runRandomly(operations: number, seed: number): Promise<void> {
  let state = seed;
  const random = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const backend = memoryBackend();
  const model = new Model();
  let store = await openStore(backend, { maxBytes: model.maxBytes });
  const held: Held[] = [];
  const release = ({ lease, entry }: Held): void => {
    lease.close();
    // Else it ended when its entry was removed, and there may be another of that key.
    if (model.entries.get(lease.key) !== entry) return;
    entry.leases -= 1;
    if (entry.leases === 0) model.use(lease.key);
  };
  for (let turn = 0; turn < operations; turn++) {
    const key = `key ${random(KEYS)}`;
    const known = model.entries.get(key);
    const what = random(20);
    if (what < 12) {
      const lease = await store.acquire(key, { url: 'http://nowhere.test/' });
      const entry = model.use(key);
      entry.leases += 1;
      if (!entry.isComplete) write(lease, entry);
      if (held.length < MOST_HELD && random(4) === 0) held.push({ lease, entry });
      else release({ lease, entry });
    } else if (what < 14 && held.length > 0) {
      for (const one of held.splice(random(held.length), 1)) release(one);
    } else if (what === 14) {
      await store.remove(key);
      model.entries.delete(key);
    } else if (what === 15 && known !== undefined) {
      known.isPinned = random(3) === 0;
      await store.pin(key, known.isPinned);
    } else if (what === 16 && known !== undefined) {
      known.group = `group ${random(4)}`;
      await store.update(key, { group: known.group });
    } else if (what === 17 && random(8) === 0) {
      const group = `group ${random(4)}`;
      await store.remove({ group });
      for (const [each, entry] of model.entries) if (entry.group === group) model.entries.delete(each);
    } else if (what === 18 && random(4) === 0) {
      model.maxBytes = 10_000 + random(20_000);
      store.maxBytes = model.maxBytes;
      model.makeRoom(0);
    } else if (what === 19 && random(50) === 0) {
      for (const one of held.splice(0)) release(one);
      await store.close();
      store = await openStore(backend, { maxBytes: model.maxBytes });
      model.makeRoom(0);
    }
    // What is too much goes at the end of the turn in which it may go.
    await Promise.resolve();
    model.makeRoom(0);
    compare(store, model, turn, turn % 100 === 0);
    if (turn % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    // The garbage collector knows nothing of mappings, of which a thread has 50,000 at most. If
    // anything held what was closed, it would run out of them all the same.
    if (turn % 5000 === 4999) collect();
  }
  for (const { lease } of held) lease.close();
  await store.close();

  function write(lease: Lease, entry: Modelled): void {
    const { resource } = lease;
    if (resource === undefined) throw new Error('No resource.');
    const length = 1 + random(LONGEST - 1);
    const more = Math.max(0, length - entry.bytes);
    const code = codeOf(() => {
      resource.writeAt(0, BYTES.subarray(0, length));
    });
    const fits = more === 0 || model.makeRoom(more, lease.key);
    if ((code === undefined) !== fits) throw new Error(`A write of ${more} bytes: ${code ?? 'it fitted'}.`);
    if (fits) entry.bytes += more;
    if (!fits || random(4) === 0) return;
    resource.commit(entry.bytes);
    entry.isComplete = true;
  }
}

function compare(store: Store, model: Model, turn: number, closely: boolean): void {
  const say = (what: string): never => {
    throw new Error(`After ${turn} turns: ${what}.`);
  };
  if (store.keys.length !== model.entries.size) say(`${store.keys.length} entries in place of ${model.entries.size}`);
  if (store.usage.bytes !== model.bytes) say(`${store.usage.bytes} bytes in place of ${model.bytes}`);
  if (!closely) return;
  const order = [...store.entries].sort((one, other) => one.usedAt - other.usedAt);
  for (const [index, [key, { isComplete, isPinned, leases, group }]] of [...model.entries].entries()) {
    const entry = store.entry(key);
    if (entry === undefined || order[index]?.key !== key) return say(`${key} is not in its place`);
    const isSame =
      (entry.state === 'complete') === isComplete &&
      entry.pinned === isPinned &&
      entry.leases === leases &&
      entry.group === group;
    if (!isSame) say(`${key} is ${JSON.stringify(entry)}`);
  }
}
