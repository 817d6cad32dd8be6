import { Resource } from 'tidemark';
import { CYCLE, steps, UNIT } from './coverage-schedule.js';
import { newDriver } from './new-driver.js';
import { serve } from './rpc.js';

const resource = Resource.open(newDriver());
resource.writeAt(0, new Uint8Array(UNIT));

serve({
  handle: () => resource.createPort().handle,
  /**
   * Goes through the schedule until `progress[0]` is set. `progress[1]` and `progress[2]`: the
   * states begun and finished.
   *
   * @param {Int32Array} progress
   */
  write(progress) {
    const contents = Array.from({ length: 64 }, (_, units) => new Uint8Array(units * UNIT));
    let state = 0;
    while (Atomics.load(progress, 0) === 0) {
      const step = steps[state % CYCLE];
      Atomics.store(progress, 1, state + 1);
      if (step !== undefined) {
        resource.writeAt(step.start * UNIT, /** @type {Uint8Array} */ (contents[step.end - step.start]));
      } else if (resource.status.state === 'active') {
        resource.commit(UNIT);
      } else {
        resource.reactivate();
      }
      state++;
      Atomics.store(progress, 2, state);
    }
    return state;
  },
});
