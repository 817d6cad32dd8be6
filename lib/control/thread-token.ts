const KEY = Symbol.for('tidemark.thread');

/**
 * A number that names this thread's realm, to find out that a thread is about to wait for itself.
 *
 * It lives on the global object under a registered symbol, since an app may load this module twice (two entry points in two
 * bundles) and both copies must agree.
 */
export function threadToken(): number {
  const holder = globalThis as { [KEY]?: number };
  holder[KEY] ??= 1 + Math.floor(Math.random() * (Number.MAX_SAFE_INTEGER - 1));
  return holder[KEY];
}
