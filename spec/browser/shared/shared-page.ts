import { firstValueFrom } from 'rxjs';
import { type ServedMedia, serveMedia, shareStore, type ShareStoreOptions } from 'tidemark/browser';
import type { AcquireOptions, Lease, RemoteStore, StoreEntry } from 'tidemark/store';

/** How a page opens the store. */
export interface Opening {
  /** See `store-worker.ts`. */
  readonly worker?: object;
  readonly script?: string;
  /** Where `source` says that keys are; undefined: there is none. */
  readonly source?: string;
}

/** What the tests do in a page: they call it by name. */
export const page = {
  store: undefined as RemoteStore | undefined,
  worker: undefined as Worker | undefined,
  leases: [] as Lease[],
  /** Keys that were asked for here. */
  asked: [] as string[],
  heard: [] as string[],
  media: undefined as ServedMedia | undefined,
  aborting: new AbortController(),

  /** Opens the store; returns the code of what that fails with. */
  async open({ worker = {}, script = '/store-worker.js', source }: Opening = {}): Promise<string> {
    const options: ShareStoreOptions = {
      name: 'songs',
      worker: () => (this.worker = new Worker(script, { type: 'module', name: JSON.stringify(worker) })),
      signal: this.aborting.signal,
      ...(source !== undefined && {
        source: (key: string) => {
          this.asked.push(key);
          return `${source}/${key}`;
        },
      }),
    };
    try {
      const store = await shareStore(options);
      this.store = store;
      store.changes$.subscribe(({ kind, key }) => this.heard.push(`${kind} ${key}`));
      return 'open';
    } catch (error) {
      return codeOf(error);
    }
  },

  abort(): void {
    this.aborting.abort();
  },

  /** Whether the worker runs in this tab. */
  get runs(): boolean {
    return this.worker !== undefined;
  },

  /** Ends the worker, as a crash does. */
  killWorker(): void {
    this.worker?.postMessage('die');
  },

  /** Closes the store; returns what that fails with. */
  async close(): Promise<string> {
    try {
      await this.store?.close();
      return 'closed';
    } catch (error) {
      return (error as Error).message;
    }
  },

  /** Opens the store anew, and closes what was open before. */
  async renew(opening: Opening): Promise<string> {
    const before = storeOf(this.store);
    const outcome = await this.open(opening);
    await before.close();
    return outcome;
  },

  /**
   * Greets the worker as a tab does that is gone before anybody could watch for its end; resolves
   * once the worker has said goodbye.
   */
  diesAtOnce(): Promise<string> {
    const hub = new BroadcastChannel('tidemark/store/songs');
    const channel = new BroadcastChannel('tidemark/store/songs/ghost');
    const ended = new Promise<string>((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<{ type: string }>) => {
        if (data.type === 'serving') {
          const probe = new Uint8Array(1);
          channel.postMessage({ tidemark: 'store/1', type: 'hello', id: 'ghost', lock: 'ghost', probe });
        } else if (data.type === 'bye') resolve(data.type);
      };
    });
    hub.postMessage({ tidemark: 'store-tab/1', type: 'seek', connection: 'ghost' });
    return ended;
  },

  async acquire(key: string, options?: AcquireOptions): Promise<number> {
    const lease = await storeOf(this.store).acquire(key, options);
    return this.leases.push(lease) - 1;
  },

  /** Calls a function of the store by its name; returns the code of what it fails with. */
  async call(name: 'download' | 'pause' | 'pin' | 'remove', ...args: unknown[]): Promise<string> {
    try {
      await (storeOf(this.store)[name] as (...given: unknown[]) => Promise<void>)(...args);
      return 'done';
    } catch (error) {
      return codeOf(error);
    }
  },

  entries(): readonly StoreEntry[] {
    return storeOf(this.store).entries;
  },

  /** What a lease shows. */
  shown(lease: number): { state: string; coveredBytes: number } {
    const { status, coveredBytes } = leaseOf(this.leases, lease);
    return { state: status.state, coveredBytes };
  },

  /** Reads by a lease; returns a digest of the bytes, or the code of what that fails with. */
  async read(lease: number, start: number, end: number): Promise<string> {
    try {
      const bytes = await firstValueFrom(leaseOf(this.leases, lease).read({ start, end }));
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    } catch (error) {
      return codeOf(error);
    }
  },

  /** Plays a lease in an `<audio>` element. */
  async play(lease: number, contentType: string): Promise<void> {
    this.media ??= await serveMedia({ worker: '/sw.js' });
    document.body.append(new Audio(this.media.expose(leaseOf(this.leases, lease), { contentType }).url));
  },
};

function storeOf(store: RemoteStore | undefined): RemoteStore {
  if (store === undefined) throw new Error('The store is not open.');
  return store;
}

function leaseOf(leases: readonly Lease[], index: number): Lease {
  const lease = leases[index];
  if (lease === undefined) throw new Error(`There is no lease ${index}.`);
  return lease;
}

function codeOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return code ?? message;
}
