import { checkOptionNames } from '../../errors/check-option-names.js';
import { wrongType } from '../../errors/invalid-argument.js';
import { StorageError } from '../../errors/storage-error.js';
import { Endpoint } from '../../remote/endpoint.js';
import { GreetingPort } from '../../remote/greeting-port.js';
import type { Welcome } from '../../remote/handshake.js';
import type { PortLike } from '../../remote/port-like.js';
import { checkSignal } from '../../waits/abort.js';
import type { Metadata } from '../entry-record.js';
import type { StoreEntry } from '../store-entry.js';
import type { StoreSource } from '../store-options.js';
import type { RemoteSource } from './answers.js';
import { type StoreToClient, type StoreWelcome, TAG, type ToClient, type ToServer } from './messages.js';
import { RemoteStore } from './remote-store.js';

/** How to connect to a store. */
export interface ConnectStoreOptions<M extends Metadata = Metadata> {
  /**
   * Where a key is, and how to fetch it, as `StoreOptions.source`: called on this side, asked
   * before that of the store itself. What it returns is sent: it may have no functions but `url`.
   */
  readonly source?:
    | ((key: string, entry: StoreEntry<M> | undefined) => StoreSource | undefined | Promise<StoreSource | undefined>)
    | undefined;
  /** Names the waits of leases in `Demand.reader` of the resource. `@default` 'remote' */
  readonly name?: string | undefined;
  /** Its abort rejects, unless there is a store already. `@default` none */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to the store that the other side of `port` serves (`serveStore`, `runStore`), and
 * resolves to that store, however far away it is.
 *
 * The other side may begin to serve later: this waits for it. When it ends, the store closes.
 *
 * Rejects with `CANCELLED` when `signal` is aborted before the other side serves, with `CLOSED` if
 * the port ends before, with `INVALID_ARGUMENT` for a port that clones no bytes.
 *
 * @example
 * ```ts
 * import { parentPort } from 'node:worker_threads';
 * import { connectStore } from 'tidemark/store';
 *
 * if (parentPort === null) throw new Error('This is for a worker.');
 * const store = await connectStore(parentPort);
 * using lease = await store.acquire('1.flac', { url: 'https://example.org/1.flac', download: true });
 * lease.read({ start: 0, end: 42 }).subscribe((header) => console.log(header));
 * ```
 */
export async function connectStore<M extends Metadata = Metadata>(
  port: PortLike,
  options: ConnectStoreOptions<M> = {},
): Promise<RemoteStore<M>> {
  checkOptionNames(options, ['source', 'name', 'signal']);
  const { source, name = 'remote', signal } = options;
  if (source !== undefined && typeof source !== 'function') throw wrongType('source', 'a function', source);
  if (typeof name !== 'string') throw wrongType('name', 'a string', name);
  checkSignal(signal);
  const store = new RemoteStore<M>(source as RemoteSource | undefined, () => connection.close());
  const connection = connectTo(store, port, {
    name,
    knows: source !== undefined,
    gone: () => store.gone(endedError()),
  });
  await connection.open(signal);
  return store;
}

/** How a store that there is reaches another side. */
export interface StoreConnection {
  readonly name: string;
  /** This side has a `source`. */
  readonly knows: boolean;
  /** The other side has ended. */
  readonly gone: () => void;
}

/** Returns a connection of a store over a port, which is to be opened. */
export function connectTo(
  store: RemoteStore,
  port: PortLike,
  { name, knows, gone }: StoreConnection,
): Pick<GreetingPort<never, never>, 'open' | 'close' | 'gone'> {
  const endpoint = new Endpoint<ToServer, ToClient>(port, TAG);
  const connection = new GreetingPort<Welcome & StoreWelcome, { readonly id: string } & StoreToClient>(
    endpoint,
    'a store',
    { name, about: knows },
    {
      welcomed: (welcome) => {
        store.welcomed({ send: (message) => endpoint.send({ ...message, id: connection.id }) }, welcome);
      },
      received: (message) => store.received(message),
      gone,
    },
  );
  return connection;
}

function endedError(): StorageError {
  return new StorageError('CLOSED', 'The other side of a store has ended. Connect to it anew.');
}
