import { afterEach, jest } from '@jest/globals';

/**
 * Stops the clock that durations are taken from, until the end of the test: what ends by time does
 * not, however slow the machine is. Returns how to advance it, in milliseconds.
 */
export function stopClock(): (by: number) => void {
  let now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  return (by) => {
    now += by;
  };
}

afterEach(() => {
  jest.restoreAllMocks();
});
