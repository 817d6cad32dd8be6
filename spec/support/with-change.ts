/**
 * Calls `read` with `change` made in front of its access number `index` to shared memory, or after
 * it, if it makes fewer; returns what it returns, and whether it made so many.
 */
export function withChange<T>(index: number, change: () => void, read: () => T): { value: T; reached: boolean } {
  const { load, add } = Atomics;
  let left = index;
  const before = (): void => {
    left -= 1;
    if (left >= 0) return;
    Object.assign(Atomics, { load, add });
    change();
  };
  Object.assign(Atomics, {
    load: (...asked: Parameters<typeof load>) => {
      before();
      return load(...asked);
    },
    add: (...asked: Parameters<typeof add>) => {
      before();
      return add(...asked);
    },
  });
  try {
    const value = read();
    return { value, reached: left < 0 };
  } finally {
    Object.assign(Atomics, { load, add });
  }
}
