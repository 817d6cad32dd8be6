import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';

/**
 * Throws unless `value` is a `Uint8Array` with memory behind it.
 *
 * It checks the tag, since arrays from another realm (an iframe, a test runner's context) are of
 * another class.
 */
export function checkBytes(name: string, value: Uint8Array): void {
  if (!(value instanceof Uint8Array) && !isForeignUint8Array(value)) {
    throw wrongType(name, 'a Uint8Array', value);
  }
  if (value.length === 0 && isDetached(value.buffer)) {
    throw new StorageError('INVALID_ARGUMENT', `Expected ${name} to have bytes, got a detached one. Pass a copy.`);
  }
}

function isForeignUint8Array(value: unknown): boolean {
  return ArrayBuffer.isView(value) && (value as Partial<Uint8Array>)[Symbol.toStringTag] === 'Uint8Array';
}

/**
 * `ArrayBuffer.prototype.detached` came with V8 11.4; a view cannot be made of a detached buffer
 * anywhere.
 */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer).length < 0;
  } catch {
    return true;
  }
}
