import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import { checkSignal } from '../waits/abort.js';
import { Endpoint } from './endpoint.js';
import { GreetingPort } from './greeting-port.js';
import type { Welcome } from './handshake.js';
import { TAG, type ToClient, type ToServer, type ViewToClient, type ViewWelcome } from './messages.js';
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
  const endpoint = new Endpoint<ToServer, ToClient>(port, TAG);
  let view: RemoteView | undefined;
  const connection = new GreetingPort<Welcome & ViewWelcome, { readonly id: string } & ViewToClient>(
    endpoint,
    'a view',
    { name },
    {
      welcomed: (message) => {
        view = new RemoteView({
          send: (sent) => endpoint.send({ ...sent, id: connection.id }),
          closed: () => connection.close(),
        });
        view.begin(message);
      },
      received: (message) => view?.received(message),
      gone: () => view?.gone(),
    },
  );
  await connection.open(signal);
  return view as RemoteView;
}
