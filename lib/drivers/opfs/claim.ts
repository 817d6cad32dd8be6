import { StorageError } from '../../errors/storage-error.js';
import { abortedError, onAbort } from '../../waits/abort.js';

/** The right to use a path; somebody else gets `CLAIMED` meanwhile. */
export interface Claim {
  /** Frees the path, once `work` has ended, if there is any. */
  release(work?: Promise<unknown>): void;
}

/** How to claim a path. */
export interface ClaimOptions {
  /** Several may read at a time. */
  readonly mode: 'exclusive' | 'shared';
  /** Wait while somebody else has it, until the signal fires. */
  readonly wait: AbortSignal | boolean;
  /** Cancels the wait, too. */
  readonly signal: AbortSignal | undefined;
  /** What is kept at the path: content and a store may have the same. `@default` content */
  readonly kind?: 'content' | 'store';
}

/** What this thread is about to free, by locks: one is free a moment after it was released. */
const ending = new Map<string, Promise<unknown>>();

/** The name of the Web Lock of a path. */
export function lockName(path: string, kind: ClaimOptions['kind'] = 'content'): string {
  return kind === 'store' ? `tidemark:opfs-store:${path}` : `tidemark:opfs:${path}`;
}

/** Resolves once this thread has freed what it has closed. */
export async function whenFreed(lock: string): Promise<void> {
  await ending.get(lock);
}

/**
 * Claims a path by a Web Lock, which the browser frees when the thread ends in whatever way.
 *
 * Throws `CLAIMED` if somebody else has it and it is not to wait, `CANCELLED` if a signal ends the
 * wait.
 */
export async function takeClaim(path: string, options: ClaimOptions): Promise<Claim> {
  const name = lockName(path, options.kind);
  await whenFreed(name);
  const { mode, wait } = options;
  const waiting = wait === false ? undefined : waitUntil([options.signal, wait === true ? undefined : wait]);
  const request = waiting === undefined ? { mode, ifAvailable: true } : { mode, signal: waiting.signal };
  try {
    return await new Promise<Claim>((resolve, reject) => {
      const freed = navigator.locks.request(name, request, (lock) => {
        if (lock === null) throw claimedError(path);
        return new Promise<void>((free) => {
          resolve({
            release: (work = Promise.resolve()) => {
              const ended = work
                .catch(() => undefined)
                .then(() => free())
                .then(() => freed);
              ending.set(name, ended);
              void ended.finally(() => ending.get(name) === ended && ending.delete(name));
            },
          });
        });
      });
      freed.catch(reject);
    });
  } catch (error) {
    if (waiting?.signal.aborted === true) throw abortedError(`Waited for ${path}`, waiting.signal);
    throw error;
  } finally {
    waiting?.stop();
  }
}

/** True while somebody uses the path. */
export async function isClaimed(path: string): Promise<boolean> {
  const lock = lockName(path);
  await whenFreed(lock);
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === lock);
}

export function claimedError(path: string): StorageError {
  return new StorageError(
    'CLAIMED',
    `Somebody else has ${path} open, in this tab or in another one. Close it there; or open it with wait: true.`,
    { path },
  );
}

/** A signal that fires when one of several does. */
function waitUntil(signals: readonly (AbortSignal | undefined)[]): { signal: AbortSignal; stop: () => void } {
  const controller = new AbortController();
  const stops = signals.map((signal) => onAbort(signal, () => controller.abort(signal?.reason)));
  return {
    signal: controller.signal,
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}
