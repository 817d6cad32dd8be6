import { Subscription } from 'rxjs';

import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import { checkView } from '../operators/checks.js';
import type { ResourceView } from '../view/resource-view.js';
import { Endpoint } from './endpoint.js';
import { TAG, type ToClient, type ToServer, type ViewToServer } from './messages.js';
import type { PortLike } from './port-like.js';
import { ServedPort } from './served-port.js';
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
  let end: () => void;
  const closed = new Promise<void>((resolve) => (end = resolve));
  const status = new Subscription();
  const endpoint = new Endpoint<ToClient, ToServer>(port, TAG);
  const served = new ServedPort<{ readonly id: string } & ViewToServer>(
    endpoint,
    ({ id, name }) => new ServedSession(view, name, (message) => endpoint.send({ ...message, id })),
    () => {
      status.unsubscribe();
      if (close) view.close();
      end();
    },
  );
  // `status$` completes when the view has closed, after it has told so.
  status.add(view.status$.subscribe({ complete: () => queueMicrotask(() => served.close()) }));
  return { closed, close: () => served.close() };
}
