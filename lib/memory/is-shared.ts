/** Whether it is shared memory, made in whatever realm; a platform may know none. */
export function isShared(value: unknown): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === '[object SharedArrayBuffer]';
}
