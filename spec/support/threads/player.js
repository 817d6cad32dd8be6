import { firstValueFrom } from 'rxjs';
import { attachReader, Resource } from 'tidemark';
import { openSync } from 'tidemark/sync';
import { newDriver } from './new-driver.js';
import { serve } from './rpc.js';

/**
 * Two of these play with each other: each owns a resource and reads the other's, so that every
 * message between them is a write and a wake-up. The timeout only makes a lost wake-up an error;
 * nothing else hears of it.
 */
const LOST = { timeout: 40_000 };
const FAR = 2 ** 40;

const own = Resource.open(newDriver());
const port = own.createPort({ name: 'peer' });
const byte = new Uint8Array([1]);
let seed = 99;
/** @type {import('tidemark/sync').SyncReader} */
let peer;
/** @type {import('tidemark').ResourceReader} */
let asyncPeer;

/** @param {number} below */
function random(below) {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}

/**
 * Up to some microseconds, so that the two meet at every point of the protocol.
 *
 * @param {number} [microseconds]
 */
function dawdle(microseconds = 20) {
  if (random(3) === 0) return;
  const until = performance.now() + (random(1000) / 1000) * (microseconds / 1000);
  while (performance.now() < until);
}

/** @param {number} at */
function awaitByte(at) {
  const outcome = peer.waitRange({ start: at, end: at + 1 }, LOST);
  if (outcome !== 'ready') throw new Error(`byte ${at}: ${outcome}`);
}

/** @param {() => unknown} blocking */
function codeOf(blocking) {
  try {
    return blocking();
  } catch (error) {
    return /** @type {any} */ (error).code;
  }
}

/** @param {number} round */
function interruptedBy(round) {
  if (round % 3 === 0) return peer.waitRange({ start: FAR, end: FAR + 1 }, LOST);
  if (round % 3 === 1) return codeOf(() => peer.read(new Uint8Array(5), { at: FAR, ...LOST }));
  return undefined;
}

serve({
  handle: () => port.handle,
  openSync(handle) {
    peer = openSync(handle);
  },
  attach(handle) {
    asyncPeer = attachReader(handle);
  },
  serveBall(rounds) {
    for (let round = 0; round < rounds; round++) {
      dawdle();
      own.writeAt(round, byte);
      awaitByte(round);
    }
    return rounds;
  },
  returnBall(rounds) {
    for (let round = 0; round < rounds; round++) {
      awaitByte(round);
      dawdle();
      own.writeAt(round, byte);
    }
    return rounds;
  },
  async returnBallAsync(rounds) {
    for (let round = 0; round < rounds; round++) {
      const range = { start: round, end: round + 1 };
      const outcome = await firstValueFrom(asyncPeer.waitRange(range, { passive: round % 2 === 0 }));
      if (outcome !== 'ready') throw new Error(`byte ${round}: ${outcome}`);
      dawdle();
      own.writeAt(round, byte);
    }
    return rounds;
  },
  /** Interrupts once a round, and waits for the other's answer. */
  interrupt(rounds) {
    for (let round = 0; round < rounds; round++) {
      dawdle();
      port.interrupt(round);
      awaitByte(round);
    }
    return rounds;
  },
  /** Each round has to be interrupted once, by its own token. */
  beInterrupted(rounds) {
    for (let round = 0; round < rounds; round++) {
      dawdle();
      const ended = interruptedBy(round);
      const first = peer.takeInterrupt(round % 3 === 2 ? LOST : {});
      const second = peer.takeInterrupt();
      const poll = codeOf(() => peer.waitRange({ start: FAR, end: FAR + 1 }, { timeout: 0 }));
      const expected = [undefined, 'interrupted', 'INTERRUPTED'][round % 3 === 2 ? 0 : (round % 3) + 1];
      if (ended !== expected || first?.token !== round || second !== undefined || poll !== 'TIMEOUT') {
        return { round, ended, first, second, poll };
      }
      own.writeAt(round, byte);
    }
    return rounds;
  },
  /**
   * Ends a read of the other by making its end known, and by writing up to there, in either order.
   */
  moveEnd(rounds) {
    for (let round = 0; round < rounds; round++) {
      const at = round * 100;
      dawdle(4);
      if (round % 4 !== 0) own.expectedLength = at + 20;
      dawdle();
      own.writeAt(at, new Uint8Array(20));
      dawdle();
      if (round % 4 === 0) own.expectedLength = at + 20;
      awaitByte(round);
      own.expectedLength = undefined;
      // The other does not begin before that.
      own.writeAt(at + 20, new Uint8Array(80));
    }
    return rounds;
  },
  readToEnd(rounds) {
    const target = new Uint8Array(100);
    for (let round = 0; round < rounds; round++) {
      const at = round * 100;
      // Awake, to begin together with the other.
      while (at > 0 && !peer.has({ start: at - 1, end: at }));
      const length = peer.read(target, { at, ...LOST });
      if (length !== 20) return { round, length };
      own.writeAt(round, byte);
    }
    return rounds;
  },
  /**
   * Writes `total` bytes one after the other without waiting for anybody, and interrupts now and
   * then.
   */
  writeAndInterrupt(total, interrupts) {
    let token = 0;
    for (let at = 0; at < total; at++) {
      own.writeAt(at, byte);
      if (at % 64 === 0) dawdle();
      if (token < interrupts && random(Math.ceil(total / interrupts / 2)) === 0) port.interrupt(token++);
    }
    while (token < interrupts) port.interrupt(token++);
    own.commit();
    return token;
  },
  /** Reads all of it, taking every interrupt. */
  readAndBeInterrupted() {
    const target = new Uint8Array(7);
    const tokens = [];
    let interrupted = 0;
    for (;;) {
      const length = codeOf(() => peer.read(target, LOST));
      if (length === 0) break;
      if (length === 'INTERRUPTED') interrupted++;
      else if (typeof length !== 'number') throw new Error(String(length));
      const taken = peer.takeInterrupt();
      if (taken !== undefined) tokens.push(taken.token);
    }
    for (;;) {
      const taken = peer.takeInterrupt({ timeout: 200 });
      if (taken === undefined) break;
      tokens.push(taken.token);
    }
    return { position: peer.position, interrupted, tokens };
  },
});
