import type { Resource } from '../../resource/resource.js';
import type { Activity } from './activity.js';
import type { KnownContent } from './answer/known-content.js';
import type { Permits } from './permits.js';
import type { Planner } from './plan/planner.js';
import type { RequestSize } from './plan/request-size.js';
import type { DownloadSettings } from './read-options.js';
import type { ReadingGate } from './reading-gate.js';
import type { SourceUrl } from './request/source-url.js';
import type { StreamRequests } from './request/stream-requests.js';
import type { Stream } from './request/stream.js';
import type { Target } from './target.js';

/** What a transfer works with. */
export interface TransferContext {
  readonly resource: Resource;
  readonly content: KnownContent;
  readonly source: SourceUrl;
  readonly settings: DownloadSettings;
  readonly permits: Permits;
  readonly activity: Activity;
}

/** What the attempts of a stream look at beside it, and how they have it given up. */
export interface Around {
  /** All streams of the download. */
  readonly streams: ReadonlySet<Stream>;
  readonly planner: Planner;
  readonly target: Target;
  readonly gate: ReadingGate;
  readonly requests: StreamRequests;
  readonly requestSize: RequestSize;
  /** Ends a stream; it takes a {@link Around.plan} to have what it was for brought by another. */
  giveUp(stream: Stream): void;
  plan(): void;
}
