import type { ByteRange } from 'tidemark';
import type { VirtualClock } from './clock.js';

/** What a server and the way to it are like. */
export interface ServerTraits {
  /** Of all answers together; they share it equally. */
  readonly bytesPerSecond: number;
  /**
   * From a request to the first byte of its answer, in milliseconds, on a fresh connection: every
   * request is on one.
   */
  readonly latency: number;
  /** How many answers it sends at once; further requests wait. */
  readonly connections?: number;
}

/** What a client hears of a request. */
export interface Ears {
  readonly answered: () => void;
  /** Never called once the request was aborted. */
  readonly received: (bytes: number) => void;
}

interface Answer {
  left: number;
  readonly ears: Ears;
  aborted: boolean;
}

const SLICE = 16_384;

/**
 * A server that sends what it is asked for, and hears half a latency later that a request was
 * aborted.
 */
export class VirtualServer {
  requests = 0;
  /** How many bytes it has sent. */
  sent = 0;
  /** How many answers it sends, and how many requests it lets wait. */
  readonly #active: Answer[] = [];
  readonly #queue: Answer[] = [];
  #busy = false;
  readonly #clock: VirtualClock;
  readonly #traits: ServerTraits;

  constructor(clock: VirtualClock, traits: ServerTraits) {
    this.#clock = clock;
    this.#traits = traits;
  }

  /** Answers the function that aborts it. */
  request({ start, end }: ByteRange, ears: Ears): () => void {
    const { latency } = this.#traits;
    const answer: Answer = { left: end - start, ears, aborted: false };
    this.requests += 1;
    this.#clock.after(latency / 2, () => {
      this.#queue.push(answer);
      this.#admit();
    });
    return () => {
      answer.aborted = true;
      this.#clock.after(latency / 2, () => {
        for (const list of [this.#active, this.#queue]) {
          const index = list.indexOf(answer);
          if (index >= 0) list.splice(index, 1);
        }
        answer.left = 0;
        this.#admit();
      });
    };
  }

  #admit(): void {
    const { connections = Infinity, latency } = this.#traits;
    while (this.#active.length < connections) {
      const answer = this.#queue.shift();
      if (answer === undefined) break;
      if (answer.left === 0) continue;
      this.#active.push(answer);
      this.#clock.after(latency / 2, () => {
        if (!answer.aborted) answer.ears.answered();
      });
    }
    if (!this.#busy) this.#sendNext();
  }

  /** Sends a slice of each answer in turn. */
  #sendNext(): void {
    const answer = this.#active.shift();
    this.#busy = answer !== undefined;
    if (answer === undefined) return;
    const { bytesPerSecond, latency } = this.#traits;
    const bytes = Math.min(SLICE, answer.left);
    answer.left -= bytes;
    this.sent += bytes;
    this.#clock.after((bytes / bytesPerSecond) * 1000, () => {
      this.#clock.after(latency / 2, () => {
        if (!answer.aborted) answer.ears.received(bytes);
      });
      this.#admit();
      this.#sendNext();
    });
    // Behind those that wait for their turn.
    if (answer.left > 0) this.#active.push(answer);
  }
}
