import { afterEach, beforeEach } from '@jest/globals';

/**
 * The clock of this machine is set at random moments: back by an hour, back by a little, forward by
 * an hour.
 */
const STEPS = [-3_600_000, -300, 3_600_000];

const wallClock = Date.now;
let offset = 0;
let timer: ReturnType<typeof setTimeout>;
let seed = 1;

function random(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

/** Has it set during each test of the file. */
export function moveClock(): void {
  beforeEach(() => {
    seed = 20_261_128;
    Date.now = () => wallClock() + offset;
    const set = (): void => {
      offset += STEPS[Math.floor(random() * STEPS.length)] ?? 0;
      timer = setTimeout(set, random() * 30);
    };
    set();
  });

  afterEach(() => {
    clearTimeout(timer);
    Date.now = wallClock;
    offset = 0;
  });
}
