import { StorageError } from './storage-error.js';

/** The error for an argument of the right type that cannot be meant; `expected` says what can, `advice` what to do instead. */
export function invalidArgument(name: string, expected: string, value: unknown, advice = ''): StorageError {
  return new StorageError('INVALID_ARGUMENT', `Expected ${name} to be ${expected}, got ${String(value)}.${advice}`);
}

/** The error for an argument of a type that TypeScript rejects. */
export function wrongType(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(`Expected ${name} to be ${expected}, got ${typeName(value)}.`);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object'
    ? ((value.constructor as { name?: string } | undefined)?.name ?? 'an object')
    : typeof value;
}
