import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import { fromPlainError } from '../errors/plain-error.js';
import { StorageError } from '../errors/storage-error.js';
import { abortedError, checkSignal, onAbort } from '../waits/abort.js';
import { Endpoint } from './endpoint.js';
import { LifeLock, randomName } from './life-lock.js';
import type { Message, ToClient } from './messages.js';
import type { PortLike } from './port-like.js';
import { RemoteView } from './remote-view.js';

/** How {@link connectView} connects. */
export interface ConnectViewOptions {
  /** Names the waits of this view in `Demand.reader` of the resource. `@default` 'remote' */
  readonly name?: string | undefined;
  /** Its abort rejects, unless there is a view already. `@default` none */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to the view that the other side of `port` serves, and resolves to a view of that,
 * however far away it is: with no memory shared.
 *
 * The other side may begin to serve later: this waits for it. Everything that takes a view takes
 * this one; {@link RemoteView} says what is different.
 *
 * Rejects with `CANCELLED` when `signal` is aborted before the other side serves, with `CLOSED` if
 * the port ends before, with `INVALID_ARGUMENT` for a port that clones no bytes (a child process
 * without `serialization: 'advanced'`) and for other wrong arguments.
 *
 * @example
 * ```ts
 * import { parentPort } from 'node:worker_threads';
 * import { connectView } from 'tidemark/remote';
 *
 * if (parentPort === null) throw new Error('This is for a worker.');
 * const view = await connectView(parentPort, { name: 'decoder' });
 * view.read({ start: 0, end: 42 }).subscribe((header) => console.log(header));
 * ```
 */
export async function connectView(port: PortLike, options: ConnectViewOptions = {}): Promise<RemoteView> {
  checkOptionNames(options, ['name', 'signal']);
  const { name = 'remote', signal } = options;
  if (typeof name !== 'string') throw wrongType('name', 'a string', name);
  checkSignal(signal);
  const endpoint = new Endpoint(port);
  if (signal?.aborted === true) throw abortedError('Connected to a view', signal);
  return new Connection(endpoint, name).open(signal);
}

/** One end of a view: greets the other, and is the link of the view that it then has. */
class Connection {
  readonly #endpoint: Endpoint;
  readonly #name: string;
  readonly #id = randomName();
  readonly #lock: LifeLock;
  #view: RemoteView | undefined;
  #opened: { resolve: (view: RemoteView) => void; reject: (error: unknown) => void } | undefined;

  constructor(endpoint: Endpoint, name: string) {
    this.#endpoint = endpoint;
    this.#name = name;
    this.#lock = new LifeLock(!endpoint.tellsEnd);
  }

  async open(signal: AbortSignal | undefined): Promise<RemoteView> {
    const opened = new Promise<RemoteView>((resolve, reject) => (this.#opened = { resolve, reject }));
    const stop = onAbort(signal, () => this.#fail(abortedError('Connected to a view', signal)));
    this.#listen().catch((error: unknown) => this.#fail(error));
    try {
      return await opened;
    } finally {
      stop();
    }
  }

  async #listen(): Promise<void> {
    const lock = await this.#lock.hold();
    if (this.#opened === undefined) return;
    this.#endpoint.listen(
      (message) => this.#received(message, lock),
      () => this.#gone(),
    );
    this.#greet(lock);
  }

  #greet(lock: string | undefined): void {
    const probe = new Uint8Array(1);
    this.#endpoint.send({ type: 'hello', id: this.#id, name: this.#name, probe, lock });
  }

  #received(message: Message, lock: string | undefined): void {
    if (message.type === 'serving') {
      if (this.#view === undefined) this.#greet(lock);
      return;
    }
    if (message.id !== this.#id) return;
    if (message.type === 'welcome') this.#welcome(message);
    else if (message.type === 'refused') this.#fail(fromPlainError(message.error));
    else if (message.type === 'bye') this.#gone();
    else this.#view?.received(message as ToClient);
  }

  #welcome(message: ToClient & { type: 'welcome' }): void {
    const id = this.#id;
    const endpoint = this.#endpoint;
    const view = new RemoteView({
      wants: (changes) => endpoint.send({ type: 'wants', id, ...changes }),
      acknowledge: () => endpoint.send({ type: 'acknowledge', id }),
      fetch: (fetch) =>
        'unfetch' in fetch
          ? endpoint.send({ type: 'unfetch', id, fetch: fetch.unfetch })
          : endpoint.send({ type: 'fetch', id, ...fetch }),
      closed: () => {
        endpoint.send({ type: 'bye', id });
        this.#stop();
      },
    });
    this.#view = view;
    view.begin(message);
    void this.#lock.watch(message.lock, () => this.#gone());
    this.#opened?.resolve(view);
    this.#opened = undefined;
  }

  #gone(): void {
    this.#fail(new StorageError('CLOSED', 'Connected to a view, and the port has ended. Make another one.'));
    this.#stop();
    this.#view?.gone();
  }

  #fail(error: unknown): void {
    if (this.#opened === undefined) return;
    this.#opened.reject(error);
    this.#opened = undefined;
    this.#stop();
  }

  #stop(): void {
    this.#endpoint.stop();
    this.#lock.release();
  }
}
