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
}

/** What this thread is about to free: a lock is free a moment after it was released. */
const ending = new Map<string, Promise<unknown>>();

/** The name of the Web Lock of a path. */
export function lockName(path: string): string {
  return `tidemark:opfs:${path}`;
}

/** Resolves once this thread has freed what it has closed. */
export async function whenFreed(path: string): Promise<void> {
  await ending.get(path);
}

/**
 * Claims a path by a Web Lock, which the browser frees when the thread ends in whatever way.
 *
 * Throws `CLAIMED` if somebody else has it and it is not to wait, `CANCELLED` if a signal ends the
 * wait.
 */
export async function takeClaim(path: string, options: ClaimOptions): Promise<Claim> {
  await whenFreed(path);
  const { mode, wait } = options;
  const waiting = wait === false ? undefined : waitUntil([options.signal, wait === true ? undefined : wait]);
  const request = waiting === undefined ? { mode, ifAvailable: true } : { mode, signal: waiting.signal };
  try {
    return await new Promise<Claim>((resolve, reject) => {
      const freed = navigator.locks.request(lockName(path), request, (lock) => {
        if (lock === null) throw claimedError(path);
        return new Promise<void>((free) => {
          resolve({
            release: (work = Promise.resolve()) => {
              const ended = work
                .catch(() => undefined)
                .then(() => free())
                .then(() => freed);
              ending.set(path, ended);
              void ended.finally(() => ending.get(path) === ended && ending.delete(path));
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
  await whenFreed(path);
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === lockName(path));
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
