// Runs in the page: its stage, over a resource whose 10,000 ranges change all the time.

import { animationFrames, of, take } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { showStage } from '../../../examples/progress-page/src/stage.js';

const RANGES = 10_000;
/** Bytes from the start of one range to that of the next. */
const DISTANCE = 4000;
const FRAMES = 240;

const resource = Resource.open(new MemDriver(), { expectedLength: RANGES * DISTANCE });
for (let range = 0; range < RANGES; range += 1) resource.writeAt(range * DISTANCE, new Uint8Array(1000));
showStage({ resource, song$: of(undefined), fraction: 0.5 });

// As a download would: each frame brings something to some of them.
animationFrames()
  .pipe(take(FRAMES))
  .subscribe({
    next: () => {
      for (let write = 0; write < 20; write += 1) {
        const range = Math.floor(Math.random() * RANGES);
        const { start } = resource.nextGap(range * DISTANCE) ?? { start: 0 };
        resource.writeAt(start, new Uint8Array(50));
      }
    },
    complete: () => Object.assign(globalThis, { rangesDrawn: resource.coverage.rangeCount }),
  });
