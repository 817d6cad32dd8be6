import { measure } from 'mitata';

/** @import { Measurement, Setting, Side } from './row.js' */

/**
 * Measures two sides in turns, so that both meet the same noise; the side that begins changes each
 * round.
 *
 * @param {Setting} setting
 * @param {Side} figure
 * @param {Side} reference
 * @returns {Promise<Measurement>}
 */
export async function alternate(setting, figure, reference) {
  return alternateSamples(
    setting,
    () => timeOf(figure, setting),
    () => timeOf(reference, setting),
  );
}

/**
 * As {@link alternate}, for what measures itself: each side answers its figure of one round.
 *
 * @param {Setting} setting
 * @param {() => number | Promise<number>} figure
 * @param {() => number | Promise<number>} reference
 * @returns {Promise<Measurement>}
 */
export async function alternateSamples({ rounds }, figure, reference) {
  /** @type {number[]} */
  const figures = [];
  /** @type {number[]} */
  const references = [];
  // Once for nothing: compiled code counts, not compiling.
  await figure();
  await reference();
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) figures.push(await figure());
    references.push(await reference());
    if (round % 2 === 1) figures.push(await figure());
  }
  return {
    figure: median(figures),
    reference: median(references),
    ratio: median(figures.map((value, round) => value / /** @type {number} */ (references[round]))),
  };
}

/**
 * Nanoseconds a call: the median of mitata's samples.
 *
 * @param {Side} side
 * @param {Pick<Setting, 'quick' | 'ms'>} setting
 */
export async function timeOf({ run, ops = 1, before, setup, most, verify }, { quick, ms }) {
  await before?.();
  const call = /** @type {(prepared?: unknown) => unknown} */ (run);
  const options = {
    min_cpu_time: ms * 1e6,
    min_samples: quick ? 4 : 12,
    ...(most === undefined ? {} : { max_samples: most }),
    batch_samples: quick ? 512 : 4096,
    // What has a setup, or takes long, is timed call by call.
    batch_threshold: setup === undefined ? 65_536 : 0,
  };
  const stats =
    setup === undefined
      ? await measure(call, options)
      : await measure(
          /** @type {() => Generator<() => unknown, void, undefined>} */ (
            /** @type {unknown} */ (
              function* () {
                yield { 0: setup, bench: (/** @type {unknown} */ prepared) => call(prepared) };
              }
            )
          ),
          options,
        );
  await verify?.();
  return stats.p50 / ops;
}

/**
 * The median of three times {@link timeOf}: other work on the machine makes one of them stand out.
 *
 * @param {Side} side
 * @param {Pick<Setting, 'quick' | 'ms'>} setting
 */
export async function steadyTimeOf(side, setting) {
  const times = [];
  for (let round = 0; round < 3; round++) times.push(await timeOf(side, setting));
  return median(times);
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return /** @type {number} */ (sorted[sorted.length >> 1]);
}
