/** The part of the Web Locks API that is used. */
interface Locks {
  query(): Promise<{ readonly held?: readonly { readonly name?: string }[] }>;
  request(name: string, options: { signal?: AbortSignal }, callback: () => Promise<void> | undefined): Promise<unknown>;
}

/**
 * How one side learns of the other's end in browsers, whose ports do not all tell: each holds a Web
 * Lock as long as it lives, and waits for that of the other. There are no messages to and fro for
 * it: tabs are throttled and frozen, and silence is not death. Where there are no locks nothing
 * happens.
 */
export class LifeLock {
  readonly #locks: Locks | undefined;
  readonly #ended = new AbortController();
  #release: (() => void) | undefined;

  /** @param isNeeded - false where the port tells of the end by itself */
  constructor(isNeeded: boolean) {
    if (isNeeded) this.#locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
  }

  /** Resolves to the name of a lock that this side holds; undefined where there are none. */
  hold(): Promise<string | undefined> {
    const locks = this.#locks;
    if (locks === undefined) return Promise.resolve(undefined);
    const name = `tidemark/${randomName()}`;
    return new Promise((resolve) => {
      const held = (): Promise<void> => {
        resolve(name);
        return new Promise((release) => (this.#release = release));
      };
      // Refused where storage is (a sandboxed frame): then the port alone tells.
      locks.request(name, { signal: this.#ended.signal }, held).catch(() => resolve(undefined));
    });
  }

  /**
   * Calls `gone` once, when the side that holds `name` has ended. Not if that may be of another
   * origin, which has locks of its own: then the port alone tells.
   *
   * @param isHere - it is of this origin: it has ended if nobody holds the lock
   */
  async watch(name: string | undefined, gone: () => void, isHere = false): Promise<void> {
    const locks = this.#locks;
    const { signal } = this.#ended;
    if (name === undefined || locks === undefined) return;
    try {
      const { held = [] } = await locks.query();
      if (!isHere && !held.some((lock) => lock.name === name)) return;
      await locks.request(name, { signal }, () => undefined);
      if (!signal.aborted) gone();
    } catch {
      // Released, or refused.
    }
  }

  /** Lets go of both. */
  release(): void {
    this.#ended.abort();
    this.#release?.();
  }
}

/** A name that nobody else has. */
export function randomName(): string {
  const part = (): string => Math.floor(Math.random() * 2 ** 52).toString(36);
  return `${part()}${part()}`;
}
