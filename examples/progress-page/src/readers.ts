import { type Subscription, timer, withLatestFrom } from 'rxjs';
import type { Demand } from 'tidemark';
import { bytesText, countText, timeText } from './format.js';
import { element, write } from './page.js';
import type { DecoderState, Session } from './session.js';

/**
 * Between two looks, in milliseconds: a decoder that has what it needs waits many times in between,
 * too shortly to be read.
 */
const EVERY = 250;

type Row = readonly [reader: string, waitsFor: string, since: string];

/** Who reads and what they wait for, until unsubscribed. */
export function showReaders(session: Session): Subscription {
  const { demand$, decoder$ } = session;
  const subscription = timer(0, EVERY)
    .pipe(withLatestFrom(demand$, decoder$))
    .subscribe(([, demands, decoder]) => {
      const others = demands.filter(({ reader }) => reader !== 'decoder');
      showRows([decoderRow(demands, decoder), playerRow(session), ...others.map(demandRow)]);
    });
  subscription.add(() => showRows([]));
  return subscription;
}

function decoderRow(demands: readonly Demand[], decoder: DecoderState): Row {
  const demand = demands.find(({ reader }) => reader === 'decoder');
  if (demand !== undefined) return demandRow(demand);
  const idle = { none: 'all of it', decoding: 'nothing', done: 'nothing, it is done', failed: 'nothing, it gave up' };
  return ['decoder', idle[decoder.name], ''];
}

function playerRow({ song$, fraction, duration = 0 }: Session): Row {
  const isWaiting = song$.value?.player.isWaiting === true;
  return ['player', isWaiting ? `samples at ${timeText(fraction * duration)}` : 'nothing', ''];
}

function demandRow({ reader, range, blocking, since }: Demand): Row {
  const { start, end } = range;
  const name = reader === 'owner' ? 'this page' : reader;
  const how = blocking ? ', blocked' : '';
  return [
    name,
    `${end - start === 1 ? '' : `${bytesText(end - start)} from `}byte ${countText(start)}${how}`,
    `${((Date.now() - since) / 1000).toFixed(1)} s`,
  ];
}

function showRows(rows: readonly Row[]): void {
  const body = element('readers');
  while (body.childElementCount > rows.length) body.lastElementChild?.remove();
  rows.forEach((row, index) => {
    const cells = (body.children[index] ?? body.appendChild(newRow())).querySelectorAll<HTMLElement>('th, td');
    row.forEach((text, column) => {
      const cell = cells[column];
      if (cell) write(cell, text);
    });
  });
}

function newRow(): HTMLTableRowElement {
  const row = document.createElement('tr');
  const name = document.createElement('th');
  name.scope = 'row';
  row.append(name, document.createElement('td'), document.createElement('td'));
  return row;
}
