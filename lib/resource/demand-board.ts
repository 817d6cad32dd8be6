import type { Want } from '../control/cell-layout.js';
import type { ControlOwner } from '../control/control-owner.js';
import type { Notifications } from '../view/notifications.js';
import { StateStream } from '../view/state-stream.js';
import type { RoomWait } from '../view/waiting-room.js';
import { compareDemand, type Demand, sameDemand } from './demand.js';
import type { Ports } from './ports.js';

/** What everybody waits for, in one list. */
export class DemandBoard {
  readonly stream: StateStream<readonly Demand[]>;
  readonly #control: ControlOwner;
  readonly #waits: Iterable<RoomWait>;
  readonly #ports: Ports;
  #current: readonly Demand[] = [];

  constructor(control: ControlOwner, notifications: Notifications, waits: Iterable<RoomWait>, ports: Ports) {
    this.#control = control;
    this.#waits = waits;
    this.#ports = ports;
    this.stream = new StateStream(
      () => this.#read(),
      notifications,
      (watched) => {
        ports.watchDemand(watched);
      },
    );
  }

  /** The demands; the same object until they change. */
  #read(): readonly Demand[] {
    const demands = [...this.#demands()].sort(compareDemand);
    if (!sameDemand(demands, this.#current)) this.#current = demands;
    return this.#current;
  }

  *#demands(): Iterable<Demand> {
    // Whoever still waits elsewhere is about to hear that it is over.
    if (this.#control.ended !== undefined) return;
    for (const { name, want } of this.#wants()) {
      const range = this.#control.missing(want.start, want.end);
      const { blocking, neededBy, since } = want;
      if (range !== undefined) yield { range, reader: name, blocking, neededBy, since };
    }
  }

  *#wants(): Iterable<{ readonly name: string; readonly want: Want }> {
    for (const { start, end, neededBy, since, passive } of [...this.#waits].sort((a, b) => a.order - b.order)) {
      if (!passive) yield { name: 'owner', want: { start, end, neededBy, since, blocking: false } };
    }
    yield* this.#ports.wants();
  }
}
