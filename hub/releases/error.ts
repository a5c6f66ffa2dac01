import { FatalError } from '../../protocols/errors.ts';

/** The store holds no more: its quota or the disk is full. Status 507. */
export class NoRoomError extends FatalError {
  constructor(message: string) {
    super('no-room', message);
  }
}

/** Whole, but not the bytes that were announced; they are thrown away. Status 422. */
export class WrongHashError extends FatalError {
  constructor(expected: string, found: string) {
    super('wrong-hash', `The file has SHA-256 ${found}, announced was ${expected}. Send it again from the beginning.`);
  }
}

/** Bytes must be appended where the last ones end. Status 409; the header `Upload-Offset` of HEAD says where that is. */
export class WrongOffsetError extends FatalError {
  constructor(offset: number) {
    super('wrong-offset', `The hub has ${offset} bytes of it: go on there.`, { details: { offset } });
  }
}

/** A stored file that is no longer what its name says. */
export class DamagedError extends FatalError {
  constructor(sha256: string) {
    super('artifact-damaged', `The stored file ${sha256} is damaged. Withdraw the release and upload it again.`);
  }
}
