import { StorageError } from '../errors/storage-error.js';
import type { Attach, Attachment, DriverDescription } from './driver.js';
import { attachMemory, MEMORY_KIND } from './memory/memory-attachment.js';

// In the registry, so that a driver registered with one copy of this module is found by another.
const REGISTRY = Symbol.for('tidemark.attachments');

function registered(): Map<string, Attach> {
  const holder = globalThis as { [REGISTRY]?: Map<string, Attach> };
  holder[REGISTRY] ??= new Map([[MEMORY_KIND, attachMemory]]);
  return holder[REGISTRY];
}

/**
 * Makes the attach side of a driver known in this thread; call it at the top of the driver's module, so that importing it in a
 * worker suffices.
 *
 * @param kind - a name of your own, as in {@link DriverDescription.kind}
 *
 * @example
 * ```ts
 * import { attachDriver, type DriverDescription, registerAttachment } from 'tidemark';
 *
 * registerAttachment('example/upside-down', (data) => {
 *   const inner = attachDriver(data as DriverDescription);
 *   return {
 *     read(offset, target) {
 *       inner.read(offset, target);
 *       for (let i = 0; i < target.length; i++) target[i] = 255 - (target[i] ?? 0);
 *     },
 *     refresh: () => inner.refresh?.(),
 *     close: () => inner.close(),
 *   };
 * });
 * ```
 */
export function registerAttachment(kind: string, attach: Attach): void {
  if (typeof kind !== 'string' || typeof attach !== 'function') {
    throw new TypeError('Expected the name of a kind of driver, and the function that attaches one.');
  }
  registered().set(kind, attach);
}

/**
 * Opens the bytes that a driver in another thread described; wrapping drivers attach what they wrap with it.
 *
 * Throws `UNSUPPORTED` if this thread has not imported the driver's module.
 */
export function attachDriver(description: DriverDescription): Attachment {
  const attach = registered().get(description.kind);
  if (attach !== undefined) return attach(description.data);
  throw new StorageError(
    'UNSUPPORTED',
    `Expected the driver "${description.kind}" to be known in this thread, and nobody has registered it. ` +
      'Import the module of that driver in this thread too.',
  );
}
