import type { DownloadOptions } from '../../http/download/download-options.js';
import type { DownloadUrl } from '../../http/download/request/source-url.js';
import type { StoreEntry } from '../store-entry.js';
import type { StoreSource, StoreUrl } from '../store-options.js';

/** How to fetch an entry. */
export type ResolvedSource = DownloadOptions & StoreUrl;

/** Somebody who may know where the content of keys is. */
export type Knows = (
  key: string,
  entry: StoreEntry | undefined,
) => StoreSource | undefined | Promise<StoreSource | undefined>;

/** Where the content of keys is: as those say who use the store from afar, and its `source`. */
export class Sources {
  readonly #source: ((key: string, entry: StoreEntry | undefined) => StoreSource | undefined) | undefined;
  readonly #entry: (key: string) => StoreEntry | undefined;
  readonly #afar = new Set<Knows>();
  /** Who has asked for a key last. */
  readonly #askers = new Map<string, Knows>();
  /** What is being asked, by key: all who want to know wait for one answer. */
  readonly #asking = new Map<string, Promise<ResolvedSource | undefined>>();
  /** Resolves once there has been somebody afar, where that is waited for. */
  #arrival: Promise<void> | undefined;
  #arrived: (() => void) | undefined;

  /**
   * @param entry - what there is of a key
   * @param awaits - nobody is asked before the first one afar has {@link arrived}
   */
  constructor(
    source: ((key: string, entry: StoreEntry | undefined) => StoreSource | undefined) | undefined,
    entry: (key: string) => StoreEntry | undefined,
    awaits = false,
  ) {
    this.#source = source;
    this.#entry = entry;
    if (awaits) this.#arrival = new Promise((resolve) => (this.#arrived = resolve));
  }

  /** Somebody uses the store from afar, who may know something. */
  arrived(knows: Knows | undefined): void {
    if (knows !== undefined) this.#afar.add(knows);
    this.#arrived?.();
    this.#arrival = undefined;
  }

  left(knows: Knows): void {
    this.#afar.delete(knows);
    for (const [key, asker] of this.#askers) if (asker === knows) this.#askers.delete(key);
  }

  /** Somebody afar asks for a key, and is the first to be asked about it. */
  askedBy(key: string, knows: Knows): void {
    this.#askers.set(key, knows);
  }

  /**
   * Undefined: nobody knows. Throws what `source` throws, which is not asked where a URL is given.
   * A promise only where those afar are asked.
   *
   * @param kept - where it was when its intent began, for a key that nobody knows
   */
  of(key: string, url?: DownloadUrl, kept?: string): ResolvedSource | undefined | Promise<ResolvedSource | undefined> {
    if (url !== undefined) return { url };
    if (this.#afar.size === 0 && this.#arrival === undefined) return this.#own(key, kept);
    return this.#askAll(key, kept);
  }

  #own(key: string, kept: string | undefined): ResolvedSource | undefined {
    return resolvedSource(this.#source?.(key, this.#entry(key)) ?? kept);
  }

  async #askAll(key: string, kept: string | undefined): Promise<ResolvedSource | undefined> {
    await this.#arrival;
    const asking = this.#asking.get(key) ?? this.#askAfar(key);
    this.#asking.set(key, asking);
    let afar: ResolvedSource | undefined;
    let refusal: unknown;
    try {
      afar = await asking;
    } catch (error) {
      refusal = error;
    } finally {
      this.#asking.delete(key);
    }
    const source = afar ?? this.#own(key, kept);
    if (source === undefined && refusal !== undefined) throw refusal as Error;
    return source;
  }

  /** Asks one after the other; throws what the first one does, if none knows. */
  async #askAfar(key: string): Promise<ResolvedSource | undefined> {
    const asker = this.#askers.get(key);
    let refusal: unknown;
    for (const knows of new Set([...(asker === undefined ? [] : [asker]), ...this.#afar])) {
      try {
        const source = await knows(key, this.#entry(key));
        if (source !== undefined) return resolvedSource(source);
      } catch (error) {
        // Another one may know, or be there still.
        refusal ??= error;
      }
    }
    if (refusal !== undefined) throw refusal as Error;
    return undefined;
  }
}

/** Returns what a source is short for. */
export function resolvedSource(source: StoreSource | undefined): ResolvedSource | undefined {
  if (source === undefined) return undefined;
  return typeof source === 'object' && !(source instanceof URL) ? source : { url: source };
}
