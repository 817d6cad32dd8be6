// The verdict.

const NO_MD5 = /^0*$/;

/**
 * Whether every sample came out, and came out right.
 *
 * @param {import('./job.js').Outcome} outcome
 */
export function isRight({ format, done }) {
  return !NO_MD5.test(format.md5) && done.md5 === format.md5;
}

/** @param {import('./job.js').Outcome} outcome */
export function report(outcome) {
  const { format, done, firstSamplesAt, downloadEndedAt } = outcome;
  const { sampleRate, channels, bitsPerSample, totalSamples } = format;
  const at = (/** @type {number | undefined} */ seconds) =>
    seconds === undefined ? 'never' : `${seconds.toFixed(2)} s`;
  return [
    `first samples   ${at(firstSamplesAt)}`,
    `download ended  ${downloadEndedAt === undefined ? 'in an earlier run' : at(downloadEndedAt)}`,
    `decoded         ${done.samples} samples: ${at(done.samples / sampleRate)} of ${sampleRate} Hz, ${bitsPerSample} bit, ${channels} ch`,
    ...(totalSamples === 0 || done.samples === totalSamples
      ? []
      : [`missing         ${totalSamples - done.samples} samples`]),
    ...(done.damagedFrames === 0 ? [] : [`damaged frames  ${done.damagedFrames}`]),
    `MD5 decoded     ${done.md5}`,
    `MD5 in header   ${format.md5}`,
    verdict(outcome),
  ].join('\n');
}

/** @param {import('./job.js').Outcome} outcome */
function verdict(outcome) {
  if (isRight(outcome)) return 'The two agree.';
  if (NO_MD5.test(outcome.format.md5))
    return 'The header carries no MD5: whether the samples are right cannot be told.';
  return 'The two differ: what was decoded is not what was encoded.';
}
