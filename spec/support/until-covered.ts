import { filter, firstValueFrom, type Observable } from 'rxjs';

/** A view, of the sources or of the built package. */
interface Covered {
  readonly coverage$: Observable<{ readonly coveredBytes: number }>;
}

/** Returns as soon as so many bytes are there, or more. */
export async function untilCovered(view: Covered, bytes: number): Promise<void> {
  await firstValueFrom(view.coverage$.pipe(filter(({ coveredBytes }) => coveredBytes >= bytes)));
}
