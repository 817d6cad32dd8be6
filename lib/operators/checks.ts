import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import type { Resource } from '../resource/resource.js';
import type { ResourceView } from '../view/resource-view.js';

/** Throws a `TypeError` for what bytes cannot be read from. */
export function checkView(view: ResourceView): void {
  if (typeof (view as Partial<ResourceView> | null | undefined)?.waitRange === 'function') return;
  throw wrongType('view', 'a Resource or a reader of one', view);
}

/** Throws a `TypeError` for what cannot be written into. */
export function checkResource(resource: Resource): void {
  if (typeof (resource as Partial<Resource> | null | undefined)?.writeAt === 'function') return;
  const way = ' A reader cannot write: write in the thread that owns the resource.';
  throw wrongType('resource', 'a Resource', resource, way);
}

/** Throws `INVALID_ARGUMENT` for what says neither to fail nor to leave a resource. */
export function checkOnError(onError: 'fail' | 'leave'): void {
  if (!['fail', 'leave'].includes(onError)) throw invalidArgument('onError', "'fail' or 'leave'", onError);
}
