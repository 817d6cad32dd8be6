// A FLAC stream into its samples: first those that are asked for, in the end all of them.

import { MemDriver, Resource } from 'tidemark';
import { type BlockingReader, FlacDecoder, type Format } from '../../shared/flac/flac-decoder.js';
import { findSample } from '../../shared/flac/find-sample.js';
import { interleave, strideOf } from '../../shared/flac/samples.js';
import { frameBytes } from './pcm.js';

/** The decoder is nowhere in particular: a read of its own was interrupted. */
const NOWHERE = -1;

export interface ByteSource extends BlockingReader {
  readonly expectedLength: number | undefined;
}

export class Decoding {
  /**
   * The samples: a resource like any other, whose bytes are those of the samples as the MD5 in the
   * header counts them. It is committed when all of them are there.
   */
  readonly samples: Resource;
  /** Samples that were damaged or are missing in the stream; silence is in their place. */
  silentSamples = 0;
  readonly #source: ByteSource;
  readonly #decoder: FlacDecoder;
  readonly #frameBytes: number;
  /** The sample that the decoder gives next. */
  #position = 0;
  /** The sample from where on to look for what is missing. */
  #wanted = 0;

  /**
   * Blocks until the header is there; throws what `source` throws, and where this is not FLAC, or
   * not of 8, 16 or 24 bits.
   */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#decoder = new FlacDecoder(source);
    const { totalSamples, bitsPerSample } = this.format;
    strideOf(bitsPerSample);
    this.#frameBytes = frameBytes(this.format);
    this.samples = Resource.open(new MemDriver(), {
      expectedLength: totalSamples === 0 ? undefined : totalSamples * this.#frameBytes,
    });
  }

  get format(): Format {
    return this.#decoder.format;
  }

  /** From now on the samples from this one on come first, then those before it. */
  seek(sample: number): void {
    this.#wanted = sample;
  }

  /**
   * Decodes what is missing next; blocks until its bytes are there. Throws what the source throws,
   * and can be called again then.
   *
   * @returns false when nothing is missing any more
   */
  step(): boolean {
    const gap = this.samples.nextGap(this.#wanted * this.#frameBytes) ?? this.samples.nextGap(0);
    if (gap === undefined) {
      this.samples.commit();
      return false;
    }
    const missing = gap.start / this.#frameBytes;
    const isThere = missing === this.#position;
    this.#position = NOWHERE;
    const frame = isThere ? this.#decoder.next() : findSample(this.#decoder, missing, this.#source.expectedLength);
    if (frame === undefined) this.#end(gap.start, gap.end);
    else {
      if (frame.start > missing) this.#beSilent(gap.start, Math.min(gap.end, frame.start * this.#frameBytes));
      this.samples.writeAt(frame.start * this.#frameBytes, interleave(frame.channels, this.format.bitsPerSample));
      this.#position = frame.end;
      this.#wanted = frame.end;
    }
    return true;
  }

  /** The stream has ended where samples are missing. */
  #end(start: number, end: number): void {
    if (this.samples.expectedLength === undefined) this.samples.expectedLength = start;
    else this.#beSilent(start, end);
  }

  #beSilent(start: number, end: number): void {
    this.silentSamples += (end - start) / this.#frameBytes;
    this.samples.writeAt(start, new Uint8Array(end - start));
  }
}
