// The decoder as the page sees it: what becomes of it, and where it can be sent.

import { type Observable } from 'rxjs';
import type { ResourceView } from 'tidemark';
import type { PcmFormat } from './pcm.js';

export type DecoderEvent =
  | { readonly type: 'format'; readonly format: DecoderFormat; readonly samples: ResourceView }
  | { readonly type: 'done'; readonly md5: string; readonly silentSamples: number }
  | { readonly type: 'failed'; readonly message: string };

export interface DecoderFormat extends PcmFormat {
  /** What the header says; all zeros if it does not know. */
  readonly md5: string;
}

export interface Decoder {
  /** Decodes, and has the samples, while subscribed to; neither completes nor errors. */
  readonly events$: Observable<DecoderEvent>;
  /** From now on the samples from this one on come first. */
  seek(sample: number): void;
}
