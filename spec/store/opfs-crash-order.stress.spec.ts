import { describe, expect, it } from '@jest/globals';
import { isStorageError, Resource } from '../../lib/index.js';
import type { ByteRange } from '../../lib/range/byte-range.js';
import { subtractRanges } from '../../lib/range/subtract-ranges.js';
import { pattern, settled, SMALL } from '../drivers/opfs/in-folders.js';
import { isStress, rounds } from '../run/rounds.js';
import { coversOnly, FRESH, type Promised, type Promises, recordOf, Witness } from './opfs-crash.js';
import { backendIn, kill } from './opfs-stores.js';

const KEYS = ['a', 'b', 'c'];
const SIZE = 9 * SMALL.blockSize + 30;
const FOUND = { ...FRESH, isFresh: false };
const MAY_BE: Promised = { isThere: undefined, least: [] };
const ABSENT: Promised = { isThere: false, least: [] };

/** A store that is used at random, and what must be found of it. */
class RandomUse {
  readonly witness: Witness;
  readonly #random: (limit: number) => number;
  readonly #versions = new Map<string, readonly Uint8Array[]>();
  readonly #killed = new Map<string, Promised>(KEYS.map((key) => [key, ABSENT]));
  readonly #powerLost = new Map<string, Promised>(KEYS.map((key) => [key, ABSENT]));
  readonly #open = new Map<string, Resource>();
  /** Content that was replaced and is still read. */
  readonly #former: { resource: Resource; version: Uint8Array }[] = [];
  #backend;
  #seeds = 0;
  #groups = 0;
  #isDurable = false;

  constructor(random: (limit: number) => number, most: number) {
    this.#random = random;
    this.witness = new Witness(() => this.#promises(), most);
    this.#backend = backendIn(this.witness.folder);
  }

  async run(steps: number): Promise<void> {
    await this.#backend.open();
    for (let step = 0; step < steps; step += 1) await this.#step();
    for (const resource of this.#open.values()) resource.close();
    for (const { resource } of this.#former) resource.close();
    await this.#backend.close();
    await settled();
  }

  #promises(): Promises {
    return {
      versions: new Map(this.#versions),
      killed: new Map(this.#killed),
      powerLost: new Map(this.#powerLost),
    };
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const key = KEYS[random(KEYS.length)] ?? '';
    if (this.#killed.get(key)?.isThere !== true) {
      this.#promise(key, MAY_BE, MAY_BE);
      this.#backend.storeFirst(key, recordOf(key), 1);
      this.#killed.set(key, { isThere: true, least: [] });
      this.#newVersion(key);
      return;
    }
    const what = random(24);
    if (what === 0) this.#remove(key);
    else if (what === 1) await this.#reopen();
    else if (what === 2) await this.#sync(key);
    else if (what === 3) await settled();
    else if (what === 4) this.#backend.touch(key, 2);
    else if (what === 5) this.#store(key);
    else if (what === 6) await this.#kill();
    else await this.#use(key, what);
  }

  async #use(key: string, what: number): Promise<void> {
    const random = this.#random;
    const resource = this.#resource(key);
    const version = this.#version(key);
    const start = random(SIZE - 1);
    const range = { start, end: Math.min(SIZE, start + 1 + random(4 * SMALL.blockSize)) };
    this.#isDurable = random(2) === 0;
    if (resource.status.state === 'committed') {
      if (what < 10) {
        this.#complete(key, undefined, 'durably');
        resource.reactivate();
        this.#complete(key, false, 'durably');
      } else if (what < 18) await this.#replaceBeside(key, resource);
      else this.#close(key);
    } else if (what < 13) attempt(() => resource.writeAt(range.start, version.subarray(range.start, range.end)));
    else if (what < 15) {
      this.#loosen(key, [range]);
      resource.evict(range);
    } else if (what < 18) await this.#checkpoint(key, resource);
    else if (what < 20) await this.#commit(key, resource);
    else if (what < 22) this.#writeAll(key, resource);
    else this.#close(key);
  }

  #resource(key: string): Resource {
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    const resource = Resource.open(this.#backend.driver(key, { ...FOUND, isDurable: () => this.#isDurable }));
    const [missing] = subtractRanges(this.#killed.get(key)?.least ?? [], resource.coverage);
    if (missing !== undefined) throw new Error(`${key} lacks ${JSON.stringify(missing)} when it is opened`);
    if (!(this.#versions.get(key) ?? []).some((version) => coversOnly(resource, version))) {
      throw new Error(`${key} has other bytes when it is opened`);
    }
    this.#open.set(key, resource);
    return resource;
  }

  #close(key: string): void {
    this.#open.get(key)?.close();
    this.#open.delete(key);
    for (const { resource, version } of this.#former.splice(0)) {
      if (!coversOnly(resource, version)) throw new Error('What was replaced has other bytes.');
      resource.close();
    }
  }

  async #checkpoint(key: string, resource: Resource): Promise<void> {
    await resource.checkpoint();
    this.#least(key, resource.coverage.toArray(), 'durably');
  }

  async #commit(key: string, resource: Resource): Promise<void> {
    await this.#checkpoint(key, resource);
    const end = resource.coverage.coveredUntil(0);
    const least = end > 0 ? [{ start: 0, end }] : [];
    this.#least(key, least, 'durably');
    this.#complete(key, undefined, 'durably');
    resource.commit(end);
    this.#complete(key, true, this.#how);
  }

  #writeAll(key: string, resource: Resource): void {
    const { version, length } = this.#newVersion(key);
    this.#least(key, [], 'durably');
    this.#complete(key, undefined, 'durably');
    const isWritten = attempt(() => resource.writeAll(version.subarray(0, length)));
    if (!isWritten) this.#dropVersion(key);
    else {
      this.#least(key, [{ start: 0, end: length }], this.#how);
      this.#complete(key, true, this.#how);
    }
  }

  async #replaceBeside(key: string, old: Resource): Promise<void> {
    const before = this.#version(key);
    const options = { isFresh: false, replaces: true, isDurable: () => this.#isDurable };
    const next = Resource.open(this.#backend.driver(key, options));
    const { version, length } = this.#newVersion(key);
    if (!attempt(() => next.writeAt(0, version.subarray(0, length))) || this.#random(4) === 0) {
      next.discard();
      this.#dropVersion(key);
      return;
    }
    await next.checkpoint();
    this.#least(key, [], 'durably');
    next.commit();
    this.#least(key, [{ start: 0, end: length }], this.#how);
    this.#complete(key, true, this.#how);
    this.#open.set(key, next);
    this.#former.push({ resource: old, version: before });
  }

  #remove(key: string): void {
    this.#close(key);
    this.#promise(key, MAY_BE, MAY_BE);
    this.#backend.remove(key);
    this.#killed.set(key, ABSENT);
  }

  #store(key: string): void {
    const group = `group ${(this.#groups += 1)}`;
    this.#promise(
      key,
      { ...this.#killed.get(key), group: undefined },
      { ...this.#powerLost.get(key), group: undefined },
    );
    this.#backend.store(key, recordOf(key, group), 3);
    this.#promise(key, { ...this.#killed.get(key), group });
  }

  async #sync(key: string): Promise<void> {
    this.#promise(
      key,
      { ...this.#killed.get(key), group: undefined },
      { ...this.#powerLost.get(key), group: undefined },
    );
    const group = `group ${(this.#groups += 1)}`;
    await this.#backend.storeDurably(
      key,
      recordOf(key, group),
      () => 4,
      () => true,
    );
    this.#promise(key, { ...this.#killed.get(key), group });
    await this.#backend.syncNames();
    this.#allDurable();
  }

  async #reopen(): Promise<void> {
    for (const key of this.#open.keys()) this.#close(key);
    await this.#backend.close();
    this.#allDurable();
    await this.#openAgain();
  }

  async #kill(): Promise<void> {
    // What it does in the background would have ended with it.
    await settled();
    kill(this.witness.folder);
    this.#open.clear();
    this.#former.length = 0;
    await this.#openAgain();
    this.#allDurable();
  }

  async #openAgain(): Promise<void> {
    this.#backend = backendIn(this.witness.folder);
    const { entries, dropped } = await this.#backend.open();
    expect(dropped).toEqual([]);
    const there = KEYS.filter((key) => this.#killed.get(key)?.isThere === true);
    expect(entries.map(({ name }) => name).sort()).toEqual(there);
  }

  #allDurable(): void {
    for (const [key, promised] of this.#killed) this.#powerLost.set(key, promised);
  }

  #promise(key: string, killed: Partial<Promised>, powerLost?: Partial<Promised>): void {
    this.#killed.set(key, { ...MAY_BE, ...killed });
    if (powerLost !== undefined) this.#powerLost.set(key, { ...MAY_BE, ...powerLost });
  }

  #least(key: string, least: readonly ByteRange[], how: 'durably' | 'for now'): void {
    this.#promise(key, { ...this.#killed.get(key), least });
    if (how === 'durably') {
      const isThere = least.length > 0 ? true : this.#powerLost.get(key)?.isThere;
      this.#powerLost.set(key, { ...(this.#powerLost.get(key) ?? MAY_BE), isThere, least });
    }
  }

  get #how(): 'durably' | 'for now' {
    return this.#isDurable ? 'durably' : 'for now';
  }

  #complete(key: string, isComplete: boolean | undefined, how: 'durably' | 'for now'): void {
    this.#killed.set(key, { ...(this.#killed.get(key) ?? MAY_BE), isComplete });
    if (how === 'durably') this.#powerLost.set(key, { ...(this.#powerLost.get(key) ?? MAY_BE), isComplete });
  }

  #loosen(key: string, ranges: readonly ByteRange[]): void {
    for (const promised of [this.#killed, this.#powerLost]) {
      const before = promised.get(key) ?? MAY_BE;
      promised.set(key, { ...before, least: subtractRanges(before.least, ranges) });
    }
  }

  #version(key: string): Uint8Array {
    return this.#versions.get(key)?.at(-1) ?? new Uint8Array();
  }

  #newVersion(key: string): { version: Uint8Array; length: number } {
    const version = pattern(SIZE, (this.#seeds += 1));
    this.#versions.set(key, [...(this.#versions.get(key) ?? []), version]);
    return { version, length: 1 + this.#random(4 * SMALL.blockSize) };
  }

  #dropVersion(key: string): void {
    this.#versions.set(key, this.#versions.get(key)?.slice(0, -1) ?? []);
  }
}

/** False if not enough files are open for it yet. */
function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (isStorageError(error, 'CAPACITY')) return false;
    throw error;
  }
}

/** Returns numbers below a limit, the same for each seed. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed * 2_654_435_761;
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1_013_904_223) >>> 0;
    return state % limit;
  };
}

describe('a crash after any call of a store in the origin private file system', () => {
  it.each(Array.from({ length: rounds(40, 3) }, (_, seed) => seed))(
    'leaves entries that have what they say, and no less than was promised (seed %i)',
    async (seed) => {
      const use = new RandomUse(randomNumbers(seed + 1), isStress ? 10 : 6);
      await use.run(isStress ? 60 : 40);
      expect(await use.witness.check()).toBeGreaterThan(100);
    },
    600_000,
  );
});
