import { FatalError } from '../../protocols/errors.ts';

/** What the HTTP layer answers for each of these stands in `hub/http/problem.ts`. Messages are read by people outside. */

/** Nothing of that id within the reader's scope. What exists elsewhere is told in exactly the same words. Status 404. */
export class NotFoundError extends FatalError {
  constructor() {
    super('not-found', 'There is nothing here, or not for you.');
  }
}

/** A field of the request that cannot be taken; `field` is its dotted path, e.g. `items.0.unit`. Status 422. */
export class InvalidInputError extends FatalError {
  readonly field: string;

  constructor(field: string, message: string) {
    super('invalid-input', message, { details: { field } });
    this.field = field;
  }
}

/** The request is sound but what stands now forbids it, e.g. a code that is taken. Status 409. */
export class ConflictError extends FatalError {
  constructor(message: string) {
    super('conflict', message);
  }
}

/** Signed in, but without any role that allows this action. Status 403. */
export class ForbiddenError extends FatalError {
  constructor(message: string) {
    super('forbidden', message);
  }
}
