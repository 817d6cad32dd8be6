import type { PlainError } from '../../errors/plain-error.js';

/**
 * How the tabs of one shared store find the worker that runs it.
 *
 * Exactly one tab holds the lock of that name, and starts the worker. Once that is `running`, the
 * tab tells it the name (`lead`). The worker listens to the channel of that name: a tab that asks
 * for the store (`seek`) names a channel of its own, over which the worker serves it. `leading`
 * says that there is a new worker: the tabs ask again.
 */
export const TAB_TAG = 'store-tab/1';

/** What goes over the channel that all tabs listen to. */
export type TabMessage =
  | { readonly type: 'leading' }
  /** `connection` names the channel; see {@link channelOf}. */
  | { readonly type: 'seek'; readonly connection: string };

/** What the tab that runs a worker tells it. */
export type ToWorker =
  | { readonly type: 'lead'; readonly name: string }
  /** The store is to be closed: another tab may run it next. */
  | { readonly type: 'leave' };

/** What the worker answers. */
export type FromWorker =
  /** It listens, and holds a Web Lock of this name until it ends. */
  | { readonly type: 'running'; readonly lock: string | undefined }
  | { readonly type: 'failed'; readonly error: PlainError }
  /** The store is closed, in whatever way: `error` is what could not be made durable. */
  | { readonly type: 'left'; readonly error?: PlainError | undefined };

/** The name of the lock of a shared store, and of the channel that all of its tabs listen to. */
export function hubOf(name: string): string {
  return `tidemark/store/${name}`;
}

/** The name of the channel of one connection. */
export function channelOf(name: string, connection: string): string {
  return `${hubOf(name)}/${connection}`;
}
