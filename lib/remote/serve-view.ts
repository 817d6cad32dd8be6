import { Subscription } from 'rxjs';

import { StorageError } from '../errors/storage-error.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { toPlainError } from '../errors/plain-error.js';
import { wrongType } from '../errors/invalid-argument.js';
import { checkView } from '../operators/checks.js';
import type { ResourceView } from '../view/resource-view.js';
import { Endpoint } from './endpoint.js';
import { LifeLock } from './life-lock.js';
import type { Message, ToServer } from './messages.js';
import type { PortLike } from './port-like.js';
import { ServedSession } from './served-session.js';

/** How {@link serveView} serves. */
export interface ServeViewOptions {
  /** Close the view, too, when it is served no more. `@default` false */
  readonly close?: boolean | undefined;
}

/** A view that is served over a port. Made by {@link serveView}. */
export interface ServedView {
  /** Ends it: the other side's view closes, and its waits are withdrawn here. Idempotent. */
  close(): void;
  /** Resolves when it has ended: by {@link close}, or since the other side, or the view, has. */
  readonly closed: Promise<void>;
}

/**
 * Serves `view` over `port`, to one `connectView` on the other side at a time: in a worker or a
 * page, with or without shared memory, in another process. Another one ends the one before.
 *
 * Waits of the other side make a demand here, with its name where `view` is a `Resource`, and are
 * withdrawn with it. The view may be a remote one itself. It ends with the view, and when the other
 * side closes or dies: browsers tell by a Web Lock, Node by the port's `close`, a worker's `exit`,
 * a child's `disconnect`. In Node a port that is listened to keeps the process alive.
 *
 * Throws `INVALID_ARGUMENT`, and a `TypeError` for what TypeScript rejects.
 *
 * @example
 * ```ts
 * import { Worker } from 'node:worker_threads';
 * import { MemDriver, Resource } from 'tidemark';
 * import { serveView } from 'tidemark/remote';
 *
 * const resource = Resource.open(new MemDriver()); // somebody writes into it
 * const worker = new Worker('./decoder.js');
 * const { closed } = serveView(resource, worker);
 * closed.then(() => console.log('the decoder has gone'));
 * ```
 */
export function serveView(view: ResourceView, port: PortLike, options: ServeViewOptions = {}): ServedView {
  checkView(view);
  checkOptionNames(options, ['close']);
  const { close = false } = options;
  if (typeof close !== 'boolean') throw wrongType('close', 'a boolean', close);
  return new Server(view, new Endpoint(port), close);
}

class Server implements ServedView {
  readonly closed: Promise<void>;
  readonly #view: ResourceView;
  readonly #endpoint: Endpoint;
  readonly #closesView: boolean;
  readonly #lock: LifeLock;
  readonly #lockName: Promise<string | undefined>;
  readonly #status = new Subscription();
  /** All who have greeted; the last one is served. */
  readonly #known = new Set<string>();
  #session: ServedSession | undefined;
  #greeted: string | undefined;
  #end: (() => void) | undefined;

  constructor(view: ResourceView, endpoint: Endpoint, closesView: boolean) {
    this.#view = view;
    this.#endpoint = endpoint;
    this.#closesView = closesView;
    this.#lock = new LifeLock(!endpoint.tellsEnd);
    this.#lockName = this.#lock.hold();
    this.closed = new Promise((resolve) => (this.#end = resolve));
    endpoint.listen(
      (message) => this.#received(message),
      () => this.close(),
    );
    endpoint.send({ type: 'serving' });
    // `status$` completes when the view has closed, after it has told so.
    this.#status.add(view.status$.subscribe({ complete: () => queueMicrotask(() => this.close()) }));
  }

  close(): void {
    const end = this.#end;
    if (end === undefined) return;
    this.#end = undefined;
    this.#status.unsubscribe();
    this.#leave();
    this.#endpoint.stop();
    this.#lock.release();
    if (this.#closesView) this.#view.close();
    end();
  }

  #received(message: Message): void {
    if (message.type === 'hello') void this.#greet(message);
    else if (!('id' in message) || message.id !== this.#session?.id) return;
    else if (message.type === 'bye') this.close();
    else this.#session.received(message as ToServer);
  }

  async #greet({ id, name, probe, lock }: ToServer & { type: 'hello' }): Promise<void> {
    // It greets again where it has heard that there is somebody.
    if (this.#known.has(id)) return;
    this.#known.add(id);
    // Who is another one gets nothing any more, and is told so.
    this.#leave();
    this.#greeted = id;
    if (!ArrayBuffer.isView(probe)) {
      this.#endpoint.send({ type: 'refused', id, error: toPlainError(noBytesError()) });
      this.close();
      return;
    }
    const ours = await this.#lockName;
    if (this.#end === undefined || id !== this.#greeted) return;
    this.#session = new ServedSession(this.#view, this.#endpoint, { id, name });
    this.#session.begin(ours);
    void this.#lock.watch(lock, () => {
      if (this.#session?.id === id) this.close();
    });
  }

  /** Ends the connection that there is. */
  #leave(): void {
    this.#session?.end();
    this.#session = undefined;
    if (this.#greeted !== undefined) this.#endpoint.send({ type: 'bye', id: this.#greeted });
  }
}

function noBytesError(): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    "Expected a port that clones bytes, and this one makes text of them. Start the child process with serialization: 'advanced'.",
  );
}
