import { toPlainError } from '../../errors/plain-error.js';
import { isStorageError, StorageError } from '../../errors/storage-error.js';
import { Endpoint } from '../../remote/endpoint.js';
import { LifeLock } from '../../remote/life-lock.js';
import type { PortLike } from '../../remote/port-like.js';
import type { StoreBackend } from '../backend.js';
import type { Metadata } from '../entry-record.js';
import { checkBackend, checkStoreOptions, type StoreOptions } from '../store-options.js';
import { Store } from '../store.js';
import { type ServedStore, serveStore } from './serve-store.js';
import { channelOf, type FromWorker, hubOf, TAB_TAG, type TabMessage, type ToWorker } from './tab-messages.js';

/** How often a backend is tried that the worker of another tab still has, and how long. */
const RETRY_EVERY = 50;
const RETRY_FOR = 10_000;

/**
 * Opens a store in a dedicated worker, and serves it to the page that has started the worker, and
 * to the other tabs of a shared store: what the worker of `shareStore` calls.
 *
 * Where a tab has a `source` of its own that is asked, and the one given here where no tab knows.
 * Where another tab's worker is just ending, it waits until that has given the backend back, up to
 * ten seconds.
 *
 * Resolves to the store: it may be used here, too. Rejects as `Store.open` does, and with
 * `UNSUPPORTED` outside a dedicated worker; the page is told, too.
 *
 * @example
 * ```ts browser
 * // store-worker.js
 * import { opfsBackend } from 'tidemark/browser';
 * import { runStore } from 'tidemark/store';
 *
 * await runStore(opfsBackend({ path: 'music' }), { maxBytes: 2 ** 30 });
 * ```
 */
export async function runStore<M extends Metadata = Metadata>(
  backend: StoreBackend,
  options: StoreOptions<M> = {},
): Promise<Store<M>> {
  checkStoreOptions(options);
  checkBackend(backend);
  const scope = globalThis as Partial<DedicatedScope>;
  if (scope.DedicatedWorkerGlobalScope === undefined || scope.postMessage === undefined) throw unsupportedError();
  const page = new Endpoint<FromWorker, ToWorker>(scope as DedicatedScope, TAB_TAG);
  try {
    const store = await openWhenFree(backend, options);
    const tabs = new Tabs(store, scope as DedicatedScope);
    page.listen(
      (message) => {
        if (message.type === 'lead') tabs.lead(message);
        else {
          tabs.leave().then(
            () => page.send({ type: 'left' }),
            (error: unknown) => page.send({ type: 'left', error: toPlainError(error) }),
          );
        }
      },
      () => undefined,
    );
    page.send({ type: 'running', lock: await new LifeLock(true).hold() });
    return store;
  } catch (error) {
    page.send({ type: 'failed', error: toPlainError(error) });
    throw error;
  }
}

type DedicatedScope = PortLike & { readonly DedicatedWorkerGlobalScope: unknown; postMessage(message: unknown): void };

/** Serves a store to the page of its worker, and to other tabs. */
class Tabs {
  readonly #store: Store;
  readonly #served = new Set<ServedStore>();
  #hub: BroadcastChannel | undefined;

  constructor(store: Store, scope: PortLike) {
    this.#store = store;
    void this.#serve(scope);
  }

  lead({ name }: ToWorker & { type: 'lead' }): void {
    const hub = new BroadcastChannel(hubOf(name));
    this.#hub = hub;
    const endpoint = new Endpoint<TabMessage, TabMessage>(hub, TAB_TAG);
    endpoint.listen(
      (message) => {
        if (message.type === 'seek') this.#serveTab(channelOf(name, message.connection));
      },
      () => undefined,
    );
    endpoint.send({ type: 'leading' });
  }

  async leave(): Promise<void> {
    this.#hub?.close();
    // Before the store ends leases: those of other tabs go on with its next worker.
    for (const served of this.#served) served.close();
    await this.#store.close();
  }

  #serveTab(name: string): void {
    const channel = new BroadcastChannel(name);
    void this.#serve(channel).then(() => channel.close());
  }

  async #serve(port: PortLike): Promise<void> {
    const served = serveStore(this.#store, port);
    this.#served.add(served);
    await served.closed;
    this.#served.delete(served);
  }
}

/** Opens a store, once the worker that had the backend before has gone. */
async function openWhenFree<M extends Metadata>(backend: StoreBackend, options: StoreOptions<M>): Promise<Store<M>> {
  for (let waited = 0; ; waited += RETRY_EVERY) {
    try {
      // The page that has started this is about to connect.
      return await Store.openFor(backend, options, true);
    } catch (error) {
      if (!isStorageError(error, 'CLAIMED') || waited >= RETRY_FOR) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_EVERY));
    }
  }
}

function unsupportedError(): StorageError {
  return new StorageError(
    'UNSUPPORTED',
    'Asked to run a store for other tabs, which a dedicated worker of a browser alone can. ' +
      'Elsewhere open a Store, and serve it with serveStore.',
  );
}
