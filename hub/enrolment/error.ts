import { FatalError } from '../../protocols/errors.ts';

export type EnrolmentErrorCode =
  | 'voucher-wrong'
  | 'voucher-used'
  | 'voucher-revoked'
  | 'voucher-expired'
  | 'too-many-tries'
  | 'machine-known'
  | 'machine-elsewhere'
  | 'machine-quarantined'
  | 'bad-request'
  | 'credential-refused'
  | 'renewal-early';

/** Why no certificate is given. The message is read by whoever stands before the machine. */
export class EnrolmentError extends FatalError {
  declare readonly code: EnrolmentErrorCode;

  constructor(code: EnrolmentErrorCode, message: string, details?: Readonly<Record<string, unknown>>) {
    super(code, message, details ? { details } : {});
  }
}
