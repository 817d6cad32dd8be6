import { Observable, type Subscriber, Subscription } from 'rxjs';

import type { ByteRange } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import { Evidence } from './answer/evidence.js';
import { falsifiedError } from './answer/known-content.js';
import { Attempts } from './attempts.js';
import { PlanTimer } from './plan/plan-timer.js';
import { Planner } from './plan/planner.js';
import { RequestSize } from './plan/request-size.js';
import { ReadingGate } from './reading-gate.js';
import { StreamRequests } from './request/stream-requests.js';
import { Stream } from './request/stream.js';
import { endOf } from './resource-end.js';
import { RunningStreams } from './running-streams.js';
import { Target } from './target.js';
import type { TransferContext } from './transfer-context.js';
import { Room } from './window/room.js';

/**
 * Fetches what `resource` lacks, and completes when nothing is missing, or when the resource is
 * closed; errors with the first failure that is final. Unsubscribing aborts every request.
 */
export function transfer(context: TransferContext): Observable<never> {
  return new Observable((subscriber) => new Transfer(context, subscriber).start());
}

/**
 * The requests of one download. {@link Planner} says which to make, at each change of the demand
 * and whenever bytes have come.
 *
 * A stream is one stretch of bytes: it asks for them, and asks for the rest again when a request
 * fails. A server that sends everything, whatever it is asked for, is left one stream, which brings
 * the bytes in order.
 */
class Transfer {
  readonly #context: TransferContext;
  readonly #resource: Resource;
  readonly #subscriber: Subscriber<never>;
  readonly #work = new Subscription();
  readonly #streams: RunningStreams;
  readonly #target: Target;
  readonly #planner: Planner;
  readonly #room: Room | undefined;
  readonly #gate = new ReadingGate();
  readonly #timer: PlanTimer;
  readonly #evidence: Evidence;
  readonly #requests: StreamRequests;
  readonly #requestSize: RequestSize;
  readonly #attempts: Attempts;

  constructor(context: TransferContext, subscriber: Subscriber<never>) {
    const { resource, content, source, settings } = context;
    this.#context = context;
    this.#resource = resource;
    this.#subscriber = subscriber;
    this.#requestSize = new RequestSize(resource, settings.chunkSize);
    this.#evidence = new Evidence(resource);
    this.#target = new Target(resource, content, settings.range);
    this.#room = Room.of(resource, this.#target, settings.readAhead, () => this.#timer.look());
    this.#timer = new PlanTimer(
      () => this.#plan(),
      () => this.#room?.nextLook ?? Infinity,
    );
    this.#planner = new Planner(settings.readAhead, this.#target.start, this.#room);
    this.#requests = new StreamRequests({
      resource,
      content,
      source,
      settings,
      target: this.#target,
      room: this.#room,
      evidence: this.#evidence,
      pace: this.#planner.pace,
      gate: this.#gate,
      lacksRoom: () => void context.activity.refresh(),
      leaveOnly: (stream) => {
        this.#streams.leaveOnly(stream);
      },
    });
    this.#streams = new RunningStreams({
      run: (stream) => this.#attempts.run(stream),
      ended: (stream) => this.#attempts.ended(stream),
      rest: () => this.#planner.pace.rest(),
      complete: () => {
        this.#requestSize.succeeded();
        this.#plan();
      },
      failed: (error) => this.#fail(error),
    });
    this.#attempts = new Attempts(context, {
      streams: this.#streams.all,
      planner: this.#planner,
      target: this.#target,
      gate: this.#gate,
      requests: this.#requests,
      requestSize: this.#requestSize,
      giveUp: (stream) => {
        this.#streams.close(stream);
      },
      plan: () => {
        this.#plan();
      },
    });
  }

  start(): Subscription {
    const { activity, permits } = this.#context;
    activity.lookAt(() => this.#attempts.doing());
    this.#work.add(() => {
      this.#streams.abort();
      this.#timer.stop();
      this.#room?.close();
      permits.reorder(false);
    });
    this.#work.add(
      endOf(this.#resource).subscribe({
        next: () => {
          this.#complete();
        },
        error: (error: unknown) => {
          this.#fail(error);
        },
      }),
    );
    if (this.#subscriber.closed) return this.#work;
    this.#work.add(
      // Anybody's: others may write, too.
      this.#resource.writes$.subscribe((range) => {
        if (!this.#isOver && !this.#goesOn(range)) this.#plan();
      }),
    );
    this.#work.add(
      this.#resource.demand$.subscribe((demands) => {
        if (this.#isOver) return;
        const waits = demands.length > 0 || this.#planner.wanted.length > 0;
        const waiting = demands.map(({ range: { start, end }, reader, since, neededBy }) => {
          return { start, end, reader, since, neededBy };
        });
        this.#planner.demanded(waiting, this.#nextGap, performance.now());
        // Only now: at a write this list may be an old one.
        if (!this.#isSettled()) for (const stream of this.#plan()) stream.carriedAt = performance.now();
        if (waits && !this.#subscriber.closed) permits.reorder(demands.length > 0);
      }),
    );
    this.#work.add(
      permits.changes$.subscribe(() => {
        activity.refresh();
      }),
    );
    return this.#work;
  }

  /**
   * A waiter may close the resource in the middle of the write that it waited for, which
   * `writes$` announces before `status$` says closed.
   */
  get #isOver(): boolean {
    const { state } = this.#resource.status;
    return this.#subscriber.closed || state === 'closed' || state === 'cancelled';
  }

  /**
   * Whether the plan stays what it was, after a write of `range`: a stream has brought it, and has
   * more to bring. There are ten thousand such writes a second on a fast server.
   */
  #goesOn({ end }: ByteRange): boolean {
    for (const stream of this.#streams.all) {
      if (stream.position === end && !stream.drained) return this.#isSettled();
    }
    return false;
  }

  /** Whether there is nothing to do as long as nothing changes, and nothing new to tell. */
  #isSettled(): boolean {
    const { state, lastError } = this.#context.activity.now;
    if (state !== 'receiving' || lastError !== undefined) return false;
    // What is brought without being asked for in parts may have come far enough.
    if (this.#streams.whole !== undefined && !this.#planner.readsOn(Infinity)) return false;
    return this.#planner.isSettled(this.#streams.all, this.#nextGap, performance.now());
  }

  /**
   * Makes the requests be those that are wanted now; returns those that bring what somebody waits
   * for.
   */
  #plan(): readonly Stream[] {
    if (this.#isOver || this.#hasEnded()) return [];
    const carriers = this.#open();
    this.#context.activity.refresh();
    return carriers;
  }

  #open(): readonly Stream[] {
    const { content, permits } = this.#context;
    const now = performance.now();
    this.#room?.look(this.#planner.wanted, now);
    this.#timer.set(Infinity);
    this.#startPassOver();
    const streams = [...this.#streams.all];
    const { whole } = this.#streams;
    const isShut = whole !== undefined && !this.#planner.readsOn(whole.position);
    if (this.#gate.set(isShut) && isShut) permits.reorder(this.#planner.wanted.length > 0);
    if (this.#requests.unranged) {
      if (streams.length === 0 && (content.isFalse || this.#wantsPass())) this.#streams.run(new Stream(0, Infinity));
      return [];
    }
    if (this.#evidence.withoutRanges && whole !== undefined) return [];
    const concurrency = this.#attempts.most;
    const store = {
      transits: streams.filter(({ drained }) => !drained),
      nextGap: this.#nextGap,
      end: this.#target.end,
      concurrency,
      chunkSize: this.#requestSize.current,
    };
    const { stop, shorten, start, carriers, again } = this.#planner.plan(store, now);
    this.#timer.set(again ?? Infinity);
    for (const stream of stop) this.#streams.close(stream);
    for (const { transit, end } of shorten) transit.end = end;
    for (const range of start) {
      // All of its bytes have come, only the end of its body has not: there is another plan when
      // that has come.
      const { drained } = this.#streams;
      if (drained !== undefined && this.#streams.all.size >= concurrency) drained.makeRoom();
      else this.#streams.run(new Stream(range.start, range.end, range.wanted ? now : -Infinity));
    }
    return carriers;
  }

  /** Gives up a pass over everything that has left what is waited for behind: there is another. */
  #startPassOver(): void {
    for (const stream of this.#streams.all) {
      if (!stream.whole || this.#room?.hasPassed(stream.position, this.#planner.wanted, this.#nextGap) !== true)
        continue;
      this.#streams.close(stream);
    }
  }

  /** Whether a pass over everything brings anything that is wanted. */
  #wantsPass(): boolean {
    const gap = this.#nextGap(0, this.#target.end);
    if (gap === undefined || this.#room?.isLimited !== true)
      return gap !== undefined && this.#planner.readsOn(gap.start);
    return this.#room.wantedOf(0, this.#target.end).some(({ start, end }) => this.#nextGap(start, end) !== undefined);
  }

  readonly #nextGap = (from: number, limit: number): ByteRange | undefined => this.#target.nextGap(from, limit);

  #hasEnded(): boolean {
    const { content } = this.#context;
    try {
      if (!this.#target.isThere()) return false;
      // More may come than an answer has said: then it was no answer.
      if (this.#streams.drained !== undefined) return false;
      if (this.#evidence.hasOverrun) {
        this.#streams.leaveOnly();
        content.falsify(false);
        return false;
      }
      this.#complete();
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  /** Who hears of the end may subscribe again at once: nothing may be left of this one then. */
  #complete(): void {
    this.#work.unsubscribe();
    this.#subscriber.complete();
  }

  #fail(error: unknown): void {
    this.#work.unsubscribe();
    this.#subscriber.error(this.#context.content.isFalse ? falsifiedError(error) : error);
  }
}
