import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { type Exchange, room, TestServer } from '../../test-server.js';
import { makeContent } from '../../fixtures.js';

const song = makeContent(1_000_000);

/** What a radio sends at an offset since it began: a song of a million bytes, again and again. */
export function songAt(offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length;) {
    const from = (offset + at) % song.length;
    at += song.copy(bytes, at, from, from + length - at);
  }
  return bytes;
}

/** Every one of these bytes is what the radio has sent there. */
export function expectSong(offset: number, bytes: Uint8Array): void {
  expect(Buffer.compare(bytes, songAt(offset, bytes.length))).toBe(0);
}

/** A server that sends a song without end, whoever asks, and knows no ranges. */
export class Radio {
  readonly server: TestServer;
  /** How many bytes it has sent. */
  sent = 0;
  /** To how many it sends. */
  listeners = 0;
  /** What it sends at a time, in bytes, and how long it waits in between, in milliseconds. */
  step = 16_384;
  pause = 1;
  /** Where it stops for now; `end` says what then. */
  until = Infinity;
  end: 'wait' | 'end' | 'cut' = 'wait';

  private constructor(server: TestServer) {
    this.server = server;
  }

  static async start(): Promise<Radio> {
    const radio = new Radio(await TestServer.start(song));
    radio.server.handle = (exchange) => radio.#play(exchange);
    return radio;
  }

  get url(): string {
    return this.server.url;
  }

  async #play({ response }: Exchange): Promise<void> {
    this.listeners += 1;
    response.on('close', () => (this.listeners -= 1));
    response.writeHead(200, { 'content-type': 'audio/mpeg' });
    const begin = performance.now();
    for (let steps = 1; !response.destroyed; steps++) {
      const length = Math.min(this.step, this.until - this.sent);
      if (length === 0 && this.end !== 'wait') break;
      if (length > 0 && !response.write(songAt(this.sent, length))) {
        await room(response);
      }
      this.sent += length;
      const early = begin + steps * this.pause - performance.now();
      if (early > 0) await delay(early);
      else if (steps % 16 === 0) await delay(0);
    }
    if (this.end === 'cut') response.destroy();
    else response.end();
  }
}
