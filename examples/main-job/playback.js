// What the decoder's messages add up to.

/** @typedef {import('./decode-worker.js').DecoderMessage} DecoderMessage */

/**
 * @typedef {object} Playback
 * @property {number} sampleRate in Hz; 1 until it is known
 * @property {number} decoded samples decoded since the last start from the beginning
 * @property {number} position where the next sample belongs
 * @property {number | undefined} total samples in all
 */

/** @type {Playback} */
export const NOT_STARTED = { sampleRate: 1, decoded: 0, position: 0, total: undefined };

/**
 * @param {Playback} playback
 * @param {DecoderMessage} message
 * @returns {Playback}
 */
export function followPlayback(playback, message) {
  switch (message.type) {
    case 'format': {
      const { sampleRate, totalSamples } = message.format;
      return { ...playback, sampleRate, total: totalSamples || undefined };
    }
    case 'decoded':
      return { ...playback, decoded: playback.decoded + message.to - message.from, position: message.to };
    case 'rewound':
      return { ...playback, decoded: 0, position: 0 };
    default:
      return playback;
  }
}

/**
 * A line about a step of a seek; undefined for other messages.
 *
 * @param {DecoderMessage} message
 * @param {number} seconds since the start
 */
export function seekStory(message, seconds) {
  const after = `after ${seconds.toFixed(2)} s`;
  switch (message.type) {
    case 'interrupted':
      return `seek: decoder interrupted ${after}, goes to sample ${message.target}`;
    case 'found':
      return `seek: samples from ${message.from} on are out ${after}`;
    case 'rewound':
      return `seek: played to the end ${after}; once more from the start, for the MD5`;
    default:
      return undefined;
  }
}
