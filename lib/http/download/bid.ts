import type { Bid } from './permits.js';
import type { Wanted } from './plan/situation.js';
import type { Stream } from './request/stream.js';
import type { Around, TransferContext } from './transfer-context.js';

/** Bytes have come from a stream within so many milliseconds: it receives. */
const RECENT = 5000;

/** What a stream says of its next request to who gives leave for it. */
export function bidOf(stream: Stream, context: TransferContext, around: Around): Bid {
  const { source } = context;
  const { requests } = around;
  return {
    get origin() {
      return source.origin;
    },
    get bytes() {
      return requests.unranged ? Infinity : stream.end - stream.position;
    },
    get urgency() {
      const wanted = mostUrgentOf(stream, around);
      if (wanted === undefined) return undefined;
      const bytes = Math.min(wanted.end, stream.end) - stream.position;
      return { neededBy: wanted.neededBy ?? Infinity, since: wanted.since, bytes };
    },
    get receiving() {
      return isReceiving(stream, performance.now());
    },
    get received() {
      return stream.answered ? stream.bytes : undefined;
    },
    get yields() {
      return !stream.whole && !requests.unranged;
    },
    get idles() {
      return idles(stream, around);
    },
    revoke: () => {
      around.giveUp(stream);
      around.plan();
    },
  };
}

/** The most urgent of what a stream is the next to bring. */
export function mostUrgentOf(stream: Stream, { planner, target, streams }: Around): Wanted | undefined {
  return planner.wanted.find((wanted) => {
    const from = target.nextGap(wanted.start, Math.min(wanted.end, target.end))?.start;
    if (from === undefined || !covers(stream, from)) return false;
    return [...streams].every((other) => !covers(other, from) || other.position <= stream.position);
  });
}

/** Whether nothing more of a stream's answer is read until somebody waits for it. */
export function idles({ whole }: Stream, { gate }: Around): boolean {
  return whole && gate.isShut;
}

/** Whether the server may be answering it; at least the end of its body is still to come. */
export function isInFlight({ phase }: Stream): boolean {
  return phase === 'requesting' || phase === 'receiving';
}

export function isReceiving({ phase, receivedAt }: Stream, now: number): boolean {
  return phase === 'receiving' && now - receivedAt < RECENT;
}

function covers({ position, end }: Stream, offset: number): boolean {
  return position <= offset && offset < end;
}
