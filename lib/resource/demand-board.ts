import type { Observable } from 'rxjs';

import type { ControlOwner } from '../control/control-owner.js';
import type { Notifications } from '../view/notifications.js';
import { StateStream } from '../view/state-stream.js';
import type { RoomWait } from '../view/waiting-room.js';
import { compareDemand, type Demand, sameDemand } from './demand.js';
import type { Ports } from './ports.js';

/** What everybody waits for, in one list. */
export class DemandBoard {
  readonly demand$: Observable<readonly Demand[]>;
  readonly #control: ControlOwner;
  readonly #waits: Iterable<RoomWait>;
  readonly #ports: Ports;
  readonly #stream: StateStream<readonly Demand[]>;
  #current: readonly Demand[] = [];

  constructor(control: ControlOwner, notifications: Notifications, waits: Iterable<RoomWait>, ports: Ports) {
    this.#control = control;
    this.#waits = waits;
    this.#ports = ports;
    this.#stream = new StateStream(
      () => this.#read(),
      notifications,
      (watched) => {
        ports.watchDemand(watched);
      },
    );
    this.demand$ = this.#stream.state$;
  }

  changed(): void {
    this.#stream.changed();
  }

  flush(): void {
    this.#stream.flush();
  }

  complete(): void {
    this.#stream.complete();
  }

  #read(): readonly Demand[] {
    const demands: Demand[] = [];
    // Whoever still waits elsewhere is about to hear that it is over.
    if (this.#control.ended !== undefined) return this.#keep(demands);
    for (const { start, end, neededBy, since, passive } of [...this.#waits].sort((a, b) => a.order - b.order)) {
      if (!passive) this.#collect(demands, 'owner', { start, end, neededBy, since, blocking: false });
    }
    for (const { name, want } of this.#ports.wants()) this.#collect(demands, name, want);
    return this.#keep(demands.sort(compareDemand));
  }

  #keep(demands: readonly Demand[]): readonly Demand[] {
    if (!sameDemand(demands, this.#current)) this.#current = demands;
    return this.#current;
  }

  #collect(
    demands: Demand[],
    reader: string,
    want: { start: number; end: number; neededBy: number | undefined; since: number; blocking: boolean },
  ): void {
    const range = this.#control.missing(want.start, want.end);
    if (range === undefined) return;
    const { blocking, since, neededBy } = want;
    demands.push(
      neededBy === undefined ? { range, reader, blocking, since } : { range, reader, blocking, neededBy, since },
    );
  }
}
