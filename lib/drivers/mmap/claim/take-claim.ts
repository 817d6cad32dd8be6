import type { FileContext } from '../file-context.js';
import { Claim } from './claim.js';

/** Takes the claim of a path; one in a folder that is claimed as a whole is a part of that. */
export function takeClaim({ fileSet, options }: Pick<FileContext, 'fileSet' | 'options'>): Claim {
  return options.owned?.claim.within(fileSet) ?? Claim.take(fileSet);
}
