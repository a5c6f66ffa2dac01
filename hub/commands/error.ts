import { FatalError } from '../../protocols/errors.ts';

export type PictureErrorCode = 'picture-not-asked' | 'picture-type' | 'picture-size';

/** A picture that nobody asked this agent for, or that is no picture. The gateway answers with the message. */
export class PictureError extends FatalError {
  declare readonly code: PictureErrorCode;

  constructor(code: PictureErrorCode, message: string) {
    super(code, message);
  }
}

export type NotNowCode = 'precondition' | 'in-lesson' | 'exam-freeze';

/** The wish is sound, and what stands now forbids it: the message says what, and what to do. */
export class NotNowError extends FatalError {
  declare readonly code: NotNowCode;

  constructor(code: NotNowCode, message: string) {
    super(code, message);
  }
}
