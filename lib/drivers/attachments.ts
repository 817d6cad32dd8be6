import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { Attach, Attachment, DriverDescription } from './driver.js';
import { attachMemory, MEMORY_KIND } from './memory/memory-attachment.js';
import { attachWindow, WINDOW_KIND } from './window/window-attachment.js';

// A global symbol: a driver that is registered with one copy of this module is found by another.
const REGISTRY = Symbol.for('tidemark.attachments');

function registered(): Map<string, Attach> {
  const holder = globalThis as { [REGISTRY]?: Map<string, Attach> };
  holder[REGISTRY] ??= new Map([
    [MEMORY_KIND, attachMemory],
    [WINDOW_KIND, attachWindow],
  ]);
  return holder[REGISTRY];
}

/**
 * Registers how the bytes of a driver are read in this thread. Call it at the top of the driver's
 * module: a worker then only has to import that.
 *
 * @param kind - a name of your own, as in {@link DriverDescription.kind}. The names of our drivers
 * are those of the modules to import
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
    const [what, expected, found] =
      typeof kind === 'string' ? ['attach', 'a function', attach] : ['kind', 'the name of a kind of driver', kind];
    throw wrongType(what, expected, found);
  }
  registered().set(kind, attach);
}

/**
 * Opens the bytes that a driver in another thread has described. A driver that wraps another one
 * uses it to attach that one.
 *
 * Throws `UNSUPPORTED` if this thread has not imported the driver's module.
 */
export function attachDriver(description: DriverDescription): Attachment {
  const kind = (description as Partial<DriverDescription> | undefined)?.kind;
  if (typeof kind !== 'string') throw wrongType('description', 'what Driver.describe() gives', description);
  const attach = registered().get(kind);
  if (attach !== undefined) return attach(description.data);
  const module = kind.startsWith('tidemark/') ? `: import '${kind}'` : '';
  throw new StorageError(
    'UNSUPPORTED',
    `Expected the driver "${kind}" to be known in this thread, and nobody has registered it. ` +
      `Import the module of that driver in this thread too${module}.`,
  );
}
