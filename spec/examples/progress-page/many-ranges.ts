// Runs in the page: its stage, over a resource whose 10,000 ranges change all the time.

import { interval, of, take } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { showStage } from '../../../examples/progress-page/src/stage.js';

const RANGES = 10_000;
/** Bytes from the start of one range to that of the next. */
const DISTANCE = 4000;
const WRITES = 600;

const resource = Resource.open(new MemDriver(), { expectedLength: RANGES * DISTANCE });
for (let range = 0; range < RANGES; range += 1) resource.writeAt(range * DISTANCE, new Uint8Array(1000));
showStage({ content: resource, demand$: resource.demand$, song$: of(undefined), fraction: 0.5 });

// As a download would: between two frames something arrives for some of them.
interval(5)
  .pipe(take(WRITES))
  .subscribe({
    next: () => {
      for (let write = 0; write < 10; write += 1) {
        const { start } = resource.nextGap(Math.floor(Math.random() * RANGES) * DISTANCE) ?? { start: 0 };
        resource.writeAt(start, new Uint8Array(20));
      }
    },
    complete: () => Object.assign(globalThis, { rangesDrawn: resource.coverage.rangeCount }),
  });
