import '@angular/compiler';
import {
  afterEveryRender,
  ChangeDetectionStrategy,
  Component,
  inject,
  Injector,
  type OnInit,
  provideZonelessChangeDetection,
  type Signal,
} from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { bootstrapApplication } from '@angular/platform-browser';
import type { StoreEntry } from 'tidemark/store';
import { actionsOn, LOADING, openStoreOfRows } from './store-of-rows.js';

/** A thousand rows in Angular: each shows an entry of a store. */

const store = await openStoreOfRows();
const renders: Record<string, number> = {};
const cells = { torn: 0, looks: 0 };
const changeDetection = ChangeDetectionStrategy.OnPush;

class RowComponent implements OnInit {
  name = '';
  entry: Signal<StoreEntry | undefined> | undefined;
  readonly #injector = inject(Injector);

  ngOnInit(): void {
    this.entry = toSignal(store.entry$(this.name), { requireSync: true, injector: this.#injector });
  }

  text(): string {
    const entry = this.entry?.();
    renders[this.name] = (renders[this.name] ?? 0) + 1;
    return `${String(entry?.metadata.title ?? this.name)}: ${entry?.coveredBytes} of ${entry?.expectedLength}`;
  }
}
Component({ selector: 'app-row', inputs: ['name'], template: '<li>{{ text() }}</li>', changeDetection })(RowComponent);

class CellComponent {
  readonly entry = toSignal(store.entry$(LOADING), { requireSync: true });
}
Component({ selector: 'app-cell', template: '<b>{{ entry()?.coveredBytes }}</b>', changeDetection })(CellComponent);

class AppComponent {
  readonly keys = toSignal(store.keys$, { requireSync: true });
  readonly cells = Array.from({ length: 50 }, (_, cell) => cell);

  constructor() {
    afterEveryRender(() => {
      const shown = new Set(Array.from(document.querySelectorAll('b'), ({ textContent }) => textContent));
      cells.looks += 1;
      if (shown.size > 1) cells.torn += 1;
    });
  }
}
Component({
  selector: 'app-root',
  imports: [RowComponent, CellComponent],
  template: `
    @for (cell of cells; track cell) {
      <app-cell />
    }
    <ul>
      @for (key of keys(); track key) {
        <app-row [name]="key" />
      }
    </ul>
  `,
  changeDetection,
})(AppComponent);

document.body.appendChild(document.createElement('app-root'));
await bootstrapApplication(AppComponent, { providers: [provideZonelessChangeDetection()] });
globalThis.rows = {
  renders,
  ...actionsOn(store),
  get torn() {
    return cells.torn;
  },
  get looks() {
    return cells.looks;
  },
};
