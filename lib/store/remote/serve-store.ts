import { Subscription } from 'rxjs';

import { wrongType } from '../../errors/invalid-argument.js';
import { Endpoint } from '../../remote/endpoint.js';
import type { PortLike } from '../../remote/port-like.js';
import { ServedPort } from '../../remote/served-port.js';
import type { Metadata } from '../entry-record.js';
import { insideOf } from '../store-inside.js';
import type { Store } from '../store.js';
import { type StoreToServer, TAG, type ToClient, type ToServer } from './messages.js';
import { StoreSession } from './store-session.js';

/** A store that is served over a port. Made by {@link serveStore}. */
export interface ServedStore {
  /** Ends it: the leases of the other side end with `CLOSED`. The store stays open. Idempotent. */
  close(): void;
  /** Resolves when it has ended: by {@link close}, or since the other side, or the store, has. */
  readonly closed: Promise<void>;
}

/**
 * Serves a store over `port`, to one `connectStore` on the other side at a time: in a worker, a
 * page, another process (Electron's renderer, say). Another one ends the one before.
 *
 * What the other side has leased or asked for is given up when it closes or dies, as with views
 * (`serveView`); downloads it has asked for with `download` go on. Where the other side has a
 * `source`, that is asked first, and that of the store where it does not know. It ends with the
 * store.
 *
 * Throws a `TypeError` for what TypeScript rejects.
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { folderBackend } from 'tidemark/node';
 * import { serveStore, Store } from 'tidemark/store';
 *
 * const store = await Store.open(folderBackend({ path: 'cache' }));
 * serveStore(store, new Worker('./player.js'));
 * ```
 */
export function serveStore<M extends Metadata>(store: Store<M>, port: PortLike): ServedStore {
  const inside = (store as unknown) instanceof Object ? insideOf(store) : undefined;
  if (inside === undefined) throw wrongType('store', 'a Store', store);
  const endpoint = new Endpoint<ToClient, ToServer>(port, TAG);
  const watching = new Subscription();
  let end: () => void;
  const closed = new Promise<void>((resolve) => (end = resolve));
  const server = new ServedPort<{ readonly id: string } & StoreToServer>(
    endpoint,
    ({ id, name, about }) =>
      new StoreSession(store, inside, name, about === true, (message) => endpoint.send({ ...message, id })),
    () => {
      watching.unsubscribe();
      end();
    },
  );
  watching.add(inside.publications.flushed$.subscribe({ complete: () => server.close() }));
  return { closed, close: () => server.close() };
}
